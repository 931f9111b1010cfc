// Functions of texts, as the strings extension of CEL has them. Positions count code points from 0.
#include "cel/string_library.h"

#include <algorithm>
#include <array>
#include <limits>

#include "cel/arguments.h"
#include "cel/text_search.h"

namespace tally::cel {

namespace {

constexpr std::size_t kNotFound = std::string_view::npos;

Value out_of_range(std::string_view function, std::int64_t position) {
  return bad_argument(function, "index out of range: " + std::to_string(position));
}

Value char_at(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const auto position = argument<std::int64_t>(arguments, 1);
  if (!charge_bytes(evaluation, text.size())) return out_of_budget();
  const auto offset = offset_of_point(text, position);
  if (!offset) return out_of_range("charAt", position);
  return Value::text(*offset == text.size() ? "" : text.substr(*offset, point_size(text, *offset)));
}

// Searching walks the text, and what is wanted twice over.
bool charge_search(Evaluation& evaluation, std::string_view text, std::string_view wanted) {
  return charge_bytes(evaluation, text.size() + 2 * wanted.size());
}

Value position_of(std::string_view text, std::size_t offset) {
  if (offset == kNotFound) return std::int64_t{-1};
  return static_cast<std::int64_t>(count_points(text.substr(0, offset)));
}

Value index_from(std::string_view text, std::string_view wanted, std::size_t from) {
  if (wanted.empty()) return position_of(text, from);
  return position_of(text, TextSearch(wanted).find(text, from));
}

Value index_of(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const std::string& wanted = text_argument(arguments, 1);
  if (!charge_search(evaluation, text, wanted)) return out_of_budget();
  if (arguments.size() == 2) return index_from(text, wanted, 0);
  const auto position = argument<std::int64_t>(arguments, 2);
  const auto from = offset_of_point(text, position);
  if (!from || (*from == text.size() && !wanted.empty())) return out_of_range("indexOf", position);
  return index_from(text, wanted, *from);
}

// Of matches that begin at `begin_max` at the latest.
Value last_index_before(std::string_view text, std::string_view wanted, std::size_t begin_max) {
  if (wanted.empty()) return position_of(text, begin_max);
  // The last match is the first one from behind.
  const std::size_t end = std::min(text.size(), begin_max + wanted.size());
  const std::string backwards(std::make_reverse_iterator(text.begin() + static_cast<std::ptrdiff_t>(end)), text.rend());
  const std::string wanted_backwards(wanted.rbegin(), wanted.rend());
  const std::size_t found = TextSearch(wanted_backwards).find(backwards);
  return position_of(text, found == kNotFound ? kNotFound : end - found - wanted.size());
}

Value last_index_of(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const std::string& wanted = text_argument(arguments, 1);
  if (!charge_search(evaluation, text, wanted) || !charge_search(evaluation, text, wanted)) return out_of_budget();
  if (arguments.size() == 2) return last_index_before(text, wanted, text.size());
  const auto position = argument<std::int64_t>(arguments, 2);
  const auto begin_max = offset_of_point(text, position);
  if (!begin_max || (*begin_max == text.size() && !wanted.empty())) return out_of_range("lastIndexOf", position);
  return last_index_before(text, wanted, *begin_max);
}

Value lower_ascii(std::span<const Value> arguments, Evaluation& evaluation) {
  if (!charge_bytes(evaluation, text_argument(arguments, 0).size())) return out_of_budget();
  std::string text = text_argument(arguments, 0);
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return Value::text(std::move(text));
}

Value upper_ascii(std::span<const Value> arguments, Evaluation& evaluation) {
  if (!charge_bytes(evaluation, text_argument(arguments, 0).size())) return out_of_budget();
  std::string text = text_argument(arguments, 0);
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return Value::text(std::move(text));
}

// Negative: all.
std::uint64_t limit_argument(std::span<const Value> arguments, std::size_t position) {
  if (position >= arguments.size()) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(argument<std::int64_t>(arguments, position));
}

// Offsets of at most `limit` matches that do not overlap. An empty text is found before each code point and at the end.
// Charges for what it returns; nullopt: out of budget.
std::optional<std::vector<std::size_t>> matches_of(std::string_view text, std::string_view wanted, std::uint64_t limit,
                                                   Evaluation& evaluation) {
  std::vector<std::size_t> out;
  const std::optional<TextSearch> search = wanted.empty() ? std::nullopt : std::optional<TextSearch>(wanted);
  for (std::size_t from = 0; out.size() < limit && from <= text.size();) {
    const std::size_t found = search ? search->find(text, from) : from;
    if (found == kNotFound) break;
    if (!evaluation.charge(1)) return std::nullopt;
    out.push_back(found);
    from = search ? found + wanted.size() : found + (found < text.size() ? point_size(text, found) : 1);
  }
  return out;
}

Value replace(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const std::string& old = text_argument(arguments, 1);
  const std::string& fresh = text_argument(arguments, 2);
  if (!charge_search(evaluation, text, old)) return out_of_budget();
  const auto found = matches_of(text, old, limit_argument(arguments, 3), evaluation);
  if (!found) return out_of_budget();
  // No overflow: one match cost 1, so both factors are small against 2^64.
  const std::uint64_t size = text.size() - found->size() * old.size() + found->size() * fresh.size();
  if (!charge_bytes(evaluation, size)) return out_of_budget();
  std::string out;
  out.reserve(size);
  std::size_t from = 0;
  for (const std::size_t offset : *found) {
    out.append(text, from, offset - from).append(fresh);
    from = offset + old.size();
  }
  out.append(text, from);
  return Value::text(std::move(out));
}

Value split(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const std::string& separator = text_argument(arguments, 1);
  const std::uint64_t limit = limit_argument(arguments, 2);
  if (limit == 0) return Value::list({});
  if (!charge_search(evaluation, text, separator) || !charge_bytes(evaluation, text.size())) return out_of_budget();
  auto found = matches_of(text, separator, limit, evaluation);
  if (!found) return out_of_budget();
  if (separator.empty()) {
    // Between code points only, and no piece is empty.
    found->erase(found->begin());
    if (!found->empty() && found->back() == text.size()) found->pop_back();
    if (text.empty()) return Value::list({});
  }
  if (found->size() >= limit) found->resize(limit - 1);
  std::vector<Value> pieces;
  pieces.reserve(found->size() + 1);
  std::size_t from = 0;
  for (const std::size_t offset : *found) {
    pieces.push_back(Value::text(text.substr(from, offset - from)));
    from = offset + separator.size();
  }
  pieces.push_back(Value::text(text.substr(from)));
  return Value::list(std::move(pieces));
}

Value join(std::span<const Value> arguments, Evaluation& evaluation) {
  const auto& elements = boxed_argument<ListBox>(arguments, 0).elements;
  const std::string_view separator = arguments.size() > 1 ? std::string_view(text_argument(arguments, 1)) : "";
  if (!evaluation.charge(elements.size())) return out_of_budget();
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < elements.size(); ++i) size += text_argument(elements, i).size() + separator.size();
  if (!charge_bytes(evaluation, size)) return out_of_budget();
  std::string out;
  out.reserve(size);
  for (std::size_t i = 0; i < elements.size(); ++i)
    out.append(i == 0 ? "" : separator).append(text_argument(elements, i));
  return Value::text(std::move(out));
}

Value substring(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const auto begin = argument<std::int64_t>(arguments, 1);
  if (!charge_bytes(evaluation, 2 * text.size())) return out_of_budget();
  const auto from = offset_of_point(text, begin);
  if (!from) return out_of_range("substring", begin);
  if (arguments.size() == 2) return Value::text(text.substr(*from));
  const auto end = argument<std::int64_t>(arguments, 2);
  const auto to = offset_of_point(text, end);
  if (!to) return out_of_range("substring", end);
  if (end < begin)
    return bad_argument("substring",
                        "the end " + std::to_string(end) + " lies before the start " + std::to_string(begin));
  return Value::text(text.substr(*from, *to - *from));
}

// Unicode's White_Space property, in UTF-8.
constexpr std::array<std::string_view, 25> kSpaces = {" ",
                                                      "\t",
                                                      "\n",
                                                      "\v",
                                                      "\f",
                                                      "\r",
                                                      "\xC2\x85",
                                                      "\xC2\xA0",
                                                      "\xE1\x9A\x80",
                                                      "\xE2\x80\x80",
                                                      "\xE2\x80\x81",
                                                      "\xE2\x80\x82",
                                                      "\xE2\x80\x83",
                                                      "\xE2\x80\x84",
                                                      "\xE2\x80\x85",
                                                      "\xE2\x80\x86",
                                                      "\xE2\x80\x87",
                                                      "\xE2\x80\x88",
                                                      "\xE2\x80\x89",
                                                      "\xE2\x80\x8A",
                                                      "\xE2\x80\xA8",
                                                      "\xE2\x80\xA9",
                                                      "\xE2\x80\xAF",
                                                      "\xE2\x81\x9F",
                                                      "\xE3\x80\x80"};

// Of the space for which `is_at` holds; 0: of none.
template <class IsAt>
std::size_t space_size(IsAt is_at) {
  const auto* at = std::find_if(kSpaces.begin(), kSpaces.end(), is_at);
  return at == kSpaces.end() ? 0 : at->size();
}

Value trim(std::span<const Value> arguments, Evaluation& evaluation) {
  std::string_view text = text_argument(arguments, 0);
  if (!charge_bytes(evaluation, 2 * text.size())) return out_of_budget();
  while (const std::size_t size = space_size([&](std::string_view space) { return text.starts_with(space); }))
    text.remove_prefix(size);
  while (const std::size_t size = space_size([&](std::string_view space) { return text.ends_with(space); }))
    text.remove_suffix(size);
  return Value::text(std::string(text));
}

Value reverse(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  if (!charge_bytes(evaluation, text.size())) return out_of_budget();
  std::string out(text.size(), '\0');
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t size = point_size(text, from);
    text.copy(out.data() + text.size() - from - size, size, from);
    from += size;
  }
  return Value::text(std::move(out));
}

