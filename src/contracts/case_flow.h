// Purpose: the moves of a case that change accounts and timers, whoever makes them: people or block time.
// Thread rule: the executing thread only. See cases.h for the states.
#pragma once

#include "contracts/accounts.h"
#include "contracts/counters.h"

namespace tally::contracts {

struct Flow {
  const ledger::BlockContext& block;
  ledger::State& state;
  Shelf& shelf;
  cel::Evaluation& budget;
};

std::optional<CaseRecord> load_case(const ledger::State& state, std::uint64_t case_number);
// Deductions and cases of workflows are numbered together.
std::uint64_t coming_case_number(const ledger::State& state);  // without taking it
std::uint64_t next_case_number(ledger::State& state);
// Numbers, stores and indexes a new case and starts its timer.
std::uint64_t open_case(ledger::State& state, const CaseRecord& record, const UnitId& unit);
// Stores a case that moved on, and moves its timer; a case in a final state has none.
void save_case(ledger::State& state, std::uint64_t case_number, const CaseRecord& record, TimestampMs old_deadline);

const Rule& rule_in(const RulebookPtr& rulebook, const RuleCode& code);
// What the case uses up of its rule's limits.
Use use_of(const Rulebook& rulebook, const Rule& rule, const CaseRecord& record);

struct Posted {
  std::uint64_t entry = 0;
  Amount change;
  Amount score;
  std::string problem;  // of an effect that could not be worked out; empty: none
};
// What open cases would take stands in the account, so that a gate sees it.
void add_open_case(AccountRecord& account, const CaseRecord& record);
// Whose account a case is about, under the version that it was proposed under.
struct CaseLedger {
  RulebookPtr rulebook;
  const Rule& rule;
  Ledger ledger;
};
CaseLedger ledger_of(const Flow& flow, const CaseRecord& record);
// The deduction enters the account's book.
Posted take_effect(const Flow& flow, std::uint64_t case_number, CaseRecord& record);
// The case ends as dropped or lapsed: nothing changes but what it had reserved of the limits.
void end_without_effect(const Flow& flow, std::uint64_t case_number, CaseRecord& record, CaseState end);
// The deduction has run its term: the points come back. nullopt if its entry was taken back before.
std::optional<Posted> expire(const Flow& flow, std::uint64_t case_number, CaseRecord& record);
// The term of the case's state is over.
DueEvent end_case_term(const Flow& flow, std::uint64_t case_number);

}  // namespace tally::contracts
