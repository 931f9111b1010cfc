// Old batches are let go of, and come back from a file that is checked against our own headers.
#include "ledger/prune.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "ledger/audit.h"
#include "ledger/block_records.h"
#include "ledger/chain_file.h"
#include "snapshot_fixture.h"
#include "storage/rocks_store.h"

namespace tally::ledger {

using namespace tally::test;
using storage::Column;

namespace {

constexpr std::uint64_t kBlocks = kBlocksKeptMin + 60;

std::shared_ptr<storage::Store> rocks(const std::filesystem::path& path) {
  return storage::open_rocks_store(path, {}).value();
}

// Every block has a batch of some size, and a certificate.
struct LongChain {
  ToyChain chain;
  TransactionMaker maker{chain->id()};

  explicit LongChain(std::shared_ptr<storage::Store> store = nullptr, std::uint64_t blocks = kBlocks)
      : chain(toy_genesis(), std::move(store)) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
      std::vector<Bytes> operations;
      for (std::uint32_t j = 0; j < 40; ++j) operations.push_back(toy_add(static_cast<std::uint32_t>(i * 7 + j), 1));
      chain.apply(batch_of({maker.make(std::move(operations))}));
      chain.certify_head();
    }
  }
  std::vector<CertifiedBlock> blocks(std::uint64_t from = 1) {
    std::vector<CertifiedBlock> out;
    for (std::uint64_t height = from; height <= chain->head().header.height.value; ++height)
      out.push_back(block_at(chain, height));
    return out;
  }
};

std::function<Result<BlockSource>()> source_of(const std::vector<CertifiedBlock>& blocks) {
  return [&blocks]() -> Result<BlockSource> {
    return BlockSource([&blocks, next = std::size_t{0}]() mutable -> Result<std::optional<CertifiedBlock>> {
      if (next == blocks.size()) return std::optional<CertifiedBlock>{};
      return std::optional(blocks[next++]);
    });
  };
}

struct Restoring {
  std::unique_ptr<crypto::Verifier> verifier = crypto::make_verifier(chain_id(toy_genesis()));
  Result<RestoreReport> operator()(storage::Store& store, const std::vector<CertifiedBlock>& blocks) const {
    return restore_blocks(store, toy_genesis(), *verifier, source_of(blocks));
  }
};

}  // namespace

TEST_CASE("Pruning lets go of old batches, keeps what proofs need, and frees the disk") {
  const TempDirectory directory;
  LongChain held(rocks(directory.path() / "db"));
  auto& chain = held.chain;
  const auto verifier = crypto::make_verifier(chain->id());
  const auto blocks = held.blocks();

  const auto dry = chain->prune({.keep_from = BlockHeight{51}, .dry_run = true});
  REQUIRE(dry);
  CHECK(dry->first == BlockHeight{51});
  CHECK(dry->blocks == 50);
  CHECK(chain->block(BlockHeight{50}).value());
  CHECK(chain->first_block() == BlockHeight{1});

  const auto done = chain->prune({.keep_from = BlockHeight{51}});
  REQUIRE(done);
  CHECK(done->blocks == 50);
  CHECK(done->bytes == dry->bytes);
  CHECK(done->first == BlockHeight{51});
  CHECK(done->disk_before > 0);
  CHECK(done->disk_after < done->disk_before);
  CHECK(chain->first_block() == BlockHeight{51});
  for (const std::uint64_t height : {1, 50}) {
    const auto block = chain->block(BlockHeight{height});
    REQUIRE_FALSE(block);
    CHECK(block.error().code == ErrorCode::pruned);
    CHECK(block.error().text().find("51") != std::string::npos);
    CHECK(chain->header(BlockHeight{height}).value());
    CHECK(chain->certificate(BlockHeight{height}).value());
    const auto proof = chain->prove_receipt(BlockHeight{height}, 0);
    REQUIRE(proof);
    CHECK(verify_receipt_evidence(*proof, chain->validators(), *verifier).has_value());
  }
  CHECK(chain->block(BlockHeight{51}).value() == blocks[50]);
  CHECK(chain->block(BlockHeight{0}).value());
  // A second pass finds nothing more.
  CHECK(chain->prune({.keep_from = BlockHeight{51}})->blocks == 0);
  // Never back, and never what every node keeps.
  CHECK(chain->prune({.keep_from = BlockHeight{20}})->first == BlockHeight{51});
  const auto most = chain->prune({.keep_from = BlockHeight{kBlocks}, .receipts = true});
  REQUIRE(most);
  CHECK(most->first == BlockHeight{kBlocks - kBlocksKeptMin});
  CHECK(chain->prove_receipt(BlockHeight{1}, 0).error().code == ErrorCode::pruned);
  CHECK(chain->prove_receipt(most->first, 0).has_value());
  // The chain goes on, here and after a restart.
  chain.apply_null();
  chain.certify_head();
  CHECK(chain->record_certificate(certify(blocks[3].header, chain->id())).has_value());
  const auto digest = chain->head().digest;
  auto store = chain.shared_store();
  ToyChain again(toy_genesis(), store);
  CHECK(again->head().digest == digest);
  CHECK(again->first_block() == most->first);
}

