// Hidden: `test_ledger "[.bench]"` in a release build. Prints operations a second and where the time of blocks went.
#include <catch2/catch.hpp>
#include <iostream>
#include <random>

#include "chain_fixture.h"
#include "common/limits.h"
#include "storage/rocks_store.h"
#include "support/temp_directory.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

struct Totals {
  std::chrono::nanoseconds whole{};
  BlockTimings parts;
};

Totals apply_blocks(ToyChain& chain, const std::vector<Batch>& batches, bool certified) {
  Totals totals;
  for (const auto& batch : batches) {
    const Bytes bytes = encode(batch);
    const Digest digest = consensus::batch_digest(bytes);
    const auto started = std::chrono::steady_clock::now();
    const auto applied = chain->apply(chain->head().header.height.next(), &batch, bytes, digest);
    totals.whole += std::chrono::steady_clock::now() - started;
    REQUIRE(applied.has_value());
    totals.parts.execution += applied->timings.execution;
    totals.parts.tree += applied->timings.tree;
    totals.parts.write += applied->timings.write;
    if (certified) chain.certify_head();
  }
  return totals;
}

void print(std::string_view name, const Totals& totals, std::size_t blocks, std::size_t operations) {
  const auto ms = [&](std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1e6 / static_cast<double>(blocks);
  };
  std::cout << name << ": "
            << static_cast<std::uint64_t>(static_cast<double>(operations) / static_cast<double>(totals.whole.count()) *
                                          1e9)
            << " operations/s; a block: execution " << ms(totals.parts.execution) << " ms, tree "
            << ms(totals.parts.tree) << " ms, write " << ms(totals.parts.write) << " ms, whole " << ms(totals.whole)
            << " ms\n";
}

ChainOptions replay_options() {
  ChainOptions options;
  options.final_views = false;
  options.keep_blocks = false;
  options.sync = false;
  options.write_back = WriteBack::when_full;
  options.state_cache_bytes = 112 * limits::kMiB;
  options.tree_cache_bytes = 160 * limits::kMiB;
  return options;
}

void run(std::uint32_t accounts, std::size_t per_transaction, WriteBack write_back = WriteBack::every_block) {
  const TempDirectory directory;
  {
    const bool replay = write_back == WriteBack::when_full;
    auto store = storage::open_rocks_store(directory.path() / "db", {.scratch = replay});
    REQUIRE(store.has_value());
    ToyChain chain(toy_genesis(), std::shared_ptr<storage::Store>(std::move(store).value()),
                   replay ? replay_options() : ChainOptions{});
    TransactionMaker maker{chain->id()};
    std::mt19937_64 random(1);
    std::uint32_t next = 0;
    const auto batch = [&](bool fresh) {
      Batch out;
      for (std::size_t done = 0; done < 5000; done += per_transaction) {
        std::vector<Bytes> operations;
        for (std::size_t i = 0; i < per_transaction; ++i)
          operations.push_back(toy_add(fresh ? next++ % accounts : static_cast<std::uint32_t>(random() % accounts), 1));
        out.transactions.push_back(maker.make(std::move(operations), Mode::independent));
      }
      return out;
    };
    std::vector<Batch> fill;
    for (std::size_t i = 0; i < accounts / 5000; ++i) fill.push_back(batch(true));
    apply_blocks(chain, fill, !replay);
    std::vector<Batch> blocks;
    for (std::size_t i = 0; i < 40; ++i) blocks.push_back(batch(false));
    const auto written = chain.store().bytes_written();
    print((replay ? "replay, " : "") + std::to_string(accounts) + " accounts, " + std::to_string(per_transaction) +
              " operations a transaction",
          apply_blocks(chain, blocks, !replay), blocks.size(), blocks.size() * 5000);
    std::cout << "  bytes written an operation: " << (chain.store().bytes_written() - written) / (blocks.size() * 5000)
              << "\n";
  }
}

}  // namespace

TEST_CASE("Bench of apply on RocksDB", "[.bench]") {
  run(10000, 500);
  run(10000, 1);
  run(150000, 500);
  run(10000, 500, WriteBack::when_full);
  run(10000, 1, WriteBack::when_full);
}

}  // namespace tally::ledger
