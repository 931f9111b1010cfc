#include "node/config.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <toml++/toml.h>

#include "common/limits.h"
#include "crypto/signature.h"
#include "ledger/prune.h"

namespace tally::node {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto refuse = [&](std::string problem) {
    return make_error(ErrorCode::invalid_field, "", std::move(problem), "an address such as 127.0.0.1:7001");
  };
  const auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return refuse("is \"" + std::string(text) + "\"");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  unsigned port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc{} || end != digits.data() + digits.size() || port > 65535)
    return refuse("has the port \"" + std::string(digits) + "\"");
  return HostPort{std::string(host), static_cast<std::uint16_t>(port)};
}

namespace {

// Reads one table, remembers the first mistake, and refuses what nobody asked for.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string path, std::string_view file)
      : table_(table), path_(std::move(path)), file_(file) {}

  void text(const char* key, std::string& out, bool required) {
    if (const toml::node* node = find(key, required)) {
      if (const auto value = node->value_exact<std::string>())
        out = *value;
      else
        mistake(*node, key, "is not text", "a string in quotes");
    }
  }
  void path(const char* key, std::filesystem::path& out, const std::filesystem::path& base, bool required) {
    std::string value;
    text(key, value, required);
    if (!value.empty()) out = base / value;
  }
  void number(const char* key, std::uint32_t& out, std::uint32_t low, std::uint32_t high) {
    if (const toml::node* node = find(key, false)) {
      const auto value = node->value_exact<std::int64_t>();
      if (value && *value >= low && *value <= high)
        out = static_cast<std::uint32_t>(*value);
      else
        mistake(*node, key, "is not a fitting number",
                "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
  }
  void flag(const char* key, bool& out) {
    if (const toml::node* node = find(key, false)) {
      if (const auto value = node->value_exact<bool>())
        out = *value;
      else
        mistake(*node, key, "is not a yes or no", "true or false");
    }
  }
  void address(const char* key, HostPort& out, bool required) {
    std::string value;
    text(key, value, required);
    if (value.empty()) return;
    auto parsed = parse_host_port(value);
    if (parsed)
      out = *parsed;
    else
      mistake(*table_.get(key), key, parsed.error().problem, parsed.error().expected);
  }
  const toml::node* find(const char* key, bool required) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr && required) mistake(table_, key, "is missing", "");
    return node;
  }
  // The value of a key, or the table if it is absent: where a mistake is shown.
  [[nodiscard]] const toml::node& at(const char* key) const {
    const toml::node* node = table_.get(key);
    return node != nullptr ? *node : static_cast<const toml::node&>(table_);
  }
  void mistake(const toml::node& node, const std::string& key, std::string problem, std::string expected) {
    if (error_) return;
    const auto& begin = node.source().begin;
    const std::string full = path_.empty() ? key : path_ + "." + key;
    error_ = make_error(ErrorCode::config_invalid, full,
                        std::move(problem) + " (" + std::string(file_) + ", line " + std::to_string(begin.line) +
                            ", column " + std::to_string(begin.column) + ")",
                        std::move(expected));
  }
  // The first mistake, or the first key that nobody asked for.
  std::optional<Error> finish() {
    for (const auto& [key, node] : table_) {
      if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
      std::string names;
      for (const auto& name : known_) names += (names.empty() ? "" : ", ") + name;
      mistake(node, std::string(key.str()), "is not a known setting", "one of " + names);
    }
    return error_;
  }

 private:
  const toml::table& table_;
  std::string path_;
  std::string_view file_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

std::optional<Error> read_peer(const toml::table& table, std::size_t index, std::string_view name,
                               p2p::PeerAddress& peer) {
  TableReader reader(table, "peer[" + std::to_string(index) + "]", name);
  std::string key;
  HostPort address;
  reader.text("name", peer.name, true);
  reader.text("key", key, true);
  bool observer = false;
  reader.flag("observer", observer);
  reader.address("address", address, !observer);
  const auto parsed = PublicKey::from_hex(key);
  if (!key.empty() && (!parsed || !crypto::valid_public_key(*parsed)))
    reader.mistake(*table.get("key"), "key", "is not a public key", "64 hexadecimal digits of an Ed25519 key");
  if (parsed) peer.key = *parsed;
  peer.host = address.host;
  peer.port = address.port;
  return reader.finish();
}

}  // namespace

