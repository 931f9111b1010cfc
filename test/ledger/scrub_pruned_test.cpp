// Scrub of stores that are not whole on purpose: pruned, or begun from a snapshot.
#include <catch2/catch.hpp>

#include "ledger/prune.h"
#include "ledger/scrub.h"
#include "snapshot_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

std::uint64_t damaged(storage::Store& store, const Genesis& genesis) {
  ScrubClass places;
  const auto verifier = crypto::make_verifier(chain_id(genesis));
  auto blocks = scrub_blocks(store, genesis, *verifier, places);
  for (const auto& damage : blocks.damages) UNSCOPED_INFO(damage.record << " " << damage.problem);
  for (const auto& damage : places.damages) UNSCOPED_INFO(damage.record << " " << damage.problem);
  return blocks.damaged + places.damaged + scrub_state(store).damaged + scrub_tree(store).damaged;
}

}  // namespace

TEST_CASE("scrub: pruned blocks are no damage and a flipped header among them is") {
  ToyChain chain{toy_genesis()};
  TransactionMaker maker{chain->id()};
  for (std::uint64_t i = 0; i < kBlocksKeptMin + 20; ++i) {
    chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
    chain.certify_head();
  }
  CHECK(damaged(chain.store(), toy_genesis()) == 0);
  PruneOptions options;
  options.keep_from = BlockHeight{10};
  options.receipts = true;
  const auto pruned = chain->prune(options);
  REQUIRE(pruned.has_value());
  REQUIRE(pruned->blocks > 0);
  CHECK(damaged(chain.store(), toy_genesis()) == 0);
  storage::WriteBatch damage;
  auto header = *chain->header(BlockHeight{4}).value();
  header.state_root.bytes[0] ^= 1;
  put_header(damage, header);
  REQUIRE(chain.store().write(damage, storage::Sync::no));
  CHECK(damaged(chain.store(), toy_genesis()) > 0);
}

TEST_CASE("scrub: a store that began with a snapshot has no damage") {
  ToyChain chain{toy_genesis()};
  TransactionMaker maker{chain->id()};
  for (int i = 0; i < 4; ++i) chain.apply(batch_of({maker.make({toy_add(1, i)})}));
  chain.certify_head();
  const auto store = install(snapshot_of(chain), toy_genesis());
  CHECK(damaged(*store, toy_genesis()) == 0);
  ToyChain again(toy_genesis(), store);
  for (int i = 0; i < 3; ++i) again.apply(batch_of({maker.make({toy_add(2, i)})}));
  CHECK(damaged(*store, toy_genesis()) == 0);
}

}  // namespace tally::ledger
