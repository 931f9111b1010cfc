#include "crypto/signature.h"

#include <catch2/catch.hpp>

#include "crypto/digest.h"

using namespace tally;
using namespace tally::crypto;

namespace {

// RFC 8032, section 7.1, test 1.
constexpr std::string_view kSeedHex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr std::string_view kPublicHex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

Seed fixed_seed() {
  const auto bytes = from_hex(kSeedHex);
  Seed out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

ChainId fixed_chain() {
  ChainId out;
  out.bytes.fill(0x11);
  return out;
}

Signature signature_from(std::string_view hex) {
  return *Signature::from_hex(hex);
}

PublicKey key_from(std::string_view hex) {
  return *PublicKey::from_hex(hex);
}

}  // namespace

TEST_CASE("A key from its seed is that of RFC 8032") {
  const SecretKey key = SecretKey::from_seed(fixed_seed());
  CHECK(key.public_key().hex() == kPublicHex);
  CHECK(to_hex(key.seed()) == kSeedHex);
  const SecretKey copy = key;
  CHECK(copy.seed().data() == key.seed().data());
  CHECK(SecretKey::generate().public_key() != SecretKey::generate().public_key());
}

// Computed with an Ed25519 written out from RFC 8032 in Python over "tally.vote" padded to 16 bytes, 32 bytes
// of 0x11, and the digest of "abc".
TEST_CASE("Signatures have their golden values") {
  const SecretKey key = SecretKey::from_seed(fixed_seed());
  const Digest digest = crypto::digest(kTransactionDomain, as_bytes("abc"));
  CHECK(key.sign(kVoteDomain, fixed_chain(), digest).hex() ==
        "39f493d28b473414d9396c484a5ff23a1b2227630dd43e9f6f76e74b5b7a6b5a"
        "1ada8a215af217fe396b9348495b936e90014b283cd1086b47d1e1e29961ba06");
}

TEST_CASE("A signature holds for its domain, chain, digest and key only") {
  const SecretKey key = SecretKey::generate();
  const ChainId chain{{1}};
  const ChainId other_chain{{2}};
  const Digest digest{{3}};
  const Digest other_digest{{4}};
  const Signature signature = key.sign(kVoteDomain, chain, digest);
  CHECK(verify(kVoteDomain, chain, digest, key.public_key(), signature));
  CHECK_FALSE(verify(kHeaderDomain, chain, digest, key.public_key(), signature));
  CHECK_FALSE(verify(kVoteDomain, other_chain, digest, key.public_key(), signature));
  CHECK_FALSE(verify(kVoteDomain, chain, other_digest, key.public_key(), signature));
  CHECK_FALSE(verify(kVoteDomain, chain, digest, SecretKey::generate().public_key(), signature));
  for (std::size_t at = 0; at < Signature::kSize; ++at) {
    Signature flipped = signature;
    flipped.bytes[at] ^= 0x01;
    CHECK_FALSE(verify(kVoteDomain, chain, digest, key.public_key(), flipped));
  }

  const auto signer = make_signer(key, chain);
  CHECK(signer->public_key() == key.public_key());
  CHECK(signer->sign(kVoteDomain, digest) == signature);
  CHECK(make_verifier(chain)->verify(kVoteDomain, digest, key.public_key(), signature));
  CHECK_FALSE(make_verifier(other_chain)->verify(kVoteDomain, digest, key.public_key(), signature));
}

// The same message as the golden one. Each of these is accepted by some other Ed25519.
TEST_CASE("Verification is strict") {
  const Digest digest = crypto::digest(kTransactionDomain, as_bytes("abc"));
  const PublicKey key = key_from(kPublicHex);
  const auto verifies = [&](const PublicKey& with, std::string_view signature) {
    return verify(kVoteDomain, fixed_chain(), digest, with, signature_from(signature));
  };
  REQUIRE(verifies(key,
                   "39f493d28b473414d9396c484a5ff23a1b2227630dd43e9f6f76e74b5b7a6b5a"
                   "1ada8a215af217fe396b9348495b936e90014b283cd1086b47d1e1e29961ba06"));
  // S + L instead of S.
  CHECK_FALSE(verifies(key,
                       "39f493d28b473414d9396c484a5ff23a1b2227630dd43e9f6f76e74b5b7a6b5a"
                       "07ae807e74552a5610088beb2755728390014b283cd1086b47d1e1e29961ba16"));
  // R is the identity; the equation S B = R + h A holds.
  CHECK_FALSE(verifies(key,
                       "0100000000000000000000000000000000000000000000000000000000000000"
                       "8c77c3175e9cf46bafb2212d06462da5462e16424edd9bb113957a5b3daefb0f"));
  // The key is the identity: R the identity and S = 0 satisfy the equation for every message.
  CHECK_FALSE(verifies(key_from("0100000000000000000000000000000000000000000000000000000000000000"),
                       "0100000000000000000000000000000000000000000000000000000000000000"
                       "0000000000000000000000000000000000000000000000000000000000000000"));
}

TEST_CASE("Only whole keys are valid") {
  CHECK(valid_public_key(key_from(kPublicHex)));
  CHECK(valid_public_key(SecretKey::generate().public_key()));
  const std::string_view refused[] = {
      // Low order: orders 4, 1, 8, 8, 2, and the spellings with the sign bit set.
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "0100000000000000000000000000000000000000000000000000000000000080",
      // Non-canonical: y is p, p + 1, and all ones.
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      // The key of RFC 8032 with a point of order 8 added.
      "3b5b475c4b82dd1572799fc546f4c6c03e478c6654aa4c7f945b347ea32af60d",
      // Not on the curve.
      "0200000000000000000000000000000000000000000000000000000000000000",
  };
  for (const auto hex : refused) {
    INFO(hex);
    CHECK_FALSE(valid_public_key(key_from(hex)));
  }
}
