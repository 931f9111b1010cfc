// The second village's year on the rule engine, beside the first's, against the independent plain calculation.
#include "scenario/neighbour_year.h"

#include "contracts/queries.h"
#include "contracts/village.h"
#include "scenario/case_numbers.h"
#include "support/plain_qingzhen.h"
#include "support/plain_yingshanhong.h"

namespace {

using namespace tally;
using namespace tally::contracts;
using namespace tally::scenario;

const TimestampMs kFarAway{1830297600000};  // 2028

// Both villages' drafts on one state, a block for each.
class TwoVillages {
 public:
  TwoVillages(const VillageYear& first, const NeighbourYear& second) : first_(first), second_(second) {
    block_.time = first.options.start;
    block_.clock = ledger::ClockMode::test;
    auto operations = genesis_operations(first, qingzhen_text(), true);
    for (auto& operation : genesis_operations(second, text_of_rulebook(kPlots), text_of_rulebook(kDuty)))
      operations.push_back(std::move(operation));
    for (const auto& operation : operations) {
      const auto result = engine_.execute({block_, nullptr, {}, 0}, encode_operation(operation), state);
      INFO(result.message);
      REQUIRE(result.code == ErrorCode::ok);
    }
  }

  void run() {
    std::size_t next = 0;
    for (const auto& step : second_.steps) {
      for (; next < first_.steps.size() && first_.steps[next].at <= step.at; ++next) run_first(first_.steps[next]);
      next_block(step.at);
      for (const auto& draft : step.drafts) {
        next_block(step.at);
        ledger::SignedTransaction signers;
        signers.body.author = key(draft.author).public_key();
        signers.signatures.push_back({signers.body.author, {}});
        for (const auto villager : draft.villagers)
          signers.signatures.push_back({second_.villagers[villager].key.public_key(), {}});
        run_draft(draft, signers, second_numbers);
      }
    }
    for (; next < first_.steps.size(); ++next) run_first(first_.steps[next]);
  }

  [[nodiscard]] std::optional<std::int64_t> score(const char* rulebook, const char* book,
                                                  const SubjectHandle& who) const {
    const auto bytes = state.get(account_key({rulebook, book, who}));
    if (!bytes) return std::nullopt;
    return decode<AccountRecord>(*bytes).value().score.value;
  }
  [[nodiscard]] TimestampMs now() const { return block_.time; }

  MemoryState state;
  CaseNumbers second_numbers;

 private:
  [[nodiscard]] const crypto::SecretKey& key(const scenario::Signer& signer) const {
    return signer.office ? second_.officer(*signer.office).key : second_.villagers[signer.villager].key;
  }
  void next_block(TimestampMs at_least) {
    block_.height = block_.height.next();
    block_.time = std::max(block_.time.next(), at_least);
    engine_.run_due(block_, state, 1000);
  }
  void run_first(const Step& step) {
    for (const auto& draft : step.drafts) {
      next_block(step.at);
      ledger::SignedTransaction signers;
      signers.body.author =
          (draft.household ? *first_.households[*draft.household].key : first_.officer(draft.author).key).public_key();
      signers.signatures.push_back({signers.body.author, {}});
      for (const auto post : draft.co_signers)
        signers.signatures.push_back({first_.officer(post).key.public_key(), {}});
      run_draft(draft, signers, first_numbers_);
    }
  }
  template <class Draft>
  void run_draft(const Draft& draft, const ledger::SignedTransaction& signers, CaseNumbers& numbers) {
    for (std::size_t i = 0; i < draft.operations.size(); ++i) {
      const auto operation = numbers.on_chain(draft.operations[i]);
      const auto result =
          engine_.execute({block_, &signers, {}, static_cast<std::uint32_t>(i)}, encode_operation(operation), state);
      ErrorCode expected = ErrorCode::ok;
      for (const auto& refused : draft.refused)
        if (refused.operation == i) expected = refused.code;
      INFO(draft.title << ", operation " << i << ": " << result.message);
      if (result.code != expected) REQUIRE(result.code == expected);
      if (result.code == ErrorCode::ok) REQUIRE(numbers.learn(operation, result.output).has_value());
    }
  }

  const VillageYear& first_;
  const NeighbourYear& second_;
  CaseNumbers first_numbers_;
  RuleEngine engine_;
  ledger::BlockContext block_;
};

}  // namespace

