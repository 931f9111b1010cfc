// Whatever was done to a snapshot on its way is noticed: every byte, and whole pieces that were cut, moved or
// exchanged.
#include <catch2/catch.hpp>

#include "snapshot_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

constexpr unsigned kSeed = 20261129;

HeldSnapshot small_snapshot() {
  std::mt19937_64 random(kSeed);
  static const auto bench = written(random_state(random, 24), random);
  static const auto snapshot = snapshot_of(*bench.view, {}, {.chunk_bytes = 500});
  return snapshot;
}

// As whoever serves it would cover it up: sizes and digests fit the bytes.
HeldSnapshot covered(HeldSnapshot snapshot, std::size_t index, Bytes chunk) {
  snapshot.manifest.sizes[index] = chunk.size();
  snapshot.manifest.digests[index] = chunk_digest(chunk);
  snapshot.chunks[index] = std::move(chunk);
  return snapshot;
}

std::vector<SnapshotPair> pairs_of(const Bytes& chunk) {
  return decode<std::vector<SnapshotPair>>(chunk).value();
}

std::size_t fullest(const HeldSnapshot& snapshot) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < snapshot.chunks.size(); ++i)
    if (pairs_of(snapshot.chunks[i]).size() > pairs_of(snapshot.chunks[best]).size()) best = i;
  return best;
}

// A chunk with a pair whose history has at least two different records; and the pair's place.
std::pair<std::size_t, std::size_t> with_history(const HeldSnapshot& snapshot) {
  for (std::size_t i = 0; i < snapshot.chunks.size(); ++i) {
    const auto pairs = pairs_of(snapshot.chunks[i]);
    for (std::size_t j = 0; j < pairs.size(); ++j)
      if (pairs[j].history.size() > 1 && pairs[j].history[0] != pairs[j].history[1]) return {i, j};
  }
  FAIL("no history in this state");
  return {};
}

}  // namespace

TEST_CASE("Every byte of a chunk is checked, also when its digest is made to fit") {
  const auto snapshot = small_snapshot();
  REQUIRE(check_all(snapshot));
  const ToyExecutor executor;
  for (std::size_t i = 0; i < snapshot.chunks.size(); ++i) {
    for (std::size_t at = 0; at < snapshot.chunks[i].size(); ++at) {
      for (const Byte flip : {Byte{1}, Byte{0x80}}) {
        Bytes chunk = snapshot.chunks[i];
        chunk[at] ^= flip;
        if (check_chunk(snapshot.manifest, i, chunk, executor)) FAIL("chunk " << i << ", byte " << at);
        if (check_all(covered(snapshot, i, chunk))) FAIL("covered up: chunk " << i << ", byte " << at);
      }
    }
    for (std::size_t size = 0; size < snapshot.chunks[i].size(); size += 3) {
      const Bytes cut(snapshot.chunks[i].begin(), snapshot.chunks[i].begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(check_chunk(snapshot.manifest, i, cut, executor));
      CHECK_FALSE(check_all(covered(snapshot, i, cut)));
    }
    Bytes longer = snapshot.chunks[i];
    longer.push_back(0);
    CHECK_FALSE(check_all(covered(snapshot, i, longer)));
  }
}

TEST_CASE("Every byte of a manifest is checked, also when its digest is made to fit") {
  const auto snapshot = small_snapshot();
  const Bytes bytes = encode_manifest(snapshot.manifest);
  const auto verifier = crypto::make_verifier(snapshot.manifest.chain);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const Byte flip : {Byte{1}, Byte{0x80}}) {
      Bytes changed = bytes;
      changed[at] ^= flip;
      if (decode_manifest(changed)) FAIL("byte " << at);
      // With the digest at the end made to fit.
      if (at < 12 || at >= bytes.size() - Digest::kSize) continue;
      auto manifest = decode<SnapshotManifest>(ByteView(changed).subspan(12, bytes.size() - 12 - Digest::kSize));
      if (!manifest) continue;
      CHECK(decode_manifest(encode_manifest(*manifest)).value() == *manifest);
      const bool manifest_good = check_manifest(*manifest, toy_genesis(), *verifier).has_value();
      // What the certificate does not cover says where transfers went wrong; then the chunks do not fit it.
      if (manifest_good && check_all({*manifest, snapshot.chunks})) FAIL("covered up: byte " << at);
    }
  }
  for (std::size_t size = 0; size < bytes.size(); size += 7) CHECK_FALSE(decode_manifest(ByteView(bytes).first(size)));
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(decode_manifest(longer));
}

