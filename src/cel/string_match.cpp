// text.matches(pattern) by RE2, whose time is linear in the text whatever the pattern is. What a pattern may be and
// what it costs is worked out here from its text alone, so that neither depends on RE2's version
// (docs/decisions/0014-patterns-are-re2.md).
#include <algorithm>
#include <re2/re2.h>

#include "cel/arguments.h"
#include "cel/pattern_size.h"
#include "cel/string_library.h"

namespace tally::cel {

namespace {

constexpr std::size_t kCachedMax = 8;

std::unique_ptr<RE2> compiled(const std::string& pattern) {
  RE2::Options options;
  options.set_max_mem(kPatternMemoryBytesMax);
  options.set_log_errors(false);
  options.set_never_capture(true);
  return std::make_unique<RE2>(pattern, options);
}

// The last few patterns, newest first. It belongs to one thread and changes no result and no cost.
const RE2& cached(const std::string& pattern) {
  thread_local std::vector<std::unique_ptr<RE2>> cache;
  const auto found =
      std::find_if(cache.begin(), cache.end(), [&](const auto& held) { return held->pattern() == pattern; });
  if (found != cache.end()) {
    std::rotate(cache.begin(), found, found + 1);
  } else {
    if (cache.size() == kCachedMax) cache.pop_back();
    cache.insert(cache.begin(), compiled(pattern));
  }
  return *cache.front();
}

Value refused(std::string_view pattern, std::string_view problem) {
  return bad_argument("matches", "the pattern " + shown(pattern) + " " + std::string(problem));
}

}  // namespace

Value match_pattern(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const std::string& pattern = text_argument(arguments, 1);
  if (pattern.size() > kPatternBytesMax)
    return refused(pattern, "has " + std::to_string(pattern.size()) + " bytes; expected at most " +
                                std::to_string(kPatternBytesMax));
  if (!evaluation.charge(pattern.size())) return out_of_budget();
  const PatternSize size = measure_pattern(pattern);
  if (!size.problem.empty()) return refused(pattern, size.problem);
  // Compiling takes time by the work; matching by the text, and by the work too where RE2 runs out of states.
  constexpr std::uint64_t kWorkPerCost = 8;
  if (!evaluation.charge(size.work + (1 + text.size() / kBytesPerCost) * (1 + size.work / kWorkPerCost)))
    return out_of_budget();
  const RE2& matcher = cached(pattern);
  if (!matcher.ok()) return refused(pattern, "is no regular expression of RE2: " + matcher.error());
  return RE2::PartialMatch(text, matcher);
}

}  // namespace tally::cel
