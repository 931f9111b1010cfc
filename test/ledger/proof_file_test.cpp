// Proof files: each kind holds with the genesis alone, and no byte of one can be changed unnoticed, also by a forger
// who makes the file's own digest right again.
#include "ledger/proof_file.h"

#include <catch2/catch.hpp>

#include "chain_fixture.h"
#include "crypto/digest.h"
#include "ledger/proof_maker.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

const ClaimOf kClaims = [](ByteView key, ByteView value) { return ToyExecutor().history_of(key, value); };

std::vector<consensus::Validator> five() {
  auto members = toy_genesis().validators;
  members.push_back({"validator 4", key_of("validator 4").public_key()});
  return members;
}

// Four blocks, of which the second changes the members: proofs of the last lead through two epochs.
struct Proven {
  ToyChain chain{toy_genesis()};
  TransactionMaker maker{chain->id()};
  TransactionId last;

  Proven() {
    for (int i = 0; i < 5; ++i) operations({toy_add(21, i), toy_add(22, 1)});
    chain.apply(batch_of({maker.make({toy_set_members(five())})}));
    chain.certify_head();
    operations({toy_add(21, 100), toy_add(23, 4)});
    certify_by_new_set();
  }
  void operations(std::vector<Bytes> list) {
    auto transaction = maker.make(std::move(list));
    add_signature(transaction, key_of("endorser"));
    last = id_of(transaction.body);
    chain.apply(batch_of({maker.make({toy_add(9, 1)}), std::move(transaction)}));
  }
  void certify_by_new_set() {
    const auto header = chain->head().header;
    REQUIRE(chain->record_certificate(certify_by(
        header, chain->id(), {{0, "validator 0"}, {1, "validator 1"}, {2, "validator 2"}, {4, "validator 4"}})));
  }
  ProofDocument state(std::vector<std::uint32_t> counters, std::optional<HistoryWanted> history = {}) {
    // What is asked is not the ledger's to check: contracts/proof_story.h holds the pairs against it.
    StateWanted wanted{{}, {}, history};
    for (const auto counter : counters) wanted.keys.push_back(toy_counter_key(counter));
    return prove_state(chain->id(), *chain->final_view(), wanted, kClaims).value();
  }
  ProofDocument transaction() {
    const auto place = chain->place_of(last).value();
    return prove_transaction(*chain, chain.store(), place->height, place->index).value();
  }
};

Result<VerifiedProof> checked(ByteView file, const Genesis& genesis = toy_genesis()) {
  auto document = decode_proof_file(file);
  if (!document) return document.error();
  return verify_proof(*document, genesis, kClaims);
}

// As a forger does: the file's own digest is right.
Bytes sealed_again(Bytes file) {
  const ByteView covered = ByteView(file).first(file.size() - Digest::kSize);
  const Digest digest = crypto::digest(crypto::kProofDomain, covered);
  std::copy(digest.bytes.begin(), digest.bytes.end(), file.end() - Digest::kSize);
  return file;
}

void check_every_byte(const Bytes& file) {
  REQUIRE(checked(file).has_value());
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes changed = file;
    changed[i] ^= static_cast<Byte>(1U << (i % 8));
    INFO("byte " << i << " of " << file.size());
    const auto damaged = checked(changed);
    CHECK_FALSE(damaged.has_value());
    if (i + Digest::kSize >= file.size()) continue;
    const auto forged = checked(sealed_again(std::move(changed)));
    REQUIRE_FALSE(forged.has_value());
    CHECK_FALSE(forged.error().text().empty());
  }
}

}  // namespace

TEST_CASE("A proof of state leads from the genesis through the epochs to values and absence") {
  Proven proven;
  const auto document = proven.state({21, 77, 23});
  const Bytes file = encode_proof_file(document);
  CHECK(decode_proof_file(file).value() == document);
  const auto verified = checked(file);
  REQUIRE(verified.has_value());
  CHECK(verified->validators.epoch == Epoch{1});
  CHECK(verified->signers.size() == 4);
  CHECK(verified->validator_signatures == 7);
  const auto& content = std::get<StateContent>(document.content);
  CHECK(toy_counter(content.pairs[0].value).total == 110);
  CHECK_FALSE(content.pairs[1].value);
}

TEST_CASE("A proof of a transaction holds its receipt and who signed it") {
  Proven proven;
  const auto document = proven.transaction();
  const auto verified = checked(encode_proof_file(document));
  REQUIRE(verified.has_value());
  CHECK(verified->client_signatures == 2);
  CHECK(std::get<ReceiptContent>(document.content).receipt.transaction == proven.last);
}

TEST_CASE("A history is proven from any entry on") {
  Proven proven;
  for (std::uint64_t first = 0; first <= 6; ++first) {
    const auto document = proven.state({21}, HistoryWanted{first, 0});
    const auto& tail = *std::get<StateContent>(document.content).history;
    CHECK(tail.records.size() == 6 - first);
    CHECK(tail.before.is_zero() == (first == 0));
    CHECK(checked(encode_proof_file(document)).has_value());
  }
  CHECK(std::get<StateContent>(proven.state({21}, HistoryWanted{{}, 2}).content).history->first == 4);
  CHECK(prove_state(proven.chain->id(), *proven.chain->final_view(), {{}, {toy_counter_key(21)}, HistoryWanted{7, 0}},
                    kClaims)
            .error()
            .text() == "from: is 7; expected an entry of the account, below 6");
}

TEST_CASE("No byte of a proof file can be changed") {
  Proven proven;
  SECTION("of state") {
    check_every_byte(encode_proof_file(proven.state({21, 77})));
  }
  SECTION("of a transaction") {
    check_every_byte(encode_proof_file(proven.transaction()));
  }
  SECTION("of a history") {
    check_every_byte(encode_proof_file(proven.state({21}, HistoryWanted{{}, 3})));
  }
}

