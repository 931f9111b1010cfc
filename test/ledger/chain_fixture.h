// Purpose: a chain with real keys for tests: four validators, signed transactions, batches and certificates.
#pragma once

#include "consensus/authentic.h"
#include "ledger/chain.h"
#include "printers.h"
#include "toy_executor.h"

namespace tally::test {

inline constexpr TimestampMs kStartTime{1772352000000};  // 2026-03-01T08:00:00Z

crypto::SecretKey key_of(std::string_view name);
ClientId client_id(std::uint64_t number);

ledger::Genesis toy_genesis(std::size_t validators = 4, ledger::ClockMode clock = ledger::ClockMode::real);

struct TransactionMaker {
  ChainId chain;
  crypto::SecretKey author = key_of("author");
  TimestampMs valid_until = kStartTime.plus(kDayMs);
  std::uint64_t next_client_id = 1;

  ledger::SignedTransaction make(std::vector<Bytes> operations, ledger::Mode mode = ledger::Mode::all_or_nothing);

  static constexpr std::uint64_t kDayMs = 24ULL * 3600 * 1000;
};

// Certificate over a header by the first `signers` validators of toy_genesis.
consensus::CheckpointCertificate certify(const ledger::BlockHeader& header, const ChainId& chain,
                                         std::size_t signers = 3);
// By members of another set than toy_genesis', each (index in it, name of its key).
consensus::CheckpointCertificate certify_by(const ledger::BlockHeader& header, const ChainId& chain,
                                            const std::vector<std::pair<std::uint32_t, std::string>>& signers);

ledger::Batch batch_of(std::vector<ledger::SignedTransaction> transactions, TimestampMs time = {});

// A chain over a store in memory (or the one given), with its executor and verifier.
class ToyChain {
 public:
  explicit ToyChain(const ledger::Genesis& genesis, std::shared_ptr<storage::Store> store = nullptr,
                    const ledger::ChainOptions& options = {});

  ledger::Chain& operator*() { return *chain_; }
  ledger::Chain* operator->() { return chain_.get(); }
  // Applies at head + 1, and must succeed.
  ledger::AppliedBlock apply(const ledger::Batch& batch);
  ledger::AppliedBlock apply_null();
  void certify_head();
  // What the store holds, whether final or not.
  std::int64_t total(std::uint32_t counter) const;
  storage::Store& store() { return *store_; }
  std::shared_ptr<storage::Store> shared_store() { return store_; }
  ToyExecutor& executor() { return *executor_; }

 private:
  std::shared_ptr<storage::Store> store_;
  std::unique_ptr<ToyExecutor> executor_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<ledger::Chain> chain_;
};

// Block `height` as it would be exported.
ledger::CertifiedBlock block_at(ToyChain& chain, std::uint64_t height);

}  // namespace tally::test
