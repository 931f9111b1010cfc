// Many digests at a time are those of one at a time, whatever the lengths and however many there are.
#include "crypto/many_digests.h"

#include <catch2/catch.hpp>
#include <random>

namespace tally::crypto {

namespace {

constexpr unsigned kSeed = 4711;

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<Byte>(random());
  return out;
}

}  // namespace

TEST_CASE("Digests of many items are the digests of each") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (std::size_t count = 0; count < 40; ++count) {
    std::vector<Bytes> items;
    // Around the edges of blocks of 128 bytes, empty ones too.
    for (std::size_t i = 0; i < count; ++i) items.push_back(random_bytes(random, random() % 5 * 64 + random() % 3));
    if (count % 3 == 0)
      for (auto& item : items) item.resize(count * 7);
    const std::vector<ByteView> views(items.begin(), items.end());
    std::vector<Digest> out(count);
    digest_each(kTreeValueDomain, views, out);
    for (std::size_t i = 0; i < count; ++i) REQUIRE(out[i] == digest(kTreeValueDomain, items[i]));
  }
}

TEST_CASE("Digests of pairs may replace what they were made of") {
  INFO("seed " << kSeed + 1);
  std::mt19937_64 random(kSeed + 1);
  for (std::size_t count = 0; count < 40; ++count) {
    std::vector<Digest> level(2 * count);
    for (auto& one : level) one = Digest::from_view(random_bytes(random, Digest::kSize)).value();
    std::vector<Digest> expected;
    for (std::size_t i = 0; i < count; ++i)
      expected.push_back(digest(kMerkleNodeDomain, level[2 * i].view(), level[2 * i + 1].view()));
    std::vector<DigestPair> pairs;
    for (std::size_t i = 0; i < count; ++i) pairs.push_back({&level[2 * i], &level[2 * i + 1], &level[i]});
    digest_pairs(kMerkleNodeDomain, pairs);
    level.resize(count);
    REQUIRE(level == expected);
  }
}

}  // namespace tally::crypto
