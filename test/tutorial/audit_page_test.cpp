// docs/audit.md, docs/reports.md, docs/archive.md and docs/slip.md: every command of theirs runs against a network of
// one real node, as a reader would type it, and ends well. HANDLE stands for the household's.
#include <catch2/catch.hpp>
#include <fstream>

#include "common/json.h"
#include "devnet/devnet.h"
#include "devnet/process.h"
#include "support/temp_directory.h"

namespace tally::test {

namespace {

constexpr const char* kHouse = "4f0c1d2e3a4b5c6d7e8f90a1b2c3d4e1";

// A directory as an auditor has it: the genesis, the chain's file, a node to ask.
class AuditorsDesk {
 public:
  AuditorsDesk() {
    const Json up = parse_json(shell("tally devnet up --directory net --nodes 1 --json")).value();
    node_ = up["nodes"][0]["url"].get<std::string>();
    as("town-clerk");
    shell(std::string("tally submit register-subject --unit yingshan/qingzhen/ludishao --commitment ") +
          std::string(64, 'a') + " --open-account qingzhen --subject " + kHouse);
    as("ludishao-accountant");
    for (const char paper : {'b', 'c'})
      shell(std::string("tally submit award --rulebook qingzhen --rule QZ7 --subject ") + kHouse + " --evidence " +
            std::string(64, paper));
    as("auditor");
    shell("cp net/genesis.json genesis.json && tally export --file chain.tally");
    shell("tally init node --name village && cp genesis.json node/");
  }
  ~AuditorsDesk() {
    if (auto network = devnet::Devnet::open(directory_.path() / "net")) network->stop();
  }

  // Runs a line; what it printed. It must end well.
  std::string shell(const std::string& line) {
    INFO("$ " << line);
    const auto finished =
        devnet::run_to_end({"/bin/sh", "-c",
                            "cd \"$0\" && export PATH=\"$1:$PATH\" TALLY_NODE=\"$2\" TALLY_KEY=\"$3.key\" "
                            "TALLY_PASSPHRASE_FILE=\"$3.pass\"\n" +
                                line,
                            directory_.path().string(), std::string(TALLY_BINARY_DIR) + "/bin", node_, key_});
    REQUIRE(finished.has_value());
    INFO(finished->output << finished->errors);
    REQUIRE(finished->exit_code == 0);
    return finished->output;
  }
  void as(const std::string& person) { key_ = (directory_.path() / "net" / "keys" / person).string(); }

 private:
  TempDirectory directory_;
  std::string node_;
  std::string key_;
};

// The lines of a page's fences.
std::vector<std::string> commands_of(const std::string& page) {
  std::ifstream in(TALLY_SOURCE_DIR "/docs/" + page);
  REQUIRE(in.good());
  std::vector<std::string> out;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```"))
      inside = !inside;
    else if (inside && !line.empty())
      out.push_back(line);
  }
  REQUIRE_FALSE(inside);
  return out;
}

}  // namespace

TEST_CASE("the commands of the pages for auditors and villagers run as they stand") {
  AuditorsDesk desk;
  std::size_t ran = 0;
  for (const char* page : {"audit.md", "reports.md", "archive.md", "slip.md"}) {
    for (std::string line : commands_of(page)) {
      if (const auto handle = line.find("HANDLE"); handle != std::string::npos) line.replace(handle, 6, kHouse);
      // The villager of the page reads with a key of its own; the auditor may read every account.
      if (const auto key = line.find(" --key villager.key"); key != std::string::npos) line.erase(key);
      (void)desk.shell(line);
      ++ran;
    }
  }
  CHECK(ran >= 10);
}

TEST_CASE("a damaged file of an archive is refused by name and an import of it leaves nothing") {
  AuditorsDesk desk;
  desk.shell("tally archive fetch archive --genesis genesis.json");
  desk.shell("printf Z | dd of=archive/open.tally bs=1 seek=200 conv=notrunc 2>dd.txt");
  const auto checked = desk.shell("tally archive check archive --genesis genesis.json 2>&1; test $? -eq 6");
  CHECK_THAT(checked, Catch::Contains("open.tally"));
  const auto imported = desk.shell("tally archive import archive --node-config node/node.toml 2>&1; test $? -eq 6");
  CHECK_THAT(imported, Catch::Contains("open.tally") && Catch::Contains("nothing was left behind"));
  desk.shell("test ! -e node/data");
  // The next fetch puts it right.
  desk.shell("tally archive fetch archive --genesis genesis.json");
  desk.shell("tally archive import archive --node-config node/node.toml");
  desk.shell("test -d node/data/db");
}

}  // namespace tally::test
