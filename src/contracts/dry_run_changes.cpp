#include "contracts/dry_run_changes.h"

#include <map>
#include <set>

#include "contracts/gates.h"
#include "contracts/query_reading.h"
#include "contracts/standing.h"

namespace tally::contracts {

namespace {

// Where an account stands in the report: by subject, then as the books are ordered.
struct Place {
  SubjectHandle subject;
  std::size_t position = 0;
  BookCode book;
  auto operator<=>(const Place&) const = default;
};

std::size_t position_of(const Rulebook& rulebook, const BookCode& code) {
  std::size_t position = 0;
  while (position < rulebook.books.size() && rulebook.books[position].code != code) ++position;
  return position;
}

Status add_places(const OutcomeSide& side, const Rulebook& order, std::set<Place>& places) {
  bool ours = true;
  const auto status =
      side.reader.scan(storage::Column::state, account_prefix(order.id), {}, [&](ByteView key, ByteView) {
        const auto account = account_in(key);
        ours = account.has_value();
        if (ours) places.insert({account->subject, position_of(order, account->book), account->book});
        return ours;
      });
  if (!status) return status;
  if (!ours) return make_error(ErrorCode::internal, "store", "an account's key has another form");
  return {};
}

// One account on one side.
struct SideAccount {
  const OutcomeSide& side;
  const ReaderState& state;
  const SubjectHandle& subject;
  const SubjectRecord& record;
  const Book* book;  // null: the version keeps no such book
  std::optional<AccountRecord> account;
  TimestampMs now;

  [[nodiscard]] const Gate* gate(const std::string& code) const {
    if (book == nullptr || !account) return nullptr;
    const auto found =
        std::find_if(book->gates.begin(), book->gates.end(), [&](const Gate& gate) { return gate.code == code; });
    return found == book->gates.end() ? nullptr : &*found;
  }
};

std::optional<AccountOutcome> outcome_of(const SideAccount& at) {
  if (!at.account) return std::nullopt;
  AccountOutcome out{at.account->score, 0, {}, {}, at.account->open_cases, at.account->pending};
  if (at.book == nullptr) return out;
  const Band& band = at.book->band_of(out.score);
  out.stars = band.stars;
  out.band = band.title;
  out.benefits = band.benefits;
  return out;
}

struct GateOutcome {
  bool passes = false;
  Title reason;
  std::optional<Amount> value;
};

Title cannot_tell(const Error& error) {
  return {"无法判定：" + error.problem, "cannot be worked out: " + error.problem};
}

// `other`: the gate as the other version has it, where this one has none.
GateOutcome decide_on(const SideAccount& at, const Gate* gate, const Gate* other) {
  if (gate == nullptr)
    return {other->effect == GateEffect::restricts, {"无此关口", "there is no such gate"}, std::nullopt};
  cel::Evaluation budget(limits::kExpressionCostPerQuery);
  const SituationOf of{at.state, *at.side.rulebook, at.subject, at.record, at.now, {}};
  const auto decision = decide(*gate, of, at.account->score, budget);
  if (!decision) return {false, cannot_tell(decision.error()), std::nullopt};
  GateOutcome out{decision->passes, decision->reasons.front(), std::nullopt};
  if (!out.passes || !gate->grants) return out;
  const auto value = Situation(of, budget).points(gate->grants, gate->code);
  if (!value) return {false, cannot_tell(value.error()), std::nullopt};
  out.value = *value;
  return out;
}

void add_gate(const SideAccount& real, const SideAccount& tried, const std::string& code, AccountChange& out) {
  const Gate* before = real.gate(code);
  const Gate* after = tried.gate(code);
  const GateOutcome now = decide_on(real, before, after);
  const GateOutcome then = decide_on(tried, after, before);
  if (now.passes == then.passes && now.value == then.value) return;
  const Gate& named = after == nullptr ? *before : *after;
  out.gates.push_back(
      {code, named.title, now.passes, then.passes, then.reason, now.value, then.value, named.grants_unit});
}

void add_gates(const SideAccount& real, const SideAccount& tried, AccountChange& out) {
  if (tried.book != nullptr && tried.account)
    for (const auto& gate : tried.book->gates) add_gate(real, tried, gate.code, out);
  if (real.book == nullptr || !real.account) return;
  for (const auto& gate : real.book->gates)
    if (tried.gate(gate.code) == nullptr) add_gate(real, tried, gate.code, out);
}

void add_standings(const SideAccount& real, const SideAccount& tried, AccountChange& out) {
  std::vector<const StandingTerms*> all;
  for (const auto& terms : tried.side.rulebook->standings) all.push_back(&terms);
  for (const auto& terms : real.side.rulebook->standings)
    if (tried.side.rulebook->standing(terms.code) == nullptr) all.push_back(&terms);
  for (const auto* terms : all) {
    const bool stands = standing_of(real.state, real.side.rulebook->id, real.subject, terms->code).has_value();
    const bool would = standing_of(tried.state, tried.side.rulebook->id, tried.subject, terms->code).has_value();
    if (stands != would) out.standings.push_back({terms->code, terms->title, stands, would});
  }
}

class Comparison {
 public:
  Comparison(const OutcomeSide& real, const OutcomeSide& tried, TimestampMs now)
      : real_(real), tried_(tried), real_state_(real.reader), tried_state_(tried.reader), now_(now) {}

