#include "contracts/work_flow.h"

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/case_flow.h"
#include "contracts/claims.h"
#include "contracts/consents.h"
#include "contracts/work_values.h"

namespace tally::contracts {

namespace {

constexpr std::uint64_t kHourMs = 3600ULL * 1000;

// When the state's deadline falls; never sooner than an hour from now, so that a case moves by itself only so often.
Result<std::optional<TimestampMs>> deadline_of(const Acting& acting, const Work& work, std::size_t state) {
  const auto& after = work.workflow->states[state].after;
  if (!after) return std::optional<TimestampMs>();
  const TimestampMs soonest = acting.call.now().plus(kHourMs);
  auto situation = situation_of(acting, work);
  if (after->hours) {
    const auto hours = situation.number(after->hours, acting.clause);
    if (!hours) return hours.error();
    const std::int64_t most = std::int64_t{kWorkTermDaysMax} * 24;
    return std::optional(
        acting.call.now().plus(static_cast<std::uint64_t>(std::clamp<std::int64_t>(*hours, 1, most)) * kHourMs));
  }
  const auto at = situation.value(after->at, acting.clause);
  if (!at) return at.error();
  const auto* time = at->as<cel::Timestamp>();
  invariant(time != nullptr, "a deadline's expression was checked to be a timestamp");
  if (time->seconds < 0) return std::optional(soonest);
  return std::optional(std::max(soonest, TimestampMs{static_cast<std::uint64_t>(time->seconds) * 1000}));
}

// A deadline that cannot be worked out is left to the case's term, when it is block time that moves the case.
Status enter(const Acting& acting, Work& work, std::size_t to) {
  auto after = deadline_of(acting, work, to);
  if (!after && !acting.deadline) return after.error();
  if (!after && acting.consequences != nullptr)
    acting.consequences->push_back(
        {ConsequenceKind::left_out, after.error().text(), work.record.subject, work.number, {}});
  enter_state(acting.call.state, work, to, {acting.call.now(), after ? *after : std::nullopt});
  return {};
}

ActRecord act_record(const Acting& acting, const Work& work, std::string act) {
  ActRecord record;
  record.act = std::move(act);
  record.state = work.record.state;
  record.signers = acting.signers;
  record.values = acting.values;
  record.reason = acting.reason;
  record.evidence = acting.evidence;
  record.transaction = acting.call.context.transaction_id;
  record.time = acting.call.now();
  if (acting.consequences != nullptr) record.consequences = *acting.consequences;
  return record;
}

// Each call tells its own consequences, and hands them on to whoever asked.
class Told {
 public:
  explicit Told(const Acting& outer) : outer_(outer.consequences), acting_(outer) { acting_.consequences = &own_; }
  ~Told() {
    if (outer_ != nullptr) outer_->insert(outer_->end(), own_.begin(), own_.end());
  }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;
  [[nodiscard]] const Acting& acting() const { return acting_; }

