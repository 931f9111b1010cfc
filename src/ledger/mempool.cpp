#include "ledger/mempool.h"

#include <string>

namespace tally::ledger {

namespace {

// Look-ups, and the parts of the decoded transaction that its bytes do not count.
constexpr std::size_t kEntryOverheadBytes = 1024;
// So many authors whose next transaction does not fit are passed over before a batch counts as full.
constexpr std::size_t kPassedOverMax = 32;

// Both forms are kept.
std::size_t memory_of(const PooledTransaction& pooled) {
  return 2 * pooled.encoded.size() + kEntryOverheadBytes;
}

Error full(std::string field, std::size_t holds, std::size_t bound, std::string_view unit) {
  return make_error(ErrorCode::pool_full, std::move(field),
                    "holds " + std::to_string(holds) + " of " + std::to_string(bound) + " " + std::string(unit),
                    "to submit again after the next blocks");
}

}  // namespace

PooledPointer make_pooled(SignedTransaction transaction, Bytes encoded) {
  auto pooled = std::make_shared<PooledTransaction>();
  pooled->id = id_of(transaction.body);
  pooled->operations = transaction.body.operations.size();
  pooled->transaction = std::move(transaction);
  pooled->encoded = std::move(encoded);
  return pooled;
}

Mempool::Mempool(MempoolOptions options) : options_(std::move(options)) {}
Mempool::~Mempool() = default;

Mempool::Author& Mempool::author_of(const PublicKey& key) {
  auto& author = authors_[key];
  if (!author) {
    author = std::make_unique<Author>();
    author->key = key;
    author->office = options_.is_office && options_.is_office(key);
  }
  return *author;
}

void Mempool::forget_if_idle(Author& author) {
  if (author.client_ids.empty()) authors_.erase(PublicKey(author.key));
}

Status Mempool::check_known(const PooledTransaction& pooled) {
  const auto author = authors_.find(pooled.transaction.body.author);
  if (author == authors_.end()) return {};
  const auto known = author->second->client_ids.find(pooled.transaction.body.client_id);
  if (known == author->second->client_ids.end()) return {};
  if (known->second == pooled.id) {
    ++counters_.duplicates;
    return make_error(ErrorCode::duplicate, "", "transaction " + pooled.id.short_hex() + " is in the pool already");
  }
  ++counters_.conflicts;
  return make_error(ErrorCode::replay_conflict, "client_id",
                    "is used by this author for transaction " + known->second.hex() + " in the pool",
                    "a new client id for other content");
}

Status Mempool::check_validity(const PooledTransaction& pooled, TimestampMs block_time) {
  const TimestampMs until = pooled.transaction.body.valid_until;
  if (until > block_time && until.value - block_time.value <= limits::kValidityMsMax) return {};
  ++counters_.refused_expired;
  const bool late = until <= block_time;
  return make_error(
      late ? ErrorCode::expired : ErrorCode::not_yet_valid, "valid_until",
      "is " + std::to_string(until.value) + " ms where a block would have " + std::to_string(block_time.value) + " ms",
      late ? "a later time" : "at most 31 days ahead");
}

Status Mempool::check_room(const Author& author, std::size_t bytes) {
  std::optional<Error> error;
  const std::size_t others_max = options_.bytes_max / kPoolOthersShare;
  const std::size_t share = options_.bytes_max / (author.office ? limits::kPoolOfficeShare : kPoolOneOtherShare);
  if (bytes_ + bytes > options_.bytes_max) {
    error = full("pool", bytes_, options_.bytes_max, "bytes");
  } else if (author.bytes + bytes > share) {
    error = full("author's share of the pool", author.bytes, share, "bytes");
  } else if (!author.office && author.client_ids.size() >= options_.pending_per_author_max) {
    error =
        full("author's share of the pool", author.client_ids.size(), options_.pending_per_author_max, "transactions");
  } else if (!author.office && others_bytes_ + bytes > others_max) {
    error = full("share of the pool for others than offices", others_bytes_, others_max, "bytes");
  }
  if (!error) return {};
  ++counters_.refused_full;
  return *error;
}

Status Mempool::add(PooledPointer transaction, TimestampMs block_time) {
  const std::lock_guard lock(mutex_);
  if (auto unknown = check_known(*transaction); !unknown) return unknown;
  if (auto valid = check_validity(*transaction, block_time); !valid) return valid;
  const auto& body = transaction->transaction.body;
  Author& author = author_of(body.author);
  const std::size_t bytes = memory_of(*transaction);
  if (auto room = check_room(author, bytes); !room) {
    forget_if_idle(author);
    return room;
  }
  author.client_ids.emplace(body.client_id, transaction->id);
  author.bytes += bytes;
  bytes_ += bytes;
  if (!author.office) others_bytes_ += bytes;
  by_expiry_.emplace(body.valid_until, transaction->id);
  Entry& entry = entries_[transaction->id];
  entry = {std::move(transaction), &author, next_arrival_++, tick_, bytes, true, false};
  make_pending(entry);
  ++counters_.added;
  return {};
}

void Mempool::give_turn(Author& author) {
  if (author.turn) return;
  author.turn = next_turn_++;
  turns_.emplace(*author.turn, &author);
}

void Mempool::end_turn(Author& author) {
  if (!author.turn) return;
  turns_.erase(*author.turn);
  author.turn.reset();
}

void Mempool::make_pending(Entry& entry) {
  if (!entry.in_flight) return;
  entry.in_flight = false;
  ++pending_;
  pressure_.operations += entry.pooled->operations;
  pressure_.encoded_bytes += entry.pooled->encoded.size();
  not_forwarded_.emplace(entry.arrival, &entry);
  entry.author->pending.emplace(entry.arrival, &entry);
  give_turn(*entry.author);
}

void Mempool::make_in_flight(Entry& entry) {
  if (entry.in_flight) return;
  set_forwarded(entry, false);
  not_forwarded_.erase(entry.arrival);
  entry.in_flight = true;
  --pending_;
  pressure_.operations -= entry.pooled->operations;
  pressure_.encoded_bytes -= entry.pooled->encoded.size();
  entry.author->pending.erase(entry.arrival);
  if (entry.author->pending.empty()) end_turn(*entry.author);
}

void Mempool::set_forwarded(Entry& entry, bool forwarded) {
  if (entry.forwarded == forwarded) return;
  entry.forwarded = forwarded;
  Author& author = *entry.author;
  if (forwarded) {
    not_forwarded_.erase(entry.arrival);
    ++pressure_.forwarded;
    if (++author.forwarded == 1) starve(author, tick_);
  } else {
    not_forwarded_.emplace(entry.arrival, &entry);
    --pressure_.forwarded;
    if (--author.forwarded == 0) starving_.erase({author.starved_since, &author});
  }
}

void Mempool::starve(Author& author, std::uint64_t since) {
  starving_.erase({author.starved_since, &author});
  author.starved_since = since;
  starving_.emplace(since, &author);
}

void Mempool::tick() {
  const std::lock_guard lock(mutex_);
  ++tick_;
}

std::vector<PooledPointer> Mempool::forward(std::uint64_t waited_ticks, std::size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  std::vector<PooledPointer> out;
  while (!not_forwarded_.empty()) {
    Entry& entry = *not_forwarded_.begin()->second;
    const std::size_t bytes = entry.pooled->encoded.size();
    // The first goes whatever its size, so that none blocks those behind it.
    if (tick_ - entry.arrived_tick < waited_ticks || (!out.empty() && bytes > bytes_max)) break;
    bytes_max -= std::min(bytes, bytes_max);
    set_forwarded(entry, true);
    out.push_back(entry.pooled);
  }
  return out;
}

void Mempool::forget_forwarded() {
  const std::lock_guard lock(mutex_);
  if (pressure_.forwarded == 0) return;
  for (auto& [id, entry] : entries_) set_forwarded(entry, false);
}

MempoolPressure Mempool::pressure() const {
  const std::lock_guard lock(mutex_);
  MempoolPressure out = pressure_;
  if (!starving_.empty()) out.starved_ticks = tick_ - starving_.begin()->first;
  return out;
}

std::vector<PooledPointer> Mempool::take(std::size_t bytes_max, std::size_t operations_max) {
  const std::lock_guard lock(mutex_);
  std::vector<PooledPointer> out;
  std::size_t passed_over = 0;
  auto turn = turns_.begin();
  // Authors who had a turn stand behind all others again; those passed over keep their place.
  while (turn != turns_.end() && passed_over < kPassedOverMax && operations_max > 0) {
    Author& author = *turn->second;
    Entry& entry = *author.pending.begin()->second;
    const std::size_t bytes = entry.pooled->encoded.size();
    ++turn;
    // Whoever was passed over stands first next time, and then goes in whatever its size.
    if ((bytes > bytes_max && !out.empty()) || entry.pooled->operations > operations_max) {
      ++passed_over;
      continue;
    }
    bytes_max -= std::min(bytes, bytes_max);
    operations_max -= entry.pooled->operations;
    out.push_back(entry.pooled);
    make_in_flight(entry);
    if (author.pending.empty()) continue;
    end_turn(author);
    give_turn(author);
    if (turn == turns_.end()) turn = std::prev(turns_.end());
  }
  return out;
}

void Mempool::mark_in_flight(std::span<const TransactionId> ids) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids)
    if (const auto found = entries_.find(id); found != entries_.end()) make_in_flight(found->second);
}

