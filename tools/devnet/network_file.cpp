#include "devnet/network_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "common/json.h"
#include "crypto/digest.h"
#include "crypto/key_file.h"

namespace tally::devnet {

namespace fs = std::filesystem;

Result<std::string> read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return make_error(ErrorCode::not_found, "", "cannot read " + file.string());
  return text.str();
}

Status write_text(const fs::path& file, std::string_view text, bool secret) {
  const fs::path temporary = file.string() + ".new";
  const int out = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0644);
  bool good = out >= 0;
  while (good && !text.empty()) {
    const ssize_t count = write(out, text.data(), text.size());
    good = count > 0 || errno == EINTR;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  const int reason = errno;
  if (out >= 0) close(out);
  std::error_code failure;
  if (good) fs::rename(temporary, file, failure);
  if (good && !failure) return {};
  return make_error(ErrorCode::io_failed, "",
                    "cannot write " + file.string() + ": " + (good ? failure.message() : std::strerror(reason)));
}

Result<NetworkFile> read_network_file(const fs::path& directory) {
  const auto text = read_text(directory / kNetworkFileName);
  if (!text)
    return make_error(ErrorCode::not_found, "--directory",
                      fs::absolute(directory).lexically_normal().string() + " holds no development network",
                      "the directory of a network; `tally devnet up` makes one");
  const auto json = parse_json(*text);
  if (!json)
    return make_error(ErrorCode::config_invalid, kNetworkFileName, json.error().text(), "the file as it was written");
  auto network = from_json<NetworkFile>(*json);
  if (!network)
    return make_error(ErrorCode::config_invalid, kNetworkFileName, network.error().text(),
                      "the file as it was written");
  return network;
}

Status write_network_file(const fs::path& directory, const NetworkFile& network) {
  return write_text(directory / kNetworkFileName, to_json(network).dump(2) + "\n");
}

Status write_key_pair(const fs::path& stem, const crypto::SecretKey& key, const std::string& label) {
  std::array<Byte, 16> random{};
  crypto::fill_random(random);
  const std::string passphrase = to_hex(random);
  if (auto written = write_text(stem.string() + ".pass", passphrase + "\n", true); !written) return written;
  return crypto::write_key_file(stem.string() + ".key", key, passphrase, label, crypto::KeyCost::light);
}

Result<crypto::SecretKey> read_key_pair(const fs::path& stem) {
  const auto passphrase = read_text(stem.string() + ".pass");
  if (!passphrase) return passphrase.error();
  return crypto::read_key_file(stem.string() + ".key", passphrase->substr(0, passphrase->find('\n')));
}

Status write_node_settings(const fs::path& directory, const NetworkFile& network, std::size_t index,
                           const PeerAddressing& addressing) {
  const NodeEntry& node = network.nodes[index];
  std::ostringstream out;
  out << "# One node of a development network.\n"
      << "data_directory = \"data\"\n"
      << "genesis = \"../genesis.json\"\n"
      << "key_file = \"validator.key\"\n"
      << "passphrase_file = \"validator.pass\"\n"
      << "ready_file = \"ready.json\"\n"
      << "api = \"" << node.api << "\"\n"
      << "listen = \"" << node.p2p << "\"\n"
      << "log_level = \"" << network.log_level << "\"\n";
  for (const auto& line : network.settings) out << line << "\n";
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (i == index) continue;
    const NodeEntry& peer = network.nodes[i];
    const std::string address = addressing ? addressing(network, index, i) : peer.p2p;
    if (address.empty()) continue;
    out << "\n[[peer]]\nname = \"" << peer.name << "\"\nkey = \"" << peer.key.hex() << "\"\naddress = \"" << address
        << "\"\n";
  }
  return write_text(directory / node.directory / "node.toml", out.str());
}

}  // namespace tally::devnet
