// Purpose: kill -9 at random moments under load, again and again: one node, two of them, or all at once. In the end
// every acknowledged transaction must be final on every node, and all must hold the same headers and state roots.
// Thread rule: one thread; starts its own.
// Errors: timeout when the network does not come back; not_final, root_mismatch, broken_chain when it lost or
// contradicts something. The network's files are kept then. No time is asserted beyond those limits.
#pragma once

#include "devnet/trial.h"

namespace tally::devnet {

struct CrashOptions {
  std::filesystem::path tallyd;
  std::filesystem::path tally;  // for the audit
  std::size_t nodes = 4;
  std::size_t kills = 1000;
  std::size_t clients = 4;
  std::uint64_t seed = 1;  // of victims and moments
  std::function<void(const std::string&)> progress = [](const std::string&) {};
  std::function<bool()> interrupted = [] { return false; };
};

struct CrashResult {
  CrashOptions options;
  std::size_t kills = 0;
  std::size_t rounds = 0;
  std::size_t rounds_of_two = 0;
  std::size_t rounds_of_all = 0;
  std::size_t primaries = 0;  // killed while they were the primary
  std::uint64_t acknowledged = 0;
  double seconds = 0;          // of the kills, without the checks
  double median_start_ms = 0;  // from the start of a process until it serves
  double worst_start_ms = 0;
  Milliseconds longest_stall{};
  std::uint64_t view = 0;  // in the end
  AgreedHead head;
  Digest state_root;
  TrialAudit audit;
};

Result<CrashResult> run_crash_trial(const CrashOptions& options);

}  // namespace tally::devnet
