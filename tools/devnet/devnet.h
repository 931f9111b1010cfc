// Purpose: a network of n real nodes on 127.0.0.1, made and run offline: free ports, random keys, one process a node.
// Used by `tally devnet`, `tally bench`, the demonstration and the end-to-end tests.
// Thread rule: one thread, except that signals to nodes and status may come from another one.
// Errors: name the node, what went wrong (with the end of its log) and what to do.
#pragma once

#include <csignal>

#include "devnet/client.h"
#include "devnet/network_file.h"
#include "devnet/poll.h"
#include "devnet/process.h"

namespace tally::devnet {

struct NetworkPlan {
  std::filesystem::path directory;  // is made; must not hold a network yet
  std::filesystem::path tallyd;
  std::size_t nodes = 4;
  std::size_t validators = 0;  // the first so many are members at genesis; 0: all
  std::string name = "Tallystick development network";
  ledger::ClockMode clock = ledger::ClockMode::test;
  TimestampMs time;  // of the genesis
  Cast cast;
  std::string log_level = "info";
  std::vector<std::string> settings{};  // further lines of every node.toml
  bool ends_with_parent = false;        // nodes do not outlive the program that started them
  PeerAddressing peer_addressing{};     // for a network between the nodes that can be disturbed
};

// townhall, village-ludishao, village-second, rural-bank, office-5, ...
std::string node_name(std::size_t index);

struct NodeReport {
  std::string name;
  std::string url;
  std::int32_t pid = 0;
  bool running = false;
  std::optional<NodeStatus> status;
  std::string problem;  // why it is not well; empty if it is
};
struct NetworkReport {
  std::vector<NodeReport> nodes;
  [[nodiscard]] bool healthy() const;
};

// The point that all nodes have reached.
struct AgreedHead {
  BlockHeight height;
  Digest header;
};

class Devnet {
 public:
  // Writes the files of a new network; starts nothing.
  static Result<Devnet> create(const NetworkPlan& plan);
  static Result<Devnet> open(const std::filesystem::path& directory);

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] const NetworkFile& file() const { return file_; }
  [[nodiscard]] std::size_t size() const { return file_.nodes.size(); }
  [[nodiscard]] std::string url(std::size_t index) const { return "http://" + file_.nodes[index].api; }
  [[nodiscard]] std::filesystem::path node_directory(std::size_t index) const;
  [[nodiscard]] std::filesystem::path log_file(std::size_t index) const { return node_directory(index) / "log"; }
  [[nodiscard]] std::vector<std::string> command(std::size_t index) const;
  // With their secret keys, from the key files.
  [[nodiscard]] Result<Officer> officer(const std::string& name) const;

  // Starts the nodes that do not run and waits until each serves. A clash of ports is met with other ports.
  Status start(Milliseconds limit = kStartLimit);
  // SIGTERM to all, SIGKILL to those that are left after `grace`. Answers how many had to be killed.
  Result<std::size_t> stop(Milliseconds grace = Milliseconds(10000));
  Status start_node(std::size_t index, Milliseconds limit = kStartLimit);
  // Starts the process and does not wait for it.
  Status launch_node(std::size_t index);
  // Answers when the process is gone.
  Status kill_node(std::size_t index, int signal = SIGKILL);
  Status restart_node(std::size_t index, Milliseconds limit = kStartLimit);
  // Ends the node in order and starts it with another program, which runs it from then on.
  Status upgrade_node(std::size_t index, const std::filesystem::path& tallyd, Milliseconds limit = kStartLimit);
  [[nodiscard]] bool running(std::size_t index) const;

  [[nodiscard]] NetworkReport report() const;
  // Where each node stands, a line each: for the message of a failure.
  [[nodiscard]] std::string standing() const;
  // Waits until every node runs, is healthy and linked with all others.
  Status await_healthy(Milliseconds limit) const;
  // Waits until all nodes stand at one final height (traffic must have stopped) and compares their headers.
  // Errors: timeout; root_mismatch if two nodes hold different headers at one height.
  Result<AgreedHead> await_agreement(Milliseconds limit) const;

  // The last lines of a node's log.
  [[nodiscard]] std::string log_end(std::size_t index, std::size_t lines) const;

  static constexpr Milliseconds kStartLimit{60000};

 private:
  Devnet(std::filesystem::path directory, NetworkFile file)
      : directory_(std::move(directory)), file_(std::move(file)) {}
  Status choose_ports();
  Status await_serving(std::size_t index, Milliseconds limit) const;
  Status start_all_once(Milliseconds limit);
  [[nodiscard]] NodeReport report_of(std::size_t index) const;

  std::filesystem::path directory_;
  NetworkFile file_;
  PeerAddressing addressing_;
};

// A network in a new directory below the system's directory for temporary files. Ends its nodes with SIGKILL and
// removes its files when it goes, whatever happened; `keep` leaves the files.
class TemporaryDevnet {
 public:
  // `plan.directory` is chosen here. Started and healthy.
  static Result<TemporaryDevnet> start(NetworkPlan plan, bool keep = false);
  // The same with no node started.
  static Result<TemporaryDevnet> create(NetworkPlan plan, bool keep = false);
  TemporaryDevnet(TemporaryDevnet&& other) noexcept = default;
  TemporaryDevnet& operator=(TemporaryDevnet&& other) noexcept = default;
  ~TemporaryDevnet();

  Devnet& operator*() { return *devnet_; }
  Devnet* operator->() { return devnet_.get(); }
  const Devnet* operator->() const { return devnet_.get(); }
  // For a look at what went wrong.
  void keep_files() { keep_ = true; }

 private:
  explicit TemporaryDevnet(std::unique_ptr<Devnet> devnet, bool keep) : devnet_(std::move(devnet)), keep_(keep) {}
  std::unique_ptr<Devnet> devnet_;
  bool keep_ = false;
};

}  // namespace tally::devnet