  Result<std::optional<AccountChange>> compare(const Place& place, bool first_of_subject) const {
    // A registration may have been undone with the rest of its transaction.
    auto record = read_record<SubjectRecord>(real_.reader, subject_key(place.subject));
    if (record && !*record) record = read_record<SubjectRecord>(tried_.reader, subject_key(place.subject));
    if (!record) return record.error();
    if (!*record) return make_error(ErrorCode::internal, "store", "an account's subject is not registered");
    const auto real = side_account(real_, real_state_, place, **record);
    if (!real) return real.error();
    const auto tried = side_account(tried_, tried_state_, place, **record);
    if (!tried) return tried.error();
    AccountChange out{
        place.subject, (*record)->kind, (*record)->unit, place.book, outcome_of(*real), outcome_of(*tried), {}, {}};
    add_gates(*real, *tried, out);
    if (first_of_subject) add_standings(*real, *tried, out);
    if (out.now == out.would && out.gates.empty() && out.standings.empty()) return std::optional<AccountChange>{};
    return std::optional<AccountChange>(std::move(out));
  }

 private:
  Result<SideAccount> side_account(const OutcomeSide& side, const ReaderState& state, const Place& place,
                                   const SubjectRecord& record) const {
    auto account = read_record<AccountRecord>(side.reader, account_key({side.rulebook->id, place.book, place.subject}));
    if (!account) return account.error();
    return SideAccount{side, state, place.subject, record, side.rulebook->book(place.book), *account, now_};
  }

  const OutcomeSide& real_;
  const OutcomeSide& tried_;
  const ReaderState real_state_;
  const ReaderState tried_state_;
  TimestampMs now_;
};

}  // namespace

Result<OutcomeChanges> changes_between(const OutcomeSide& real, const OutcomeSide& tried, TimestampMs now) {
  std::set<Place> places;
  for (const auto* side : {&real, &tried})
    if (auto added = add_places(*side, *tried.rulebook, places); !added) return added.error();
  OutcomeChanges out;
  out.accounts = places.size();
  const Comparison comparison(real, tried, now);
  const SubjectHandle* last = nullptr;
  for (const auto& place : places) {
    auto change = comparison.compare(place, last == nullptr || *last != place.subject);
    if (!change) return change.error();
    last = &place.subject;
    if (*change) out.changes.push_back(**std::move(change));
  }
  return out;
}

}  // namespace tally::contracts