TEST_CASE("Pairs that are moved, repeated, left out or put in are noticed") {
  const auto snapshot = small_snapshot();
  const std::size_t index = fullest(snapshot);
  const auto pairs = pairs_of(snapshot.chunks[index]);
  REQUIRE(pairs.size() > 2);
  const auto refused = [&](std::vector<SnapshotPair> changed) {
    const auto found = check_all(covered(snapshot, index, encode(changed)));
    REQUIRE_FALSE(found);
    CHECK(found.error().field.find("chunk " + std::to_string(index)) == 0);
    return found.error();
  };
  auto changed = pairs;
  std::swap(changed[0], changed[1]);
  CHECK(refused(changed).code == ErrorCode::invalid_field);
  changed = pairs;
  changed.insert(changed.begin(), changed.front());
  CHECK(refused(changed).code == ErrorCode::invalid_field);
  changed = pairs;
  changed.erase(changed.begin() + 1);
  CHECK(refused(changed).code == ErrorCode::root_mismatch);
  changed = pairs;
  changed[1].value.push_back(1);
  CHECK(refused(changed).code == ErrorCode::root_mismatch);
  // From another chunk.
  const std::size_t other = index == 0 ? 1 : 0;
  auto foreign = pairs_of(snapshot.chunks[other]);
  if (foreign.empty()) foreign = pairs_of(snapshot.chunks[other + 2]);
  changed = pairs;
  changed.push_back(foreign.front());
  CHECK(refused(changed).code == ErrorCode::invalid_field);
  // Two whole chunks exchanged, with their digests.
  auto spliced = covered(snapshot, index, snapshot.chunks[other]);
  spliced = covered(spliced, other, snapshot.chunks[index]);
  CHECK_FALSE(check_all(spliced));
}

TEST_CASE("Histories are checked against what their pairs claim") {
  const auto snapshot = small_snapshot();
  const auto [index, place] = with_history(snapshot);
  const auto pairs = pairs_of(snapshot.chunks[index]);
  const auto refused = [&, at = index](std::vector<SnapshotPair> changed) {
    const auto found = check_all(covered(snapshot, at, encode(changed)));
    REQUIRE_FALSE(found);
    CHECK(found.error().field.find("history") != std::string::npos);
    return found.error().code;
  };
  auto changed = pairs;
  changed[place].history.pop_back();
  CHECK(refused(changed) == ErrorCode::invalid_field);
  changed = pairs;
  changed[place].history.push_back({});
  CHECK(refused(changed) == ErrorCode::invalid_field);
  changed = pairs;
  std::swap(changed[place].history[0], changed[place].history[1]);
  CHECK(refused(changed) == ErrorCode::root_mismatch);
  changed = pairs;
  changed[place].history[0].push_back(7);
  CHECK(refused(changed) == ErrorCode::root_mismatch);
  // Records for a pair that claims none.
  const ToyExecutor executor;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (executor.history_of(pairs[i].key, pairs[i].value)) continue;
    changed = pairs;
    changed[i].history.push_back({1});
    CHECK(refused(changed) == ErrorCode::invalid_field);
  }
}

