#include "devnet/devnet.h"

#include <deque>
#include <fstream>

#include "common/json.h"
#include "common/limits.h"
#include "contracts/genesis_json.h"
#include "devnet/ports.h"

namespace tally::devnet {

namespace fs = std::filesystem;

namespace {

constexpr unsigned kPortAttempts = 5;

Status make_directory(const fs::path& directory) {
  std::error_code failure;
  fs::create_directories(directory, failure);
  if (!failure) return {};
  return make_error(ErrorCode::io_failed, "--directory",
                    "cannot create " + directory.string() + ": " + failure.message(), "a writable place");
}

fs::path full(const fs::path& path) {
  return fs::absolute(path).lexically_normal();
}

ledger::Genesis genesis_of(const NetworkPlan& plan, const std::vector<NodeEntry>& nodes) {
  ledger::Genesis genesis;
  genesis.name = plan.name;
  genesis.purpose = ledger::Purpose::development;
  genesis.time = plan.time;
  genesis.clock = plan.clock;
  genesis.window = limits::kWatermarkWindow;
  const std::size_t members = plan.validators == 0 ? nodes.size() : std::min(plan.validators, nodes.size());
  for (std::size_t i = 0; i < members; ++i) genesis.validators.push_back({nodes[i].name, nodes[i].key});
  for (const auto& operation : plan.cast.operations) genesis.operations.push_back(encode(operation));
  return genesis;
}

Status write_officers(const fs::path& directory, const Cast& cast, NetworkFile& file) {
  for (const auto& officer : cast.officers) {
    const std::string stem = "keys/" + officer.name;
    if (auto written = write_key_pair(directory / stem, officer.key, officer.title); !written) return written;
    file.officers.push_back({officer.name, officer.title, officer.unit, officer.roles, officer.person,
                             officer.key.public_key(), stem + ".key", stem + ".pass"});
  }
  return {};
}

bool clashed(const std::string& log) {
  return log.find("cannot listen on") != log.npos;
}

}  // namespace

std::string node_name(std::size_t index) {
  static constexpr std::array kNames = {"townhall", "village-ludishao", "village-second", "rural-bank"};
  return index < kNames.size() ? kNames[index] : "office-" + std::to_string(index + 1);
}

Result<Devnet> Devnet::create(const NetworkPlan& plan) {
  const fs::path directory = full(plan.directory);
  if (fs::exists(directory / kNetworkFileName))
    return make_error(ErrorCode::wrong_state, "--directory", directory.string() + " holds a network already",
                      "another directory, or the removal of this one");
  if (auto made = make_directory(directory / "keys"); !made) return made.error();
  NetworkFile file;
  file.name = plan.name;
  file.tallyd = full(plan.tallyd).string();
  file.ends_with_parent = plan.ends_with_parent;
  file.log_level = plan.log_level;
  file.settings = plan.settings;
  for (std::size_t i = 0; i < plan.nodes; ++i) {
    NodeEntry node;
    node.name = node_name(i);
    node.directory = node.name;
    const auto key = crypto::SecretKey::generate();
    node.key = key.public_key();
    if (auto made = make_directory(directory / node.directory); !made) return made.error();
    if (auto written = write_key_pair(directory / node.directory / "validator", key, node.name); !written)
      return written.error();
    file.nodes.push_back(std::move(node));
  }
  const ledger::Genesis genesis = genesis_of(plan, file.nodes);
  file.chain = ledger::chain_id(genesis);
  if (auto written = write_text(directory / "genesis.json", contracts::genesis_text(genesis)); !written)
    return written.error();
  if (auto written = write_officers(directory, plan.cast, file); !written) return written.error();
  Devnet devnet(directory, std::move(file));
  devnet.addressing_ = plan.peer_addressing;
  if (auto chosen = devnet.choose_ports(); !chosen) return chosen.error();
  return devnet;
}

Result<Devnet> Devnet::open(const fs::path& directory) {
  auto file = read_network_file(directory);
  if (!file) return file.error();
  return Devnet(full(directory), std::move(file).value());
}

Status Devnet::choose_ports() {
  const auto ports = free_ports(2 * size());
  if (!ports) return ports.error();
  for (std::size_t i = 0; i < size(); ++i) {
    file_.nodes[i].api = "127.0.0.1:" + std::to_string((*ports)[2 * i]);
    file_.nodes[i].p2p = "127.0.0.1:" + std::to_string((*ports)[2 * i + 1]);
  }
  for (std::size_t i = 0; i < size(); ++i)
    if (auto written = write_node_settings(directory_, file_, i, addressing_); !written) return written;
  return write_network_file(directory_, file_);
}

fs::path Devnet::node_directory(std::size_t index) const {
  return directory_ / file_.nodes[index].directory;
}

std::vector<std::string> Devnet::command(std::size_t index) const {
  return {file_.nodes[index].tallyd.value_or(file_.tallyd), "--config", (node_directory(index) / "node.toml").string()};
}

Result<Officer> Devnet::officer(const std::string& name) const {
  for (const auto& entry : file_.officers) {
    if (entry.name != name) continue;
    fs::path stem = directory_ / entry.key_file;
    auto key = read_key_pair(stem.replace_extension());
    if (!key) return key.error();
    return Officer{entry.name, std::move(key).value(), entry.person, entry.unit, entry.roles, entry.title};
  }
  return make_error(ErrorCode::not_found, "officer", "\"" + name + "\" is not in " + kNetworkFileName);
}

bool Devnet::running(std::size_t index) const {
  return runs(file_.nodes[index].pid, command(index));
}

Status Devnet::launch_node(std::size_t index) {
  std::error_code ignored;
  fs::remove(node_directory(index) / "ready.json", ignored);
  const auto pid = launch({command(index), log_file(index), file_.ends_with_parent});
  if (!pid) return pid.error();
  file_.nodes[index].pid = *pid;
  // Written before anything else can fail, so that `tally devnet down` finds the process.
  return write_network_file(directory_, file_);
}

Status Devnet::await_serving(std::size_t index, Milliseconds limit) const {
  const NodeEntry& node = file_.nodes[index];
  bool serves = false;
  bool ended = false;
  poll_until(limit, [&] {
    ended = !running(index);
    const auto text = read_text(node_directory(index) / "ready.json");
    if (!ended && text) {
      const auto ready = parse_json(*text);
      serves = ready && ready->is_object() && ready->value("pid", 0) == node.pid;
    }
    return serves || ended;
  });
  if (serves) return {};
  const std::string log = log_end(index, 5);
  if (ended)
    return make_error(clashed(log) ? ErrorCode::already_running : ErrorCode::io_failed, node.name,
                      "the node ended before it served; its log ends with:\n" + log,
                      "the whole log is " + log_file(index).string());
  return make_error(ErrorCode::timeout, node.name,
                    "the node does not serve after " + std::to_string(limit.count() / 1000) + " s",
                    "its log is " + log_file(index).string());
}

Status Devnet::start_node(std::size_t index, Milliseconds limit) {
  if (running(index)) return {};
  if (auto launched = launch_node(index); !launched) return launched;
  return await_serving(index, limit);
}

Status Devnet::start_all_once(Milliseconds limit) {
  for (std::size_t i = 0; i < size(); ++i) {
    if (running(i)) continue;
    if (auto launched = launch_node(i); !launched) return launched;
  }
  for (std::size_t i = 0; i < size(); ++i)
    if (auto serving = await_serving(i, limit); !serving) return serving;
  return {};
}

Status Devnet::start(Milliseconds limit) {
  for (unsigned attempt = 1;; ++attempt) {
    bool any_before = false;
    for (std::size_t i = 0; i < size(); ++i) any_before = any_before || running(i);
    Status started = start_all_once(limit);
    if (started) return started;
    const bool clash = started.error().code == ErrorCode::already_running;
    // Nodes that ran before keep their addresses, and others know them.
    if (!clash || any_before || attempt == kPortAttempts) return started;
    if (auto stopped = stop(Milliseconds(2000)); !stopped) return stopped.error();
    if (auto chosen = choose_ports(); !chosen) return chosen;
  }
}

Result<std::size_t> Devnet::stop(Milliseconds grace) {
  for (std::size_t i = 0; i < size(); ++i) signal_process(file_.nodes[i].pid, command(i), SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + grace;
  std::size_t killed = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (!await_end(file_.nodes[i].pid, command(i), std::max(left, Milliseconds(0)))) {
      end_process(file_.nodes[i].pid, command(i), Milliseconds(0));
      ++killed;
    }
    file_.nodes[i].pid = 0;
  }
  if (auto written = write_network_file(directory_, file_); !written) return written.error();
  return killed;
}

Status Devnet::kill_node(std::size_t index, int signal) {
  const auto pid = file_.nodes[index].pid;
  signal_process(pid, command(index), signal);
  if (await_end(pid, command(index), Milliseconds(15000))) return {};
  return make_error(ErrorCode::timeout, file_.nodes[index].name,
                    "process " + std::to_string(pid) + " still runs after signal " + std::to_string(signal));
}

Status Devnet::restart_node(std::size_t index, Milliseconds limit) {
  if (auto killed = kill_node(index, SIGTERM); !killed) return killed;
  return start_node(index, limit);
}

Status Devnet::upgrade_node(std::size_t index, const fs::path& tallyd, Milliseconds limit) {
  if (auto killed = kill_node(index, SIGTERM); !killed) return killed;
  file_.nodes[index].tallyd = full(tallyd).string();
  return start_node(index, limit);
}

std::string Devnet::log_end(std::size_t index, std::size_t lines) const {
  std::ifstream in(log_file(index));
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(std::move(line));
    if (last.size() > lines) last.pop_front();
  }
  std::string out;
  for (const auto& line : last) out += line + "\n";
  return out;
}

}  // namespace tally::devnet
