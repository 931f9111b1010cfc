// docs/cel.md: every line of its examples has the value that stands behind it, and every function stands there.
#include <fstream>
#include <sstream>

#include "cel/support.h"

namespace tally::cel {

namespace {

std::string document() {
  std::ifstream file(TALLY_SOURCE_DIR "/docs/cel.md");
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("cel docs: every example has the value that is written behind it") {
  std::istringstream lines(document());
  Host host;
  bool inside = false;
  std::size_t examples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = line == "```cel";
      continue;
    }
    if (!inside) continue;
    INFO(line);
    const auto behind = line.find(" // ");
    REQUIRE(behind != line.npos);
    CHECK(host.run(line.substr(0, behind)) == line.substr(behind + 4));
    ++examples;
  }
  CHECK(examples > 40);
}

TEST_CASE("cel docs: every function is listed") {
  const std::string text = document();
  for (const std::string& name : Environment().functions()) {
    if (name.find_first_of("_@!") != name.npos || name == "-_") continue;
    INFO(name);
    CHECK(text.find("`" + name + "`") != text.npos);
  }
}

}  // namespace tally::cel
