#include "rulebook/memory_chain.h"

#include <sstream>

#include "common/limits.h"
#include "consensus/authentic.h"
#include "crypto/digest.h"
#include "ledger/chain_file.h"

namespace tally::rulebook {

namespace {

constexpr crypto::Domain kScenarioDomain{"tally.scenario"};
constexpr std::size_t kDueBlocksMax = 100000;  // in a row

class MemoryChain : public TestChain {
 public:
  Status begin(TimestampMs time, const std::vector<Bytes>& operations) override;
  Result<ledger::Receipt> apply(const ledger::SignedTransaction& transaction) override;
  LocalChain& local() override { return local_; }
  Status confirm(const Question&, const std::function<Result<Json>()>&) override { return {}; }
  Status settle() override { return {}; }
  Result<std::string> exported() override;
  std::string where() const override { return {}; }

 private:
  Status add_block(const ledger::Batch& batch);
  Status rest();

  LocalChain local_;
  std::unique_ptr<crypto::Signer> validator_;
};

Status MemoryChain::begin(TimestampMs time, const std::vector<Bytes>& operations) {
  const auto key = crypto::SecretKey::from_seed(crypto::digest(kScenarioDomain, as_bytes("validator")).bytes);
  ledger::Genesis genesis;
  genesis.name = "scenario";
  genesis.purpose = ledger::Purpose::development;
  genesis.time = time;
  genesis.clock = ledger::ClockMode::test;
  genesis.window = limits::kWatermarkWindow;
  genesis.validators = {{"scenario", key.public_key()}};
  genesis.operations = operations;
  validator_ = crypto::make_signer(key, ledger::chain_id(genesis));
  if (auto opened = local_.open(genesis); !opened) return opened;
  return rest();
}

Result<ledger::Receipt> MemoryChain::apply(const ledger::SignedTransaction& transaction) {
  ledger::Batch batch;
  batch.transactions.push_back(transaction);
  if (auto added = add_block(batch); !added) return added.error();
  const auto& chain = local_.chain();
  const auto receipts = chain.receipts(chain.head().header.height);
  if (!receipts) return receipts.error();
  if (auto rested = rest(); !rested) return rested.error();
  return (*receipts)->receipts.front();
}

Status MemoryChain::add_block(const ledger::Batch& batch) {
  auto& chain = local_.chain();
  const Bytes bytes = encode(batch);
  auto applied = chain.apply(chain.head().header.height.next(), &batch, bytes, consensus::batch_digest(bytes));
  if (!applied) return applied.error();
  consensus::CheckpointCertificate certificate;
  certificate.vote = {applied->header.epoch, applied->header.height, applied->digest};
  certificate.signatures.push_back({ReplicaIndex{0}, consensus::sign_checkpoint(certificate.vote, *validator_)});
  return chain.record_certificate(certificate);
}

// As nodes would: a block whenever something is due.
Status MemoryChain::rest() {
  for (std::size_t blocks = 0; blocks < kDueBlocksMax; ++blocks) {
    const auto due = local_.something_due();
    if (!due) return due.error();
    if (!*due) return {};
    if (auto added = add_block({}); !added) return added;
  }
  return make_error(ErrorCode::internal, "", "after " + std::to_string(kDueBlocksMax) + " blocks more is due",
                    "everything that falls due to be done");
}

Result<std::string> MemoryChain::exported() {
  const auto& chain = local_.chain();
  std::ostringstream out;
  ledger::ChainFileWriter writer(out);
  Status written = writer.begin(chain.genesis());
  for (BlockHeight height{1}; written && height <= chain.head().header.height; height = height.next()) {
    const auto block = chain.block(height);
    if (!block) return block.error();
    written = writer.add(**block);
  }
  if (written) written = writer.finish();
  if (!written) return written.error();
  return out.str();
}

}  // namespace

std::unique_ptr<TestChain> make_memory_chain() {
  return std::make_unique<MemoryChain>();
}

}  // namespace tally::rulebook
