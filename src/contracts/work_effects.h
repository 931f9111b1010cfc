// Purpose: what acts and deadlines of workflows bring (docs/workflows.md, "Effects").
// Thread rule: the executing thread only.
// Errors: those of claims.h; expression_failed; invalid_field; not_found; wrong_state (cases that lead to one another
// too deep). An act's effects are all or none: the caller's transaction is rolled back. A deadline's are each on trial:
// what fails is left out and told as a consequence.
#pragma once

#include "contracts/call.h"
#include "contracts/work_case.h"

namespace tally::contracts {

inline constexpr unsigned kWorkDepthMax = 8;  // of cases that open or move one another

// Who or what brings the effects.
struct Acting {
  Call& call;
  std::string clause;     // "duty/check-in"
  Signer author;          // neither: a deadline
  PersonPtr officer;      // who proposes what is claimed; null: no officer acts
  bool seconded = false;  // somebody else signed too
  std::vector<Signer> signers;
  std::vector<NamedText> values;
  Digest reason;
  Digest evidence;
  std::vector<Consequence>* consequences = nullptr;
  bool deadline = false;
  unsigned depth = 0;

  [[nodiscard]] std::string author_handle() const { return author.subject ? author.subject->hex() : std::string(); }
};

// The situation of a case's subject, with `case` and `author`. The case outlives it.
Situation situation_of(const Acting& acting, const Work& work);

Status apply_work_effects(const Acting& acting, Work& work, const std::vector<WorkEffect>& effects);

}  // namespace tally::contracts
