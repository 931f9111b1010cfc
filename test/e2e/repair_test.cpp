// Scenario 37 with real processes: the disk of one office rots while the village goes on; its node refuses to start and
// says why, is repaired from another office, catches up, signs nothing for as long as it must, and votes again.
#include <catch2/catch.hpp>
#include <fstream>

#include "village_network.h"

namespace tally::e2e {

namespace {

namespace fs = std::filesystem;
using scenario::Post;

// In the middle of the log, which holds everything of a young node, its votes too.
void rot(const fs::path& database) {
  fs::path log;
  for (const auto& entry : fs::directory_iterator(database))
    if (entry.path().extension() == ".log" && (log.empty() || entry.file_size() > fs::file_size(log)))
      log = entry.path();
  REQUIRE_FALSE(log.empty());
  std::fstream stream(log, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(fs::file_size(log) / 2);
  for (std::streamoff place = middle; place < middle + 64; ++place) {
    stream.seekg(place);
    const int byte = stream.get();
    stream.seekp(place);
    stream.put(static_cast<char>(byte ^ 0x20));
  }
}

bool recovering(VillageNetwork& network, std::size_t node) {
  const auto status = network.client(node).get("/v1/status");
  return !status || status->dump().find("\"recovering\":true") != std::string::npos;
}

}  // namespace

TEST_CASE("37 an office with a rotten disk is repaired from another one and the village goes on") {
  constexpr std::size_t kVictim = 2;
  VillageNetwork network;
  Traffic traffic(network);
  traffic.await_progress(60);
  traffic.use(kVictim, false);
  REQUIRE(network->kill_node(kVictim, SIGTERM).has_value());
  const auto directory = network->node_directory(kVictim);
  rot(directory / "data" / "db");
  traffic.await_progress(20);

  // The node refuses, and says what to do; scrub names the class.
  const auto settings = (directory / "node.toml").string();
  CHECK_FALSE(network->start_node(kVictim, Milliseconds(20000)).has_value());
  const auto log = network->log_end(kVictim, 20);
  CAPTURE(log);
  CHECK_THAT(log, Catch::Contains("the write-ahead log") && Catch::Contains("tally scrub --node-config") &&
                      Catch::Contains("tally repair --node-config"));
  const auto scrubbed = run_tally({"scrub", "--node-config", settings});
  CHECK(scrubbed.exit_code == 6);
  CHECK_THAT(scrubbed.errors, Catch::Contains("tally repair"));

  // With the node's own key, from an address that answers after one that does not.
  const auto repaired = run_tally(
      {"repair", "--node-config", settings, "--from", "http://127.0.0.1:9", "--from", network->url(0), "--json"});
  REQUIRE(repaired.exit_code == 0);
  const auto report = parse_json(repaired.output);
  REQUIRE(report.has_value());
  CHECK((*report)["repaired"]["votes_lost"] == true);
  CHECK(fs::exists(directory / "data" / "db.damaged-1" / "CURRENT"));
  CHECK(run_tally({"scrub", "--node-config", settings}).exit_code == 0);

  REQUIRE(network->start_node(kVictim).has_value());
  CHECK(recovering(network, kVictim));
  // 2L blocks later it signs again.
  const bool signs = devnet::poll_until(Milliseconds(240000), [&] { return !recovering(network, kVictim); });
  INFO(network->standing());
  REQUIRE(signs);
  // Now the quorum needs it.
  traffic.use(kVictim, true);
  traffic.use(0, false);
  REQUIRE(network->kill_node(0, SIGTERM).has_value());
  traffic.await_progress(40);
  REQUIRE(network->start_node(0).has_value());
  traffic.use(0, true);
  require_nothing_lost(network, traffic);
}

}  // namespace tally::e2e
