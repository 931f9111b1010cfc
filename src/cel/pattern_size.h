// Purpose: what a pattern of text.matches() may be and how large it is, worked out from its text alone, so that neither
// depends on RE2's version (docs/decisions/0014-patterns-are-re2.md).
// Thread rule: pure functions. Internal to this folder.
// Invariant: a pattern that is taken here and that RE2 can read is never too large for RE2, whose program has at most
// 14 instructions for one of `work` (a test tries random patterns).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tally::cel {

inline constexpr std::size_t kPatternBytesMax = 1024;
inline constexpr std::uint64_t kPatternWorkMax = 1024;
// For RE2's program and its states. It has room for some 21,000 instructions.
inline constexpr std::int64_t kPatternMemoryBytesMax = 2 * 1024 * 1024;

struct PatternSize {
  std::uint64_t work = 0;  // characters with counted repetitions written out: a{3} counts as aaa
  std::string problem;     // why it is refused; empty: it is not. RE2 may still refuse it
};
PatternSize measure_pattern(std::string_view pattern);

}  // namespace tally::cel
