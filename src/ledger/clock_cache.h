// Purpose: a table of items with a budget in bytes. When over it, the clock algorithm (Corbató, 1968) throws out
// items that were not asked for since its hand last came by. Items never move in memory.
// Thread rule: one thread.
// Invariant: only trim() throws items out, so that pointers hold between two trims.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <vector>

namespace tally::ledger {

struct CacheNode {
  std::size_t ring_index = 0;
  std::size_t charged_bytes = 0;
  bool referenced = false;
};

// Item: derives from CacheNode; has `Key` (cheap to copy, may view into the item), key() and memory_bytes().
template <class Item, class Hash, class Equal>
class ClockCache {
 public:
  using Key = typename Item::Key;

  Item* find(const Key& key) {
    const auto found = table_.find(key);
    if (found == table_.end()) return nullptr;
    found->second->referenced = true;
    return found->second;
  }

  // Required: no item has this key.
  Item& insert(std::unique_ptr<Item> item) {
    Item& inserted = *item;
    inserted.ring_index = ring_.size();
    ring_.push_back(std::move(item));
    table_.emplace(inserted.key(), &inserted);
    recharge(inserted);
    return inserted;
  }

  // After the item's size changed.
  void recharge(Item& item) {
    const std::size_t now = item.memory_bytes();
    bytes_ += now - item.charged_bytes;
    item.charged_bytes = now;
  }

  void erase(Item& item) {
    table_.erase(item.key());
    bytes_ -= item.charged_bytes;
    const std::size_t index = item.ring_index;
    ring_.back()->ring_index = index;
    std::swap(ring_[index], ring_.back());
    ring_.pop_back();
  }

  void trim(std::size_t budget_bytes) {
    while (bytes_ > budget_bytes && !ring_.empty()) {
      if (hand_ >= ring_.size()) hand_ = 0;
      Item& item = *ring_[hand_];
      if (item.referenced) {
        item.referenced = false;
        ++hand_;
      } else {
        erase(item);
      }
    }
  }

  void clear() {
    table_.clear();
    ring_.clear();
    bytes_ = 0;
    hand_ = 0;
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return ring_.size(); }

 private:
  boost::unordered_flat_map<Key, Item*, Hash, Equal> table_;
  std::vector<std::unique_ptr<Item>> ring_;
  std::size_t hand_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tally::ledger
