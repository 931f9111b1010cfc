// Purpose: integers that cannot be mixed up (a height is not a view is not a time).
// Thread rule: plain values.
// Encoding: a Strong<Tag, Rep> is encoded exactly as its Rep (see codec.h).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace tally {

template <class Tag, class Rep>
struct Strong {
  using rep = Rep;
  Rep value{};

  constexpr auto operator<=>(const Strong&) const = default;

  // The value `count` further on. The caller keeps inside the range of Rep.
  [[nodiscard]] constexpr Strong plus(Rep count) const { return Strong{static_cast<Rep>(value + count)}; }
  [[nodiscard]] constexpr Strong next() const { return plus(1); }
};

using SeqNum = Strong<struct SeqNumTag, std::uint64_t>;
// Height equals consensus sequence number, always: one type under the two words of the glossary.
using BlockHeight = SeqNum;
using View = Strong<struct ViewTag, std::uint64_t>;
using Epoch = Strong<struct EpochTag, std::uint64_t>;
// Index of a replica in its epoch's validator set, 0..n-1.
using ReplicaIndex = Strong<struct ReplicaIndexTag, std::uint32_t>;
// Milliseconds since 1970-01-01T00:00:00Z.
using TimestampMs = Strong<struct TimestampMsTag, std::uint64_t>;

}  // namespace tally

template <class Tag, class Rep>
struct std::hash<tally::Strong<Tag, Rep>> {
  std::size_t operator()(const tally::Strong<Tag, Rep>& strong) const noexcept {
    return std::hash<Rep>{}(strong.value);
  }
};
