// The demonstration, the bench and the development network, as people call them.
#include <catch2/catch.hpp>

#include "common/json.h"
#include "common/time.h"
#include "village_network.h"

namespace tally::e2e {

TEST_CASE("a small demonstration holds at every step") {
  Scratch scratch;
  const auto demo =
      run_tally({"demo", "--once", "--households", "40", "--directory", (scratch.path() / "demo").string()});
  CHECK(demo.exit_code == 0);
  CHECK(demo.output.find("Every step held") != std::string::npos);
  for (const char* said : {"40 of 40 scores agree", "duty:  12 of 12 scores agree", "plots: 12 of 12 scores agree",
                           "listings sold, as points", "no household of Ludishao has an account under"}) {
    INFO(said);
    CHECK(demo.output.find(said) != std::string::npos);
  }
}

TEST_CASE("Ctrl-C ends the demonstration and its network") {
  Scratch scratch;
  const auto directory = scratch.path() / "demo";
  const std::vector<std::string> command = {program("tally").string(), "demo", "--directory", directory.string()};
  const auto log = scratch.path() / "log";
  const auto demo = devnet::launch({command, log, true});
  REQUIRE(demo.has_value());
  // In the midst of the year.
  REQUIRE(devnet::poll_until(kFinalLimit, [&] {
    const auto text = devnet::read_text(log);
    return text && text->find("2026-01") != std::string::npos;
  }));
  const auto network = Devnet::open(directory);
  REQUIRE(network.has_value());
  CHECK(network->running(0));
  REQUIRE(devnet::signal_process(*demo, command, SIGINT));
  CHECK(devnet::await_end(*demo, command, kFinalLimit));
  for (std::size_t i = 0; i < network->size(); ++i) {
    CHECK_FALSE(network->running(i));
    devnet::end_process(network->file().nodes[i].pid, network->command(i), Milliseconds(0));
  }
  CHECK(devnet::read_text(log).value().find("Every step held") == std::string::npos);
}

TEST_CASE("tallyd --dev is a ledger of one office, and keeps what was final") {
  Scratch scratch;
  const auto directory = scratch.path() / "dev";
  const std::vector<std::string> command = {program("tallyd").string(), "--dev", "--directory",
                                            directory.string(),         "--api", "127.0.0.1:0"};
  const auto start = [&] {
    const auto pid = devnet::launch({command, scratch.path() / "log", true});
    REQUIRE(pid.has_value());
    std::string url;
    const bool serves = devnet::poll_until(kFinalLimit, [&] {
      const auto text = devnet::read_text(directory / "townhall" / "ready.json");
      const auto ready = text ? parse_json(*text) : Result<Json>(text.error());
      if (!ready || ready->value("pid", 0) != *pid) return false;
      url = "http://" + ready->value("api", "");
      return true;
    });
    INFO(devnet::read_text(scratch.path() / "log").value());
    REQUIRE(serves);
    return std::pair(*pid, url);
  };
  const auto [pid, url] = start();
  const auto network = Devnet::open(directory);
  REQUIRE(network.has_value());
  const auto clock = network->officer("clock");
  REQUIRE(clock.has_value());
  auto client = Client::open(url);
  REQUIRE(client.has_value());
  const auto status = client->status();
  REQUIRE(status.has_value());
  const auto tick = devnet::prepare(status->chain, {clock->key, {}, status->final_time.plus(kDayMs)},
                                    {contracts::AdvanceClock{status->final_time.plus(1000)}});
  REQUIRE(client->submit({&tick, 1}).has_value());
  CHECK(client->states({&tick.id, 1}, Milliseconds(20000)).value().front() == node::TransactionState::final);
  REQUIRE(devnet::signal_process(pid, command, SIGKILL));
  REQUIRE(devnet::await_end(pid, command, kFinalLimit));

  const auto again = start();
  auto later = Client::open(again.second);
  REQUIRE(later.has_value());
  CHECK(later->states({&tick.id, 1}, Milliseconds(20000)).value().front() == node::TransactionState::final);
  CHECK(devnet::end_process(again.first, command, Milliseconds(20000)));
}

TEST_CASE("a short bench measures and loses nothing") {
  const auto bench = run_tally({"bench", "--seconds", "2", "--warm-up", "1", "--operations", "10", "--json"});
  CHECK(bench.exit_code == 0);
  const auto json = parse_json(bench.output);
  REQUIRE(json.has_value());
  CHECK((*json)["transactions_per_second"].get<double>() > 0);
  CHECK((*json)["per_node"].size() == 4);
  CHECK(json->value("refused", "") == "0");
  CHECK(json->value("rejected", "") == "0");
  CHECK(json->value("lost", "") == "0");
}

TEST_CASE("a short crash trial kills as often as it says and loses nothing") {
  const std::string seed = std::to_string(1 + test_seed() % 1'000'000);
  CAPTURE(seed);
  const auto trial = run_tally({"bench", "crash", "--kills", "12", "--seed", seed, "--json"});
  CHECK(trial.exit_code == 0);
  const auto json = parse_json(trial.output);
  REQUIRE(json.has_value());
  CHECK(json->value("seed", "") == seed);
  CHECK((*json)["kills"].get<int>() == 12);
  CHECK(json->value("acknowledged_transactions", "0") != "0");
  CHECK((*json)["audit_verified_until"] == (*json)["blocks"]);
}

TEST_CASE("a short failover trial measures until the network commits again") {
  const auto trial = run_tally({"bench", "failover", "--kills", "2", "--json"});
  CHECK(trial.exit_code == 0);
  const auto json = parse_json(trial.output);
  REQUIRE(json.has_value());
  REQUIRE((*json)["failovers"].size() == 2);
  for (const auto& one : (*json)["failovers"]) {
    CHECK(one["ms"].get<double>() > 0);
    CHECK(one["view_before"] != one["view_after"]);
  }
  CHECK((*json)["worst_ms"].get<double>() >= (*json)["median_ms"].get<double>());
}

TEST_CASE("a short catch-up bench: a node that was away holds what it missed") {
  const auto bench = run_tally({"bench", "catch-up", "--transactions", "1500", "--json"});
  CHECK(bench.exit_code == 0);
  const auto json = parse_json(bench.output);
  REQUIRE(json.has_value());
  CHECK(std::stoull(json->value("missed_transactions", "0")) >= 1500);
  CHECK(std::stoull(json->value("missed_blocks", "0")) > 0);
  CHECK((*json)["catch_up_seconds"].get<double>() > 0);
  // All it executed went through its own store.
  CHECK(std::stoull(json->value("stored_bytes", "0")) > 1500 * 100);
}

TEST_CASE("a short join bench: an emptied node begins with a snapshot") {
  const auto bench = run_tally({"bench", "join", "--accounts", "600", "--json"});
  INFO(bench.output);
  CHECK(bench.exit_code == 0);
  const auto json = parse_json(bench.output);
  REQUIRE(json.has_value());
  CHECK(std::stoull(json->value("snapshot_height", "0")) > 0);
  CHECK(std::stoull(json->value("snapshot_bytes", "0")) > 600 * 100);
  CHECK((*json)["join_seconds"].get<double>() > 0);
}

TEST_CASE("tally devnet: up, status, logs, down, and up again with the same chain") {
  Scratch scratch;
  const std::string directory = (scratch.path() / "net").string();
  // Nodes started by the program outlive it: whatever happens, they are ended here.
  struct Down {
    std::string directory;
    ~Down() {
      if (auto network = Devnet::open(directory)) network->stop();
    }
  } down{directory};
  const auto up = run_tally({"devnet", "up", "--directory", directory, "--json"});
  REQUIRE(up.exit_code == 0);
  const auto shown = parse_json(up.output);
  REQUIRE(shown.has_value());
  CHECK((*shown)["nodes"].size() == 4);
  CHECK(run_tally({"devnet", "status", "--directory", directory, "--exit-when-healthy"}).exit_code == 0);

  auto network = Devnet::open(directory);
  REQUIRE(network.has_value());
  REQUIRE(network->kill_node(3, SIGKILL).has_value());
  CHECK(run_tally({"devnet", "status", "--directory", directory}).exit_code == 10);
  const auto logs = run_tally({"devnet", "logs", "townhall", "--directory", directory});
  CHECK(logs.exit_code == 0);
  CHECK(logs.output.find("API on") != std::string::npos);
  const auto wrong = run_tally({"devnet", "logs", "nobody", "--directory", directory});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.errors.find("rural-bank") != std::string::npos);

  CHECK(run_tally({"devnet", "down", "--directory", directory}).exit_code == 0);
  for (std::size_t i = 0; i < network->size(); ++i) CHECK_FALSE(network->running(i));
  const auto again = run_tally({"devnet", "up", "--directory", directory, "--json"});
  REQUIRE(again.exit_code == 0);
  CHECK(parse_json(again.output).value()["chain"] == (*shown)["chain"]);
}

TEST_CASE("a directory without a network is refused in words") {
  Scratch scratch;
  const auto status = run_tally({"devnet", "status", "--directory", scratch.path().string()});
  CHECK(status.exit_code == 8);
  CHECK(status.errors.find("holds no development network") != std::string::npos);
  CHECK(status.errors.find("tally devnet up") != std::string::npos);
}

}  // namespace tally::e2e
