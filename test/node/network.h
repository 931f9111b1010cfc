// Several nodes in one process, linked over loopback, each with its own directory.
#pragma once

#include <filesystem>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/json.h"
#include "contracts/operations.h"
#include "crypto/digest.h"
#include "ledger/governed.h"
#include "node/node.h"
#include "support/fault_file_system.h"

namespace tally::test {

struct NetworkOptions {
  std::size_t nodes = 4;
  std::size_t validators = 0;  // the first so many are members at genesis; 0: all
  ledger::ClockMode clock = ledger::ClockMode::real;
  std::uint32_t view_timeout_ms = 2'000;
  bool faulty_disks = false;                        // each node's store stands on a FaultFileSystem
  std::vector<contracts::Operation> founding = {};  // further operations of the genesis
  // Whether the settings of one node list the other; null: all list all.
  std::function<bool(std::size_t node, std::size_t peer)> lists = nullptr;
  // Puts in further settings.
  std::function<void(std::size_t node, node::NodeConfig&)> settings = nullptr;
};

// The rule engine, an operation that sets the members without anybody's vote, and one whose outcome depends on the
// software: on `flavour`.
class MembershipExecutor final : public contracts::RuleEngine {
 public:
  explicit MembershipExecutor(Byte flavour) : flavour_(flavour) {}
  static Bytes operation(const ledger::Members& members);
  static Bytes flavoured_operation();
  ledger::OperationResult execute(const ledger::OperationContext& context, ByteView operation,
                                  ledger::State& state) override;

 private:
  const Byte flavour_;
};

struct Network {
  explicit Network(const NetworkOptions& options);
  explicit Network(std::size_t count, ledger::ClockMode clock = ledger::ClockMode::real)
      : Network(NetworkOptions{.nodes = count, .clock = clock}) {}
  ~Network();

  [[nodiscard]] node::NodeSetup setup(std::size_t index) const;
  [[nodiscard]] std::unique_ptr<ledger::Executor> executor(std::size_t index) const {
    return std::make_unique<MembershipExecutor>(flavours[index]);
  }
  void start(std::size_t index);
  void stop(std::size_t index) { nodes[index].reset(); }
  // Whether a node has asked to be started again; forgotten by start().
  [[nodiscard]] bool asks_for_restart(std::size_t index) const { return restarts[index]->load(); }
  // A transaction of the officer that registers one subject, another for each number.
  [[nodiscard]] ledger::SignedTransaction registration(std::uint32_t number) const;
  [[nodiscard]] ledger::SignedTransaction transaction(std::vector<contracts::Operation> operations) const;
  [[nodiscard]] ledger::SignedTransaction raw(Bytes operation) const;
  // One that makes these nodes the members. The networks of these tests take it from the officer alone.
  [[nodiscard]] ledger::SignedTransaction membership(const std::vector<std::size_t>& members) const;
  // One that nodes of different flavours execute to different states.
  [[nodiscard]] ledger::SignedTransaction flavoured() const;
  // Hands it to a node and does not wait.
  TransactionId offer(std::size_t index, const ledger::SignedTransaction& transaction) const;
  // Submits over HTTP and waits for finality; the answer's JSON.
  [[nodiscard]] Json submit(std::size_t index, const ledger::SignedTransaction& transaction) const;
  [[nodiscard]] Json get(std::size_t index, const std::string& target, bool sign = false) const;
  // Where every running node stands, for the message of a failed check.
  [[nodiscard]] std::string picture() const;
  // Waits until `condition` holds, polling; false after the deadline.
  static bool eventually(const std::function<bool()>& condition, unsigned seconds = 30);

  const NetworkOptions options;
  std::filesystem::path directory;
  ledger::Genesis genesis;
  ChainId chain;
  crypto::SecretKey officer;
  std::vector<crypto::SecretKey> keys;
  std::vector<std::uint16_t> ports;
  std::vector<std::int64_t> clock_offsets_ms;           // of each node's clock, from when it is started
  std::vector<Byte> flavours;                           // of the software that each node runs when it is started
  std::vector<std::shared_ptr<FaultFileSystem>> disks;  // with faulty_disks
  std::vector<std::unique_ptr<rocksdb::Env>> envs;
  std::vector<std::shared_ptr<std::atomic<bool>>> restarts;
  std::vector<std::unique_ptr<node::Node>> nodes;
};

}  // namespace tally::test
