// A chain made whole: of each class of records that is damaged, from the store itself, from donors, from a snapshot.
#include "ledger/salvage.h"

#include <catch2/catch.hpp>

#include "crypto/digest.h"
#include "ledger/prune.h"
#include "ledger/scrub.h"
#include "ledger/store_marks.h"
#include "snapshot_fixture.h"

namespace tally::ledger {

using namespace tally::test;
using storage::Column;

namespace {

constexpr std::uint64_t kBlocks = 9;

// A chain of nine blocks; every second one is certified, and the last.
struct Village {
  Genesis genesis = toy_genesis();
  ToyChain chain{genesis};
  std::unique_ptr<crypto::Verifier> verifier = crypto::make_verifier(chain_id(genesis));
  TransactionMaker maker{chain_id(genesis)};

  explicit Village(std::uint64_t blocks = kBlocks) { grow(blocks); }
  void grow(std::uint64_t blocks) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
      const std::uint64_t height = chain->head().header.height.value + 1;
      std::vector<Bytes> operations;
      for (std::uint32_t counter = 0; counter < 20; ++counter) operations.push_back(toy_add(counter, 1));
      chain.apply(batch_of({maker.make(operations), maker.make({toy_fail()})}, kStartTime.plus(height * 1000)));
      if (height % 2 == 1) chain.certify_head();
    }
  }
  Digest root() const { return chain_head().state_root; }
  BlockHeader chain_head() const { return const_cast<Village*>(this)->chain->head().header; }

  // A copy of everything that it holds.
  std::shared_ptr<storage::Store> copy() {
    std::shared_ptr<storage::Store> out = storage::make_memory_store();
    REQUIRE(copy_ledger(chain.store(), *out));
    return out;
  }
};

class ChainDonor final : public BlockDonor {
 public:
  explicit ChainDonor(ToyChain& chain, std::string name = "donor") : chain_(chain), name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  Result<std::vector<CertifiedBlock>> run(BlockHeight from) override {
    ++asked;
    std::vector<CertifiedBlock> out;
    for (BlockHeight height = from; height <= chain_->final_height(); height = height.next()) {
      auto block = chain_->block(height);
      if (!block || !*block) return std::vector<CertifiedBlock>{};
      out.push_back(std::move(**block));
      if (spoil) spoil(out.back());
      if (out.back().certificate) return out;
    }
    return std::vector<CertifiedBlock>{};
  }
  Result<std::optional<CertifiedHeader>> header(BlockHeight height) override {
    auto header = chain_->header(height);
    if (!header || !*header || height > chain_->final_height()) return std::optional<CertifiedHeader>{};
    return std::optional(CertifiedHeader{**header, chain_->certificate(height).value()});
  }
  std::function<void(CertifiedBlock&)> spoil;
  int asked = 0;

 private:
  ToyChain& chain_;
  std::string name_;
};

struct Attempt {
  std::shared_ptr<storage::Store> made = storage::make_memory_store();
  ToyExecutor executor;
  Result<SalvageReport> done = make_error(ErrorCode::internal, "", "not tried");

  Attempt(const Village& village, const storage::Reader* own, std::vector<BlockDonor*> donors,
          BlockHeight known_final = {}) {
    run(village, own, std::move(donors), known_final);
  }
  void run(const Village& village, const storage::Reader* own, std::vector<BlockDonor*> donors,
           BlockHeight known_final = {}) {
    done = salvage_chain({village.genesis, executor, *village.verifier, own, std::move(donors), known_final, nullptr},
                         *made);
  }
  // Whole, with the same head; returns what was damaged.
  void require_whole(const Village& village) {
    if (!done) FAIL(done.error().text());
    ToyChain again(village.genesis, made);
    CHECK(again->head().header == village.chain_head());
    std::string told;
    for (const auto& found : scrub_ledger(*made, village.genesis, *village.verifier, executor))
      for (const auto& damage : found.damages) told += found.name + ": " + damage.record + " " + damage.problem + "\n";
    INFO(told);
    CHECK(told.empty());
  }
  [[nodiscard]] std::uint64_t taken_from(std::string_view name) const {
    for (const auto& share : done->taken)
      if (share.name == name) return share.blocks;
    return 0;
  }
};

void put(storage::Store& store, Column column, const Bytes& key, const std::optional<Bytes>& value) {
  storage::WriteBatch batch;
  if (value)
    batch.put(column, key, *value);
  else
    batch.erase(column, key);
  REQUIRE(store.write(batch, storage::Sync::no));
}
void flip(storage::Store& store, Column column, const Bytes& key) {
  auto value = store.get(column, key).value().value();
  value.back() ^= 1;
  put(store, column, key, value);
}
Bytes first_key(const storage::Reader& store, Column column, const Bytes& prefix) {
  Bytes out;
  REQUIRE(store.scan(column, prefix, {}, [&](ByteView key, ByteView) {
    out.assign(key.begin(), key.end());
    return false;
  }));
  return out;
}
Bytes mark(std::string_view name) {
  return {name.begin(), name.end()};
}

}  // namespace

