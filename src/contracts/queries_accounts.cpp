#include "common/time.h"
#include "contracts/consents.h"
#include "contracts/gates.h"
#include "contracts/queries.h"
#include "contracts/query_reading.h"
#include "contracts/unit.h"

namespace tally::contracts {

namespace {

bool is_open(CaseState state) {
  return state == CaseState::proposed || state == CaseState::endorsed || state == CaseState::disputed;
}

// What would bring an account from below a gate to it: points, the rules that give them, terms that end.
std::vector<Title> ways_up(const Rulebook& rulebook, Amount missing, const std::vector<CaseView>& cases) {
  std::vector<Title> out;
  const std::string points = rulebook.points(missing);
  out.push_back({"还差 " + points + " 分", points + " more points"});
  for (const auto& rule : rulebook.rules) {
    if (rule.adverse() || !rule.on) continue;
    const Amount each = rule.amount.kind == AmountKind::range ? rule.amount.to : rule.amount.points;
    std::string per;
    std::string per_zh;
    if (rule.amount.kind == AmountKind::per_unit) {
      per = " per " + std::to_string(rule.amount.units) + " " + rule.amount.unit.en;
      per_zh = "／" + std::to_string(rule.amount.units) + rule.amount.unit.zh;
    }
    out.push_back({rule.code + " " + rule.title.zh + "：+" + rulebook.points(each) + per_zh,
                   rule.code + " " + rule.title.en + ": +" + rulebook.points(each) + per});
  }
  for (const auto& item : cases) {
    if (item.record.state != CaseState::effective || item.record.rulebook != rulebook.id) continue;
    const std::string day = format_day(item.record.deadline);
    out.push_back(
        {item.record.rule + " 扣分记录于 " + day + " 到期", item.record.rule + " deduction expires on " + day});
  }
  return out;
}

// What the judgement of an account's gates rests on.
struct Judged {
  const ReaderState& state;
  const Rulebook& rulebook;
  const IndexedAccount& account;
  TimestampMs now;

