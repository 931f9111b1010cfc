#include "contracts/effects.h"

#include "common/time.h"
#include "contracts/standing.h"

namespace tally::contracts {

namespace {

// Until when the rule's expression or number says; in the time zone of nobody: days are 24 hours.
Result<TimestampMs> until_of(const Effect& effect, Situation& situation, TimestampMs now, std::string_view clause) {
  std::int64_t length = effect.length;
  if (effect.length_expression) {
    const auto number = situation.number(effect.length_expression, clause);
    if (!number) return number.error();
    length = std::clamp<std::int64_t>(*number, 0, effect.length_max);
  }
  const auto whole = static_cast<std::uint32_t>(length);
  return effect.unit == Effect::Unit::months ? add_months(now, whole) : now.plus(whole * kDayMs);
}

}  // namespace

Status apply_effects(const EntryAt& at, cel::Evaluation& budget) {
  if (at.rule.effects.empty()) return {};
  const TimestampMs now = at.entry.block_time;
  const auto& ledger = at.ledger;
  Situation situation({ledger.state, ledger.rulebook, ledger.subject, at.subject, now, {}}, budget);
  situation.set_claim(at.entry.quantity, std::nullopt, at.entry.event_time);
  situation.set_points(Amount{std::abs(at.entry.asked.value)});
  const StandingAt standing{ledger.state, ledger.rulebook.id, ledger.subject, at.subject.unit};
  for (const auto& effect : at.rule.effects) {
    if (effect.when) {
      const auto holds = situation.holds(effect.when, at.rule.code);
      if (!holds) return holds.error();
      if (!*holds) continue;
    }
    if (effect.kind == Effect::Kind::ends) {
      end_standing(standing, effect.standing);
      continue;
    }
    const auto until = until_of(effect, situation, now, at.rule.code);
    if (!until) return until.error();
    if (*until > now) add_ground(standing, effect.standing, {ledger.book.code, at.index, now, *until});
  }
  return {};
}

void undo_effects(const Ledger& ledger, const UnitId& unit, std::uint64_t entry) {
  remove_grounds({ledger.state, ledger.rulebook.id, ledger.subject, unit}, ledger.rulebook, ledger.book.code, entry);
}

}  // namespace tally::contracts
