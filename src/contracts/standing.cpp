#include "contracts/standing.h"

#include <algorithm>

#include "common/invariant.h"
#include "contracts/timers.h"

namespace tally::contracts {

namespace {

constexpr std::string_view kIndex = "standing_in";

Timer timer_of(const StandingId& id, const StandingRecord& record) {
  return {record.until(), TimerKind::standing, encode(id)};
}

std::string index_of(const RulebookId& rulebook, std::string_view code) {
  return std::string(kIndex) + "/" + rulebook + "/" + std::string(code);
}

Bytes index_key(const StandingAt& at, std::string_view code) {
  return unit_index_key(index_of(at.rulebook, code), at.unit, at.subject.view());
}

StandingId id_of(const StandingAt& at, std::string_view code) {
  return {at.rulebook, at.subject, std::string(code)};
}

void save(const StandingAt& at, std::string_view code, const std::optional<StandingRecord>& before,
          const StandingRecord& after) {
  const auto id = id_of(at, code);
  if (before) stop_timer(at.state, timer_of(id, *before));
  if (after.grounds.empty()) {
    at.state.erase(standing_key(at.rulebook, at.subject, code));
    at.state.erase(index_key(at, code));
    return;
  }
  start_timer(at.state, timer_of(id, after));
  at.state.put(standing_key(at.rulebook, at.subject, code), encode(after));
  if (!before) at.state.put(index_key(at, code), Bytes{1});
}

}  // namespace

TimestampMs StandingRecord::until() const {
  TimestampMs last;
  for (const auto& ground : grounds) last = std::max(last, ground.until);
  return last;
}

Bytes standing_key(const RulebookId& rulebook, const SubjectHandle& subject, std::string_view code) {
  return unit_index_key("standing/" + rulebook, std::string(code), subject.view());
}

Bytes standing_index_prefix(const RulebookId& rulebook, std::string_view code, const UnitId& unit) {
  return unit_index_prefix(index_of(rulebook, code), unit);
}

Bytes standing_index_below(const RulebookId& rulebook, std::string_view code, const UnitId& unit) {
  return unit_index_below(index_of(rulebook, code), unit);
}

std::optional<StandingRecord> standing_of(const ledger::State& state, const RulebookId& rulebook,
                                          const SubjectHandle& subject, std::string_view code) {
  const auto bytes = state.get(standing_key(rulebook, subject, code));
  if (!bytes) return std::nullopt;
  auto record = decode<StandingRecord>(*bytes);
  invariant(record.has_value(), "a standing in the state decodes");
  return *std::move(record);
}

void add_ground(const StandingAt& at, std::string_view code, const Ground& ground) {
  const auto before = standing_of(at.state, at.rulebook, at.subject, code);
  StandingRecord after = before.value_or(StandingRecord{});
  if (after.grounds.size() >= kGroundsMax)
    after.grounds.erase(std::min_element(after.grounds.begin(), after.grounds.end(),
                                         [](const Ground& a, const Ground& b) { return a.until < b.until; }));
  after.grounds.push_back(ground);
  save(at, code, before, after);
}

void end_standing(const StandingAt& at, std::string_view code) {
  if (const auto before = standing_of(at.state, at.rulebook, at.subject, code)) save(at, code, before, {});
}

void remove_grounds(const StandingAt& at, const Rulebook& rulebook, std::string_view book, std::uint64_t entry) {
  for (const auto& kind : rulebook.standings) {
    const auto before = standing_of(at.state, at.rulebook, at.subject, kind.code);
    if (!before) continue;
    StandingRecord after = *before;
    std::erase_if(after.grounds, [&](const Ground& ground) { return ground.book == book && ground.entry == entry; });
    if (after.grounds.size() != before->grounds.size()) save(at, kind.code, before, after);
  }
}

DueEvent end_term(ledger::State& state, const StandingId& id) {
  const auto subject = state.get(subject_key(id.subject));
  invariant(subject.has_value(), "whoever stands on a list is registered");
  const auto record = decode<SubjectRecord>(*subject);
  invariant(record.has_value(), "a subject in the state decodes");
  end_standing({state, id.rulebook, id.subject, record->unit}, id.code);
  DueEvent event;
  event.kind = TimerKind::standing;
  event.rulebook = id.rulebook;
  event.subject = id.subject;
  event.code = id.code;
  return event;
}

}  // namespace tally::contracts
