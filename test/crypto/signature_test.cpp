#include "crypto/signature.h"

#include <catch2/catch.hpp>

using namespace tally;
using namespace tally::crypto;

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

  const auto signer = make_signer(key, chain);
  CHECK(signer->public_key() == key.public_key());
  CHECK(signer->sign(kVoteDomain, digest) == signature);
  CHECK(make_verifier(chain)->verify(kVoteDomain, digest, key.public_key(), signature));
  CHECK_FALSE(make_verifier(other_chain)->verify(kVoteDomain, digest, key.public_key(), signature));
}
