// Signatures, certificates and the form of messages. Scenario 4 (duplicate signer), parts of 20, 21 and 26.
#include "consensus/authentic.h"

#include <catch2/catch.hpp>
#include <functional>

#include "common/limits.h"
#include "consensus/mock_crypto.h"

namespace tally::consensus::test {

namespace {

const Digest kBatch = digest_of_text("batch");
const MockVerifier kVerifier;

template <class Certificate>
ErrorCode code_of(const Certificate& certificate, const ValidatorSet& validators) {
  const auto status = check_certificate(certificate, validators, kVerifier);
  return status ? ErrorCode::ok : status.error().code;
}

ErrorCode code_of_message(const Message& message, const ValidatorSet& validators) {
  const auto result = authenticate(message, validators, kVerifier);
  return result ? ErrorCode::ok : result.error().code;
}

}  // namespace

TEST_CASE("Commit certificates: q distinct members in rising order, one vote for all") {
  const Keyring keys(make_validators(4));
  const Keyring strangers(make_validators(7));
  const CommitCertificate good = keys.commit_certificate({0, 1, 3}, 0, 5, kBatch);
  CHECK(code_of(good, keys.validators()) == ErrorCode::ok);

  struct Row {
    const char* what;
    std::function<void(CommitCertificate&)> change;
    ErrorCode expected = ErrorCode::bad_certificate;
  };
  const Row rows[] = {
      {"a signer twice in place of a third", [](auto& c) { c.signatures[1] = c.signatures[0]; }},
      {"a signer twice on top of q", [](auto& c) { c.signatures.push_back(c.signatures.back()); }},
      {"wrong order", [](auto& c) { std::swap(c.signatures[0], c.signatures[1]); }},
      {"q - 1 signers", [](auto& c) { c.signatures.pop_back(); }},
      {"no signer", [](auto& c) { c.signatures.clear(); }},
      {"one more than q",
       [&](auto& c) {
         c = keys.commit_certificate({0, 1, 2, 3}, 0, 5, kBatch);
       }},
      {"no member", [](auto& c) { c.signatures[2].replica = ReplicaIndex{4}; }},
      {"index at the end of its range", [](auto& c) { c.signatures[2].replica = ReplicaIndex{~0U}; }},
      {"a stranger's key under a member's index",
       [&](auto& c) { c.signatures[2].signature = strangers.vote(5, Phase::commit, 0, 5, kBatch).signature; }},
      {"another member's signature",
       [&](auto& c) { c.signatures[2].signature = keys.vote(2, Phase::commit, 0, 5, kBatch).signature; }},
      {"altered view", [](auto& c) { c.commit.view = View{1}; }},
      {"altered sequence number", [](auto& c) { c.commit.seq = SeqNum{6}; }},
      {"altered digest", [](auto& c) { c.commit.digest.bytes[31] ^= 1; }},
      {"altered signature", [](auto& c) { c.signatures[0].signature.bytes[63] ^= 1; }},
      {"signatures of PREPARE",
       [&](auto& c) { c.signatures[0].signature = keys.vote(0, Phase::prepare, 0, 5, kBatch).signature; }},
      {"named a PREPARE", [](auto& c) { c.commit.phase = Phase::prepare; }},
      {"another epoch", [](auto& c) { c.commit.epoch = Epoch{1}; }, ErrorCode::invalid_field},
  };
  for (const Row& row : rows) {
    CommitCertificate certificate = good;
    row.change(certificate);
    INFO(row.what);
    CHECK(code_of(certificate, keys.validators()) == row.expected);
    CHECK(code_of_message(certificate, keys.validators()) == row.expected);
  }
}

TEST_CASE("Checkpoint certificates are checked alike") {
  const Keyring keys(make_validators(4));
  const CheckpointCertificate good = keys.checkpoint_certificate({1, 2, 3}, 9, kBatch);
  CHECK(code_of(good, keys.validators()) == ErrorCode::ok);
  auto altered = good;
  altered.vote.header.bytes[0] ^= 1;
  CHECK(code_of(altered, keys.validators()) == ErrorCode::bad_certificate);
  altered = good;
  altered.vote.height = BlockHeight{10};
  CHECK(code_of(altered, keys.validators()) == ErrorCode::bad_certificate);
  altered = good;
  altered.signatures[2] = altered.signatures[1];
  CHECK(code_of(altered, keys.validators()) == ErrorCode::bad_certificate);
  altered = good;
  altered.signatures.resize(2);
  CHECK(code_of(altered, keys.validators()) == ErrorCode::bad_certificate);
  // COMMITs of the same numbers are no CHECKPOINTs.
  const auto commits = keys.commit_certificate({1, 2, 3}, 0, 9, kBatch);
  altered.signatures = commits.signatures;
  CHECK(code_of(altered, keys.validators()) == ErrorCode::bad_certificate);
}

TEST_CASE("Prepared certificates: the primary's PRE-PREPARE and q-1 PREPAREs of backups") {
  const Keyring keys(make_validators(4));
  const PreparedCertificate good = keys.prepared_certificate({2, 3}, 1, 5, kBatch);
  CHECK(code_of(good, keys.validators()) == ErrorCode::ok);

  const std::pair<const char*, std::function<void(PreparedCertificate&)>> rows[] = {
      {"the primary counted",
       [&](auto& c) {
         c.prepares = keys.prepared_certificate({1, 2}, 1, 5, kBatch).prepares;
       }},
      {"q - 2 PREPAREs", [](auto& c) { c.prepares.pop_back(); }},
      {"a backup twice", [](auto& c) { c.prepares[1] = c.prepares[0]; }},
      {"wrong order", [](auto& c) { std::swap(c.prepares[0], c.prepares[1]); }},
      {"not the view's primary", [](auto& c) { c.primary.replica = ReplicaIndex{0}; }},
      {"primary's index out of range", [](auto& c) { c.primary.replica = ReplicaIndex{9}; }},
      {"claims a higher view", [](auto& c) { c.pre_prepare.view = View{5}; }},
      {"altered digest", [](auto& c) { c.pre_prepare.digest = kNullBatch; }},
      {"COMMITs in place of PREPAREs",
       [&](auto& c) { c.prepares[0].signature = keys.vote(2, Phase::commit, 1, 5, kBatch).signature; }},
      {"phase altered", [](auto& c) { c.pre_prepare.phase = Phase::prepare; }},
  };
  for (const auto& [what, change] : rows) {
    PreparedCertificate certificate = good;
    change(certificate);
    INFO(what);
    CHECK(code_of(certificate, keys.validators()) == ErrorCode::bad_certificate);
  }
  // A primary alone is prepared by its own PRE-PREPARE.
  const Keyring alone(make_validators(1));
  CHECK(code_of(alone.prepared_certificate({}, 3, 1, kBatch), alone.validators()) == ErrorCode::ok);
}

TEST_CASE("Votes and proposals whose signature or form is wrong never become Authentic") {
  const Keyring keys(make_validators(4));
  const auto& validators = keys.validators();
  const SignedVote vote = keys.vote(2, Phase::prepare, 0, 1, kBatch);
  CHECK(code_of_message(vote, validators) == ErrorCode::ok);

  SignedVote changed = vote;
  changed.replica = ReplicaIndex{3};
  CHECK(code_of_message(changed, validators) == ErrorCode::bad_signature);
  changed.replica = ReplicaIndex{4};
  CHECK(code_of_message(changed, validators) == ErrorCode::invalid_field);
  for (int field = 0; field < 5; ++field) {
    changed = vote;
    if (field == 0) changed.vote.phase = Phase::commit;
    if (field == 1) changed.vote.view = View{1};
    if (field == 2) changed.vote.seq = SeqNum{2};
    if (field == 3) changed.vote.digest.bytes[0] ^= 1;
    if (field == 4) changed.signature.bytes[0] ^= 1;
    INFO("field " << field);
    CHECK(code_of_message(changed, validators) == ErrorCode::bad_signature);
  }

  const Proposal proposal = keys.proposal(0, 1, "batch");
  CHECK(code_of_message(proposal, validators) == ErrorCode::ok);
  Proposal other_body = proposal;
  other_body.batch[0] ^= 1;
  CHECK(code_of_message(other_body, validators) == ErrorCode::invalid_field);
  CHECK(code_of_message(Proposal{vote, proposal.batch}, validators) == ErrorCode::invalid_field);
  // Nobody can find bytes whose digest is the null batch's, so a proposal never carries it.
  CHECK(code_of_message(Proposal{keys.vote(0, Phase::pre_prepare, 0, 1, kNullBatch), {}}, validators) ==
        ErrorCode::invalid_field);
  const std::string large(limits::kBatchBytesMax + 1, 'x');
  CHECK(code_of_message(keys.proposal(0, 1, large), validators) == ErrorCode::too_large);
  CHECK(code_of_message(keys.proposal(0, 1, large.substr(1)), validators) == ErrorCode::ok);
}

TEST_CASE("Messages of another epoch, or for an empty set, are refused without a fault") {
  const Keyring keys(make_validators(4, Epoch{2}));
  const ValidatorSet other = make_validators(4, Epoch{3});
  const Message messages[] = {keys.vote(1, Phase::commit, 0, 1, kBatch),
                              keys.checkpoint(1, 1, kBatch),
                              keys.proposal(0, 1, "batch"),
                              keys.commit_certificate({0, 1, 2}, 0, 1, kBatch),
                              keys.checkpoint_certificate({0, 1, 2}, 1, kBatch),
                              StatusReport{Epoch{2}, {}, {}, {}, {}, {}, {}},
                              SignedViewChange{{Epoch{2}, View{1}, {}, {}, {}}, ReplicaIndex{1}, {}},
                              SignedNewView{{Epoch{2}, View{1}, {}, {}}, ReplicaIndex{1}, {}}};
  for (const auto& message : messages) {
    CHECK(code_of_message(message, other) == ErrorCode::invalid_field);
    CHECK(code_of_message(message, ValidatorSet{Epoch{2}, {}, {}}) != ErrorCode::ok);
  }
}

TEST_CASE("STATUS has masks that fit the set and rising sequence numbers") {
  const auto validators = make_validators(4);
  StatusReport report{Epoch{}, View{}, ReplicaIndex{1}, {}, {}, {}, {0x0f}};
  report.slots = {{SeqNum{1}, true, {1}, {2}}, {SeqNum{2}, true, {1}, {2}}};
  CHECK(code_of_message(report, validators) == ErrorCode::ok);
  auto changed = report;
  changed.slots[1].seq = SeqNum{1};
  CHECK(code_of_message(changed, validators) == ErrorCode::invalid_field);
  changed = report;
  changed.slots[1].commits = {1, 2};
  CHECK(code_of_message(changed, validators) == ErrorCode::too_large);
  changed = report;
  changed.checkpoints = {1, 2};
  CHECK(code_of_message(changed, validators) == ErrorCode::too_large);
  changed = report;
  changed.replica = ReplicaIndex{4};
  CHECK(code_of_message(changed, validators) == ErrorCode::invalid_field);
  changed = report;
  changed.slots.clear();
  for (std::uint64_t seq = 1; seq < 5000; ++seq) changed.slots.push_back({SeqNum{seq}, false, {}, {}});
  CHECK(code_of_message(changed, validators) == ErrorCode::too_large);
}

TEST_CASE("VIEW-CHANGE and NEW-VIEW: signature, order and certificates") {
  const Keyring keys(make_validators(4));
  const auto& validators = keys.validators();
  const auto sign = [&](const ViewChange& body, std::uint32_t replica) {
    const MockSigner signer(validators.members[replica].key);
    const auto digest = crypto::digest_of(crypto::kViewChangeDomain, body);
    return SignedViewChange{body, ReplicaIndex{replica}, signer.sign(crypto::kViewChangeDomain, digest)};
  };
  ViewChange change{Epoch{}, View{1}, BlockHeight{2}, keys.checkpoint_certificate({0, 1, 2}, 2, kBatch), {}};
  change.prepared = {keys.prepared_certificate({1, 2}, 0, 3, kBatch), keys.prepared_certificate({2, 3}, 0, 4, kBatch)};
  CHECK(code_of_message(sign(change, 2), validators) == ErrorCode::ok);
  auto forged = sign(change, 2);
  forged.body.new_view = View{2};
  CHECK(code_of_message(forged, validators) == ErrorCode::bad_signature);
  auto changed = change;
  std::swap(changed.prepared[0], changed.prepared[1]);
  CHECK(code_of_message(sign(changed, 2), validators) == ErrorCode::invalid_field);
  changed = change;
  changed.stable_certificate.reset();
  CHECK(code_of_message(sign(changed, 2), validators) == ErrorCode::missing_field);
  changed = change;
  changed.prepared[1].prepares.pop_back();
  CHECK(code_of_message(sign(changed, 2), validators) == ErrorCode::bad_certificate);
  changed = change;
  changed.stable = BlockHeight{3};
  CHECK(code_of_message(sign(changed, 2), validators) == ErrorCode::bad_certificate);

  const auto sign_new = [&](const NewView& body, std::uint32_t replica) {
    const MockSigner signer(validators.members[replica].key);
    const auto digest = crypto::digest_of(crypto::kNewViewDomain, body);
    return SignedNewView{body, ReplicaIndex{replica}, signer.sign(crypto::kNewViewDomain, digest)};
  };
  NewView view{Epoch{}, View{1}, {{ReplicaIndex{0}, kBatch}, {ReplicaIndex{1}, kBatch}, {ReplicaIndex{3}, kBatch}}, {}};
  view.pre_prepares = {keys.vote(1, Phase::pre_prepare, 1, 3, kBatch),
                       keys.vote(1, Phase::pre_prepare, 1, 4, kNullBatch)};
  CHECK(code_of_message(sign_new(view, 1), validators) == ErrorCode::ok);
  CHECK(code_of_message(sign_new(view, 2), validators) == ErrorCode::invalid_field);
  auto other = view;
  other.view_changes[1] = other.view_changes[0];
  CHECK(code_of_message(sign_new(other, 1), validators) == ErrorCode::bad_certificate);
  other = view;
  other.view_changes.pop_back();
  CHECK(code_of_message(sign_new(other, 1), validators) == ErrorCode::bad_certificate);
  other = view;
  std::swap(other.pre_prepares[0], other.pre_prepares[1]);
  CHECK(code_of_message(sign_new(other, 1), validators) == ErrorCode::invalid_field);
}

TEST_CASE("With Ed25519 in place of the mock, a certificate of a real cluster verifies") {
  crypto::initialise();
  const ChainId chain{crypto::digest(crypto::kGenesisDomain, as_bytes("chain")).bytes};
  ValidatorSet validators{Epoch{}, {}, {}};
  std::vector<std::unique_ptr<crypto::Signer>> signers;
  for (Byte i = 0; i < 4; ++i) {
    crypto::Seed seed{};
    seed[0] = i;
    const auto key = crypto::SecretKey::from_seed(seed);
    validators.members.push_back({"office", key.public_key()});
    signers.push_back(crypto::make_signer(key, chain));
  }
  CommitCertificate certificate{{Epoch{}, Phase::commit, View{}, SeqNum{1}, kBatch}, {}};
  for (std::uint32_t i = 0; i < 3; ++i)
    certificate.signatures.push_back({ReplicaIndex{i}, sign_vote(certificate.commit, *signers[i])});
  CHECK(check_certificate(certificate, validators, *crypto::make_verifier(chain)).has_value());
  ChainId other_chain = chain;
  other_chain.bytes[0] ^= 1;
  CHECK_FALSE(check_certificate(certificate, validators, *crypto::make_verifier(other_chain)).has_value());
}

}  // namespace tally::consensus::test
