#include "cel/pattern_size.h"

#include <algorithm>
#include <charconv>

namespace tally::cel {

namespace {

constexpr std::size_t kNestingMax = 64;

class Measure {
 public:
  explicit Measure(std::string_view pattern) : rest_(pattern) {}

  // What is wrong with the pattern, if anything.
  std::optional<std::string> run() {
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
        take_open();
        return std::nullopt;
      case ')':
        close();
        rest_.remove_prefix(1);
        return std::nullopt;
      case '{':
        take_repetition();
        return std::nullopt;
      case '*':
      case '+':
      case '?':
        open_.back().sum += 1;
        open_.back().last += 1;
        rest_.remove_prefix(1);
        return std::nullopt;
      default:
        atom(1);
        rest_.remove_prefix(1);
        return std::nullopt;
    }
  }

  // (?i) sets flags and is no atom: what repeats it repeats the atom before it.
  void take_open() {
    const std::size_t end = rest_.starts_with("(?") ? rest_.find_first_not_of("imsU-", 2) : rest_.npos;
    if (end != rest_.npos && rest_[end] == ')') {
      open_.back().sum += 1;
      rest_.remove_prefix(end + 1);
      return;
    }
    open_.emplace_back();
    rest_.remove_prefix(1);
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

}  // namespace

PatternSize measure_pattern(std::string_view pattern) {
  Measure measure(pattern);
  if (auto problem = measure.run()) return {0, *std::move(problem)};
  return {measure.work(), {}};
}

}  // namespace tally::cel
