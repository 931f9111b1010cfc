#include "ledger/working_state.h"

#include <algorithm>

#include "common/invariant.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using storage::Column;
using storage::value_or_throw;

namespace {

bool less(ByteView left, ByteView right) {
  const std::size_t shared = std::min(left.size(), right.size());
  const int order = shared == 0 ? 0 : std::memcmp(left.data(), right.data(), shared);
  return order != 0 ? order < 0 : left.size() < right.size();
}

bool starts_with(ByteView key, ByteView prefix) {
  return key.size() >= prefix.size() && ViewEqual{}(key.first(prefix.size()), prefix);
}

}  // namespace

Bytes history_prefix(ByteView list) {
  invariant(list.size() <= kHistoryListBytesMax, "a history list's name has at most 128 bytes");
  Bytes out;
  out.reserve(1 + list.size() + sizeof(std::uint64_t));
  out.push_back(static_cast<Byte>(list.size()));
  append(out, list);
  return out;
}

Bytes history_key(ByteView list, std::uint64_t index) {
  Bytes out = history_prefix(list);
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<Byte>(index >> shift));
  return out;
}

std::size_t WorkingState::Entry::memory_bytes() const {
  constexpr std::size_t kTableBytes = 2 * (sizeof(ByteView) + 2 * sizeof(void*));
  return sizeof(Entry) + kTableBytes + name.capacity() + (stored ? stored->capacity() : 0) +
         (value ? value->capacity() : 0);
}

WorkingState::WorkingState(const storage::Reader& store, std::size_t cache_bytes)
    : store_(store), cache_bytes_(cache_bytes) {}

WorkingState::Entry& WorkingState::entry_of(ByteView key) const {
  if (Entry* found = cache_.find(key)) return *found;
  auto entry = std::make_unique<Entry>();
  entry->name.assign(key.begin(), key.end());
  return cache_.insert(std::move(entry));
}

WorkingState::Entry& WorkingState::known_entry_of(ByteView key) const {
  Entry& entry = entry_of(key);
  if (!entry.changed && !entry.known) {
    entry.stored = value_or_throw(store_.get(Column::state, key));
    entry.known = true;
    cache_.recharge(entry);
  }
  return entry;
}

std::optional<Bytes> WorkingState::get(ByteView key) const {
  return known_entry_of(key).current();
}

bool WorkingState::has(ByteView key) const {
  return known_entry_of(key).current().has_value();
}

void WorkingState::change(ByteView key, std::optional<Bytes> value) {
  Entry& entry = entry_of(key);
  if (!marks_.empty()) undo_.push_back({&entry, entry.changed, std::move(entry.value)});
  entry.value = std::move(value);
  entry.changed = true;
  if (!entry.listed) {
    entry.listed = true;
    changed_.push_back(&entry);
  }
}

void WorkingState::put(ByteView key, Bytes value) {
  change(key, std::move(value));
}

void WorkingState::erase(ByteView key) {
  change(key, std::nullopt);
}

void WorkingState::scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const {
  scan_from(prefix, prefix, visit);
}

void WorkingState::scan_from(ByteView prefix, ByteView from,
                             const std::function<bool(ByteView, ByteView)>& visit) const {
  std::vector<const Entry*> mine;
  for (const Entry* entry : changed_)
    if (entry->changed && starts_with(entry->name, prefix) && !less(entry->name, from)) mine.push_back(entry);
  std::sort(mine.begin(), mine.end(),
            [](const Entry* left, const Entry* right) { return less(left->name, right->name); });
  auto next = mine.begin();
  bool going = true;
  // Visits the block's own pairs below `key`; all that are left if it is null.
  const auto visit_mine = [&](const ByteView* key) {
    for (; going && next != mine.end() && (key == nullptr || less((*next)->name, *key)); ++next)
      if ((*next)->value) going = visit((*next)->name, *(*next)->value);
  };
  value_or_throw(store_.scan(Column::state, prefix, from, [&](ByteView key, ByteView value) {
    visit_mine(&key);
    if (!going) return false;
    const bool replaced = next != mine.end() && ViewEqual{}((*next)->name, key);
    if (!replaced) {
      going = visit(key, value);
    } else {
      const Entry* entry = *next++;
      if (entry->value) going = visit(entry->name, *entry->value);
    }
    return going;
  }));
  visit_mine(nullptr);
}

