// Where the chain is cut into chunks, and that nothing but a good seal cuts it.
#include <catch2/catch.hpp>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

consensus::CheckpointCertificate certificate_for(const BlockBefore& block) {
  return {{block.epoch, block.height, block.digest}, {}};
}

BlockBefore block(std::uint64_t height, std::uint64_t epoch = 0) {
  return {BlockHeight{height}, Epoch{epoch}, Digest{{static_cast<Byte>(height), static_cast<Byte>(height >> 8)}}};
}

struct Case {
  const char* what;
  std::uint64_t sealed;
  std::uint64_t bytes;
  std::uint64_t height;
  std::uint64_t next_epoch;
  bool may_end;
};

Batch sealed(const std::optional<consensus::CheckpointCertificate>& seal) {
  Batch batch = batch_of({});
  batch.seal = seal;
  return batch;
}

ArchiveMark mark_of(ToyChain& chain) {
  return read_archive(chain.store()).value();
}

// Null blocks up to a height.
void go_to(ToyChain& chain, std::uint64_t height) {
  while (chain->head().header.height.value < height) chain.apply_null();
}

}  // namespace

TEST_CASE("A chunk may end at an epoch's last block or once it is long or large enough") {
  const auto c = GENERATE(Case{"one block too few", 100, 0, 100 + kChunkBlocks - 1, 0, false},
                          Case{"just enough blocks", 100, 0, 100 + kChunkBlocks, 0, true},
                          Case{"one byte too few", 100, kChunkBytes - 1, 101, 0, false},
                          Case{"just enough bytes", 100, kChunkBytes, 101, 0, true},
                          Case{"the end of an epoch", 100, 0, 101, 1, true},
                          Case{"the end of an epoch whose successor ended without a block", 100, 0, 101, 2, true},
                          Case{"an epoch that ended before the first block", 0, 0, 0, 1, false});
  INFO(c.what);
  ArchiveMark mark{3, BlockHeight{c.sealed}, c.bytes, {}, {}};
  note_block(mark, block(c.height), Epoch{c.next_epoch});
  CHECK(seal_places(mark).empty() != c.may_end);
  const auto seal = close_chunk(mark, certificate_for(block(c.height)));
  REQUIRE(seal.has_value() == c.may_end);
  if (!seal) return;
  CHECK(seal->chunk == 3);
  CHECK(seal->first == BlockHeight{c.sealed + 1});
  CHECK(mark == ArchiveMark{4, BlockHeight{c.height}, 0, {}, {}});
}

TEST_CASE("The newest places are kept and bytes count from the place that was sealed") {
  ArchiveMark mark;
  for (std::uint64_t height = 1; height <= kChunkBlocks + kSealPlacesMax; ++height) {
    mark.bytes += 10;
    note_block(mark, block(height), Epoch{});
  }
  REQUIRE(mark.places.size() == kSealPlacesMax);
  CHECK(mark.places.front().vote.height == BlockHeight{kChunkBlocks + 1});
  CHECK_FALSE(close_chunk(mark, certificate_for(block(kChunkBlocks))));
  auto other = certificate_for(block(kChunkBlocks + 5));
  other.vote.header.bytes[7] = 1;
  CHECK_FALSE(close_chunk(mark, other));
  REQUIRE(close_chunk(mark, certificate_for(block(kChunkBlocks + 5))).has_value());
  CHECK(mark.bytes == (kSealPlacesMax - 5) * 10);
  CHECK(mark.places.empty());
}

TEST_CASE("Ends of epochs are sealed one after the other and before all else") {
  ArchiveMark mark;
  mark.bytes = kChunkBytes;
  note_block(mark, block(5), Epoch{0});
  mark.bytes += 7;
  note_block(mark, block(6), Epoch{1});
  mark.bytes += 1;
  note_block(mark, block(7, 1), Epoch{1});
  mark.bytes += 1;
  note_block(mark, block(8, 1), Epoch{2});
  CHECK_FALSE(close_chunk(mark, certificate_for(block(5))));
  CHECK_FALSE(close_chunk(mark, certificate_for(block(7, 1))));
  CHECK_FALSE(close_chunk(mark, certificate_for(block(8, 1))));
  REQUIRE(close_chunk(mark, certificate_for(block(6))).has_value());
  CHECK(mark.bytes == 2);
  const auto second = close_chunk(mark, certificate_for(block(8, 1)));
  REQUIRE(second.has_value());
  CHECK(second->first == BlockHeight{7});
  CHECK(mark == ArchiveMark{2, BlockHeight{8}, 0, {}, {}});
}

TEST_CASE("Nodes with different certificates hold the same seal after a batch carried one") {
  const Genesis genesis = toy_genesis();
  ToyChain left(genesis);
  ToyChain right(genesis);
  for (ToyChain* chain : {&left, &right}) {
    go_to(*chain, kChunkBlocks);
    CHECK_FALSE((*chain)->seal_due().value());
  }
  const BlockHeader last = left->head().header;
  left.certify_head();
  REQUIRE(right->record_certificate(
      certify_by(last, right->id(), {{1, "validator 1"}, {2, "validator 2"}, {3, "validator 3"}})));
  const auto seal = left->seal_due().value();
  REQUIRE(seal.has_value());
  CHECK(*seal != right->seal_due().value());
  for (ToyChain* chain : {&left, &right}) {
    chain->apply(sealed(seal));
    CHECK((*chain)->seal_of(0).value() == Seal{0, BlockHeight{1}, *seal});
    CHECK(mark_of(*chain).sealed == last.height);
    CHECK_FALSE((*chain)->seal_due().value());
    // Late, and so without effect.
    chain->apply(sealed(seal));
    CHECK(mark_of(*chain).chunks == 1);
  }
  CHECK(left->head().digest == right->head().digest);
}

TEST_CASE("A bad seal is ignored and the chain goes on to a good one") {
  ToyChain chain(toy_genesis());
  go_to(chain, kChunkBlocks - 1);
  const auto early = certify(chain->head().header, chain->id());
  chain.apply(sealed(early));
  const BlockHeader last = chain->head().header;
  chain.apply_null();
  const auto good = certify(last, chain->id());
  auto bad = good;
  SECTION("too early a block") {
    bad = early;
  }
  SECTION("a header that is not ours") {
    bad.vote.header.bytes[0] ^= 1;
  }
  SECTION("another epoch") {
    bad.vote.epoch = Epoch{1};
  }
  SECTION("a height above") {
    bad.vote.height = BlockHeight{1'000'000};
  }
  SECTION("a signature that is wrong") {
    bad.signatures[1].signature.bytes[5] ^= 1;
  }
  SECTION("too few signatures") {
    bad.signatures.pop_back();
  }
  SECTION("no member") {
    bad.signatures[2].replica = ReplicaIndex{77};
  }
  SECTION("another chain's signatures") {
    bad = certify(last, ChainId{{9}});
  }
  SECTION("a great many signatures") {
    bad.signatures.resize(5000, bad.signatures[0]);
  }
  const auto applied = chain.apply(sealed(bad));
  CHECK(mark_of(chain).chunks == 0);
  CHECK_FALSE(chain->seal_of(0).value());
  chain.apply(sealed(good));
  CHECK(mark_of(chain).chunks == 1);
  CHECK(chain->seal_of(0).value() == Seal{0, BlockHeight{1}, good});
}

}  // namespace tally::ledger
