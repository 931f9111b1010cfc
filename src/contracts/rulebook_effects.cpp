#include "contracts/rulebook_effects.h"

#include <boost/describe/enum_to_string.hpp>

#include "contracts/rulebook_rules.h"

namespace tally::contracts {

namespace {

constexpr std::uint32_t kSuspensionDaysMax = 1830;
constexpr std::uint32_t kListMonthsMax = 60;  // nobody stands on a list for longer than five years
constexpr std::uint32_t kSumMonthsMax = 60;

struct Verb {
  const char* name;
  bool begins;
  bool suspension;
};
constexpr Verb kVerbs[] = {
    {"list", true, false}, {"delist", false, false}, {"suspend", true, true}, {"lift", false, true}};

void read_term(DocumentReader& reader, Effect& effect, const StandingTerms& standing, const Rulebook& rulebook) {
  const char* name = effect.unit == Effect::Unit::months ? "months" : "days";
  effect.length_max = standing.term_max;
  if (const Json* json = reader.find(name); json != nullptr && json->is_string())
    effect.length_expression = read_expression(reader, name, rulebook, Scope::effect, cel::TypeKind::integer);
  else if (json != nullptr)
    effect.length = static_cast<std::uint32_t>(reader.number(name, 1, standing.term_max));
}

void check_sides(DocumentReader& reader, const Verb& verb, const StandingTerms& standing, const Rule& rule) {
  const bool suspension = standing.kind == StandingKind::suspension;
  if (suspension != verb.suspension)
    return reader.mistake(verb.name, "is \"" + standing.code + "\", a " + (suspension ? "suspension" : "list"),
                          suspension ? "suspend or lift" : "list or delist");
  // The duties on adverse changes hold for all that burdens a subject, not for points alone.
  if (verb.begins && standing.adverse() && !rule.adverse())
    reader.mistake(verb.name, "is \"" + standing.code + "\", which burdens the subject",
                   "a rule of kind deduct: it needs two persons, evidence, a reason and time to object");
  if (standing.adverse() && !verb.begins && rule.adverse())
    reader.mistake(verb.name, "is \"" + standing.code + "\": to end it helps the subject", "a rule of kind award");
}

}  // namespace

std::vector<Effect> read_effects(DocumentReader& reader, const Rule& rule, const Rulebook& rulebook) {
  std::vector<Effect> out;
  reader.each("effects", false, [&](DocumentReader& inner) {
    Effect effect;
    const Verb* found = nullptr;
    std::size_t verbs = 0;
    for (const auto& verb : kVerbs) {
      if (!inner.given(verb.name)) continue;
      found = &verb;
      ++verbs;
    }
    if (verbs != 1)
      return inner.mistake("list", verbs == 0 ? "is missing" : "stands beside another effect",
                           "one of list, delist, suspend, lift", ErrorCode::missing_field);
    if (inner.given("when"))
      effect.when = read_expression(inner, "when", rulebook, Scope::effect, cel::TypeKind::boolean);
    effect.kind = found->begins ? Effect::Kind::begins : Effect::Kind::ends;
    effect.unit = found->suspension ? Effect::Unit::days : Effect::Unit::months;
    effect.standing = inner.slug(found->name);
    const StandingTerms* standing = rulebook.standing(effect.standing);
    if (standing == nullptr)
      return inner.mistake(found->name, "is \"" + effect.standing + "\"", codes_of(rulebook.standings));
    check_sides(inner, *found, *standing, rule);
    if (found->begins) read_term(inner, effect, *standing, rulebook);
    out.push_back(std::move(effect));
  });
  return out;
}

void read_standings(DocumentReader& reader, Rulebook& rulebook) {
  reader.each("standings", false, [&](DocumentReader& inner) {
    StandingTerms standing;
    standing.code = inner.slug("code");
    if (rulebook.standing(standing.code) != nullptr) inner.twice("code", standing.code);
    standing.title = inner.title("title");
    standing.kind = inner.choice<StandingKind>("kind");
    const bool suspension = standing.kind == StandingKind::suspension;
    standing.term_max = static_cast<std::uint32_t>(
        inner.number(suspension ? "days_max" : "months_max", 1, suspension ? kSuspensionDaysMax : kListMonthsMax));
    standing.provenance = read_provenance(inner);
    rulebook.standings.push_back(std::move(standing));
  });
}

void read_sums(DocumentReader& reader, Rulebook& rulebook) {
  reader.each("sums", false, [&](DocumentReader& inner) {
    Sum sum;
    sum.code = inner.slug("code");
    if (rulebook.sum(sum.code) != nullptr) inner.twice("code", sum.code);
    sum.title = inner.title("title");
    sum.of = inner.choice<SumOf>("of");
    if (inner.given("book")) {
      sum.book = inner.slug("book");
      if (rulebook.book(sum.book) == nullptr)
        inner.mistake("book", "is \"" + sum.book + "\"", codes_of(rulebook.books));
    }
    if (inner.given("rules")) sum.rules = inner.texts("rules");
    sum.months = static_cast<std::uint32_t>(inner.number("months", 1, kSumMonthsMax));
    sum.provenance = read_provenance(inner);
    rulebook.sums.push_back(std::move(sum));
  });
}

void check_sums(DocumentReader& reader, const Rulebook& rulebook) {
  for (std::size_t i = 0; i < rulebook.sums.size(); ++i)
    for (const auto& code : rulebook.sums[i].rules)
      if (rulebook.rule(code) == nullptr)
        reader.mistake("sums[" + std::to_string(i) + "].rules", "names rule \"" + code + "\"",
                       codes_of(rulebook.rules));
}

}  // namespace tally::contracts
