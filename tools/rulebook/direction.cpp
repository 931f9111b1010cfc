#include "rulebook/direction.h"

#include <array>

#include "common/amount.h"

namespace tally::rulebook {

namespace {

// What it means that a value grows: a number that rises, a switch that goes on, a list that is no longer empty, an
// element that is added. by_kind: milder under a rule that awards, stricter under one that deducts; against_kind: the
// other way round.
enum class Growth : std::uint8_t { milder, stricter, by_kind, against_kind };

struct Row {
  std::string_view fields;
  Growth growth;
};

// Whatever is not listed has no plain direction.
constexpr std::array kRows = {
    Row{"books.start", Growth::milder},
    Row{"books.floor", Growth::milder},
    Row{"books.cap", Growth::milder},
    Row{"books.bands.from", Growth::stricter},
    Row{"books.gates.at_least", Growth::stricter},
    Row{"books.lapse_months", Growth::milder},
    Row{"credit_village.share_percent", Growth::stricter},
    Row{"credit_village.stars_at_least", Growth::stricter},
    Row{"rules", Growth::by_kind},
    Row{"rules.on", Growth::by_kind},
    Row{"rules.kind", Growth::milder},
    Row{"rules.amount.points", Growth::milder},
    Row{"rules.amount.from", Growth::milder},
    Row{"rules.amount.to", Growth::milder},
    Row{"rules.amount.units", Growth::against_kind},
    Row{"rules.amount.quantity_max", Growth::by_kind},
    Row{"rules.evidence_required", Growth::against_kind},
    Row{"rules.reason_required", Growth::against_kind},
    Row{"rules.endorser_roles", Growth::against_kind},
    Row{"rules.limits", Growth::against_kind},
    Row{"rules.limits.times", Growth::by_kind},
    Row{"rules.limits.quantity", Growth::by_kind},
    Row{"rules.limits.points", Growth::by_kind},
    Row{"rules.objection_days", Growth::milder},
    Row{"rules.expires_months", Growth::stricter},
    Row{"rules.conditions", Growth::against_kind},
    Row{"needs_consent", Growth::milder},
};

bool has_text(const Json* object, const char* field, std::string_view text) {
  if (object == nullptr || !object->is_object()) return false;
  const auto found = object->find(field);
  return found != object->end() && found->is_string() && found->get_ref<const std::string&>() == text;
}

// A value that can be said to be more or less than another. Exact: points are never binary fractions.
std::optional<std::int64_t> size_of(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_array()) return value.empty() ? 0 : 1;
  if (value == Json("deduct")) return 0;
  if (value == Json("award")) return 1;
  const auto amount = parse_amount(value.is_string() ? value.get<std::string>() : value.dump(), kScaleMax);
  return amount ? std::optional(amount->value) : std::nullopt;
}

// 1: it grows. -1: it shrinks. 0: neither can be said.
int growth_of(const Place& place) {
  if (place.before == nullptr) return 1;
  if (place.after == nullptr) return -1;
  const auto before = size_of(*place.before);
  const auto after = size_of(*place.after);
  if (!before || !after || *before == *after) return 0;
  return *after > *before ? 1 : -1;
}

}  // namespace

Direction direction_of(const Place& place) {
  int growth = growth_of(place);
  if (growth == 0) return Direction::none;
  const bool award = has_text(place.rule, "kind", "award");
  const bool deduct = has_text(place.rule, "kind", "deduct");
  if (place.fields == "books.gates") {  // a whole gate
    const Json* gate = place.after != nullptr ? place.after : place.before;
    if (!has_text(gate, "effect", "restricts") && !has_text(gate, "effect", "grants")) return Direction::none;
    return (growth > 0) == has_text(gate, "effect", "grants") ? Direction::milder : Direction::stricter;
  }
  for (const auto& row : kRows) {
    if (row.fields != place.fields) continue;
    // A rule that is off takes and gives nothing.
    if (place.fields == "rules" && place.rule != nullptr && place.rule->value("on", Json(true)) == Json(false))
      return Direction::none;
    const bool kinds = row.growth == Growth::by_kind || row.growth == Growth::against_kind;
    if (kinds && !award && !deduct) return Direction::none;
    if (row.growth == Growth::stricter || (row.growth == Growth::by_kind && deduct) ||
        (row.growth == Growth::against_kind && award))
      growth = -growth;
    return growth > 0 ? Direction::milder : Direction::stricter;
  }
  return Direction::none;
}

}  // namespace tally::rulebook
