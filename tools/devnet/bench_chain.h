// Purpose: a chain of four validators whose keys this process has, for benches that need blocks and no network: what is
// added is signed by the first officer of a cast, executed and certified by a quorum.
// Thread rule: one thread. Errors: those of the chain; internal if an operation is refused.
// Invariant: a block time of one second a block; what add() takes is in a block after close() at the latest.
#pragma once

#include "contracts/engine.h"
#include "devnet/cast.h"
#include "ledger/chain.h"

namespace tally::devnet {

inline constexpr TimestampMs kBenchBegin{1772352000000};  // 2026-03-01T08:00:00Z

struct BenchChainOptions {
  std::string name;
  Cast cast;  // its first officer is registrar and recorder
  ledger::ChainOptions chain;
  // Each block, once it is executed.
  std::function<Status(const ledger::CertifiedBlock&)> take = [](const ledger::CertifiedBlock&) { return Status{}; };
};

class BenchChain {
 public:
  static Result<std::unique_ptr<BenchChain>> open(storage::Store& store, BenchChainOptions options);

  // One transaction, in a block with others.
  Status add(const std::vector<contracts::Operation>& operations);
  Status close();
  // Registers them in the officer's unit and opens their accounts.
  Status add_households(const std::vector<SubjectHandle>& households, const contracts::RulebookId& rulebook);

  [[nodiscard]] TimestampMs now() const { return time_; }
  [[nodiscard]] const Officer& officer() const { return options_.cast.officers.front(); }
  [[nodiscard]] const ledger::Chain& chain() const { return *chain_; }

 private:
  explicit BenchChain(BenchChainOptions options) : options_(std::move(options)) {}
  Status begin(storage::Store& store);
  [[nodiscard]] consensus::CheckpointCertificate certificate(const ledger::BlockHeader& header) const;

  BenchChainOptions options_;
  contracts::RuleEngine engine_;
  std::vector<std::unique_ptr<crypto::Signer>> signers_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<ledger::Chain> chain_;
  ledger::Batch batch_;
  TimestampMs time_ = kBenchBegin;
  std::uint64_t transactions_ = 0;
  std::size_t bytes_ = 0;
  std::size_t operations_ = 0;
};

// The same handles in every run.
std::vector<SubjectHandle> bench_households(std::uint64_t count);

}  // namespace tally::devnet
