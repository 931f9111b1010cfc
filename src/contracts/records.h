// Purpose: what the rule engine keeps in the ledger's state, and the keys it keeps it under. Each record is
// authenticated by the state tree; entries are authenticated by the digest chain in their account.
// Thread rule: plain values and pure functions.
#pragma once

#include "contracts/operations.h"

namespace tally::contracts {

struct UnitRecord {
  UnitKind kind = UnitKind::village;
  std::string title;
  bool operator==(const UnitRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(UnitRecord, (), (kind, title))

struct OfficerRecord {
  UnitId unit;
  std::vector<Role> roles;
  std::string title;
  std::vector<PublicKey> keys;  // in force
  bool operator==(const OfficerRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(OfficerRecord, (), (unit, roles, title, keys))

struct SubjectRecord {
  SubjectKind kind = SubjectKind::household;
  UnitId unit;
  Digest commitment;
  std::optional<PublicKey> key;
  bool operator==(const SubjectRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(SubjectRecord, (), (kind, unit, commitment, key))

struct AccountRecord {
  Amount score;
  std::uint64_t entries = 0;  // in its history
  Digest history;             // digest chain: H(previous, entry bytes); zero when empty
  std::uint32_t open_cases = 0;
  bool operator==(const AccountRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccountRecord, (), (score, entries, history, open_cases))

enum class EntryKind : std::uint8_t { opening, award, deduction, reversal };
BOOST_DESCRIBE_ENUM(EntryKind, opening, award, deduction, reversal)

// One line of an account's book. Scores follow from entries alone: score = sum of changes.
struct Entry {
  EntryKind kind = EntryKind::award;
  RuleCode rule;
  std::uint32_t rulebook_version = 1;
  std::uint32_t quantity = 1;
  Amount change;  // after floor and cap
  Amount score;   // afterwards
  TimestampMs event_time;
  TimestampMs block_time;
  BlockHeight height;
  TransactionId transaction;  // that proposed it
  PersonId proposer;
  std::optional<PersonId> endorser;
  Digest reason;
  Digest evidence;
  std::optional<std::uint64_t> reverses;     // the entry that this one takes back
  std::optional<std::uint64_t> case_number;  // that it came from
  bool operator==(const Entry&) const = default;
};
BOOST_DESCRIBE_STRUCT(Entry, (),
                      (kind, rule, rulebook_version, quantity, change, score, event_time, block_time, height,
                       transaction, proposer, endorser, reason, evidence, reverses, case_number))

enum class CaseState : std::uint8_t { proposed, endorsed, disputed, effective, dropped, lapsed };
BOOST_DESCRIBE_ENUM(CaseState, proposed, endorsed, disputed, effective, dropped, lapsed)

// A deduction on its way. proposed -> endorsed (notice given, objection window runs) -> effective; an objection
// makes it disputed, to be resolved within its term; a proposal nobody endorses in time lapses.
struct CaseRecord {
  RulebookId rulebook;
  std::uint32_t rulebook_version = 1;
  SubjectHandle subject;
  RuleCode rule;
  std::uint32_t quantity = 1;
  Amount change;  // negative, before floor
  TimestampMs event_time;
  Digest reason;
  Digest evidence;
  PersonId proposer;
  std::optional<PersonId> endorser;
  TransactionId transaction;
  CaseState state = CaseState::proposed;
  TimestampMs deadline;  // of the current state
  std::optional<Digest> objection;
  bool operator==(const CaseRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(CaseRecord, (),
                      (rulebook, rulebook_version, subject, rule, quantity, change, event_time, reason, evidence,
                       proposer, endorser, transaction, state, deadline, objection))

// What run_due reports in a block's DueReceipt.
struct DueEvent {
  std::uint64_t case_number = 0;
  CaseState state = CaseState::effective;
  RulebookId rulebook;
  SubjectHandle subject;
  std::optional<std::uint64_t> entry;
  std::optional<Amount> change;
  std::optional<Amount> score;
  bool operator==(const DueEvent&) const = default;
};
BOOST_DESCRIBE_STRUCT(DueEvent, (), (case_number, state, rulebook, subject, entry, change, score))

// Keys in the state. Text up to a zero byte, then fixed-size parts: no key is a prefix of another's parts.
Bytes unit_key(const UnitId& unit);
Bytes officer_key(const PersonId& person);
Bytes person_of_key(const PublicKey& key);  // -> PersonId
Bytes subject_key(const SubjectHandle& subject);
Bytes account_key(const RulebookId& rulebook, const SubjectHandle& subject);
Bytes case_key(std::uint64_t case_number);
// Also the name of an account's history list.
inline Bytes history_list(const RulebookId& rulebook, const SubjectHandle& subject) {
  return account_key(rulebook, subject);
}

}  // namespace tally::contracts
