#include "sim/disk.h"

namespace tally::sim {

using storage::Column;
using storage::Sync;

namespace {

// What the node reads after the disk has gone on, it reads through snapshots.
class Copy final : public storage::Reader {
 public:
  explicit Copy(Disk disk) : disk_(std::move(disk)) {}
  Result<std::optional<Bytes>> get(Column column, ByteView key) const override { return disk_.get(column, key); }
  Status scan(Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const override {
    return disk_.scan(column, prefix, from, visit);
  }
  Status scan_back(Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const override {
    return disk_.scan_back(column, prefix, from, visit);
  }

 private:
  Disk disk_;
};

}  // namespace

Error Disk::unreadable(Column column) const {
  failed_ = true;
  return make_error(ErrorCode::storage_failed, std::string(name_of(column)), "a record does not have its checksum");
}

std::shared_ptr<const storage::Reader> Disk::snapshot() const {
  return std::make_shared<Copy>(*this);
}

bool Disk::damaged(Column column, ByteView key) const {
  return !damaged_.empty() && damaged_.contains({column, Bytes(key.begin(), key.end())});
}

Result<std::optional<Bytes>> Disk::get(Column column, ByteView key) const {
  if (damaged(column, key)) return unreadable(column);
  const auto found = table(column).find(key);
  if (found == table(column).end()) return std::optional<Bytes>{};
  return std::optional<Bytes>(found->second);
}

Status Disk::scan(Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const {
  const ByteView start = storage::ByteOrder{}(from, prefix) ? prefix : from;
  for (auto it = table(column).lower_bound(start); it != table(column).end(); ++it) {
    if (!storage::starts_with(it->first, prefix)) break;
    if (damaged(column, it->first)) return unreadable(column);
    if (!visit(it->first, it->second)) break;
  }
  return {};
}

Status Disk::scan_back(Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const {
  const auto end = storage::prefix_end(prefix);
  const bool from_end = from.empty() || (end && !storage::ByteOrder{}(from, *end));
  auto it = from_end ? (end ? table(column).lower_bound(*end) : table(column).end()) : table(column).upper_bound(from);
  while (it != table(column).begin()) {
    --it;
    if (!storage::starts_with(it->first, prefix)) break;
    if (damaged(column, it->first)) return unreadable(column);
    if (!visit(it->first, it->second)) break;
  }
  return {};
}

void Disk::put(Column column, const Bytes& key, const std::optional<Bytes>& value) {
  if (!damaged_.empty()) damaged_.erase({column, key});
  if (value)
    table(column).insert_or_assign(key, *value);
  else
    table(column).erase(key);
}

void Disk::apply(const storage::WriteBatch& batch, std::vector<std::optional<Bytes>>* before) {
  for (const auto& entry : batch.entries()) {
    if (before != nullptr) {
      const Bytes* old = find(entry.column, entry.key);
      before->push_back(old != nullptr ? std::optional<Bytes>(*old) : std::nullopt);
    }
    put(entry.column, entry.key, entry.value);
  }
}

Status Disk::fail(const char* why) {
  closed_ = failed_ = true;
  return make_error(ErrorCode::storage_failed, "", why);
}

Status Disk::write(const storage::WriteBatch& batch, Sync sync) {
  if (closed_) return make_error(ErrorCode::storage_failed, "", "the store was closed by an earlier failure");
  if (full_) return fail("no space is left");
  if (error_in_ && (*error_in_)-- == 0) {
    error_in_.reset();
    // Nobody knows what an error of the device left behind.
    if (random_.percent(50)) apply(batch, nullptr);
    return fail("input/output error");
  }
  const bool dies = death_ && death_->writes-- == 0;
  if (dies && !death_->after) {
    killed_ = true;
    return fail("the process is gone");
  }
  if (sync == Sync::yes) {
    apply(batch, nullptr);
    unsynced_.clear();
  } else {
    unsynced_.push_back({batch, {}});
    apply(batch, &unsynced_.back().before);
  }
  bytes_written_ += batch.bytes();
  if (!dies) return {};
  killed_ = true;
  return fail("the process is gone");
}

void Disk::crash() {
  for (auto lost = unsynced_.rbegin(); lost != unsynced_.rend(); ++lost) {
    const auto& entries = lost->batch.entries();
    for (std::size_t i = entries.size(); i-- > 0;) put(entries[i].column, entries[i].key, lost->before[i]);
  }
  for (const auto& one : unsynced_)
    if (random_.percent(50)) apply(one.batch, nullptr);
  unsynced_.clear();
  death_.reset();
  error_in_.reset();
  killed_ = false;
  closed_ = true;
}

void Disk::open() {
  closed_ = false;
  killed_ = false;
  failed_ = false;
}

bool Disk::damage() {
  std::size_t count = 0;
  for (const auto& one : tables_) count += one.size();
  if (count == 0) return false;
  std::size_t at = random_.below(count);
  for (std::size_t column = 0; column < tables_.size(); ++column) {
    if (at < tables_[column].size()) {
      damaged_.emplace(static_cast<Column>(column),
                       std::next(tables_[column].begin(), static_cast<std::ptrdiff_t>(at))->first);
      return true;
    }
    at -= tables_[column].size();
  }
  return false;
}

void Disk::roll_back() {
  tables_ = *copy_;
  unsynced_.clear();
  damaged_.clear();
}

void Disk::wipe() {
  tables_ = {};
  copy_.reset();
  unsynced_.clear();
  damaged_.clear();
}

const Bytes* Disk::find(Column column, ByteView key) const {
  const auto found = table(column).find(key);
  return found == table(column).end() ? nullptr : &found->second;
}

bool Disk::durable(Column column, ByteView key) const {
  for (const auto& one : unsynced_)
    for (const auto& entry : one.batch.entries())
      if (entry.column == column && std::equal(key.begin(), key.end(), entry.key.begin(), entry.key.end()))
        return false;
  return find(column, key) != nullptr;
}

}  // namespace tally::sim