TEST_CASE("A short chain is not pruned") {
  LongChain held(nullptr, 20);
  const auto done = held.chain->prune({.keep_from = BlockHeight{15}, .receipts = true});
  REQUIRE(done);
  CHECK(done->blocks == 0);
  CHECK(done->first == BlockHeight{1});
  CHECK(held.chain->block(BlockHeight{1}).value());
}

TEST_CASE("Pruned batches come back from a chain file, and no others") {
  LongChain held;
  auto& chain = held.chain;
  const auto blocks = held.blocks();
  const auto before = column(chain.store(), Column::blocks);
  REQUIRE(chain->prune({.keep_from = BlockHeight{41}}));
  const auto pruned = column(chain.store(), Column::blocks);
  const Restoring restore;

  // Another batch under a true header, a header of our height that is not ours, a gap, another order.
  auto changed = blocks;
  changed[9].batch[5] ^= 1;
  CHECK(restore(chain.store(), changed).error().code == ErrorCode::root_mismatch);
  changed = blocks;
  changed[9].header.time = changed[9].header.time.plus(1);
  CHECK(restore(chain.store(), changed).error().code == ErrorCode::broken_chain);
  changed = blocks;
  changed.erase(changed.begin() + 9);
  CHECK(restore(chain.store(), changed).error().code == ErrorCode::broken_chain);
  changed = blocks;
  std::swap(changed[3], changed[4]);
  CHECK(restore(chain.store(), changed).error().code == ErrorCode::broken_chain);
  CHECK(read_first_block(chain.store()).value() == BlockHeight{41});
  CHECK(column(chain.store(), Column::blocks) == pruned);

  // Piece by piece: the middle first.
  const std::vector<CertifiedBlock> middle(blocks.begin() + 10, blocks.begin() + 20);
  const auto first = restore(chain.store(), middle);
  REQUIRE(first);
  CHECK(first->restored == 10);
  CHECK(first->first == BlockHeight{41});
  CHECK(chain->block(BlockHeight{11}).value() == blocks[10]);
  const auto all = restore(chain.store(), blocks);
  REQUIRE(all);
  CHECK(all->restored == 30);
  CHECK(all->held == 10);
  CHECK(all->first == BlockHeight{1});
  CHECK(column(chain.store(), Column::blocks) == before);
  CHECK(ToyChain(toy_genesis(), chain.shared_store())->first_block() == BlockHeight{1});
}

TEST_CASE("A node that began with a snapshot takes the blocks before it from an archive, each linked to its own") {
  LongChain held(nullptr, 30);
  const auto snapshot = snapshot_of(held.chain);
  const auto store = install(snapshot, toy_genesis());
  const auto blocks = held.blocks();
  const Restoring restore;

  // What is linked to nothing here is refused: it might be anything.
  const std::vector<CertifiedBlock> low(blocks.begin(), blocks.begin() + 20);
  CHECK(restore(*store, low).error().code == ErrorCode::not_found);
  auto changed = blocks;
  changed[4].header.state_root.bytes[3] ^= 1;
  CHECK(restore(*store, changed).error().code == ErrorCode::broken_chain);
  changed = blocks;
  changed[4].certificate->signatures[0].signature.bytes[0] ^= 1;
  CHECK(restore(*store, changed).error().code == ErrorCode::bad_certificate);
  CHECK(read_first_block(*store).value() == BlockHeight{31});

  const auto all = restore(*store, blocks);
  REQUIRE(all);
  CHECK(all->restored == 30);
  CHECK(all->first == BlockHeight{1});
  ToyChain joined(toy_genesis(), store);
  CHECK(joined->first_block() == BlockHeight{1});
  ToyExecutor executor;
  Auditor auditor(toy_genesis(), executor);
  for (std::uint64_t height = 1; height <= 30; ++height) {
    CHECK(block_at(joined, height) == blocks[height - 1]);
    REQUIRE(auditor.feed(block_at(joined, height)));
  }
  CHECK(auditor.finish().passed);
  // Receipts are made by executing; they do not come back.
  CHECK_FALSE(joined->receipts(BlockHeight{5}).value());
  CHECK(joined->prove_receipt(BlockHeight{5}, 0).error().code == ErrorCode::pruned);
}

}  // namespace tally::ledger
