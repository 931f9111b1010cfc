// Chunks of the archive: the same bytes on every node, and no altered one passes.
#include <catch2/catch.hpp>
#include <map>
#include <sstream>

#include "chain_fixture.h"
#include "crypto/digest.h"
#include "ledger/archive_directory.h"
#include "support/temp_directory.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

std::string bytes_of(const ChunkPieces& pieces) {
  std::string out;
  for (std::size_t i = 0; i < pieces.count(); ++i) out += as_text(pieces.piece(i).value());
  const auto index = index_of(pieces).value();
  out += as_text(index.digest.view());
  REQUIRE(out.size() == index.bytes);
  return out;
}

// Two nodes that hold other certificates of each block. The first epoch ends with block 3, the second with block 6, and
// what follows is open.
struct TwoNodes {
  explicit TwoNodes(std::int64_t amount = 1) : left(toy_genesis()), right(toy_genesis()) {
    TransactionMaker maker{left->id()};
    auto members = toy_genesis().validators;
    const auto block = [&](std::vector<Bytes> operations) {
      Batch batch = batch_of({maker.make(std::move(operations))});
      batch.seal = left->seal_due().value();
      left.apply(batch);
      right.apply(batch);
      certify_heads();
    };
    block({toy_add(1, amount)});
    block({toy_add(2, 2), toy_add(3, 3)});
    std::swap(members[0].name, members[1].name);
    block({toy_set_members(members)});
    block({toy_add(4, 4)});
    block({toy_add(5, 5)});
    std::swap(members[0].name, members[1].name);
    block({toy_set_members(members)});
    block({toy_add(6, 6)});
    block({toy_add(7, 7)});
  }

  void certify_heads() {
    const BlockHeader header = left->head().header;
    REQUIRE(left->record_certificate(certify(header, left->id())));
    REQUIRE(right->record_certificate(
        certify_by(header, left->id(), {{1, "validator 1"}, {2, "validator 2"}, {3, "validator 3"}})));
  }

  ToyChain left;
  ToyChain right;
};

std::string chunk_of(const ToyChain& chain, std::uint64_t number) {
  return bytes_of(ChunkPieces::closed(*const_cast<ToyChain&>(chain), number).value().value());
}

struct Directory {
  explicit Directory(TwoNodes& nodes) : chain(nodes.left->id()), verifier(crypto::make_verifier(chain)) {
    start = chunk_start(toy_genesis(), nodes.left->header(BlockHeight{0}).value().value());
    for (std::uint64_t i = 0; i < 2; ++i) files[chunk_file_name(i)] = chunk_of(nodes.left, i);
    files[std::string(kOpenEndFile)] = bytes_of(ChunkPieces::open_end(*nodes.left).value().value());
  }

  // Light, as `tally archive check` does it.
  [[nodiscard]] Status check() const {
    TempDirectory directory;
    for (const auto& [name, bytes] : files) std::ofstream(directory.path() / name, std::ios::binary) << bytes;
    const auto found = archive_files(directory.path());
    if (!found) return found.error();
    auto at = start;
    for (const auto& file : *found)
      if (auto good = check_archive_file(file, chain, at, *verifier); !good) return good;
    return {};
  }
  // One file alone, in memory.
  [[nodiscard]] Status check_bytes(const std::string& bytes) const {
    std::istringstream in(bytes);
    const auto next = check_chunk(in, chain, start, *verifier);
    if (!next) return next.error();
    return {};
  }

  ChainId chain;
  std::unique_ptr<crypto::Verifier> verifier;
  ChunkStart start;
  std::map<std::string, std::string> files;
};

// As somebody would who wants an altered file to pass.
std::string with_right_digest(std::string bytes) {
  bytes.resize(bytes.size() - Digest::kSize);
  const Digest digest = crypto::digest(crypto::kChunkFileDomain, as_bytes(bytes));
  return bytes + std::string(as_text(digest.view()));
}

}  // namespace

TEST_CASE("A closed chunk has the same bytes on nodes with different certificates") {
  TwoNodes nodes;
  for (std::uint64_t number : {0, 1}) {
    const auto pieces = ChunkPieces::closed(*nodes.left, number).value();
    REQUIRE(pieces.has_value());
    CHECK(pieces->head() ==
          ChunkHead{nodes.left->id(), number, BlockHeight{3 * number + 1}, BlockHeight{3 * number + 3}, true});
    CHECK(chunk_of(nodes.left, number) == chunk_of(nodes.right, number));
  }
  CHECK(nodes.left->certificate(BlockHeight{2}).value() != nodes.right->certificate(BlockHeight{2}).value());
  CHECK_FALSE(ChunkPieces::closed(*nodes.left, 2).value());
  const auto open = ChunkPieces::open_end(*nodes.left).value();
  REQUIRE(open.has_value());
  CHECK(open->head() == ChunkHead{nodes.left->id(), 2, BlockHeight{7}, BlockHeight{8}, false});
  CHECK(bytes_of(*open) != bytes_of(*ChunkPieces::open_end(*nodes.right).value()));
  CHECK(Directory(nodes).check().has_value());
}

