#include "contracts/rulebook_workflows.h"

#include "contracts/rulebook_acts.h"
#include "contracts/rulebook_circles.h"
#include "contracts/rulebook_fields.h"
#include "contracts/rulebook_queues.h"
#include "contracts/rulebook_rules.h"
#include "contracts/rulebook_work_effects.h"
#include "contracts/work_type.h"

namespace tally::contracts {

namespace {

// A number below 1 that stands there as it is; what is worked out is for the engine to judge.
bool below_one(const std::string& source) {
  const auto first = source.find_first_not_of(" \t\n");
  if (first == std::string::npos) return false;
  const auto text = source.substr(first, source.find_last_not_of(" \t\n") - first + 1);
  const bool digits = text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string::npos;
  return digits && (text[0] == '-' || text.find_first_not_of('0') == std::string::npos);
}

Deadline read_deadline(DocumentReader& reader, const Workflow& workflow, const WorkReading& work) {
  Deadline out;
  const bool hours = reader.given("hours");
  const bool at = reader.given("at");
  if (!hours && !at)
    reader.mistake("hours", "is missing", "hours or at", ErrorCode::missing_field);
  else if (hours && at)
    reader.mistake("at", "stands beside hours", "one of the two");
  if (hours) {
    out.hours = read_work_expression(reader, "hours", work, Scope::work, cel::TypeKind::integer);
    if (below_one(out.hours.source)) reader.mistake("hours", "is " + out.hours.source, "1 or more");
  }
  if (at) out.at = read_work_expression(reader, "at", work, Scope::work, cel::TypeKind::timestamp);
  out.go = read_state(reader, "go", workflow);
  out.effects = read_work_effects(reader, {work, nullptr});
  return out;
}

// Codes first: deadlines lead to states that stand further down.
void read_state_codes(DocumentReader& reader, Workflow& workflow) {
  for (auto& code : reader.codes_in("states")) workflow.states.emplace_back().code = std::move(code);
}

void read_states(DocumentReader& reader, Workflow& workflow, const WorkReading& work) {
  reader.at_most("states", kWorkPartsMax);
  std::size_t place = 0;
  reader.each("states", true, [&](DocumentReader& inner) {
    WorkState& state = workflow.states[place];
    state.code = inner.slug("code");
    if (inner.has("code") && workflow.state(state.code) != place) inner.twice("code", state.code);
    state.title = inner.title("title");
    if (inner.given("final")) state.final = inner.flag("final");
    if (inner.given("after") && state.final)
      inner.mistake("after", "stands in a final state", "no deadline: the case is over");
    inner.object("after", false, [&](DocumentReader& after) { state.after = read_deadline(after, workflow, work); });
    ++place;
  });
  if (reader.has("states") && workflow.states.empty())
    reader.mistake("states", "is empty", "the states of a case, one of them final");
}

void read_term(DocumentReader& reader, Workflow& workflow, const WorkReading& work) {
  if (!reader.given("term"))
    return reader.mistake("term", "is missing", "days, and the final state that a case ends in: every case ends",
                          ErrorCode::missing_field);
  reader.object("term", true, [&](DocumentReader& inner) {
    workflow.term.days = static_cast<std::uint32_t>(inner.number("days", 1, kWorkTermDaysMax));
    const auto before = inner.mistakes();
    workflow.term.go = read_state(inner, "go", workflow);
    if (inner.mistakes() == before && !workflow.states[workflow.term.go].final)
      inner.mistake("go", "is \"" + workflow.states[workflow.term.go].code + "\", which is not final", "a final state");
    workflow.term.effects = read_work_effects(inner, {work, nullptr});
  });
}

// `known`: as the first pass left it; empty in the first pass itself.
Workflow read_workflow(DocumentReader& reader, const Rulebook& rulebook, const Workflow* known) {
  Workflow out;
  const WorkReading work{rulebook, out, known == nullptr};
  if (known != nullptr) out.type = known->type;
  const auto before = reader.mistakes();
  out.code = reader.slug("code");
  if (known != nullptr && reader.mistakes() == before && rulebook.workflow(out.code) != known)
    reader.twice("code", out.code);
  out.title = reader.title("title");
  out.subject = reader.choice<SubjectKind>("subject");
  read_fields(reader, out);
  read_links(reader, out, work);
  read_state_codes(reader, out);
  for (auto& code : reader.codes_in("acts")) out.acts.emplace_back().code = std::move(code);
  read_states(reader, out, work);
  read_opening(reader, out, work);
  read_acts(reader, out, work);
  read_term(reader, out, work);
  out.provenance = read_provenance(reader);
  return out;
}

std::string place_of(std::string_view name, std::size_t i) {
  return std::string(name) + "[" + std::to_string(i) + "]";
}

}  // namespace

std::vector<bool> declare_work(const Json& document, Rulebook& rulebook) {
  std::vector<bool> sound;
  std::vector<Error> ignored;
  DocumentReader reader(document, "", ignored);
  reader.each("workflows", false, [&](DocumentReader& inner) {
    const auto before = inner.mistakes();
    rulebook.workflows.push_back(read_workflow(inner, rulebook, nullptr));
    sound.push_back(inner.mistakes() == before && rulebook.workflows.back().open.to.has_value());
  });
  for (auto& workflow : rulebook.workflows) workflow.type = work_type(workflow, rulebook);
  reader.each("queues", false, [&](DocumentReader& inner) { rulebook.queues.push_back(declared_queue(inner)); });
  return sound;
}

void read_work(DocumentReader& reader, Rulebook& rulebook, const std::vector<bool>& sound) {
  const auto before = reader.mistakes();
  reader.at_most("workflows", kWorkflowsMax);
  std::size_t place = 0;
  reader.each("workflows", false, [&](DocumentReader& inner) {
    rulebook.workflows[place] = read_workflow(inner, rulebook, &rulebook.workflows[place]);
    const auto& workflow = rulebook.workflows[place];
    if (!sound[place++]) return;
    for (const auto state : unreachable_states(workflow))
      inner.mistake(place_of("states", state) + ".code",
                    "is \"" + workflow.states[state].code + "\", which nothing leads to",
                    "an act, a deadline or the term that leads there");
  });
  reader.at_most("queues", kWorkflowsMax);
  place = 0;
  reader.each("queues", false, [&](DocumentReader& inner) {
    rulebook.queues[place] = read_queue(inner, rulebook, rulebook.queues[place]);
    ++place;
  });
  if (reader.mistakes() == before) check_circles(reader, rulebook);
}

void check_proposers(DocumentReader& reader, const Rulebook& rulebook, const std::vector<std::size_t>& places) {
  for (const auto place : places) {
    bool awarded = false;
    for (const auto& workflow : rulebook.workflows)
      for_each_effects(workflow, [&](const std::vector<WorkEffect>& effects) {
        for (const auto& effect : effects)
          if (const auto* claim = std::get_if<ClaimEffect>(&effect.what))
            awarded = awarded || (!claim->deduct && claim->rule == rulebook.rules[place].code);
      });
    if (!awarded)
      reader.mistake(place_of("rules", place) + ".proposer_roles", "names nobody", "a role that may propose");
  }
}

}  // namespace tally::contracts
