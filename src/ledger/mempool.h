// Purpose: verified transactions that wait for a block. Authors take turns, so that a flood from one delays
// nobody else; within an author, arrival order holds.
// Thread rule: thread-safe. What find() and take() hand out is immutable and outlives its stay in the pool.
// Errors of add: duplicate, replay_conflict, expired, not_yet_valid, pool_full (says which bound).
// Invariants: bytes() <= bytes_max. A transaction is pending or in flight; take() moves it to in flight, and it
// stays there until it is executed, abandoned, or removed.
// Time: the pool has no clock; how long something waits is counted in calls of tick().
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <unordered_map>

#include "common/limits.h"
#include "ledger/transaction.h"

namespace tally::ledger {

struct PooledTransaction {
  SignedTransaction transaction;
  Bytes encoded;  // canonical bytes of `transaction`
  TransactionId id;
  std::size_t operations = 0;
};
using PooledPointer = std::shared_ptr<const PooledTransaction>;

// Required: `encoded` are the canonical bytes of `transaction`.
PooledPointer make_pooled(SignedTransaction transaction, Bytes encoded);

struct MempoolOptions {
  std::size_t bytes_max = limits::kPoolBytesMax;
  std::size_t pending_per_author_max = limits::kPoolPendingPerAuthorMax;
  // Whether the author is a registered office, which has a share of the pool in place of a count. Called with the
  // pool locked: it must not call the pool. Null: nobody is.
  std::function<bool(const PublicKey&)> is_office;
};

// Others than offices may together hold this share of the pool, and each of them this share, so that keys made
// up on the spot do not crowd out the offices.
inline constexpr std::size_t kPoolOthersShare = 2;
inline constexpr std::size_t kPoolOneOtherShare = 32;

// Since the pool was made.
struct MempoolCounters {
  std::uint64_t added = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t refused_full = 0;
  std::uint64_t refused_expired = 0;
  std::uint64_t expired = 0;   // while they waited
  std::uint64_t released = 0;  // executed
};

struct MempoolSizes {
  std::size_t pending = 0;
  std::size_t in_flight = 0;
  std::size_t bytes = 0;  // of memory, of both
  std::size_t authors = 0;
};

// How pressing it is that somebody orders what waits (consensus rule 9).
struct MempoolPressure {
  std::size_t forwarded = 0;      // pending transactions that the primary was shown
  std::size_t operations = 0;     // of all pending transactions
  std::size_t encoded_bytes = 0;  // of all pending transactions
  // For how long some author has had a forwarded transaction pending and none of its own executed.
  std::uint64_t starved_ticks = 0;
  bool operator==(const MempoolPressure&) const = default;
};

class Mempool {
 public:
  explicit Mempool(MempoolOptions options);
  ~Mempool();
  Mempool(const Mempool&) = delete;
  Mempool& operator=(const Mempool&) = delete;

  // Required: form and signatures were checked. `block_time` is the time that a block made now would have.
  Status add(PooledPointer transaction, TimestampMs block_time);

  // Pending transactions for one batch, within both limits: one of each author in turn, going on where the last
  // call stopped. They are in flight from then on. The first may exceed `bytes_max`, so that none waits for ever.
  std::vector<PooledPointer> take(std::size_t bytes_max, std::size_t operations_max);

  // Unknown ids are passed over in all three.
  // Another replica proposed them: they need not be proposed here.
  void mark_in_flight(std::span<const TransactionId> ids);
  // The batch they were in will not be executed: pending again, each at its old place.
  void abandon(std::span<const TransactionId> ids);
  // They were executed, or refused for good: gone.
  void release(std::span<const TransactionId> ids);

  // One unit of the pool's time.
  void tick();
  // Pending transactions that have waited for so many ticks and were not handed out by this call before, the oldest
  // first, for the primary. They count as forwarded from now on, until they are in flight.
  std::vector<PooledPointer> forward(std::uint64_t waited_ticks, std::size_t bytes_max);
  // Another primary: it was shown nothing yet.
  void forget_forwarded();
  [[nodiscard]] MempoolPressure pressure() const;

  // Removes pending transactions whose valid_until has been reached; tells which.
  std::vector<TransactionId> expire(TimestampMs block_time);

  [[nodiscard]] bool contains(const TransactionId& id) const;
  [[nodiscard]] PooledPointer find(const TransactionId& id) const;  // null if not in the pool
  [[nodiscard]] MempoolSizes sizes() const;
  [[nodiscard]] MempoolCounters counters() const;

 private:
  struct Author;
  struct Entry {
    PooledPointer pooled;
    Author* author = nullptr;
    std::uint64_t arrival = 0;
    std::uint64_t arrived_tick = 0;
    std::size_t bytes = 0;
    bool in_flight = false;
    bool forwarded = false;  // only while pending
  };
  // Turns of authors who have something pending, by rising number of the turn.
  using Turns = std::map<std::uint64_t, Author*>;
  struct Author {
    PublicKey key;
    bool office = false;
    std::map<std::uint64_t, Entry*> pending;  // by arrival
    std::map<ClientId, TransactionId> client_ids;
    std::size_t bytes = 0;
    std::optional<std::uint64_t> turn;
    std::size_t forwarded = 0;        // of `pending`
    std::uint64_t starved_since = 0;  // tick; while forwarded > 0
  };

  Status check_known(const PooledTransaction& pooled);
  Status check_validity(const PooledTransaction& pooled, TimestampMs block_time);
  Status check_room(const Author& author, std::size_t bytes);
  Author& author_of(const PublicKey& key);
  void forget_if_idle(Author& author);
  void make_pending(Entry& entry);
  void make_in_flight(Entry& entry);
  void remove(const TransactionId& id);
  void set_forwarded(Entry& entry, bool forwarded);
  void starve(Author& author, std::uint64_t since);
  void give_turn(Author& author);
  void end_turn(Author& author);

  const MempoolOptions options_;
  mutable std::mutex mutex_;
  std::unordered_map<TransactionId, Entry> entries_;
  std::unordered_map<PublicKey, std::unique_ptr<Author>> authors_;
  std::set<std::pair<TimestampMs, TransactionId>> by_expiry_;
  Turns turns_;
  std::uint64_t next_arrival_ = 0;
  std::uint64_t next_turn_ = 0;
  std::size_t bytes_ = 0;
  std::size_t others_bytes_ = 0;
  std::size_t pending_ = 0;
  std::uint64_t tick_ = 0;
  std::map<std::uint64_t, Entry*> not_forwarded_;               // pending, by arrival
  std::set<std::pair<std::uint64_t, const Author*>> starving_;  // authors with something forwarded, by starved_since
  MempoolPressure pressure_;                                    // but for starved_ticks
  MempoolCounters counters_;
};

}  // namespace tally::ledger