 private:
  std::vector<Consequence>* outer_;
  std::vector<Consequence> own_;
  Acting acting_;
};

Work new_work(const Acting& acting, const Opening& opening, SubjectRecord subject) {
  const Workflow& workflow = *opening.workflow;
  Work work;
  work.rulebook = opening.rulebook;
  work.workflow = &workflow;
  work.subject = std::move(subject);
  auto& record = work.record;
  record.rulebook = opening.rulebook->id;
  record.rulebook_version = opening.rulebook->version;
  record.workflow = workflow.code;
  record.subject = opening.subject;
  record.opener = acting.author;
  record.transaction = acting.call.context.transaction_id;
  record.opened = acting.call.now();
  record.entered = record.opened;
  record.term = record.opened.plus(workflow.term.days * kDayMs);
  for (const auto& field : workflow.fields) record.fields.push_back(field.start);
  record.counts.assign(workflow.fields.size(), 0);
  record.acts.assign(workflow.acts.size(), 0);
  record.links = opening.links;
  record.reason = acting.reason;
  record.evidence = acting.evidence;
  for (const auto& [field, value] : opening.fields) {
    work.fresh_by = acting.author;
    if (workflow.fields[field].list > 0)
      work.fresh.emplace_back(field, value);
    else
      record.fields[field] = value;
  }
  return work;
}

}  // namespace

Result<std::uint64_t> open_work(const Acting& outer, const Opening& opening) {
  const Told told(outer);
  const Acting& acting = told.acting();
  const Workflow& workflow = *opening.workflow;
  auto subject = subject_of(acting.call, opening.subject, acting.clause);
  if (!subject) return subject.error();
  if (subject->kind != workflow.subject)
    return refusal(ErrorCode::wrong_state, acting.clause,
                   std::string("the subject is a ") + boost::describe::enum_to_string(subject->kind, "unknown"),
                   std::string("a subject of kind ") + boost::describe::enum_to_string(workflow.subject, "unknown"));
  if (auto agreed = check_agreed(acting.call, *opening.rulebook, opening.subject, acting.clause); !agreed)
    return agreed.error();
  Work work = new_work(acting, opening, *std::move(subject));
  work.number = coming_case_number(acting.call.state);
  work.record.state = workflow.states[*workflow.open.to].code;
  if (auto checked = check_act(acting, work, workflow.open); !checked) return checked.error();
  const auto after = deadline_of(acting, work, *workflow.open.to);
  if (!after) return after.error();
  work.record.after = *after;
  work.number = next_case_number(acting.call.state);
  store_opened(acting.call.state, work);
  store(acting.call.state, work, std::nullopt);
  const TimestampMs before = work.record.next();
  store_fresh(acting.call.state, work, acting.author, acting.call.now());
  if (auto done = apply_work_effects(acting, work, workflow.open.effects); !done) return done.error();
  add_act(acting.call.state, work, act_record(acting, work, workflow.open.code));
  store(acting.call.state, work, before);
  return work.number;
}

bool may_be_done(const Work& work, const Act& act) {
  const auto state = work.workflow->state(work.record.state);
  invariant(state.has_value(), "a case stands in a state of its workflow");
  if (std::find(act.from.begin(), act.from.end(), *state) == act.from.end()) return false;
  const auto place = static_cast<std::size_t>(&act - work.workflow->acts.data());
  return !act.times || work.record.acts[place] < *act.times;
}

Status check_act(const Acting& acting, const Work& work, const Act& act) {
  auto situation = situation_of(acting, work);
  return check_conditions(situation, act.conditions, acting.clause);
}

Status perform(const Acting& outer, Work& work, const Act& act) {
  const Told told(outer);
  const Acting& acting = told.acting();
  if (auto checked = check_act(acting, work, act); !checked) return checked;
  const TimestampMs before = work.record.next();
  ++work.record.acts[static_cast<std::size_t>(&act - work.workflow->acts.data())];
  store_fresh(acting.call.state, work, acting.author, acting.call.now());
  if (auto done = apply_work_effects(acting, work, act.effects); !done) return done;
  if (act.to)
    if (auto entered = enter(acting, work, *act.to); !entered) return entered;
  add_act(acting.call.state, work, act_record(acting, work, act.code));
  store(acting.call.state, work, before);
  return {};
}

DueEvent end_work_term(Call& call, std::uint64_t number) {
  auto work = find_work(call.state, call.shelf, number);
  invariant(work && !work->record.over, "a timer's case is not over");
  const auto state = work->workflow->state(work->record.state);
  invariant(state.has_value(), "a case stands in a state of its workflow");
  const bool whole = work->record.term <= call.now();
  const auto& after = work->workflow->states[*state].after;
  invariant(whole || after.has_value(), "a case's timer fires at its deadline or its term");
  std::vector<Consequence> consequences;
  Acting acting{call,  work->record.workflow + (whole ? "/term" : "/deadline"),
                {},    nullptr,
                false, {},
                {},    {},
                {},    &consequences,
                true,  0};
  const auto applied = apply_work_effects(acting, *work, whole ? work->workflow->term.effects : after->effects);
  invariant(applied.has_value(), "a deadline leaves out what cannot be done");
  const auto entered = enter(acting, *work, whole ? work->workflow->term.go : after->go);
  invariant(entered.has_value(), "a deadline's state is entered");
  add_act(call.state, *work, act_record(acting, *work, {}));
  store(call.state, *work, std::nullopt);
  DueEvent event;
  event.kind = TimerKind::work_term;
  event.rulebook = work->record.rulebook;
  event.subject = work->record.subject;
  event.case_number = number;
  event.code = work->record.state;
  event.consequences = std::move(consequences);
  return event;
}

}  // namespace tally::contracts
