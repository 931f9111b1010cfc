// Cases of workflows: their names, and what is read of them.
#include "common/limits.h"
#include "rulebook/world.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

// All rows of a paged list.
template <class Row, class Ask>
std::vector<Row> all_rows(const Ask& ask) {
  std::vector<Row> out;
  std::optional<std::string> cursor;
  do {
    auto page = World::must(ask(cursor));
    out.insert(out.end(), page.rows.begin(), page.rows.end());
    cursor = page.next;
  } while (cursor);
  return out;
}

}  // namespace

WorkView World::work_view(const Word& name) const {
  const auto number = case_number(name);
  auto view = queries_.work(reader(), number);
  if (!view && view.error().code == ErrorCode::not_found)
    stop_at(name, "a case of a workflow", "\"" + name.text + "\" is a deduction");
  return must(std::move(view));
}

std::vector<ObligationView> World::obligations(const Word& name) const {
  const auto& handle = subject(name).handle;
  return all_rows<ObligationView>(
      [&](const auto& cursor) { return queries_.obligations(reader(), handle, cursor, limits::kPageRowsMax); });
}

std::vector<NoticeView> World::notices(const Word& name) const {
  const auto& handle = subject(name).handle;
  return all_rows<NoticeView>(
      [&](const auto& cursor) { return queries_.notices(reader(), handle, cursor, limits::kPageRowsMax); });
}

std::vector<std::uint64_t> World::queue(const Word& code, const UnitId& unit) const {
  const auto rows = all_rows<QueueRow>([&](const auto& cursor) {
    auto page = queries_.queue(reader(), rulebook_id_, code.text, unit, now(), cursor, limits::kPageRowsMax);
    if (!page && page.error().code == ErrorCode::not_found)
      stop_at(code, page.error().expected, "there is no queue \"" + code.text + "\"");
    return page;
  });
  std::vector<std::uint64_t> out;
  for (const auto& row : rows) out.push_back(row.case_number);
  return out;
}

std::string World::name_of_case(std::uint64_t number) const {
  for (const auto& [name, item] : made_)
    if (item.case_number == number) return name;
  return "case " + std::to_string(number);
}

void World::name_case(const Word& name, std::uint64_t number) {
  check_free(name);
  made_[name.text] = {std::nullopt, number, std::nullopt};
}

// A deduction that an act proposed has an account; a workflow's case has none.
Made World::made_by_work(const Match& match, const OperationOutput& output) const {
  const Word& name = match["NAME"];
  if (output.work->missing > 0)
    stop_at(name, "a name where the last of them signs",
            std::to_string(output.work->missing) + " more must sign before it happens");
  if (match.has("WORKFLOW")) return {std::nullopt, output.case_number, std::nullopt};
  const auto first = [&](ConsequenceKind kind) {
    const auto& all = output.work->consequences;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Consequence& one) { return one.kind == kind; });
    return found == all.end() ? std::nullopt : std::optional(found->number);
  };
  if (const auto number = first(ConsequenceKind::deduction)) {
    const auto view = must(queries_.case_of(reader(), *number));
    const auto compiled = must(queries_.rulebook_version(reader(), view.record.rulebook, view.record.rulebook_version));
    const Rule* rule = compiled->rule(view.record.rule);
    const auto book = rule == nullptr ? std::string() : rule->book;
    return {must(queries_.account_id(reader(), view.record.rulebook, book, view.record.subject, now())), number,
            std::nullopt};
  }
  if (const auto number = first(ConsequenceKind::case_opened)) return {std::nullopt, number, std::nullopt};
  stop_at(name, "an act that proposes a deduction or opens a case", "it did neither");
}

}  // namespace tally::rulebook
