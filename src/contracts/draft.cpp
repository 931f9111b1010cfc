#include "contracts/draft.h"

#include <algorithm>

namespace tally::contracts {

namespace {

Bytes copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

bool starts_with(const Bytes& key, ByteView prefix) {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

}  // namespace

std::optional<Bytes> Draft::get(ByteView key) const {
  const auto found = changes_.find(copy(key));
  return found == changes_.end() ? below_.get(key) : found->second;
}

void Draft::put(ByteView key, Bytes value) {
  changes_[copy(key)] = std::move(value);
}

void Draft::erase(ByteView key) {
  changes_[copy(key)] = std::nullopt;
}

// Both sides are in order of keys; where both have one, this side's counts.
void Draft::scan(ByteView prefix, const std::function<bool(ByteView key, ByteView value)>& visit) const {
  auto own = changes_.lower_bound(copy(prefix));
  const auto own_here = [&] { return own != changes_.end() && starts_with(own->first, prefix); };
  bool go_on = true;
  const auto visit_own_before = [&](const Bytes* key) {
    for (; go_on && own_here() && (key == nullptr || own->first < *key); ++own)
      if (own->second) go_on = visit(own->first, *own->second);
  };
  below_.scan(prefix, [&](ByteView key, ByteView value) {
    const Bytes name = copy(key);
    visit_own_before(&name);
    if (!go_on) return false;
    if (own_here() && own->first == name) return true;  // comes with the next of this side
    return go_on = visit(key, value);
  });
  visit_own_before(nullptr);
}

void Draft::append_history(ByteView list, std::uint64_t index, Bytes record) {
  records_[{copy(list), index}] = std::move(record);
}

std::optional<Bytes> Draft::history(ByteView list, std::uint64_t index) const {
  const auto found = records_.find({copy(list), index});
  return found == records_.end() ? below_.history(list, index) : std::optional<Bytes>(found->second);
}

void Draft::commit() {
  for (auto& [key, value] : changes_) {
    if (value)
      below_.put(key, *std::move(value));
    else
      below_.erase(key);
  }
  for (auto& [place, record] : records_) below_.append_history(place.first, place.second, std::move(record));
  changes_.clear();
  records_.clear();
}

}  // namespace tally::contracts
