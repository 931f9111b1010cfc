#include "ledger/block.h"

#include <string>

#include "common/invariant.h"
#include "common/limits.h"
#include "crypto/digest.h"
#include "crypto/many_digests.h"
#include "ledger/batch_facts.h"

namespace tally::ledger {

Digest digest_of(const BlockHeader& header) {
  return crypto::digest_of(crypto::kHeaderDomain, header);
}

Digest digest_of(const consensus::ValidatorSet& validators) {
  return crypto::digest_of(crypto::kValidatorSetDomain, validators);
}

namespace {

// Items' bytes one after the other; views are taken once all are in.
class Encodings {
 public:
  template <class T>
  void add(const T& item) {
    encode_into(bytes_, item);
    ends_.push_back(bytes_.size());
  }
  // As they were added; `joined` of them are one view.
  [[nodiscard]] std::vector<ByteView> views(std::size_t joined = 1) const {
    std::vector<ByteView> out;
    out.reserve(ends_.size() / joined);
    std::size_t from = 0;
    for (std::size_t i = joined - 1; i < ends_.size(); i += joined) {
      out.emplace_back(bytes_.data() + from, ends_[i] - from);
      from = ends_[i];
    }
    return out;
  }
  [[nodiscard]] std::size_t end_of(std::size_t i) const { return ends_[i]; }
  [[nodiscard]] const Byte* data() const { return bytes_.data(); }

 private:
  Bytes bytes_;
  std::vector<std::size_t> ends_;
};

}  // namespace

BatchFacts facts_of(const Batch* batch) {
  BatchFacts out;
  if (batch == nullptr) {
    out.transactions_root = crypto::merkle_root({});
    return out;
  }
  // A signed transaction's bytes are its body's, which its id is made of, and then its signatures'.
  Encodings encodings;
  for (const auto& transaction : batch->transactions) {
    encodings.add(transaction.body);
    encodings.add(transaction.signatures);
  }
  const auto whole = encodings.views(2);
  out.transactions_root = crypto::merkle_root(crypto::merkle_leaves(whole));
  std::vector<ByteView> bodies;
  bodies.reserve(whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i)
    bodies.push_back(
        whole[i].first(static_cast<std::size_t>(encodings.data() + encodings.end_of(2 * i) - whole[i].data())));
  std::vector<Digest> digests(bodies.size());
  crypto::digest_each(crypto::kTransactionDomain, bodies, digests);
  out.ids.reserve(digests.size());
  for (const auto& digest : digests) out.ids.push_back(TransactionId{digest.bytes});
  return out;
}

std::vector<Digest> transaction_leaves(const Batch& batch) {
  Encodings encodings;
  for (const auto& transaction : batch.transactions) encodings.add(transaction);
  return crypto::merkle_leaves(encodings.views());
}

std::vector<Digest> receipt_leaves(const BlockReceipts& receipts) {
  Encodings encodings;
  encodings.add(receipts.due);
  for (const auto& receipt : receipts.receipts) encodings.add(receipt);
  return crypto::merkle_leaves(encodings.views());
}

Status check_batch(const Batch& batch, std::size_t encoded_size, const ChainId& chain, consensus::Quorum quorum) {
  if (encoded_size > limits::kBatchBytesMax)
    return make_error(ErrorCode::too_large, "batch", "has " + std::to_string(encoded_size) + " bytes",
                      "at most " + std::to_string(limits::kBatchBytesMax) + " bytes");
  if (batch.proposer.value >= quorum.n)
    return make_error(ErrorCode::invalid_field, "batch.proposer", "is " + std::to_string(batch.proposer.value),
                      "a replica below " + std::to_string(quorum.n));
  std::size_t operations = 0;
  Bytes encoded;
  for (std::size_t i = 0; i < batch.transactions.size(); ++i) {
    encoded.clear();
    encode_into(encoded, batch.transactions[i]);
    if (auto form = check_form(batch.transactions[i], chain, encoded.size()); !form)
      return Error(form.error()).within("batch.transactions[" + std::to_string(i) + "]");
    operations += batch.transactions[i].body.operations.size();
  }
  if (operations > limits::kBatchOperationsMax)
    return make_error(ErrorCode::too_large, "batch", "has " + std::to_string(operations) + " operations",
                      "at most " + std::to_string(limits::kBatchOperationsMax));
  return {};
}

Status check_same(const BlockHeader& given, const BlockHeader& made) {
  const auto difference = [](std::string field, const std::string& given_value, const std::string& made_value) {
    return make_error(ErrorCode::root_mismatch, "header." + std::move(field), "is " + given_value,
                      made_value + ", which executing the batch gives");
  };
  const auto digests = [&](const char* field, const Digest& left, const Digest& right) {
    return difference(field, left.hex(), right.hex());
  };
  const auto proposer = [](const BlockHeader& header) {
    return header.proposer ? "replica " + std::to_string(header.proposer->value) : std::string("none");
  };
  if (given.epoch != made.epoch)
    return difference("epoch", std::to_string(given.epoch.value), std::to_string(made.epoch.value));
  if (given.transactions_root != made.transactions_root)
    return digests("transactions_root", given.transactions_root, made.transactions_root);
  if (given.time != made.time)
    return difference("time", std::to_string(given.time.value) + " ms", std::to_string(made.time.value) + " ms");
  if (given.proposer != made.proposer) return difference("proposer", proposer(given), proposer(made));
  if (given.receipts_root != made.receipts_root)
    return digests("receipts_root", given.receipts_root, made.receipts_root);
  if (given.state_root != made.state_root) return digests("state_root", given.state_root, made.state_root);
  if (given.next_validators != made.next_validators)
    return digests("next_validators", given.next_validators, made.next_validators);
  invariant(given == made, "every field of a header is compared");
  return {};
}

}  // namespace tally::ledger
