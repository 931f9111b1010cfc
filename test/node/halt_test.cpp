// A network whose nodes computed different blocks: it halts, says so, and goes on by the members' decision.
#include <catch2/catch.hpp>

#include "node/halt_recovery.h"
#include "node/network.h"

namespace {

using namespace tally;
using test::Network;

// Four members and an observer. Software of two kinds executes one transaction to two states.
struct Halted {
  Network network{{.nodes = 5, .validators = 4}};
  std::vector<TransactionId> before;
  TransactionId torn;  // whose outcome they disagree about

  Halted() {
    for (std::size_t i = 0; i < 5; ++i) {
      network.stop(i);
      network.flavours[i] = i < 2 ? 1 : 2;
      network.start(i);
    }
    // It misses what comes now.
    network.stop(4);
    for (std::uint32_t number = 0; number < 3; ++number) {
      const auto transaction = network.registration(number);
      before.push_back(ledger::id_of(transaction.body));
      const Json answer = network.submit(0, transaction);
      INFO(answer.dump());
      REQUIRE(answer["state"] == "final");
    }
    torn = network.offer(0, network.flavoured());
    const bool halted = Network::eventually([&] { return members_failed(); });
    INFO(network.picture());
    REQUIRE(halted);
  }
  [[nodiscard]] bool members_failed() const {
    return std::all_of(network.nodes.begin(), network.nodes.begin() + 4,
                       [](const auto& node) { return !node->failure().empty(); });
  }
  [[nodiscard]] node::TransactionState state(std::size_t index, const TransactionId& id) const {
    return network.nodes[index]->state_of(id);
  }
  void stop_all() {
    for (std::size_t i = 0; i < 5; ++i) network.stop(i);
  }
  // Drafted by one operator and signed by one after the other.
  [[nodiscard]] consensus::EpochRecovery document(std::size_t signers) const {
    auto recovery = node::draft_recovery(network.setup(0));
    if (!recovery) FAIL(recovery.error().text());
    for (std::size_t i = 0; i < signers; ++i) {
      recovery = node::sign_recovery(network.setup(i), std::move(*recovery));
      if (!recovery) FAIL(recovery.error().text());
    }
    return std::move(recovery).value();
  }
  [[nodiscard]] Result<node::RecoveryReport> apply(std::size_t index, const consensus::EpochRecovery& recovery) const {
    return node::apply_recovery(network.setup(index), recovery, network.executor(index));
  }
};

TEST_CASE("a network that halted goes on after its last certified block, and loses nothing that was final") {
  Halted halted;
  Network& network = halted.network;
  CHECK_THAT(network.nodes[1]->failure(), Catch::Contains("can reach a quorum") && Catch::Contains("replica 3 has"));
  CHECK(network.get(1, "/healthz")["status"] != "ok");
  const BlockHeight final = network.nodes[0]->chain().final_height();
  halted.stop_all();
  const auto recovery = halted.document(3);
  CHECK(recovery.statement.height == final);
  for (std::size_t i = 0; i < 4; ++i) {
    network.flavours[i] = 3;
    const auto report = halted.apply(i, recovery);
    if (!report) FAIL(report.error().text());
    CHECK(report->epoch == Epoch{1});
    CHECK(report->undone == BlockHeight{1});
    CHECK(std::filesystem::exists(report->kept));
    // Again does no harm.
    const auto again = halted.apply(i, recovery);
    if (!again) FAIL(again.error().text());
    CHECK(again->kept.empty());
  }
  // The observer fetches up to the last certified block, and hears from the others how the epoch ended.
  network.flavours[4] = 3;
  for (std::size_t i = 0; i < 5; ++i) network.start(i);
  for (const auto& id : halted.before) CHECK(halted.state(1, id) == node::TransactionState::final);
  CHECK(halted.state(1, halted.torn) == node::TransactionState::unknown);
  const Json answer = network.submit(2, network.flavoured());
  INFO(answer.dump() << "\n" << network.picture());
  REQUIRE(answer["state"] == "final");
  const bool followed = Network::eventually([&] {
    return std::all_of(network.nodes.begin(), network.nodes.end(), [&](const auto& node) {
      return node->chain().final_height() > final && node->ordering_status().epoch == Epoch{1};
    });
  });
  INFO(network.picture());
  REQUIRE(followed);
  for (const auto& node : network.nodes) {
    CHECK(node->failure().empty());
    CHECK(node->chain().header(final.next()).value() == network.nodes[0]->chain().header(final.next()).value());
    CHECK(node->evidence().count() == 0);
  }
}

TEST_CASE("a member whose operator has not applied the recovery says what to do, and the others go on") {
  Halted halted;
  Network& network = halted.network;
  halted.stop_all();
  const auto recovery = halted.document(3);
  for (std::size_t i = 0; i < 3; ++i) {
    network.flavours[i] = 3;
    REQUIRE(halted.apply(i, recovery).has_value());
  }
  for (std::size_t i = 0; i < 4; ++i) network.start(i);
  CHECK(network.submit(1, network.registration(77))["state"] == "final");
  const bool told = Network::eventually(
      [&] { return network.nodes[3]->failure().find("tally recovery apply") != std::string::npos; });
  INFO(network.picture());
  CHECK(told);
}

TEST_CASE("what an operator is kept from") {
  Halted halted;
  Network& network = halted.network;
  const auto running = node::draft_recovery(network.setup(0));
  REQUIRE_FALSE(running.has_value());
  CHECK(running.error().code == ErrorCode::already_running);
  halted.stop_all();
  const auto refused = [](const auto& result, ErrorCode code, const std::string& text) {
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == code);
    CHECK_THAT(result.error().text(), Catch::Contains(text));
  };
  const auto recovery = halted.document(2);
  refused(halted.apply(0, recovery), ErrorCode::bad_certificate, "signatures: has 2 of 4 members");
  refused(node::sign_recovery(network.setup(4), recovery), ErrorCode::unauthorised, "is no member's of epoch 0");
  auto other = recovery;
  other.signatures.clear();
  other.statement.header.bytes[3] ^= 1;
  refused(node::sign_recovery(network.setup(2), other), ErrorCode::bad_certificate, "certificate: is for block");
  auto lower = recovery;
  lower.signatures.clear();
  lower.statement = {Epoch{0}, BlockHeight{0}, ledger::digest_of(ledger::BlockHeader{})};
  lower.certificate.reset();
  refused(node::sign_recovery(network.setup(2), lower), ErrorCode::invalid_field, "holds the certificate of block");
  auto foreign = recovery;
  foreign.halt.pop_back();
  refused(node::sign_recovery(network.setup(2), foreign), ErrorCode::invalid_field, "halt: shows no halt");
  // Nothing of all this has changed anything.
  network.flavours[0] = 3;
  CHECK(halted.apply(0, halted.document(3)).has_value());
}

}  // namespace
