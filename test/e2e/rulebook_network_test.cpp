// Scenarios of rulebooks on real nodes: what holds in memory holds there, a failure names the node, and no node is
// left.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "common/json.h"
#include "devnet/network_chain.h"
#include "rulebook/scenario_run.h"
#include "rulebook/script_run.h"
#include "village_network.h"

namespace tally::e2e {

using namespace rulebook;
using devnet::NetworkChain;

namespace {

const std::string kVillage =
    "# A test\n"
    "unit yingshan county\n"
    "unit yingshan/ludishao village\n"
    "officer accountant in ludishao as recorder\n"
    "officer secretary in ludishao as endorser\n"
    "household wang in ludishao with key\n"
    "household li in ludishao\n"
    "account wang\n";

std::unique_ptr<NetworkChain> network_chain(std::size_t nodes = 4) {
  return std::make_unique<NetworkChain>(devnet::NetworkChainOptions{program("tallyd"), nodes, {}});
}

Ground ground() {
  Ground out;
  out.document = devnet::qingzhen_rulebook();
  out.id = "qingzhen";
  out.read_file = [](const std::string&) { return std::nullopt; };
  out.find_cast = [](const std::string&) { return std::nullopt; };
  out.make_chain = [] { return network_chain(); };
  return out;
}

std::string told(const ScenarioResult& result) {
  std::string out;
  for (const auto& mistake : result.mistakes) out += mistake.text() + "\n";
  return result.failure ? out + in_words(*result.failure) : out;
}

// One script on four nodes of which a test may know more than a scenario does.
struct Played {
  explicit Played(const std::string& lines, std::function<void(Played&, const ScriptLine&)> before = {})
      : script(read_script("a.txt", kVillage + "on 2026-03-01\n" + lines, base.find_cast)) {
    auto made = network_chain();
    chain = made.get();
    world = std::make_unique<World>(base.document, base.id, base.read_file, std::move(made));
    Around around;
    if (before) around.before = [this, before](const ScriptLine& line) { before(*this, line); };
    run_script(script, *world, result, around);
  }

