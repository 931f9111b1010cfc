#include "ledger/transaction.h"

#include <algorithm>
#include <string>

#include "common/limits.h"
#include "crypto/digest.h"

namespace tally::ledger {

namespace {

using std::to_string;

Status check_operations(const std::vector<Bytes>& operations) {
  if (operations.empty() || operations.size() > limits::kTransactionOperationsMax)
    return make_error(operations.empty() ? ErrorCode::missing_field : ErrorCode::too_large, "operations",
                      "has " + to_string(operations.size()), "1 to " + to_string(limits::kTransactionOperationsMax));
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::size_t size = operations[i].size();
    if (size == 0 || size > limits::kOperationBytesMax)
      return make_error(size == 0 ? ErrorCode::missing_field : ErrorCode::too_large, "operations[" + to_string(i) + "]",
                        "has " + to_string(size) + " bytes",
                        "1 to " + to_string(limits::kOperationBytesMax) + " bytes");
  }
  return {};
}

Status check_signers(const SignedTransaction& transaction) {
  const auto& signatures = transaction.signatures;
  if (signatures.empty() || signatures.size() > limits::kTransactionSignaturesMax)
    return make_error(signatures.empty() ? ErrorCode::missing_field : ErrorCode::too_large, "signatures",
                      "has " + to_string(signatures.size()), "1 to " + to_string(limits::kTransactionSignaturesMax));
  if (signatures.front().key != transaction.body.author)
    return make_error(ErrorCode::invalid_field, "signatures[0].key", "is " + signatures.front().key.short_hex(),
                      "the author's key " + transaction.body.author.short_hex() + " first");
  for (std::size_t i = 1; i < signatures.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (signatures[i].key == signatures[j].key)
        return make_error(ErrorCode::invalid_field, "signatures[" + to_string(i) + "].key",
                          "signs a second time, after signatures[" + to_string(j) + "]", "distinct signers");
    }
  }
  return {};
}

}  // namespace

TransactionId id_of(const Transaction& body) {
  return TransactionId{crypto::digest_of(crypto::kTransactionDomain, body).bytes};
}

Digest signing_digest(const TransactionId& id) {
  return Digest{id.bytes};
}

void add_signature(SignedTransaction& transaction, const crypto::SecretKey& key) {
  const Digest digest = signing_digest(id_of(transaction.body));
  TransactionSignature signature{key.public_key(),
                                 key.sign(crypto::kTransactionDomain, transaction.body.chain, digest)};
  auto& signatures = transaction.signatures;
  signatures.insert(signature.key == transaction.body.author ? signatures.begin() : signatures.end(), signature);
}

Status check_form(const SignedTransaction& transaction, const ChainId& chain, std::size_t encoded_size) {
  if (encoded_size > limits::kTransactionBytesMax)
    return make_error(ErrorCode::too_large, "", "has " + to_string(encoded_size) + " bytes",
                      "at most " + to_string(limits::kTransactionBytesMax) + " bytes");
  if (transaction.body.chain != chain)
    return make_error(ErrorCode::wrong_chain, "chain", "is " + transaction.body.chain.short_hex(),
                      "this chain, " + chain.short_hex());
  if (auto operations = check_operations(transaction.body.operations); !operations) return operations;
  return check_signers(transaction);
}

Status check_signatures(const SignedTransaction& transaction, const TransactionId& id) {
  const Digest digest = signing_digest(id);
  for (std::size_t i = 0; i < transaction.signatures.size(); ++i) {
    const auto& [key, signature] = transaction.signatures[i];
    if (!crypto::verify(crypto::kTransactionDomain, transaction.body.chain, digest, key, signature))
      return make_error(ErrorCode::bad_signature, "signatures[" + to_string(i) + "]",
                        "does not verify for key " + key.short_hex() + " over transaction " + id.short_hex(),
                        "an Ed25519 signature of that key over this chain id and transaction id");
  }
  return {};
}

}  // namespace tally::ledger