// A letter's escape, or nothing.
char escape_of(char letter) {
  constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view kEscapes = "abfnrtv\\\"";
  const std::size_t at = kEscaped.find(letter);
  return at == kNotFound ? '\0' : kEscapes[at];
}

Value quote(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  if (!charge_bytes(evaluation, 3 * text.size())) return out_of_budget();
  std::string out = "\"";
  for (const char letter : text) {
    const char escape = escape_of(letter);
    if (escape == '\0')
      out.push_back(letter);
    else
      out.append({'\\', escape});
  }
  out.push_back('"');
  return Value::text(std::move(out));
}

}  // namespace

Library string_library() {
  const Type text = TypeKind::text;
  const Type integer = TypeKind::integer;
  const Type texts = Type::list_of(text);
  return {
      {"charAt", true, {text, integer}, text, char_at},
      {"indexOf", true, {text, text}, integer, index_of},
      {"indexOf", true, {text, text, integer}, integer, index_of},
      {"lastIndexOf", true, {text, text}, integer, last_index_of},
      {"lastIndexOf", true, {text, text, integer}, integer, last_index_of},
      {"lowerAscii", true, {text}, text, lower_ascii},
      {"upperAscii", true, {text}, text, upper_ascii},
      {"replace", true, {text, text, text}, text, replace},
      {"replace", true, {text, text, text, integer}, text, replace},
      {"split", true, {text, text}, texts, split},
      {"split", true, {text, text, integer}, texts, split},
      {"join", true, {texts}, text, join},
      {"join", true, {texts, text}, text, join},
      {"substring", true, {text, integer}, text, substring},
      {"substring", true, {text, integer, integer}, text, substring},
      {"trim", true, {text}, text, trim},
      {"reverse", true, {text}, text, reverse},
      {"strings.quote", false, {text}, text, quote},
      {"format", true, {text, Type::list_of(TypeKind::dyn)}, text, format_text},
      {"matches", true, {text, text}, TypeKind::boolean, match_pattern},
      {"matches", false, {text, text}, TypeKind::boolean, match_pattern},
  };
}

}  // namespace tally::cel
