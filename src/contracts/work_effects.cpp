#include "contracts/work_effects.h"

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/cases.h"
#include "contracts/claims.h"
#include "contracts/draft.h"
#include "contracts/obligations.h"
#include "contracts/unit.h"
#include "contracts/work_flow.h"
#include "contracts/work_values.h"

namespace tally::contracts {

namespace {

void tell(const Acting& acting, Consequence what) {
  if (acting.consequences != nullptr) acting.consequences->push_back(std::move(what));
}

Result<SubjectHandle> target_of(const Acting& acting, const Work& work, const Target& target) {
  if (target.to == Target::To::subject) return work.record.subject;
  if (target.to == Target::To::author) {
    invariant(acting.author.subject.has_value(), "effects for the author stand in acts of subjects only");
    return *acting.author.subject;
  }
  const auto& field = work.workflow->fields[target.field];
  const auto handle = SubjectHandle::from_hex(work.record.fields[target.field].text);
  if (handle) return *handle;
  return refusal(ErrorCode::invalid_field, acting.clause, field.code + " names no subject", "the handle of a subject");
}

// An officer gains nothing by an act of theirs unless somebody else signed too.
Status check_gain(const Acting& acting, const SubjectHandle& gains) {
  if (acting.officer == nullptr || acting.seconded) return {};
  const auto subject = subject_of(acting.call, gains, acting.clause);
  if (!subject) return subject.error();
  return check_no_stake(acting.call, *acting.officer, *subject, acting.clause);
}

Status apply(const Acting& acting, Work& work, const SetEffect& effect) {
  auto situation = situation_of(acting, work);
  const auto value = situation.value(effect.to, acting.clause);
  if (!value) return value.error();
  if (!effect.link) {
    const auto& field = work.workflow->fields[effect.field];
    auto set = field_from_cel(field, *value, acting.clause);
    if (!set) return set.error();
    work.record.fields[effect.field] = *std::move(set);
    return {};
  }
  // The linked case may run under another version: its field goes by the code.
  const auto& link = work.workflow->links[*effect.link];
  const auto& declared = work.rulebook->workflow(link.workflow)->fields[effect.field];
  auto other = find_work(acting.call.state, acting.call.shelf, work.record.links[*effect.link]);
  invariant(other.has_value(), "a link names a case");
  const auto place = other->workflow->field(declared.code);
  if (!place || other->workflow->fields[*place].type != declared.type || other->workflow->fields[*place].list > 0)
    return refusal(ErrorCode::not_found, acting.clause,
                   "case " + std::to_string(other->number) + " has no such field " + declared.code,
                   "a case of a version that has it");
  auto set = field_from_cel(other->workflow->fields[*place], *value, acting.clause);
  if (!set) return set.error();
  other->record.fields[*place] = *std::move(set);
  store(acting.call.state, *other, other->record.over ? std::nullopt : std::optional(other->record.next()));
  return {};
}

Result<Claimed> claimed_by(const Acting& acting, const Work& work, const ClaimEffect& effect) {
  const auto target = target_of(acting, work, effect.to);
  if (!target) return target.error();
  Claimed claimed;
  claimed.rulebook = work.record.rulebook;
  claimed.subject = *target;
  claimed.rule = effect.rule;
  claimed.event_time = acting.call.now();
  claimed.reason = acting.reason.is_zero() ? work.record.reason : acting.reason;
  claimed.evidence = acting.evidence.is_zero() ? work.record.evidence : acting.evidence;
  auto situation = situation_of(acting, work);
  if (effect.quantity) {
    const auto quantity = situation.number(effect.quantity, acting.clause);
    if (!quantity) return quantity.error();
    if (*quantity < 0 || *quantity > std::numeric_limits<std::uint32_t>::max())
      return refusal(ErrorCode::amount_out_of_range, acting.clause,
                     "`" + effect.quantity.source + "` is " + std::to_string(*quantity), "a quantity");
    claimed.quantity = static_cast<std::uint32_t>(*quantity);
  }
  if (!effect.amount) return claimed;
  const auto amount = situation.points(effect.amount, acting.clause);
  if (!amount) return amount.error();
  claimed.amount = *amount;
  return claimed;
}

Status apply(const Acting& acting, Work& work, const ClaimEffect& effect) {
  const auto claimed = claimed_by(acting, work, effect);
  if (!claimed) return claimed.error();
  if (!effect.deduct)
    if (auto gain = check_gain(acting, claimed->subject); !gain) return gain;
  const auto kind = effect.deduct ? RuleKind::deduct : RuleKind::award;
  Call& call = acting.call;
  auto claim = check_case_claim(call, *claimed, {work.number, work.rulebook, acting.officer, kind, acting.clause});
  if (!claim) return claim.error();
  if (effect.deduct) {
    const auto proposed = propose_deduction(call, *claim, *claimed, std::nullopt);
    if (!proposed) return proposed.error();
    tell(acting, {ConsequenceKind::deduction, effect.rule, claimed->subject, proposed->number, claim->change});
    return {};
  }
  const auto output = enter(call, *claim, *claimed, clip(*claim->book, claim->account.score, claim->change), {});
  if (output) {
    tell(acting, {ConsequenceKind::award, effect.rule, claimed->subject, *output->entry, output->change});
    return {};
  }
  if (!effect.skip_if_limited || output.error().code != ErrorCode::limit_reached) return output.error();
  tell(acting, {ConsequenceKind::left_out, effect.rule + ": its limit is reached", claimed->subject, work.number, {}});
  return {};
}

Status apply(const Acting& acting, Work& work, const PayEffect& effect) {
  const auto target = target_of(acting, work, effect.to);
  if (!target) return target.error();
  if (auto gain = check_gain(acting, *target); !gain) return gain;
  auto situation = situation_of(acting, work);
  const auto amount = situation.decimal(effect.amount, kMoneyScale, acting.clause);
  if (!amount) return amount.error();
  if (amount->value < 0)
    return refusal(ErrorCode::amount_out_of_range, acting.clause,
                   "`" + effect.amount.source + "` is " + format_amount(*amount, kMoneyScale), "0 or more");
  if (amount->value == 0) return {};
  Obligation obligation;
  obligation.rulebook = work.record.rulebook;
  obligation.case_number = work.number;
  obligation.subject = *target;
  obligation.amount = *amount;
  obligation.unit = effect.unit;
  obligation.title = effect.title;
  obligation.created = acting.call.now();
  obligation.due = obligation.created.plus(effect.within_days * kDayMs);
  const auto number = owe(acting.call.state, obligation);
  tell(acting, {ConsequenceKind::obligation, effect.unit, *target, number, *amount});
  return {};
}

Status apply(const Acting& acting, Work& work, const NotifyEffect& effect) {
  const auto target = target_of(acting, work, effect.to);
  if (!target) return target.error();
  const auto number =
      notify(acting.call.state, *target, {work.record.rulebook, work.number, effect.title, acting.call.now()});
  tell(acting, {ConsequenceKind::notice, effect.title.en, *target, number, {}});
  return {};
}

// What is opened may set fields of this case, so this one is stored before and read again after.
Status apply(const Acting& acting, Work& work, const OpenEffect& effect) {
  const auto target = target_of(acting, work, effect.to);
  if (!target) return target.error();
  Opening opening{work.rulebook, work.rulebook->workflow(effect.workflow), *target, {}, {}};
  auto situation = situation_of(acting, work);
  for (const auto& [field, expression] : effect.fields) {
    const auto value = situation.value(expression, acting.clause);
    if (!value) return value.error();
    auto set = field_from_cel(opening.workflow->fields[field], *value, acting.clause);
    if (!set) return set.error();
    opening.fields.emplace_back(field, *std::move(set));
  }
  opening.links.assign(opening.workflow->links.size(), 0);
  if (effect.link) opening.links[*effect.link] = work.number;
  store(acting.call.state, work, work.record.next());
  Acting inner = acting;
  ++inner.depth;
  inner.clause = effect.workflow + "/open";
  inner.values.clear();
  const auto opened = open_work(inner, opening);
  if (!opened) return opened.error();
  const auto moves = work.record.moves;
  work = *find_work(acting.call.state, acting.call.shelf, work.number);
  if (work.record.moves != moves)
    return refusal(ErrorCode::wrong_state, acting.clause,
                   "what " + effect.workflow + " does when it is opened moves the case that opens it",
                   "an act of its own");
  tell(acting, {ConsequenceKind::case_opened, effect.workflow, *target, *opened, {}});
  return {};
}

Status apply(const Acting& acting, Work& work, const ActLinkedEffect& effect) {
  auto other = find_work(acting.call.state, acting.call.shelf, work.record.links[effect.link]);
  invariant(other.has_value(), "a link names a case");
  const Act* act = other->workflow->act(effect.act);
  if (act == nullptr || !act->by_queue || other->record.over || !may_be_done(*other, *act)) return {};
  Acting inner = acting;
  ++inner.depth;
  inner.clause = other->record.workflow + "/" + act->code;
  inner.values.clear();
  if (auto done = perform(inner, *other, *act); !done) return done;
  tell(acting, {ConsequenceKind::case_moved, act->code, other->record.subject, other->number, {}});
  return {};
}

Status apply(const Acting& acting, Work& work, const QueueEffect& effect) {
  if (effect.enter)
    enter_queue(acting.call.state, work, effect.queue);
  else
    leave_queue(acting.call.state, work, effect.queue);
  return {};
}

// Cases that open cases could grow without end; so what an operation may spend on expressions bounds its effects too.
constexpr std::uint64_t kEffectCost = 500;

Status apply_one(const Acting& acting, Work& work, const WorkEffect& effect) {
  if (!acting.call.budget.charge(kEffectCost))
    return refusal(ErrorCode::expression_failed, acting.clause, "the budget for expressions and effects is used up",
                   "fewer effects, or a higher expression_cost_per_operation");
  if (effect.when) {
    const auto holds = situation_of(acting, work).holds(effect.when, acting.clause);
    if (!holds) return holds.error();
    if (!*holds) return {};
  }
  return std::visit([&](const auto& what) { return apply(acting, work, what); }, effect.what);
}

// Whatever fails changes nothing.
void try_one(const Acting& acting, Work& work, const WorkEffect& effect) {
  Draft draft(acting.call.state);
  Call call{acting.call.context, draft, acting.call.people, acting.call.shelf, acting.call.budget,
            acting.call.settings};
  std::vector<Consequence> consequences;
  Acting trial{call,           acting.clause, acting.author, acting.officer,  acting.seconded,
               acting.signers, acting.values, acting.reason, acting.evidence, &consequences,
               true,           acting.depth};
  Work changed = work;
  if (const auto done = apply_one(trial, changed, effect); !done) {
    constexpr std::size_t kToldBytesMax = 200;
    return tell(
        acting,
        {ConsequenceKind::left_out, excerpt(done.error().text(), kToldBytesMax), work.record.subject, work.number, {}});
  }
  draft.commit();
  work = std::move(changed);
  for (auto& consequence : consequences) tell(acting, std::move(consequence));
}

}  // namespace

Situation situation_of(const Acting& acting, const Work& work) {
  Situation situation({acting.call.state, *work.rulebook, work.record.subject, work.subject, acting.call.now(), {}},
                      acting.call.budget);
  situation.set_work(work_object(acting.call.state, acting.call.shelf, work), acting.author_handle());
  return situation;
}

Status apply_work_effects(const Acting& acting, Work& work, const std::vector<WorkEffect>& effects) {
  if (acting.depth > kWorkDepthMax)
    return refusal(ErrorCode::wrong_state, acting.clause,
                   "cases open or move one another more than " + std::to_string(kWorkDepthMax) + " deep",
                   "a rulebook whose cases lead to fewer others");
  for (const auto& effect : effects) {
    if (acting.deadline)
      try_one(acting, work, effect);
    else if (auto done = apply_one(acting, work, effect); !done)
      return done;
  }
  return {};
}

}  // namespace tally::contracts
