// Workflows and queues as a rulebook document says them: what they compile into, and every mistake with its path.
#include "contracts/situation.h"
#include "contracts/work_records.h"
#include "contracts/work_type.h"
#include "contracts/workflow_document.h"

namespace {

using namespace tally;
using namespace tally::contracts;

TEST_CASE("a workflow compiles into what it says: fields and links") {
  const auto rulebook = compiled();
  REQUIRE(rulebook->workflows.size() == 3);
  const Workflow& duty = *rulebook->workflow("duty");
  CHECK(duty.title == Title{"值勤", "duty"});
  CHECK(duty.subject == SubjectKind::household);
  CHECK(duty.provenance.number == Origin::source);
  CHECK(duty.provenance.ref == "R1");
  REQUIRE(duty.fields.size() == 7);
  const auto& hours = duty.fields[0];
  CHECK(hours.code == "hours");
  CHECK(hours.title.en == "hours");
  CHECK(hours.type == FieldType::decimal);
  CHECK(hours.start == FieldValue{});
  CHECK(hours.min == 500'000);
  CHECK(hours.max == 8'000'000);
  CHECK(hours.list == 0);
  CHECK(duty.fields[1].start == FieldValue{1'050'000, {}});
  CHECK(duty.fields[2].type == FieldType::integer);
  CHECK(duty.fields[2].list == 200);
  CHECK(duty.fields[2].min == 1);
  CHECK(duty.fields[2].max == 5);
  CHECK(duty.fields[3].type == FieldType::time);
  CHECK(duty.fields[3].start.number == static_cast<std::int64_t>(at("2026-03-01").value));
  CHECK(duty.fields[4].type == FieldType::boolean);
  CHECK(duty.fields[4].start.number == 1);
  CHECK(duty.fields[5].type == FieldType::subject);
  CHECK(duty.fields[5].start.text.empty());
  const auto& place = rulebook->workflow("activity")->fields[1];
  CHECK(place.type == FieldType::text);
  CHECK(place.values == std::vector<std::string>{"hall", "field"});
  CHECK(place.start.text == "hall");
  REQUIRE(duty.links.size() == 1);
  CHECK(duty.links[0].code == "event");
  CHECK(duty.links[0].workflow == "activity");
  CHECK(duty.field("got") == 6);
  CHECK_FALSE(duty.field("event"));
  CHECK(duty.link("event") == 0);
  CHECK(duty.state("missed") == 3);
  CHECK_FALSE(duty.state("open"));
  CHECK(duty.act("open") == nullptr);
}

TEST_CASE("a workflow compiles into what it says: opening, states and term") {
  const auto rulebook = compiled();
  const Workflow& duty = *rulebook->workflow("duty");
  CHECK(duty.open.code == "open");
  CHECK(duty.open.to == 0);
  CHECK(duty.open.from.empty());
  CHECK(duty.open.by_subject);
  CHECK(duty.open.roles.empty());
  CHECK(duty.open.takes == std::vector<std::size_t>{0});
  REQUIRE(duty.open.conditions.size() == 1);
  CHECK(duty.open.conditions[0].otherwise.en == "too many");
  CHECK(duty.open.conditions[0].when);
  REQUIRE(duty.open.effects.size() == 2);
  const auto& join = std::get<ActLinkedEffect>(duty.open.effects[0].what);
  CHECK(join.link == 0);
  CHECK(join.act == "join");
  CHECK_FALSE(duty.open.effects[0].when);
  CHECK(std::get<QueueEffect>(duty.open.effects[1].what).queue == "spots");
  CHECK(std::get<QueueEffect>(duty.open.effects[1].what).enter);
  CHECK(rulebook->workflow("activity")->open.evidence_required);
  CHECK_FALSE(rulebook->workflow("activity")->open.reason_required);

  REQUIRE(duty.states.size() == 4);
  REQUIRE(duty.states[0].after.has_value());
  CHECK_FALSE(duty.states[0].final);
  CHECK(duty.states[0].after->hours.source == "48");
  CHECK_FALSE(duty.states[0].after->at);
  CHECK(duty.states[0].after->go == 3);
  REQUIRE(duty.states[0].after->effects.size() == 1);
  const auto& notice = std::get<NotifyEffect>(duty.states[0].after->effects[0].what);
  CHECK(notice.title.en == "missed");
  CHECK(notice.to.to == Target::To::field);
  CHECK(notice.to.field == 5);
  CHECK(duty.states[1].after->at);
  CHECK_FALSE(duty.states[1].after->hours);
  CHECK(duty.states[2].final);
  CHECK_FALSE(duty.states[2].after.has_value());

  CHECK(duty.term.days == 60);
  CHECK(duty.term.go == 3);
  REQUIRE(duty.term.effects.size() == 1);
  const auto& set = std::get<SetEffect>(duty.term.effects[0].what);
  CHECK_FALSE(set.link);
  CHECK(set.field == 4);
  CHECK(set.to.source == "false");
}

TEST_CASE("a workflow compiles into what it says: acts and their effects") {
  const auto rulebook = compiled();
  const Workflow& duty = *rulebook->workflow("duty");
  REQUIRE(duty.acts.size() == 4);
  const Act& check_in = *duty.act("check-in");
  CHECK(check_in.title.en == "check in");
  CHECK(check_in.from == std::vector<std::size_t>{0});
  CHECK(check_in.to == 1);
  CHECK(check_in.roles == std::vector<Role>{Role::inspector, Role::leader});
  CHECK(check_in.by_officers_only());
  CHECK(check_in.reach == Reach::same);
  CHECK(check_in.not_by == std::vector<std::string>{"open", "rate"});
  CHECK(check_in.once == Once::per_case);
  CHECK(check_in.times == 2);
  CHECK(check_in.takes == std::vector<std::size_t>{1, 5});
  CHECK(check_in.evidence_required);
  CHECK(check_in.reason_required);
  REQUIRE(check_in.endorsed_by.has_value());
  CHECK(check_in.endorsed_by->count == 2);
  CHECK(check_in.endorsed_by->roles == std::vector<Role>{Role::endorser});
  CHECK(check_in.endorsed_by->different_units);
  CHECK(check_in.subject_signs);
  REQUIRE(check_in.effects.size() == 3);
  const auto& award = std::get<ClaimEffect>(check_in.effects[0].what);
  CHECK(check_in.effects[0].when);
  CHECK(award.rule == "QZ9");
  CHECK_FALSE(award.deduct);
  CHECK(award.to.field == 5);
  CHECK(award.quantity.source == "4 * 2");
  CHECK_FALSE(award.amount);
  CHECK(award.skip_if_limited);
  const auto& deduct = std::get<ClaimEffect>(check_in.effects[1].what);
  CHECK(deduct.deduct);
  CHECK(deduct.rule == "QZ6");
  CHECK(deduct.to.to == Target::To::subject);
  CHECK_FALSE(deduct.skip_if_limited);
  const auto& pay = std::get<PayEffect>(check_in.effects[2].what);
  CHECK(pay.amount);
  CHECK(pay.unit == "yuan");
  CHECK(pay.title.en == "allowance");
  CHECK(pay.within_days == 30);

  const Act& rate = *duty.act("rate");
  CHECK(rate.by_others);
  CHECK(rate.by_subject);
  CHECK_FALSE(rate.to);
  CHECK_FALSE(rate.reach);
  CHECK(rate.once == Once::per_day);
  CHECK(std::get<NotifyEffect>(rate.effects[0].what).to.to == Target::To::author);
  const Act& serve = *duty.act("serve");
  CHECK(serve.by_queue);
  CHECK(serve.from == std::vector<std::size_t>{0, 1});
  CHECK(std::get<SetEffect>(serve.effects[0].what).link == 0);
  CHECK(std::get<SetEffect>(serve.effects[0].what).field == 0);
  CHECK_FALSE(std::get<QueueEffect>(serve.effects[1].what).enter);
  const auto& open = std::get<OpenEffect>(duty.act("follow")->effects[0].what);
  CHECK(open.workflow == "review");
  CHECK(open.link == 0);
  REQUIRE(open.fields.size() == 1);
  CHECK(open.fields[0].first == 0);
  CHECK(open.fields[0].second.source == "case.trimmed_mean('marks', 20)");
}

TEST_CASE("a queue compiles into what it says") {
  const auto rulebook = compiled();
  REQUIRE(rulebook->queues.size() == 1);
  const Queue& spots = *rulebook->queue("spots");
  CHECK(spots.title.en == "spots");
  CHECK(spots.workflow == "duty");
  CHECK(spots.roles == std::vector<Role>{Role::recorder});
  REQUIRE(spots.order.size() == 2);
  CHECK(spots.order[0].descending);
  CHECK(spots.order[0].by.source == "case.mean('marks')");
  CHECK_FALSE(spots.order[1].descending);
  CHECK(spots.serve == Serve::by_share);
  CHECK(spots.weight);
  CHECK_FALSE(spots.demand);
  CHECK(spots.act == "serve");
  CHECK(spots.gives == 6);
}

TEST_CASE("the type of a case: its single fields, what every case has, its links") {
  const auto rulebook = compiled();
  const auto& type = *rulebook->workflow("duty")->type;
  std::string names;
  for (const auto& field : type.fields) names += field.name + " " + std::string(field.type.kind_name()) + ", ";
  CHECK(names ==
        "hours decimal, leader decimal, begins google.protobuf.Timestamp, urgent bool, helper string, got decimal, "
        "state string, number int, opened google.protobuf.Timestamp, subject string, event object, ");
  names.clear();
  for (const auto& field : type.fields.back().type.declared()->fields) names += field.name + " ";
  CHECK(names == "joined place state number opened subject ");
  CHECK(type.fields.back().type.declared()->methods.size() == type.methods.size());
  names.clear();
  for (const auto& method : type.methods) names += method.name + " " + std::string(method.result.kind_name()) + " ";
  CHECK(names == "count int givers int has bool total decimal mean decimal trimmed_mean decimal ");
}

}  // namespace
