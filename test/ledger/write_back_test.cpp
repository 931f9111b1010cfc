// A replay that writes back late makes the same headers as a node that writes with every block, whatever fits memory.
#include <catch2/catch.hpp>
#include <random>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

constexpr unsigned kSeed = 20260302;

ChainOptions late(std::size_t cache_bytes) {
  ChainOptions options;
  options.final_views = false;
  options.keep_blocks = false;
  options.sync = false;
  options.write_back = WriteBack::when_full;
  options.state_cache_bytes = cache_bytes;
  options.tree_cache_bytes = cache_bytes;
  return options;
}

}  // namespace

TEST_CASE("A chain written back late has the headers of one that is written block by block") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const Genesis genesis = toy_genesis();
  ToyChain chain(genesis);
  std::vector<std::unique_ptr<ToyChain>> replays;
  for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{30000}, std::size_t{1} << 24})
    replays.push_back(std::make_unique<ToyChain>(genesis, nullptr, late(cache_bytes)));
  TransactionMaker maker{chain->id()};
  TimestampMs time = kStartTime;
  for (int block = 0; block < 60; ++block) {
    // Some expire during the run, so that the table of replays shrinks too, and some were executed before.
    time = time.plus(1 + random() % 20000);
    std::vector<SignedTransaction> transactions;
    for (std::uint64_t i = random() % 12; i-- > 0;) {
      maker.valid_until = time.plus(1 + random() % 200000);
      if (random() % 5 == 0 && maker.next_client_id > 10) {
        maker.next_client_id -= 10;
        transactions.push_back(maker.make({toy_add(1, 1)}));
        maker.next_client_id += 9;
        continue;
      }
      std::vector<Bytes> operations;
      for (std::uint64_t j = 1 + random() % 3; j-- > 0;)
        operations.push_back(random() % 7 == 0 ? toy_fail() : toy_add(static_cast<std::uint32_t>(random() % 50), 3));
      transactions.push_back(maker.make(std::move(operations), Mode::independent));
    }
    const Batch batch = batch_of(std::move(transactions), time);
    const auto applied = chain.apply(batch);
    for (auto& replay : replays) {
      const auto again = replay->apply(batch);
      REQUIRE(again.header == applied.header);
      REQUIRE(again.receipts == applied.receipts);
    }
  }
}

}  // namespace tally::ledger
