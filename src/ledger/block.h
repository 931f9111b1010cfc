// Purpose: batches (what consensus orders) and blocks (batches executed), their headers and receipts.
// Thread rule: plain values and pure functions.
// Finality: a header with its checkpoint certificate (consensus/messages.h).
#pragma once

#include <optional>

#include "consensus/epoch_recovery.h"
#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "crypto/merkle.h"
#include "ledger/transaction.h"

namespace tally::ledger {

// Opaque to consensus. Proposer and proposed time are under the digest, so a header does not depend on the
// view that ordered it.
struct Batch {
  ReplicaIndex proposer;
  TimestampMs proposed_time;
  std::vector<SignedTransaction> transactions;
  // The certificate with which the next chunk of the archive ends, if one is due (archive.h). Counts only if it is
  // good; never makes the batch bad.
  std::optional<consensus::CheckpointCertificate> seal = {};
  bool operator==(const Batch&) const = default;
};
BOOST_DESCRIBE_STRUCT(Batch, (), (proposer, proposed_time, transactions, seal))

struct BlockHeader {
  BlockHeight height;
  Epoch epoch;
  Digest parent;  // header digest of height - 1; zero at height 0
  Digest batch;   // zero for the null batch and at height 0
  Digest transactions_root;
  Digest receipts_root;
  Digest state_root;
  TimestampMs time;  // later than the parent's by at least 1 ms
  std::optional<ReplicaIndex> proposer;
  Digest next_validators;
  bool operator==(const BlockHeader&) const = default;
};
BOOST_DESCRIBE_STRUCT(BlockHeader, (),
                      (height, epoch, parent, batch, transactions_root, receipts_root, state_root, time, proposer,
                       next_validators))

// Outcome of one operation. `rule` and `message` say in words which clause refused it and why; both are empty
// on success, where `output` holds the executor's result in canonical bytes.
struct OperationResult {
  ErrorCode code = ErrorCode::ok;
  std::string rule;
  std::string message;
  Bytes output;
  bool operator==(const OperationResult&) const = default;
};
BOOST_DESCRIBE_STRUCT(OperationResult, (), (code, rule, message, output))

// Outcome of one transaction. `code` is ok if anything was applied; otherwise why nothing was. For a
// transaction refused as a whole (expired, replay_conflict, duplicate) `results` is empty.
struct Receipt {
  TransactionId transaction;
  ErrorCode code = ErrorCode::ok;
  std::string message;
  std::vector<OperationResult> results;
  bool operator==(const Receipt&) const = default;
};
BOOST_DESCRIBE_STRUCT(Receipt, (), (transaction, code, message, results))

// What fell due by block time before the block's first transaction: leaf 0 of the receipts tree. Transaction
// i's receipt is leaf i + 1.
struct DueReceipt {
  std::vector<Bytes> events;
  bool operator==(const DueReceipt&) const = default;
};
BOOST_DESCRIBE_STRUCT(DueReceipt, (), (events))

struct BlockReceipts {
  DueReceipt due;
  std::vector<Receipt> receipts;
  bool operator==(const BlockReceipts&) const = default;
};
BOOST_DESCRIBE_STRUCT(BlockReceipts, (), (due, receipts))

// A block as it is stored, served for catch-up, and exported. Receipts are not in it: whoever executes the
// batch makes them again and compares the root. The certificate may be absent where a later one covers it.
struct CertifiedBlock {
  BlockHeader header;
  Bytes batch;  // canonical bytes of a Batch; empty for the null batch
  std::optional<consensus::CheckpointCertificate> certificate;
  // Of the first block after a halt: how the members began its epoch (consensus rule 6). Several, in rising order of
  // their epochs, if the one after the halt halted again before its first block.
  std::vector<consensus::EpochRecovery> recoveries = {};
  bool operator==(const CertifiedBlock&) const = default;
};
BOOST_DESCRIBE_STRUCT(CertifiedBlock, (), (header, batch, certificate, recoveries))

Digest digest_of(const BlockHeader& header);
Digest digest_of(const consensus::ValidatorSet& validators);
// Leaf digests of the two trees of a block.
std::vector<Digest> transaction_leaves(const Batch& batch);  // over signed transactions' bytes
std::vector<Digest> receipt_leaves(const BlockReceipts& receipts);

// What a batch may be, as far as its bytes tell: sizes, counts, a proposer among n replicas, and the form of
// each transaction. Signatures are checked apart (check_signatures), because they can be checked in parallel.
Status check_batch(const Batch& batch, std::size_t encoded_size, const ChainId& chain, consensus::Quorum quorum);

// For headers of one height, parent and batch: that the header given is the one that executing the batch made.
// root_mismatch names the first field that differs and both values.
Status check_same(const BlockHeader& given, const BlockHeader& made);

}  // namespace tally::ledger
