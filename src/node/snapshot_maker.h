// Purpose: makes a snapshot of the state every so many blocks while the node goes on, keeps the newest few, and then
// lets go of old batches if the settings say so.
// Thread rule: final_reached belongs to the execution thread; the work runs on a thread of its own.
// Errors: a failure is told in words (`warn`) and tried again at the next snapshot; it never stops the node: the chain
// does not depend on it.
// Invariant: blocks from the oldest kept snapshot on are never pruned, so that whoever joins by it finds what follows.
#pragma once

#include <atomic>
#include <condition_variable>
#include <thread>

#include "node/snapshot_shelf.h"

namespace tally::node {

struct SnapshotMakerOptions {
  std::uint64_t every_blocks = 0;  // 0: none are made
  std::size_t kept = 2;
  std::uint64_t keep_blocks = 0;  // 0: all
};

class SnapshotMaker {
 public:
  struct Services {
    std::function<void(const std::string&)> info;
    std::function<void(const std::string&)> warn;
  };

  SnapshotMaker(SnapshotMakerOptions options, ledger::Chain& chain, const storage::Store& store, SnapshotShelf& shelf,
                Services services);
  ~SnapshotMaker() { stop(); }

  void start();
  // Gives up what is being made.
  void stop();
  // The chain's final height has risen to this.
  void final_reached(BlockHeight height);

 private:
  void run();
  Status make(const ledger::FinalView& view);
  Status prune(BlockHeight final);

  const SnapshotMakerOptions options_;
  ledger::Chain& chain_;
  const storage::Store& store_;
  SnapshotShelf& shelf_;
  Services services_;
  std::unique_ptr<ledger::Executor> executor_;
  BlockHeight last_;  // for which a view was taken; of the execution thread

  std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const ledger::FinalView> due_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace tally::node
