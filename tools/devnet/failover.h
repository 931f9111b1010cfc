// Purpose: how long a network of real processes stands still when its primary is killed: from SIGKILL until a
// transaction that was sent afterwards is final on every other node.
// Thread rule: one thread; starts its own.
// Errors: those of the network; timeout when it does not commit again at all. No time is asserted.
#pragma once

#include "devnet/devnet.h"

namespace tally::devnet {

struct FailoverOptions {
  std::filesystem::path tallyd;
  std::size_t nodes = 4;
  std::size_t kills = 10;
  std::size_t clients = 4;
  std::function<void(const std::string&)> progress = [](const std::string&) {};
  std::function<bool()> interrupted = [] { return false; };
};

struct Failover {
  std::string killed;
  std::uint64_t view_before = 0;
  std::uint64_t view_after = 0;
  double ms = 0;  // until final on all others
};

struct FailoverResult {
  FailoverOptions options;
  double view_timeout_ms = 0;
  std::vector<Failover> failovers;
  double median_ms = 0;
  double worst_ms = 0;
  std::uint64_t acknowledged = 0;
  AgreedHead head;
};

Result<FailoverResult> run_failover(const FailoverOptions& options);

}  // namespace tally::devnet