TEST_CASE("salvage: whatever is derived comes back from the blocks alone") {
  Village village;
  struct Row {
    const char* what;
    Column column;
    Bytes key;
  };
  const auto& store = village.chain.store();
  const std::vector<Row> rows = {
      {"a pair of the state", Column::state, toy_counter_key(7)},
      {"a page of the tree", Column::tree, first_key(store, Column::tree, {'p', 0})},
      {"a history record", Column::history, history_key(toy_counter_key(3), 2)},
      {"the place of a transaction", Column::index, first_key(store, Column::index, {'t'})},
      {"the index of histories", Column::index, first_key(store, Column::index, {'n'})},
      {"receipts", Column::blocks, block_key('r', BlockHeight{4})},
      {"the mark of the head", Column::meta, mark(kHeadMark)},
      {"the genesis", Column::meta, mark(kGenesisMark)},
      {"a header", Column::blocks, block_key('h', BlockHeight{4})},
      {"a certificate", Column::blocks, block_key('c', BlockHeight{5})},
  };
  for (const auto& row : rows) {
    for (const bool gone : {false, true}) {
      INFO(row.what << (gone ? " gone" : " flipped"));
      const auto damaged = village.copy();
      if (gone)
        put(*damaged, row.column, row.key, std::nullopt);
      else
        flip(*damaged, row.column, row.key);
      std::uint64_t found = 0;
      ToyExecutor executor;
      for (const auto& of_class : scrub_ledger(*damaged, village.genesis, *village.verifier, executor))
        found += of_class.damaged;
      // A certificate is not missed where the next one covers its block.
      CHECK((found > 0 || (gone && row.key == block_key('c', BlockHeight{5}))));
      Attempt attempt(village, damaged.get(), {});
      attempt.require_whole(village);
      CHECK(attempt.taken_from(kOwnShare) == kBlocks);
    }
  }
}

TEST_CASE("salvage: a batch that is damaged comes from a donor, and nothing else does") {
  Village village;
  ChainDonor donor(village.chain);
  for (const std::uint64_t height : {1, 4, 5, 9}) {
    const auto damaged = village.copy();
    flip(*damaged, Column::blocks, block_key('b', BlockHeight{height}));
    Attempt alone(village, damaged.get(), {});
    REQUIRE_FALSE(alone.done.has_value());
    CHECK(alone.done.error().code == ErrorCode::not_found);
    CHECK_THAT(alone.done.error().text(),
               Catch::Contains("block " + std::to_string(height)) && Catch::Contains("--from"));
    Attempt helped(village, damaged.get(), {&donor});
    helped.require_whole(village);
    CHECK(helped.taken_from("donor") == 1);
    CHECK(helped.taken_from(kOwnShare) == kBlocks - 1);
  }
}

TEST_CASE("salvage: with nothing of its own a store is filled from a donor as far as that is certified") {
  Village village;
  village.grow(1);  // not certified
  ChainDonor donor(village.chain);
  Attempt attempt(village, nullptr, {&donor});
  REQUIRE(attempt.done.has_value());
  CHECK(attempt.done->head == BlockHeight{kBlocks});
  CHECK(attempt.done->final == BlockHeight{kBlocks});
  // What was known to be final must come back.
  Attempt more(village, nullptr, {&donor}, BlockHeight{kBlocks + 1});
  REQUIRE_FALSE(more.done.has_value());
  CHECK_THAT(more.done.error().text(), Catch::Contains("block 10") && Catch::Contains("none of the sources"));
  // Its own blocks above the last certificate stay.
  const auto own = village.copy();
  Attempt kept(village, own.get(), {&donor});
  kept.require_whole(village);
  CHECK(kept.done->head == BlockHeight{kBlocks + 1});
}

TEST_CASE("salvage: an empty store without sources is no chain") {
  Village village;
  const std::shared_ptr<storage::Store> empty = storage::make_memory_store();
  for (const storage::Reader* own :
       {static_cast<const storage::Reader*>(nullptr), static_cast<const storage::Reader*>(empty.get())}) {
    Attempt attempt(village, own, {});
    REQUIRE_FALSE(attempt.done.has_value());
    CHECK(attempt.done.error().code == ErrorCode::not_found);
    ChainDonor donor(village.chain);
    Attempt helped(village, own, {&donor});
    helped.require_whole(village);
  }
}

