// Purpose: how fast a node that was away catches up by certified blocks: one of the nodes is stopped, the others
// finalize a given number of signed transactions, then the node is started again while the others run on.
// Thread rule: one thread; starts its own.
// Errors: those of the network; timeout when the node does not catch up. No time is asserted beyond that limit.
#pragma once

#include "devnet/devnet.h"

namespace tally::devnet {

struct CatchUpOptions {
  std::filesystem::path tallyd;
  std::uint64_t transactions = 140000;  // that the node misses, at least
  std::uint64_t operations = 1;         // per transaction
  std::function<void(const std::string&)> progress = [](const std::string&) {};
  std::function<bool()> interrupted = [] { return false; };
};

struct CatchUpResult {
  CatchUpOptions options;
  std::size_t cores = 0;
  std::uint64_t transactions = 0;  // missed
  std::uint64_t blocks = 0;        // missed
  double missed_in_seconds = 0;    // that the others took
  double serving_seconds = 0;      // from the start of the process until it serves
  double catch_up_seconds = 0;     // from then until it holds the others' final height
  double cpu_seconds = 0;          // of the node, from its start until then
  std::uint64_t stored_bytes = 0;  // that its store wrote in that time
  double resident_peak_mib = 0;
  AgreedHead head;
};

Result<CatchUpResult> run_catch_up(const CatchUpOptions& options);

}  // namespace tally::devnet