TEST_CASE("No byte of a chunk can be altered or cut off even with the digest made right again") {
  TwoNodes nodes;
  const Directory directory(nodes);
  const std::string bytes = directory.files.at(chunk_file_name(0));
  REQUIRE(directory.check_bytes(bytes).has_value());
  // `sealed` is the file name's to say.
  const std::size_t sealed = 12 + 4 + 1 + 32 + 24;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ (1 << i % 8));
    const auto verdict = directory.check_bytes(altered);
    if (verdict || verdict.error().field.empty()) FAIL("byte " << i << " was altered");
    if (i == sealed || i + Digest::kSize >= bytes.size()) continue;
    if (directory.check_bytes(with_right_digest(altered))) FAIL("byte " << i << " was altered, and the digest");
  }
  for (std::size_t size = 0; size < bytes.size(); size += size < 100 ? 1 : 13) {
    const auto verdict = directory.check_bytes(bytes.substr(0, size));
    if (verdict) FAIL("cut off at " << size);
  }
  CHECK_THAT(directory.check_bytes(bytes + "x").error().text(), Catch::Contains("bytes follow"));
}

TEST_CASE("A directory with a chunk that is missing or swapped or another's does not hold") {
  TwoNodes nodes;
  Directory directory(nodes);
  TwoNodes others(1000);
  const std::string first = chunk_file_name(0);
  const std::string second = chunk_file_name(1);
  std::string names;
  SECTION("gap") {
    directory.files.erase(first);
    names = "holds chunk-00000001.tally but not chunk-00000000.tally";
  }
  SECTION("swapped") {
    std::swap(directory.files[first], directory.files[second]);
    names = "chunk-00000000.tally.head.number: is 1; expected 0";
  }
  SECTION("twice") {
    directory.files[second] = directory.files[first];
    names = "chunk-00000001.tally.head.number: is 0; expected 1";
  }
  SECTION("spliced from another history of the same genesis") {
    directory.files[second] = chunk_of(others.left, 1);
    names = "chunk-00000001.tally";
  }
  SECTION("another chain") {
    directory.chain.bytes[0] ^= 1;
    names = "head.chain";
  }
  SECTION("an open end under a chunk's name") {
    directory.files[chunk_file_name(2)] = directory.files[std::string(kOpenEndFile)];
    directory.files.erase(std::string(kOpenEndFile));
    names = "head.sealed: is false";
  }
  SECTION("an open end that is closed by now") {
    directory.files.erase(second);
    directory.files[std::string(kOpenEndFile)] = chunk_of(nodes.left, 1);
    names = "open.tally.head.sealed: is true";
  }
  SECTION("an old open end") {
    directory.files.erase(second);
    names = "open.tally.head.number: is 2; expected 1";
  }
  SECTION("nothing") {
    directory.files.clear();
    names = "holds no chunk";
  }
  const auto verdict = directory.check();
  REQUIRE_FALSE(verdict);
  CHECK_THAT(verdict.error().text(), Catch::Contains(names));
}

TEST_CASE("Records out of order and oversized claims are named with byte and block") {
  TwoNodes nodes;
  const Directory directory(nodes);
  const auto pieces = ChunkPieces::closed(*nodes.left, 0).value().value();
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < pieces.count(); ++i) parts.emplace_back(as_text(pieces.piece(i).value()));
  parts.back() += std::string(Digest::kSize, '\0');
  const auto joined = [&] {
    std::string out;
    for (const auto& part : parts) out += part;
    return with_right_digest(out);
  };
  REQUIRE(directory.check_bytes(joined()).has_value());
  const std::string at = "byte " + std::to_string(parts[0].size()) + ", block 1";
  std::string names;
  SECTION("reordered") {
    std::swap(parts[1], parts[2]);
    names = at + ": holds block 2; expected block 1";
  }
  SECTION("left out") {
    parts.erase(parts.begin() + 1);
    names = at + ": holds block 2";
  }
  SECTION("a length of four gigabytes") {
    parts[1].replace(0, 4, std::string(4, '\xff'));
    names = at + ": a record claims 4294967295 bytes";
  }
  SECTION("a length of nothing") {
    parts[1].replace(0, 4, std::string(4, '\0'));
    names = at + ": a record claims 0 bytes";
  }
  SECTION("the end too early") {
    parts.erase(parts.begin() + 3);
    names = "block 3: has record kind 2";
  }
  CHECK_THAT(directory.check_bytes(joined()).error().text(), Catch::Contains(names));
}

TEST_CASE("Blocks of an archive come with the certificates that cover them") {
  TwoNodes nodes;
  const Directory directory(nodes);
  TempDirectory place;
  for (const auto& [name, bytes] : directory.files) std::ofstream(place.path() / name, std::ios::binary) << bytes;
  auto blocks = ArchiveBlocks::open(place.path(), directory.chain).value();
  ToyChain again(toy_genesis());
  for (std::uint64_t height = 1; height <= 8; ++height) {
    const auto block = blocks.next().value();
    REQUIRE(block.has_value());
    CHECK(block->certificate.has_value() == (height == 3 || height == 6 || height == 8));
    REQUIRE(again->apply_certified(*block));
  }
  CHECK_FALSE(blocks.next().value());
  CHECK(again->head().digest == nodes.left->head().digest);
  CHECK(chunk_of(again, 1) == chunk_of(nodes.right, 1));
}

}  // namespace tally::ledger
