#include "p2p/half_open.h"

#include <algorithm>

namespace tally::p2p {

HalfOpenTable::Decision HalfOpenTable::admit(std::uint64_t id, const std::string& address, Clock::time_point now) {
  const auto same_address = [&](const Entry& entry) { return entry.address == address; };
  const auto here = static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), same_address));
  Decision out{true, std::nullopt};
  if (here >= per_address_max_ || entries_.size() >= all_max_) {
    const auto oldest =
        here >= per_address_max_ ? std::find_if(entries_.begin(), entries_.end(), same_address) : entries_.begin();
    if (oldest == entries_.end() || now - oldest->since < kGrace) return {};
    out.dropped = oldest->id;
    entries_.erase(oldest);
  }
  entries_.push_back({id, address, now});
  return out;
}

void HalfOpenTable::remove(std::uint64_t id) {
  std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; });
}

}  // namespace tally::p2p
