// Statements about cases of workflows, queues, obligations and notices.
#include "contracts/work_values.h"
#include "rulebook/operations.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

// What a case is of, in the version of the rulebook that it runs under.
const Workflow& workflow_of(const RulebookPtr& rulebook, const WorkRecord& record) {
  const Workflow* workflow = rulebook->workflow(record.workflow);
  if (workflow == nullptr) World::stop("a workflow " + record.workflow, "the rulebook has none");
  return *workflow;
}

RulebookPtr rulebook_of(const World& world, const WorkRecord& record) {
  return World::must(world.queries().rulebook_version(world.reader(), record.rulebook, record.rulebook_version));
}

const WorkField& field_of(const Workflow& workflow, const Word& word, const std::string& code) {
  if (const auto place = workflow.field(code)) return workflow.fields[*place];
  std::string all;
  for (const auto& field : workflow.fields) all += (all.empty() ? "" : ", ") + field.code;
  World::stop_at(word, all.empty() ? "a workflow with fields" : "one of " + all,
                 workflow.code + " has no field \"" + code + "\"");
}

// "hours=6" in two: what is after the sign keeps the word's place.
std::pair<std::string, Word> parted(const Word& word) {
  const auto at = word.text.find('=');
  Word value = word;
  value.text = word.text.substr(at + 1);
  return {word.text.substr(0, at), std::move(value)};
}

// As they are sent. The engine judges them; only names of subjects are known to scenarios alone. `workflow` may be
// null.
std::vector<NamedText> values_of(const World& world, const Match& match, const Workflow* workflow) {
  std::vector<NamedText> out;
  if (!match.has("FIELD=VALUE")) return out;
  for (const auto& word : match.list("FIELD=VALUE")) {
    auto [code, value] = parted(word);
    const auto place = workflow == nullptr ? std::nullopt : workflow->field(code);
    const bool subject = place && workflow->fields[*place].type == FieldType::subject;
    out.push_back({code, subject && !value.text.empty() ? world.subject(value).handle.hex() : value.text});
  }
  return out;
}

void start(World& world, const Match& match) {
  OpenCase out;
  out.rulebook = world.rulebook_id();
  out.workflow = match["WORKFLOW"].text;
  out.subject = world.subject(match["SUBJECT"]).handle;
  const auto rulebook = world.rulebook();
  out.values = values_of(world, match, rulebook->workflow(out.workflow));
  if (match.has("LINK=CASE"))
    for (const auto& word : match.list("LINK=CASE")) {
      const auto [code, name] = parted(word);
      out.links.push_back({code, world.case_number(name)});
    }
  out.reason = digest_of_reason(match);
  out.evidence = digest_of_evidence(match);
  world.act(match, std::move(out));
}

void act(World& world, const Match& match) {
  ActCase out;
  out.case_number = world.case_number(match["CASE"]);
  out.act = match["ACT"].text;
  // Of a deduction nothing is known here: the engine says so.
  if (const auto record = world.queries().work_record(world.reader(), out.case_number)) {
    const auto rulebook = rulebook_of(world, *record);
    out.values = values_of(world, match, &workflow_of(rulebook, *record));
  } else {
    out.values = values_of(world, match, nullptr);
  }
  out.reason = digest_of_reason(match);
  out.evidence = digest_of_evidence(match);
  world.act(match, std::move(out));
}

Amount money(const Word& word) {
  const auto amount = parse_amount(word.text, kMoneyScale);
  if (!amount) World::stop_at(word, amount.error().expected, amount.error().problem);
  return *amount;
}

void allocate(World& world, const Match& match) {
  Allocate out;
  out.rulebook = world.rulebook_id();
  out.queue = match["QUEUE"].text;
  out.unit = world.unit(match["UNIT"]);
  if (match.has("VALUE")) out.pool = money(match["VALUE"]);
  out.reason = digest_of_reason(match);
  out.evidence = digest_of_evidence(match);
  world.act(match, std::move(out));
}

void settle(World& world, const Match& match) {
  const auto obligations = world.obligations(match["SUBJECT"]);
  const auto wanted = number(match["N"]);
  if (wanted < 1 || wanted > obligations.size())
    World::stop_at(match["N"], obligations.empty() ? "an obligation" : "1 to " + std::to_string(obligations.size()),
                   match["SUBJECT"].text + " has " + std::to_string(obligations.size()) + " obligations");
  world.act(match, Settle{obligations[wanted - 1].number, digest_of_evidence(match)});
}

