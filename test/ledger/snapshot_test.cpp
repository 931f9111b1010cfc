// Snapshots made, checked and installed; the chain goes on from them as it would have.
#include "ledger/snapshot.h"

#include <catch2/catch.hpp>

#include "ledger/audit.h"
#include "ledger/prune.h"
#include "ledger/rebuild.h"
#include "snapshot_fixture.h"
#include "storage/rocks_store.h"

namespace tally::ledger {

using namespace tally::test;
using storage::Column;

namespace {

constexpr unsigned kSeed = 20261128;
constexpr SnapshotShape kSmall{.chunk_bytes = 700, .sort_bytes = 20'000};

// Blocks that write to some of a thousand counters.
void go_on(ToyChain& chain, TransactionMaker& maker, std::mt19937_64& random, int blocks) {
  for (int i = 0; i < blocks; ++i) {
    std::vector<Bytes> operations;
    for (int j = 0; j < 12; ++j) operations.push_back(toy_add(static_cast<std::uint32_t>(random() % 1000), 1));
    chain.apply(batch_of({maker.make(std::move(operations))}));
    chain.certify_head();
  }
}

void check_same_state(const storage::Reader& left, const storage::Reader& right) {
  for (const Column one : {Column::state, Column::tree, Column::history}) {
    INFO(storage::name_of(one));
    CHECK(column(left, one) == column(right, one));
  }
}

}  // namespace

TEST_CASE("A node begins with a snapshot and goes on as the others do") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  go_on(chain, maker, random, 40);
  const auto snapshot = snapshot_of(chain, kSmall);
  CHECK(snapshot.manifest.depth > 4);
  CHECK(check_all(snapshot).has_value());

  const auto store = install(snapshot, toy_genesis());
  check_same_state(chain.store(), *store);
  ToyChain joined(toy_genesis(), store);
  CHECK(joined->head().digest == chain->head().digest);
  CHECK(joined->final_height() == BlockHeight{40});
  CHECK(joined->first_block() == BlockHeight{41});
  REQUIRE(joined->final_view() != nullptr);
  CHECK(joined->validators() == chain->validators());

  // Proofs of the state, at once.
  const auto verifier = crypto::make_verifier(chain->id());
  const auto proof = prove_state(*joined->final_view(), toy_counter_key(1));
  REQUIRE(proof);
  CHECK(verify_state_evidence(*proof, toy_counter_key(1), chain->validators(), *verifier).has_value());

  for (int i = 0; i < 50; ++i) {
    go_on(chain, maker, random, 1);
    const auto applied = joined->apply_certified(block_at(chain, chain->head().header.height.value));
    REQUIRE(applied);
  }
  CHECK(joined->head().digest == chain->head().digest);
  check_same_state(chain.store(), *store);
  CHECK(joined->first_block() == BlockHeight{41});
  CHECK(ToyChain(toy_genesis(), store)->head().digest == chain->head().digest);

  // A repetition of a transaction from before the snapshot is refused as by all others.
  const auto repeated = decode<Batch>(block_at(chain, 40).batch).value().transactions.front();
  const auto here = joined.apply(batch_of({repeated}));
  CHECK(here.receipts.receipts.front().code == ErrorCode::duplicate);
  CHECK(chain.apply(batch_of({repeated})).header == here.header);

