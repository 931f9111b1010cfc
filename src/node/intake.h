// Purpose: transactions on their way into the pool, from clients and from peers: decoded, checked, their
// signatures verified once on the worker pool, then spread to the peers in bundles.
// Thread rule: thread-safe.
// Errors: per transaction, with the codes of ledger/transaction.h and ledger/mempool.h.
#pragma once

#include <functional>
#include <mutex>

#include "ledger/chain.h"
#include "ledger/mempool.h"
#include "node/worker_pool.h"
#include "p2p/transport.h"

namespace tally::node {

enum class TransactionState : std::uint8_t { unknown, pending, final, rejected };
BOOST_DESCRIBE_ENUM(TransactionState, unknown, pending, final, rejected)

struct Submission {
  TransactionId id;
  TransactionState state = TransactionState::unknown;
  std::optional<Error> error;  // why it was not taken
};

class Intake {
 public:
  struct Services {
    // Spreads a bundle to all linked peers.
    std::function<void(std::shared_ptr<const Bytes> bundle)> broadcast;
    std::function<void(const PublicKey& peer, const std::string& reason)> penalise;
    // New work is in the pool.
    std::function<void()> arrived;
    // The time that a block made now would have.
    std::function<TimestampMs()> block_time;
    // What the chain and the pool already know of a transaction.
    std::function<TransactionState(const TransactionId&)> known;
    // It stands in a block that was executed here, final or not.
    std::function<bool(const TransactionId&)> executed;
  };

  Intake(const ChainId& chain, ledger::Mempool& pool, WorkerPool& workers, Services services)
      : chain_(chain), pool_(pool), workers_(workers), services_(std::move(services)) {}

  // `done` runs on a worker thread, with one result per transaction, in order.
  void submit(std::vector<Bytes> encoded, std::function<void(std::vector<Submission>)> done);
  void receive(p2p::Received message);
  // Sends what waits, and what was submitted here and still waits after a while once more.
  void tick();
  // Executed transactions need no spreading.
  void forget(const std::vector<TransactionId>& ids);

 private:
  Submission take_in(const Bytes& encoded);
  // Puts it into the pool, unless it is executed meanwhile.
  Status pool_it(ledger::SignedTransaction transaction, const Bytes& encoded);
  void spread(const Bytes& encoded);
  void flush_locked();
  void receive_now(const p2p::Received& message);

  const ChainId chain_;
  ledger::Mempool& pool_;
  WorkerPool& workers_;
  Services services_;

  std::mutex mutex_;
  std::vector<Bytes> bundle_;
  std::size_t bundle_bytes_ = 0;
  struct Own {
    std::uint64_t since_tick = 0;
  };
  std::unordered_map<TransactionId, Own> own_;  // submitted here, not yet executed; bounded by the pool
  std::uint64_t ticks_ = 0;
};

}  // namespace tally::node
