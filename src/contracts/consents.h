// Purpose: what a subject agreed to: to be scored under a rulebook that asks for it, and to be asked about by a unit.
// Thread rule: the executing thread only.
// Errors: not_registered; missing_role and outside_unit (neither the subject nor a registrar of its unit);
// evidence_missing; invalid_field (term); not_found (nothing to withdraw).
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

inline constexpr std::uint32_t kConsentDaysMax = 366;          // to be asked about by a unit
inline constexpr std::uint32_t kScoringConsentDaysMax = 3660;  // to be scored

struct ConsentRecord {
  TimestampMs given;
  TimestampMs until;
  Digest evidence;
  std::optional<PersonId> helper;  // the registrar who signed for the subject
  bool operator==(const ConsentRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsentRecord, (), (given, until, evidence, helper))

// With no unit: to be scored. All consents of a subject under a rulebook share a prefix.
Bytes consent_prefix(const RulebookId& rulebook, const SubjectHandle& subject);
Bytes consent_key(const RulebookId& rulebook, const SubjectHandle& subject, const UnitId& unit);

// Whether it is given to exactly this unit, and its term runs.
bool has_consent(const ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject,
                 const UnitId& unit, TimestampMs now);

// consent_missing where the rulebook asks for consent and the subject has not given it, or took it back.
Status check_agreed(const Call& call, const Rulebook& rulebook, const SubjectHandle& subject, std::string_view clause);

Outcome give_consent(Call& call, const GiveConsent& operation);
Outcome withdraw_consent(Call& call, const WithdrawConsent& operation);

}  // namespace tally::contracts
