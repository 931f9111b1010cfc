// What must hold of workflows' cases: counts by state, timers, queues.
#include <map>

#include "common/time.h"
#include "contracts/query_reading.h"
#include "contracts/timers.h"
#include "rulebook/invariants.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

constexpr std::string_view kCounts = "work_count";
constexpr std::string_view kQueues = "queue/";

using Cases = std::map<std::uint64_t, WorkRecord>;

Cases all_cases(const World& world) {
  Cases out;
  const auto last = World::must(read_record<std::uint64_t>(world.reader(), as_bytes(kCaseCountKey))).value_or(0);
  for (std::uint64_t number = 1; number <= last; ++number)
    if (auto record = World::must(read_record<WorkRecord>(world.reader(), work_key(number))))
      out.emplace(number, *std::move(record));
  return out;
}

std::string label(const World& world, const Cases& cases, std::uint64_t number) {
  const auto found = cases.find(number);
  std::string out = "case " + std::to_string(number);
  if (found == cases.end()) return out;
  return out + " (" + found->second.workflow + " of " + world.name_of(found->second.subject) + ")";
}

// Whose the count is stands in its key, between zero bytes.
std::string in_words(ByteView key) {
  std::string out;
  for (const char c : as_text(key)) out += c == 0 ? ' ' : c >= ' ' && c <= '~' ? c : '?';
  return out;
}

std::string broken_counts(const World& world, const Cases& cases) {
  std::map<Bytes, std::uint64_t> wanted;
  for (const auto& [number, record] : cases) {
    const auto unit = World::must(world.queries().subject(world.reader(), record.subject)).record.unit;
    ++wanted[work_count_key(record.rulebook, record.workflow, record.state, unit)];
    ++wanted[work_count_key(record.rulebook, record.workflow, record.state, record.subject)];
  }
  std::map<Bytes, std::uint64_t> kept;
  Bytes prefix(as_bytes(kCounts).begin(), as_bytes(kCounts).end());
  prefix.push_back(0);
  ReaderState(world.reader()).scan(prefix, [&](ByteView key, ByteView value) {
    kept[Bytes(key.begin(), key.end())] = World::must(decode<std::uint64_t>(value));
    return true;
  });
  for (const auto& [key, count] : kept) {
    const auto found = wanted.find(key);
    const auto cases_there = found == wanted.end() ? 0 : found->second;
    if (count != cases_there)
      return in_words(key) + " says " + std::to_string(count) + ", and the cases are " + std::to_string(cases_there);
  }
  for (const auto& [key, count] : wanted)
    if (!kept.contains(key)) return in_words(key) + " is not kept, and the cases are " + std::to_string(count);
  return {};
}

std::string broken_timers(const World& world, const Cases& cases) {
  const ReaderState state(world.reader());
  std::map<std::uint64_t, std::vector<TimestampMs>> timers;
  for (const auto& timer : due_timers(state, TimestampMs{UINT64_MAX}, SIZE_MAX))
    if (timer.kind == TimerKind::work_term) timers[big_endian(timer.id)].push_back(timer.time);
  for (const auto& [number, times] : timers) {
    const auto found = cases.find(number);
    if (found == cases.end() || found->second.over)
      return label(world, cases, number) + " has a timer at " + format_time(times.front()) +
             (found == cases.end() ? ", and is none" : ", and is over");
    if (times.size() > 1) return label(world, cases, number) + " has " + std::to_string(times.size()) + " timers";
    if (times.front() != found->second.next())
      return label(world, cases, number) + " has a timer at " + format_time(times.front()) + ", and goes on at " +
             format_time(found->second.next());
  }
  for (const auto& [number, record] : cases)
    if (!record.over && !timers.contains(number)) return label(world, cases, number) + " has no timer";
  return {};
}

std::string broken_queues(const World& world, const Cases& cases) {
  std::map<std::uint64_t, std::vector<std::string>> waiting;
  ReaderState(world.reader()).scan(as_bytes(kQueues), [&](ByteView key, ByteView) {
    const auto name = as_text(key).substr(0, as_text(key).find('\0'));
    waiting[big_endian(key.last(8))].emplace_back(name.substr(name.rfind('/') + 1));
    return true;
  });
  for (const auto& [number, queues] : waiting) {
    const auto found = cases.find(number);
    if (found == cases.end() || found->second.over)
      return label(world, cases, number) + " waits in " + queues.front() +
             (found == cases.end() ? ", and is none" : ", and is over");
  }
  for (const auto& [number, record] : cases) {
    auto says = record.queues;
    auto waits = waiting[number];
    std::sort(says.begin(), says.end());
    std::sort(waits.begin(), waits.end());
    if (says != waits) return label(world, cases, number) + " is not in the queues that it says";
  }
  return {};
}

}  // namespace

std::string broken_work(const World& world) {
  const auto cases = all_cases(world);
  for (const auto broken : {broken_counts, broken_timers, broken_queues})
    if (auto what = broken(world, cases); !what.empty()) return what;
  return {};
}

}  // namespace tally::rulebook
