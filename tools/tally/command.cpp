#include <charconv>

#include "tally/app.h"

namespace tally::cli {

namespace {

Outcome<bool> read_switch(const std::string& name, const std::string& text) {
  for (const auto* yes : {"true", "1", "yes", "on"}) {
    if (text == yes) return true;
  }
  for (const auto* no : {"false", "0", "no", "off", ""}) {
    if (text == no) return false;
  }
  return usage_failure(name, "is \"" + text + "\"", "true or false");
}

Outcome<std::uint64_t> read_number(const std::string& name, const std::string& text, std::uint64_t low,
                                   std::uint64_t high) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stop != end || number < low || number > high) {
    const bool open = high == UINT64_MAX;
    return usage_failure(name, "is \"" + text + "\"",
                         open ? "a whole number of at least " + std::to_string(low)
                              : "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

std::string duration_text(std::uint64_t ms) {
  struct Unit {
    std::uint64_t ms;
    const char* name;
  };
  for (const Unit& unit : {Unit{86'400'000, "d"}, Unit{3'600'000, "h"}, Unit{60'000, "m"}, Unit{1000, "s"}}) {
    if (ms >= unit.ms && ms % unit.ms == 0) return std::to_string(ms / unit.ms) + unit.name;
  }
  return std::to_string(ms) + "ms";
}

}  // namespace

Result<std::uint64_t> parse_duration(std::string_view text) {
  std::uint64_t count = 0;
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  std::uint64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1000;
  if (unit == "ms") factor = 1;
  if (unit == "m") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  if (unit == "d") factor = 86'400'000;
  if (failed != std::errc{} || factor == 0 || __builtin_mul_overflow(count, factor, &count))
    return make_error(ErrorCode::invalid_field, "", "is \"" + std::string(text) + "\"",
                      "a length of time such as 90s, 15m, 24h or 7d");
  return count;
}

OptionInfo& Command::add(OptionInfo option) {
  return info_->options.emplace_back(std::move(option));
}

Command Command::group(const std::string& name, const std::string& summary) {
  return command(name, summary, {}, {});
}

Command Command::command(const std::string& name, const std::string& summary, std::vector<std::string> examples,
                         Action action) {
  auto child = std::make_unique<CommandInfo>();
  child->name = name;
  child->path = info_->path + " " + name;
  child->summary = summary;
  child->examples = std::move(examples);
  child->action = std::move(action);
  info_->children.push_back(std::move(child));
  return Command(*info_->children.back());
}

Command& Command::text(const std::string& name, const std::string& metavar, std::string& out, const std::string& help,
                       Need need) {
  auto& option = add({OptionInfo::Kind::value, name, metavar, help, need, false, {}, out, {}});
  option.read = [&out](const std::vector<std::string>& given) -> Outcome<void> {
    out = given.front();
    return {};
  };
  return *this;
}

Command& Command::texts(const std::string& name, const std::string& metavar, std::vector<std::string>& out,
                        const std::string& help, Need need) {
  auto& option = add({OptionInfo::Kind::value, name, metavar, help, need, true, {}, {}, {}});
  option.read = [&out](const std::vector<std::string>& given) -> Outcome<void> {
    out = given;
    return {};
  };
  return *this;
}

Command& Command::number(const std::string& name, const std::string& metavar, std::uint64_t& out, std::uint64_t low,
                         std::uint64_t high, const std::string& help, Need need) {
  const bool shown = need == Need::optional && out != 0;
  auto& option =
      add({OptionInfo::Kind::value, name, metavar, help, need, false, {}, shown ? std::to_string(out) : "", {}});
  option.read = [&out, name, low, high](const std::vector<std::string>& given) -> Outcome<void> {
    const auto number = read_number(name, given.front(), low, high);
    if (!number) return number.error();
    out = *number;
    return {};
  };
  return *this;
}

Command& Command::choice(const std::string& name, std::string& out, std::vector<std::string> choices,
                         const std::string& help, Need need) {
  auto& option = add({OptionInfo::Kind::value, name, "CHOICE", help, need, false, choices, out, {}});
  option.read = [&out, name, choices = std::move(choices)](const std::vector<std::string>& given) -> Outcome<void> {
    std::string names;
    for (const auto& choice : choices) {
      names += (names.empty() ? "" : ", ") + choice;
      if (choice == given.front()) {
        out = choice;
        return {};
      }
    }
    return usage_failure(name, "is \"" + given.front() + "\"", "one of " + names);
  };
  return *this;
}

Command& Command::duration(const std::string& name, std::uint64_t& out_ms, std::uint64_t high_ms,
                           const std::string& help) {
  auto& option = add({OptionInfo::Kind::value,
                      name,
                      "TIME",
                      help,
                      Need::optional,
                      false,
                      {},
                      out_ms ? duration_text(out_ms) : "",
                      {}});
  option.read = [&out_ms, name, high_ms](const std::vector<std::string>& given) -> Outcome<void> {
    const auto parsed = parse_duration(given.front());
    if (!parsed) return Failure(ExitCode::usage, Error(parsed.error()).within(name));
    if (*parsed > high_ms) return usage_failure(name, "is " + given.front(), "at most " + duration_text(high_ms));
    out_ms = *parsed;
    return {};
  };
  return *this;
}

Command& Command::flag(const std::string& name, bool& out, const std::string& help) {
  auto& option = add({OptionInfo::Kind::flag, name, "", help, Need::optional, false, {}, {}, {}});
  option.read = [&out, name](const std::vector<std::string>& given) -> Outcome<void> {
    const auto on = read_switch(name, given.front());
    if (!on) return on.error();
    out = *on;
    return {};
  };
  return *this;
}

Command& Command::argument(const std::string& name, std::string& out, const std::string& help, Need need) {
  text(name, name, out, help, need);
  info_->options.back().kind = OptionInfo::Kind::argument;
  return *this;
}

Command& Command::arguments(const std::string& name, std::vector<std::string>& out, const std::string& help,
                            Need need) {
  texts(name, name, out, help, need);
  info_->options.back().kind = OptionInfo::Kind::argument;
  return *this;
}

}  // namespace tally::cli
