// Purpose: what a subject may see of itself beside its accounts: which consents it has given, on which lists it stands
// and under which suspensions it is, what its sums have come to, and who asked which gate about it. Read-only, over one
// consistent moment of the store.
// Thread rule: pure functions over the caller's reader; the Queries are thread-safe.
// Errors: not_registered (subject, rulebook); those of the reader; internal (a damaged store).
// Bounds: at most limits::kPageRowsMax rows.
#pragma once

#include "contracts/consents.h"
#include "contracts/consultations.h"
#include "contracts/queries.h"

namespace tally::contracts {

// A consent that was given and not taken back: what is taken back stands in the chain, not in the state.
struct ConsentView {
  UnitId unit;  // that may ask; empty: to be scored
  TimestampMs given;
  TimestampMs until;
  bool runs = false;  // its term is not over
  Digest evidence;
  std::optional<PersonId> helper;  // the registrar who signed for the subject
  bool operator==(const ConsentView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsentView, (), (unit, given, until, runs, evidence, helper))

// An entry that a standing rests on.
struct GroundView {
  BookCode book;
  std::uint64_t entry = 0;
  RuleCode rule;
  Title rule_title;
  TimestampMs since;
  TimestampMs until;
  bool operator==(const GroundView&) const = default;
};
BOOST_DESCRIBE_STRUCT(GroundView, (), (book, entry, rule, rule_title, since, until))

struct StandingView {
  std::string code;
  Title title;
  StandingKind kind = StandingKind::red;
  TimestampMs until;  // of the last ground
  std::vector<GroundView> grounds;
  bool operator==(const StandingView&) const = default;
};
BOOST_DESCRIBE_STRUCT(StandingView, (), (code, title, kind, until, grounds))

struct SumView {
  std::string code;
  Title title;
  SumOf of = SumOf::deducted;
  std::uint32_t months = 12;
  BookCode book;                // empty: any
  std::vector<RuleCode> rules;  // empty: any
  Amount value;
  bool operator==(const SumView&) const = default;
};
BOOST_DESCRIBE_STRUCT(SumView, (), (code, title, of, months, book, rules, value))

struct ConsultationView {
  std::uint64_t index = 0;
  Consultation consultation;
  Title gate_title;
  std::string officer_title;  // of the post; never a name
  bool operator==(const ConsultationView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsultationView, (), (index, consultation, gate_title, officer_title))

struct ConsultationPage {
  std::vector<ConsultationView> rows;  // newest first
  std::optional<std::uint64_t> next;   // ask for those before this index
};

struct SubjectQuestion {
  const Queries& queries;
  const storage::Reader& reader;
  RulebookId rulebook;
  SubjectHandle subject;
  TimestampMs now;  // block time of the reader's moment
};
// To be scored first, then by unit.
Result<std::vector<ConsentView>> consents_of(const SubjectQuestion& question);
// In the order of the rulebook in force; what only an earlier version declared comes after.
Result<std::vector<StandingView>> standings_of(const SubjectQuestion& question);
Result<std::vector<SumView>> sums_of(const SubjectQuestion& question);
Result<ConsultationPage> consultations_of(const SubjectQuestion& question, std::optional<std::uint64_t> before,
                                          std::size_t rows);

}  // namespace tally::contracts
