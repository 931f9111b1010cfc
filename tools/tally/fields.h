// Purpose: option texts as typed values; what is wrong is a usage mistake that names the option.
// Thread rule: pure functions.
#pragma once

#include "common/json.h"
#include "common/time.h"
#include "tally/failure.h"

namespace tally::cli {

template <class Fixed>
Outcome<Fixed> fixed_field(const std::string& name, const std::string& text) {
  const auto parsed = Fixed::from_hex(text);
  if (parsed) return *parsed;
  return usage_failure(name, "is \"" + text + "\"",
                       std::to_string(2 * Fixed::kSize) + " lower-case hexadecimal digits");
}

template <class E>
Outcome<E> enum_field(const std::string& name, const std::string& text) {
  auto parsed = from_json<E>(Json(text));
  if (parsed) return *parsed;
  return Failure(ExitCode::usage, Error(parsed.error()).within(name));
}

// The enumerators' names, for choices.
template <class E>
std::vector<std::string> names_of() {
  std::vector<std::string> out;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
      [&](auto enumerator) { out.emplace_back(enumerator.name); });
  return out;
}

inline Outcome<TimestampMs> time_field(const std::string& name, const std::string& text) {
  auto parsed = parse_time(text);
  if (parsed) return *parsed;
  return Failure(ExitCode::usage, Error(parsed.error()).within(name));
}

inline Outcome<std::uint64_t> number_field(const std::string& name, const std::string& text) {
  auto parsed = json_detail::integer_from_text<std::uint64_t>(text);
  if (parsed) return *parsed;
  return Failure(ExitCode::usage, Error(parsed.error()).within(name));
}

inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const auto at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == text.npos) return out;
    text.remove_prefix(at + 1);
  }
}

}  // namespace tally::cli
