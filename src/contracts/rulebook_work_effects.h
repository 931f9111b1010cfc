// Purpose: reads what acts and deadlines of workflows bring (docs/workflows.md, "Effects").
// Thread rule: one thread. Errors: see document_reader.h.
#pragma once

#include "contracts/rulebook_expressions.h"

namespace tally::contracts {

// Where effects stand.
struct EffectPlace {
  const WorkReading& work;
  const Act* act = nullptr;  // with its `by`; null: a deadline or the term

  [[nodiscard]] Scope scope() const { return act == nullptr ? Scope::work : Scope::act; }
};

// The field `effects`, if there is one. Required: all workflows and queues are declared, but in the first pass.
std::vector<WorkEffect> read_work_effects(DocumentReader& reader, const EffectPlace& place);
// A linked case and a queue can do such acts only.
void check_queue_act_named(DocumentReader& reader, std::string_view name, const std::string& code,
                           const Workflow& workflow);

}  // namespace tally::contracts
