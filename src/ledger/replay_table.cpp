#include "ledger/replay_table.h"

#include "common/time.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

namespace {

constexpr std::string_view kReplayPrefix{"sys/replay\0", 11};
constexpr std::string_view kExpiryPrefix{"sys/expiry\0", 11};

Bytes key_of(std::string_view prefix, std::size_t extra) {
  Bytes key;
  key.reserve(prefix.size() + PublicKey::kSize + ClientId::kSize + extra);
  append(key, as_bytes(prefix));
  return key;
}

Bytes replay_key(const PublicKey& author, const ClientId& client_id) {
  Bytes key = key_of(kReplayPrefix, 0);
  append(key, author.view());
  append(key, client_id.view());
  return key;
}

Bytes expiry_key(TimestampMs valid_until, const PublicKey& author, const ClientId& client_id) {
  Bytes key = key_of(kExpiryPrefix, sizeof valid_until.value);
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<Byte>(valid_until.value >> shift));
  append(key, author.view());
  append(key, client_id.view());
  return key;
}

TimestampMs expiry_of(ByteView expiry_key) {
  TimestampMs out;
  for (std::size_t i = 0; i < sizeof out.value; ++i) out.value = out.value << 8 | expiry_key[kExpiryPrefix.size() + i];
  return out;
}

// Receipts hold this text, so it must not depend on how a calendar treats years that nobody lives to see.
std::string time_text(TimestampMs time) {
  constexpr TimestampMs kYear10000{253402300800000};
  return time < kYear10000 ? format_time(time) : std::to_string(time.value) + " ms";
}

Status check_validity(const Transaction& transaction, TimestampMs block_time) {
  if (transaction.valid_until <= block_time)
    return make_error(ErrorCode::expired, "valid_until", "is " + time_text(transaction.valid_until),
                      "a time after the block's, " + time_text(block_time));
  if (transaction.valid_until.value - block_time.value > limits::kValidityMsMax)
    return make_error(ErrorCode::not_yet_valid, "valid_until", "is " + time_text(transaction.valid_until),
                      "at most 31 days after the block's time, " + time_text(block_time));
  return {};
}

}  // namespace

Status ReplayTable::admit(const Transaction& transaction, const TransactionId& id, TimestampMs block_time) {
  if (auto valid = check_validity(transaction, block_time); !valid) return valid;
  const Bytes key = replay_key(transaction.author, transaction.client_id);
  if (const auto known = state_.get(key)) {
    const auto entry = storage::value_or_throw(decode<ReplayEntry>(*known));
    if (entry.transaction == id)
      return make_error(ErrorCode::duplicate, "client_id", "was executed before", "its first receipt, which stands");
    return make_error(ErrorCode::replay_conflict, "client_id",
                      "was used by this author for transaction " + entry.transaction.hex(),
                      "a new client id for other content");
  }
  Bytes entry;
  entry.reserve(TransactionId::kSize + sizeof transaction.valid_until.value);
  encode_into(entry, ReplayEntry{id, transaction.valid_until});
  state_.put(key, std::move(entry));
  state_.put(expiry_key(transaction.valid_until, transaction.author, transaction.client_id), {});
  if (earliest_ && transaction.valid_until < *earliest_) earliest_ = transaction.valid_until;
  return {};
}

void ReplayTable::prune(TimestampMs block_time) {
  if (earliest_ && block_time < *earliest_) return;
  std::vector<Bytes> due;
  earliest_ = TimestampMs{std::numeric_limits<std::uint64_t>::max()};
  const ByteView prefix = as_bytes(kExpiryPrefix);
  state_.scan_from(prefix, pruned_to_, [&](ByteView key, ByteView) {
    const TimestampMs expiry = expiry_of(key);
    if (expiry > block_time || due.size() == kReplayPrunedPerBlockMax) {
      earliest_ = expiry;
      return false;
    }
    due.emplace_back(key.begin(), key.end());
    return true;
  });
  for (const Bytes& key : due) {
    Bytes replay = key_of(kReplayPrefix, 0);
    append(replay, ByteView(key).subspan(kExpiryPrefix.size() + sizeof(std::uint64_t)));
    state_.erase(replay);
    state_.erase(key);
  }
  if (!due.empty()) pruned_to_ = due.back();
}

void ReplayTable::forget() {
  earliest_.reset();
  pruned_to_.clear();
}

}  // namespace tally::ledger
