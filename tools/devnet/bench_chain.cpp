#include "devnet/bench_chain.h"

#include "common/limits.h"
#include "crypto/digest.h"

namespace tally::devnet {

namespace {

constexpr std::size_t kValidators = 4;
constexpr std::size_t kSigners = 3;
constexpr std::uint64_t kBlockMs = 1000;
constexpr std::uint64_t kValidityMs = 24ULL * 3600 * 1000;
constexpr std::size_t kHouseholdsPerTransaction = limits::kTransactionOperationsMax / 2;

crypto::SecretKey numbered_key(Byte number) {
  std::array<Byte, 32> seed{};
  seed[0] = number;
  seed[1] = 0xbe;
  return crypto::SecretKey::from_seed(seed);
}

ClientId client_id(std::uint64_t number) {
  ClientId out;
  for (std::size_t i = 0; i < 8; ++i, number >>= 8) out.bytes[i] = static_cast<Byte>(number);
  return out;
}

}  // namespace

Result<std::unique_ptr<BenchChain>> BenchChain::open(storage::Store& store, BenchChainOptions options) {
  auto chain = std::unique_ptr<BenchChain>(new BenchChain(std::move(options)));
  if (auto begun = chain->begin(store); !begun) return begun.error();
  return chain;
}

Status BenchChain::begin(storage::Store& store) {
  ledger::Genesis genesis;
  genesis.name = options_.name;
  genesis.purpose = ledger::Purpose::development;
  genesis.time = kBenchBegin;
  genesis.window = limits::kWatermarkWindow;
  for (std::size_t i = 0; i < kValidators; ++i)
    genesis.validators.push_back({"office " + std::to_string(i), numbered_key(static_cast<Byte>(i)).public_key()});
  for (const auto& operation : options_.cast.operations)
    genesis.operations.push_back(contracts::encode_operation(operation));
  const ChainId chain = ledger::chain_id(genesis);
  for (std::size_t i = 0; i < kSigners; ++i)
    signers_.push_back(crypto::make_signer(numbered_key(static_cast<Byte>(i)), chain));
  verifier_ = crypto::make_verifier(chain);
  auto opened = ledger::Chain::open(store, genesis, engine_, *verifier_, options_.chain);
  if (!opened) return opened.error();
  chain_ = std::move(opened).value();
  return {};
}

Status BenchChain::add(const std::vector<contracts::Operation>& operations) {
  ledger::SignedTransaction transaction;
  auto& body = transaction.body;
  body.chain = chain_->id();
  body.author = officer().key.public_key();
  body.client_id = client_id(++transactions_);
  body.valid_until = time_.plus(kValidityMs);
  body.mode = ledger::Mode::independent;
  for (const auto& operation : operations) body.operations.push_back(contracts::encode_operation(operation));
  add_signature(transaction, officer().key);
  bytes_ += encode(transaction).size();
  operations_ += operations.size();
  batch_.transactions.push_back(std::move(transaction));
  const bool full = bytes_ + limits::kTransactionBytesMax > limits::kBatchBytesMax ||
                    operations_ + limits::kTransactionOperationsMax > limits::kBatchOperationsMax;
  return full ? close() : Status{};
}

Status BenchChain::close() {
  if (batch_.transactions.empty()) return {};
  time_ = time_.plus(kBlockMs);
  batch_.proposed_time = time_;
  const Bytes bytes = encode(batch_);
  const auto applied =
      chain_->apply(chain_->head().header.height.next(), &batch_, bytes, consensus::batch_digest(bytes));
  if (!applied) return applied.error();
  for (const auto& receipt : applied->receipts.receipts)
    for (const auto& result : receipt.results)
      if (result.code != ErrorCode::ok)
        return make_error(ErrorCode::internal, result.rule, "an operation of the bench was refused: " + result.message);
  batch_.transactions.clear();
  bytes_ = 0;
  operations_ = 0;
  const auto certified = certificate(applied->header);
  if (options_.chain.final_views)
    if (auto recorded = chain_->record_certificate(certified); !recorded) return recorded;
  return options_.take({applied->header, bytes, certified});
}

consensus::CheckpointCertificate BenchChain::certificate(const ledger::BlockHeader& header) const {
  consensus::CheckpointCertificate out;
  out.vote = {header.epoch, header.height, ledger::digest_of(header)};
  for (std::uint32_t i = 0; i < kSigners; ++i)
    out.signatures.push_back({ReplicaIndex{i}, sign_checkpoint(out.vote, *signers_[i])});
  return out;
}

Status BenchChain::add_households(const std::vector<SubjectHandle>& households, const contracts::RulebookId& rulebook) {
  for (std::size_t first = 0; first < households.size(); first += kHouseholdsPerTransaction) {
    std::vector<contracts::Operation> operations;
    for (std::size_t i = first; i < std::min(first + kHouseholdsPerTransaction, households.size()); ++i) {
      operations.emplace_back(contracts::RegisterSubject{households[i], contracts::SubjectKind::household,
                                                         officer().unit, Digest{{1}}, std::nullopt, std::nullopt});
      operations.emplace_back(contracts::OpenAccount{rulebook, households[i]});
    }
    if (auto added = add(operations); !added) return added;
  }
  return close();
}

std::vector<SubjectHandle> bench_households(std::uint64_t count) {
  std::vector<SubjectHandle> out(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Digest digest = crypto::digest(crypto::kHandleDomain, encode(i));
    std::copy_n(digest.bytes.begin(), out[i].bytes.size(), out[i].bytes.begin());
  }
  return out;
}

}  // namespace tally::devnet
