// The document that ends a halted epoch: what makes one, and every way in which it can be wrong.
#include "consensus/epoch_recovery.h"

#include <catch2/catch.hpp>

#include "consensus/authentic.h"
#include "crypto/digest.h"

namespace tally::consensus {

namespace {

constexpr std::uint64_t kHeight = 12;

struct Group {
  ChainId chain{{7}};
  std::vector<std::unique_ptr<crypto::Signer>> signers;
  std::unique_ptr<crypto::Verifier> verifier = crypto::make_verifier(chain);
  ValidatorSet validators{Epoch{2}, BlockHeight{10}, {}};

  explicit Group(std::size_t n = 4) {
    crypto::initialise();
    for (std::size_t i = 0; i < n; ++i) {
      signers.push_back(crypto::make_signer(crypto::SecretKey::from_seed({static_cast<Byte>(i + 1)}), chain));
      validators.members.push_back({"office " + std::to_string(i), signers.back()->public_key()});
    }
  }
  [[nodiscard]] SignedCheckpoint checkpoint(std::uint32_t replica, std::uint64_t height, Byte header) const {
    const CheckpointVote vote{validators.epoch, BlockHeight{height}, Digest{{header}}};
    return {vote, ReplicaIndex{replica}, sign_checkpoint(vote, *signers[replica])};
  }
  [[nodiscard]] CheckpointCertificate certificate(std::uint64_t height, Byte header) const {
    CheckpointCertificate out{{validators.epoch, BlockHeight{height}, Digest{{header}}}, {}};
    for (std::uint32_t i = 0; i < validators.quorum().q(); ++i)
      out.signatures.push_back({ReplicaIndex{i}, sign_checkpoint(out.vote, *signers[i])});
    return out;
  }
  void sign(EpochRecovery& recovery, std::uint32_t replica) const {
    add_signature(recovery, ReplicaIndex{replica}, sign_recovery(recovery.statement, *signers[replica]));
  }
  // Block 12 is certified, and of block 13 the replicas computed two headers, by turns; three where two are too few.
  [[nodiscard]] EpochRecovery good() const {
    EpochRecovery out;
    out.statement = {validators.epoch, BlockHeight{kHeight}, Digest{{1}}};
    out.certificate = certificate(kHeight, 1);
    const std::uint32_t headers = signers.size() == 3 ? 3 : 2;
    for (std::uint32_t i = 0; i < signers.size(); ++i)
      out.halt.push_back(checkpoint(i, kHeight + 1, static_cast<Byte>(2 + i % headers)));
    // In any order.
    for (std::uint32_t i = validators.quorum().q(); i-- > 0;) sign(out, i);
    return out;
  }
};

void refuses(const Group& group, const EpochRecovery& recovery, ErrorCode code, const std::string& text) {
  const Status checked = check_recovery(recovery, group.validators, *group.verifier);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().code == code);
  CHECK_THAT(checked.error().text(), Catch::Contains(text));
}

}  // namespace

TEST_CASE("epoch recovery: q members end a halted epoch, for every size of the group") {
  for (const std::size_t n : {2, 3, 4, 5, 7, 13}) {
    const Group group(n);
    const auto recovery = group.good();
    INFO(n);
    CHECK(check_recovery(recovery, group.validators, *group.verifier).has_value());
    CHECK(next_epoch(recovery, group.validators) ==
          ValidatorSet{Epoch{3}, BlockHeight{kHeight}, group.validators.members});
  }
}

TEST_CASE("epoch recovery: at the block after which the epoch began there is no certificate of its own") {
  Group group;
  auto recovery = group.good();
  recovery.statement.height = group.validators.start;
  refuses(group, recovery, ErrorCode::invalid_field, "certificate: is given for the block that began the epoch");
  recovery.certificate.reset();
  recovery.signatures.clear();
  for (std::uint32_t i = 0; i < 3; ++i) group.sign(recovery, i);
  CHECK(check_recovery(recovery, group.validators, *group.verifier).has_value());
}

TEST_CASE("epoch recovery: what is wrong is named") {
  const Group group;
  auto recovery = group.good();
  SECTION("another epoch") {
    recovery.statement.ended = Epoch{1};
    refuses(group, recovery, ErrorCode::invalid_field, "statement.ended: is epoch 1; expected epoch 2");
  }
  SECTION("before the epoch") {
    recovery.statement.height = BlockHeight{3};
    refuses(group, recovery, ErrorCode::invalid_field, "statement.height: is 3; expected at least 10");
  }
  SECTION("no certificate") {
    recovery.certificate.reset();
    refuses(group, recovery, ErrorCode::bad_certificate, "certificate: is missing; expected the one of block 12");
  }
  SECTION("the certificate of another block") {
    recovery.certificate = group.certificate(kHeight - 1, 1);
    refuses(group, recovery, ErrorCode::bad_certificate, "certificate: is for block 11");
  }
  SECTION("the certificate of another header") {
    recovery.certificate = group.certificate(kHeight, 9);
    refuses(group, recovery, ErrorCode::bad_certificate, "certificate: is for block 12 with header 09");
  }
  SECTION("a forged certificate") {
    recovery.certificate->signatures[2].signature.bytes[0] ^= 1;
    refuses(group, recovery, ErrorCode::bad_certificate, "certificate.signatures[2]: signature of replica 2");
  }
  SECTION("too few CHECKPOINTs to tell") {
    recovery.halt.pop_back();
    refuses(group, recovery, ErrorCode::invalid_field, "halt: shows no halt: 3 of 4 replicas may still agree");
  }
  SECTION("CHECKPOINTs that agree") {
    recovery.halt.clear();
    for (std::uint32_t i = 0; i < 4; ++i) recovery.halt.push_back(group.checkpoint(i, 13, i == 3 ? 5 : 2));
    refuses(group, recovery, ErrorCode::invalid_field, "halt: shows no halt");
  }
  SECTION("one replica twice") {
    recovery.halt[1] = group.checkpoint(0, 13, 9);
    refuses(group, recovery, ErrorCode::invalid_field, "halt[1]: replica 0 comes twice or out of order");
  }
  SECTION("CHECKPOINTs of two heights") {
    recovery.halt[3] = group.checkpoint(3, 14, 2);
    refuses(group, recovery, ErrorCode::invalid_field, "halt[3]: is for block 14");
  }
  SECTION("CHECKPOINTs of a block that stays") {
    for (std::uint32_t i = 0; i < 4; ++i) recovery.halt[i] = group.checkpoint(i, kHeight, static_cast<Byte>(2 + i % 2));
    refuses(group, recovery, ErrorCode::invalid_field, "halt[0]: is for block 12; expected one block above 12");
  }
  SECTION("a forged CHECKPOINT") {
    recovery.halt[2].vote.header.bytes[0] ^= 1;
    refuses(group, recovery, ErrorCode::bad_signature, "halt[2]");
  }
  SECTION("too few members") {
    recovery.signatures.pop_back();
    refuses(group, recovery, ErrorCode::bad_certificate, "signatures: has 2 of 4 members; expected at least 3");
  }
  SECTION("a member twice") {
    recovery.signatures[1] = recovery.signatures[0];
    refuses(group, recovery, ErrorCode::bad_certificate, "signatures[1]: replica 0 comes twice");
  }
  SECTION("a signature under another statement") {
    recovery.signatures[1].signature = group.good().signatures[0].signature;
    refuses(group, recovery, ErrorCode::bad_certificate, "signatures[1]: signature of replica 1 does not verify");
  }
}

}  // namespace tally::consensus
