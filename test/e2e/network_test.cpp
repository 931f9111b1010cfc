// Four real nodes: transactions become final everywhere, and every outcome is told again when asked again.
#include <catch2/catch.hpp>

#include "common/json.h"
#include "common/time.h"
#include "village_network.h"

namespace tally::e2e {

TEST_CASE("four nodes finalize transactions and hold the same chain") {
  VillageNetwork network;
  std::vector<TransactionId> ids;
  for (std::size_t node = 0; node < 4; ++node) {
    std::vector<Prepared> batch;
    for (std::uint64_t i = 0; i < 25; ++i) batch.push_back(network.award(100 * node + i));
    network.finalize(node, batch);
    for (const auto& one : batch) ids.push_back(one.id);
  }
  const auto head = network->await_agreement(kFinalLimit);
  REQUIRE(head.has_value());
  CHECK(head->height.value > 0);
  network.require_final_everywhere(ids);
}

TEST_CASE("submitting a transaction again returns its first outcome, on every node") {
  VillageNetwork network;
  const Prepared first = network.award(1);
  network.finalize(0, {first});
  REQUIRE(network->await_agreement(kFinalLimit).has_value());
  for (std::size_t node = 0; node < 4; ++node) {
    const auto again = network.client(node).submit({&first, 1});
    REQUIRE(again.has_value());
    CHECK(again->front().id == first.id);
    CHECK(again->front().state == node::TransactionState::final);
    CHECK_FALSE(again->front().error.has_value());
  }
  SECTION("the same client id with other content is a conflict") {
    auto draft = scenario::award_sheet(network.year(), 2, 1, network.year().options.start);
    draft.client_id = scenario::award_sheet(network.year(), 1, 1, network.year().options.start).client_id;
    const auto other =
        scenario::sign(network.year(), draft, network->file().chain, network.year().options.start.plus(kDayMs));
    const Prepared prepared{ledger::id_of(other.body), encode(other)};
    Client client = network.client(0);
    const auto submitted = client.submit({&prepared, 1});
    REQUIRE(submitted.has_value());
    if (submitted->front().error) {
      CHECK(submitted->front().error->code == ErrorCode::replay_conflict);
    } else {
      const auto answer = client.transaction(prepared.id, kFinalLimit / 2);
      REQUIRE(answer.has_value());
      CHECK(answer->value("state", "") == "rejected");
      CHECK((*answer)["receipt"].value("code", "") == "replay_conflict");
    }
  }
}

TEST_CASE("a node alone finalizes by itself") {
  VillageNetwork network(1);
  network.finalize(0, {network.award(1), network.award(2)});
  REQUIRE(network->restart_node(0).has_value());
  network.require_final_everywhere({network.award(1).id, network.award(2).id});
}

TEST_CASE("a second node on the same data directory is refused") {
  VillageNetwork network;
  const auto ports = tally::devnet::read_text(network->node_directory(1) / "node.toml");
  REQUIRE(ports.has_value());
  // The same node once more, with addresses of its own.
  std::string settings;
  std::size_t from = 0;
  while (from < ports->size()) {
    const auto end = std::min(ports->find('\n', from), ports->size());
    const std::string line = ports->substr(from, end - from);
    if (line.starts_with("api"))
      settings += "api = \"127.0.0.1:0\"\n";
    else if (line.starts_with("listen"))
      settings += "listen = \"127.0.0.1:0\"\n";
    else if (!line.starts_with("ready_file"))
      settings += line + "\n";
    from = end + 1;
  }
  const auto file = network->node_directory(1) / "second.toml";
  REQUIRE(tally::devnet::write_text(file, settings).has_value());
  const auto second = devnet::run_to_end({program("tallyd").string(), "--config", file.string()});
  REQUIRE(second.has_value());
  INFO(second->errors);
  CHECK(second->exit_code != 0);
  CHECK(second->errors.find("already_running") != std::string::npos);
  CHECK(second->errors.find("in use by a running node") != std::string::npos);
  CHECK(network->running(1));
}

TEST_CASE("a sheet with one bad row submits nothing and names the row") {
  VillageNetwork network;
  Scratch scratch;
  const auto& year = network.year();
  std::string sheet = "subject,rule,quantity,event_time,evidence\n";
  constexpr std::size_t kBadRow = 137;  // as spreadsheets count: the heading is row 1
  for (std::size_t row = 2; row <= 300; ++row)
    sheet += year.households[row % year.households.size()].handle.hex() + ",QZ9," + (row == kBadRow ? "3" : "4") +
             ",2026-01-01,service-" + std::to_string(row) + "\n";
  const auto before = network->await_agreement(kFinalLimit);
  REQUIRE(before.has_value());
  const auto refused = network.tally(0, scenario::Post::recorder,
                                     {"submit", "sheet", scratch.write("sheet.csv", sheet), "--rulebook", "qingzhen"});
  CHECK(refused.exit_code == 7);
  CHECK(refused.errors.find("137") != std::string::npos);
  CHECK(refused.errors.find("quantity") != std::string::npos);
  const auto account = network.client(0).get("/v1/accounts/qingzhen/" + year.households[2].handle.hex());
  REQUIRE(account.has_value());
  CHECK(account->value("entries", "") == "1");  // the opening
  const auto after = network->await_agreement(kFinalLimit);
  REQUIRE(after.has_value());
  CHECK(after->height == before->height);
}

}  // namespace tally::e2e
