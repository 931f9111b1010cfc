// Purpose: how fast a new node joins by a peer's snapshot: a network opens many accounts, each with entries, one node's
// data directory is emptied, and it is started again while the others run on.
// Thread rule: one thread; starts its own.
// Errors: those of the network; timeout when no snapshot is made or the node does not join. No time is asserted beyond
// those limits.
#pragma once

#include "devnet/devnet.h"

namespace tally::devnet {

struct JoinBenchOptions {
  std::filesystem::path tallyd;
  std::uint64_t accounts = 150'000;
  std::function<void(const std::string&)> progress = [](const std::string&) {};
  std::function<bool()> interrupted = [] { return false; };
};

struct JoinBenchResult {
  JoinBenchOptions options;
  std::size_t cores = 0;
  std::uint64_t accounts = 0;
  std::uint64_t blocks = 0;          // of the chain when the node began
  BlockHeight snapshot;              // that it joined by
  std::uint64_t snapshot_bytes = 0;  // of its chunks
  double join_seconds = 0;           // from the start of the empty node until it stands on the snapshot
  double whole_seconds = 0;          // from then on until it holds the others' final height, in all
  double cpu_seconds = 0;            // of the node until then
  double resident_peak_mib = 0;
  AgreedHead head;
};

Result<JoinBenchResult> run_join_bench(const JoinBenchOptions& options);

}  // namespace tally::devnet
