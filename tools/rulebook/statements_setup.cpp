// Statements that set up the village, and that let time pass.
#include "common/json.h"
#include "common/time.h"
#include "rulebook/operations.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

void after(World& world, const Match& match) {
  const std::uint32_t count = number(match["N"]);
  const std::string& unit = match.choice("hour|hours|day|days|month|months|year|years");
  if (unit.starts_with("month")) return world.go_to(add_months(world.now(), count));
  if (unit.starts_with("year")) return world.go_to(add_months(world.now(), 12 * count));
  world.go_to(world.now().plus(count * (unit.starts_with("hour") ? kDayMs / 24 : kDayMs)));
}

const Statement kStatements[] = {
    {Phase::include, "use NAME", "use village", "reads NAME.cast beside the scenario, as if its lines stood here",
     nullptr},
    {Phase::setup, "unit UNIT UNITKIND", "unit yingshan/qingzhen/ludishao village",
     "sets up a unit; the one above it comes first",
     [](World& world, const Match& match) {
       world.define_unit(match["UNIT"]);
       world.set_up(RegisterUnit{match["UNIT"].text, from_json<UnitKind>(Json(match["UNITKIND"].text)).value(),
                                 match["UNIT"].text});
     }},
    {Phase::setup, "officer NAME in UNIT as ROLE...", "officer secretary in ludishao as endorser arbiter",
     "sets up an officer with a key; a unit may be called by the last part of its path",
     [](World& world, const Match& match) { world.set_up(officer_operation(world, match, match["NAME"])); }},
    {Phase::setup, "household|person|enterprise|official|object NAME in UNIT [of PERSON] [with key]",
     "household wang in ludishao of accountant with key",
     "sets up a subject; of: the officer who belongs to it; with key: it can sign for itself",
     [](World& world, const Match& match) { world.set_up(subject_operation(world, match, match["NAME"])); }},
    {Phase::setup, "account SUBJECT", "account wang", "opens the subject's account, at the book's start",
     [](World& world, const Match& match) {
       world.set_up(OpenAccount{world.rulebook_id(), world.subject(match["SUBJECT"]).handle});
     }},
    {Phase::setup, "rulebook FILE", "rulebook other.json", "deploys a further rulebook of the folder",
     [](World& world, const Match& match) { world.set_up(DeployRulebook{world.add_rulebook(match["FILE"])}); }},
    {Phase::setup, "constitution FILE", "constitution constitution.json",
     "gives the chain a constitution of the folder: who proposes and approves rules (docs/governance.md)",
     [](World& world, const Match& match) { world.set_up(constitution_operation(world, match["FILE"])); }},
    {Phase::any, "under RULEBOOK", "under qingzhen", "the lines that follow are about this rulebook",
     [](World& world, const Match& match) { world.use_rulebook(match["RULEBOOK"]); }},
    {Phase::start, "on DATE", "on 2026-03-01",
     "begins the chain; later: time passes until then, and what falls due on the way happens at its time",
     [](World& world, const Match& match) { world.go_to(parse_time(match["DATE"].text).value()); }},
    {Phase::time, "after N hour|hours|day|days|month|months|year|years", "after 11 days", "lets time pass", after},
};

}  // namespace

std::span<const Statement> setup_statements() {
  return kStatements;
}

}  // namespace tally::rulebook
