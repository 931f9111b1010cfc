#include "contracts/rulebook_check.h"

#include <charconv>

#include "common/limits.h"

namespace tally::contracts {

namespace {

// Takes "(2:7)" off the end of a path: a place inside the string's own text.
std::optional<TextPlace> take_inner_place(std::string& path) {
  const auto open = path.rfind('(');
  if (open == std::string::npos || !path.ends_with(')')) return std::nullopt;
  TextPlace place;
  const char* end = path.data() + path.size() - 1;
  const auto line = std::from_chars(path.data() + open + 1, end, place.line);
  if (line.ec != std::errc{} || line.ptr == end || *line.ptr != ':') return std::nullopt;
  const auto column = std::from_chars(line.ptr + 1, end, place.column);
  if (column.ec != std::errc{} || column.ptr != end) return std::nullopt;
  path.resize(open);
  return place;
}

RulebookMistake of_form(const JsonMistake& mistake, ErrorCode code) {
  return {mistake.at.line, mistake.at.column, mistake.path, mistake.problem, mistake.expected, code};
}

}  // namespace

std::string RulebookMistake::text(std::string_view file) const {
  return std::string(file) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " +
         make_error(code, path, problem, expected).text();
}

RulebookMistake place_mistake(const Error& problem, const JsonPlaces& places) {
  std::string path = problem.field;
  const auto inner = take_inner_place(path);
  const TextPlace place = inner                                      ? places.within(path, inner->line, inner->column)
                          : problem.code == ErrorCode::unknown_field ? places.key(path)
                                                                     : places.value(path);
  return {place.line, place.column, std::move(path), problem.problem, problem.expected, problem.code};
}

CheckedRulebook check_rulebook(std::string_view document) {
  CheckedRulebook out;
  auto compiled = compile_rulebook(document);
  if (compiled.rulebook != nullptr) {
    out.rulebook = std::move(compiled.rulebook);
    return out;
  }
  if (document.size() > limits::kRulebookBytesMax) {
    const auto& problem = compiled.problems.front();
    out.mistakes.push_back({1, 1, "", problem.problem, problem.expected, problem.code});
    return out;
  }
  const JsonPlaces places(document);
  if (places.broken()) {
    for (const auto& repeated : places.repeated()) out.mistakes.push_back(of_form(repeated, ErrorCode::invalid_field));
    out.mistakes.push_back(of_form(*places.broken(), ErrorCode::invalid_encoding));
    return out;
  }
  if (!places.repeated().empty()) {
    // What else is wrong shows once each field stands once.
    compiled = compile_rulebook(places.without_repeated());
    for (const auto& repeated : places.repeated()) out.mistakes.push_back(of_form(repeated, ErrorCode::invalid_field));
  }
  for (const auto& problem : compiled.problems) out.mistakes.push_back(place_mistake(problem, places));
  std::stable_sort(out.mistakes.begin(), out.mistakes.end(), [](const auto& left, const auto& right) {
    return std::pair(left.line, left.column) < std::pair(right.line, right.column);
  });
  return out;
}

}  // namespace tally::contracts
