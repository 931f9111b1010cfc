// Purpose: what a proposed version of a rulebook would have made of the history. The chain's operations are executed
// twice: as they were, by whoever replays the chain, and once more with the proposal in the place of whatever version
// was in force from a moment on. What events of that moment and later, and what falls due after it, is judged by the
// proposal; everything else is as it was: transactions, signers, block times.
// Numbers that an operation names (a case, an entry) are those of the real chain; where numbers come out otherwise
// under the proposal, each operation still acts on what it was about. What it was about may not exist: an endorsement
// of a case that is refused under the proposal is itself refused, and told as such. Thread rule: one thread. Errors:
// wrong_state, not_registered (a proposal that no version on this chain could be followed by); storage_failed.
#pragma once

#include "contracts/rulebook.h"
#include "ledger/executor.h"
#include "storage/store.h"

namespace tally::contracts {

// Why an operation comes out otherwise.
enum class Fate : std::uint8_t {
  refused,   // by a rule of the proposal, or because of what else is otherwise by now
  undone,    // with the rest of its all-or-nothing transaction
  no_case,   // the case that it acts on was never opened
  no_entry,  // the entry that it takes back was never made
  accepted   // in reality it was refused
};
BOOST_DESCRIBE_ENUM(Fate, refused, undone, no_case, no_entry, accepted)

struct DryRunOperation {
  BlockHeight height;
  TimestampMs block_time;
  TransactionId transaction;
  std::uint32_t operation = 0;  // its place in the transaction
  std::string type;             // "award"
  std::optional<SubjectHandle> subject;
  Fate fate = Fate::refused;
  ErrorCode code = ErrorCode::ok;  // of the refusal: under the proposal; of an accepted one: in reality
  RuleCode rule;
  std::string message;
  bool operator==(const DryRunOperation&) const = default;
};
BOOST_DESCRIBE_STRUCT(DryRunOperation, (),
                      (height, block_time, transaction, operation, type, subject, fate, code, rule, message))

struct AccountOutcome {
  Amount score;
  std::uint32_t stars = 1;
  Title band;
  std::vector<Benefit> benefits;
  std::uint32_t open_cases = 0;
  Amount pending;  // what they would take; zero or negative
  bool operator==(const AccountOutcome&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccountOutcome, (), (score, stars, band, benefits, open_cases, pending))

// A gate that decides or grants otherwise. One that a version does not have restricts nobody and grants nothing.
struct GateTurn {
  std::string code;
  Title title;
  bool passes = false;  // now
  bool would_pass = false;
  Title reason;                 // under the proposal
  std::optional<Amount> value;  // what it grants now
  std::optional<Amount> would_grant;
  std::string value_unit;
  bool operator==(const GateTurn&) const = default;
};
BOOST_DESCRIBE_STRUCT(GateTurn, (), (code, title, passes, would_pass, reason, value, would_grant, value_unit))

// A list or a suspension that would begin or not be.
struct StandingTurn {
  std::string code;
  Title title;
  bool stands = false;  // now
  bool would_stand = false;
  bool operator==(const StandingTurn&) const = default;
};
BOOST_DESCRIBE_STRUCT(StandingTurn, (), (code, title, stands, would_stand))

struct AccountChange {
  SubjectHandle subject;
  SubjectKind kind = SubjectKind::household;
  UnitId unit;
  BookCode book;
  std::optional<AccountOutcome> now;    // absent: there is no such account
  std::optional<AccountOutcome> would;  // absent: there would be none
  std::vector<GateTurn> gates;          // of this book
  std::vector<StandingTurn> standings;  // told with the subject's first book
  bool operator==(const AccountChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccountChange, (), (subject, kind, unit, book, now, would, gates, standings))

struct DryRunReport {
  RulebookId rulebook;
  std::uint32_t version_now = 1;  // in force at the end of the history
  std::uint32_t version = 1;      // proposed
  std::uint32_t scale = 0;
  TimestampMs since;
  BlockHeight height;  // the last block
  TimestampMs time;    // its time
  std::uint64_t accounts = 0;
  std::uint64_t judged_again = 0;        // awards, deductions and spendings whose events the proposal judged
  std::vector<AccountChange> changes;    // by subject, then as the proposal orders its books
  std::vector<DryRunOperation> refused;  // in the order of the chain
  std::vector<DryRunOperation> accepted;
};
BOOST_DESCRIBE_STRUCT(DryRunReport, (),
                      (rulebook, version_now, version, scale, since, height, time, accounts, judged_again, changes,
                       refused, accepted))

class DryRun {
 public:
  DryRun(RulebookPtr proposal, TimestampMs since);
  ~DryRun();
  DryRun(const DryRun&) = delete;
  DryRun& operator=(const DryRun&) = delete;

  // Executes the real history, for whoever replays the chain (ledger/audit.h).
  [[nodiscard]] ledger::Executor& real();

  // In this order: begin once the genesis was executed by real(), follow after each block was, finish at last.
  Status begin(const ledger::Genesis& genesis);
  Status follow(const ledger::BlockHeader& header, const ledger::Batch* batch);
  // `real`: the state that the real history came to.
  Result<DryRunReport> finish(const storage::Reader& real);

 private:
  class Run;
  std::unique_ptr<Run> run_;
};

}  // namespace tally::contracts
