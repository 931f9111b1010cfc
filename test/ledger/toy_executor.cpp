#include "toy_executor.h"

#include "common/codec.h"

namespace tally::test {

using ledger::OperationResult;
using ledger::State;

namespace {

constexpr std::string_view kDuePrefix = "due/";

void append_big_endian(Bytes& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<Byte>(number >> shift));
}

Bytes due_key(const ToyOperation& operation) {
  Bytes key;
  append(key, as_bytes(kDuePrefix));
  append_big_endian(key, operation.at.value);
  append_big_endian(key, operation.counter);
  return key;
}

std::int64_t add(State& state, std::uint32_t counter, std::int64_t amount, BlockHeight height) {
  const Bytes key = toy_counter_key(counter);
  ToyCounter value = toy_counter(state.get(key));
  value.total += amount;
  Bytes record = encode(ToyEntry{amount, height});
  value.history = ledger::history_link(value.history, record);
  state.append_history(key, value.entries++, std::move(record));
  state.put(key, encode(value));
  return value.total;
}

OperationResult refusal(ErrorCode code, std::string message) {
  return {code, "toy", std::move(message), {}};
}

OperationResult govern(const ToyGovernance& governance, State& state) {
  if (governance.kind == ToyKind::set_members) {
    write_members(state, governance.members);
  } else {
    auto plan = ledger::read_protocol(state);
    plan.next = governance.protocol;
    write_protocol(state, plan);
  }
  return {};
}

}  // namespace

Bytes toy_add(std::uint32_t counter, std::int64_t amount) {
  return encode(ToyOperation{ToyKind::add, counter, amount, {}});
}
Bytes toy_fail() {
  return encode(ToyOperation{ToyKind::fail, 0, 0, {}});
}
Bytes toy_fail_with(ErrorCode code) {
  return encode(ToyOperation{ToyKind::fail, 0, static_cast<std::int64_t>(code), {}});
}
Bytes toy_change_and_fail(std::uint32_t counter) {
  return encode(ToyOperation{ToyKind::change_and_fail, counter, 1, {}});
}
Bytes toy_add_later(std::uint32_t counter, std::int64_t amount, TimestampMs at) {
  return encode(ToyOperation{ToyKind::add_later, counter, amount, at});
}
Bytes toy_advance_clock(TimestampMs to) {
  return encode(ToyOperation{ToyKind::advance_clock, 0, 0, to});
}
Bytes toy_read_back(std::uint32_t counter, std::int64_t amount) {
  return encode(ToyOperation{ToyKind::read_back, counter, amount, {}});
}

Bytes toy_set_members(std::vector<consensus::Validator> members) {
  return encode(ToyGovernance{ToyKind::set_members, {std::move(members)}, {}});
}
Bytes toy_set_protocol(std::uint32_t version, BlockHeight from) {
  return encode(ToyGovernance{ToyKind::set_protocol, {}, {version, from}});
}

Bytes toy_counter_key(std::uint32_t counter) {
  Bytes key;
  append(key, as_bytes("counter/"));
  append_big_endian(key, counter);
  return key;
}

ToyCounter toy_counter(const std::optional<Bytes>& bytes) {
  return bytes ? decode<ToyCounter>(*bytes).value() : ToyCounter{};
}

OperationResult ToyExecutor::execute(const ledger::OperationContext& context, ByteView bytes, State& state) {
  last_protocol = context.block.protocol;
  const auto decoded = decode<ToyOperation>(bytes);
  if (const auto governance = decode<ToyGovernance>(bytes); !decoded && governance) return govern(*governance, state);
  if (!decoded) return refusal(ErrorCode::invalid_encoding, decoded.error().text());
  switch (decoded->kind) {
    case ToyKind::add:
      return {ErrorCode::ok, "", "", encode(add(state, decoded->counter, decoded->amount, context.block.height))};
    case ToyKind::fail:
      return refusal(decoded->amount == 0 ? ErrorCode::rule_off : static_cast<ErrorCode>(decoded->amount),
                     "always fails");
    case ToyKind::change_and_fail:
      add(state, decoded->counter, decoded->amount, context.block.height);
      state.put(as_bytes("scratch"), Bytes{1});
      return refusal(ErrorCode::limit_reached, "fails after a change");
    case ToyKind::add_later:
      state.put(due_key(*decoded), Bytes(bytes.begin(), bytes.end()));
      return {};
    case ToyKind::advance_clock:
      if (context.block.clock != ledger::ClockMode::test) return refusal(ErrorCode::test_clock_disabled, "real clock");
      state.put(as_bytes(ledger::kTestClockKey), encode(decoded->at));
      return {};
    case ToyKind::read_back:
      if (toy_counter(state.get(toy_counter_key(decoded->counter))).total != decoded->amount)
        return refusal(ErrorCode::wrong_state, "another total");
      return {};
    case ToyKind::set_members:
    case ToyKind::set_protocol:
      break;
  }
  return refusal(ErrorCode::internal, "unknown kind");
}

std::vector<Bytes> ToyExecutor::run_due(const ledger::BlockContext& block, State& state, std::size_t limit) {
  std::vector<std::pair<Bytes, ToyOperation>> due;
  state.scan(as_bytes(kDuePrefix), [&](ByteView key, ByteView value) {
    const auto operation = decode<ToyOperation>(value).value();
    if (operation.at > block.time || due.size() == limit) return false;
    due.emplace_back(Bytes(key.begin(), key.end()), operation);
    return true;
  });
  std::vector<Bytes> events;
  for (const auto& [key, operation] : due) {
    add(state, operation.counter, operation.amount, block.height);
    state.erase(key);
    events.push_back(encode(operation));
  }
  return events;
}

std::optional<TimestampMs> ToyExecutor::next_due(const State& state) const {
  std::optional<TimestampMs> out;
  state.scan(as_bytes(kDuePrefix), [&](ByteView, ByteView value) {
    out = decode<ToyOperation>(value).value().at;
    return false;
  });
  return out;
}

std::optional<ledger::HistoryClaim> ToyExecutor::history_of(ByteView key, ByteView value) const {
  if (!as_text(key).starts_with("counter/")) return std::nullopt;
  const auto counter = toy_counter(Bytes(value.begin(), value.end()));
  return ledger::HistoryClaim{Bytes(key.begin(), key.end()), counter.entries, counter.history};
}

// A counter's records are found by its key, and all of them together.
std::optional<BlockHeight> ToyExecutor::index_terms(ByteView list, ByteView record, const State&,
                                                    const std::function<void(Bytes term)>& add) const {
  const auto entry = decode<ToyEntry>(record);
  if (!entry) return std::nullopt;
  Bytes own{'c'};
  append(own, list);
  add(std::move(own));
  add(Bytes{'a'});
  return entry->height;
}

}  // namespace tally::test
