// docs/tutorial.md: its files are written, its commands run, and what they print is what the page says.
//   ```json FILE        the rest of the fence is the file, whatever the language is called
//   ```console          lines that begin with "$ " are run; what follows each is its output
// A fence of another kind would be a step that nobody has tried, and fails.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "devnet/process.h"
#include "support/temp_directory.h"

namespace tally::test {

namespace {

struct Fence {
  std::size_t line = 0;  // in the page
  std::string label;     // behind the ticks
  std::string text;
};

std::vector<Fence> fences_of(std::istream& page) {
  std::vector<Fence> out;
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(page, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) out.push_back({number, line.substr(3), {}});
    } else if (inside) {
      out.back().text += line + "\n";
    }
  }
  REQUIRE_FALSE(inside);
  return out;
}

struct Call {
  std::string command;
  std::string output;
};

std::vector<Call> calls_of(const Fence& fence) {
  std::vector<Call> out;
  std::istringstream lines(fence.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("$ ")) {
      out.push_back({line.substr(2), {}});
      continue;
    }
    REQUIRE_FALSE(out.empty());
    // A command goes on behind a backslash.
    if (out.back().command.ends_with('\\'))
      out.back().command += "\n" + line;
    else
      out.back().output += line + "\n";
  }
  return out;
}

class Reader {
 public:
  void follow(const Fence& fence) {
    INFO("docs/tutorial.md:" << fence.line);
    if (fence.label == "console") {
      for (const auto& call : calls_of(fence)) run(call);
      return;
    }
    const auto blank = fence.label.find(' ');
    REQUIRE(blank != std::string::npos);
    const auto file = directory_.path() / fence.label.substr(blank + 1);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << fence.text;
  }
  [[nodiscard]] std::size_t commands() const { return commands_; }

 private:
  void run(const Call& call) {
    INFO("$ " << call.command);
    const auto finished =
        devnet::run_to_end({"/bin/sh", "-c", "cd \"$0\" && PATH=\"$1:$PATH\" && exec 2>&1\n" + call.command,
                            directory_.path().string(), std::string(TALLY_BINARY_DIR) + "/bin"});
    REQUIRE(finished.has_value());
    CHECK(finished->output == call.output);
    ++commands_;
  }

  TempDirectory directory_;
  std::size_t commands_ = 0;
};

}  // namespace

TEST_CASE("the tutorial holds, from the first line to the last") {
  std::ifstream page(TALLY_SOURCE_DIR "/docs/tutorial.md");
  REQUIRE(page.good());
  Reader reader;
  for (const auto& fence : fences_of(page)) reader.follow(fence);
  CHECK(reader.commands() >= 6);
}

}  // namespace tally::test