  Ground base = ground();
  Script script;
  std::unique_ptr<World> world;
  NetworkChain* chain = nullptr;  // the world's
  ScenarioResult result;
};

}  // namespace

TEST_CASE("a scenario plays on four nodes: refusals and terms and every kind of question") {
  const std::string text = kVillage +
                           "on 2026-03-01\n"
                           "accountant awards wang QZ7 evidence c1\n"
                           "accountant awards wang QZ7 evidence c1 -> refused limit_reached\n"
                           "accountant deducts wang QZ3 evidence c2 reason \"broken\" as breach\n"
                           "expect case breach proposed\n"
                           "secretary endorses breach\n"
                           "expect gate wang loan passes later passes\n"
                           "expect open cases wang 1\n"
                           "after 10 days\n"
                           "expect case breach effective\n"
                           "expect score wang 93\n"
                           "expect last entry wang deduction -10 under QZ3\n"
                           "expect board wang shown\n"
                           "expect under gate loan in ludishao nobody\n"
                           "expect version 1\n"
                           "expect share ludishao 1 of 1 reached\n"
                           "after 60 months\n"
                           "expect score wang 103\n";
  const auto result = run_scenario(ground(), "a.txt", text);
  CHECK(told(result) == "");
  auto in_memory = ground();
  in_memory.make_chain = make_memory_chain;
  const auto same = run_scenario(in_memory, "a.txt", text);
  CHECK(told(same) == "");
  CHECK(result.statements == same.statements);
  // Nodes may add blocks of their own when a view changes.
  CHECK(result.blocks >= same.blocks);
}

TEST_CASE("a scenario that fails on nodes says which node was asked, and leaves no node and no file") {
  Played played("accountant awards wang QZ7 evidence c1\nexpect score wang 104\n");
  auto& network = *played.chain->network();
  const auto directory = network.directory();
  std::vector<std::pair<std::int32_t, std::vector<std::string>>> processes;
  for (std::size_t i = 0; i < network.size(); ++i)
    processes.emplace_back(network.file().nodes[i].pid, network.command(i));
  CHECK(told(played.result) ==
        "a.txt:11: expect score wang 104\n"
        "  expected: score of wang 104.0\n"
        "  seen: 103.0\n"
        "  node: village-ludishao at " +
            network.url(1) +
            "\n"
            "  entries of wang:\n"
            "    0   2026-03-01  opening               100.0   100.0\n"
            "    1   2026-03-01  award QZ7             3.0     103.0\n");
  for (const auto& [pid, command] : processes) CHECK(devnet::runs(pid, command));
  played.world.reset();
  for (const auto& [pid, command] : processes) CHECK_FALSE(devnet::runs(pid, command));
  CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("a node that answers otherwise than its chain is found out") {
  Played played("accountant awards wang QZ7 evidence c1\n");
  REQUIRE(told(played.result) == "");
  const auto wang = played.world->subject({"wang", 0, false}).handle;
  const Question question{{"accounts", "qingzhen", wang.hex()}, {{"book", "credit"}}};
  const auto place = played.chain->where();
  auto refused = played.chain->confirm(question, [] { return parse_json(R"({"score": "1"})"); });
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == ErrorCode::root_mismatch);
  CHECK(refused.error().text().find("/v1/accounts/qingzhen/" + wang.hex() + "?book=credit") != std::string::npos);
  CHECK(played.world->account({"wang", 0, false}, "credit").score == Amount{1030});
  refused = played.chain->confirm({{"cases", "7"}}, [] { return parse_json("{}"); });
  REQUIRE(refused.has_error());
  CHECK(refused.error().text().find("fails: ") != std::string::npos);
  const auto absent = [] { return Result<Json>(make_error(ErrorCode::not_found, "", "")); };
  CHECK(played.chain->confirm({{"cases", "7"}}, absent).has_value());
  CHECK(played.chain->where() == place);
}

TEST_CASE("a node that is gone ends the scenario when its turn comes") {
  // The second transaction goes to the node that was asked about the first, and is waited for on the third.
  Played played("accountant awards wang QZ7 evidence c1\naccountant awards wang QZ7 evidence c2\n",
                [](Played& so_far, const ScriptLine& line) {
                  if (line.line == 11) REQUIRE(so_far.chain->network()->kill_node(2).has_value());
                });
  REQUIRE(played.result.failure);
  CHECK(played.result.failure->line == 11);
  CHECK(played.result.failure->expected == "the chain to go on");
  CHECK(played.result.failure->seen.find("village-second") != std::string::npos);
  CHECK(played.result.failure->node == "village-second at " + played.chain->network()->url(2));
}

TEST_CASE("a genesis that is refused is told as in memory, before any node is started") {
  auto base = ground();
  const std::string text = "unit yingshan county\nunit yingshan/a/b village\non 2026-03-01\n";
  const auto result = run_scenario(base, "a.txt", text);
  base.make_chain = make_memory_chain;
  CHECK(result.failure);
  CHECK(told(result) == told(run_scenario(base, "a.txt", text)));
}

TEST_CASE("Ctrl-C ends a scenario's nodes and removes their files") {
  const Scratch scratch;
  const auto temporary = scratch.path() / "temporary";
  std::filesystem::create_directories(temporary);
  const std::vector<std::string> command = {program("tally").string(),
                                            "rulebook",
                                            "test",
                                            std::string(TALLY_SOURCE_DIR) + "/rulebooks/qingzhen",
                                            "--nodes",
                                            "4"};
  // The children of this process get it with its environment.
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", temporary.c_str(), 1);
  const auto tally = devnet::launch({command, scratch.path() / "log", true});
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
  REQUIRE(tally.has_value());
  // In the midst of a scenario.
  std::optional<Devnet> network;
  REQUIRE(devnet::poll_until(kFinalLimit, [&] {
    for (const auto& entry : std::filesystem::directory_iterator(temporary)) {
      auto opened = Devnet::open(entry.path());
      if (opened && opened->running(0)) network.emplace(std::move(opened).value());
    }
    return network.has_value();
  }));
  REQUIRE(devnet::signal_process(*tally, command, SIGINT));
  CHECK(devnet::await_end(*tally, command, kFinalLimit));
  for (std::size_t i = 0; i < network->size(); ++i) CHECK_FALSE(network->running(i));
  CHECK(std::filesystem::is_empty(temporary));
}

TEST_CASE("tally rulebook test --nodes plays on as many nodes as it is told") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path() / "q/scenarios");
  scratch.write("q/rulebook.json", devnet::qingzhen_rulebook());
  scratch.write("q/scenarios/a.txt", kVillage + "on 2026-03-01\naccountant awards wang QZ7 evidence c1\n");
  const auto folder = (scratch.path() / "q").string();
  const auto one = run_tally({"rulebook", "test", folder, "--nodes", "1"});
  CHECK(one.exit_code == 0);
  CHECK(one.output ==
        "ok      " + folder + "/scenarios/a.txt: A test (9 statements)\n1 scenario passed, 0 failed, on 1 node\n");
  CHECK(run_tally({"rulebook", "test", folder, "--nodes", "8"}).exit_code == 2);
}

}  // namespace tally::e2e
