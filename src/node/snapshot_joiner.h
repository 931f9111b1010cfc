// Purpose: makes a node whole from its peers' snapshot while it runs: fetches one, checks each chunk as it comes and
// fills a database beside the node's own, which takes its place when the node is started again (adopt_joined).
// What was agreed is not copied from anybody's word: manifest and chunks are checked against the genesis and the
// validators' certificate (ledger/snapshot.h).
// Thread rule: public members are thread-safe; the work runs on a thread of its own.
// Errors: a peer's false part costs that peer its link; an error of this node's disk ends the attempt with a warning,
// and the node goes on as it was. Nothing of an attempt that failed is left behind.
// Invariant: `db.joining` is complete or refused by Chain::open; it never takes the place of a database that is ahead.
#pragma once

#include <atomic>
#include <memory>

#include "ledger/snapshot.h"
#include "node/event_loop.h"
#include "node/snapshot_fetcher.h"

namespace tally::node {

struct NodeSetup;

// Beside the node's own `db`.
inline constexpr std::string_view kJoiningDatabase = "db.joining";

struct JoinerOptions {
  std::filesystem::path directory;  // the node's data directory
  ledger::Genesis genesis;
  std::chrono::milliseconds tick_every{100};
};

// What a running join shows.
struct JoinProgress {
  BlockHeight height;  // of the snapshot; 0: none is being fetched
  std::size_t chunks = 0;
  std::size_t missing = 0;
};

class SnapshotJoiner {
 public:
  struct Services {
    std::function<void(const PublicKey&, const SyncMessage&)> send;
    std::function<void(const SyncMessage&)> broadcast;
    std::function<void(const PublicKey&, const std::string&)> penalise;
    std::function<void(const std::string&)> info;
    std::function<void(const std::string&)> warn;
    // A database that stands at this height waits for the node to be started again. Once.
    std::function<void(BlockHeight)> joined;
  };

  SnapshotJoiner(JoinerOptions options, const crypto::Verifier& verifier, Services services);
  ~SnapshotJoiner();

  void start();
  void stop() { loop_.stop(); }

  // This node is so far behind, or its peers have let go of what it lacks, that a snapshot above this height helps;
  // nullopt: no longer.
  void want(std::optional<BlockHeight> above);
  void offered(const PublicKey& peer, const SnapshotOffer& offer);
  void piece(const PublicKey& peer, SnapshotPiece piece, p2p::Credit credit = {});
  void peer_gone(const PublicKey& peer);

  // A snapshot is looked for, which is given a few seconds, or is being fetched, or waits: blocks need not be fetched.
  [[nodiscard]] bool busy() const { return busy_.load(std::memory_order_relaxed); }
  [[nodiscard]] JoinProgress progress() const;

 private:
  void tick();
  void ask(const std::vector<SnapshotFetcher::Request>& requests);
  void take(SnapshotFetcher::Part part);
  Status take_manifest(ByteView bytes);
  Status begin(ledger::SnapshotManifest manifest);
  void finish();
  Status close();
  // Throws away what there is of an attempt.
  void discard();
  void follow_target();
  void failed(const Error& error);
  void publish();

  const JoinerOptions options_;
  const std::filesystem::path database_;
  const crypto::Verifier& verifier_;
  Services services_;
  std::unique_ptr<ledger::Executor> executor_;

  // Of the loop's thread.
  SnapshotFetcher fetcher_;
  std::unique_ptr<storage::Store> store_;
  std::optional<ledger::SnapshotInstaller> installer_;
  std::optional<Digest> filling_;  // the snapshot whose chunks go into store_
  std::uint64_t searching_ticks_ = 0;
  bool done_ = false;    // complete, or given up after an error of our own
  bool joined_ = false;  // complete

  std::atomic<bool> busy_{false};
  mutable std::mutex progress_mutex_;
  JoinProgress progress_;
  EventLoop loop_;
};

// Of a node that does not run: if a complete joined database stands further than the node's own, it takes its place,
// with the node's own records (votes, evidence) copied into it first and the certificate of its block made the stable
// one; the old database is removed. A member's node that had executed nothing may have been emptied: its votes count as
// lost. What is incomplete or behind is removed. The height that the node goes on from, if
// it changed. A crash at any moment leaves one whole database in place; the next call finishes.
Result<std::optional<BlockHeight>> adopt_joined(const NodeSetup& setup);

}  // namespace tally::node