void call(World& world, const Match& match) {
  const auto handle = world.subject(match["SUBJECT"]).handle;
  const std::string& workflow = match["WORKFLOW"].text;
  std::optional<std::string> cursor;
  do {
    const auto page =
        World::must(world.queries().work_of_subject(world.reader(), handle, false, cursor, limits::kPageRowsMax));
    for (const auto& row : page.rows)
      if (row.rulebook == world.rulebook_id() && row.workflow == workflow)
        return world.name_case(match["NAME"], row.number);
    cursor = page.next;
  } while (cursor);
  World::stop(match["SUBJECT"].text + " to have a case of " + workflow, "there is none");
}

void expect_state(World& world, const Match& match) {
  const auto view = world.work_view(match["CASE"]);
  World::expect_equal(match["WORKSTATE"].text, view.state, "case " + match["CASE"].text);
}

// A value as the ledger would show it: "06" and "6" are one number.
std::string meant(const World& world, const WorkField& field, const Word& word) {
  if (field.type == FieldType::subject) return word.text == "none" ? "" : world.subject(word).handle.hex();
  // Whatever the field's bounds: before anybody gives a value, it may lie outside.
  WorkField any;
  any.code = field.code;
  any.type = field.type;
  const auto value = parse_field(any, word.text, field.code);
  if (!value) World::stop_at(word, value.error().expected, value.error().problem);
  return show_field(field.type, *value);
}

std::string shown(const World& world, const WorkField& field, const std::string& value) {
  if (field.type != FieldType::subject) return value;
  const auto handle = SubjectHandle::from_hex(value);
  return handle ? world.name_of(*handle) : "none";
}

std::vector<Word> elements_of(const Word& word) {
  std::vector<Word> out;
  if (word.text == "none") return out;
  for (std::size_t from = 0; from <= word.text.size();) {
    const auto comma = std::min(word.text.find(',', from), word.text.size());
    out.push_back({word.text.substr(from, comma - from), word.column, word.quoted});
    from = comma + 1;
  }
  return out;
}

void expect_field(World& world, const Match& match) {
  const auto view = world.work_view(match["CASE"]);
  const auto record = World::must(world.queries().work_record(world.reader(), view.number));
  const auto rulebook = rulebook_of(world, record);
  const auto& field = field_of(workflow_of(rulebook, record), match["FIELD"], match["FIELD"].text);
  const auto& seen = *std::find_if(view.fields.begin(), view.fields.end(),
                                   [&](const FieldView& one) { return one.name == field.code; });
  const auto words = field.list > 0 ? elements_of(match["CONTENT"]) : std::vector{match["CONTENT"]};
  std::vector<std::string> values;
  for (const auto& value : seen.values) values.push_back(value.value);
  if (field.list == 0) values.push_back(seen.value);
  std::vector<std::string> wanted;
  for (const auto& word : words) wanted.push_back(meant(world, field, word));
  if (wanted == values) return;
  const auto joined = [&](const std::vector<std::string>& all) {
    std::string out;
    for (const auto& one : all) out += (out.empty() ? "" : ",") + shown(world, field, one);
    return all.empty() ? "none" : out;
  };
  World::stop("field " + field.code + " of " + match["CASE"].text + " " + joined(wanted), joined(values));
}

void expect_owed(World& world, const Match& match) {
  Amount sum;
  std::string unit = match.text("CURRENCY");
  for (const auto& item : world.obligations(match["SUBJECT"])) {
    if (item.record.state != ObligationState::owed) continue;
    if (unit.empty()) unit = item.record.unit;
    if (unit == item.record.unit) {
      const auto more = checked_add(sum, item.record.amount);
      if (!more) World::stop("a sum that fits", "what is owed is too much to add up");
      sum = *more;
    } else if (!match.has("CURRENCY")) {
      World::stop("in " + unit + " or in " + item.record.unit + " at the end of the line", "both are owed");
    }
  }
  World::expect_equal(format_amount(money(match["VALUE"]), kMoneyScale), format_amount(sum, kMoneyScale),
                      "what " + match["SUBJECT"].text + " is owed");
}

