#include "sim/swarm.h"

#include <algorithm>

#include "consensus/quorum.h"

namespace tally::sim {

namespace {

constexpr std::array<std::string_view, kFaults> kNames = {
    "loss",      "duplication", "reordering",   "partition", "one_way",    "pause",     "crash",
    "power_cut", "io_error",    "disk_full",    "damage",    "rollback",   "lost_disk", "twin",
    "liar",      "wrong_state", "mute_primary", "censor",    "clock_skew", "membership"};

}  // namespace

std::string_view name_of(Fault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

std::optional<Fault> fault_of(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Fault>(found - kNames.begin());
}

Random stream(std::uint64_t seed, std::uint64_t part) {
  Random mixed(seed * 0x9e3779b97f4a7c15ULL + part);
  return Random(mixed.next());
}

Swarm draw_swarm(std::uint64_t seed, const std::set<Fault>& off) {
  Random random = stream(seed, 0);
  Swarm out;
  static constexpr std::array<std::uint32_t, 10> kSizes = {4, 4, 4, 4, 5, 6, 7, 7, 1, 3};
  out.n = kSizes[random.below(kSizes.size())];
  const std::uint32_t observers = static_cast<std::uint32_t>(random.below(3));
  std::set<Fault> drawn;
  for (std::size_t i = 0; i < kFaults; ++i)
    if (random.percent(45)) drawn.insert(static_cast<Fault>(i));
  for (const Fault fault : drawn)
    if (!off.contains(fault)) out.on.insert(fault);
  out.observers = drawn.contains(Fault::membership) ? observers : 0;
  const std::uint64_t loss = 1 + random.below(30);
  const std::uint64_t duplication = 1 + random.below(50);
  const std::uint64_t slow = 20'000 + random.below(300'000);
  out.nemesis_ms_mean = 300 + random.below(1500);
  out.transaction_ms_mean = 60 + random.below(200);
  out.real_signatures = random.below(50) == 0;
  static constexpr std::array<std::uint64_t, 4> kWindows = {3, 6, 16, 16};
  out.window = kWindows[random.below(kWindows.size())];
  out.batch_transactions_max = 1 + random.below(6);
  out.proposals_in_flight_max = 1 + random.below(std::min<std::uint64_t>(out.window, 5));
  out.core_first = random.percent(50);
  if (out.has(Fault::loss)) out.loss_percent = loss;
  if (out.has(Fault::duplication)) out.duplication_percent = duplication;
  if (out.has(Fault::reordering)) out.delay_us_max = slow;
  const std::uint32_t f = consensus::Quorum{out.n}.f();
  std::vector<std::uint32_t> members;
  for (std::uint32_t i = 0; i < out.n; ++i) members.push_back(i);
  for (std::uint32_t i = 0; i < f; ++i) {
    const std::size_t at = random.below(members.size());
    out.unreliable.push_back(members[at]);
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return out;
}

std::string text_of(const Swarm& swarm) {
  std::string out = "n " + std::to_string(swarm.n) + ", observers " + std::to_string(swarm.observers) + ", faults:";
  for (const Fault fault : swarm.on) out += " " + std::string(name_of(fault));
  if (!swarm.unreliable.empty()) out += "; unreliable:";
  for (const auto identity : swarm.unreliable) out += " " + std::to_string(identity);
  out += "; window " + std::to_string(swarm.window);
  if (swarm.core_first) out += "; a quorum is healed first";
  if (swarm.real_signatures) out += "; Ed25519";
  return out;
}

}  // namespace tally::sim
