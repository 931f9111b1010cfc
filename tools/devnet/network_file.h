// Purpose: devnet.json, which says what a development network consists of, and the files of its nodes.
//   DIR/devnet.json genesis.json keys/NAME.key keys/NAME.pass
//   DIR/NODE/node.toml validator.key validator.pass ready.json log data/
// Paths inside the files are relative, so that a network that is down can be moved.
// Thread rule: blocking file calls; one writer.
// Errors: io_failed, not_found, config_invalid, naming the file.
#pragma once

#include <boost/describe/class.hpp>
#include <filesystem>

#include "devnet/cast.h"
#include "ledger/genesis.h"

namespace tally::devnet {

struct NodeEntry {
  std::string name;
  std::string api;                    // "127.0.0.1:20001"
  std::string p2p;                    // likewise
  PublicKey key;                      // the validator's
  std::int32_t pid = 0;               // 0: not started
  std::string directory;              // relative to the network's
  std::optional<std::string> tallyd;  // the program that runs this node, if it is another one than the network's
};
BOOST_DESCRIBE_STRUCT(NodeEntry, (), (name, api, p2p, key, pid, directory, tallyd))

struct OfficerEntry {
  std::string name;
  std::string title;
  contracts::UnitId unit;
  std::vector<contracts::Role> roles;
  contracts::PersonId person;
  PublicKey key;
  std::string key_file;         // relative to the network's directory
  std::string passphrase_file;  // likewise
};
BOOST_DESCRIBE_STRUCT(OfficerEntry, (), (name, title, unit, roles, person, key, key_file, passphrase_file))

struct NetworkFile {
  std::uint32_t format = 1;
  std::string name;
  ChainId chain;
  std::string tallyd;  // the program that runs the nodes
  bool ends_with_parent = false;
  std::string log_level;
  std::vector<std::string> settings;  // further lines of every node.toml
  std::vector<NodeEntry> nodes;
  std::vector<OfficerEntry> officers;
};
BOOST_DESCRIBE_STRUCT(NetworkFile, (),
                      (format, name, chain, tallyd, ends_with_parent, log_level, settings, nodes, officers))

inline constexpr const char* kNetworkFileName = "devnet.json";

Result<NetworkFile> read_network_file(const std::filesystem::path& directory);
// Whole or not at all: written beside and renamed.
Status write_network_file(const std::filesystem::path& directory, const NetworkFile& network);

// Key and passphrase files named `stem`.key and `stem`.pass, the passphrase random.
Status write_key_pair(const std::filesystem::path& stem, const crypto::SecretKey& key, const std::string& label);
Result<crypto::SecretKey> read_key_pair(const std::filesystem::path& stem);

// What a node dials to reach another one, if not the address that the other listens on (`p2p` of its entry). Empty: its
// settings do not list the other.
using PeerAddressing = std::function<std::string(const NetworkFile& network, std::size_t from, std::size_t to)>;
// The node's settings, with all other nodes as its peers.
Status write_node_settings(const std::filesystem::path& directory, const NetworkFile& network, std::size_t index,
                           const PeerAddressing& addressing = {});

Result<std::string> read_text(const std::filesystem::path& file);
Status write_text(const std::filesystem::path& file, std::string_view text, bool secret = false);

}  // namespace tally::devnet
