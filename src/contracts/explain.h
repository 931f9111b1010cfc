// Purpose: how a score came about: the entries of an account up to a moment, each with its rule, version, clause,
// inputs, signers and papers, told in words. Read-only, over one consistent moment of the store. Thread rule: pure
// functions over the caller's reader; the Queries are thread-safe. Errors: those of Queries; invalid_field and
// not_found (`at`: a moment that is still to come, or before the account was opened); internal where entries do not add
// up to the score (the store is damaged). Invariant of what is returned: carried + the changes of its steps = the score
// after the last of them, which is the score at the moment where no further page follows.
#pragma once

#include "common/limits.h"
#include "contracts/queries.h"

namespace tally::contracts {

// Why less changed than was asked for.
enum class Cut : std::uint8_t { nothing, floor, cap, period_over };
BOOST_DESCRIBE_ENUM(Cut, nothing, floor, cap, period_over)

// Who acted, by post: a person's name is nowhere on chain. Title and unit are empty where the person is known no more.
struct ActorView {
  PersonId person;
  std::string title;
  UnitId unit;
  bool operator==(const ActorView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ActorView, (), (person, title, unit))

struct ExplainedStep {
  std::uint64_t index = 0;
  Entry entry;
  Title rule_title;  // empty where no rule stands behind it
  Title how;         // the clause: what the rule makes of what was said; empty where no rule asks
  Cut cut = Cut::nothing;
  std::optional<Amount> bound;  // the floor or cap that cut it
  std::vector<Title> notes;     // where it comes from, what it is linked to, what cut it
  std::optional<std::uint64_t> taken_back_by;
  std::optional<ActorView> proposed_by;  // absent: in the genesis, or block time alone
  std::optional<ActorView> endorsed_by;
  std::optional<Digest> objection;        // that was dismissed: digest of the writing
  std::optional<ActorView> objected_for;  // the officer who objected for the subject
  bool operator==(const ExplainedStep&) const = default;
};
BOOST_DESCRIBE_STRUCT(ExplainedStep, (),
                      (index, entry, rule_title, how, cut, bound, notes, taken_back_by, proposed_by, endorsed_by,
                       objection, objected_for))

// A deduction on its way. `change` of its record is what it would take, before the floor.
struct ExplainedCase {
  std::uint64_t number = 0;
  CaseRecord record;
  Title rule_title;
  Title words;  // what it would take, and what happens next
  bool operator==(const ExplainedCase&) const = default;
};
BOOST_DESCRIBE_STRUCT(ExplainedCase, (), (number, record, rule_title, words))

struct Explanation {
  RulebookId rulebook;
  std::uint32_t version = 1;  // in force at the moment: its bands
  std::uint32_t scale = 0;
  SubjectHandle subject;
  SubjectKind kind = SubjectKind::household;
  UnitId unit;
  BookCode book;
  TimestampMs time;  // the moment
  Amount score;
  std::uint32_t stars = 1;
  Title band;
  std::uint64_t entries = 0;  // up to the moment
  Amount carried;             // the score before the first step
  std::vector<ExplainedStep> steps;
  std::optional<std::uint64_t> next;  // ask for steps from this index on
  // Of the present only: what was open in the past does not stand in the state any more.
  std::optional<Amount> pending;  // what open cases would take together; zero or negative
  std::vector<ExplainedCase> open_cases;
  bool operator==(const Explanation&) const = default;
};
BOOST_DESCRIBE_STRUCT(Explanation, (),
                      (rulebook, version, scale, subject, kind, unit, book, time, score, stars, band, entries, carried,
                       steps, next, pending, open_cases))

struct ExplainRequest {
  RulebookId rulebook;
  BookCode book;  // empty: the main one of the subject's kind
  SubjectHandle subject;
  std::optional<TimestampMs> at;  // a block time; absent: the present
  std::uint64_t from = 0;         // the first step of this page
  std::size_t rows = limits::kPageRowsMax;
};
// `now` is the block time of the reader's moment. At most kPageRowsMax steps.
Result<Explanation> explain(const Queries& queries, const storage::Reader& reader, const ExplainRequest& request,
                            TimestampMs now);

// Words for a step (explain_words.cpp): fills how, cut, bound and notes from its entry, its links and its rulebook.
void put_words(ExplainedStep& step, const Rulebook& rulebook, const Book& book);
Title words_for_case(const Rulebook& rulebook, const CaseRecord& record);

}  // namespace tally::contracts
