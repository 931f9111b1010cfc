// A year in a village on the rule engine, against the independent plain calculation.
#include <ctime>

#include "contracts/queries.h"
#include "contracts/village.h"
#include "scenario/village_year.h"
#include "support/plain_qingzhen.h"

namespace {

using namespace tally;
using namespace tally::contracts;
using namespace tally::scenario;

// Runs a year's drafts as a ledger on a test clock would, one block for each.
class Driver {
 public:
  explicit Driver(const VillageYear& year) : year_(year) {
    block_.time = year.options.start;
    block_.clock = ledger::ClockMode::test;
    for (const auto& operation : genesis_operations(year, qingzhen_text(), true)) {
      const ledger::OperationContext context{block_, nullptr, {}, 0};
      const auto result = engine.execute(context, encode_operation(operation), state);
      INFO(result.message);
      REQUIRE(result.code == ErrorCode::ok);
    }
  }

  void next_block(TimestampMs at_least) {
    block_.height = block_.height.next();
    block_.time = std::max(block_.time.next(), at_least);
    engine.run_due(block_, state, 1000);
  }

  void run(const Draft& draft) {
    ledger::SignedTransaction transaction;
    const auto& key = draft.household ? *year_.households[*draft.household].key : year_.officer(draft.author).key;
    transaction.body.author = key.public_key();
    transaction.signatures.push_back({key.public_key(), {}});
    for (const auto post : draft.co_signers)
      transaction.signatures.push_back({year_.officer(post).key.public_key(), {}});
    for (std::size_t i = 0; i < draft.operations.size(); ++i) {
      const ledger::OperationContext context{block_, &transaction, {}, static_cast<std::uint32_t>(i)};
      const auto result = engine.execute(context, encode_operation(draft.operations[i]), state);
      ErrorCode expected = ErrorCode::ok;
      for (const auto& refused : draft.refused)
        if (refused.operation == i) expected = refused.code;
      if (result.code == expected) continue;
      INFO(draft.title << ", operation " << i << ": " << result.message);
      REQUIRE(result.code == expected);
    }
    if (cold) engine.forget_cached();
  }

  void run_year() {
    for (const auto& step : year_.steps) {
      next_block(step.at);
      for (const auto& draft : step.drafts) {
        run(draft);
        next_block(step.at);
      }
    }
  }

  [[nodiscard]] std::int64_t score(std::size_t household) const {
    const auto bytes = state.get(account_key({"qingzhen", "credit", year_.households[household].handle}));
    return decode<AccountRecord>(*bytes).value().score.value;
  }
  [[nodiscard]] TimestampMs now() const { return block_.time; }

  MemoryState state;
  RuleEngine engine;
  bool cold = false;

 private:
  const VillageYear& year_;
  ledger::BlockContext block_;
};

TEST_CASE("random years give the scores that the plain calculation gives") {
  for (const std::uint64_t seed : {1, 2, 3, 20260301}) {
    const std::size_t households = seed == 1 ? 753 : 20 + seed % 50;
    INFO("seed " << seed << ", households " << households);
    Options options;
    options.seed = seed;
    options.households = households;
    const auto year = make_village_year(options);
    Driver driver(year);
    driver.run_year();
    const auto plain = plain::qingzhen_scores(year.events, households, driver.now().value);
    for (std::size_t i = 0; i < households; ++i) {
      INFO("household " << i);
      REQUIRE(driver.score(i) == plain[i]);
    }
    CHECK(driver.score(7) < 600);
  }
}

TEST_CASE("stars and the loan gate agree with the plain calculation") {
  Options options;
  options.households = 40;
  const auto year = make_village_year(options);
  Driver driver(year);
  driver.run_year();
  const auto store = driver.state.to_store();
  const Queries queries;
  for (std::size_t i = 0; i < year.households.size(); ++i) {
    INFO("household " << i);
    const auto view = queries.account(*store, "qingzhen", "", year.households[i].handle, driver.now()).value();
    CHECK(static_cast<int>(view.stars) == plain::qingzhen_stars(driver.score(i)));
    CHECK(view.gates.at(0).passes == plain::qingzhen_may_apply_for_loan(driver.score(i)));
  }
}

TEST_CASE("a year replayed with cold caches gives the same state") {
  Options options;
  options.seed = 5;
  options.households = 30;
  const auto year = make_village_year(options);
  Driver warm(year);
  warm.run_year();
  Driver cold(year);
  cold.cold = true;
  cold.run_year();
  CHECK(warm.state.same_as(cold.state));
}

TEST_CASE("a scenario is the same for the same seed, and its transactions pass their own checks") {
  Options options;
  options.households = 30;
  const auto year = make_village_year(options);
  const auto again = make_village_year(options);
  REQUIRE(year.steps.size() == again.steps.size());
  ChainId chain;
  chain.bytes[0] = 1;
  std::size_t operations = 0;
  for (std::size_t i = 0; i < year.steps.size(); ++i) {
    if (i > 0) CHECK(year.steps[i - 1].at < year.steps[i].at);
    for (std::size_t k = 0; k < year.steps[i].drafts.size(); ++k) {
      const auto transaction = sign(year, year.steps[i].drafts[k], chain, year.steps[i].at.plus(1000));
      CHECK(transaction == sign(again, again.steps[i].drafts[k], chain, year.steps[i].at.plus(1000)));
      CHECK(ledger::check_form(transaction, chain, encode(transaction).size()).has_value());
      CHECK(ledger::check_signatures(transaction, ledger::id_of(transaction.body)).has_value());
      operations += transaction.body.operations.size();
    }
  }
  CHECK(operations > 100);
  CHECK(registration_drafts(year).size() == 1);
  CHECK(award_sheet(year, 1, 500, year.options.start).operations.size() == 500);
}

// Not a bound that could fail on a busy machine: `test_contracts "[cost]"` prints what an award costs.
TEST_CASE("the cost of an award", "[.][cost]") {
  const auto year = make_village_year(Options{});
  Driver driver(year);
  driver.next_block(TimestampMs{year.options.start.value + 40 * Village::kDayLength});
  constexpr std::size_t kAwards = 200000;
  const auto sheet = award_sheet(year, 1, kAwards, year.options.start);
  std::vector<Bytes> operations;
  for (const auto& operation : sheet.operations) operations.push_back(encode_operation(operation));
  ledger::SignedTransaction transaction;
  transaction.body.author = year.officer(scenario::Post::recorder).key.public_key();
  transaction.signatures.push_back({transaction.body.author, {}});
  ledger::BlockContext block;
  block.time = driver.now();
  // The ledger's own state, as in a node.
  const auto store = driver.state.to_store();
  ledger::WorkingState state(*store, 64 << 20);
  std::clock_t spent = 0;  // processor time: other work on the machine does not count
  for (std::uint32_t i = 0; i < kAwards; i += 5000) {
    const std::clock_t start = std::clock();
    for (std::uint32_t k = i; k < i + 5000; ++k) {
      const ledger::OperationContext context{block, &transaction, {}, k};
      state.begin();
      const auto result = driver.engine.execute(context, operations[k], state);
      state.commit();
      if (result.code != ErrorCode::ok) FAIL(result.message);
    }
    spent += std::clock() - start;
    storage::WriteBatch batch;
    (void)state.collect(batch);
    REQUIRE(store->write(batch, storage::Sync::no).has_value());
    state.persisted();
  }
  constexpr double kMicroseconds = 1e6 / CLOCKS_PER_SEC;
  WARN("one award: " << static_cast<double>(spent) * kMicroseconds / kAwards << " microseconds, state included");
}

}  // namespace
