// Runs every file of test/scenarios, and checks that the driver itself notices what fails.
#include "consensus/scenario.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tally::consensus::test {

namespace {

const std::filesystem::path kFolder = TALLY_SOURCE_DIR "/test/scenarios";
// 42 to 45 are run with real processes (test/e2e).
constexpr std::uint32_t kNamedScenarios = 41;

std::string problem_of_file(const std::filesystem::path& file) {
  std::ifstream text(file);
  Scenario scenario;
  return scenario.run(text);
}

// "17" of "17_equivocating_primary.txt"; empty for a scenario without a number.
std::string number_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const bool numbered = name.size() > 3 && std::isdigit(name[0]) != 0 && std::isdigit(name[1]) != 0 && name[2] == '_';
  return numbered ? name.substr(0, 2) : "";
}

std::vector<std::filesystem::path> files_of(const std::string& number) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".txt" && number_of(entry.path()) == number) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("Every named scenario, 1 to 41, has one file, which opens with its number and what must hold") {
  for (std::uint32_t i = 1; i <= kNamedScenarios; ++i) {
    const std::string number = (i < 10 ? "0" : "") + std::to_string(i);
    const auto files = files_of(number);
    INFO("scenario " << number);
    REQUIRE(files.size() == 1);
    std::ifstream text(files.front());
    std::string opening;
    for (std::string line; std::getline(text, line) && line.starts_with("#");) opening += line + "\n";
    CHECK(opening.starts_with("# " + std::to_string(i) + " "));
    CHECK(opening.find("Must hold") != std::string::npos);
    CHECK(opening.find("Rule") != std::string::npos);
  }
}

TEST_CASE("The scenarios 1 to 41 hold") {
  const auto number = GENERATE(range(1U, kNamedScenarios + 1));
  for (const auto& file : files_of((number < 10 ? "0" : "") + std::to_string(number))) {
    const std::string problem = problem_of_file(file);
    INFO(file.filename().string() << ": " << problem);
    CHECK(problem.empty());
  }
}

TEST_CASE("The scenarios without a number hold") {
  const auto files = files_of("");
  REQUIRE(files.size() >= 6);
  for (const auto& file : files) {
    const std::string problem = problem_of_file(file);
    INFO(file.filename().string() << ": " << problem);
    CHECK(problem.empty());
  }
}

// TALLY_SCENARIO=test/scenarios/17_equivocating_primary.txt build/test/test_consensus "[.file]"
TEST_CASE("One scenario file holds", "[.file]") {
  const char* file = std::getenv("TALLY_SCENARIO");
  REQUIRE(file != nullptr);
  const std::string problem = problem_of_file(file);
  INFO(problem);
  CHECK(problem.empty());
}

TEST_CASE("The driver says which line fails and why") {
  const auto problem_of = [](const char* text) {
    std::istringstream in(text);
    Scenario scenario;
    return scenario.run(in);
  };
  CHECK(problem_of("cluster 4\n\n# comment\nexpect all executed 0\n").empty());
  CHECK(problem_of("cluster 4\nexpect 1 executed 1\n").starts_with("line 2: expect 1 executed 1"));
  CHECK(problem_of("").starts_with("no command"));
  CHECK(problem_of("propose 0 a\n").starts_with("line 1"));
  CHECK(problem_of("cluster 4\nfly 1\n").starts_with("line 2"));
  CHECK(problem_of("cluster 4\npropose 1 a\n").starts_with("line 2"));
  CHECK(problem_of("cluster 4\ndeliver 0 1 proposal\n").starts_with("line 2"));
  CHECK(problem_of("cluster 4\ntick 1 x\n").starts_with("line 2"));
  CHECK(problem_of("cluster 4\nlie 1 2 prepare 0 1 a\n").starts_with("line 2"));
  CHECK(problem_of("cluster 4\nexpect 9 executed 0\n").starts_with("line 2"));
  CHECK(problem_of("cluster 4\ncrash all\nexpect all executed 0\n").starts_with("line 3"));
  CHECK(problem_of("cluster 4\nwithin 3 all executed 1\n").starts_with("line 2"));
  CHECK(problem_of("cluster 4\nliar 0\nprepared x 0 1 a 1,2\n").starts_with("line 3"));
  CHECK(problem_of("cluster 4\nfor $x 1 2\n").starts_with("line 2"));
}

TEST_CASE("The lines of a scenario are run for every value of every loop, and the failing values are named") {
  const auto run = [](const char* text, Scenario& scenario) {
    std::istringstream in(text);
    return scenario.run(in);
  };
  Scenario good;
  CHECK(run("for $n 1..3 7\nfor $b x y\ncluster $n\npropose 0 $b\nrun 1\nexpect all block 1 $b\n", good).empty());
  CHECK(good.runs() == 8);
  Scenario bad;
  const std::string problem = run("for $n 2 3\ncluster $n\ncrash 1\npropose 0 a\nrun 9\nexpect 0 executed 1\n", bad);
  CHECK(problem.find("[$n = 2]") != std::string::npos);
}

}  // namespace tally::consensus::test
