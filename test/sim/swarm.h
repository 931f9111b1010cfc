// Purpose: which kinds of faults a seed runs with, and how strong each is. Each seed draws a different mixture, since
// a bug often needs some faults and the absence of others.
// Thread rule: plain values and pure functions.
// Source: Groce et al., "Swarm Testing" (ISSTA 2012); the simulator's specification in docs/testing.md.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.h"

namespace tally::sim {

// One class of faults each; a schedule can switch any of them off by its name.
enum class Fault : std::uint8_t {
  loss,
  duplication,
  reordering,
  partition,
  one_way,
  pause,
  crash,
  power_cut,
  io_error,
  disk_full,
  damage,
  rollback,
  lost_disk,
  twin,
  liar,
  wrong_state,
  mute_primary,
  censor,
  clock_skew,
  membership
};
inline constexpr std::size_t kFaults = 20;
std::string_view name_of(Fault fault);
// nullopt: no such fault.
std::optional<Fault> fault_of(std::string_view name);

struct Swarm {
  std::uint32_t n = 4;          // members at first
  std::uint32_t observers = 0;  // offices beside them, who may become members
  std::set<Fault> on;
  std::uint64_t loss_percent = 0;
  std::uint64_t duplication_percent = 0;
  std::uint64_t delay_us_min = 1'000;
  std::uint64_t delay_us_max = 10'000;
  std::uint64_t nemesis_ms_mean = 800;  // between two decisions of whoever directs the faults
  std::uint64_t transaction_ms_mean = 120;
  std::uint64_t window = 16;
  std::size_t batch_transactions_max = 4;
  std::uint64_t proposals_in_flight_max = 3;
  bool real_signatures = false;  // Ed25519 in place of the keyed hash
  // At first no more than a quorum of reliable offices is healed, and must finish everything without the others.
  bool core_first = false;
  // Identities that may lie or lose their disks: never more than f of any validator set.
  std::vector<std::uint32_t> unreliable;

  [[nodiscard]] bool has(Fault fault) const { return on.contains(fault); }
  [[nodiscard]] std::uint32_t offices() const { return n + observers; }
};

Swarm draw_swarm(std::uint64_t seed, const std::set<Fault>& off);
std::string text_of(const Swarm& swarm);

// Streams of one seed: what one part draws does not move what another draws.
Random stream(std::uint64_t seed, std::uint64_t part);

}  // namespace tally::sim