  [[nodiscard]] SituationOf situation(Amount pending) const {
    return {state, rulebook, account.subject, account.record_of_subject, now, pending};
  }
  [[nodiscard]] Result<GateDecision> decide(const Gate& gate, Amount pending) const {
    cel::Evaluation budget(limits::kExpressionCostPerQuery);
    const Amount score = checked_add(account.record.score, pending).value_or(account.record.score);
    return contracts::decide(gate, situation(pending), score, budget);
  }
};

Result<GateView> judge(const Judged& of, const Gate& gate, const std::vector<CaseView>& cases) {
  const Amount pending = of.account.record.pending;
  auto decision = of.decide(gate, Amount{0});
  if (!decision) return decision.error();
  const auto after = pending.value == 0 ? decision : of.decide(gate, pending);
  if (!after) return after.error();
  GateView out;
  out.code = gate.code;
  out.title = gate.title;
  out.effect = gate.effect;
  out.at_least = gate.at_least;
  out.passes = decision->passes;
  out.passes_after_pending = after->passes;
  out.reason = decision->reasons.front();
  out.value_unit = gate.grants_unit;
  if (out.passes && gate.grants) {
    cel::Evaluation budget(limits::kExpressionCostPerQuery);
    const auto value = Situation(of.situation(Amount{0}), budget).points(gate.grants, gate.code);
    if (!value) return value.error();
    out.value = *value;
  }
  if (out.passes && !out.passes_after_pending)
    out.would_change.push_back({"未结案件可能扣 " + of.rulebook.points(Amount{-pending.value}) + " 分",
                                "open cases may take " + of.rulebook.points(Amount{-pending.value}) + " points"});
  const bool too_low = gate.at_least && of.account.record.score < *gate.at_least;
  if (too_low)
    out.would_change =
        ways_up(of.rulebook, checked_subtract(*gate.at_least, of.account.record.score).value_or(Amount{0}), cases);
  for (std::size_t i = 1; !out.passes && i < decision->reasons.size(); ++i)
    out.would_change.push_back(decision->reasons[i]);
  return out;
}

}  // namespace

Result<AccountId> Queries::account_id(const Reader& reader, const RulebookId& rulebook, std::string_view book,
                                      const SubjectHandle& subject, TimestampMs now) const {
  auto compiled = rulebook_at(reader, rulebook, now);
  if (!compiled) return compiled.error();
  auto account = read_indexed(reader, **compiled, subject, book);
  if (!account) return account.error();
  return AccountId{rulebook, account->book->code, subject};
}

Result<AccountView> Queries::account(const Reader& reader, const RulebookId& rulebook, std::string_view book_code,
                                     const SubjectHandle& subject, TimestampMs now) const {
  auto compiled = rulebook_at(reader, rulebook, now);
  if (!compiled) return compiled.error();
  auto account = read_indexed(reader, **compiled, subject, book_code);
  if (!account) return account.error();
  const Book& book = *account->book;
  auto cases = cases_of_subject(reader, subject);
  if (!cases) return cases.error();
  AccountView out;
  out.rulebook = rulebook;
  out.version = (*compiled)->version;
  out.scale = (*compiled)->scale;
  out.subject = subject;
  out.kind = account->kind;
  out.unit = account->unit;
  out.book = book.code;
  out.score = account->record.score;
  out.entries = account->record.entries;
  out.history = account->record.history;
  const Band& band = book.band_of(out.score);
  out.stars = band.stars;
  auto rating = read_record<RatingRecord>(reader, rating_key({rulebook, book.code, subject}));
  if (!rating) return rating.error();
  out.rating = *std::move(rating);
  out.band = band.title;
  out.benefits = band.benefits;
  out.pending = account->record.pending;
  for (const auto& item : *cases) {
    if (item.record.rulebook != rulebook || !is_open(item.record.state)) continue;
    const Rule* rule = (*compiled)->rule(item.record.rule);
    if (rule != nullptr && (*compiled)->book_for(*rule, account->kind) != &book) continue;
    out.open_cases.push_back(item);
  }
  const ReaderState state(reader);
  for (const auto& gate : book.gates) {
    auto view = judge({state, **compiled, *account, now}, gate, *cases);
    if (!view) return view.error();
    out.gates.push_back(*std::move(view));
  }
  for (const auto& other : (*compiled)->books) {
    if (other.subject != account->kind || &other == &book) continue;
    const auto record = read_record<AccountRecord>(reader, account_key({rulebook, other.code, subject}));
    if (!record) return record.error();
    if (*record) out.other_books.push_back({other.code, (*record)->score});
  }
  return out;
}

namespace {

// Visits one page of the accounts of a unit and below. Who took a consent to be scored back is not shown any more.
template <class Visit>
Result<std::optional<std::string>> each_account(const storage::Reader& reader, const Rulebook& rulebook,
                                                const UnitId& unit, TimestampMs now,
                                                const std::optional<std::string>& cursor, std::size_t rows,
                                                Visit&& visit) {
  auto found = walk(reader, {account_index_prefix(rulebook.id, unit), account_index_below(rulebook.id, unit)}, cursor,
                    bounded(rows));
  if (!found) return found.error();
  for (const auto& key : found->keys) {
    auto account = read_indexed(reader, rulebook, last_part<SubjectHandle>(key));
    if (!account) return account.error();
    if (rulebook.needs_consent && !has_consent(ReaderState(reader), rulebook.id, account->subject, {}, now)) continue;
    if (Status visited = visit(*account, *account->book); !visited) return visited.error();
  }
  return std::move(found->next);
}

}  // namespace

Result<Page<BoardRow>> Queries::notice_board(const Reader& reader, const RulebookId& rulebook, const UnitId& unit,
                                             TimestampMs now, std::optional<std::string> cursor,
                                             std::size_t rows) const {
  auto compiled = rulebook_at(reader, rulebook, now);
  if (!compiled) return compiled.error();
  Page<BoardRow> page;
  if (!(*compiled)->notice_board) return page;
  const auto stars_at_least = (*compiled)->notice_board->stars_at_least;
  const ReaderState state(reader);
  auto next = each_account(reader, **compiled, unit, now, cursor, rows,
                           [&](const IndexedAccount& account, const Book& book) -> Status {
                             const auto stars = book.band_of(account.record.score).stars;
                             if (stars < stars_at_least) return {};
                             // Boards that others can see show positives only: whom a gate restricts never stands
                             // there.
                             for (const auto& gate : book.gates) {
                               if (gate.effect != GateEffect::restricts) continue;
                               const auto decision = Judged{state, **compiled, account, now}.decide(gate, Amount{0});
                               if (!decision) return decision.error();
                               if (!decision->passes) return {};
                             }
                             page.rows.push_back({account.subject, account.unit, stars});
                             return {};
                           });
  if (!next) return next.error();
  page.next = *std::move(next);
  return page;
}

Result<Page<UnderGateRow>> Queries::under_gate(const Reader& reader, const RulebookId& rulebook, const UnitId& unit,
                                               std::string_view gate, TimestampMs now,
                                               std::optional<std::string> cursor, std::size_t rows) const {
  auto compiled = rulebook_at(reader, rulebook, now);
  if (!compiled) return compiled.error();
  bool known = false;
  std::string names;
  for (const auto& book : (*compiled)->books)
    for (const auto& one : book.gates) {
      known = known || one.code == gate;
      names += (names.empty() ? "" : ", ") + one.code;
    }
  if (!known) return make_error(ErrorCode::rule_unknown, "gate", "is \"" + excerpt(gate, 80) + "\"", "one of " + names);
  Page<UnderGateRow> page;
  const ReaderState state(reader);
  auto next = each_account(
      reader, **compiled, unit, now, cursor, rows, [&](const IndexedAccount& account, const Book& book) -> Status {
        for (const auto& one : book.gates) {
          if (one.code != gate) continue;
          const auto decision = Judged{state, **compiled, account, now}.decide(one, Amount{0});
          if (!decision) return decision.error();
          if (!decision->passes)
            page.rows.push_back(
                {account.subject, account.unit, account.record.score, book.band_of(account.record.score).stars});
        }
        return {};
      });
  if (!next) return next.error();
  page.next = *std::move(next);
  return page;
}

Result<ShareView> Queries::village_share(const Reader& reader, const RulebookId& rulebook, const UnitId& unit,
                                         TimestampMs now) const {
  auto compiled = rulebook_at(reader, rulebook, now);
  if (!compiled) return compiled.error();
  if (!(*compiled)->credit_village) return make_error(ErrorCode::not_found, "rulebook", "declares no credit village");
  const auto& village = *(*compiled)->credit_village;
  ShareView out;
  out.stars_at_least = village.stars_at_least;
  out.share_percent = village.share_percent;
  out.declared = village.declared;
  std::optional<std::string> cursor;
  do {
    auto next = each_account(reader, **compiled, unit, now, cursor, limits::kPageRowsMax,
                             [&](const IndexedAccount& account, const Book& book) -> Status {
                               ++out.accounts;
                               if (book.band_of(account.record.score).stars >= village.stars_at_least)
                                 ++out.at_or_above;
                               return {};
                             });
    if (!next) return next.error();
    cursor = *std::move(next);
    if (cursor && out.accounts >= kShareAccountsMax)
      return make_error(ErrorCode::too_large, "unit",
                        "has more than " + std::to_string(kShareAccountsMax) + " accounts", "a unit further down");
  } while (cursor);
  out.reached = out.accounts > 0 && out.at_or_above * 100 >= out.accounts * village.share_percent;
  return out;
}

}  // namespace tally::contracts
