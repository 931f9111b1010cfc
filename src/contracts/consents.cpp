#include "contracts/consents.h"

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/unit.h"

namespace tally::contracts {

Bytes consent_prefix(const RulebookId& rulebook, const SubjectHandle& subject) {
  return unit_index_key("consent", rulebook, subject.view());
}

Bytes consent_key(const RulebookId& rulebook, const SubjectHandle& subject, const UnitId& unit) {
  Bytes key = consent_prefix(rulebook, subject);
  append(key, as_bytes(unit));
  return key;
}

bool has_consent(const ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject,
                 const UnitId& unit, TimestampMs now) {
  const auto bytes = state.get(consent_key(rulebook, subject, unit));
  if (!bytes) return false;
  const auto record = decode<ConsentRecord>(*bytes);
  invariant(record.has_value(), "a consent in the state decodes");
  return now < record->until;
}

Status check_agreed(const Call& call, const Rulebook& rulebook, const SubjectHandle& subject, std::string_view clause) {
  if (!rulebook.needs_consent || has_consent(call.state, rulebook.id, subject, {}, call.now())) return {};
  return refusal(ErrorCode::consent_missing, clause,
                 "the subject has not agreed to be scored under " + rulebook.id + ", or took its consent back",
                 "give_consent first");
}

namespace {

// The subject itself, or a registrar of its unit with the paper that it signed.
Result<std::optional<PersonId>> signed_for(const Call& call, const SubjectRecord& subject, std::string_view clause) {
  if (auto people = check_signed(call, clause); !people) return people.error();
  if (subject.key == call.context.transaction->body.author) return std::optional<PersonId>{};
  const auto helper = authority_of(call, {Role::registrar}, subject.unit, clause);
  if (!helper)
    return refusal(helper.error().code, clause, helper.error().problem,
                   "the subject's own key, or a registrar of its unit");
  return std::optional<PersonId>((*helper)->id);
}

}  // namespace

Outcome give_consent(Call& call, const GiveConsent& operation) {
  constexpr auto clause = GiveConsent::kName;
  const auto subject = subject_of(call, operation.subject, clause);
  if (!subject) return subject.error();
  if (call.shelf.record(call.state, operation.rulebook) == nullptr)
    return refusal(ErrorCode::not_registered, clause,
                   "rulebook \"" + excerpt(operation.rulebook, 80) + "\" is not deployed", "a deployed rulebook");
  if (!operation.unit.empty() && !call.state.get(unit_key(operation.unit)))
    return refusal(ErrorCode::not_registered, clause, "unit \"" + excerpt(operation.unit, 80) + "\" is not registered",
                   "the unit that may ask, or none for being scored");
  const std::uint64_t days =
      call.parameter(operation.unit.empty() ? Parameter::scoring_consent_days : Parameter::consent_days);
  if (operation.until <= call.now() || operation.until.value - call.now().value > days * kDayMs)
    return refusal(ErrorCode::invalid_field, clause, "the consent would end at " + format_time(operation.until),
                   "a time after now, at most " + std::to_string(days) + " days ahead");
  ConsentRecord record{call.now(), operation.until, operation.evidence, std::nullopt};
  if (!call.genesis()) {
    const auto helper = signed_for(call, *subject, clause);
    if (!helper) return helper.error();
    if (*helper && operation.evidence.is_zero())
      return refusal(ErrorCode::evidence_missing, clause, "evidence is missing",
                     "the digest of the paper that the subject signed");
    record.helper = *helper;
  }
  call.state.put(consent_key(operation.rulebook, operation.subject, operation.unit), encode(record));
  return OperationOutput{};
}

Outcome withdraw_consent(Call& call, const WithdrawConsent& operation) {
  constexpr auto clause = WithdrawConsent::kName;
  const auto subject = subject_of(call, operation.subject, clause);
  if (!subject) return subject.error();
  if (const auto helper = signed_for(call, *subject, clause); !helper) return helper.error();
  const Bytes key = consent_key(operation.rulebook, operation.subject, operation.unit);
  if (!call.state.get(key))
    return refusal(ErrorCode::not_found, clause, "there is no such consent", "a consent that was given");
  call.state.erase(key);
  return OperationOutput{};
}

}  // namespace tally::contracts
