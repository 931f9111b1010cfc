// text.matches(pattern) by RE2, whose time is linear in the text whatever the pattern is. What a pattern may be and
// what it costs is worked out here from its text alone, so that neither depends on RE2's version
// (docs/decisions/0014-patterns-are-re2.md).
#include <algorithm>
#include <charconv>
#include <re2/re2.h>

#include "cel/arguments.h"
#include "cel/string_library.h"

namespace tally::cel {

namespace {

constexpr std::size_t kPatternBytesMax = 1024;
constexpr std::uint64_t kPatternWorkMax = 1024;
constexpr std::size_t kNestingMax = 64;
// RE2's programs of kPatternWorkMax stay well below it; beyond it RE2 refuses a pattern.
constexpr std::int64_t kMemoryMaxBytes = 2 * 1024 * 1024;
constexpr std::size_t kCachedMax = 8;

// How large the pattern is with its counted repetitions written out: a{3} counts as aaa.
class PatternSize {
 public:
  explicit PatternSize(std::string_view pattern) : rest_(pattern) {}

  // The work; or what is wrong with the pattern.
  std::optional<std::string> measure() {
    while (!rest_.empty()) {
      if (auto problem = take()) return problem;
      if (open_.back().sum > kPatternWorkMax || open_.size() > kNestingMax)
        return "is too large with its repetitions written out";
    }
    return std::nullopt;
  }
  [[nodiscard]] std::uint64_t work() const { return open_.back().sum; }

 private:
  struct Group {
    std::uint64_t sum = 0;   // of all that stands in the group so far
    std::uint64_t last = 0;  // of the last atom, which a repetition repeats
  };

  void atom(std::uint64_t size) {
    open_.back().sum += size;
    open_.back().last = size;
  }

  std::optional<std::string> take() {
    switch (rest_.front()) {
      case '\\':
        return take_escape();
      case '[':
        return take_class();
      case '(':
        open_.emplace_back();
        rest_.remove_prefix(1);
        return std::nullopt;
      case ')':
        close();
        rest_.remove_prefix(1);
        return std::nullopt;
      case '{':
        take_repetition();
        return std::nullopt;
      default:
        atom(1);
        rest_.remove_prefix(1);
        return std::nullopt;
    }
  }

  void close() {
    if (open_.size() < 2) return;  // RE2 says what is wrong
    const std::uint64_t size = open_.back().sum + 1;
    open_.pop_back();
    atom(size);
  }

  std::optional<std::string> take_escape() {
    const char escaped = rest_.size() > 1 ? rest_[1] : '\0';
    if (escaped == 'p' || escaped == 'P')
      return "uses a Unicode class, whose members change with Unicode's versions; expected a range such as "
             "[\\x{4E00}-\\x{9FFF}]";
    if (escaped == 'Q') return "uses \\Q, which patterns here do not have";
    if (escaped == 'C') return "uses \\C, which may match a part of a character";
    std::size_t size = 2;
    if (rest_.starts_with("\\x{")) size = std::min(rest_.find('}'), rest_.size() - 1) + 1;
    atom(2);
    rest_.remove_prefix(std::min(size, rest_.size()));
    return std::nullopt;
  }

  // To the bracket that closes it; one that stands first is a member.
  std::optional<std::string> take_class() {
    const std::size_t whole = rest_.size();
    rest_.remove_prefix(1);
    if (rest_.starts_with('^')) rest_.remove_prefix(1);
    bool first = true;
    while (!rest_.empty() && (first || rest_.front() != ']')) {
      first = false;
      if (rest_.front() == '\\') {
        if (auto problem = take_escape()) return problem;
      } else if (rest_.starts_with("[:")) {
        rest_.remove_prefix(std::min(rest_.find(":]"), rest_.size() - 2) + 2);
      } else {
        rest_.remove_prefix(1);
      }
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
    atom(whole - rest_.size());
    return std::nullopt;
  }

  // {3}, {3,} or {3,5}; otherwise the brace stands for itself.
  void take_repetition() {
    std::uint64_t least = 0;
    const char* end = rest_.data() + rest_.size();
    auto read = std::from_chars(rest_.data() + 1, end, least);
    std::uint64_t most = least;
    if (read.ec == std::errc{} && read.ptr < end && *read.ptr == ',') {
      ++read.ptr;
      most = least + 1;
      if (read.ptr < end && *read.ptr != '}') read = std::from_chars(read.ptr, end, most);
    }
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != '}') {
      atom(1);
      rest_.remove_prefix(1);
      return;
    }
    Group& group = open_.back();
    const std::uint64_t times = std::min(std::max<std::uint64_t>({least, most, 1}), kPatternWorkMax + 1);
    group.sum += group.last * (times - 1);
    group.last *= times;
    rest_.remove_prefix(static_cast<std::size_t>(read.ptr + 1 - rest_.data()));
  }

  std::string_view rest_;
  std::vector<Group> open_ = {Group{}};
};

std::unique_ptr<RE2> compiled(const std::string& pattern) {
  RE2::Options options;
  options.set_max_mem(kMemoryMaxBytes);
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
  PatternSize size(pattern);
  if (const auto problem = size.measure()) return refused(pattern, *problem);
  // Compiling takes time by the work; matching by the text, and by the work too where RE2 runs out of states.
  constexpr std::uint64_t kWorkPerCost = 8;
  const std::uint64_t work = size.work();
  if (!evaluation.charge(work + (1 + text.size() / kBytesPerCost) * (1 + work / kWorkPerCost))) return out_of_budget();
  const RE2& matcher = cached(pattern);
  if (!matcher.ok()) return refused(pattern, "is no regular expression of RE2: " + matcher.error());
  return RE2::PartialMatch(text, matcher);
}

}  // namespace tally::cel
