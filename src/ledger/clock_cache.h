// Purpose: a table of items with a budget in bytes. When over it, the clock algorithm (Corbató, 1968) throws out
// items that were not asked for since its hand last came by. Items never move in memory.
// Thread rule: one thread.
// Invariant: only trim() throws items out, so that pointers hold between two trims.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
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
    (*found)->referenced = true;
    return *found;
  }

  // Required: no item has this key.
  Item& insert(std::unique_ptr<Item> item) {
    Item& inserted = *item;
    inserted.ring_index = ring_.size();
    ring_.push_back(std::move(item));
    table_.insert(&inserted);
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
    table_.erase(&item);
    bytes_ -= item.charged_bytes;
    const std::size_t index = item.ring_index;
    ring_.back()->ring_index = index;
    std::swap(ring_[index], ring_.back());
    ring_.pop_back();
  }

  void trim(std::size_t budget_bytes) {
    trim(budget_bytes, [](Item&) { return true; });
  }
  // `leave` is told of each item that is about to be thrown out, and may keep it by answering false.
  template <class Leave>
  void trim(std::size_t budget_bytes, const Leave& leave) {
    std::size_t kept = 0;  // since the last that went: after two rounds none may go
    while (bytes_ > budget_bytes && kept <= 2 * ring_.size() && !ring_.empty()) {
      if (hand_ >= ring_.size()) hand_ = 0;
      Item& item = *ring_[hand_];
      if (!item.referenced && leave(item)) {
        erase(item);
        kept = 0;
      } else {
        item.referenced = false;
        ++hand_;
        ++kept;
      }
    }
  }

  template <class Visit>
  void each(const Visit& visit) {
    for (auto& item : ring_) visit(*item);
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
  // The table holds no copies of keys: they are as long as what they stand for.
  struct ByKey {
    using is_transparent = void;
    Hash hash;
    std::size_t operator()(const Key& key) const { return hash(key); }
    std::size_t operator()(const Item* item) const { return hash(item->key()); }
  };
  struct SameKey {
    using is_transparent = void;
    static Key key_of(const Key& key) { return key; }
    static Key key_of(const Item* item) { return item->key(); }
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return Equal{}(key_of(left), key_of(right));
    }
  };

  boost::unordered_flat_set<Item*, ByKey, SameKey> table_;
  std::vector<std::unique_ptr<Item>> ring_;
  std::size_t hand_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tally::ledger
