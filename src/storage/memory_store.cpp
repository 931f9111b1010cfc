// The store in memory: every key has its versions, so that a snapshot costs nothing until a key changes.
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "storage/key_range.h"
#include "storage/store.h"

namespace tally::storage {

namespace {

using Moment = std::uint64_t;  // count of batches written

struct Version {
  Moment since = 0;
  std::optional<Bytes> value;  // nullopt: erased
};
using Versions = std::vector<Version>;  // by rising `since`
using Table = std::map<Bytes, Versions, ByteOrder>;

// Invariant: an old version goes only when no snapshot can see it.
class Versioned {
 public:
  void write(const WriteBatch& batch) {
    const std::unique_lock lock(mutex_);
    ++now_;
    for (const auto& entry : batch.entries()) {
      Versions& versions = table(entry.column)[entry.key];
      if (!versions.empty() && versions.back().since == now_) {
        versions.back().value = entry.value;  // the batch writes the key again
      } else {
        versions.push_back({now_, entry.value});
      }
      if (versions.size() > 1 || !entry.value) superseded_.push_back({now_, entry.column, entry.key});
    }
    drop_unseen();
  }

  Moment pin() {
    const std::unique_lock lock(mutex_);
    pinned_.insert(now_);
    return now_;
  }
  void unpin(Moment moment) {
    const std::unique_lock lock(mutex_);
    pinned_.erase(pinned_.find(moment));
    drop_unseen();
  }

  std::optional<Bytes> get(Column column, ByteView key, std::optional<Moment> at) const {
    const std::shared_lock lock(mutex_);
    const auto found = table(column).find(key);
    if (found == table(column).end()) return std::nullopt;
    const auto* value = visible(found->second, at.value_or(now_));
    return value != nullptr ? *value : std::nullopt;
  }

  struct Pair {
    Bytes key;
    Bytes value;
  };
  // The first pair with key >= from, or > from if `beyond`.
  std::optional<Pair> next(Column column, ByteView from, bool beyond, Moment at) const {
    const std::shared_lock lock(mutex_);
    auto place = beyond ? table(column).upper_bound(from) : table(column).lower_bound(from);
    for (; place != table(column).end(); ++place) {
      const auto* value = visible(place->second, at);
      if (value != nullptr && *value) return Pair{place->first, **value};
    }
    return std::nullopt;
  }
  // The last pair with key <= from, or < from if `beyond`; the last of all if `from` is absent.
  std::optional<Pair> previous(Column column, const std::optional<Bytes>& from, bool beyond, Moment at) const {
    const std::shared_lock lock(mutex_);
    auto place = table(column).end();
    if (from) place = beyond ? table(column).lower_bound(*from) : table(column).upper_bound(*from);
    while (place != table(column).begin()) {
      --place;
      const auto* value = visible(place->second, at);
      if (value != nullptr && *value) return Pair{place->first, **value};
    }
    return std::nullopt;
  }

 private:
  struct Superseded {
    Moment since;
    Column column;
    Bytes key;
  };

  Table& table(Column column) { return tables_[static_cast<std::size_t>(column)]; }
  const Table& table(Column column) const { return tables_[static_cast<std::size_t>(column)]; }

  static const std::optional<Bytes>* visible(const Versions& versions, Moment at) {
    for (auto version = versions.rbegin(); version != versions.rend(); ++version)
      if (version->since <= at) return &version->value;
    return nullptr;
  }

  void drop_unseen() {
    const Moment oldest = pinned_.empty() ? now_ : *pinned_.begin();
    while (!superseded_.empty() && superseded_.front().since <= oldest) {
      Table& keys = table(superseded_.front().column);
      const auto found = keys.find(superseded_.front().key);
      if (found != keys.end()) {
        Versions& versions = found->second;
        std::size_t unseen = 0;
        while (unseen + 1 < versions.size() && versions[unseen + 1].since <= oldest) ++unseen;
        versions.erase(versions.begin(), versions.begin() + static_cast<std::ptrdiff_t>(unseen));
        if (versions.size() == 1 && !versions.front().value && versions.front().since <= oldest) keys.erase(found);
      }
      superseded_.pop_front();
    }
  }

  mutable std::shared_mutex mutex_;
  std::array<Table, kColumns> tables_;
  std::deque<Superseded> superseded_;  // by rising moment: keys with something to drop once it is unseen
  std::multiset<Moment> pinned_;
  Moment now_ = 0;
};

class MemorySnapshot final : public Reader {
 public:
  explicit MemorySnapshot(std::shared_ptr<Versioned> versioned)
      : versioned_(std::move(versioned)), at_(versioned_->pin()) {}
  ~MemorySnapshot() override { versioned_->unpin(at_); }
  MemorySnapshot(const MemorySnapshot&) = delete;
  MemorySnapshot& operator=(const MemorySnapshot&) = delete;

  Result<std::optional<Bytes>> get(Column column, ByteView key) const override {
    return versioned_->get(column, key, at_);
  }

  // Each step takes the lock anew, so that a visitor may use the store.
  Status scan(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    const ByteView start = ByteOrder{}(from, prefix) ? prefix : from;
    auto pair = versioned_->next(column, start, false, at_);
    while (pair && starts_with(pair->key, prefix) && visit(pair->key, pair->value))
      pair = versioned_->next(column, pair->key, true, at_);
    return {};
  }

  Status scan_back(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    const auto end = prefix_end(prefix);
    const bool from_end = from.empty() || (end && !ByteOrder{}(from, *end));
    auto pair = from_end ? versioned_->previous(column, end, true, at_)
                         : versioned_->previous(column, Bytes(from.begin(), from.end()), false, at_);
    while (pair && starts_with(pair->key, prefix) && visit(pair->key, pair->value))
      pair = versioned_->previous(column, pair->key, true, at_);
    return {};
  }

 private:
  std::shared_ptr<Versioned> versioned_;
  Moment at_;
};

class MemoryStore final : public Store {
 public:
  Result<std::optional<Bytes>> get(Column column, ByteView key) const override {
    return versioned_->get(column, key, std::nullopt);
  }
  Status scan(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return MemorySnapshot(versioned_).scan(column, prefix, from, visit);
  }
  Status scan_back(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return MemorySnapshot(versioned_).scan_back(column, prefix, from, visit);
  }
  Status write(const WriteBatch& batch, Sync) override {
    versioned_->write(batch);
    return {};
  }
  std::shared_ptr<const Reader> snapshot() const override { return std::make_shared<MemorySnapshot>(versioned_); }
  std::uint64_t bytes_written() const override { return 0; }

 private:
  // Shared with snapshots, which may outlive the store.
  std::shared_ptr<Versioned> versioned_ = std::make_shared<Versioned>();
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace tally::storage
