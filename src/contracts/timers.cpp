#include "contracts/timers.h"

#include "common/invariant.h"

namespace tally::contracts {

namespace {

constexpr std::string_view kPrefix = "due/";
constexpr std::size_t kFixedBytes = kPrefix.size() + 8 + 1;

Bytes key_of(const Timer& timer) {
  Bytes out;
  out.reserve(kFixedBytes + timer.id.size());
  append(out, as_bytes(kPrefix));
  append(out, big_endian(timer.time.value));
  out.push_back(static_cast<Byte>(timer.kind));
  append(out, timer.id);
  return out;
}

Timer parse(ByteView key) {
  invariant(key.size() > kFixedBytes, "a timer's key has its form");
  const ByteView rest = key.subspan(kPrefix.size());
  const ByteView id = rest.subspan(9);
  return {TimestampMs{big_endian(rest.first(8))}, static_cast<TimerKind>(rest[8]), Bytes(id.begin(), id.end())};
}

}  // namespace

Timer case_timer(TimestampMs time, std::uint64_t case_number) {
  return {time, TimerKind::case_term, big_endian(case_number)};
}

Timer proposal_timer(TimestampMs time, std::uint64_t proposal) {
  return {time, TimerKind::proposal, big_endian(proposal)};
}

bool has_timer(const ledger::State& state, const Timer& timer) {
  return state.get(key_of(timer)).has_value();
}

void start_timer(ledger::State& state, const Timer& timer) {
  state.put(key_of(timer), Bytes{1});
}

void stop_timer(ledger::State& state, const Timer& timer) {
  state.erase(key_of(timer));
}

std::vector<Timer> due_timers(const ledger::State& state, TimestampMs now, std::size_t limit) {
  std::vector<Timer> out;
  state.scan(as_bytes(kPrefix), [&](ByteView key, ByteView) {
    if (out.size() >= limit) return false;
    Timer timer = parse(key);
    if (timer.time > now) return false;
    out.push_back(std::move(timer));
    return true;
  });
  return out;
}

std::optional<TimestampMs> next_timer(const ledger::State& state) {
  std::optional<TimestampMs> next;
  state.scan(as_bytes(kPrefix), [&](ByteView key, ByteView) {
    next = parse(key).time;
    return false;
  });
  return next;
}

}  // namespace tally::contracts
