#include "node/node.h"

#include <catch2/catch.hpp>

#include "node/network.h"

namespace {

using namespace tally;
using test::Network;

std::string error_code(const Json& answer) {
  return answer["error"]["code"].get<std::string>();
}

TEST_CASE("one office alone finalizes transactions") {
  const Network network(1);
  const Json answer = network.submit(0, network.registration(1));
  INFO(answer.dump());
  CHECK(answer["state"] == "final");
  CHECK(answer["receipt"]["code"] == "ok");
}

TEST_CASE("four offices finalize a transaction that was given to any of them, and agree") {
  const Network network(4);
  for (std::size_t i = 0; i < 4; ++i) {
    const Json answer = network.submit(i, network.registration(static_cast<std::uint32_t>(i)));
    INFO(answer.dump());
    CHECK(answer["state"] == "final");
  }
  const auto head = [&](std::size_t i) { return network.nodes[i]->chain().final_view(); };
  REQUIRE(Network::eventually([&] {
    for (std::size_t i = 0; i < 4; ++i)
      if (head(i)->height != head(0)->height || head(i)->height.value == 0) return false;
    return true;
  }));
  for (std::size_t i = 1; i < 4; ++i) CHECK(head(i)->digest == head(0)->digest);
}

TEST_CASE("a resubmitted transaction gets its first outcome, other content under its name is a conflict") {
  const Network network(1);
  auto transaction = network.registration(1);
  const Json first = network.submit(0, transaction);
  CHECK(network.submit(0, transaction) == first);
  transaction.body.operations.push_back(transaction.body.operations[0]);
  transaction.signatures.clear();
  ledger::add_signature(transaction, network.officer);
  const Json second = network.submit(0, transaction);
  INFO(second.dump());
  CHECK(second["state"] == "rejected");
  CHECK(second["receipt"]["code"] == "replay_conflict");
}

TEST_CASE("what is wrong with a submission is told by field and code, and nothing stops") {
  const Network network(1);
  auto transaction = network.registration(1);
  SECTION("signature") {
    transaction.signatures[0].signature.bytes[3] ^= 1;
    CHECK(error_code(network.submit(0, transaction)) == "bad_signature");
  }
  SECTION("chain") {
    transaction.body.chain.bytes[0] ^= 1;
    CHECK(error_code(network.submit(0, transaction)) == "wrong_chain");
  }
  SECTION("expired") {
    transaction.body.valid_until = TimestampMs{5};
    transaction.signatures.clear();
    ledger::add_signature(transaction, network.officer);
    CHECK(error_code(network.submit(0, transaction)) == "expired");
  }
  SECTION("no operations") {
    transaction.body.operations.clear();
    CHECK(network.submit(0, transaction)["error"]["field"] == "operations");
  }
  CHECK(network.submit(0, network.registration(2))["state"] == "final");
}

TEST_CASE("a backup that was away catches up by certified blocks and takes part again") {
  Network network(4);
  CHECK(network.submit(0, network.registration(1))["state"] == "final");
  network.stop(3);
  // More blocks than the window holds, so that votes alone cannot bring it back.
  for (int i = 0; i < 40; ++i)
    REQUIRE(network.submit(0, network.registration(static_cast<std::uint32_t>(10 + i)))["state"] == "final");
  network.start(3);
  const auto height = [&](std::size_t i) { return network.nodes[i]->chain().final_height(); };
  REQUIRE(Network::eventually([&] { return height(3) >= height(0); }));
  network.stop(2);  // now the quorum needs the one that came back
  const Json answer = network.submit(3, network.registration(99));
  INFO(answer.dump() << "\n" << network.picture());
  CHECK(answer["state"] == "final");
}

TEST_CASE("an emptied data directory is rebuilt from the other offices") {
  Network network(4);
  for (int i = 0; i < 40; ++i)
    REQUIRE(network.submit(0, network.registration(static_cast<std::uint32_t>(10 + i)))["state"] == "final");
  network.stop(3);
  std::filesystem::remove_all(network.directory / "3");
  network.start(3);
  const auto view = [&](std::size_t i) { return network.nodes[i]->chain().final_view(); };
  REQUIRE(Network::eventually([&] { return view(3) && view(3)->height >= view(0)->height; }));
  CHECK(view(3)->digest == view(0)->digest);
  CHECK(network.submit(3, network.registration(99))["state"] == "final");
}

TEST_CASE("all offices stop and start again: nothing final is lost, and the chain goes on") {
  Network network(4);
  const auto transaction = network.registration(1);
  const Json first = network.submit(1, transaction);
  CHECK(first["state"] == "final");
  for (std::size_t i = 0; i < 4; ++i) network.stop(i);
  for (std::size_t i = 0; i < 4; ++i) network.start(i);
  REQUIRE(Network::eventually([&] { return network.nodes[2]->chain().final_view() != nullptr; }));
  CHECK(network.submit(2, network.registration(2))["state"] == "final");
  REQUIRE(Network::eventually(
      [&] { return network.nodes[3]->state_of(ledger::id_of(transaction.body)) == node::TransactionState::final; }));
  CHECK(network.submit(3, transaction) == first);
}

TEST_CASE("the test clock is driven by an operation, and only where the genesis has one") {
  const auto advance = [](const Network& network, std::uint64_t ms) {
    const auto head = network.nodes[0]->chain().head().header.time;
    return network.submit(0, network.transaction({contracts::AdvanceClock{head.plus(ms)}}));
  };
  {
    const Network network(1, ledger::ClockMode::test);
    CHECK(network.get(0, "/v1/status")["clock"] == "test");
    const auto before = network.nodes[0]->chain().head().header.time;
    CHECK(advance(network, 86'400'000)["receipt"]["code"] == "ok");
    CHECK(network.submit(0, network.registration(1))["state"] == "final");
    CHECK(network.nodes[0]->chain().head().header.time >= before.plus(86'400'000));
  }
  const Network network(1);
  CHECK(advance(network, 1000)["receipt"]["code"] == "test_clock_disabled");
}

TEST_CASE("a second node on the same data directory is refused") {
  const Network network(1);
  node::NodeConfig config;
  config.data_directory = network.directory / "0";
  auto log = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  const auto second = node::Node::start({config, network.genesis, network.keys[0]}, log);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == ErrorCode::already_running);
}

TEST_CASE("reading needs a key, except what is open to all") {
  const Network network(1);
  CHECK(network.submit(0, network.registration(1))["state"] == "final");
  CHECK(network.get(0, "/v1/blocks/latest")["code"] == "unauthorised");
  CHECK(network.get(0, "/v1/blocks/latest", true)["header"]["height"] == "1");
  CHECK(network.get(0, "/v1/units", true)["rows"][0]["unit"] == "county");
  CHECK(network.get(0, "/v1/nothing")["code"] == "not_found");
  CHECK(network.get(0, "/healthz")["status"] == "ok");
  CHECK(network.get(0, "/v1/genesis")["name"] == "test network");
}

}  // namespace
