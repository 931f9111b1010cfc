// Base64 of RFC 4648: the standard alphabet.
#include <array>

#include "cel/arguments.h"

namespace tally::cel {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 255;

constexpr std::array<std::uint8_t, 256> digits_by_letter() {
  std::array<std::uint8_t, 256> out{};
  out.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    out[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return out;
}
constexpr auto kDigits = digits_by_letter();

Value encode(std::span<const Value> arguments, Evaluation& evaluation) {
  const Bytes& bytes = boxed_argument<BytesBox>(arguments, 0).value;
  if (!charge_bytes(evaluation, bytes.size() + bytes.size() / 3 * 4)) return out_of_budget();
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8U | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) out.push_back(j <= count ? kAlphabet[group >> (18 - 6 * j) & 63U] : '=');
  }
  return Value::text(std::move(out));
}

// With padding or without; a group's unused bits must be zero, so that a value has one spelling of each kind.
std::optional<Bytes> decoded(std::string_view text) {
  const std::size_t padded = text.size();
  while (padded - text.size() < 2 && text.ends_with('=')) text.remove_suffix(1);
  if ((padded != text.size() && padded % 4 != 0) || text.size() % 4 == 1) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char letter : text) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(letter)];
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6U | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<Byte>(bits >> held));
    bits &= (1U << held) - 1;
  }
  if (bits != 0) return std::nullopt;
  return out;
}

Value decode(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  if (!charge_bytes(evaluation, text.size() + text.size() / 4 * 3)) return out_of_budget();
  auto bytes = decoded(text);
  if (!bytes) return bad_argument("base64.decode", shown(text) + " is no base64 text");
  return Value::bytes(std::move(*bytes));
}

}  // namespace

Library encoder_library() {
  return {{"base64.encode", false, {TypeKind::bytes}, TypeKind::text, encode},
          {"base64.decode", false, {TypeKind::text}, TypeKind::bytes, decode}};
}

}  // namespace tally::cel
