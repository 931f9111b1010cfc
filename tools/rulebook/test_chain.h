// Purpose: the chain under test, which a scenario plays on: in memory (memory_chain.h), or on a network of real nodes
// (devnet/network_chain.h). A scenario gives it signed transactions and reads the state that comes of them; which of
// the two it is, no statement knows.
// Thread rule: one thread.
// Errors: of the chain itself, such as a node that is gone; they end the scenario. What the rulebook refuses is told by
// the receipt.
// Invariants: when begin or apply returns, the chain is at rest: what falls due by the next block's time is done, as
// nodes do it, and local() holds exactly what is final.
#pragma once

#include "common/json.h"
#include "contracts/engine.h"
#include "ledger/chain.h"

namespace tally::rulebook {

// A chain as this process executes it, in memory.
class LocalChain {
 public:
  LocalChain() : store_(storage::make_memory_store()) {}

  // Errors: as ledger::Chain::open, naming the genesis operation that is refused.
  Status open(const ledger::Genesis& genesis);
  [[nodiscard]] bool begun() const { return chain_ != nullptr; }
  [[nodiscard]] const storage::Store& store() const { return *store_; }
  // Once it has begun.
  [[nodiscard]] ledger::Chain& chain() { return *chain_; }
  [[nodiscard]] const ledger::Chain& chain() const { return *chain_; }
  [[nodiscard]] TimestampMs next_block_time() const;
  // Whether something falls due by then, for which nodes make a block of their own accord.
  [[nodiscard]] Result<bool> something_due();

 private:
  std::unique_ptr<storage::Store> store_;
  contracts::RuleEngine engine_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<ledger::Chain> chain_;
};

// What nodes are asked over HTTP, below /v1 (docs/api.md).
struct Question {
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query = {};
};

class TestChain {
 public:
  virtual ~TestChain() = default;

  // A chain on a test clock from this genesis on, with validators of its own.
  virtual Status begin(TimestampMs time, const std::vector<Bytes>& operations) = 0;
  // Its receipt, once it is final.
  virtual Result<ledger::Receipt> apply(const ledger::SignedTransaction& transaction) = 0;
  [[nodiscard]] virtual LocalChain& local() = 0;

  // Nodes that are asked the question must answer what `answer` makes of local(), or fail with the same code. `answer`
  // is called as often as needed, or not at all where there are no nodes.
  virtual Status confirm(const Question& question, const std::function<Result<Json>()>& answer) = 0;
  // At a scenario's end: all who hold the chain stand at one height and one state.
  virtual Status settle() = 0;
  // The whole chain as a file (ledger/chain_file.h).
  [[nodiscard]] virtual Result<std::string> exported() = 0;
  // Which node was asked last, for whoever looks for a failure; empty where there are none.
  [[nodiscard]] virtual std::string where() const = 0;
};

using ChainFactory = std::function<std::unique_ptr<TestChain>()>;

}  // namespace tally::rulebook
