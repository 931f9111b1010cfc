// CEL's public conformance suite, where it lies beside the project.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "cel_cases/cases.h"

namespace tally {

namespace {

constexpr const char* kFile = TALLY_SOURCE_DIR "/../shared/cel/cel-conformance.json";

// Cases that are meant to fail, each with its reason in docs/cel.md.
const std::set<std::string>& accepted() {
  static const std::set<std::string> kNames = {};
  return kNames;
}

}  // namespace

TEST_CASE("cel conformance: every case of the suite passes") {
  std::ifstream file(kFile);
  if (!file) {
    WARN("skipped: there is no " << kFile);
    return;
  }
  const auto cases = Json::parse(file);
  REQUIRE(cases.is_array());
  std::map<std::string, std::pair<std::size_t, std::size_t>> counts;
  for (const auto& one : cases) {
    const auto verdict = cel_cases::run_case(one);
    auto& [passed, all] = counts[one["file"].get<std::string>()];
    ++all;
    passed += verdict.passed ? 1U : 0U;
    const bool is_accepted = accepted().contains(cel_cases::name_of(one));
    CHECK_FALSE((verdict.passed && is_accepted));
    if (verdict.passed || is_accepted) continue;
    FAIL_CHECK(cel_cases::name_of(one) << "\n  " << one["expr"].get<std::string>() << "\n  got " << verdict.got
                                       << "\n  wanted " << verdict.wanted);
  }
  CHECK(counts.size() > 14);
}

}  // namespace tally