void WorkingState::append_history(ByteView list, std::uint64_t index, Bytes record) {
  history_.push_back({history_key(list, index), std::move(record)});
  const bool fresh = history_places_.emplace(history_.back().key, history_.size() - 1).second;
  invariant(fresh, "a place in a history list is written once");
}

std::optional<Bytes> WorkingState::history(ByteView list, std::uint64_t index) const {
  const Bytes key = history_key(list, index);
  const auto found = history_places_.find(key);
  if (found != history_places_.end()) return history_[found->second].value;
  return value_or_throw(store_.get(Column::history, key));
}

void WorkingState::begin() {
  marks_.push_back({undo_.size(), history_.size()});
}

void WorkingState::commit() {
  invariant(!marks_.empty(), "a savepoint is open");
  marks_.pop_back();
  if (marks_.empty()) undo_.clear();
}

bool WorkingState::rollback() {
  invariant(!marks_.empty(), "a savepoint is open");
  const Mark mark = marks_.back();
  marks_.pop_back();
  const bool undone = undo_.size() > mark.undo || history_.size() > mark.history;
  while (undo_.size() > mark.undo) {
    Undo& undo = undo_.back();
    undo.entry->changed = undo.changed;
    undo.entry->value = std::move(undo.value);
    undo_.pop_back();
  }
  while (history_.size() > mark.history) {
    history_places_.erase(history_.back().key);
    history_.pop_back();
  }
  return undone;
}

// Without those that only restore what is stored.
std::vector<WorkingState::Entry*> WorkingState::real_changes() {
  std::vector<Entry*> out;
  out.reserve(changed_.size());
  for (Entry* entry : changed_)
    if (entry->changed && !(entry->known && entry->stored == entry->value)) out.push_back(entry);
  std::sort(out.begin(), out.end(),
            [](const Entry* left, const Entry* right) { return less(left->name, right->name); });
  return out;
}

std::vector<TreeChange> WorkingState::collect(storage::WriteBatch& batch) {
  invariant(marks_.empty(), "no savepoint is open at the end of a block");
  std::vector<TreeChange> tree;
  const auto changes = real_changes();
  tree.reserve(changes.size());
  for (Entry* entry : changes) {
    if (!entry->hashed) {
      entry->key_hash = tree_key_hash(entry->name);
      entry->hashed = true;
    }
    if (entry->value) {
      batch.put(Column::state, entry->name, *entry->value);
      tree.push_back({entry->key_hash, tree_value_hash(*entry->value)});
    } else {
      batch.erase(Column::state, entry->name);
      tree.push_back({entry->key_hash, std::nullopt});
    }
  }
  std::sort(tree.begin(), tree.end(),
            [](const TreeChange& left, const TreeChange& right) { return left.key_hash < right.key_hash; });
  for (const Record* record : sorted_history()) batch.put(Column::history, record->key, record->value);
  return tree;
}

std::vector<const WorkingState::Record*> WorkingState::sorted_history() const {
  std::vector<const Record*> records;
  records.reserve(history_.size());
  for (const Record& record : history_) records.push_back(&record);
  std::sort(records.begin(), records.end(),
            [](const Record* left, const Record* right) { return less(left->key, right->key); });
  return records;
}

void WorkingState::each_appended(
    const std::function<void(ByteView list, std::uint64_t index, ByteView record)>& visit) const {
  for (const Record* record : sorted_history()) {
    const ByteView key = record->key;
    std::uint64_t index = 0;
    for (const Byte byte : key.last(sizeof index)) index = index << 8 | byte;
    visit(key.subspan(1, key[0]), index, record->value);
  }
}

void WorkingState::clear_block() {
  changed_.clear();
  undo_.clear();
  marks_.clear();
  history_.clear();
  history_places_.clear();
}

void WorkingState::persisted() {
  for (Entry* entry : changed_) {
    entry->listed = false;
    if (!entry->changed) continue;
    entry->stored = std::move(entry->value);
    entry->value.reset();
    entry->changed = false;
    entry->known = true;
    cache_.recharge(*entry);
  }
  clear_block();
  cache_.trim(cache_bytes_);
}

void WorkingState::discard() {
  cache_.clear();
  clear_block();
}

}  // namespace tally::ledger
