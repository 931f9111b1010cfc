// Purpose: every statement of the scenario language, declared in one table: its form, what it does, and an example.
// Help, documentation and the reader of scripts are made from it. A new operation is a new row.
// Thread rule: the table is constant; a statement's action belongs to its world's thread.
#pragma once

#include <vector>

#include "rulebook/grammar.h"

namespace tally::rulebook {

class World;

enum class Phase {
  any,
  include,  // read in place by the reader of scripts
  setup,    // before the first `on`: becomes part of the genesis
  start,    // `on`: begins the chain, later moves its clock
  time,     // only once the chain has begun, as the following
  act,      // a signed transaction; may be expected to be refused
  expect
};

struct Statement {
  Phase phase = Phase::act;
  std::string_view form;
  std::string_view example;
  std::string_view does;
  // Throws Stopped (world.h) if what was expected is not what is seen.
  void (*run)(World& world, const Match& match) = nullptr;
};

// In the order of the documentation.
const std::vector<Statement>& statements();

// By concern, each in a file of its own.
std::span<const Statement> setup_statements();
std::span<const Statement> act_statements();
std::span<const Statement> governance_statements();
std::span<const Statement> expect_statements();
std::span<const Statement> work_statements();

}  // namespace tally::rulebook
