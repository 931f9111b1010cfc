#include "ledger/working_state.h"

#include <algorithm>

#include "common/invariant.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using storage::Column;
using storage::value_or_throw;

namespace {

// Good for some three million keys in the store; beyond that it is asked more often in vain.
constexpr std::size_t kFilterBytes = std::size_t{4} << 20;
// Records of histories that wait to be written together.
constexpr std::size_t kHistoryHeldBytes = std::size_t{16} << 20;
// Of a scanned prefix; longer prefixes share a family, so that there are few.
constexpr std::size_t kFamilyBytes = 8;

constexpr storage::ByteOrder less;

template <class Items, class Name>
void sort_by_name(Items& items, const Name& name) {
  std::sort(items.begin(), items.end(),
            [&](const auto& left, const auto& right) { return less(name(left), name(right)); });
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
  constexpr std::size_t kTableBytes = 4 * sizeof(void*);
  constexpr std::size_t kOrderedBytes = sizeof(Ordered::value_type) + 6 * sizeof(void*);
  return sizeof(Entry) + kTableBytes + (ordered ? kOrderedBytes : 0) + name.capacity() +
         (stored ? stored->capacity() : 0) + (value ? value->capacity() : 0);
}

WorkingState::WorkingState(const storage::Reader& store, std::size_t cache_bytes, WriteBack write_back)
    : store_(store), cache_bytes_(cache_bytes), write_back_(write_back) {
  if (write_back == WriteBack::when_full) written_.emplace(kFilterBytes);
}

WorkingState::Entry& WorkingState::entry_of(ByteView key) const {
  if (Entry* found = cache_.find(key)) return *found;
  auto entry = std::make_unique<Entry>();
  entry->name.assign(key.begin(), key.end());
  return cache_.insert(std::move(entry));
}

WorkingState::Entry& WorkingState::known_entry_of(ByteView key) const {
  Entry& entry = entry_of(key);
  if (!entry.changed && !entry.known) {
    if (!written_ || written_->may_have(filter_hash_(key)))
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

bool WorkingState::in_ordered_family(ByteView key) const {
  return std::any_of(families_.begin(), families_.end(),
                     [&](const Bytes& family) { return storage::starts_with(key, family); });
}

// From now on what differs from the store under the prefix's family is kept in order: what the block has changed until
// here, and what collect() enters.
void WorkingState::keep_ordered(ByteView prefix) const {
  std::vector<Entry*> entering;
  for (Entry* entry : changed_)
    if (!entry->ordered) entering.push_back(entry);
  const ByteView family = prefix.first(std::min(prefix.size(), kFamilyBytes));
  if (!in_ordered_family(family)) {
    families_.emplace_back(family.begin(), family.end());
    cache_.each([&](Entry& entry) {
      if (entry.dirty && !entry.listed) entering.push_back(&entry);
    });
  }
  std::erase_if(entering, [&](const Entry* entry) { return entry->ordered || !in_ordered_family(entry->name); });
  sort_by_name(entering, [](const Entry* entry) { return ByteView(entry->name); });
  // Neighbours follow each other, so that each finds its place beside the last.
  auto place = entering.empty() ? ordered_.end() : ordered_.lower_bound(entering.front()->name);
  for (Entry* entry : entering) {
    place = std::next(ordered_.emplace_hint(place, entry->name, entry));
    entry->ordered = true;
  }
}

// The block's own entries under the prefix.
WorkingState::Ordered WorkingState::order_changed(ByteView prefix) const {
  Ordered out;
  for (Entry* entry : changed_)
    if (storage::starts_with(entry->name, prefix)) out.emplace(entry->name, entry);
  return out;
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
  if (write_back_ == WriteBack::when_full) keep_ordered(prefix);
  const Ordered own = write_back_ == WriteBack::when_full ? Ordered{} : order_changed(prefix);
  const Ordered& ordered = write_back_ == WriteBack::when_full ? ordered_ : own;
  auto next = ordered.lower_bound(less(from, prefix) ? prefix : from);
  bool going = true;
  const auto mine = [&] { return next != ordered.end() && storage::starts_with(next->first, prefix); };
  const auto differs = [&] { return next->second->changed || next->second->dirty; };
  const auto visit_one = [&] {
    const Entry& entry = *next->second;
    if (differs() && entry.current()) going = visit(entry.name, *entry.current());
    ++next;
  };
  value_or_throw(store_.scan(Column::state, prefix, from, [&](ByteView key, ByteView value) {
    while (going && mine() && less(next->first, key)) visit_one();
    if (!going) return false;
    const bool replaced = mine() && ViewEqual{}(next->first, key) && differs();
    if (replaced) {
      visit_one();
    } else {
      going = visit(key, value);
    }
    return going;
  }));
  while (going && mine()) visit_one();
}

void WorkingState::append_history(ByteView list, std::uint64_t index, Bytes record) {
  history_bytes_ += record.size();
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
    history_bytes_ -= history_.back().value.size();
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
  return out;
}

std::vector<TreeChange> WorkingState::collect(storage::WriteBatch& batch) {
  invariant(marks_.empty(), "no savepoint is open at the end of a block");
  auto changes = real_changes();
  auto tree = hashed_changes(changes);
  if (write_back_ == WriteBack::every_block) {
    write_changes(changes, batch);
    for (const Record* record : sorted_history()) batch.put(Column::history, record->key, record->value);
  } else {
    if (!families_.empty()) keep_ordered(families_.front());
    write_what_is_over(batch);
  }
  return tree;
}

std::vector<TreeChange> WorkingState::hashed_changes(const std::vector<Entry*>& changes) {
  std::vector<Entry*> unhashed;
  std::vector<ByteView> keys;
  std::vector<ByteView> values;
  for (Entry* entry : changes) {
    if (!entry->hashed) {
      unhashed.push_back(entry);
      keys.emplace_back(entry->name);
    }
    if (entry->value) values.emplace_back(*entry->value);
  }
  const auto key_hashes = tree_key_hashes(keys);
  for (std::size_t i = 0; i < unhashed.size(); ++i) {
    unhashed[i]->key_hash = key_hashes[i];
    unhashed[i]->hashed = true;
  }
  const auto value_hashes = tree_value_hashes(values);
  std::vector<TreeChange> tree;
  tree.reserve(changes.size());
  std::size_t at = 0;
  for (const Entry* entry : changes)
    tree.push_back({entry->key_hash, entry->value ? std::optional(value_hashes[at++]) : std::nullopt});
  std::sort(tree.begin(), tree.end(),
            [](const TreeChange& left, const TreeChange& right) { return left.key_hash < right.key_hash; });
  return tree;
}

void WorkingState::write_changes(const std::vector<Entry*>& changes, storage::WriteBatch& batch) {
  auto sorted = changes;
  sort_by_name(sorted, [](const Entry* entry) { return ByteView(entry->name); });
  for (const Entry* entry : sorted) {
    if (entry->value)
      batch.put(Column::state, entry->name, *entry->value);
    else
      batch.erase(Column::state, entry->name);
  }
}

void WorkingState::write_what_is_over(storage::WriteBatch& batch) {
  if (cache_.bytes() > cache_bytes_) write_leaving(batch);
  if (history_bytes_ < kHistoryHeldBytes) return;
  history_places_.clear();
  sort_by_name(history_, [](const Record& record) { return ByteView(record.key); });
  for (Record& record : history_) batch.put(Column::history, std::move(record.key), std::move(record.value));
  history_.clear();
  history_bytes_ = 0;
}

// What the block changed stays; the cache may be over its budget by that much until the next block.
void WorkingState::write_leaving(storage::WriteBatch& batch) {
  struct Leaving {
    Bytes name;
    std::optional<Bytes> value;
  };
  std::vector<Leaving> leaving;
  cache_.trim(shrunk(cache_bytes_), [&](Entry& entry) {
    if (entry.listed) return false;
    if (entry.ordered) ordered_.erase(entry.name);
    if (!entry.dirty) return true;
    const std::uint64_t hash = filter_hash_(entry.name);
    // What was made and erased again while it was here is unknown to the store.
    if (entry.stored || written_->may_have(hash)) leaving.push_back({entry.name, std::move(entry.stored)});
    written_->add(hash);
    return true;
  });
  sort_by_name(leaving, [](const Leaving& one) { return ByteView(one.name); });
  for (auto& [name, value] : leaving) {
    if (value)
      batch.put(Column::state, std::move(name), *std::move(value));
    else
      batch.erase(Column::state, name);
  }
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
  if (write_back_ == WriteBack::when_full) return;
  history_.clear();
  history_places_.clear();
  history_bytes_ = 0;
}

void WorkingState::persisted() {
  const bool late = write_back_ == WriteBack::when_full;
  for (Entry* entry : changed_) {
    entry->listed = false;
    if (entry->changed) {
      const bool same = entry->known && entry->stored == entry->value;
      entry->stored = std::move(entry->value);
      entry->value.reset();
      entry->changed = false;
      entry->known = true;
      entry->dirty = entry->dirty || (late && !same);
    }
    cache_.recharge(*entry);
  }
  clear_block();
  if (!late) cache_.trim(cache_bytes_);
}

void WorkingState::discard() {
  cache_.clear();
  ordered_.clear();
  clear_block();
}

}  // namespace tally::ledger
