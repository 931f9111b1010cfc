// Purpose: what agreement costs as offices are added: the real core of n replicas over links with a delay and a
// bandwidth, processors that take time to verify, and disks that take time to sync, all in virtual time. Answers in
// messages, bytes, signatures and milliseconds a block, and in the time until a dead primary is replaced.
// Thread rule: one thread; a run is a pure function of its options.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tally::consensus::test {

struct ScaleOptions {
  std::uint32_t n = 4;
  std::uint64_t link_us = 50'000;  // one way
  std::size_t batch_bytes = 16 * 1024;
  std::uint32_t blocks = 8;  // measured, one after the other
  // Of one office.
  std::uint64_t uplink_bits_per_second = 100'000'000;
  std::uint64_t verify_us = 50;       // one Ed25519 signature on one core
  std::uint32_t verifying_cores = 2;  // signatures are checked off the consensus thread
  std::uint64_t sync_us = 2'000;      // one durable write
  std::uint64_t execute_us = 3'000;   // one block, its own sync included
  std::uint32_t tick_us = 100'000;
  std::uint32_t view_timeout_ticks = 40;
};

struct ScaleResult {
  bool finished = false;  // all blocks were final, and the dead primary was replaced, within the time allowed
  // A block, over all replicas.
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t signatures_made = 0;
  std::uint64_t signatures_checked = 0;  // by one replica
  std::uint64_t bytes_sent_primary = 0;
  // From the proposal until q replicas hold the certificate: the median and the worst of the blocks.
  std::uint64_t finality_us = 0;
  std::uint64_t finality_worst_us = 0;
  // From the primary's death with a proposal in flight until q replicas hold the certificate of the next block;
  // the view time-out is part of it.
  std::uint64_t replaced_us = 0;
  std::uint64_t view_timeout_us = 0;
  std::uint64_t view_change_bytes = 0;  // of one VIEW-CHANGE
};

ScaleResult measure(const ScaleOptions& options);

// Markdown: a row for each result. Required: as many results as options.
std::string scale_table(const std::vector<ScaleOptions>& options, const std::vector<ScaleResult>& results);
// Bars of the time to finality, a line for each result.
std::string scale_plot(const std::vector<ScaleOptions>& options, const std::vector<ScaleResult>& results);
// The whole of what docs/pbft.md shows: n = 4, 7, 13, 31, 64, 100 over links of 5, 50 and 150 ms.
std::vector<ScaleOptions> standard_scales();

}  // namespace tally::consensus::test
