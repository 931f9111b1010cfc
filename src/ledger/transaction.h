// Purpose: what clients sign. A transaction holds 1 to 1000 operations of one author, under one signature;
// further signers (an endorser) may sign the same bytes.
// Thread rule: plain values and pure functions.
// Errors: each check names the field, the problem and what would be right, with a stable code.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <vector>

#include "common/codec.h"
#include "common/error.h"
#include "crypto/signature.h"

namespace tally::ledger {

// all_or_nothing: the first failing operation undoes the others. independent: each stands for itself.
enum class Mode : std::uint8_t { all_or_nothing, independent };
BOOST_DESCRIBE_ENUM(Mode, all_or_nothing, independent)

struct Transaction {
  ChainId chain;
  PublicKey author;
  ClientId client_id;       // with the author: replay protection
  TimestampMs valid_until;  // admitted iff block time < valid_until <= block time + 31 days
  Mode mode = Mode::all_or_nothing;
  std::vector<Bytes> operations;  // canonical bytes; their meaning is the executor's
  bool operator==(const Transaction&) const = default;
};
BOOST_DESCRIBE_STRUCT(Transaction, (), (chain, author, client_id, valid_until, mode, operations))

struct TransactionSignature {
  PublicKey key;
  Signature signature;
  bool operator==(const TransactionSignature&) const = default;
};
BOOST_DESCRIBE_STRUCT(TransactionSignature, (), (key, signature))

struct SignedTransaction {
  Transaction body;
  std::vector<TransactionSignature> signatures;  // the author's first
  bool operator==(const SignedTransaction&) const = default;
};
BOOST_DESCRIBE_STRUCT(SignedTransaction, (), (body, signatures))

// Digest of the body's canonical bytes: what signers sign and how everybody names it.
TransactionId id_of(const Transaction& body);
Digest signing_digest(const TransactionId& id);

// Signs with one more key; the author's own signature goes first.
void add_signature(SignedTransaction& transaction, const crypto::SecretKey& key);

// Form only, of decoded bytes: chain, counts, sizes, author signs first, signers distinct. `encoded_size` is the
// size of the canonical bytes of the whole signed transaction.
Status check_form(const SignedTransaction& transaction, const ChainId& chain, std::size_t encoded_size);
// Every signature, strictly. The dear part: once per node, off the consensus thread.
Status check_signatures(const SignedTransaction& transaction, const TransactionId& id);

}  // namespace tally::ledger
