// Purpose: node.toml, the settings of one node. Settings never change what the chain decides.
// Thread rule: plain values.
// Errors: config_invalid, naming file, line, column and key, what is wrong and what would be right; unknown
// keys are refused.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/error.h"
#include "p2p/transport.h"

namespace tally::node {

struct HostPort {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};
// "127.0.0.1:7001", "[::1]:7001".
Result<HostPort> parse_host_port(std::string_view text);

struct NodeConfig {
  std::filesystem::path data_directory;
  std::filesystem::path genesis_file;
  std::filesystem::path key_file;
  std::filesystem::path passphrase_file;  // its first line; mode 0600
  HostPort api{"127.0.0.1", 0};
  HostPort listen{"127.0.0.1", 0};
  // [[peer]]: name, key and address; `observer = true` in place of an address, or port 0, only lets it in.
  std::vector<p2p::PeerAddress> peers;
  std::string log_level = "info";
  // Where the addresses really bound are written once the node serves (for ports that were 0); empty: nowhere.
  std::filesystem::path ready_file;
  std::uint32_t worker_threads = 0;  // 0: one per core
  std::uint32_t state_cache_mib = 32;
  std::uint32_t block_cache_mib = 32;
  std::uint32_t tick_ms = 100;
  // How long a primary may make no progress while something waits (consensus rule 9). The default leaves room for a
  // full batch over a 5 Mbit/s line (2 s), three rounds of votes over a slow link and a slow disk's syncs; the cap is
  // the longest that the ledger stands still per bad primary in a row.
  std::uint32_t view_timeout_ms = 4'000;
  std::uint32_t view_timeout_max_ms = 30'000;
  // A snapshot of the state every so many blocks, for nodes that join (0: none); so many are kept.
  std::uint32_t snapshot_every_blocks = 10'000;
  std::uint32_t snapshots_kept = 2;
  // A node that lacks more blocks than this joins by a peer's snapshot in place of executing them all (0: never, unless
  // the peers have let go of them). Its older blocks are then not held: `tally restore` puts them back.
  std::uint32_t join_by_snapshot_above = 20'000;
  // Batches of older blocks are let go of after each snapshot (0: all are kept).
  std::uint32_t keep_blocks = 0;
};

// Paths in the file are relative to the file.
Result<NodeConfig> read_config(const std::filesystem::path& file);
Result<NodeConfig> parse_config(std::string_view text, const std::filesystem::path& base, std::string_view name);

}  // namespace tally::node
