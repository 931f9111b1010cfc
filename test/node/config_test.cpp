#include "node/config.h"

#include <catch2/catch.hpp>

#include "crypto/signature.h"

namespace {

using namespace tally;

const std::string kGood = R"(data_directory = "data"
genesis = "genesis.json"
key_file = "validator.key"
passphrase_file = "validator.pass"
api = "127.0.0.1:0"
listen = "[::1]:7001"
)";

Result<node::NodeConfig> parse(const std::string& text) {
  return node::parse_config(text, "/etc/tally", "node.toml");
}

TEST_CASE("a configuration is read, paths relative to its file") {
  const auto key = crypto::SecretKey::from_seed({1}).public_key().hex();
  const auto config =
      parse(kGood + "tick_ms = 50\n[[peer]]\nname = \"bank\"\nkey = \"" + key + "\"\naddress = \"127.0.0.1:7002\"\n");
  REQUIRE(config.has_value());
  CHECK(config->data_directory == "/etc/tally/data");
  CHECK(config->listen.host == "::1");
  CHECK(config->listen.port == 7001);
  CHECK(config->tick_ms == 50);
  REQUIRE(config->peers.size() == 1);
  CHECK(config->peers[0].name == "bank");
  CHECK(config->peers[0].port == 7002);
}

TEST_CASE("an observer needs no address, and a key stands once") {
  const auto peer = [](Byte number, const std::string& rest) {
    return "[[peer]]\nname = \"p\"\nkey = \"" + crypto::SecretKey::from_seed({number}).public_key().hex() + "\"\n" +
           rest + "\n";
  };
  const auto config = parse(kGood + peer(1, "observer = true") + peer(2, "address = \"10.0.0.2:0\""));
  REQUIRE(config.has_value());
  CHECK(config->peers[0].port == 0);
  CHECK(config->peers[1].port == 0);
  CHECK(parse(kGood + peer(1, "")).error().field == "peer[0].address");
  CHECK(parse(kGood + peer(1, "observer = 1")).error().field == "peer[0].observer");
  CHECK(parse(kGood + peer(1, "observer = true") + peer(1, "observer = true")).error().field == "peer[1].key");
}

struct Mistake {
  std::string text;
  std::string field;
  std::string says;
};

TEST_CASE("every mistake names the key, its place and what would be right") {
  const auto row = GENERATE(
      Mistake{"api = 5", "api", "is not text"}, Mistake{"listen = \"x\"", "listen", "127.0.0.1:7001"},
      Mistake{"listen = \"127.0.0.1:70000\"", "listen", "has the port \"70000\""},
      Mistake{"colour = 1", "colour", "is not a known setting"}, Mistake{"tick_ms = 1", "tick_ms", "from 5 to 10000"},
      Mistake{"tick_ms = \"x\"", "tick_ms", "whole number"},
      Mistake{"view_timeout_ms = 9000\nview_timeout_max_ms = 8000", "view_timeout_max_ms", "at least 9000"},
      Mistake{"view_timeout_ms = 60000", "view_timeout_max_ms", "is 30000, below view_timeout_ms"},
      Mistake{"log_level = \"loud\"", "log_level", "one of trace, debug, info, warn, error"},
      Mistake{"peer = 3", "peer", "[[peer]]"},
      Mistake{"[[peer]]\nname = \"a\"\nkey = \"00\"\naddress = \"h:1\"", "peer[0].key", "64 hexadecimal digits"},
      Mistake{"[[peer]]\nname = \"a\"\naddress = \"h:1\"", "peer[0].key", "is missing"});
  std::string text = kGood;
  // The row replaces the good line of the same key.
  const auto key = row.text.substr(0, row.text.find(' '));
  if (const auto old = text.find(key + " ="); old != std::string::npos) text.erase(old, text.find('\n', old) - old + 1);
  const auto result = parse(text + row.text + "\n");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::config_invalid);
  CHECK(result.error().field == row.field);
  CHECK(result.error().text().find(row.says) != std::string::npos);
}

TEST_CASE("missing keys, broken TOML and missing files are told apart") {
  CHECK(parse("").error().text().find("data_directory: is missing") == 0);
  CHECK(parse("= 1").error().text().find("node.toml, line 1") == 0);
  CHECK(node::read_config("/nonexistent/node.toml").error().text().find("cannot read") != std::string::npos);
}

}  // namespace
