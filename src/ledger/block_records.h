// Purpose: blocks, receipts, certificates and places of transactions as they stand in the store.
//   blocks: 'h' height -> header · 'b' height -> batch bytes · 'r' height -> receipts · 'c' height -> certificate
//           's' chunk of the archive -> its seal (archive.h)
//           'v' epoch -> its validator set, from epoch 1 on, and 'e' epoch -> its recovery, if one began it
//   index:  't' transaction id -> place          (heights and epochs big-endian, 8 bytes)
// Thread rule: pure functions over a Reader.
// Errors: storage_failed, also for a record that does not decode; it names the record. read_block: pruned for a block
// below the first whose batch is held (prune.h).
#pragma once

#include "ledger/block.h"
#include "storage/store.h"

namespace tally::ledger {

struct TransactionPlace {
  BlockHeight height;
  std::uint32_t index = 0;
  ErrorCode code = ErrorCode::ok;  // of its receipt
  bool operator==(const TransactionPlace&) const = default;
};
BOOST_DESCRIBE_STRUCT(TransactionPlace, (), (height, index, code))

void put_block(storage::WriteBatch& out, const BlockHeader& header, ByteView batch, const BlockReceipts& receipts);
void put_header(storage::WriteBatch& out, const BlockHeader& header);
void put_body(storage::WriteBatch& out, BlockHeight height, ByteView batch);
// Keys of Column::blocks that have a height.
Bytes block_key(char kind, BlockHeight height);
void put_certificate(storage::WriteBatch& out, const consensus::CheckpointCertificate& certificate);
void put_validators(storage::WriteBatch& out, const consensus::ValidatorSet& validators);
void put_recovery(storage::WriteBatch& out, const consensus::EpochRecovery& recovery);
void put_place(storage::WriteBatch& out, const TransactionId& id, const TransactionPlace& place);

// nullopt: not held.
Result<std::optional<BlockHeader>> read_header(const storage::Reader& store, BlockHeight height);
Result<std::optional<CertifiedBlock>> read_block(const storage::Reader& store, BlockHeight height);
Result<std::optional<BlockReceipts>> read_receipts(const storage::Reader& store, BlockHeight height);
Result<std::optional<consensus::CheckpointCertificate>> read_certificate(const storage::Reader& store,
                                                                         BlockHeight height);
Result<std::optional<consensus::ValidatorSet>> read_validators(const storage::Reader& store, Epoch epoch);
// With which the epoch began; nullopt for all epochs that a block began.
Result<std::optional<consensus::EpochRecovery>> read_recovery(const storage::Reader& store, Epoch epoch);
// The certificate of the greatest height.
Result<std::optional<consensus::CheckpointCertificate>> read_last_certificate(const storage::Reader& store);
Result<std::optional<TransactionPlace>> read_place(const storage::Reader& store, const TransactionId& id);

}  // namespace tally::ledger
