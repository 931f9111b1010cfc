// Purpose: what libraries of functions share: reading arguments whose kinds the signature fixed, what it costs to walk
// or build texts and bytes, and the wording of common errors.
// Thread rule: pure functions. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

#include "cel/function.h"
#include "common/invariant.h"

namespace tally::cel {

// Signatures are held before a function runs, so anything else is a mistake of ours.
template <class T>
const T& argument(std::span<const Value> arguments, std::size_t position) {
  const T* held = position < arguments.size() ? arguments[position].as<T>() : nullptr;
  invariant(held != nullptr, "a function gets what its signature says");
  return *held;
}
template <class Box>
const Box& boxed_argument(std::span<const Value> arguments, std::size_t position) {
  const Box* held = position < arguments.size() ? arguments[position].box<Box>() : nullptr;
  invariant(held != nullptr, "a function gets what its signature says");
  return *held;
}
inline const std::string& text_argument(std::span<const Value> arguments, std::size_t position) {
  return boxed_argument<TextBox>(arguments, position).value;
}

// As weight() has it; the call itself is paid for by its node.
inline constexpr std::uint64_t kBytesPerCost = 16;
[[nodiscard]] inline bool charge_bytes(Evaluation& evaluation, std::uint64_t bytes) {
  return evaluation.charge(bytes / kBytesPerCost);
}

// The front of a text that an error shows; whole code points.
inline std::string shown(std::string_view text) {
  constexpr std::size_t kShownMax = 60;
  if (text.size() <= kShownMax) return "\"" + std::string(text) + "\"";
  std::size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "\"" + std::string(text.substr(0, end)) + "...\"";
}

// "math.abs: 3 has no positive int"
inline Value failed(Failure failure, std::string_view function, std::string_view problem) {
  std::string text(function);
  text.append(": ").append(problem);
  return Value::error(failure, std::move(text));
}
inline Value bad_argument(std::string_view function, std::string_view problem) {
  return failed(Failure::bad_argument, function, problem);
}
// "no such overload: math.floor(bool)"
inline Value no_overload(std::string_view function, const Value& given) {
  return Value::error(Failure::no_such_overload,
                      "no such overload: " + std::string(function) + "(" + given.runtime_type().text() + ")");
}

}  // namespace tally::cel
