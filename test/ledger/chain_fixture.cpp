#include "chain_fixture.h"

#include <catch2/catch.hpp>

#include "crypto/digest.h"

namespace tally::test {

using namespace ledger;

crypto::SecretKey key_of(std::string_view name) {
  const Digest digest = crypto::digest(crypto::kHandleDomain, as_bytes(name));
  return crypto::SecretKey::from_seed(digest.bytes);
}

ClientId client_id(std::uint64_t number) {
  ClientId id;
  for (std::size_t i = 0; i < sizeof number; ++i) id.bytes[i] = static_cast<Byte>(number >> (8 * i));
  return id;
}

Genesis toy_genesis(std::size_t validators, ClockMode clock) {
  Genesis genesis;
  genesis.name = "toy";
  genesis.purpose = Purpose::development;
  genesis.time = kStartTime;
  genesis.clock = clock;
  genesis.window = limits::kWatermarkWindow;
  for (std::size_t i = 0; i < validators; ++i) {
    const std::string name = "validator " + std::to_string(i);
    genesis.validators.push_back({name, key_of(name).public_key()});
  }
  genesis.operations = {toy_add(1, 100), toy_add(2, 200)};
  return genesis;
}

SignedTransaction TransactionMaker::make(std::vector<Bytes> operations, Mode mode) {
  SignedTransaction transaction;
  transaction.body.chain = chain;
  transaction.body.author = author.public_key();
  transaction.body.client_id = client_id(next_client_id++);
  transaction.body.valid_until = valid_until;
  transaction.body.mode = mode;
  transaction.body.operations = std::move(operations);
  add_signature(transaction, author);
  return transaction;
}

consensus::CheckpointCertificate certify(const BlockHeader& header, const ChainId& chain, std::size_t signers) {
  std::vector<std::pair<std::uint32_t, std::string>> names;
  for (std::uint32_t i = 0; i < signers; ++i) names.emplace_back(i, "validator " + std::to_string(i));
  return certify_by(header, chain, names);
}

consensus::CheckpointCertificate certify_by(const BlockHeader& header, const ChainId& chain,
                                            const std::vector<std::pair<std::uint32_t, std::string>>& signers) {
  consensus::CheckpointCertificate certificate;
  certificate.vote = {header.epoch, header.height, digest_of(header)};
  for (const auto& [index, name] : signers) {
    const auto signer = crypto::make_signer(key_of(name), chain);
    certificate.signatures.push_back({ReplicaIndex{index}, consensus::sign_checkpoint(certificate.vote, *signer)});
  }
  return certificate;
}

Batch batch_of(std::vector<SignedTransaction> transactions, TimestampMs time) {
  Batch batch;
  batch.proposer = ReplicaIndex{0};
  batch.proposed_time = time;
  batch.transactions = std::move(transactions);
  return batch;
}

ToyChain::ToyChain(const Genesis& genesis, std::shared_ptr<storage::Store> store, const ChainOptions& options)
    : store_(store ? std::move(store) : std::shared_ptr<storage::Store>(storage::make_memory_store())),
      executor_(std::make_unique<ToyExecutor>()),
      verifier_(crypto::make_verifier(chain_id(genesis))) {
  auto opened = Chain::open(*store_, genesis, *executor_, *verifier_, options);
  if (!opened) FAIL(opened.error().text());
  chain_ = std::move(opened).value();
}

AppliedBlock ToyChain::apply(const Batch& batch) {
  const Bytes bytes = encode(batch);
  auto applied = chain_->apply(chain_->head().header.height.next(), &batch, bytes, consensus::batch_digest(bytes));
  if (!applied) FAIL(applied.error().text());
  return std::move(applied).value();
}

AppliedBlock ToyChain::apply_null() {
  auto applied = chain_->apply(chain_->head().header.height.next(), nullptr, {}, consensus::kNullBatch);
  if (!applied) FAIL(applied.error().text());
  return std::move(applied).value();
}

void ToyChain::certify_head() {
  const auto recorded = chain_->record_certificate(certify(chain_->head().header, chain_->id()));
  if (!recorded) FAIL(recorded.error().text());
}

std::int64_t ToyChain::total(std::uint32_t counter) const {
  return toy_counter(store_->get(storage::Column::state, toy_counter_key(counter)).value()).total;
}

CertifiedBlock block_at(ToyChain& chain, std::uint64_t height) {
  return chain->block(BlockHeight{height}).value().value();
}

}  // namespace tally::test