TEST_CASE("A manifest that asks for too much, or is of another chain or block, is refused by name") {
  const auto snapshot = small_snapshot();
  const auto verifier = crypto::make_verifier(snapshot.manifest.chain);
  const auto refused = [&](const std::function<void(SnapshotManifest&)>& change) {
    auto manifest = snapshot.manifest;
    change(manifest);
    const auto found = check_manifest(manifest, toy_genesis(), *verifier);
    REQUIRE_FALSE(found);
    return std::pair(found.error().code, found.error().field);
  };
  using Refusal = std::pair<ErrorCode, std::string>;
  CHECK(refused([](auto& of) { of.depth = 17; }) == Refusal(ErrorCode::too_large, "depth"));
  CHECK(refused([](auto& of) { of.depth = 0; }) == Refusal(ErrorCode::invalid_field, "subtrees"));
  CHECK(refused([](auto& of) { of.sizes.pop_back(); }) == Refusal(ErrorCode::invalid_field, "sizes"));
  CHECK(refused([](auto& of) { of.digests.clear(); }) == Refusal(ErrorCode::invalid_field, "digests"));
  CHECK(refused([](auto& of) { of.sizes[0] = limits::kSnapshotChunkBytesMax + 1; }) ==
        Refusal(ErrorCode::too_large, "sizes[0]"));
  CHECK(refused([](auto& of) { of.sizes[0] = 0; }) == Refusal(ErrorCode::invalid_field, "sizes[0]"));
  CHECK(refused([](auto& of) { of.chain.bytes[0] ^= 1; }) == Refusal(ErrorCode::wrong_chain, "chain"));
  CHECK(refused([](auto& of) { of.header.height = BlockHeight{0}; }) ==
        Refusal(ErrorCode::invalid_field, "header.height"));
  CHECK(refused([](auto& of) { of.header.time = of.header.time.plus(1); }).first == ErrorCode::bad_certificate);
  CHECK(refused([](auto& of) { of.certificate.signatures.pop_back(); }).first == ErrorCode::bad_certificate);
  CHECK(refused([](auto& of) { std::swap(of.subtrees[0], of.subtrees[1]); }).second.find("su") == 0);
  CHECK(refused([](auto& of) { of.epochs.resize(1); }) == Refusal(ErrorCode::broken_chain, "epochs"));

  // Another genesis.
  auto genesis = toy_genesis();
  genesis.name = "another";
  CHECK(check_manifest(snapshot.manifest, genesis, *verifier).error().code == ErrorCode::wrong_chain);
  // More than is ever read.
  CHECK(decode_manifest(Bytes(limits::kSnapshotManifestBytesMax + 1)).error().code == ErrorCode::too_large);
  CHECK(decode_manifest(as_bytes("TALLYCHN, which is something else altogether, and long enough")).error().code ==
        ErrorCode::invalid_encoding);
  // More pairs than the bytes can hold, and more than a chunk may have.
  for (const std::uint32_t count : {std::uint32_t{500}, limits::kSnapshotChunkPairsMax + 1}) {
    Bytes chunk;
    Encoder(chunk).uleb128(count);
    chunk.resize(1000);
    CHECK_FALSE(check_all(covered(snapshot, fullest(snapshot), chunk)));
  }
}

TEST_CASE("A leaf that stands alone in its subtree is told from an inner node") {
  // With one pair, a deep manifest has one leaf among empty subtrees: its kind is part of the proof.
  std::mt19937_64 random(kSeed + 1);
  const auto bench = written(random_state(random, 2), random);
  const auto snapshot = snapshot_of(*bench.view, {}, {.chunk_bytes = 8});
  REQUIRE(snapshot.manifest.depth > 1);
  REQUIRE(check_all(snapshot));
  for (std::size_t i = 0; i < snapshot.manifest.chunks(); ++i) {
    if (snapshot.manifest.subtrees[i].kind != SubtreeKind::leaf) continue;
    auto changed = snapshot;
    changed.manifest.subtrees[i].kind = SubtreeKind::inner;
    CHECK_FALSE(check_all(changed));
  }
}

}  // namespace tally::ledger
