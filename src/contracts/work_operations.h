// Purpose: operations on cases of workflows, queues and obligations (docs/workflows.md), part of Operation.
// Thread rule: plain values.
#pragma once

#include "contracts/identifiers.h"

namespace tally::contracts {

// A value as text, in the form of its field's type.
struct NamedText {
  std::string name;
  std::string value;
  bool operator==(const NamedText&) const = default;
};
BOOST_DESCRIBE_STRUCT(NamedText, (), (name, value))

struct NamedCase {
  std::string name;
  std::uint64_t case_number = 0;
  bool operator==(const NamedCase&) const = default;
};
BOOST_DESCRIBE_STRUCT(NamedCase, (), (name, case_number))

// What is opened counts with deductions: cases are numbered per chain from 1.
struct OpenCase {
  static constexpr std::string_view kName = "open_case";
  RulebookId rulebook;
  std::string workflow;
  SubjectHandle subject;
  std::vector<NamedText> values;
  std::vector<NamedCase> links;
  Digest reason;    // zero if none
  Digest evidence;  // zero if none
  bool operator==(const OpenCase&) const = default;
};
BOOST_DESCRIBE_STRUCT(OpenCase, (), (rulebook, workflow, subject, values, links, reason, evidence))

// An act that others must endorse is signed by each with the same values.
struct ActCase {
  static constexpr std::string_view kName = "act_case";
  std::uint64_t case_number = 0;
  std::string act;
  std::vector<NamedText> values;
  Digest reason;    // zero if none
  Digest evidence;  // zero if none
  bool operator==(const ActCase&) const = default;
};
BOOST_DESCRIBE_STRUCT(ActCase, (), (case_number, act, values, reason, evidence))

// Serves the cases of a unit, and of units below it, that wait in a queue.
struct Allocate {
  static constexpr std::string_view kName = "allocate";
  RulebookId rulebook;
  std::string queue;
  UnitId unit;
  std::optional<Amount> pool;  // two decimals; absent: no bound
  Digest reason;
  Digest evidence;
  bool operator==(const Allocate&) const = default;
};
BOOST_DESCRIBE_STRUCT(Allocate, (), (rulebook, queue, unit, pool, reason, evidence))

// An obligation was met. Obligations are numbered per chain from 1.
struct Settle {
  static constexpr std::string_view kName = "settle";
  std::uint64_t obligation = 0;
  Digest evidence;
  bool operator==(const Settle&) const = default;
};
BOOST_DESCRIBE_STRUCT(Settle, (), (obligation, evidence))

// What an act or a deadline brought beside its case's own state.
enum class ConsequenceKind : std::uint8_t { award, deduction, obligation, notice, case_opened, case_moved, left_out };
BOOST_DESCRIBE_ENUM(ConsequenceKind, award, deduction, obligation, notice, case_opened, case_moved, left_out)

struct Consequence {
  ConsequenceKind kind = ConsequenceKind::award;
  std::string code;  // of the rule, workflow or act; of what was left out: why
  SubjectHandle subject;
  std::uint64_t number = 0;      // of the entry, case or obligation
  std::optional<Amount> amount;  // points of an award, money of an obligation (two decimals)
  bool operator==(const Consequence&) const = default;
};
BOOST_DESCRIBE_STRUCT(Consequence, (), (kind, code, subject, number, amount))

// Where a workflow's case stands after an operation.
struct WorkOutcome {
  std::string state;
  std::uint32_t missing = 0;  // signatures of others until the act happens; 0: it did
  std::vector<Consequence> consequences;
  bool operator==(const WorkOutcome&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkOutcome, (), (state, missing, consequences))

}  // namespace tally::contracts
