// Purpose: what the end-to-end tests share: a network of real processes with a small village on it, transactions to
// send to it, and the programs under test.
// Processes end with the test, whether it passes, fails or is killed.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "devnet/devnet.h"
#include "devnet/year_driver.h"

namespace tally::e2e {

using devnet::Client;
using devnet::Devnet;
using devnet::Milliseconds;
using devnet::Prepared;

inline constexpr Milliseconds kFinalLimit{60000};

std::filesystem::path program(const std::string& name);

// A directory for a test's files, removed with it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::string write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

// Fails the test unless the network starts and is healthy. Households have accounts from the genesis on.
class VillageNetwork {
 public:
  explicit VillageNetwork(std::size_t nodes = 4, std::size_t households = 20,
                          const devnet::PeerAddressing& addressing = {}, std::vector<std::string> settings = {});
  // The files of so many nodes. The first is the only member at genesis and the only one that runs; it lists nobody in
  // its settings, and the others list nobody but it.
  static VillageNetwork of_one_office(std::size_t nodes);

  Devnet& operator*() { return *network_; }
  Devnet* operator->() { return &*network_; }
  [[nodiscard]] const scenario::VillageYear& year() const { return year_; }
  Client client(std::size_t node);

  // A season contract's points for one household, with its own evidence, by the recorder.
  Prepared award(std::uint64_t number) const;
  // Submits to the node and waits; fails the test unless it is final.
  void finalize(std::size_t node, const std::vector<Prepared>& transactions);
  // Fails the test unless every node says so of every one.
  void require_final_everywhere(const std::vector<TransactionId>& ids);
  // Waits until the node says so of every one; fails the test if it does not in time.
  void await_final(std::size_t node, const std::vector<TransactionId>& ids);
  // The index of the primary that a node names.
  std::size_t primary_seen_by(std::size_t node);
  // `tally` with these arguments, against this node, with an officer's key.
  devnet::Finished tally(std::size_t node, scenario::Post post, std::vector<std::string> arguments);

 private:
  VillageNetwork(scenario::VillageYear year, devnet::TemporaryDevnet network)
      : year_(std::move(year)), network_(std::move(network)) {}

  scenario::VillageYear year_;
  devnet::TemporaryDevnet network_;
};

// TALLY_TEST_SEED runs a failed test again.
std::uint64_t test_seed();

devnet::Finished run_tally(std::vector<std::string> arguments);

// A client that does not give up: it sends batches of awards in turn to the nodes that answer, and again elsewhere
// until each is final.
class Traffic {
 public:
  // `nodes` are those it uses.
  explicit Traffic(VillageNetwork& network, std::uint64_t nodes = ~std::uint64_t{0});
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  // Whether it uses the node from the next attempt on. One at least is used.
  void use(std::size_t node, bool used) { used_ = used ? used_ | (1ULL << node) : used_ & ~(1ULL << node); }
  // How many transactions a node has told us are final.
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_count_; }
  // Waits until that many more are; fails the test if they are not in time.
  void await_progress(std::size_t more);
  // Waits for what is on its way. All acknowledged ones; fails the test if something went wrong.
  std::vector<TransactionId> stop();

 private:
  void run();
  bool finish_batch(const std::vector<Prepared>& batch);
  void fail(const std::string& what);

  VillageNetwork& network_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  std::atomic<std::size_t> acknowledged_count_ = 0;
  std::mutex mutex_;
  std::vector<TransactionId> acknowledged_;
  std::string trouble_;
  std::atomic<std::uint64_t> used_;  // a bit for each node
  std::size_t node_ = 0;
  std::thread thread_;
};

// Ends the traffic and waits for agreement: then every acknowledged transaction is final on every node, and all hold
// the same header and state root. Fails the test otherwise.
void require_nothing_lost(VillageNetwork& network, Traffic& traffic);

}  // namespace tally::e2e
