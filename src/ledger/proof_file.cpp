#include "ledger/proof_file.h"

#include "crypto/digest.h"

namespace tally::ledger {

namespace {

constexpr std::size_t kHeadBytes = kProofFileMagic.size() + sizeof(std::uint32_t);

std::string place(const char* list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

Status check_receipt(const ReceiptContent& content, const ProofDocument& document, VerifiedProof& verified) {
  const BlockHeader& header = document.header;
  if (content.path.index == 0)
    return make_error(ErrorCode::invalid_field, "path.index", "is 0, the place of what fell due", "1 or more");
  if (!crypto::merkle_verify(content.path, crypto::merkle_leaf(encode(content.receipt)), header.receipts_root))
    return make_error(ErrorCode::root_mismatch, "path", "does not lead from the receipt to the receipts root",
                      header.receipts_root.hex());
  if (content.transaction.has_value() != content.transaction_path.has_value())
    return make_error(ErrorCode::invalid_field, "transaction_path", "stands without a transaction, or is missing",
                      "both, or neither");
  if (!content.transaction) return {};
  const Bytes bytes = encode(*content.transaction);
  const auto& path = *content.transaction_path;
  if (receipt_leaf_index(path.index) != content.path.index)
    return make_error(ErrorCode::invalid_field, "transaction_path.index", "is " + std::to_string(path.index),
                      std::to_string(content.path.index - 1) + ", the receipt's transaction");
  if (!crypto::merkle_verify(path, crypto::merkle_leaf(bytes), header.transactions_root))
    return make_error(ErrorCode::root_mismatch, "transaction_path",
                      "does not lead from the transaction to the transactions root", header.transactions_root.hex());
  const TransactionId id = id_of(content.transaction->body);
  if (id != content.receipt.transaction)
    return make_error(ErrorCode::invalid_field, "transaction", "is " + id.hex(),
                      content.receipt.transaction.hex() + ", which the receipt is of");
  if (auto form = check_form(*content.transaction, document.chain, bytes.size()); !form)
    return Error(form.error()).within("transaction");
  if (auto good = check_signatures(*content.transaction, id); !good) return Error(good.error()).within("transaction");
  verified.client_signatures += content.transaction->signatures.size();
  return {};
}

Status check_history(const HistoryTail& history, const ProvenPair& pair, const ClaimOf& claim_of) {
  const auto claim = pair.value ? claim_of(pair.key, *pair.value) : std::nullopt;
  if (!claim)
    return make_error(ErrorCode::invalid_field, "history", "stands beside a value that claims none",
                      "an account, consultations or a case as the first pair");
  if (history.records.size() > claim->count || history.first != claim->count - history.records.size())
    return make_error(ErrorCode::invalid_field, "history.first", "is " + std::to_string(history.first),
                      "the place of the first of the last " + std::to_string(history.records.size()) + " of " +
                          std::to_string(claim->count));
  if (history.first == 0 && !history.before.is_zero())
    return make_error(ErrorCode::invalid_field, "history.before", "is not zero before the first record", "zero");
  Digest digest = history.before;
  for (const auto& record : history.records) digest = history_link(digest, record);
  if (digest != claim->digest)
    return make_error(ErrorCode::root_mismatch, "history", "chains to " + digest.hex(),
                      claim->digest.hex() + ", which the account names");
  return {};
}

Status check_state(const StateContent& content, const ProofDocument& document, const ClaimOf& claim_of) {
  if (content.pairs.empty() || content.pairs.size() > kProofPairsMax)
    return make_error(ErrorCode::invalid_field, "pairs", "are " + std::to_string(content.pairs.size()),
                      "1 to " + std::to_string(kProofPairsMax));
  for (std::size_t i = 0; i < content.pairs.size(); ++i) {
    const auto& pair = content.pairs[i];
    for (std::size_t j = 0; j < i; ++j)
      if (content.pairs[j].key == pair.key)
        return make_error(ErrorCode::invalid_field, place("pairs", i) + ".key", "is there twice", "each key once");
    if (auto good = verify_state_proof(document.header.state_root, pair.key, pair.value, pair.proof); !good)
      return Error(good.error()).within(place("pairs", i));
  }
  if (!content.history) return {};
  return check_history(*content.history, content.pairs.front(), claim_of);
}

// The header that the certificate must be for.
Result<const BlockHeader*> certified_header(const ProofDocument& document) {
  if (document.later.size() > kLaterHeadersMax)
    return make_error(ErrorCode::too_large, "later", "has " + std::to_string(document.later.size()),
                      "at most " + std::to_string(kLaterHeadersMax));
  const BlockHeader* last = &document.header;
  for (std::size_t i = 0; i < document.later.size(); ++i) {
    const BlockHeader& next = document.later[i];
    if (auto follows = check_follows(*last, digest_of(*last), next); !follows)
      return Error(follows.error()).within(place("later", i));
    // A set that vouched for the block that appointed it would prove nothing.
    if (next.epoch != last->epoch)
      return make_error(ErrorCode::broken_chain, place("later", i) + ".epoch", "is another than the header's",
                        "a certificate within the epoch");
    last = &next;
  }
  return last;
}

}  // namespace

Bytes encode_proof_file(const ProofDocument& document) {
  Bytes out;
  append(out, as_bytes(kProofFileMagic));
  encode_into(out, kProofFileVersion);
  encode_into(out, document);
  append(out, crypto::digest(crypto::kProofDomain, out).view());
  return out;
}

Result<ProofDocument> decode_proof_file(ByteView file) {
  if (file.size() > kProofFileBytesMax)
    return make_error(ErrorCode::too_large, "file", "has " + std::to_string(file.size()) + " bytes",
                      "at most " + std::to_string(kProofFileBytesMax));
  if (file.size() < kProofFileMagic.size() || as_text(file.first(kProofFileMagic.size())) != kProofFileMagic)
    return make_error(ErrorCode::invalid_encoding, "byte 0", "is not a proof file",
                      "a file that starts with " + std::string(kProofFileMagic));
  if (file.size() < kHeadBytes + Digest::kSize)
    return make_error(ErrorCode::invalid_encoding, "byte " + std::to_string(file.size()), "the file ends here",
                      "a whole proof file: it was cut off");
  const auto version = decode<std::uint32_t>(file.subspan(kProofFileMagic.size(), sizeof(std::uint32_t)));
  if (!version || *version != kProofFileVersion)
    return make_error(ErrorCode::invalid_encoding, "byte 8", "has version " + std::to_string(version ? *version : 0),
                      "version " + std::to_string(kProofFileVersion));
  const ByteView covered = file.first(file.size() - Digest::kSize);
  const Digest digest = crypto::digest(crypto::kProofDomain, covered);
  if (Digest::from_view(file.last(Digest::kSize)) != digest)
    return make_error(ErrorCode::invalid_encoding, "byte " + std::to_string(covered.size()),
                      "the file's own digest does not match: it was damaged or cut off on its way",
                      "the file as it was written");
  auto document = decode<ProofDocument>(covered.subspan(kHeadBytes));
  if (!document) return Error(document.error()).within("proof");
  return document;
}

Result<VerifiedProof> verify_proof(const ProofDocument& document, const Genesis& genesis, const ClaimOf& claim_of) {
  const ChainId chain = chain_id(genesis);
  if (document.chain != chain)
    return make_error(ErrorCode::wrong_chain, "chain", "is " + document.chain.hex(),
                      chain.hex() + ", the digest of the genesis");
  const auto verifier = crypto::make_verifier(chain);
  VerifiedProof verified;
  auto validators = follow_epochs(genesis, document.epochs, *verifier);
  if (!validators) return validators.error();
  verified.validators = std::move(validators).value();
  const auto last = certified_header(document);
  if (!last) return last.error();
  if ((*last)->epoch != verified.validators.epoch)
    return make_error(ErrorCode::broken_chain, "header.epoch", "is " + std::to_string((*last)->epoch.value),
                      std::to_string(verified.validators.epoch.value) + ", to which `epochs` leads");
  if (document.header.height <= verified.validators.start)
    return make_error(ErrorCode::broken_chain, "header.height", "is " + std::to_string(document.header.height.value),
                      "a block after " + std::to_string(verified.validators.start.value));
  if (auto final = check_final(**last, document.certificate, verified.validators, *verifier); !final)
    return final.error();
  for (const auto& signature : document.certificate.signatures) verified.signers.push_back(signature.replica);
  verified.validator_signatures = document.certificate.signatures.size();
  for (const auto& link : document.epochs) {
    const auto* end = std::get_if<EpochEnd>(&link);
    verified.validator_signatures += end != nullptr ? end->certificate.signatures.size()
                                                    : std::get<consensus::EpochRecovery>(link).signatures.size();
  }
  const auto* receipt = std::get_if<ReceiptContent>(&document.content);
  const Status content = receipt != nullptr ? check_receipt(*receipt, document, verified)
                                            : check_state(std::get<StateContent>(document.content), document, claim_of);
  if (!content) return Error(content.error()).within("content");
  return verified;
}

}  // namespace tally::ledger
