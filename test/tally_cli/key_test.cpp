// Key files, and that secrets come from files and terminals only.
#include <filesystem>

#include "common/json.h"
#include "crypto/key_file.h"
#include "tally_cli/harness.h"

namespace tally::test {

using std::filesystem::perms;

TEST_CASE("key new writes a sealed file that key show can read without the passphrase") {
  Cli cli;
  const std::string file = cli.path("k.json");
  const Run made =
      cli.run({"key", "new", file, "--light", "--label", "会计", "--passphrase-file", cli.passphrase_file()});
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK(cli.prompts.empty());
  CHECK((std::filesystem::status(file).permissions() & perms(0077)) == perms::none);
  const Run shown = cli.run({"key", "show", file, "--json"});
  CHECK(shown.exit == 0);
  const auto json = parse_json(shown.out).value();
  CHECK(json["label"] == "会计");
  const auto key = crypto::read_key_file(file, "correct horse");
  REQUIRE(key);
  CHECK(json["public_key"] == key->public_key().hex());
  CHECK(made.out.find(key->public_key().hex()) != std::string::npos);
  CHECK((made.out + made.err).find(to_hex(key->seed())) == std::string::npos);
}

TEST_CASE("key new asks twice at a terminal") {
  Cli cli;
  cli.typed = {"open sesame", "open sesame"};
  CHECK(cli.run({"key", "new", cli.path("k.json"), "--light"}).exit == 0);
  CHECK(cli.prompts.size() == 2);
  CHECK(crypto::read_key_file(cli.path("k.json"), "open sesame"));
  cli.typed = {"one", "other"};
  const Run run = cli.run({"key", "new", cli.path("l.json"), "--light"});
  CHECK(run.exit == 9);
  CHECK(run.err == "error: passphrase: differs the second time [unauthorised]\n  expected: the same text twice\n");
  CHECK(!std::filesystem::exists(cli.path("l.json")));
}

TEST_CASE("key files are never replaced") {
  Cli cli;
  const std::string file = cli.key_file("accountant");
  const std::string before = cli.read("accountant.json");
  const Run run = cli.run({"key", "new", file, "--light", "--passphrase-file", cli.passphrase_file()});
  CHECK(run.exit == 2);
  CHECK(cli.read("accountant.json") == before);
}

TEST_CASE("a passphrase file that others can read is refused") {
  Cli cli;
  std::filesystem::permissions(cli.passphrase_file(), perms(0644));
  const Run run = cli.run({"key", "new", cli.path("k.json"), "--light", "--passphrase-file", cli.passphrase_file()});
  CHECK(run.exit == 9);
  CHECK(run.err.find("can be read by other users") != std::string::npos);
  CHECK(run.err.find("chmod 600") != std::string::npos);
}

TEST_CASE("a wrong passphrase is told apart from a missing file") {
  Cli cli;
  OneNode node;
  cli.node = &node;
  cli.environment["TALLY_KEY"] = cli.key_file("accountant");
  cli.typed = {"wrong"};
  const Run wrong = cli.run({"submit", "endorse", "7"});
  CHECK(wrong.exit == 9);
  CHECK(wrong.err.find("was not unlocked") != std::string::npos);
  cli.environment["TALLY_KEY"] = cli.path("absent.json");
  const Run absent = cli.run({"submit", "endorse", "7"});
  CHECK(absent.exit == 8);
  CHECK(absent.err.find("tally key new") != std::string::npos);
  CHECK(node.posts == 0);
}

}  // namespace tally::test
