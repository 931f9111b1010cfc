// Purpose: what a replayed state holds as rows for spreadsheets and programs: accounts, entries, cases, gates. One
// struct a kind of row gives the columns of CSV and the names of JSON. Amounts stand raw (as the ledger counts) and as
// the decimals that people read (`_text`).
// Thread rule: one thread; the reader outlives the call.
// Errors: those of the reader; a rule that has no value for an account is no error: its row says so in `problem`.
// Order: rulebook, then book, then subject, then entry or gate; cases by number. Memory: one row.
#pragma once

#include "contracts/queries.h"

namespace tally::cli {

struct AccountRow {
  std::string rulebook;
  std::uint32_t rulebook_version = 0;
  std::string book;
  SubjectHandle subject;
  contracts::SubjectKind kind = contracts::SubjectKind::household;
  std::string unit;
  Amount score;
  std::string score_text;
  std::optional<std::uint32_t> stars;
  std::string band_zh;
  std::string band_en;
  Amount pending;
  std::string pending_text;
  std::uint32_t open_cases = 0;
  std::uint64_t entries = 0;
  Digest history;
  std::uint64_t height = 0;  // of the state that this was read from
  std::string block_time;
  std::string problem;
};
BOOST_DESCRIBE_STRUCT(AccountRow, (),
                      (rulebook, rulebook_version, book, subject, kind, unit, score, score_text, stars, band_zh,
                       band_en, pending, pending_text, open_cases, entries, history, height, block_time, problem))

struct EntryRow {
  std::string rulebook;
  std::uint32_t rulebook_version = 0;
  std::string book;
  SubjectHandle subject;
  std::string unit;  // of the subject, at the end
  std::uint64_t entry = 0;
  contracts::EntryKind kind = contracts::EntryKind::award;
  std::string rule;
  std::string rule_zh;
  std::string rule_en;
  std::uint32_t quantity = 1;
  Amount asked;
  std::string asked_text;
  Amount change;
  std::string change_text;
  Amount score;
  std::string score_text;
  std::string event_time;
  std::string block_time;
  std::uint64_t height = 0;
  TransactionId transaction;
  contracts::PersonId proposer;
  std::optional<contracts::PersonId> endorser;
  std::optional<Digest> reason;
  std::optional<Digest> evidence;
  std::optional<std::uint64_t> reverses;
  std::optional<std::uint64_t> case_number;
  std::optional<std::uint64_t> taken_back_by;
};
BOOST_DESCRIBE_STRUCT(EntryRow, (),
                      (rulebook, rulebook_version, book, subject, unit, entry, kind, rule, rule_zh, rule_en, quantity,
                       asked, asked_text, change, change_text, score, score_text, event_time, block_time, height,
                       transaction, proposer, endorser, reason, evidence, reverses, case_number, taken_back_by))

// A deduction's case, or one of a workflow (`workflow` is then its code).
struct CaseRow {
  std::uint64_t number = 0;
  std::string workflow;
  std::string rulebook;
  std::uint32_t rulebook_version = 0;
  std::string rule;
  std::string title_zh;  // of the rule or workflow
  std::string title_en;
  SubjectHandle subject;
  std::string unit;
  std::string state;
  std::optional<std::uint32_t> quantity;
  std::optional<Amount> change;
  std::string change_text;
  std::string event_time;
  std::string deadline;
  std::string block_time;  // of the block that opened it
  std::uint64_t height = 0;
  TransactionId transaction;
  std::optional<contracts::PersonId> proposer;
  std::optional<contracts::PersonId> endorser;
  std::optional<contracts::PersonId> objector;
  std::optional<Digest> reason;
  std::optional<Digest> evidence;
  std::optional<Digest> objection;
  std::optional<std::uint64_t> entry;
};
BOOST_DESCRIBE_STRUCT(CaseRow, (),
                      (number, workflow, rulebook, rulebook_version, rule, title_zh, title_en, subject, unit, state,
                       quantity, change, change_text, event_time, deadline, block_time, height, transaction, proposer,
                       endorser, objector, reason, evidence, objection, entry))

// What a gate answers for an account at the end of the chain.
struct GateRow {
  std::string rulebook;
  std::uint32_t rulebook_version = 0;
  std::string book;
  SubjectHandle subject;
  std::string unit;
  std::string gate;
  std::string gate_zh;
  std::string gate_en;
  std::string effect;
  std::optional<bool> passes;
  std::optional<bool> passes_after_pending;
  Amount score;
  std::string score_text;
  std::optional<Amount> at_least;
  std::string at_least_text;
  std::string reason_zh;
  std::string reason_en;
  std::optional<Amount> value;
  std::string value_text;
  std::string value_unit;
  std::uint64_t height = 0;
  std::string block_time;
  std::string problem;
};
BOOST_DESCRIBE_STRUCT(GateRow, (),
                      (rulebook, rulebook_version, book, subject, unit, gate, gate_zh, gate_en, effect, passes,
                       passes_after_pending, score, score_text, at_least, at_least_text, reason_zh, reason_en, value,
                       value_text, value_unit, height, block_time, problem))

struct RowFilter {
  std::string rulebook;              // empty: all
  std::string unit;                  // and what lies below it; empty: all
  std::optional<TimestampMs> since;  // by block time, of entries and cases
  std::optional<TimestampMs> until;  // not included
};

// One moment of a chain.
struct RowSource {
  const storage::Reader& reader;
  std::uint64_t height = 0;
  TimestampMs time;
  RowFilter filter;
};

template <class Row>
using TakeRow = std::function<Status(const Row&)>;

Status each_account(const RowSource& source, const TakeRow<AccountRow>& take);
Status each_entry(const RowSource& source, const TakeRow<EntryRow>& take);
Status each_case(const RowSource& source, const TakeRow<CaseRow>& take);
Status each_gate(const RowSource& source, const TakeRow<GateRow>& take);

}  // namespace tally::cli
