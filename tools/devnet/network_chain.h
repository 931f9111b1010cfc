// Purpose: the chain under test (rulebook/test_chain.h) on a network of real nodes: one `tallyd` process each, on
// 127.0.0.1, in a temporary directory. Each transaction goes over HTTP to the next node in turn, and is waited for on
// the node after that one, which is then asked for everything else. The blocks that it serves are executed here again:
// what scenarios read beyond the API is read there, and a node whose state root differs ends the scenario.
// Thread rule: one thread. The nodes end, by their ids, when the object goes, or this process.
// Errors: name the node; a node that does not answer or does not go on: unreachable or timeout with where all stand.
#pragma once

#include "devnet/devnet.h"
#include "rulebook/test_chain.h"

namespace tally::devnet {

struct NetworkChainOptions {
  std::filesystem::path tallyd;
  std::size_t nodes = 4;
  std::function<bool()> interrupted;  // asked between transactions; may be empty
};

class NetworkChain : public rulebook::TestChain {
 public:
  explicit NetworkChain(NetworkChainOptions options) : options_(std::move(options)) {}

  Status begin(TimestampMs time, const std::vector<Bytes>& operations) override;
  Result<ledger::Receipt> apply(const ledger::SignedTransaction& transaction) override;
  rulebook::LocalChain& local() override { return local_; }
  Status confirm(const rulebook::Question& question, const std::function<Result<Json>()>& answer) override;
  Status settle() override;
  Result<std::string> exported() override;
  std::string where() const override;

  // Null until it has begun.
  [[nodiscard]] Devnet* network() { return network_ ? &**network_ : nullptr; }

 private:
  struct Place {
    BlockHeight height;
    ledger::Receipt receipt;
  };
  [[nodiscard]] Status check_interruption() const;
  Status start(TimestampMs time, const std::vector<Bytes>& operations);
  [[nodiscard]] Client& client() { return clients_[node_]; }
  Result<Place> await_final(const TransactionId& id);
  // Executes what the node that is asked holds beyond local().
  Status follow();
  Status follow_to(BlockHeight height);
  Status rest();
  [[nodiscard]] Status check_receipt(const Place& place);
  [[nodiscard]] Error at_node(const Error& error) const;

  const NetworkChainOptions options_;
  rulebook::LocalChain local_;
  std::optional<TemporaryDevnet> network_;
  std::vector<Client> clients_;
  std::size_t node_ = 0;  // that is asked
};

// For tally/main.cpp: with the `tallyd` beside this program. While the factory lives, Ctrl-C only waits, until the
// nodes of the scenario that plays are ended and their files removed.
rulebook::ChainFactory network_chains(std::size_t nodes);

}  // namespace tally::devnet
