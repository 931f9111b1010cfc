#include <filesystem>

#include "crypto/digest.h"
#include "node/config.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/secrets.h"

namespace tally::cli {

namespace {

struct InitOptions {
  std::string directory;
  std::string name;
  std::string api = "127.0.0.1:8080";
  std::string listen = "0.0.0.0:7001";
  std::vector<std::string> peers;
};

struct Peer {
  std::string name;
  PublicKey key;
  std::string address;
};

Outcome<void> check_address(const std::string& field, const std::string& text) {
  const auto parsed = node::parse_host_port(text);
  if (parsed) return {};
  return Failure(ExitCode::usage, Error(parsed.error()).within(field));
}

// "village=KEY@10.0.0.2:7001"
Outcome<Peer> read_peer(const std::string& text) {
  const auto equals = text.find('=');
  const auto at = text.rfind('@');
  if (equals == text.npos || at == text.npos || at < equals || equals == 0)
    return usage_failure("--peer", "is \"" + text + "\"", "NAME=KEY@HOST:PORT, the key in hex or as a key file");
  Peer peer{text.substr(0, equals), {}, text.substr(at + 1)};
  auto key = public_key_of(text.substr(equals + 1, at - equals - 1), "--peer");
  if (!key) return key.error();
  peer.key = *key;
  if (auto good = check_address("--peer", peer.address); !good) return good.error();
  return peer;
}

std::string toml_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string node_toml(const InitOptions& options, const std::vector<Peer>& peers) {
  std::string out =
      "# Settings of one node; paths are relative to this file. They never change what the chain decides.\n"
      "data_directory = \"data\"\n"
      "genesis = \"genesis.json\"\n"
      "key_file = \"validator.key\"\n"
      "passphrase_file = \"validator.pass\"\n"
      "\n"
      "# For clients and the web console. Keep it on 127.0.0.1 unless a proxy with TLS stands in front.\n";
  out += "api = " + toml_text(options.api) + "\n\n# For the other nodes.\nlisten = " + toml_text(options.listen) + "\n";
  out += "log_level = \"info\"\n";
  for (const auto& peer : peers) {
    out += "\n[[peer]]\nname = " + toml_text(peer.name) + "\nkey = " + toml_text(peer.key.hex()) +
           "\naddress = " + toml_text(peer.address) + "\n";
  }
  if (peers.empty()) {
    out +=
        "\n# One table for each other node:\n"
        "# [[peer]]\n"
        "# name = \"village\"\n"
        "# key = \"64 hexadecimal digits\"\n"
        "# address = \"10.0.0.2:7001\"\n";
  }
  return out;
}

Failure exists_already(const std::string& path) {
  return usage_failure(path, "already exists", "a directory without a node in it; init never replaces anything");
}

Outcome<void> check_absent(const std::string& directory) {
  for (const char* name : {"node.toml", "validator.key", "validator.pass", "data"}) {
    std::error_code ignored;
    const std::string path = directory + "/" + name;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) return exists_already(path);
  }
  return {};
}

Outcome<PublicKey> write_node(Context& context, const InitOptions& options, const std::vector<Peer>& peers) {
  const std::string& directory = options.directory;
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed)
    return Failure(make_error(ErrorCode::io_failed, directory, "cannot be made (" + failed.message() + ")",
                              "a place where this user may write"));
  // The passphrase lies beside the key, so that the node starts by itself after a power cut.
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  std::string passphrase;
  if (context.settings().value("passphrase_file").empty()) {
    passphrase = crypto::random_fixed<Digest>().hex();
  } else {
    auto given = passphrase_for(context, directory);
    if (!given) return given.error();
    passphrase = *given;
  }
  if (auto written = write_new_file(directory + "/validator.pass", passphrase + "\n", Privacy::secret); !written)
    return written.error();
  const auto key = crypto::SecretKey::generate();
  if (auto written =
          crypto::write_key_file(directory + "/validator.key", key, passphrase, options.name, crypto::KeyCost::strong);
      !written)
    return Failure(written.error());
  if (auto written = write_new_file(directory + "/node.toml", node_toml(options, peers), Privacy::shared); !written)
    return written.error();
  return key.public_key();
}

Outcome<void> init(Context& context, const InitOptions& options) {
  if (auto good = check_address("--api", options.api); !good) return good;
  if (auto good = check_address("--listen", options.listen); !good) return good;
  std::vector<Peer> peers;
  for (const auto& text : options.peers) {
    auto peer = read_peer(text);
    if (!peer) return peer.error();
    peers.push_back(*peer);
  }
  if (auto absent = check_absent(options.directory); !absent) return absent;
  auto key = write_node(context, options, peers);
  if (!key) return key.error();
  const std::string& directory = options.directory;
  Report report;
  report.json = {{"directory", directory}, {"name", options.name}, {"public_key", key->hex()}};
  report.sections.push_back(
      {"", Facts().add("directory", directory).add("name", options.name).add("public key", key->hex()).table()});
  context.emit(report);
  context.note(
      "\nNext:\n"
      "  1. give the public key to whoever makes the genesis:\n"
      "     tally genesis new --validator " +
      options.name + "=" + key->hex() +
      " ...\n"
      "     or, where the chain runs already, consent to be proposed: tally validator consent --help\n"
      "  2. put the genesis there and compare its digest with the other offices:\n"
      "     cp genesis.json " +
      directory + "/ && tally genesis digest " + directory +
      "/genesis.json\n"
      "  3. name the other nodes in " +
      directory +
      "/node.toml, a [[peer]] each\n"
      "  4. tallyd --config " +
      directory + "/node.toml");
  return {};
}

}  // namespace

void register_init(Program& program) {
  auto options = std::make_shared<InitOptions>();
  program.root()
      .command("init", "Write the directory of a new node: settings, key, passphrase",
               {"tally init /etc/tally --name townhall",
                "tally init node --name village --listen 10.0.0.2:7001 --peer townhall=5c1f...aa@10.0.0.1:7001"},
               [options](Context& context) { return init(context, *options); })
      .argument("DIRECTORY", options->directory, "Where; made if need be, nothing in it is replaced")
      .text("--name", "NAME", options->name, "Name of the node, as in the genesis", Need::required)
      .text("--api", "ADDRESS", options->api, "Address of the HTTP API")
      .text("--listen", "ADDRESS", options->listen, "Address for the other nodes")
      .texts("--peer", "NAME=KEY@ADDRESS", options->peers, "Another node");
}

}  // namespace tally::cli