TEST_CASE(
    "two villages on one chain: each scheme gives the points of its plain calculation and leaves the other alone") {
  for (const std::uint64_t seed : {1, 2, 3, 20260301}) {
    INFO("seed " << seed);
    Options options;
    options.seed = seed;
    options.households = 30;
    const auto first = make_village_year(options);
    const auto second = make_neighbour_year(seed, options.start);
    TwoVillages chain(first, second);
    chain.run();
    const auto until = chain.now().value + 1;
    const auto households = plain::qingzhen_scores(first.events, first.households.size(), until);
    for (std::size_t i = 0; i < first.households.size(); ++i) {
      INFO("household " << i);
      const auto& handle = first.households[i].handle;
      CHECK(chain.score("qingzhen", "credit", handle) == households[i]);
      CHECK_FALSE(chain.score(kPlots, "points", handle).has_value());
      CHECK_FALSE(chain.score(kDuty, "points", handle).has_value());
    }
    const auto plots = plain::plots_scores(second.events, kVillagers, until);
    const auto duty = plain::duty_scores(second.events, kVillagers, until);
    for (std::size_t i = 0; i < kVillagers; ++i) {
      INFO("villager " << i);
      const auto& handle = second.villagers[i].handle;
      CHECK(chain.score(kPlots, "points", handle) == plots[i]);
      CHECK(chain.score(kDuty, "points", handle) == duty[i]);
      CHECK_FALSE(chain.score("qingzhen", "credit", handle).has_value());
    }
    const auto sold = plain::sold(second.events, kVillagers);
    const auto store = chain.state.to_store();
    for (std::size_t i = 0; i < sold.size(); ++i) {
      const auto number = chain.second_numbers.on_chain(second.listing_cases[i]);
      CHECK((Queries().work(*store, number).value().state == "sold") == sold[i]);
    }
    CHECK(std::count(sold.begin(), sold.end(), true) > 0);
  }
}

TEST_CASE("the plain calculation of duties is that of the exact vector") {
  PlainDuty duty;
  duty.in_ms = 1'000'000;
  duty.out_ms = duty.in_ms + 6ULL * 3600 * 1000;
  duty.epidemic = true;
  CHECK(plain::points_of_duty(duty) == 1800);
  duty.leader = 110;
  CHECK(plain::points_of_duty(duty) == 1980);
  duty.spot = 100;
  duty.stars = {5, 4};
  CHECK(plain::points_of_duty(duty) == 1980);
  duty.stars = {5, 4, 5};
  CHECK(plain::points_of_duty(duty) == 2079);
  duty.stars = {2, 2, 3};
  CHECK(plain::points_of_duty(duty) == 1782);
  duty.out_ms -= 60'000;
  CHECK(plain::points_of_duty(duty) == 1634);  // 5.5 h: 11.00, 16.50, 18.15, less a tenth: 16.335
}

TEST_CASE("the plain calculation of plots: weeks, ten ratings a day, deductions, and the sale by points") {
  CHECK(plain::points_of_week({5, 5, 5, 5}) == 0);
  CHECK(plain::points_of_week({5, 5, 1, 5, 4}) == 500);
  CHECK(plain::points_of_week({4, 4, 5, 4, 3}) == 300);
  CHECK(plain::points_of_week({1, 2, 2, 2, 5}) == 0);
  NeighbourEvents events;
  for (std::size_t i = 0; i < 11; ++i) {
    PlainRound round;
    round.holder = i + 1;
    round.opened_ms = 1'000'000;
    round.rated_ms = 2'000'000;
    round.raters = {0};
    round.stars = {5};
    events.rounds.push_back(round);
  }
  CHECK(plain::plots_scores(events, 12, kFarAway.value)[0] == 1000);
  events.weak.push_back({0, 3, 3'000'000, true});
  CHECK(plain::plots_scores(events, 12, kFarAway.value)[0] == 1000);
  events.weak.push_back({0, 3, 3'000'000, false});
  CHECK(plain::plots_scores(events, 12, kFarAway.value)[0] == 700);
  events.weak.push_back({1, 3, 3'000'000, false});
  CHECK(plain::plots_scores(events, 12, kFarAway.value)[1] == 0);
  // Points first, then the earlier listing; who does not fit ends it.
  events.listings = {{1, 80}, {2, 60}, {0, 50}};
  events.sale_ms = kFarAway.value;
  events.sale_kg = 100;
  CHECK(plain::sold(events, 12) == std::vector<bool>{false, false, true});
  events.sale_kg = 130;
  CHECK(plain::sold(events, 12) == std::vector<bool>{true, false, true});
}

TEST_CASE("a second village's year is the same for the same seed, and its transactions pass their own checks") {
  const TimestampMs start{1767225600000};
  const auto year = make_neighbour_year(4, start);
  const auto again = make_neighbour_year(4, start);
  REQUIRE(year.steps.size() == again.steps.size());
  ChainId chain;
  chain.bytes[0] = 1;
  std::size_t transactions = 0;
  for (std::size_t i = 0; i < year.steps.size(); ++i) {
    if (i > 0) CHECK(year.steps[i - 1].at <= year.steps[i].at);
    REQUIRE(year.steps[i].drafts.size() == again.steps[i].drafts.size());
    for (std::size_t k = 0; k < year.steps[i].drafts.size(); ++k) {
      const auto& draft = year.steps[i].drafts[k];
      const auto transaction = sign(year, draft, draft.operations, chain, year.steps[i].at.plus(1000));
      const auto& other = again.steps[i].drafts[k];
      CHECK(transaction == sign(again, other, other.operations, chain, again.steps[i].at.plus(1000)));
      CHECK(ledger::check_form(transaction, chain, encode(transaction).size()).has_value());
      CHECK(ledger::check_signatures(transaction, ledger::id_of(transaction.body)).has_value());
      ++transactions;
    }
  }
  CHECK(transactions > 200);
  CHECK(year.events.duties.size() >= 24);
  CHECK(year.events.reports.size() == 2);
  CHECK(year.events.weak.size() == 2);
}
