#include "ledger/proof_maker.h"

#include "ledger/working_state.h"

namespace tally::ledger {

namespace {

constexpr std::size_t kHistoryBytesMax = kProofFileBytesMax / 2;

Result<Bytes> record_of(const storage::Reader& reader, ByteView list, std::uint64_t index) {
  auto record = reader.get(storage::Column::history, history_key(list, index));
  if (!record) return record.error();
  if (!*record)
    return make_error(ErrorCode::storage_failed, "", "record " + std::to_string(index) + " of a history is missing",
                      "`tally scrub` on the stopped node");
  return std::move(**record);
}

// The digest before the tail is that of all records before it: those are read, not carried.
Result<HistoryTail> tail_of(const storage::Reader& reader, const HistoryClaim& claim, const HistoryWanted& wanted) {
  HistoryTail tail;
  tail.first = wanted.first.value_or(claim.count - std::min(claim.count, wanted.last));
  if (tail.first > claim.count)
    return make_error(ErrorCode::not_found, "from", "is " + std::to_string(tail.first),
                      "an entry of the account, below " + std::to_string(claim.count));
  std::size_t bytes = 0;
  for (std::uint64_t index = 0; index < claim.count; ++index) {
    auto record = record_of(reader, claim.list, index);
    if (!record) return record.error();
    if (index < tail.first) {
      tail.before = history_link(tail.before, *record);
      continue;
    }
    bytes += record->size();
    if (bytes > kHistoryBytesMax)
      return make_error(ErrorCode::too_large, "from", "is " + std::to_string(tail.first) + ": too many entries follow",
                        "at most " + std::to_string(kHistoryBytesMax) + " bytes of entries; a later one to begin with");
    tail.records.push_back(std::move(*record));
  }
  return tail;
}

// The signed transaction and its path, if the batch is still held.
Status add_transaction(const storage::Reader& store, BlockHeight height, std::uint32_t index, ReceiptContent& content) {
  auto block = read_block(store, height);
  if (!block && block.error().code == ErrorCode::pruned) return {};
  if (!block) return block.error();
  if (!*block || (*block)->batch.empty()) return {};
  auto batch = decode<Batch>((*block)->batch);
  if (!batch) return make_error(ErrorCode::storage_failed, "", "a batch does not decode: " + batch.error().text());
  content.transaction_path = crypto::merkle_path(transaction_leaves(*batch), index);
  content.transaction = std::move(batch->transactions[index]);
  return {};
}

}  // namespace

Result<ProofDocument> prove_transaction(const Chain& chain, const storage::Reader& store, BlockHeight height,
                                        std::uint32_t index) {
  auto evidence = chain.prove_receipt(height, index);
  if (!evidence) return evidence.error();
  ProofDocument out;
  out.chain = chain.id();
  out.header = evidence->header;
  out.later = std::move(evidence->later);
  out.certificate = std::move(evidence->certificate);
  auto epochs = epoch_links(store, out.header.epoch);
  if (!epochs) return epochs.error();
  out.epochs = std::move(epochs).value();
  ReceiptContent content{std::move(evidence->receipt), std::move(evidence->path), std::nullopt, std::nullopt};
  if (auto added = add_transaction(store, height, index, content); !added) return added.error();
  out.content = std::move(content);
  return out;
}

Result<ProofDocument> prove_state(const ChainId& chain, const FinalView& view, const StateWanted& wanted,
                                  const ClaimOf& claim_of) {
  if (!view.certificate)
    return make_error(ErrorCode::not_final, "", "no block has a certificate yet", "to ask again after the first block");
  ProofDocument out;
  out.chain = chain;
  out.header = view.header;
  out.certificate = *view.certificate;
  auto epochs = epoch_links(*view.reader, view.header.epoch);
  if (!epochs) return epochs.error();
  out.epochs = std::move(epochs).value();
  StateContent content{wanted.question, {}, std::nullopt};
  for (const auto& key : wanted.keys) {
    auto value = view.reader->get(storage::Column::state, key);
    if (!value) return value.error();
    auto proof = make_state_proof(*view.reader, key);
    if (!proof) return proof.error();
    content.pairs.push_back({key, std::move(value).value(), std::move(proof).value()});
  }
  if (wanted.history) {
    const auto& first = content.pairs.front();
    const auto claim = first.value ? claim_of(first.key, *first.value) : std::nullopt;
    if (!claim) return make_error(ErrorCode::not_found, "history", "is not kept under what was asked for");
    auto tail = tail_of(*view.reader, *claim, *wanted.history);
    if (!tail) return tail.error();
    content.history = std::move(tail).value();
  }
  out.content = std::move(content);
  return out;
}

}  // namespace tally::ledger