void expect_queue(World& world, const Match& match) {
  std::vector<std::uint64_t> wanted;
  for (const auto& word : match.list("CASE"))
    if (word.text != "nobody") wanted.push_back(world.case_number(word));
  const auto seen = world.queue(match["QUEUE"], world.unit(match["UNIT"]));
  if (wanted == seen) return;
  const auto joined = [&](const std::vector<std::uint64_t>& numbers) {
    std::string out;
    for (const auto one : numbers) out += (out.empty() ? "" : " ") + world.name_of_case(one);
    return out.empty() ? "nobody" : out;
  };
  World::stop("queue " + match["QUEUE"].text + " " + joined(wanted), joined(seen));
}

void expect_cases(World& world, const Match& match) {
  const auto rulebook = world.rulebook();
  const Workflow* workflow = rulebook->workflow(match["WORKFLOW"].text);
  if (workflow == nullptr)
    World::stop_at(match["WORKFLOW"], "a workflow of " + rulebook->id,
                   "there is no \"" + match["WORKFLOW"].text + "\"");
  const std::string& state = match["WORKSTATE"].text;
  if (!workflow->state(state))
    World::stop_at(match["WORKSTATE"], "a state of " + workflow->code, "there is no \"" + state + "\"");
  const auto count = World::must(world.queries().work_count(world.reader(), rulebook->id, workflow->code, state,
                                                            world.subject(match["SUBJECT"]).handle));
  World::expect_equal(std::to_string(number(match["N"])), std::to_string(count),
                      "cases of " + workflow->code + " of " + match["SUBJECT"].text + " that are " + state + ":");
}

const Statement kStatements[] = {
    {Phase::act,
     "WHO [with OFFICER...] starts WORKFLOW for SUBJECT [linked LINK=CASE...] [giving FIELD=VALUE...] [evidence PAPER] "
     "[reason TEXT] [as NAME]",
     "wang starts duty for wang linked activity=dike giving hours=6 as duty-1",
     "opens a case of a workflow; as: a name for the case", start},
    {Phase::act,
     "WHO [with OFFICER...] does ACT in CASE [giving FIELD=VALUE...] [evidence PAPER] [reason TEXT] [as NAME]",
     "leader does confirm in duty-1 giving marks=4 evidence photo-1",
     "an act in a workflow's case; as: a name for the first deduction that it proposed, or else the first case that it "
     "opened",
     act},
    {Phase::act, "WHO allocates QUEUE in UNIT [pool VALUE] [evidence PAPER] [reason TEXT]",
     "committee allocates relief in ludishao pool 50000", "serves the cases that wait in a queue", allocate},
    {Phase::act, "WHO settles payment N of SUBJECT [evidence PAPER]",
     "banker settles payment 1 of wang evidence transfer-7",
     "says that an obligation was met; 1 is the subject's oldest, paid or not", settle},
    {Phase::time, "call NAME the last WORKFLOW of SUBJECT", "call repair-1 the last repair of wang",
     "gives a name to the subject's newest case of a workflow, whoever or whatever opened it", call},
    {Phase::expect, "expect state CASE WORKSTATE", "expect state duty-1 joined", "where a case of a workflow stands",
     expect_state},
    {Phase::expect, "expect field CASE FIELD CONTENT", "expect field duty-1 hours 6", "a field of a case",
     expect_field},
    {Phase::expect, "expect owed SUBJECT VALUE [in CURRENCY]", "expect owed wang 1200 in yuan",
     "the sum of what is recorded as owed to it and not paid yet", expect_owed},
    {Phase::expect, "expect notices SUBJECT N", "expect notices wang 1", "how many notices it has got",
     [](World& world, const Match& match) {
       World::expect_equal(std::to_string(number(match["N"])), std::to_string(world.notices(match["SUBJECT"]).size()),
                           "notices of " + match["SUBJECT"].text + ":");
     }},
    {Phase::expect, "expect queue QUEUE in UNIT CASE...", "expect queue relief in ludishao claim-2 claim-1",
     "which cases wait, in the order of service, or nobody", expect_queue},
    {Phase::expect, "expect cases SUBJECT WORKFLOW WORKSTATE N", "expect cases wang duty missed 1",
     "how many of its cases are in a state of a workflow", expect_cases},
};

}  // namespace

std::span<const Statement> work_statements() {
  return kStatements;
}

}  // namespace tally::rulebook
