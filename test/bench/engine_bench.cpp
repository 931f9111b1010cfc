// How long the rule engine itself takes, on a state in memory: an award through the catalogue, and timers that fall
// due.
#include <benchmark/benchmark.h>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "contracts/engine.h"
#include "contracts/memory_state.h"
#include "contracts/operations.h"
#include "crypto/signature.h"

namespace {

using namespace tally;
using namespace tally::contracts;

constexpr std::uint64_t kStart = 1'780'300'800'000;  // 2026-06-01T08:00Z

template <class Fixed>
Fixed numbered(std::uint64_t number) {
  Fixed out;
  std::memcpy(out.bytes.data(), &number, sizeof number);
  out.bytes.back() = 1;
  return out;
}

std::string text_of(const std::string& rulebook) {
  std::ifstream file(std::string(TALLY_SOURCE_DIR) + "/rulebooks/" + rulebook + "/rulebook.json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// With a second person on a rule that asks for none.
std::string endorsed(std::string text, const std::string& rule) {
  const std::string_view none = "\"endorser_roles\": []";
  const auto found = text.find(none, text.find("\"code\": \"" + rule + "\""));
  if (found == std::string::npos) throw std::runtime_error("rule " + rule + " is not where it was");
  return text.replace(found, none.size(), "\"endorser_roles\": [\"endorser\"]");
}

// Passes everything on and remembers it, so that the state's own time can be measured alone.
class TracedState final : public ledger::State {
 public:
  explicit TracedState(ledger::State& below) : below_(below) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    calls_.push_back({Call::get, bytes(key), {}, 0});
    return below_.get(key);
  }
  void put(ByteView key, Bytes value) override {
    calls_.push_back({Call::put, bytes(key), value, 0});
    below_.put(key, std::move(value));
  }
  void erase(ByteView key) override {
    calls_.push_back({Call::erase, bytes(key), {}, 0});
    below_.erase(key);
  }
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override {
    below_.scan(prefix, visit);
  }
  void append_history(ByteView list, std::uint64_t index, Bytes record) override {
    calls_.push_back({Call::append, bytes(list), record, index});
    below_.append_history(list, index, std::move(record));
  }
  [[nodiscard]] std::optional<Bytes> history(ByteView list, std::uint64_t index) const override {
    calls_.push_back({Call::history, bytes(list), {}, index});
    return below_.history(list, index);
  }
  // The same calls on another state.
  void replay(ledger::State& state) {
    for (auto& call : calls_) {
      if (call.what == Call::get)
        benchmark::DoNotOptimize(state.get(call.key));
      else if (call.what == Call::put)
        state.put(call.key, std::move(call.value));
      else if (call.what == Call::erase)
        state.erase(call.key);
      else if (call.what == Call::append)
        state.append_history(call.key, call.index, std::move(call.value));
      else
        benchmark::DoNotOptimize(state.history(call.key, call.index));
    }
  }

 private:
  struct Call {
    enum What : std::uint8_t { get, put, erase, append, history } what;
    Bytes key;
    Bytes value;
    std::uint64_t index;
  };
  static Bytes bytes(ByteView view) { return {view.begin(), view.end()}; }

  ledger::State& below_;
  mutable std::vector<Call> calls_;
};

// A village with two officers and `subjects` accounts.
class Ground {
 public:
  Ground(const std::string& rulebook, SubjectKind kind, std::uint64_t subjects) {
    block_.time = TimestampMs{kStart};
    block_.height = BlockHeight{1};
    at_genesis(RegisterUnit{"town", UnitKind::town, "town"});
    for (const auto role : {Role::recorder, Role::endorser})
      at_genesis(RegisterOfficer{person(role), key(role), "town", {role}, "officer"});
    const std::string text = text_of(rulebook);
    at_genesis(DeployRulebook{rulebook == "qingzhen" ? endorsed(text, "QZ7") : text});
    for (std::uint64_t i = 1; i <= subjects; ++i) {
      at_genesis(RegisterSubject{numbered<SubjectHandle>(i), kind, "town", numbered<Digest>(i), {}, {}});
      at_genesis(OpenAccount{rulebook, numbered<SubjectHandle>(i)});
    }
    transaction_.body.author = key(Role::recorder);
    transaction_.signatures = {{key(Role::recorder), {}}, {key(Role::endorser), {}}};
  }
  void run(const Bytes& operation) { run(operation, state_); }
  void run(const Bytes& operation, ledger::State& state) {
    const ledger::OperationContext context{block_, &transaction_, {}, 0};
    const auto result = engine_.execute(context, operation, state);
    if (result.code != ErrorCode::ok) throw std::runtime_error(result.message);
  }
  MemoryState& state() { return state_; }
  std::size_t due(std::uint64_t days, std::size_t limit) {
    block_.time = TimestampMs{kStart + days * 24 * 3600 * 1000};
    return engine_.run_due(block_, state_, limit).size();
  }

 private:
  static PersonId person(Role role) { return numbered<PersonId>(100 + static_cast<std::uint64_t>(role)); }
  static PublicKey key(Role role) {
    crypto::Seed seed{};
    seed[0] = static_cast<Byte>(1 + static_cast<unsigned>(role));
    return crypto::SecretKey::from_seed(seed).public_key();
  }
  void at_genesis(const Operation& operation) {
    const ledger::OperationContext context{block_, nullptr, {}, 0};
    const auto result = engine_.execute(context, encode_operation(operation), state_);
    if (result.code != ErrorCode::ok) throw std::runtime_error(result.message);
  }

  MemoryState state_;
  RuleEngine engine_;
  ledger::BlockContext block_;
  ledger::SignedTransaction transaction_;
};

Bytes award_number(std::uint64_t count) {
  return encode_operation(Award{"qingzhen",
                                numbered<SubjectHandle>(1 + count % 1000),
                                "QZ7",
                                1,
                                std::nullopt,
                                TimestampMs{kStart},
                                {},
                                numbered<Digest>(count + 1)});
}

// With a limit by document of evidence and an endorser, as one operation of a transaction: its bytes are decoded too.
void award(benchmark::State& state) {
  Ground ground("qingzhen", SubjectKind::household, 1000);
  std::uint64_t count = 0;
  for (auto step : state) {
    state.PauseTiming();
    const Bytes bytes = award_number(count++);
    state.ResumeTiming();
    ground.run(bytes);
  }
}
BENCHMARK(award);

// What the state in memory takes of that: the same reads and writes without the engine.
void award_state_alone(benchmark::State& state) {
  Ground ground("qingzhen", SubjectKind::household, 1000);
  MemoryState mirror = ground.state();
  std::uint64_t count = 0;
  for (auto step : state) {
    state.PauseTiming();
    auto traced = std::make_unique<TracedState>(ground.state());
    ground.run(award_number(count++), *traced);
    state.ResumeTiming();
    traced->replay(mirror);
    state.PauseTiming();
    traced.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(award_state_alone);

// Proposed and endorsed at once, with a condition; its effects wait for the objection window.
void deduct_with_condition(benchmark::State& state) {
  Ground ground("zhongshan-drivers", SubjectKind::person, 1000);
  std::uint64_t count = 0;
  for (auto step : state) {
    state.PauseTiming();
    const Bytes bytes =
        encode_operation(Deduct{"zhongshan-drivers", numbered<SubjectHandle>(1 + count % 1000), "ZD1", 1, Amount{-250},
                                TimestampMs{kStart}, numbered<Digest>(7), numbered<Digest>(++count)});
    state.ResumeTiming();
    ground.run(bytes);
  }
}
BENCHMARK(deduct_with_condition);

// Deductions whose window ends at one time, with three effects of expressions each.
void ten_thousand_due(benchmark::State& state) {
  for (auto step : state) {
    state.PauseTiming();
    Ground ground("zhongshan-drivers", SubjectKind::person, 10000);
    for (std::uint64_t i = 1; i <= 10000; ++i)
      ground.run(encode_operation(Deduct{"zhongshan-drivers", numbered<SubjectHandle>(i), "ZD1", 1, Amount{-250},
                                         TimestampMs{kStart}, numbered<Digest>(7), numbered<Digest>(i)}));
    state.ResumeTiming();
    // As many blocks as the parameter due_events_per_block makes of it.
    std::size_t handled = 0;
    for (std::size_t more = ground.due(8, 10000); more > 0; more = ground.due(8, 10000)) handled += more;
    if (handled != 10000) throw std::runtime_error("not all were handled");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 10000);
}
BENCHMARK(ten_thousand_due)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
