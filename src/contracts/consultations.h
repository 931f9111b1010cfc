// Purpose: gates asked by officers, and the record of it that the subject sees.
// Thread rule: the executing thread only.
// Errors: not_registered; rule_unknown (no such gate); missing_role; consent_missing; expression_failed.
// Invariant: ConsultedRecord::history is the digest chain of the consultations.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

struct Consultation {
  std::string gate;
  std::uint32_t rulebook_version = 1;
  PersonId officer;
  UnitId unit;  // the officer's
  TimestampMs block_time;
  TransactionId transaction;
  Digest purpose;
  bool passes = false;
  bool passes_after_pending = false;
  bool operator==(const Consultation&) const = default;
};
BOOST_DESCRIBE_STRUCT(Consultation, (),
                      (gate, rulebook_version, officer, unit, block_time, transaction, purpose, passes,
                       passes_after_pending))

struct ConsultedRecord {
  std::uint64_t count = 0;
  Digest history;
  bool operator==(const ConsultedRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsultedRecord, (), (count, history))

// Also the name of the list of consultations.
Bytes consulted_key(const RulebookId& rulebook, const SubjectHandle& subject);

Outcome consult(Call& call, const Consult& operation);

}  // namespace tally::contracts
