// What a scenario reads that nodes answer over HTTP, too: with the node's confirmation.
#include "common/limits.h"
#include "common/time.h"
#include "contracts/transaction_json.h"
#include "rulebook/world.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

Query page_query(const UnitId& unit, const std::optional<std::string>& cursor) {
  Query out = {{"unit", unit}, {"limit", std::to_string(limits::kPageRowsMax)}};
  if (cursor) out.emplace_back("cursor", *cursor);
  return out;
}

template <class Row, class RowJson>
Json page_json(const Page<Row>& page, const RowJson& row_json) {
  Json rows = Json::array();
  for (const auto& row : page.rows) rows.push_back(row_json(row));
  return {{"rows", rows}, {"next", page.next ? Json(*page.next) : Json(nullptr)}};
}

}  // namespace

template <class Read, class ToJson>
auto World::asked(const Question& question, const Read& read, const ToJson& json) const -> decltype(read()) {
  auto seen = read();
  // Nodes may have gone on by themselves meanwhile: what counts is what they confirmed.
  const auto confirmed = test_chain_->confirm(question, [&]() -> Result<Json> {
    seen = read();
    if (!seen) return seen.error();
    return Result<Json>(boost::system::in_place_value, json(*seen));
  });
  if (!confirmed) stop(confirmed.error().expected, confirmed.error().field + " " + confirmed.error().problem);
  return seen;
}

AccountView World::account(const Word& name, std::string_view book) const {
  const SubjectHandle& handle = subject(name).handle;
  const Question question{{"accounts", rulebook_id_, handle.hex()}, {{"book", std::string(book)}}};
  auto view = asked(
      question, [&] { return queries_.account(reader(), rulebook_id_, book, handle, now()); },
      [&](const AccountView& seen) {
        Json out = account_json(seen);
        out["as_of"] = {{"height", to_json(chain().head().header.height)}, {"time", format_time(now())}};
        return out;
      });
  if (!view) stop_at(name, "an account of " + name.text + " under " + rulebook_id_, view.error().text());
  return std::move(view).value();
}

AccountView World::account(const Match& match) const {
  return account(match["SUBJECT"], match.text("BOOK"));
}

Entry World::last_entry(const Account& account) const {
  const Question question{{"accounts", account.rulebook, account.subject.hex(), "history"},
                          {{"book", account.book}, {"limit", "1"}}};
  const auto page = must(asked(
      question,
      [&] { return queries_.history(reader(), account.rulebook, account.book, account.subject, std::nullopt, 1); },
      history_json));
  return page.entries.front().entry;
}

CaseView World::case_view(std::uint64_t number) const {
  return must(asked(
      {{"cases", std::to_string(number)}}, [&] { return queries_.case_of(reader(), number); },
      [](const CaseView& seen) { return case_json(seen, std::nullopt); }));
}

std::vector<BoardRow> World::notice_board(const UnitId& unit) const {
  std::vector<BoardRow> out;
  std::optional<std::string> cursor;
  do {
    const auto page = must(asked(
        {{"notice-board", rulebook_id_}, page_query(unit, cursor)},
        [&] { return queries_.notice_board(reader(), rulebook_id_, unit, now(), cursor, limits::kPageRowsMax); },
        [](const Page<BoardRow>& seen) { return page_json(seen, [](const BoardRow& row) { return to_json(row); }); }));
    out.insert(out.end(), page.rows.begin(), page.rows.end());
    cursor = page.next;
  } while (cursor);
  return out;
}

std::vector<UnderGateRow> World::under_gate(const UnitId& unit, const Word& gate) const {
  std::vector<UnderGateRow> out;
  std::optional<std::string> cursor;
  do {
    const auto page = asked(
        {{"gates", rulebook_id_, gate.text}, page_query(unit, cursor)},
        [&] {
          return queries_.under_gate(reader(), rulebook_id_, unit, gate.text, now(), cursor, limits::kPageRowsMax);
        },
        [&](const Page<UnderGateRow>& seen) {
          return page_json(seen, [scale = rulebook()->scale](const UnderGateRow& row) {
            Json json = to_json(row);
            json["score"] = format_amount(row.score, scale);
            return json;
          });
        });
    if (!page) stop_at(gate, "a gate of the rulebook", page.error().text());
    out.insert(out.end(), page->rows.begin(), page->rows.end());
    cursor = page->next;
  } while (cursor);
  return out;
}

std::uint32_t World::version_in_force() const {
  const auto in_force = must(asked(
      {{"rulebooks", rulebook_id_}}, [&] { return queries_.rulebook_at(reader(), rulebook_id_, now()); },
      [&](const RulebookPtr& seen) {
        return must(parse_json(must(queries_.rulebook_text(reader(), rulebook_id_, seen->version))));
      }));
  return in_force->version;
}

}  // namespace tally::rulebook
