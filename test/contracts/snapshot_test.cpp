// Snapshots of states that the rule engine made: nothing that a node holds of them is lost on the way, histories of all
// kinds included.
#include "ledger/snapshot.h"

#include <catch2/catch.hpp>

#include "contracts/history.h"
#include "ledger/block_records.h"
#include "ledger/store_marks.h"
#include "support/temp_directory.h"

namespace tally::contracts {

namespace {

using storage::Column;
using Pairs = std::map<Bytes, Bytes>;

Pairs column(const storage::Reader& store, Column column) {
  Pairs out;
  const Status scanned = store.scan(column, {}, {}, [&](ByteView key, ByteView value) {
    out.emplace(Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end()));
    return true;
  });
  REQUIRE(scanned.has_value());
  return out;
}

// The head of a chain's store, as if it were final: who signed is another test's.
ledger::FinalView view_of(const storage::Store& store) {
  const auto mark = store.get(Column::meta, as_bytes(ledger::kHeadMark)).value().value();
  const auto header = ledger::read_header(store, decode<BlockHeight>(mark).value()).value().value();
  consensus::CheckpointCertificate certificate;
  certificate.vote = {header.epoch, header.height, ledger::digest_of(header)};
  return {header.height, header, ledger::digest_of(header), certificate, store.snapshot()};
}

}  // namespace

TEST_CASE("A snapshot holds the whole state of a village, and a chain opens on it") {
  for (const std::uint64_t seed : {3, 4, 5}) {
    INFO("seed " << seed);
    History history(tiny_rulebook(), seed);
    for (int i = 0; i < 120; ++i) history.act();
    const auto view = view_of(history.store());
    const auto genesis =
        decode<ledger::Genesis>(history.store().get(Column::meta, as_bytes(ledger::kGenesisMark)).value().value())
            .value();
    RuleEngine engine;
    const test::TempDirectory directory(test::Medium::memory);
    const auto path = directory.path() / "snapshot";
    const auto manifest = ledger::write_snapshot(ledger::chain_id(genesis), view, {}, engine, path, nullptr,
                                                 {.chunk_bytes = 2000, .sort_bytes = 10'000});
    if (!manifest) FAIL(manifest.error().text());
    CHECK(manifest->chunks() > 4);

    const auto store = storage::make_memory_store();
    auto installer = ledger::SnapshotInstaller::begin(*store, genesis, *manifest, engine).value();
    for (std::size_t i = manifest->chunks(); i-- > 0;) {
      const auto chunk = ledger::read_chunk(path, *manifest, i);
      if (!chunk) FAIL(chunk.error().text());
      CHECK(ledger::check_chunk(*manifest, i, *chunk, engine).has_value());
      if (const auto added = installer.add(i, *chunk); !added) FAIL(added.error().text());
    }
    if (const auto finished = installer.finish(); !finished) FAIL(finished.error().text());
    for (const Column one : {Column::state, Column::tree, Column::history}) {
      INFO(storage::name_of(one));
      CHECK(column(*store, one) == column(history.store(), one));
    }
    CHECK(column(*store, Column::history).size() > 20);
    const auto verifier = crypto::make_verifier(ledger::chain_id(genesis));
    const auto chain = ledger::Chain::open(*store, genesis, engine, *verifier);
    if (!chain) FAIL(chain.error().text());
    CHECK((*chain)->head().digest == view.digest);
  }
}

}  // namespace tally::contracts
