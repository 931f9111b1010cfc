// Purpose: what workflows keep in the state, and under which keys: cases, values of their lists, who did what, acts
// that wait for endorsements, counts of cases by state, obligations, notices. Thread rule: plain values and pure
// functions. Invariants: a case that is not over has one timer, at the earlier of its deadline and its term; counts
// equal the cases.
#pragma once

#include "contracts/records.h"
#include "contracts/workflow.h"

namespace tally::contracts {

// Who signed: an officer or a subject.
struct Signer {
  std::optional<PersonId> person;
  std::optional<SubjectHandle> subject;
  bool operator==(const Signer&) const = default;
};
BOOST_DESCRIBE_STRUCT(Signer, (), (person, subject))

struct WorkRecord {
  RulebookId rulebook;
  std::uint32_t rulebook_version = 1;  // that it was opened under, and runs under to its end
  std::string workflow;
  SubjectHandle subject;
  std::string state;
  bool over = false;
  Signer opener;
  TransactionId transaction;  // that opened it
  TimestampMs opened;
  TimestampMs entered;                // when the state was
  std::optional<TimestampMs> after;   // the state's deadline
  TimestampMs term;                   // the case's
  std::uint32_t moves = 0;            // acts and deadlines so far
  std::vector<FieldValue> fields;     // in the order of the workflow's; of a list unused
  std::vector<std::uint32_t> counts;  // values of each list; 0 for single fields
  std::vector<std::uint64_t> links;   // in the order of the workflow's; 0: none
  std::vector<std::uint32_t> acts;    // how often each act was done, in the order of the workflow's
  std::vector<std::string> queues;    // that it waits in
  Digest history;                     // digest chain of its ActRecords
  Digest evidence;                    // of the opening
  Digest reason;
  bool operator==(const WorkRecord&) const = default;

  [[nodiscard]] TimestampMs next() const { return after && *after < term ? *after : term; }
};
BOOST_DESCRIBE_STRUCT(WorkRecord, (),
                      (rulebook, rulebook_version, workflow, subject, state, over, opener, transaction, opened, entered,
                       after, term, moves, fields, counts, links, acts, queues, history, evidence, reason))

// One value of a list.
struct ListValue {
  FieldValue value;
  Signer by;
  TimestampMs at;
  bool operator==(const ListValue&) const = default;
};
BOOST_DESCRIBE_STRUCT(ListValue, (), (value, by, at))

// An act of a case, in the order they were done: the case's own history.
struct ActRecord {
  std::string act;    // "open"; empty: a deadline or the term
  std::string state;  // afterwards
  std::vector<Signer> signers;
  std::vector<NamedText> values;
  Digest reason;
  Digest evidence;
  TransactionId transaction;
  TimestampMs time;
  std::vector<Consequence> consequences;
  bool operator==(const ActRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(ActRecord, (), (act, state, signers, values, reason, evidence, transaction, time, consequences))

// How often and when last somebody did an act in a case.
struct DoneRecord {
  std::uint32_t times = 0;
  TimestampMs last;
  bool operator==(const DoneRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(DoneRecord, (), (times, last))

// Officers who signed an act that needs more of them.
struct WaitingAct {
  std::vector<PersonId> signers;  // the first is its author
  std::uint32_t moves = 0;        // of the case when the first signed: a case that moved on starts anew
  bool operator==(const WaitingAct&) const = default;
};
BOOST_DESCRIBE_STRUCT(WaitingAct, (), (signers, moves))

enum class ObligationState : std::uint8_t { owed, paid };
BOOST_DESCRIBE_ENUM(ObligationState, owed, paid)

struct Obligation {
  RulebookId rulebook;
  std::uint64_t case_number = 0;
  SubjectHandle subject;  // who gets it
  Amount amount;          // two decimals
  std::string unit;
  Title title;
  TimestampMs created;
  TimestampMs due;
  ObligationState state = ObligationState::owed;
  std::optional<PersonId> paid_by;
  std::optional<TimestampMs> paid;
  Digest evidence;  // of the payment
  bool operator==(const Obligation&) const = default;
};
BOOST_DESCRIBE_STRUCT(Obligation, (),
                      (rulebook, case_number, subject, amount, unit, title, created, due, state, paid_by, paid,
                       evidence))

struct Notice {
  RulebookId rulebook;
  std::uint64_t case_number = 0;
  Title title;
  TimestampMs time;
  bool operator==(const Notice&) const = default;
};
BOOST_DESCRIBE_STRUCT(Notice, (), (rulebook, case_number, title, time))

Bytes work_key(std::uint64_t case_number);                                                   // -> WorkRecord
Bytes work_list_key(std::uint64_t case_number, std::size_t field, std::uint32_t position);   // -> ListValue
Bytes work_done_key(std::uint64_t case_number, std::string_view act, const Signer& signer);  // -> DoneRecord
Bytes work_waiting_key(std::uint64_t case_number, const Digest& act);                        // -> WaitingAct
// Name of the history of acts: ActRecord by moves.
Bytes work_history(std::uint64_t case_number);
// -> how many cases of a workflow are in a state, of a unit or of a subject
Bytes work_count_key(const RulebookId& rulebook, std::string_view workflow, std::string_view state, const UnitId& unit);
Bytes work_count_key(const RulebookId& rulebook, std::string_view workflow, std::string_view state,
                     const SubjectHandle& subject);
Bytes obligation_key(std::uint64_t number);
Bytes obligations_of_prefix(const SubjectHandle& subject);
Bytes obligation_of_key(const SubjectHandle& subject, std::uint64_t number);
Bytes notices_prefix(const SubjectHandle& subject);
Bytes notice_key(const SubjectHandle& subject, std::uint64_t number);
inline constexpr std::string_view kObligationCountKey = "sys/obligations";  // -> number of the last
inline constexpr std::string_view kNoticeCountKey = "sys/notices";          // -> number of the last, of all subjects

inline constexpr std::string_view kWorkIndex = "work_in";  // unit, case number: every case of a workflow
Bytes work_of_prefix(const SubjectHandle& subject);
Bytes work_of_key(const SubjectHandle& subject, std::uint64_t case_number);
// Cases that wait in a queue, by unit -> how many entered before it, which breaks ties.
std::string queue_index(const RulebookId& rulebook, std::string_view queue);

}  // namespace tally::contracts
