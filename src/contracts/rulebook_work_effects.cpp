#include "contracts/rulebook_work_effects.h"

#include <boost/describe/enum_to_string.hpp>

#include "contracts/rulebook_fields.h"
#include "contracts/work_type.h"

namespace tally::contracts {

namespace {

using cel::TypeKind;

constexpr WantedField kSubjectField{"a field of type subject", [](const WorkField& field) {
                                      return field.type == FieldType::subject && field.list == 0;
                                    }};

// Whose key signs such an act is the subject that it is for.
bool has_author_subject(const Act& act) {
  return (act.by_subject || act.by_others) && act.roles.empty();
}

Target read_target(DocumentReader& reader, const EffectPlace& place) {
  Target out;
  if (!reader.given("to")) return out;
  const auto before = reader.mistakes();
  const auto name = reader.text("to");
  if (reader.mistakes() != before || name == "subject") return out;
  if (name == "author") {
    out.to = Target::To::author;
    if (place.act == nullptr)
      reader.mistake("to", "is \"author\": a deadline has none", "subject, or a field of type subject");
    else if (!has_author_subject(*place.act))
      reader.mistake("to", "is \"author\", who may be an officer or nobody", "an act by subject or others only");
    return out;
  }
  if (const auto field = field_named(reader, "to", name, place.work.workflow, kSubjectField)) {
    out.to = Target::To::field;
    out.field = *field;
  }
  return out;
}

// A workflow of the rulebook that a link leads to; null, with the mistake told, if there is no such link.
const Workflow* linked_by(DocumentReader& reader, std::string_view name, const std::string& code,
                          const EffectPlace& place, std::size_t& link) {
  const auto found = place.work.workflow.link(code);
  if (!found) {
    reader.mistake(name, "names link \"" + code + "\"", codes_of(place.work.workflow.links));
    return nullptr;
  }
  link = *found;
  return place.work.rulebook.workflow(place.work.workflow.links[link].workflow);
}

WorkEffect read_set(DocumentReader& reader, const EffectPlace& place) {
  SetEffect out;
  const Workflow* of = &place.work.workflow;
  const auto before = reader.mistakes();
  auto code = reader.text("set");
  if (const auto dot = code.find('.'); reader.mistakes() == before && dot != std::string::npos) {
    std::size_t link = 0;
    of = linked_by(reader, "set", code.substr(0, dot), place, link);
    out.link = link;
    code = code.substr(dot + 1);
  }
  cel::Type type;
  if (reader.mistakes() == before && of != nullptr)
    if (const auto field = field_named(reader, "set", code, *of, kSingleField)) {
      out.field = *field;
      type = type_of_field(of->fields[*field].type);
    }
  out.to = read_work_expression(reader, "to", place.work, place.scope(), type);
  return {{}, std::move(out)};
}

// What amount_of will refuse whatever the expressions say.
void check_amounts(DocumentReader& reader, const Rule& rule) {
  const auto kind = rule.amount.kind;
  const std::string of_rule = " under rule " + rule.code + ", which ";
  if (kind == AmountKind::range && !reader.has("amount"))
    reader.mistake("amount", "is missing", "an amount: rule " + rule.code + " leaves it to whoever proposes",
                   ErrorCode::missing_field);
  if (kind != AmountKind::range && reader.has("amount"))
    reader.mistake("amount", "stands" + of_rule + "says how much", "no amount");
  const bool counts = kind == AmountKind::per_unit || (kind == AmountKind::expression && rule.amount.quantity_max > 1);
  if (!counts && reader.has("quantity")) reader.mistake("quantity", "stands" + of_rule + "counts nothing", "none");
  if (counts && !reader.has("quantity") && (rule.amount.quantity_min > 1 || rule.amount.units > 1))
    reader.mistake("quantity", "is missing", "how many: rule " + rule.code + " counts", ErrorCode::missing_field);
}

void check_deduction(DocumentReader& reader, const EffectPlace& place) {
  if (place.act == nullptr)
    reader.mistake("deduct", "stands in a deadline", "an act by officers: somebody must propose and answer for it");
  else if (!place.act->by_officers_only())
    reader.mistake("deduct", "stands in an act that others than officers may do",
                   "an act by officers only: its author proposes the deduction");
}

WorkEffect read_claim(DocumentReader& reader, const EffectPlace& place, bool deduct) {
  const auto& rulebook = place.work.rulebook;
  const char* verb = deduct ? "deduct" : "award";
  ClaimEffect out;
  out.deduct = deduct;
  const auto before = reader.mistakes();
  out.rule = reader.rule_code(verb);
  const bool named = reader.mistakes() == before;
  const Rule* rule = rulebook.rule(out.rule);
  out.to = read_target(reader, place);
  if (deduct) check_deduction(reader, place);
  if (named && rule == nullptr) {
    reader.mistake(verb, "is \"" + out.rule + "\"", codes_of(rulebook.rules));
  } else if (named) {
    const auto wanted = deduct ? RuleKind::deduct : RuleKind::award;
    if (rule->kind != wanted)
      reader.mistake(verb, "is \"" + out.rule + "\", of kind " + boost::describe::enum_to_string(rule->kind, "unknown"),
                     std::string("a rule of kind ") + verb);
    const auto kind = place.work.workflow.subject;
    if (out.to.to == Target::To::subject && rulebook.book_for(*rule, kind) == nullptr)
      reader.mistake(
          verb, "is \"" + out.rule + "\", which counts in no book of the case's subject",
          std::string("a rule with a book for subjects of kind ") + boost::describe::enum_to_string(kind, "unknown"));
    check_amounts(reader, *rule);
  }
  if (reader.given("quantity"))
    out.quantity = read_work_expression(reader, "quantity", place.work, place.scope(), TypeKind::integer);
  if (reader.given("amount"))
    out.amount = read_work_expression(reader, "amount", place.work, place.scope(), TypeKind::decimal);
  constexpr std::pair<std::string_view, bool> kLimited[] = {{"skip", true}};
  if (!deduct && reader.given("if_limited")) out.skip_if_limited = reader.word("if_limited", kLimited);
  return {{}, std::move(out)};
}

WorkEffect read_award(DocumentReader& reader, const EffectPlace& place) {
  return read_claim(reader, place, false);
}
WorkEffect read_deduct(DocumentReader& reader, const EffectPlace& place) {
  return read_claim(reader, place, true);
}

WorkEffect read_pay(DocumentReader& reader, const EffectPlace& place) {
  PayEffect out;
  out.amount = read_work_expression(reader, "pay", place.work, place.scope(), TypeKind::decimal);
  out.unit = reader.slug("unit");
  out.to = read_target(reader, place);
  out.title = reader.title("title");
  out.within_days = static_cast<std::uint32_t>(reader.number("within_days", 1, kWorkTermDaysMax));
  return {{}, std::move(out)};
}

WorkEffect read_notify(DocumentReader& reader, const EffectPlace& place) {
  NotifyEffect out;
  out.title = reader.title("notify");
  out.to = read_target(reader, place);
  return {{}, std::move(out)};
}

// Fields that the opened case begins with, by their codes.
void read_given(DocumentReader& reader, const EffectPlace& place, const Workflow& opened, OpenEffect& out) {
  reader.object("fields", false, [&](DocumentReader& inner) {
    for (const auto& code : inner.names()) {
      const auto field = field_named(inner, code, code, opened, kSingleField);
      const auto type = field ? type_of_field(opened.fields[*field].type) : cel::Type();
      auto value = read_work_expression(inner, code, place.work, place.scope(), type);
      if (field) out.fields.emplace_back(*field, std::move(value));
    }
  });
}

// Whatever an opener must give, the effect must give.
void check_given(DocumentReader& reader, const Workflow& opened, const OpenEffect& out) {
  for (const auto field : opened.open.takes) {
    const bool given =
        std::any_of(out.fields.begin(), out.fields.end(), [&](const auto& one) { return one.first == field; });
    const auto& code = opened.fields[field].code;
    if (!given && opened.fields[field].list > 0)
      reader.mistake("open", "is \"" + opened.code + "\", whose opener gives a value of list \"" + code + "\"",
                     "a workflow whose opening takes no list");
    else if (!given)
      reader.mistake("fields", "lack \"" + code + "\", which an opener gives", "a value for it",
                     ErrorCode::missing_field);
  }
  for (std::size_t i = 0; i < opened.links.size(); ++i)
    if (out.link != i)
      reader.mistake("open",
                     "is \"" + opened.code + "\", whose opener names a case for link \"" + opened.links[i].code + "\"",
                     "a workflow with no links but the one that leads back here");
}

WorkEffect read_open(DocumentReader& reader, const EffectPlace& place) {
  OpenEffect out;
  const auto& own = place.work.workflow;
  auto before = reader.mistakes();
  out.workflow = reader.slug("open");
  const bool named = reader.mistakes() == before;
  out.to = read_target(reader, place);
  const Workflow* opened = place.work.rulebook.workflow(out.workflow);
  if (!named || opened == nullptr) {
    if (named) reader.mistake("open", "is \"" + out.workflow + "\"", codes_of(place.work.rulebook.workflows));
    for (const char* name : {"link", "fields"}) reader.find(name, false);
    return {{}, std::move(out)};
  }
  if (out.to.to == Target::To::subject && opened->subject != own.subject)
    reader.mistake("open", "is \"" + out.workflow + "\", about subjects of another kind",
                   std::string("a workflow about subjects of kind ") +
                       boost::describe::enum_to_string(own.subject, "unknown") + ", or another `to`");
  before = reader.mistakes();
  if (reader.given("link")) {
    const auto code = reader.text("link");
    out.link = opened->link(code);
    if (!out.link)
      reader.mistake("link", "is \"" + code + "\"", codes_of(opened->links));
    else if (opened->links[*out.link].workflow != own.code)
      reader.mistake("link", "is \"" + code + "\", which leads to " + opened->links[*out.link].workflow,
                     "a link that leads to " + own.code);
  }
  read_given(reader, place, *opened, out);
  if (reader.mistakes() == before) check_given(reader, *opened, out);
  return {{}, std::move(out)};
}

WorkEffect read_go_linked(DocumentReader& reader, const EffectPlace& place) {
  ActLinkedEffect out;
  auto before = reader.mistakes();
  const auto link = reader.text("go_linked");
  const Workflow* linked =
      reader.mistakes() == before ? linked_by(reader, "go_linked", link, place, out.link) : nullptr;
  before = reader.mistakes();
  out.act = reader.slug("act");
  if (reader.mistakes() == before && linked != nullptr) check_queue_act_named(reader, "act", out.act, *linked);
  return {{}, std::move(out)};
}

WorkEffect read_queue_effect(DocumentReader& reader, const EffectPlace& place, bool enter) {
  const char* verb = enter ? "enter" : "leave";
  QueueEffect out;
  out.enter = enter;
  const auto before = reader.mistakes();
  out.queue = reader.slug(verb);
  if (reader.mistakes() != before) return {{}, std::move(out)};
  const Queue* queue = place.work.rulebook.queue(out.queue);
  if (queue == nullptr)
    reader.mistake(verb, "is \"" + out.queue + "\"", codes_of(place.work.rulebook.queues));
  else if (queue->workflow != place.work.workflow.code)
    reader.mistake(verb, "is \"" + out.queue + "\", in which cases of " + queue->workflow + " wait",
                   "a queue of " + place.work.workflow.code);
  return {{}, std::move(out)};
}

WorkEffect read_enter(DocumentReader& reader, const EffectPlace& place) {
  return read_queue_effect(reader, place, true);
}
WorkEffect read_leave(DocumentReader& reader, const EffectPlace& place) {
  return read_queue_effect(reader, place, false);
}

struct Verb {
  const char* name;
  WorkEffect (*read)(DocumentReader& reader, const EffectPlace& place);
};
constexpr Verb kVerbs[] = {
    {"set", read_set},       {"award", read_award}, {"deduct", read_deduct},       {"pay", read_pay},
    {"notify", read_notify}, {"open", read_open},   {"go_linked", read_go_linked}, {"enter", read_enter},
    {"leave", read_leave}};

}  // namespace

void check_queue_act_named(DocumentReader& reader, std::string_view name, const std::string& code,
                           const Workflow& workflow) {
  const Act* act = workflow.act(code);
  if (act != nullptr && act->by_queue) return;
  std::vector<Act> good;
  std::copy_if(workflow.acts.begin(), workflow.acts.end(), std::back_inserter(good),
               [](const Act& one) { return one.by_queue; });
  const std::string which = "an act of " + workflow.code + " with \"by\": [\"queue\"]";
  reader.mistake(name, "is \"" + code + "\"",
                 good.empty() ? which + ", which has none" : which + ": " + codes_of(good));
}

std::vector<WorkEffect> read_work_effects(DocumentReader& reader, const EffectPlace& place) {
  std::vector<WorkEffect> out;
  if (place.work.declaring) {
    reader.find("effects", false);
    return out;
  }
  reader.at_most("effects", kWorkEffectsMax);
  reader.each("effects", false, [&](DocumentReader& inner) {
    const Verb* found = nullptr;
    std::size_t verbs = 0;
    std::string known;
    for (const auto& verb : kVerbs) {
      known += (known.empty() ? "one of " : ", ") + std::string(verb.name);
      if (!inner.given(verb.name)) continue;
      found = &verb;
      ++verbs;
    }
    if (verbs == 0) return inner.mistake("set", "is missing", known, ErrorCode::missing_field);
    if (verbs > 1) return inner.mistake(found->name, "stands beside another effect", known);
    Expression when;
    if (inner.given("when")) when = read_work_expression(inner, "when", place.work, place.scope(), TypeKind::boolean);
    WorkEffect effect = found->read(inner, place);
    effect.when = std::move(when);
    out.push_back(std::move(effect));
  });
  return out;
}

}  // namespace tally::contracts
