#include "contracts/rulebook_acts.h"

#include "contracts/rulebook_fields.h"
#include "contracts/rulebook_work_effects.h"

namespace tally::contracts {

namespace {

constexpr std::uint32_t kTimesMax = 1000;
constexpr std::pair<std::string_view, Reach> kReaches[] = {
    {"above", Reach::above}, {"same", Reach::same}, {"anywhere", Reach::anywhere}};
constexpr std::pair<std::string_view, Once> kOnces[] = {{"case", Once::per_case}, {"day", Once::per_day}};

std::string place_in(std::string_view name, std::size_t i) {
  return std::string(name) + "[" + std::to_string(i) + "]";
}

bool optional_flag(DocumentReader& reader, std::string_view name) {
  return reader.given(name) && reader.flag(name);
}

// Texts that each stand once; empty if they are not that.
std::vector<std::string> different_texts(DocumentReader& reader, std::string_view name) {
  auto out = reader.texts(name);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto place = out.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(out.begin(), place, *place) != place)
      reader.mistake(place_in(name, i), "is \"" + *place + "\", which stands twice", "each once");
  }
  return out;
}

void read_by(DocumentReader& reader, Act& act) {
  const auto before = reader.mistakes();
  const auto names = different_texts(reader, "by");
  if (reader.mistakes() != before) return;
  if (names.empty())
    return reader.mistake("by", "names nobody", "roles of officers, subject and others as it may be, or queue");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "subject") {
      act.by_subject = true;
    } else if (names[i] == "others") {
      act.by_others = true;
    } else if (names[i] == "queue") {
      act.by_queue = true;
    } else if (const auto role = from_json<Role>(Json(names[i]))) {
      act.roles.push_back(*role);
    } else {
      reader.mistake(place_in("by", i), role.error().problem, role.error().expected + ", subject, others, queue");
    }
  }
  if (act.by_queue && names.size() > 1)
    reader.mistake("by", "names others beside queue", "queue alone: nobody signs what an allocation does");
}

void read_takes(DocumentReader& reader, Act& act, const Workflow& workflow) {
  if (!reader.given("takes")) return;
  const auto names = different_texts(reader, "takes");
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const auto field = field_named(reader, place_in("takes", i), names[i], workflow, kAnyField))
      act.takes.push_back(*field);
}

void read_endorsed_by(DocumentReader& reader, Act& act) {
  reader.object("endorsed_by", false, [&](DocumentReader& inner) {
    EndorsedBy out;
    out.count = static_cast<std::uint32_t>(inner.number("count", 1, kEndorsementsMax));
    out.roles = inner.roles("roles");
    if (inner.has("roles") && out.roles.empty()) inner.mistake("roles", "names nobody", "a role that may endorse");
    out.different_units = optional_flag(inner, "different_units");
    act.endorsed_by = std::move(out);
  });
}

// Endorsers come to officers, one after the other, while a case waits; what is not open yet cannot wait.
void check_endorsed(DocumentReader& reader, const Act& act) {
  if (act.code == kOpening)
    reader.mistake("endorsed_by", "stands in an opening", "an act: a case that waits for endorsers is open");
  else if (act.by_subject || act.by_others)
    reader.mistake("endorsed_by", "stands in an act by a subject", "`by` with roles of officers only");
}

// Nobody signs what an allocation or another case does, so nothing can be asked of whoever does it.
void check_queue_act(DocumentReader& reader, const Act& act) {
  const std::string problem = "stands in an act that nobody signs";
  const std::string expected = "another `by` than queue";
  if (act.endorsed_by) reader.mistake("endorsed_by", problem, expected);
  if (act.subject_signs) reader.mistake("subject_signs", problem, expected);
  // An opening gets them from the effect that opens.
  if (!act.takes.empty() && act.code != kOpening) reader.mistake("takes", problem, expected);
}