  // Receipts: of later blocks as ever; of earlier ones it says plainly that they are not here.
  const auto receipt = joined->prove_receipt(BlockHeight{60}, 0);
  REQUIRE(receipt);
  CHECK(verify_receipt_evidence(*receipt, chain->validators(), *verifier).has_value());
  for (const std::uint64_t height : {1, 39, 40}) {
    CHECK(joined->prove_receipt(BlockHeight{height}, 0).error().code == ErrorCode::pruned);
    CHECK(joined->block(BlockHeight{height}).error().code == ErrorCode::pruned);
  }
  // What comes late for an old block is no error.
  CHECK(joined->record_certificate(certify(*chain->header(BlockHeight{12}).value(), chain->id())).has_value());
  CHECK_FALSE(joined->certificate(BlockHeight{12}).value());
}

TEST_CASE("The chain goes on while a snapshot of one of its moments is made") {
  INFO("seed " << kSeed + 5);
  const TempDirectory disk;
  const auto database = std::shared_ptr<storage::Store>(storage::open_rocks_store(disk.path() / "db", {}).value());
  for (const auto& store : {database, std::shared_ptr<storage::Store>(storage::make_memory_store())}) {
    std::mt19937_64 random(kSeed + 5);
    ToyChain chain(toy_genesis(), store);
    TransactionMaker maker{chain->id()};
    go_on(chain, maker, random, 30);
    const auto view = chain->final_view();
    const auto before = snapshot_of(*view, {}, kSmall);
    const TempDirectory directory(Medium::memory);
    std::size_t heard = 0;
    const ToyExecutor executor;
    const auto during = write_snapshot(
        chain->id(), *view, {}, executor, directory.path() / "snapshot",
        [&](const SnapshotWork&) {
          if (++heard % 20 == 1) go_on(chain, maker, random, 1);
          return true;
        },
        kSmall);
    REQUIRE(during);
    CHECK(*during == before.manifest);
    CHECK(chain->head().header.height.value > 32);
    CHECK(snapshot_id(snapshot_of(chain, kSmall).manifest) != snapshot_id(*during));
  }
}

TEST_CASE("A snapshot of an installed state is the same again, whatever wrote the state") {
  INFO("seed " << kSeed + 1);
  std::mt19937_64 random(kSeed + 1);
  for (const std::size_t pairs : {1, 2, 7, 40, 300, 3000}) {
    INFO(pairs << " pairs");
    const auto state = random_state(random, pairs);
    const auto one = written(state, random);
    const auto two = written(state, random);
    // One in memory, one that spills to files.
    const auto first = snapshot_of(*one.view, {}, {.chunk_bytes = 500});
    const auto second = snapshot_of(*two.view, {}, {.chunk_bytes = 500, .sort_bytes = 1000});
    CHECK(first.chunks == second.chunks);
    CHECK(first.manifest == second.manifest);
    REQUIRE(check_all(first));

    // The members that a chain would need are not in these states: the columns alone are compared.
    const auto store = storage::make_memory_store();
    const ToyExecutor executor;
    auto installer = SnapshotInstaller::begin(*store, toy_genesis(), first.manifest, executor).value();
    for (std::size_t i = 0; i < first.chunks.size(); ++i) REQUIRE(installer.add(i, first.chunks[i]));
    REQUIRE(installer.finish());
    check_same_state(*one.store, *store);
    auto again = *one.view;
    again.reader = store->snapshot();
    CHECK(snapshot_of(again, {}, {.chunk_bytes = 500}).chunks == first.chunks);
  }
}

TEST_CASE("The manifest's depth follows from the state's size") {
  std::mt19937_64 random(kSeed + 2);
  const auto state = random_state(random, 4000);
  const auto bench = written(state, random);
  unsigned before = 0;
  for (const std::size_t aimed :
       {std::size_t{1} << 30, std::size_t{100'000}, std::size_t{10'000}, std::size_t{300}, std::size_t{20}}) {
    const auto snapshot = snapshot_of(*bench.view, {}, {.chunk_bytes = aimed, .sort_bytes = 50'000});
    CHECK(check_all(snapshot).has_value());
    CHECK(snapshot.manifest.chunks() == std::size_t{1} << snapshot.manifest.depth);
    CHECK(snapshot.manifest.depth >= before);
    if (snapshot.manifest.depth < kSubtreeDepthMax)
      CHECK(snapshot.manifest.bytes() / snapshot.manifest.chunks() <= aimed + 1);
    before = snapshot.manifest.depth;
  }
  CHECK(before > 10);  // several chunks of one bucket of the sort
}

TEST_CASE("Epochs before a snapshot lead from the genesis to its validators, also where the block ends one") {
  auto members = toy_genesis().validators;
  members.push_back({"validator 4", key_of("validator 4").public_key()});
  const auto certify_new = [](ToyChain& chain) {
    const auto recorded = chain->record_certificate(
        certify_by(chain->head().header, chain->id(),
                   {{0, "validator 0"}, {1, "validator 1"}, {2, "validator 2"}, {4, "validator 4"}}));
    REQUIRE(recorded);
  };
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  chain.apply(batch_of({maker.make({toy_set_members(members)})}));
  chain.certify_head();
  const auto ending = snapshot_of(chain);
  CHECK(ending.manifest.epochs.empty());
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  chain.apply(batch_of({maker.make({toy_add(2, 1)})}));
  certify_new(chain);
  const auto later = snapshot_of(chain);
  CHECK(later.manifest.epochs.size() == 1);

  for (const auto& snapshot : {ending, later}) {
    REQUIRE(check_all(snapshot));
    ToyChain joined(toy_genesis(), install(snapshot, toy_genesis()));
    for (auto height = joined->head().header.height.next(); height <= chain->head().header.height;
         height = height.next())
      REQUIRE(joined->apply_certified(block_at(chain, height.value)));
    CHECK(joined->validators() == chain->validators());
    CHECK(joined->ending() == chain->ending());
    CHECK(joined->validators_of(Epoch{1}).value() == chain->validators_of(Epoch{1}).value());
    // It shows others the way, as the one that it came from.
    CHECK(epoch_links(joined.store(), Epoch{1}).value() == epoch_links(chain.store(), Epoch{1}).value());
    CHECK(snapshot_of(joined).chunks == later.chunks);
  }

  auto none = later;
  none.manifest.epochs.clear();
  CHECK(check_all(none).error().code == ErrorCode::broken_chain);
  auto twice = later;
  twice.manifest.epochs.push_back(twice.manifest.epochs.front());
  CHECK_FALSE(check_all(twice));
}

TEST_CASE("A recovery after a halt stands in the snapshots of its epoch") {
  const auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  ToyChain chain(toy_genesis(), store);
  TransactionMaker maker{chain->id()};
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  chain.certify_head();
  consensus::EpochRecovery recovery;
  recovery.statement = {Epoch{0}, BlockHeight{1}, chain->head().digest};
  recovery.certificate = chain->certificate(BlockHeight{1}).value();
  for (std::uint32_t replica = 0; replica < 4; ++replica) {
    const auto signer = crypto::make_signer(key_of("validator " + std::to_string(replica)), chain->id());
    const consensus::CheckpointVote vote{Epoch{0}, BlockHeight{2}, Digest{{static_cast<Byte>(1 + replica / 2)}}};
    recovery.halt.push_back({vote, ReplicaIndex{replica}, consensus::sign_checkpoint(vote, *signer)});
    if (replica < 3) add_signature(recovery, ReplicaIndex{replica}, sign_recovery(recovery.statement, *signer));
  }
  REQUIRE(chain->begin_epoch(recovery));
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  chain.certify_head();
  const auto snapshot = snapshot_of(chain);
  REQUIRE(check_all(snapshot));
  ToyChain joined(toy_genesis(), install(snapshot, toy_genesis()));
  CHECK(joined->validators() == chain->validators());
  CHECK(joined->recovery_of(Epoch{1}).value() == recovery);
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  chain.certify_head();
  CHECK(joined->apply_certified(block_at(chain, 3)).has_value());
  // Blocks cannot be undone by executing what is not here.
  ToyExecutor executor;
  const auto verifier = crypto::make_verifier(chain->id());
  const auto empty = storage::make_memory_store();
  const auto undone = rebuild_until(joined.store(), *empty, toy_genesis(), executor, *verifier, recovery);
  CHECK(undone.error().code == ErrorCode::pruned);
}

TEST_CASE("An installation that was not finished leaves a store that nothing opens") {
  std::mt19937_64 random(kSeed + 3);
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  go_on(chain, maker, random, 5);
  const auto snapshot = snapshot_of(chain, {.chunk_bytes = 400});
  REQUIRE(snapshot.chunks.size() > 3);
  const auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  const ToyExecutor executor;
  auto installer = SnapshotInstaller::begin(*store, toy_genesis(), snapshot.manifest, executor).value();
  CHECK(installer.finish().error().code == ErrorCode::wrong_state);
  REQUIRE(installer.add(2, snapshot.chunks[2]));
  CHECK(installer.add(2, snapshot.chunks[2]).error().code == ErrorCode::invalid_field);
  CHECK(installer.add(snapshot.chunks.size(), snapshot.chunks[0]).error().code == ErrorCode::invalid_field);

  // A false chunk writes nothing, and the right one may follow.
  const auto dump = [&] {
    std::vector<Pairs> out;
    for (std::size_t i = 0; i < storage::kColumns; ++i) out.push_back(column(*store, static_cast<Column>(i)));
    return out;
  };
  const auto before = dump();
  CHECK_FALSE(installer.add(1, snapshot.chunks[2]));
  Bytes flipped = snapshot.chunks[1];
  flipped.back() ^= 1;
  CHECK_FALSE(installer.add(1, flipped));
  CHECK(dump() == before);
  CHECK(installer.missing() == snapshot.chunks.size() - 1);

  ToyExecutor opening;
  const auto verifier = crypto::make_verifier(chain->id());
  const auto opened = Chain::open(*store, toy_genesis(), opening, *verifier);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::storage_failed);
  CHECK(opened.error().problem.find("snapshot") != std::string::npos);
  const auto second = SnapshotInstaller::begin(*store, toy_genesis(), snapshot.manifest, executor);
  CHECK(second.error().code == ErrorCode::wrong_state);

  for (std::size_t i = 0; i < snapshot.chunks.size(); ++i)
    if (!installer.has(i)) REQUIRE(installer.add(i, snapshot.chunks[i]));
  REQUIRE(installer.finish());
  CHECK(ToyChain(toy_genesis(), store)->head().digest == chain->head().digest);
  // Nor does a snapshot replace a chain.
  CHECK(SnapshotInstaller::begin(chain.store(), toy_genesis(), snapshot.manifest, executor).error().code ==
        ErrorCode::wrong_state);
}

TEST_CASE("A store filled in bulk holds the same once it is opened anew") {
  std::mt19937_64 random(kSeed + 6);
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  go_on(chain, maker, random, 20);
  const auto snapshot = snapshot_of(chain, kSmall);
  const TempDirectory directory;
  const ToyExecutor executor;
  {
    const auto store = storage::open_rocks_store(directory.path() / "db", {.bulk_load = true}).value();
    auto installer = SnapshotInstaller::begin(*store, toy_genesis(), snapshot.manifest, executor).value();
    for (std::size_t i = 0; i < snapshot.chunks.size(); ++i) REQUIRE(installer.add(i, snapshot.chunks[i]));
    REQUIRE(installer.finish());
  }
  const auto store = std::shared_ptr<storage::Store>(storage::open_rocks_store(directory.path() / "db", {}).value());
  check_same_state(chain.store(), *store);
  ToyChain joined(toy_genesis(), store);
  go_on(chain, maker, random, 1);
  CHECK(joined->apply_certified(block_at(chain, 21)).has_value());
}

TEST_CASE("Making a snapshot can be given up, and refuses a damaged store and a taken name") {
  std::mt19937_64 random(kSeed + 4);
  const auto state = random_state(random, 3000);
  const auto bench = written(state, random);
  const TempDirectory directory(Medium::memory);
  const auto path = directory.path() / "snapshot";
  const ToyExecutor executor;
  const ChainId chain = chain_id(toy_genesis());
  for (const std::size_t until : {std::size_t{1}, std::size_t{3}, std::size_t{9}}) {
    std::size_t heard = 0;
    const auto given_up =
        write_snapshot(chain, *bench.view, {}, executor, path, [&](const SnapshotWork&) { return ++heard < until; },
                       {.chunk_bytes = 5000, .sort_bytes = 5000});
    CHECK(given_up.error().code == ErrorCode::busy);
    CHECK(heard == until);
    CHECK(std::filesystem::is_empty(directory.path()));
  }
  REQUIRE(write_snapshot(chain, *bench.view, {}, executor, path));
  CHECK(write_snapshot(chain, *bench.view, {}, executor, path).error().code == ErrorCode::already_registered);
  // The height that it is of, not the one that the store has come to.
  FinalView other = *bench.view;
  other.header.state_root.bytes[0] ^= 1;
  CHECK(write_snapshot(chain, other, {}, executor, directory.path() / "other").error().code ==
        ErrorCode::storage_failed);
  storage::WriteBatch batch;
  batch.erase(Column::history, column(*bench.store, Column::history).begin()->first);
  REQUIRE(bench.store->write(batch, storage::Sync::no));
  other = *bench.view;
  other.reader = bench.store->snapshot();
  const auto damaged = write_snapshot(chain, other, {}, executor, directory.path() / "other");
  CHECK(damaged.error().code == ErrorCode::storage_failed);
  CHECK(damaged.error().problem.find("history") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(directory.path() / "other"));
  CHECK_FALSE(std::filesystem::exists(directory.path() / "other.part"));
}

}  // namespace tally::ledger
