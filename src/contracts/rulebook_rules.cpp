#include "contracts/rulebook_rules.h"

#include "contracts/rulebook_effects.h"

namespace tally::contracts {

namespace {

constexpr std::uint32_t kQuantityMax = 1000000;
constexpr std::uint32_t kDaysInMonthMin = 28;

void check_sign(DocumentReader& reader, std::string_view name, const Rule& rule, const Rulebook& scale_of,
                Amount points) {
  if (rule.kind == RuleKind::award && points.value <= 0)
    reader.mistake(name, "is " + scale_of.points(points), "points above 0: the rule is an award");
  if (rule.kind == RuleKind::deduct && points.value >= 0)
    reader.mistake(name, "is " + scale_of.points(points), "points below 0: the rule is a deduction");
  if (rule.kind == RuleKind::spend && points.value >= 0)
    reader.mistake(name, "is " + scale_of.points(points), "points below 0: the rule uses points up");
}

void read_quantities(DocumentReader& reader, RuleAmount& out) {
  const auto before = reader.mistakes();
  out.quantity_min = static_cast<std::uint32_t>(reader.number("quantity_min", 1, kQuantityMax));
  out.quantity_max = static_cast<std::uint32_t>(reader.number("quantity_max", 1, kQuantityMax));
  if (reader.mistakes() == before && out.quantity_min > out.quantity_max)
    reader.mistake("quantity_max", "is " + std::to_string(out.quantity_max),
                   "at least quantity_min, which is " + std::to_string(out.quantity_min));
}

// Bounds are declared, so that nothing an expression says can overflow.
void read_computed(DocumentReader& reader, RuleAmount& out, const Rule& rule, const Rulebook& rulebook) {
  out.computed = read_expression(reader, "points", rulebook, Scope::rule, cel::TypeKind::decimal);
  const auto before = reader.mistakes();
  out.from = reader.points("from", rulebook.scale);
  out.to = reader.points("to", rulebook.scale);
  if (reader.mistakes() == before && out.from > out.to)
    reader.mistake("to", "is " + rulebook.points(out.to), "at least from, which is " + rulebook.points(out.from));
  if (reader.mistakes() == before && rule.kind == RuleKind::award && out.from.value < 0)
    reader.mistake("from", "is " + rulebook.points(out.from), "0 or more: the rule is an award");
  if (reader.mistakes() == before && rule.kind != RuleKind::award && out.to.value > 0)
    reader.mistake("to", "is " + rulebook.points(out.to), "0 or less: the rule takes points");
  if (reader.given("quantity_max") || reader.given("quantity_min")) read_quantities(reader, out);
}

RuleAmount read_amount(DocumentReader& reader, const Rule& rule, const Rulebook& rulebook) {
  RuleAmount out;
  const unsigned scale = rulebook.scale;
  const Rulebook& shown = rulebook;
  const auto signed_points = [&](std::string_view name) {
    const auto before = reader.mistakes();
    const Amount points = reader.points(name, scale);
    if (reader.mistakes() == before) check_sign(reader, name, rule, shown, points);
    return points;
  };
  out.kind = reader.choice<AmountKind>("kind");
  if (out.kind == AmountKind::none) return out;
  if (out.kind == AmountKind::expression) {
    read_computed(reader, out, rule, rulebook);
    return out;
  }
  if (out.kind == AmountKind::range) {
    const auto before = reader.mistakes();
    out.from = signed_points("from");
    out.to = signed_points("to");
    if (reader.mistakes() == before && out.from >= out.to)
      reader.mistake("to", "is " + shown.points(out.to), "more than from, which is " + shown.points(out.from));
    return out;
  }
  out.points = signed_points("points");
  if (out.kind == AmountKind::fixed) return out;
  out.units = static_cast<std::uint32_t>(reader.number("units", 1, kQuantityMax));
  out.unit = reader.title("unit");
  const auto before = reader.mistakes();
  read_quantities(reader, out);
  for (const auto& [name, value] :
       {std::pair{"quantity_min", out.quantity_min}, std::pair{"quantity_max", out.quantity_max}})
    if (reader.mistakes() == before && value % out.units != 0)
      reader.mistake(name, "is " + std::to_string(value), "a multiple of units, which is " + std::to_string(out.units));
  if (reader.mistakes() == before && !checked_multiply(out.points, out.quantity_max / out.units))
    reader.mistake(
        "quantity_max",
        "is " + std::to_string(out.quantity_max) + ", and " + shown.points(out.points) + " points so often overflow",
        "a smaller quantity_max or fewer points");
  return out;
}

Limit read_limit(DocumentReader& reader, const Rule& rule, unsigned scale) {
  Limit out;
  out.per = reader.choice<Period>("per");
  if (reader.has("times")) out.times = static_cast<std::uint32_t>(reader.number("times", 1, kQuantityMax));
  if (reader.has("quantity")) out.quantity = reader.number("quantity", 1, kQuantityMax);
  if (reader.has("points")) {
    const auto before = reader.mistakes();
    out.points = reader.points("points", scale);
    if (reader.mistakes() == before && out.points->value <= 0)
      reader.mistake("points", "is not above 0", "how many points at most, without a sign");
  }
  const bool any = out.times || out.quantity || out.points;
  if (!any) reader.mistake("times", "is missing", "times, quantity or points", ErrorCode::missing_field);
  // Asked for so that close() names them among the known fields.
  for (const char* name : {"times", "quantity", "points"})
    if (!reader.has(name)) reader.find(name, false);
  if (out.per == Period::evidence && !rule.evidence_required)
    reader.mistake("per", "is evidence", "evidence_required to be true, or another period");
  return out;
}

// The duties on every adverse rule, whatever the rulebook says.
void read_adverse_duties(DocumentReader& reader, Rule& rule, std::uint32_t event_span_days) {
  const auto before = reader.mistakes();
  rule.objection_days = static_cast<std::uint32_t>(reader.number("objection_days", 1, kTermDaysMax));
  rule.endorse_within_days = static_cast<std::uint32_t>(reader.number("endorse_within_days", 1, kTermDaysMax));
  rule.resolve_within_days = static_cast<std::uint32_t>(reader.number("resolve_within_days", 1, kTermDaysMax));
  rule.expires_months = static_cast<std::uint32_t>(reader.number("expires_months", 1, kAdverseMonthsMax));
  if (!rule.evidence_required) reader.mistake("evidence_required", "is false", "true: an adverse rule needs evidence");
  if (!rule.reason_required) reader.mistake("reason_required", "is false", "true: an adverse rule needs a reason");
  if (rule.endorser_roles.empty())
    reader.mistake("endorser_roles", "names nobody", "a role: an adverse rule needs a second person");
  if (reader.mistakes() != before) return;
  const std::uint32_t days =
      event_span_days + rule.endorse_within_days + rule.objection_days + rule.resolve_within_days;
  if (rule.expires_months * kDaysInMonthMin <= days)
    reader.mistake("expires_months", "is " + std::to_string(rule.expires_months),
                   "more than the " + std::to_string(days) +
                       " days that may pass between the event and the deduction, or it would be over before it began");
}

void read_book_of(DocumentReader& reader, Rule& rule, const Rulebook& rulebook) {
  const Book* book = nullptr;
  if (reader.given("book")) {
    const auto before = reader.mistakes();
    rule.book = reader.slug("book");
    book = rulebook.book(rule.book);
    if (reader.mistakes() == before && book == nullptr)
      reader.mistake("book", "is \"" + rule.book + "\"", "the code of a book of this rulebook");
  }
  if (rule.kind == RuleKind::spend && (book == nullptr || book->purpose != BookPurpose::spendable))
    reader.mistake("book", rule.book.empty() ? "is missing" : "is \"" + rule.book + "\"",
                   "a book whose purpose is spendable: only such points are used up");
}

}  // namespace

Provenance read_provenance(DocumentReader& reader) {
  Provenance out;
  reader.object("provenance", true, [&](DocumentReader& inner) {
    if (inner.has("behaviour"))
      out.behaviour = inner.choice<Origin>("behaviour");
    else
      inner.find("behaviour", false);
    out.number = inner.choice<Origin>("number");
    out.ref = inner.text("ref", false);
  });
  return out;
}

Rule read_rule(DocumentReader& reader, const Rulebook& rulebook) {
  const unsigned scale = rulebook.scale;
  Rule rule;
  rule.code = reader.rule_code("code");
  rule.title = reader.title("title");
  rule.category = reader.slug("category");
  rule.kind = reader.choice<RuleKind>("kind");
  read_book_of(reader, rule, rulebook);
  reader.object("amount", true, [&](DocumentReader& inner) { rule.amount = read_amount(inner, rule, rulebook); });
  const auto before = reader.mistakes();
  rule.on = reader.flag("on");
  if (reader.given("off_because") || (reader.mistakes() == before && !rule.on))
    rule.off_because = reader.title("off_because");
  rule.evidence_required = reader.flag("evidence_required");
  rule.reason_required = reader.flag("reason_required");
  if (rule.amount.kind == AmountKind::range && rule.kind != RuleKind::spend && !rule.reason_required)
    reader.mistake("reason_required", "is false", "true: an amount out of a range needs a written reason");
  reader.each("limits", false, [&](DocumentReader& inner) { rule.limits.push_back(read_limit(inner, rule, scale)); });
  rule.conditions = read_conditions(reader, rulebook, Scope::rule);
  rule.effects = read_effects(reader, rule, rulebook);
  if (rule.amount.kind == AmountKind::none && rule.effects.empty())
    reader.mistake("effects", "are missing", "an effect: the rule moves no points", ErrorCode::missing_field);
  rule.proposer_roles = reader.roles("proposer_roles");
  // Of an award: check_proposers() looks for a workflow that awards under it.
  if (reader.has("proposer_roles") && rule.proposer_roles.empty() && rule.kind != RuleKind::award)
    reader.mistake("proposer_roles", "names nobody", "a role that may propose");
  rule.endorser_roles = reader.roles("endorser_roles");
  if (rule.adverse()) read_adverse_duties(reader, rule, rulebook.event_span_days);
  rule.provenance = read_provenance(reader);
  return rule;
}

}  // namespace tally::contracts
