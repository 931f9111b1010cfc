// Purpose: inside the API: subjects, pages and cursors of a call, and pages as answers.
// Thread rule: pure functions.
#pragma once

#include "contracts/queries.h"
#include "node/api.h"

namespace tally::node {

inline Result<SubjectHandle> subject_from(const std::string& text) {
  const auto subject = SubjectHandle::from_hex(text);
  if (!subject)
    return make_error(ErrorCode::invalid_field, "subject", "is \"" + text.substr(0, 80) + "\"",
                      "32 lower-case hexadecimal digits");
  return *subject;
}

inline std::optional<std::string> cursor_of(const ApiCall& call) {
  const std::string cursor = call.text("cursor");
  return cursor.empty() ? std::nullopt : std::optional(cursor);
}

inline Result<std::size_t> rows_of(const ApiCall& call) {
  constexpr std::size_t kRowsDefault = 100;
  const auto rows = call.number("limit", kRowsDefault, limits::kPageRowsMax);
  if (!rows) return rows.error();
  return static_cast<std::size_t>(std::max<std::uint64_t>(*rows, 1));
}

// An index that entries come before, newest first; nullopt: all.
inline Result<std::optional<std::uint64_t>> before_of(const ApiCall& call) {
  if (!call.request.query.contains("before")) return std::optional<std::uint64_t>{};
  const auto given = call.number("before", 0, ~0ULL);
  if (!given) return given.error();
  return std::optional(*given);
}

// Which proposals are asked for: the open ones, or `all`.
struct ProposalsAsked {
  bool open_only = true;
  std::optional<std::string> cursor;
  std::size_t rows = 0;
};
inline Result<ProposalsAsked> proposals_asked(const ApiCall& call) {
  const auto rows = rows_of(call);
  if (!rows) return rows.error();
  const auto all = call.flag("all");
  if (!all) return all.error();
  return ProposalsAsked{!*all, cursor_of(call), *rows};
}

template <class Row, class ToJson>
Result<HttpResponse> page_response(const Result<contracts::Page<Row>>& page, const ToJson& row_json) {
  if (!page) return page.error();
  Json rows = Json::array();
  for (const auto& row : page->rows) rows.push_back(row_json(row));
  return json_response({{"rows", rows}, {"next", page->next ? Json(*page->next) : Json(nullptr)}});
}

}  // namespace tally::node
