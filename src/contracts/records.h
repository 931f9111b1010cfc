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
  std::optional<PersonId> person = std::nullopt;  // the officer who belongs to it, where declared
  bool operator==(const SubjectRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(SubjectRecord, (), (kind, unit, commitment, key, person))

// A subject's place in one book of a rulebook.
struct AccountId {
  RulebookId rulebook;
  BookCode book;
  SubjectHandle subject;
  auto operator<=>(const AccountId&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccountId, (), (rulebook, book, subject))

struct AccountRecord {
  Amount score;
  std::uint64_t entries = 0;  // in its history
  Digest history;             // digest chain: H(previous, entry bytes); zero when empty
  std::uint32_t open_cases = 0;
  Amount pending;  // what they would take together; zero or negative
  // Entries before this index belong to a period that is over (Book::resets): taking them back changes no score.
  std::uint64_t period_from = 0;
  bool operator==(const AccountRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccountRecord, (), (score, entries, history, open_cases, pending, period_from))

// How an account stood at the end of the last period of a book that is rated.
struct RatingRecord {
  TimestampMs time;  // the period's last millisecond
  Amount score;
  std::uint32_t stars = 1;
  std::uint32_t rulebook_version = 1;
  bool operator==(const RatingRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(RatingRecord, (), (time, score, stars, rulebook_version))

// expiry: an adverse entry has run its term; the points it took come back, linked like a reversal. lapse: points that
// were not spent within their term are gone. reset: a new period begins at the book's start.
enum class EntryKind : std::uint8_t { opening, award, deduction, reversal, expiry, spending, lapse, reset };
BOOST_DESCRIBE_ENUM(EntryKind, opening, award, deduction, reversal, expiry, spending, lapse, reset)

// One line of an account's book. Scores follow from entries alone: score = sum of changes.
struct Entry {
  EntryKind kind = EntryKind::award;
  RuleCode rule;
  std::uint32_t rulebook_version = 1;
  std::uint32_t quantity = 1;
  Amount asked;   // what the rule asked for
  Amount change;  // of that, after floor and cap
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
                      (kind, rule, rulebook_version, quantity, asked, change, score, event_time, block_time, height,
                       transaction, proposer, endorser, reason, evidence, reverses, case_number))

enum class CaseState : std::uint8_t { proposed, endorsed, disputed, effective, dropped, lapsed, expired, reversed };
BOOST_DESCRIBE_ENUM(CaseState, proposed, endorsed, disputed, effective, dropped, lapsed, expired, reversed)

// A deduction on its way. proposed -> endorsed (notice given, objection window runs) -> effective -> expired; an
// objection makes it disputed, to be resolved within its term: upheld or unresolved in time, it is dropped (in
// doubt for the subject); a proposal nobody endorses in time lapses; a reversal ends an effective one early.
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
  TimestampMs deadline;  // of the current state; of an effective case: when its entry expires
  std::optional<Digest> objection;
  std::optional<PersonId> objector = std::nullopt;    // the officer who objected for the subject
  std::optional<std::uint64_t> entry = std::nullopt;  // once effective
  bool operator==(const CaseRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(CaseRecord, (),
                      (rulebook, rulebook_version, subject, rule, quantity, change, event_time, reason, evidence,
                       proposer, endorser, transaction, state, deadline, objection, objector, entry))

// What falls due at a block time.
enum class TimerKind : std::uint8_t {
  case_term,   // of a case's state
  lots,        // points of a book that were not spent in time
  book_reset,  // a book's new period
  standing,    // the end of a term on a list, or of a suspension
  work_term,   // the deadline of a workflow's case
  proposal,    // the end of a proposal's time for comments, or of its own
  rating       // the end of a period at which accounts are rated
};
BOOST_DESCRIBE_ENUM(TimerKind, case_term, lots, book_reset, standing, work_term, proposal, rating)

// What run_due reports in a block's DueReceipt. Absent parts do not apply.
struct DueEvent {
  TimerKind kind = TimerKind::case_term;
  RulebookId rulebook;
  SubjectHandle subject;
  std::optional<std::uint64_t> case_number;
  std::optional<CaseState> state;
  std::string code;  // of the book or standing; the state of a workflow's case
  std::optional<std::uint64_t> entry;
  std::optional<Amount> change;
  std::optional<Amount> score;
  std::string problem;                    // of an effect that could not be worked out
  std::vector<Consequence> consequences;  // of a workflow's case
  std::optional<ProposalOutcome> proposal = std::nullopt;
  std::optional<std::uint32_t> stars = std::nullopt;  // of a rating
  bool operator==(const DueEvent&) const = default;
};
BOOST_DESCRIBE_STRUCT(DueEvent, (),
                      (kind, rulebook, subject, case_number, state, code, entry, change, score, problem, consequences,
                       proposal, stars))

// Which versions of a rulebook are deployed, in rising order of version and of effective time. The documents
// stand under rulebook_text_key.
struct RulebookVersion {
  std::uint32_t version = 1;
  TimestampMs effective;
  Digest document;  // kRulebookDomain over the text
  bool operator==(const RulebookVersion&) const = default;
};
BOOST_DESCRIBE_STRUCT(RulebookVersion, (), (version, effective, document))

struct RulebookRecord {
  std::vector<RulebookVersion> versions;
  std::optional<TimestampMs> retired = std::nullopt;  // takes no events from then on
  bool operator==(const RulebookRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(RulebookRecord, (), (versions, retired))

// What a limited rule has used up in one account. Periods go by event time; a period that no event can fall into
// any more is pruned. A document used as evidence has its own Usage and is remembered for good: it must never pay
// twice.
struct Usage {
  std::uint32_t times = 0;
  std::uint64_t quantity = 0;
  Amount points;  // magnitude
  bool operator==(const Usage&) const = default;
};
BOOST_DESCRIBE_STRUCT(Usage, (), (times, quantity, points))

// week: from Monday, UTC. quarter: from January, April, July, October.
enum class Period : std::uint8_t { day, week, month, quarter, year, evidence, account };
BOOST_DESCRIBE_ENUM(Period, day, week, month, quarter, year, evidence, account)

struct PeriodUsage {
  Period per = Period::day;
  std::uint32_t period = 0;  // see period_of; 0 for the account's whole life
  Usage used;
  bool operator==(const PeriodUsage&) const = default;
};
BOOST_DESCRIBE_STRUCT(PeriodUsage, (), (per, period, used))

struct CounterRecord {
  std::vector<PeriodUsage> periods;
  bool operator==(const CounterRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(CounterRecord, (), (periods))

// Keys in the state. Text up to a zero byte, then parts that end in a zero byte or have a fixed size: no key is a
// prefix of another's parts. Numbers stand big-endian, so that byte order is their order.
Bytes unit_key(const UnitId& unit);
Bytes officer_key(const PersonId& person);
Bytes person_of_key(const PublicKey& key);  // -> PersonId; stays when the key is revoked
Bytes subject_key(const SubjectHandle& subject);
Bytes subject_of_key(const PublicKey& key);  // -> SubjectHandle
Bytes account_key(const AccountId& account);
Bytes account_prefix(const RulebookId& rulebook);   // of all accounts under it
std::optional<AccountId> account_in(ByteView key);  // whose key this is; nullopt: no account's
Bytes rating_key(const AccountId& account);         // -> RatingRecord
Bytes case_key(std::uint64_t case_number);
Bytes rulebook_key(const RulebookId& rulebook);                              // -> RulebookRecord
Bytes rulebook_text_key(const RulebookId& rulebook, std::uint32_t version);  // -> the document's text
Bytes counter_key(const RulebookId& rulebook, const SubjectHandle& subject, const RuleCode& rule);
Bytes evidence_key(const RulebookId& rulebook, const SubjectHandle& subject, const RuleCode& rule,
                   const Digest& evidence);  // -> Usage
// -> index of the entry that took this one back.
Bytes taken_back_key(const AccountId& account, std::uint64_t entry);
// -> std::uint64_t: the number of the last case.
inline constexpr std::string_view kCaseCountKey = "sys/cases";

// Indexes for the read side; the value is one byte. Each gives the prefix of all keys of one unit (exactly that
// unit) or of everything below it.
inline constexpr std::string_view kAccountIndex = "by_unit";      // rulebook, unit, subject
inline constexpr std::string_view kOfficerIndex = "officer_in";   // unit, person
inline constexpr std::string_view kSubjectIndex = "subject_in";   // unit, subject
inline constexpr std::string_view kCaseIndex = "case_in";         // unit, case number: every case
inline constexpr std::string_view kOpenCaseIndex = "open_in";     // unit, case number: open ones
inline constexpr std::string_view kSubjectCaseIndex = "case_of";  // subject, case number
Bytes account_index_prefix(const RulebookId& rulebook, const UnitId& unit);
Bytes account_index_below(const RulebookId& rulebook, const UnitId& unit);
Bytes account_index_key(const RulebookId& rulebook, const UnitId& unit, const SubjectHandle& subject);
Bytes unit_index_prefix(std::string_view index, const UnitId& unit);
Bytes unit_index_below(std::string_view index, const UnitId& unit);
Bytes unit_index_key(std::string_view index, const UnitId& unit, ByteView item);
Bytes subject_case_prefix(const SubjectHandle& subject);
Bytes subject_case_key(const SubjectHandle& subject, std::uint64_t case_number);
std::uint64_t big_endian(ByteView eight_bytes);
Bytes big_endian(std::uint64_t number);

// Also the name of an account's history list.
inline Bytes history_list(const AccountId& account) {
  return account_key(account);
}

}  // namespace tally::contracts