void Mempool::abandon(std::span<const TransactionId> ids) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids)
    if (const auto found = entries_.find(id); found != entries_.end()) make_pending(found->second);
}

void Mempool::remove(const TransactionId& id) {
  const auto found = entries_.find(id);
  Entry& entry = found->second;
  make_in_flight(entry);
  const auto& body = entry.pooled->transaction.body;
  Author& author = *entry.author;
  by_expiry_.erase({body.valid_until, id});
  author.client_ids.erase(body.client_id);
  author.bytes -= entry.bytes;
  bytes_ -= entry.bytes;
  if (!author.office) others_bytes_ -= entry.bytes;
  entries_.erase(found);
  forget_if_idle(author);
}

void Mempool::release(std::span<const TransactionId> ids) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) continue;
    // Its author is being served.
    if (Author& author = *found->second.author; author.forwarded > 0) starve(author, tick_);
    remove(TransactionId(id));
    ++counters_.released;
  }
}

std::vector<TransactionId> Mempool::expire(TimestampMs block_time) {
  const std::lock_guard lock(mutex_);
  std::vector<TransactionId> out;
  for (const auto& [until, id] : by_expiry_) {
    if (until > block_time) break;
    if (!entries_.at(id).in_flight) out.push_back(id);
  }
  for (const auto& id : out) remove(id);
  counters_.expired += out.size();
  return out;
}

bool Mempool::contains(const TransactionId& id) const {
  const std::lock_guard lock(mutex_);
  return entries_.contains(id);
}

PooledPointer Mempool::find(const TransactionId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.pooled;
}

MempoolSizes Mempool::sizes() const {
  const std::lock_guard lock(mutex_);
  return {pending_, entries_.size() - pending_, bytes_, authors_.size()};
}

MempoolCounters Mempool::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace tally::ledger
