// Purpose: what people see of workflows: a case with its fields, deadline and what may be done next, its history, rows
// of lists, queues, obligations, notices.
// Thread rule: plain values.
// Values of fields are texts, as people write them (docs/workflows.md, "Fields").
#pragma once

#include "contracts/work_records.h"

namespace tally::contracts {

struct ListValueView {
  std::string value;
  Signer by;
  TimestampMs time;
  bool operator==(const ListValueView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ListValueView, (), (value, by, time))

struct FieldView {
  std::string name;  // its code
  Title title;
  std::string type;  // as rulebooks call it: "decimal"
  std::string value;
  bool list = false;
  std::vector<ListValueView> values;  // of a list
  bool operator==(const FieldView&) const = default;
};
BOOST_DESCRIBE_STRUCT(FieldView, (), (name, title, type, value, list, values))

struct LinkView {
  std::string name;
  std::string workflow;
  std::uint64_t case_number = 0;  // 0: none
  bool operator==(const LinkView&) const = default;
};
BOOST_DESCRIBE_STRUCT(LinkView, (), (name, workflow, case_number))

// An act that the case's state allows. Who else stands in the way (one's own case, once a day) shows when it is tried.
struct ChoiceView {
  std::string act;
  Title title;
  std::vector<std::string> by;  // roles, "subject", "others", "queue"
  std::string leads_to;         // a state; empty: the case stays
  std::vector<std::string> takes;
  bool evidence_required = false;
  bool reason_required = false;
  bool subject_signs = false;
  std::uint32_t endorsements = 0;  // that it needs of others
  std::vector<Role> endorser_roles;
  bool operator==(const ChoiceView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ChoiceView, (),
                      (act, title, by, leads_to, takes, evidence_required, reason_required, subject_signs, endorsements,
                       endorser_roles))

// When a case goes on by itself, and whither.
struct DueView {
  TimestampMs deadline;
  std::string leads_to;
  Title title;  // of that state
  bool operator==(const DueView&) const = default;
};
BOOST_DESCRIBE_STRUCT(DueView, (), (deadline, leads_to, title))

struct WorkView {
  std::uint64_t number = 0;
  RulebookId rulebook;
  std::uint32_t rulebook_version = 1;
  std::string workflow;
  Title title;
  SubjectHandle subject;
  UnitId unit;
  std::string state;
  Title state_title;
  bool over = false;
  TimestampMs opened;
  TimestampMs entered;
  std::optional<DueView> next;  // the state's deadline or the case's term, whichever comes first
  std::optional<DueView> term;
  Signer opener;
  TransactionId transaction;
  Digest reason;
  Digest evidence;
  std::uint32_t moves = 0;  // in its history
  Digest history;           // digest chain over it
  std::vector<FieldView> fields;
  std::vector<LinkView> links;
  std::vector<std::string> queues;
  std::vector<ChoiceView> choices;
  bool operator==(const WorkView&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkView, (),
                      (number, rulebook, rulebook_version, workflow, title, subject, unit, state, state_title, over,
                       opened, entered, next, term, opener, transaction, reason, evidence, moves, history, fields,
                       links, queues, choices))

struct WorkRow {
  std::uint64_t number = 0;
  RulebookId rulebook;
  std::string workflow;
  Title title;
  SubjectHandle subject;
  std::string state;
  Title state_title;
  bool over = false;
  TimestampMs opened;
  std::optional<TimestampMs> deadline;  // when it goes on by itself
  bool operator==(const WorkRow&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkRow, (),
                      (number, rulebook, workflow, title, subject, state, state_title, over, opened, deadline))

struct ActView {
  std::uint64_t index = 0;
  ActRecord act;
  Title title;        // of the act; of a deadline: the state's
  Title state_title;  // of the state afterwards
  bool operator==(const ActView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ActView, (), (index, act, title, state_title))

struct ActPage {
  std::uint32_t scale = 0;            // of points in it
  std::vector<ActView> acts;          // newest first
  std::optional<std::uint64_t> next;  // ask for acts before this index
};
BOOST_DESCRIBE_STRUCT(ActPage, (), (scale, acts, next))

// What everybody may see of a queue: no points, no fields, no names.
struct QueueRow {
  std::uint64_t place = 1;
  std::uint64_t case_number = 0;
};
BOOST_DESCRIBE_STRUCT(QueueRow, (), (place, case_number))

struct ObligationView {
  std::uint64_t number = 0;
  Obligation record;
  bool operator==(const ObligationView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ObligationView, (), (number, record))

struct NoticeView {
  std::uint64_t number = 0;
  Notice record;
  bool operator==(const NoticeView&) const = default;
};
BOOST_DESCRIBE_STRUCT(NoticeView, (), (number, record))

}  // namespace tally::contracts
