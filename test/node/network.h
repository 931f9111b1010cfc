// Several nodes in one process, linked over loopback, each with its own directory.
#pragma once

#include <filesystem>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include "common/json.h"
#include "contracts/operations.h"
#include "crypto/digest.h"
#include "node/node.h"

namespace tally::test {

struct Network {
  explicit Network(std::size_t count, ledger::ClockMode clock = ledger::ClockMode::real);
  ~Network();

  void start(std::size_t index);
  void stop(std::size_t index) { nodes[index].reset(); }
  // A transaction of the officer that registers one subject.
  [[nodiscard]] ledger::SignedTransaction registration(Byte number) const;
  [[nodiscard]] ledger::SignedTransaction transaction(std::vector<contracts::Operation> operations) const;
  // Submits over HTTP and waits for finality; the answer's JSON.
  [[nodiscard]] Json submit(std::size_t index, const ledger::SignedTransaction& transaction) const;
  [[nodiscard]] Json get(std::size_t index, const std::string& target, bool sign = false) const;
  // Where every running node stands, for the message of a failed check.
  [[nodiscard]] std::string picture() const;
  // Waits until `condition` holds, polling; false after the deadline.
  static bool eventually(const std::function<bool()>& condition, unsigned seconds = 30);

  std::filesystem::path directory;
  ledger::Genesis genesis;
  ChainId chain;
  crypto::SecretKey officer;
  std::vector<crypto::SecretKey> keys;
  std::vector<std::uint16_t> ports;
  std::vector<std::unique_ptr<node::Node>> nodes;
};

}  // namespace tally::test