TEST_CASE("A proof file that is cut off or goes on is refused") {
  Proven proven;
  const Bytes file = encode_proof_file(proven.state({21}, HistoryWanted{{}, 2}));
  for (std::size_t size = 0; size < file.size(); ++size) {
    Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(checked(cut).has_value());
    if (size > Digest::kSize) CHECK_FALSE(checked(sealed_again(std::move(cut))).has_value());
  }
  Bytes longer = file;
  longer.push_back(0);
  CHECK_FALSE(checked(longer).has_value());
  CHECK_FALSE(checked(sealed_again(longer)).has_value());
  longer.resize(kProofFileBytesMax + 1);
  CHECK(checked(longer).error().code == ErrorCode::too_large);
}

TEST_CASE("Parts of other proofs and of other chains are refused with the part at fault") {
  Proven proven;
  const auto refused = [](const ProofDocument& document) {
    const auto verified = checked(encode_proof_file(document));
    REQUIRE_FALSE(verified.has_value());
    return verified.error().field + " " + std::string(name_of(verified.error().code));
  };
  const auto good = proven.state({21}, HistoryWanted{{}, 3});
  const auto receipt = proven.transaction();
  auto other = good;
  other.epochs.clear();
  CHECK(refused(other) == "header.epoch broken_chain");
  other = good;
  other.epochs.push_back(other.epochs.front());
  CHECK(refused(other) == "epochs[1].header.epoch broken_chain");
  other = good;
  std::get<EpochEnd>(other.epochs.front()).next.members.pop_back();
  CHECK(refused(other) == "epochs[0].next root_mismatch");
  other = good;
  std::get<EpochEnd>(other.epochs.front()).certificate.signatures.pop_back();
  CHECK(refused(other).starts_with("epochs[0].certificate"));
  other = good;
  other.certificate = std::get<EpochEnd>(other.epochs.front()).certificate;
  CHECK(refused(other).starts_with("certificate."));
  other = good;
  std::get<StateContent>(other.content).pairs.front().value = encode(ToyCounter{1'000'000, 6, {}});
  CHECK(refused(other) == "content.pairs[0].proof root_mismatch");
  other = good;
  std::get<StateContent>(other.content).history->records.pop_back();
  CHECK(refused(other) == "content.history.first invalid_field");
  other = good;
  auto& records = std::get<StateContent>(other.content).history->records;
  std::swap(records[0], records[1]);
  CHECK(refused(other) == "content.history root_mismatch");
  other = good;
  std::get<StateContent>(other.content).history->first = 2;
  CHECK(refused(other) == "content.history.first invalid_field");
  other = good;
  std::get<StateContent>(other.content).pairs.clear();
  CHECK(refused(other) == "content.pairs invalid_field");
  other = receipt;
  std::get<ReceiptContent>(other.content).receipt.code = ErrorCode::rule_off;
  CHECK(refused(other) == "content.path root_mismatch");
  other = receipt;
  std::get<ReceiptContent>(other.content).transaction->signatures.pop_back();
  CHECK(refused(other) == "content.transaction_path root_mismatch");
  other = receipt;
  std::get<ReceiptContent>(other.content).transaction.reset();
  CHECK(refused(other) == "content.transaction_path invalid_field");
  // The other transaction of the block, with its own path.
  other = receipt;
  auto first = prove_transaction(*proven.chain, proven.chain.store(), other.header.height, 0).value();
  std::get<ReceiptContent>(other.content).transaction = std::get<ReceiptContent>(first.content).transaction;
  std::get<ReceiptContent>(other.content).transaction_path = std::get<ReceiptContent>(first.content).transaction_path;
  CHECK(refused(other) == "content.transaction_path.index invalid_field");

  auto foreign = toy_genesis();
  foreign.name = "another network";
  CHECK(checked(encode_proof_file(good), foreign).error().code == ErrorCode::wrong_chain);
}

TEST_CASE("Epochs are followed across a recovery and refused where the document lacks a quorum") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  chain.certify_head();
  const auto head = chain->head();
  consensus::EpochRecovery recovery{
      {Epoch{0}, head.header.height, head.digest}, certify(head.header, chain->id()), {}, {}};
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto signer = crypto::make_signer(key_of("validator " + std::to_string(i)), chain->id());
    const consensus::CheckpointVote vote{Epoch{0}, BlockHeight{2}, Digest{{static_cast<Byte>(i + 1)}}};
    recovery.halt.push_back({vote, ReplicaIndex{i}, sign_checkpoint(vote, *signer)});
    if (i < 3) add_signature(recovery, ReplicaIndex{i}, sign_recovery(recovery.statement, *signer));
  }
  const auto verifier = crypto::make_verifier(chain->id());
  const auto followed = follow_epochs(toy_genesis(), {recovery}, *verifier);
  if (!followed) FAIL(followed.error().text());
  CHECK(followed->epoch == Epoch{1});
  CHECK(followed->start == head.header.height);
  REQUIRE(chain->begin_epoch(recovery));
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  chain.certify_head();
  const auto links = epoch_links(chain.store(), Epoch{1}).value();
  REQUIRE(links.size() == 1);
  CHECK(std::get<consensus::EpochRecovery>(links.front()) == recovery);
  recovery.signatures.pop_back();
  CHECK(follow_epochs(toy_genesis(), {recovery}, *verifier).error().field.starts_with("epochs[0]"));
  CHECK(epoch_links(chain.store(), Epoch{2}).error().code == ErrorCode::not_found);
}

}  // namespace tally::ledger
