// Following a chain by headers: what is believed, what is not, and a fork that proves who signed it.
#include "ledger/light.h"

#include <catch2/catch.hpp>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

std::vector<consensus::Validator> five() {
  auto members = toy_genesis().validators;
  members.push_back({"validator 4", key_of("validator 4").public_key()});
  return members;
}

// Six blocks, of which the third changes the members and the fifth has no certificate of its own.
struct Followed {
  ToyChain chain{toy_genesis()};
  TransactionMaker maker{chain->id()};
  std::vector<EpochLink> epochs;

  Followed() {
    for (int i = 0; i < 2; ++i) block({toy_add(1, 1)});
    block({toy_set_members(five())});
    for (int i = 0; i < 3; ++i) block({toy_add(2, 1)}, i != 1);
    epochs = epoch_links(chain.store(), Epoch{1}).value();
  }
  void block(std::vector<Bytes> operations, bool certified = true) {
    const bool first_epoch = chain->validators().epoch == Epoch{0};
    chain.apply(batch_of({maker.make(std::move(operations))}));
    if (!certified) return;
    if (first_epoch) return chain.certify_head();
    REQUIRE(chain->record_certificate(
        certify_by(chain->head().header, chain->id(),
                   {{0, "validator 0"}, {1, "validator 1"}, {2, "validator 2"}, {4, "validator 4"}})));
  }
  std::vector<CertifiedHeader> headers(std::uint64_t from, std::uint64_t to = 6) {
    std::vector<CertifiedHeader> out;
    for (std::uint64_t height = from; height <= to; ++height)
      out.push_back({*chain->header(BlockHeight{height}).value(), chain->certificate(BlockHeight{height}).value()});
    return out;
  }
  TrustedHead genesis() { return trust_genesis(toy_genesis(), *chain->header(BlockHeight{0}).value()); }
};

std::string refused(const Result<TrustedHead>& head) {
  REQUIRE_FALSE(head.has_value());
  return head.error().field + " " + std::string(name_of(head.error().code));
}

}  // namespace

TEST_CASE("Headers lead from the genesis to the last certified block across a change of the members") {
  Followed followed;
  const auto head = advance(followed.genesis(), followed.headers(1), followed.epochs);
  if (!head) FAIL(head.error().text());
  CHECK(head->header.height == BlockHeight{6});
  CHECK(head->validators.epoch == Epoch{1});
  // In steps, each from what was trusted before.
  auto step = followed.genesis();
  for (std::uint64_t from = 1; from <= 6; ++from) {
    const auto next = advance(step, followed.headers(step.header.height.value + 1, from), followed.epochs);
    REQUIRE(next.has_value());
    CHECK(next->header.height.value == (from == 5 ? 4 : from));
    step = *next;
  }
  CHECK(step == *head);
}

TEST_CASE("What does not follow or is not certified is refused and names its height") {
  Followed followed;
  auto headers = followed.headers(1);
  headers[1].header.time = TimestampMs{headers[1].header.time.value + 1};
  CHECK(refused(advance(followed.genesis(), headers, followed.epochs)) == "block 2.certificate.header bad_certificate");
  headers[1].certificate.reset();
  CHECK(refused(advance(followed.genesis(), headers, followed.epochs)) == "block 3.header.parent broken_chain");
  headers = followed.headers(1);
  headers[5].certificate->signatures.pop_back();
  CHECK(refused(advance(followed.genesis(), headers, followed.epochs)).starts_with("block 6.certificate"));
  headers = followed.headers(1);
  CHECK(refused(advance(followed.genesis(), headers, {})) == "block 4.epoch broken_chain");
  headers.erase(headers.begin() + 2);
  CHECK(refused(advance(followed.genesis(), headers, followed.epochs)) == "block 3.header.height broken_chain");
  // A set that nobody certified.
  auto epochs = followed.epochs;
  std::get<EpochEnd>(epochs[0]).next.members.pop_back();
  CHECK(refused(advance(followed.genesis(), followed.headers(1), epochs)).starts_with("block 4.next"));
}

TEST_CASE("Two certified headers of one height prove who signed both") {
  Followed followed;
  const auto head = advance(followed.genesis(), followed.headers(1, 2), followed.epochs).value();
  auto other = followed.headers(2, 2).front();
  CHECK(prove_fork(head, other).error().field == "header");
  other.header.state_root.bytes[0] ^= 1;
  CHECK_FALSE(prove_fork(head, other).has_value());
  other.certificate =
      certify_by(other.header, followed.chain->id(), {{1, "validator 1"}, {2, "validator 2"}, {3, "validator 3"}});
  const auto proven = prove_fork(head, other).value();
  REQUIRE(proven.size() == 2);
  const auto verifier = crypto::make_verifier(followed.chain->id());
  for (const auto& misconduct : proven) CHECK(check_misconduct(misconduct, head.validators, *verifier));
  CHECK(proven[0].replica == ReplicaIndex{1});
  CHECK(proven[1].replica == ReplicaIndex{2});
}

}  // namespace tally::ledger
