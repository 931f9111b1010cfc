#include "contracts/obligations.h"

#include "common/invariant.h"
#include "common/time.h"

namespace tally::contracts {

namespace {

constexpr auto kClause = Settle::kName;
const Bytes kPresent{1};

std::uint64_t next_number(ledger::State& state, std::string_view key) {
  std::uint64_t number = 1;
  if (const auto bytes = state.get(as_bytes(key))) {
    const auto last = decode<std::uint64_t>(*bytes);
    invariant(last.has_value(), "a count in the state decodes");
    number = *last + 1;
  }
  state.put(as_bytes(key), encode(number));
  return number;
}

// A bank pays wherever its customers live; others within their unit.
Status check_payer(const Call& call, const Person& payer, const SubjectRecord& subject) {
  if (auto role = check_role(payer, {Role::bank_officer, Role::recorder, Role::registrar}, kClause); !role) return role;
  if (!payer.has_any({Role::bank_officer}))
    if (auto reach = check_reach(payer, subject.unit, kClause); !reach) return reach;
  return check_no_stake(call, payer, subject, kClause);
}

}  // namespace

std::uint64_t owe(ledger::State& state, const Obligation& obligation) {
  const auto number = next_number(state, kObligationCountKey);
  state.put(obligation_key(number), encode(obligation));
  state.put(obligation_of_key(obligation.subject, number), kPresent);
  return number;
}

std::uint64_t notify(ledger::State& state, const SubjectHandle& subject, const Notice& notice) {
  const auto number = next_number(state, kNoticeCountKey);
  state.put(notice_key(subject, number), encode(notice));
  return number;
}

std::optional<Obligation> find_obligation(const ledger::State& state, std::uint64_t number) {
  const auto bytes = state.get(obligation_key(number));
  if (!bytes) return std::nullopt;
  auto obligation = decode<Obligation>(*bytes);
  invariant(obligation.has_value(), "an obligation in the state decodes");
  return *std::move(obligation);
}

Outcome settle(Call& call, const Settle& operation) {
  const auto author = author_of(call, kClause);
  if (!author) return author.error();
  auto obligation = find_obligation(call.state, operation.obligation);
  if (!obligation)
    return refusal(ErrorCode::not_found, kClause,
                   "obligation " + std::to_string(operation.obligation) + " does not exist", "one that is owed");
  const auto subject = subject_of(call, obligation->subject, kClause);
  if (!subject) return subject.error();
  if (auto payer = check_payer(call, **author, *subject); !payer) return payer.error();
  if (obligation->state == ObligationState::paid)
    return refusal(
        ErrorCode::wrong_state, kClause,
        "obligation " + std::to_string(operation.obligation) + " was paid at " + format_time(*obligation->paid),
        "one that is owed");
  if (operation.evidence.is_zero())
    return refusal(ErrorCode::evidence_missing, kClause, "evidence is missing", "the digest of the receipt");
  obligation->state = ObligationState::paid;
  obligation->paid_by = (*author)->id;
  obligation->paid = call.now();
  obligation->evidence = operation.evidence;
  call.state.put(obligation_key(operation.obligation), encode(*obligation));
  OperationOutput output;
  output.case_number = obligation->case_number;
  return output;
}

}  // namespace tally::contracts
