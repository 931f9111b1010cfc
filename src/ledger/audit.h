// Purpose: judges a chain with nothing but its genesis and its bytes: every signature, every link, every
// certificate, and every root by executing every batch again.
// Thread rule: one thread feeds; signatures of later blocks are checked by others while a block is executed.
// Errors: a verdict, never an exception: what is wrong at which height, what was expected and what was found.
// Invariant: a chain passes only if each block is covered by a certificate of a quorum, its own or a later one's,
// and is what executing the batches from the genesis on gives.
#pragma once

#include <boost/describe/class.hpp>
#include <deque>
#include <istream>

#include "common/limits.h"
#include "ledger/audit_checks.h"
#include "ledger/chain.h"

namespace tally::ledger {

struct AuditFailure {
  BlockHeight height;
  std::string what;  // the field or piece at fault
  std::string expected;
  std::string found;
  ErrorCode code = ErrorCode::internal;
  bool operator==(const AuditFailure&) const = default;
};
BOOST_DESCRIBE_STRUCT(AuditFailure, (), (height, what, expected, found, code))

struct AuditVerdict {
  bool passed = false;
  ChainId chain;
  std::string name;  // of the network
  ClockMode clock = ClockMode::real;
  std::uint64_t blocks = 0;
  std::uint64_t transactions = 0;
  std::uint64_t operations = 0;
  std::uint64_t client_signatures = 0;  // checked
  std::uint64_t certificates = 0;
  std::uint64_t validator_signatures = 0;
  BlockHeight verified_until;                   // all blocks up to here are executed and covered
  Digest state_root;                            // after the last block executed
  std::vector<consensus::ValidatorSet> epochs;  // whose certificates were checked, and the one that comes next
  std::optional<AuditFailure> failure;
};
BOOST_DESCRIBE_STRUCT(AuditVerdict, (),
                      (passed, chain, name, clock, blocks, transactions, operations, client_signatures, certificates,
                       validator_signatures, verified_until, state_root, epochs, failure))

// A block that was judged good; the views last until the callback returns.
struct AuditedBlock {
  const CertifiedBlock& block;
  const Batch* batch;  // null for the null batch
  const BlockReceipts& receipts;
};

struct AuditOptions {
  // The chain id that the auditor was told by other means.
  std::optional<ChainId> expected_chain;
  std::size_t threads = 0;  // for signatures; 0: one per core
  // An empty store for the replayed state, of a chain too long for memory. Null: in memory.
  storage::Store* store = nullptr;
  // Nobody but the auditor reads the store: it then takes only what memory does not hold.
  bool store_unread = false;
  // Of batches whose signatures are checked ahead of the block that is executed. Memory takes some four times that.
  std::size_t ahead_bytes = 8 * limits::kMiB;
  // Called on the feeding thread after each block.
  std::function<void(const AuditVerdict& so_far)> progress;
  // Called on the feeding thread once a block is executed and its header compared, before `progress`: for whoever
  // gathers what the history tells. Unless it is unread, the replayed state stands in `store`, as after the block.
  std::function<void(const AuditedBlock& block)> observe;
};

class Auditor {
 public:
  // The executor outlives the auditor.
  Auditor(const Genesis& genesis, Executor& executor, AuditOptions options = {});
  ~Auditor();

  // The next block, from height 1 on. False once the chain has failed; the rest may then be left out.
  bool feed(CertifiedBlock block);
  // After the last block.
  AuditVerdict finish();
  // Instead of finish() when the input broke off before the block at `height`: judges what came, then fails.
  AuditVerdict finish_broken(BlockHeight height, const Error& error);

 private:
  bool begin_epochs(const CertifiedBlock& block);
  void judge_all();
  void judge_oldest();
  Status judge(BlockChecks& checks);
  Status execute(const BlockChecks& checks);
  void fail(BlockHeight height, const Error& error);

  AuditOptions options_;
  Executor& executor_;
  AuditGround ground_;
  std::unique_ptr<storage::Store> own_store_;
  std::unique_ptr<Chain> chain_;
  AuditVerdict verdict_;
  std::deque<std::shared_ptr<BlockChecks>> window_;
  std::size_t window_bytes_ = 0;
  std::unique_ptr<WorkPool> pool_;  // last: it must stop before what its tasks refer to goes
};

// Audits a chain file (chain_file.h).
AuditVerdict audit_chain_file(std::istream& in, Executor& executor, const AuditOptions& options);

}  // namespace tally::ledger
