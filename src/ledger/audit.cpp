#include "ledger/audit.h"

#include "ledger/chain_file.h"

namespace tally::ledger {

namespace {

// Blocks whose signatures are checked ahead of the block that is executed, however small they are.
constexpr std::size_t kBlocksAhead = 256;
// Of what takes memory beside the caches, such as the store's own, enough is left of half a gigabyte.
constexpr std::size_t kStateCacheBytes = 112 * limits::kMiB;
constexpr std::size_t kTreeCacheBytes = 160 * limits::kMiB;

ChainOptions replay_options(bool store_unread) {
  ChainOptions options;
  options.final_views = false;
  options.keep_blocks = false;
  options.sync = false;
  if (store_unread) {
    options.write_back = WriteBack::when_full;
    options.state_cache_bytes = kStateCacheBytes;
    options.tree_cache_bytes = kTreeCacheBytes;
  }
  return options;
}

std::string without_is(std::string problem) {
  if (problem.starts_with("is ")) problem.erase(0, 3);
  return problem;
}

AuditFailure failure_of(BlockHeight height, const Error& error) {
  return {height, error.field, error.expected, without_is(error.problem), error.code};
}

}  // namespace

Auditor::Auditor(const Genesis& genesis, Executor& executor, AuditOptions options)
    : options_(std::move(options)), executor_(executor) {
  const ChainId chain = chain_id(genesis);
  verdict_.chain = chain;
  verdict_.name = genesis.name;
  verdict_.clock = genesis.clock;
  ground_ = {chain, validator_set(genesis), crypto::make_verifier(chain)};
  verdict_.epochs.push_back(ground_.validators);
  if (options_.expected_chain && *options_.expected_chain != chain) {
    fail({}, make_error(ErrorCode::wrong_chain, "genesis", "is " + chain.hex(), options_.expected_chain->hex()));
    return;
  }
  if (options_.store == nullptr) own_store_ = storage::make_memory_store();
  storage::Store& store = own_store_ ? *own_store_ : *options_.store;
  auto opened = Chain::open(store, genesis, executor_, *ground_.verifier,
                            replay_options(own_store_ != nullptr || options_.store_unread));
  if (!opened) {
    fail({}, opened.error());
    return;
  }
  chain_ = std::move(opened).value();
  verdict_.state_root = chain_->head().header.state_root;
  pool_ = std::make_unique<WorkPool>(options_.threads);
}

Auditor::~Auditor() = default;

void Auditor::fail(BlockHeight height, const Error& error) {
  if (!verdict_.failure) verdict_.failure = failure_of(height, error);
}

bool Auditor::feed(CertifiedBlock block) {
  if (verdict_.failure) return false;
  // The set of another epoch is known once all blocks before it are executed.
  if (block.header.epoch != ground_.validators.epoch) {
    while (!window_.empty() && !verdict_.failure) judge_oldest();
    if (verdict_.failure || !begin_epochs(block)) return false;
    ground_.validators = chain_->validators();
  }
  auto checks = std::make_shared<BlockChecks>(std::move(block), ground_);
  checks->start(*pool_);
  window_bytes_ += checks->block().batch.size();
  window_.push_back(std::move(checks));
  while (!verdict_.failure && window_.size() > 1 &&
         (window_bytes_ > options_.ahead_bytes || window_.size() > kBlocksAhead))
    judge_oldest();
  return !verdict_.failure;
}

// The epochs that the members began after a halt (consensus rule 6), whose documents its first block carries.
bool Auditor::begin_epochs(const CertifiedBlock& block) {
  for (const auto& recovery : block.recoveries) {
    Status begun;
    // Otherwise the document carries it.
    if (!recovery.certificate && verdict_.verified_until != chain_->head().header.height)
      begun = make_error(ErrorCode::bad_certificate, "certificate", "is missing for the block before",
                         "one by the validators of its epoch");
    else
      begun = chain_->begin_epoch(recovery);
    if (!begun) {
      fail(block.header.height, Error(begun.error()).within("recoveries"));
      return false;
    }
    verdict_.verified_until = chain_->head().header.height;
    verdict_.epochs.push_back(chain_->validators());
  }
  return true;
}

void Auditor::judge_oldest() {
  const auto checks = std::move(window_.front());
  window_.pop_front();
  window_bytes_ -= checks->block().batch.size();
  const BlockHeight height = chain_->head().header.height.next();
  if (auto judged = judge(*checks); !judged) {
    fail(height, judged.error());
  } else if (options_.progress) {
    options_.progress(verdict_);
  }
}

Status Auditor::judge(BlockChecks& checks) {
  const CertifiedBlock& block = checks.block();
  const ChainHead head = chain_->head();
  const auto alone = checks.wait();
  if (auto follows = check_follows(head.header, head.digest, block.header); !follows) return follows;
  // A set that vouched for the block that appointed it would prove nothing.
  if (chain_->ending() && verdict_.verified_until != head.header.height)
    return make_error(ErrorCode::bad_certificate, "certificate",
                      "is missing for block " + std::to_string(head.header.height.value) + ", the last of its epoch",
                      "one by the validators of that epoch");
  if (!alone) return alone;
  if (auto executed = execute(checks); !executed) return executed;
  ++verdict_.blocks;
  verdict_.client_signatures += checks.signatures();
  if (block.certificate) {
    ++verdict_.certificates;
    verdict_.validator_signatures += block.certificate->signatures.size();
    verdict_.verified_until = block.header.height;
    // Named by a block that its own epoch has certified.
    if (chain_->ending()) verdict_.epochs.push_back(chain_->validators());
  }
  return {};
}

Status Auditor::execute(const BlockChecks& checks) {
  const CertifiedBlock& block = checks.block();
  const Batch* batch = checks.batch() ? &*checks.batch() : nullptr;
  const auto made = chain_->apply(block.header.height, batch, block.batch, block.header.batch, &checks.facts());
  if (!made) return made.error();
  if (auto same = check_same(block.header, made->header); !same) return same;
  verdict_.state_root = made->header.state_root;
  if (options_.observe) options_.observe({block, batch, made->receipts});
  if (batch == nullptr) return {};
  verdict_.transactions += batch->transactions.size();
  for (const auto& transaction : batch->transactions) verdict_.operations += transaction.body.operations.size();
  return {};
}

void Auditor::judge_all() {
  while (!window_.empty() && !verdict_.failure) judge_oldest();
  window_.clear();
}

AuditVerdict Auditor::finish() {
  judge_all();
  if (!verdict_.failure && chain_->head().header.height != verdict_.verified_until)
    fail(chain_->head().header.height, make_error(ErrorCode::bad_certificate, "certificate", "missing",
                                                  "one for the last block, which no later one covers"));
  verdict_.passed = !verdict_.failure;
  return verdict_;
}

AuditVerdict Auditor::finish_broken(BlockHeight height, const Error& error) {
  judge_all();
  fail(height, error);
  return verdict_;
}

AuditVerdict audit_chain_file(std::istream& in, Executor& executor, const AuditOptions& options) {
  auto reader = ChainFileReader::open(in);
  if (!reader) {
    AuditVerdict verdict;
    verdict.failure = failure_of({}, reader.error());
    return verdict;
  }
  Auditor auditor(reader->genesis(), executor, options);
  for (BlockHeight height{1};; height = height.next()) {
    auto block = reader->next();
    if (!block) return auditor.finish_broken(height, block.error());
    if (!*block || !auditor.feed(std::move(**block))) return auditor.finish();
  }
}

}  // namespace tally::ledger
