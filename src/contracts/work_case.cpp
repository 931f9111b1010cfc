#include "contracts/work_case.h"

#include <algorithm>

#include "common/invariant.h"
#include "contracts/accounts.h"
#include "contracts/case_flow.h"
#include "contracts/timers.h"

namespace tally::contracts {

namespace {

const Bytes kPresent{1};
constexpr std::string_view kQueuedCountKey = "sys/queued";

std::uint64_t count_at(const ledger::State& state, ByteView key) {
  const auto bytes = state.get(key);
  if (!bytes) return 0;
  const auto count = decode<std::uint64_t>(*bytes);
  invariant(count.has_value(), "a count in the state decodes");
  return *count;
}

std::uint64_t next_number(ledger::State& state, std::string_view key) {
  const std::uint64_t number = count_at(state, as_bytes(key)) + 1;
  state.put(as_bytes(key), encode(number));
  return number;
}

void add_to_count(ledger::State& state, const Bytes& key, bool more) {
  const std::uint64_t before = count_at(state, key);
  invariant(more || before > 0, "a case that leaves a state was counted in it");
  const std::uint64_t after = more ? before + 1 : before - 1;
  if (after == 0)
    state.erase(key);
  else
    state.put(key, encode(after));
}

void count_state(ledger::State& state, const Work& work, bool more) {
  const auto& record = work.record;
  add_to_count(state, work_count_key(record.rulebook, record.workflow, record.state, work.subject.unit), more);
  add_to_count(state, work_count_key(record.rulebook, record.workflow, record.state, record.subject), more);
}

Timer timer_of(const Work& work, TimestampMs time) {
  return {time, TimerKind::work_term, big_endian(work.number)};
}

}  // namespace

std::optional<WorkRecord> load_work_record(const ledger::State& state, std::uint64_t number) {
  const auto bytes = state.get(work_key(number));
  if (!bytes) return std::nullopt;
  auto record = decode<WorkRecord>(*bytes);
  invariant(record.has_value(), "a case in the state decodes");
  return *std::move(record);
}

std::optional<Work> find_work(const ledger::State& state, Shelf& shelf, std::uint64_t number) {
  auto record = load_work_record(state, number);
  if (!record) return std::nullopt;
  Work work;
  work.number = number;
  work.rulebook = shelf.version(state, record->rulebook, record->rulebook_version);
  invariant(work.rulebook != nullptr, "a case's version of its rulebook is deployed");
  work.workflow = work.rulebook->workflow(record->workflow);
  invariant(work.workflow != nullptr, "a case's workflow is in its version of the rulebook");
  work.subject = load_subject(state, record->subject);
  work.record = *std::move(record);
  return work;
}

void store_opened(ledger::State& state, const Work& work) {
  state.put(unit_index_key(kWorkIndex, work.subject.unit, big_endian(work.number)), kPresent);
  state.put(work_of_key(work.record.subject, work.number), kPresent);
  count_state(state, work, true);
}

void enter_state(ledger::State& state, Work& work, std::size_t to, const Entered& entered) {
  auto& record = work.record;
  const auto& next = work.workflow->states[to];
  count_state(state, work, false);
  record.state = next.code;
  record.over = next.final;
  record.entered = entered.now;
  record.after = entered.after;
  count_state(state, work, true);
  if (!record.over) return;
  const auto queues = record.queues;
  for (const auto& queue : queues) leave_queue(state, work, queue);
}

void store(ledger::State& state, const Work& work, std::optional<TimestampMs> before) {
  const auto& record = work.record;
  const auto next = record.over ? std::nullopt : std::optional(record.next());
  if (before && before != next) stop_timer(state, timer_of(work, *before));
  if (next && before != next) start_timer(state, timer_of(work, *next));
  state.put(work_key(work.number), encode(record));
}

void store_fresh(ledger::State& state, Work& work, const Signer& by, TimestampMs now) {
  for (const auto& [field, value] : work.fresh)
    state.put(work_list_key(work.number, field, work.record.counts[field]++), encode(ListValue{value, by, now}));
  work.fresh.clear();
}

void add_act(ledger::State& state, Work& work, const ActRecord& act) {
  Bytes bytes = encode(act);
  work.record.history = chain_digest(work.record.history, bytes);
  state.append_history(work_history(work.number), work.record.moves++, std::move(bytes));
}

void enter_queue(ledger::State& state, Work& work, const std::string& queue) {
  auto& queues = work.record.queues;
  if (std::find(queues.begin(), queues.end(), queue) != queues.end()) return;
  queues.push_back(queue);
  const Bytes key =
      unit_index_key(queue_index(work.record.rulebook, queue), work.subject.unit, big_endian(work.number));
  state.put(key, encode(next_number(state, kQueuedCountKey)));
}

void leave_queue(ledger::State& state, Work& work, const std::string& queue) {
  auto& queues = work.record.queues;
  const auto place = std::find(queues.begin(), queues.end(), queue);
  if (place == queues.end()) return;
  queues.erase(place);
  state.erase(unit_index_key(queue_index(work.record.rulebook, queue), work.subject.unit, big_endian(work.number)));
}

}  // namespace tally::contracts