Result<NodeConfig> parse_config(std::string_view text, const std::filesystem::path& base, std::string_view name) {
  NodeConfig config;
  toml::table document;
  try {
    document = toml::parse(text, name);
  } catch (const toml::parse_error& failure) {
    const auto& begin = failure.source().begin;
    return make_error(ErrorCode::config_invalid, "",
                      std::string(name) + ", line " + std::to_string(begin.line) + ", column " +
                          std::to_string(begin.column) + ": " + std::string(failure.description()));
  }
  TableReader reader(document, "", name);
  reader.path("data_directory", config.data_directory, base, true);
  reader.path("genesis", config.genesis_file, base, true);
  reader.path("key_file", config.key_file, base, true);
  reader.path("passphrase_file", config.passphrase_file, base, true);
  reader.path("ready_file", config.ready_file, base, false);
  reader.address("api", config.api, true);
  reader.address("listen", config.listen, true);
  reader.text("log_level", config.log_level, false);
  reader.number("worker_threads", config.worker_threads, 0, 256);
  reader.number("state_cache_mib", config.state_cache_mib, 1, 65536);
  reader.number("block_cache_mib", config.block_cache_mib, 1, 65536);
  reader.number("tick_ms", config.tick_ms, 5, 10000);
  reader.number("view_timeout_ms", config.view_timeout_ms, 50, 600'000);
  reader.number("view_timeout_max_ms", config.view_timeout_max_ms, 50, 3'600'000);
  if (config.view_timeout_max_ms < config.view_timeout_ms)
    reader.mistake(reader.at("view_timeout_max_ms"), "view_timeout_max_ms",
                   "is " + std::to_string(config.view_timeout_max_ms) + ", below view_timeout_ms",
                   "at least " + std::to_string(config.view_timeout_ms));
  reader.number("snapshot_every_blocks", config.snapshot_every_blocks, 0, 1'000'000'000);
  reader.number("snapshots_kept", config.snapshots_kept, 1, 1'000);
  reader.number("join_by_snapshot_above", config.join_by_snapshot_above, 0, 1'000'000'000);
  reader.number("keep_blocks", config.keep_blocks, 0, 1'000'000'000);
  if (config.keep_blocks != 0 && config.keep_blocks < ledger::kBlocksKeptMin)
    reader.mistake(reader.at("keep_blocks"), "keep_blocks",
                   "is " + std::to_string(config.keep_blocks) + ", less than what peers that lag ask for",
                   "at least " + std::to_string(ledger::kBlocksKeptMin) + ", or 0 to keep all");
  if (config.keep_blocks != 0 && config.snapshot_every_blocks == 0)
    reader.mistake(reader.at("keep_blocks"), "keep_blocks",
                   "lets go of blocks, but snapshot_every_blocks is 0: no node could join any more",
                   "a number of blocks for snapshot_every_blocks");
  static constexpr std::array kLevels = {"trace", "debug", "info", "warn", "error"};
  if (std::find(kLevels.begin(), kLevels.end(), config.log_level) == kLevels.end())
    reader.mistake(*document.get("log_level"), "log_level", "is \"" + config.log_level + "\"",
                   "one of trace, debug, info, warn, error");
  if (const toml::node* peers = reader.find("peer", false)) {
    const toml::array* array = peers->as_array();
    if (array == nullptr || !array->is_homogeneous<toml::table>()) {
      reader.mistake(*peers, "peer", "is not a list of tables", "[[peer]] with name, key and address");
    } else {
      for (std::size_t i = 0; i < array->size(); ++i) {
        config.peers.emplace_back();
        if (auto error = read_peer(*array->get(i)->as_table(), i, name, config.peers.back())) return *error;
        for (std::size_t j = 0; j < i; ++j)
          if (config.peers[j].key == config.peers[i].key)
            reader.mistake(*array->get(i), "peer[" + std::to_string(i) + "].key",
                           "is also the key of peer[" + std::to_string(j) + "]", "each peer once");
      }
    }
  }
  if (auto error = reader.finish()) return *error;
  return config;
}

Result<NodeConfig> read_config(const std::filesystem::path& file) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  std::ifstream in(file, std::ios::binary);
  if (failure || !in)
    return make_error(ErrorCode::config_invalid, "--config", "cannot read " + file.string(),
                      "a readable node.toml; `tally init` writes one");
  if (size > limits::kConfigBytesMax)
    return make_error(ErrorCode::config_invalid, "--config", file.string() + " is larger than 1 MiB");
  std::ostringstream text;
  text << in.rdbuf();
  return parse_config(text.str(), std::filesystem::absolute(file).parent_path(), file.string());
}

}  // namespace tally::node
