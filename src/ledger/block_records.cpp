#include "ledger/block_records.h"

#include "ledger/archive.h"
#include "ledger/prune.h"

namespace tally::ledger {

using consensus::CheckpointCertificate;
using storage::Column;

namespace {

Bytes number_key(char kind, std::uint64_t number) {
  Bytes key{static_cast<Byte>(kind)};
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<Byte>(number >> shift));
  return key;
}

Bytes place_key(const TransactionId& id) {
  Bytes key{static_cast<Byte>('t')};
  append(key, id.view());
  return key;
}

Error damaged(const std::string& record, const Error& cause) {
  return make_error(
      ErrorCode::storage_failed, "", record + " is damaged: " + cause.text(),
      "an undamaged disk; `tally scrub` says what else is damaged, and `tally repair` makes the store whole");
}

template <class T>
Result<std::optional<T>> read(const storage::Reader& store, Column column, ByteView key, const std::string& record) {
  auto bytes = store.get(column, key);
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<T>{};
  auto item = decode<T>(**bytes);
  if (!item) return damaged(record, item.error());
  return std::optional<T>(std::move(item).value());
}

std::string of_block(std::string_view what, BlockHeight height) {
  return std::string(what) + " of block " + std::to_string(height.value);
}

}  // namespace

void put_seal(storage::WriteBatch& out, const Seal& seal) {
  out.put(Column::blocks, number_key('s', seal.chunk), encode(seal));
}

Result<std::optional<Seal>> read_seal(const storage::Reader& store, std::uint64_t chunk) {
  return read<Seal>(store, Column::blocks, number_key('s', chunk),
                    "the seal of chunk " + std::to_string(chunk) + " of the archive");
}

Bytes block_key(char kind, BlockHeight height) {
  return number_key(kind, height.value);
}

void put_block(storage::WriteBatch& out, const BlockHeader& header, ByteView batch, const BlockReceipts& receipts) {
  put_body(out, header.height, batch);
  put_header(out, header);
  out.put(Column::blocks, block_key('r', header.height), encode(receipts));
}

void put_header(storage::WriteBatch& out, const BlockHeader& header) {
  out.put(Column::blocks, block_key('h', header.height), encode(header));
}

void put_body(storage::WriteBatch& out, BlockHeight height, ByteView batch) {
  out.put(Column::blocks, block_key('b', height), Bytes(batch.begin(), batch.end()));
}

void put_certificate(storage::WriteBatch& out, const CheckpointCertificate& certificate) {
  out.put(Column::blocks, block_key('c', certificate.vote.height), encode(certificate));
}

void put_validators(storage::WriteBatch& out, const consensus::ValidatorSet& validators) {
  out.put(Column::blocks, number_key('v', validators.epoch.value), encode(validators));
}

void put_recovery(storage::WriteBatch& out, const consensus::EpochRecovery& recovery) {
  out.put(Column::blocks, number_key('e', recovery.statement.ended.value + 1), encode(recovery));
}

void put_place(storage::WriteBatch& out, const TransactionId& id, const TransactionPlace& place) {
  out.put(Column::index, place_key(id), encode(place));
}

Result<std::optional<BlockHeader>> read_header(const storage::Reader& store, BlockHeight height) {
  return read<BlockHeader>(store, Column::blocks, block_key('h', height), of_block("the header", height));
}

Result<std::optional<BlockReceipts>> read_receipts(const storage::Reader& store, BlockHeight height) {
  return read<BlockReceipts>(store, Column::blocks, block_key('r', height), of_block("the receipts", height));
}

Result<std::optional<CheckpointCertificate>> read_certificate(const storage::Reader& store, BlockHeight height) {
  return read<CheckpointCertificate>(store, Column::blocks, block_key('c', height),
                                     of_block("the certificate", height));
}

Result<std::optional<consensus::ValidatorSet>> read_validators(const storage::Reader& store, Epoch epoch) {
  return read<consensus::ValidatorSet>(store, Column::blocks, number_key('v', epoch.value),
                                       "the validator set of epoch " + std::to_string(epoch.value));
}

Result<std::optional<consensus::EpochRecovery>> read_recovery(const storage::Reader& store, Epoch epoch) {
  return read<consensus::EpochRecovery>(store, Column::blocks, number_key('e', epoch.value),
                                        "the recovery that began epoch " + std::to_string(epoch.value));
}

Result<std::optional<CertifiedBlock>> read_block(const storage::Reader& store, BlockHeight height) {
  auto header = read_header(store, height);
  if (!header) return header.error();
  auto batch = store.get(Column::blocks, block_key('b', height));
  if (!batch) return batch.error();
  if (!*header || !*batch) {
    const auto first = read_first_block(store);
    if (!first) return first.error();
    if (height < *first) return pruned_block(height, *first);
  }
  if (!*header) return std::optional<CertifiedBlock>{};
  if (!*batch) return damaged(of_block("the batch", height), make_error(ErrorCode::not_found, "", "it is missing"));
  auto certificate = read_certificate(store, height);
  if (!certificate) return certificate.error();
  CertifiedBlock block{**header, std::move(**batch), std::move(certificate).value()};
  for (Epoch epoch = block.header.epoch; epoch > Epoch{}; --epoch.value) {
    auto recovery = read_recovery(store, epoch);
    if (!recovery) return recovery.error();
    if (!*recovery || (*recovery)->statement.height.next() != height) break;
    block.recoveries.insert(block.recoveries.begin(), std::move(**recovery));
  }
  return std::optional<CertifiedBlock>(std::move(block));
}

Result<std::optional<CheckpointCertificate>> read_last_certificate(const storage::Reader& store) {
  std::optional<Result<CheckpointCertificate>> found;
  const Byte prefix = 'c';
  const auto scanned = store.scan_back(Column::blocks, {&prefix, 1}, {}, [&](ByteView, ByteView value) {
    found.emplace(decode<CheckpointCertificate>(value));
    return false;
  });
  if (!scanned) return scanned.error();
  if (!found) return std::optional<CheckpointCertificate>{};
  if (!*found) return damaged("the last certificate", found->error());
  return std::optional<CheckpointCertificate>(std::move(**found));
}

Result<std::optional<TransactionPlace>> read_place(const storage::Reader& store, const TransactionId& id) {
  return read<TransactionPlace>(store, Column::index, place_key(id), "the place of transaction " + id.hex());
}

}  // namespace tally::ledger
