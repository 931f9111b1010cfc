#include "crypto/digest.h"

#include <catch2/catch.hpp>

using namespace tally;
using namespace tally::crypto;

namespace {

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<Byte>(i % 251);
  return out;
}

}  // namespace

// Computed with Python's hashlib.blake2b(digest_size=32, person=tag): an implementation that is not libsodium.
TEST_CASE("Digests have their golden values") {
  CHECK(digest(kTransactionDomain, {}).hex() == "655001b737e9995674e1fc3f0e5558d7d34f7f81ea1f12373bfd8d36b4bcb2ac");
  CHECK(digest(kTransactionDomain, as_bytes("abc")).hex() ==
        "ee218b43a27d6106ed6f67e14535c30c10e287729eea863609bebe674a47f4d1");
  CHECK(digest(kHeaderDomain, as_bytes("abc")).hex() ==
        "4a4df806ee309a9a9b80bf2e2621e52cdb4a31339a5eaa270c1e527f9a6aefd2");
  CHECK(digest(kBatchDomain, pattern(1000)).hex() ==
        "83a6d0223f36e1faa46cc8c65b6f2b8034bf60cd51a7afbd93386ada9e8f2419");
}

TEST_CASE("A digest of two parts is the digest of their concatenation") {
  for (const std::size_t size : {0, 1, 64, 128, 255, 256, 257, 1000}) {
    const Bytes whole = pattern(size);
    const Digest expected = digest(kTreeNodeDomain, whole);
    for (const std::size_t cut : {std::size_t{0}, size / 3, size / 2, size}) {
      INFO("size " << size << ", cut at " << cut);
      CHECK(digest(kTreeNodeDomain, ByteView(whole).first(cut), ByteView(whole).subspan(cut)) == expected);
    }
  }
}

TEST_CASE("digest_of hashes the canonical bytes") {
  const std::string text = "abc";
  CHECK(digest_of(kTransactionDomain, text) == digest(kTransactionDomain, encode(text)));
}

TEST_CASE("Random values differ") {
  initialise();
  const auto first = random_fixed<ClientId>();
  CHECK(first != random_fixed<ClientId>());
  CHECK_FALSE(first.is_zero());
}