// What an opening and an act have in common.
void read_terms(DocumentReader& reader, Act& act, const Workflow& workflow, const WorkReading& work) {
  read_by(reader, act);
  if (reader.given("reach")) {
    act.reach = reader.word("reach", kReaches);
    if (act.roles.empty() && !act.by_others)
      reader.mistake("reach", "stands in an act by neither officers nor others", "no reach");
  }
  read_takes(reader, act, workflow);
  act.evidence_required = optional_flag(reader, "evidence_required");
  act.reason_required = optional_flag(reader, "reason_required");
  read_endorsed_by(reader, act);
  act.subject_signs = optional_flag(reader, "subject_signs");
  if (act.by_queue)
    check_queue_act(reader, act);
  else if (act.endorsed_by)
    check_endorsed(reader, act);
  act.conditions = read_work_conditions(reader, work);
  act.effects = read_work_effects(reader, {work, &act});
}

void read_from(DocumentReader& reader, Act& act, const Workflow& workflow) {
  const auto before = reader.mistakes();
  const auto names = different_texts(reader, "from");
  if (reader.mistakes() == before && names.empty())
    reader.mistake("from", "is empty", "the states in which the act can be done");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto state = workflow.state(names[i]);
    if (!state)
      reader.mistake(place_in("from", i), "is \"" + names[i] + "\"", codes_of(workflow.states));
    else if (workflow.states[*state].final)
      reader.mistake(place_in("from", i), "is \"" + names[i] + "\", which is final", "a state that is not: it is over");
    else
      act.from.push_back(*state);
  }
}

void read_not_by(DocumentReader& reader, Act& act, const Workflow& workflow) {
  if (!reader.given("not_by")) return;
  act.not_by = different_texts(reader, "not_by");
  for (std::size_t i = 0; i < act.not_by.size(); ++i)
    if (act.not_by[i] != kOpening && workflow.act(act.not_by[i]) == nullptr)
      reader.mistake(place_in("not_by", i), "is \"" + act.not_by[i] + "\"",
                     workflow.acts.empty() ? "open" : codes_of(workflow.acts) + ", open");
}

void read_code(DocumentReader& reader, Act& act, const Workflow& workflow, std::size_t place) {
  act.code = reader.slug("code");
  if (act.code == kOpening)
    reader.mistake("code", "is \"open\", which is how a case begins", "another code");
  else if (reader.has("code") && workflow.act(act.code) != &workflow.acts[place])
    reader.twice("code", act.code);
}

}  // namespace

std::size_t read_state(DocumentReader& reader, std::string_view name, const Workflow& workflow) {
  const auto before = reader.mistakes();
  const auto code = reader.slug(name);
  if (reader.mistakes() != before) return 0;
  if (const auto state = workflow.state(code)) return *state;
  reader.mistake(name, "is \"" + code + "\"", codes_of(workflow.states));
  return 0;
}

void read_opening(DocumentReader& reader, Workflow& workflow, const WorkReading& work) {
  reader.object("open", true, [&](DocumentReader& inner) {
    Act open;
    open.code = kOpening;
    const auto before = inner.mistakes();
    open.to = read_state(inner, "state", workflow);
    if (inner.mistakes() == before && workflow.states[*open.to].final)
      inner.mistake("state", "is \"" + workflow.states[*open.to].code + "\", which is final",
                    "a state in which the case is not over");
    read_terms(inner, open, workflow, work);
    workflow.open = std::move(open);
  });
}

void read_acts(DocumentReader& reader, Workflow& workflow, const WorkReading& work) {
  reader.at_most("acts", kWorkPartsMax);
  std::size_t place = 0;
  reader.each("acts", false, [&](DocumentReader& inner) {
    Act act;
    read_code(inner, act, workflow, place);
    act.title = inner.title("title");
    read_from(inner, act, workflow);
    if (inner.given("to")) act.to = read_state(inner, "to", workflow);
    read_not_by(inner, act, workflow);
    if (inner.given("once")) act.once = inner.word("once", kOnces);
    if (inner.given("times")) act.times = static_cast<std::uint32_t>(inner.number("times", 1, kTimesMax));
    read_terms(inner, act, workflow, work);
    workflow.acts[place++] = std::move(act);
  });
}

}  // namespace tally::contracts
