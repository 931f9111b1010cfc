// Runs every file of test/scenarios, and checks that the driver itself notices what fails.
#include "consensus/scenario.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace tally::consensus::test {

TEST_CASE("Every scenario file holds") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(TALLY_SOURCE_DIR "/test/scenarios")) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 6);
  for (const auto& file : files) {
    std::ifstream text(file);
    Scenario scenario;
    const std::string problem = scenario.run(text);
    INFO(file.filename().string() << ": " << problem);
    CHECK(problem.empty());
  }
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
}

}  // namespace tally::consensus::test