TEST_CASE("salvage: a donor that lies is dropped with its name, and another one used") {
  Village village;
  struct Row {
    const char* what;
    std::function<void(CertifiedBlock&)> spoil;
    const char* says;
  };
  const std::vector<Row> rows = {
      {"a batch", [](CertifiedBlock& block) { block.batch.back() ^= 1; }, "batch"},
      {"a header", [](CertifiedBlock& block) { block.header.state_root.bytes[0] ^= 1; }, "has header"},
      {"a signature",
       [](CertifiedBlock& block) {
         if (block.certificate) block.certificate->signatures[1].signature.bytes[5] ^= 1;
       },
       "does not verify"},
      {"too few signatures",
       [](CertifiedBlock& block) {
         if (block.certificate) block.certificate->signatures.pop_back();
       },
       "signatures"},
      {"a parent", [](CertifiedBlock& block) { block.header.parent.bytes[0] ^= 1; }, "parent"},
      {"a height", [](CertifiedBlock& block) { ++block.header.height.value; }, "height"},
      {"no certificate", [](CertifiedBlock& block) { block.certificate.reset(); }, ""},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    ChainDonor liar(village.chain, "liar");
    liar.spoil = row.spoil;
    ChainDonor honest(village.chain, "honest");
    Attempt attempt(village, nullptr, {&liar, &honest});
    attempt.require_whole(village);
    CHECK(attempt.taken_from("liar") == 0);
    CHECK(attempt.taken_from("honest") == kBlocks);
    if (*row.says != 0) {
      REQUIRE(attempt.done->notes.size() == 1);
      CAPTURE(attempt.done->notes.front());
      CHECK_THAT(attempt.done->notes.front(), Catch::StartsWith("liar was not used any further"));
      CHECK(liar.asked == 1);
    }
    Attempt alone(village, nullptr, {&liar}, BlockHeight{kBlocks});
    CHECK_FALSE(alone.done.has_value());
  }
}

TEST_CASE("salvage: two certified blocks of one height are a fork and nobody is believed") {
  Village village;
  Village other;  // the same blocks so far
  const auto last = [](Village& one, std::uint32_t counter) {
    one.chain.apply(batch_of({one.maker.make({toy_add(counter, 5)})}, kStartTime.plus(100'000)));
    one.chain.certify_head();
  };
  last(village, 1);
  last(other, 2);
  REQUIRE(village.root() != other.root());
  ChainDonor donor(village.chain, "donor");
  ChainDonor forked(other.chain, "forked");
  Attempt attempt(village, nullptr, {&donor, &forked});
  REQUIRE_FALSE(attempt.done.has_value());
  CHECK(attempt.done.error().code == ErrorCode::broken_chain);
  CHECK_THAT(attempt.done.error().text(), Catch::Contains("certified twice") && Catch::Contains("forked"));
}

TEST_CASE("salvage: a pruned store needs a snapshot or the blocks that it let go of") {
  Village village(kBlocksKeptMin + 21);
  Village whole(kBlocksKeptMin + 21);
  PruneOptions options;
  options.keep_from = BlockHeight{10};
  REQUIRE(village.chain->prune(options).has_value());
  const auto damaged = village.copy();
  flip(*damaged, Column::state, toy_counter_key(7));
  Attempt alone(village, damaged.get(), {});
  REQUIRE_FALSE(alone.done.has_value());
  CHECK(alone.done.error().code == ErrorCode::pruned);
  CHECK_THAT(alone.done.error().text(), Catch::Contains("--snapshot"));
  ChainDonor donor(whole.chain);
  Attempt helped(village, damaged.get(), {&donor});
  helped.require_whole(village);
  CHECK(helped.taken_from("donor") == 9);
}

TEST_CASE("salvage: begun with a snapshot, the own blocks after it and before it are kept") {
  const TempDirectory directory;
  Village village(5);
  {
    const auto view = village.chain->final_view();
    REQUIRE(view != nullptr);
    REQUIRE(write_snapshot(village.chain->id(), *view, {}, village.chain.executor(), directory.path() / "snapshot"));
  }
  village.grow(4);
  const auto damaged = village.copy();
  put(*damaged, Column::blocks, block_key('b', BlockHeight{2}), std::nullopt);
  flip(*damaged, Column::state, toy_counter_key(7));
  Attempt attempt(village, nullptr, {});
  attempt.made = storage::make_memory_store();
  ToyExecutor executor;
  const auto filled =
      fill_from_snapshot(directory.path() / "snapshot", *attempt.made, village.genesis, executor, *village.verifier);
  if (!filled) FAIL(filled.error().text());
  CHECK(*filled == BlockHeight{5});
  attempt.run(village, damaged.get(), {});
  attempt.require_whole(village);
  CHECK(attempt.done->began == BlockHeight{5});
  CHECK(attempt.taken_from(kOwnShare) == 4);
  CHECK(attempt.taken_from("the store itself, before the snapshot") == 3);
  ToyChain again(village.genesis, attempt.made);
  CHECK(again->first_block() == BlockHeight{3});
}

}  // namespace tally::ledger
