#include "node/execution.h"

namespace tally::node {

void Execution::start(Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
  loop_.start({});
}

void Execution::execute(consensus::Decided decided) {
  loop_.post([this, decided = std::move(decided)] {
    if (!failed_) execute_now(decided);
  });
}

void Execution::install(std::vector<ledger::CertifiedBlock> blocks, std::function<void(Status)> done) {
  loop_.post([this, blocks = std::move(blocks), done = std::move(done)] {
    if (!failed_) done(install_now(blocks));
  });
}

void Execution::finalise(consensus::CheckpointCertificate certificate) {
  loop_.post([this, certificate = std::move(certificate)] {
    if (!failed_) finalise_now(certificate);
  });
}

void Execution::recover(consensus::EpochRecovery recovery, std::function<void(Status)> done) {
  loop_.post([this, recovery = std::move(recovery), done = std::move(done)] {
    if (!failed_) done(recover_now(recovery));
  });
}

std::optional<BatchPtr> Execution::batch_of(const consensus::Decided& decided) {
  if (!decided.body) return BatchPtr{};
  if (BatchPtr batch = decoded_.take(decided.digest)) return batch;
  auto again = decode<ledger::Batch>(decided.body->bytes);
  if (again) return std::make_shared<const ledger::Batch>(std::move(again).value());
  // A quorum accepted it, so its bytes were good: this is damage here.
  fail(make_error(ErrorCode::storage_failed, "batch", "a decided batch cannot be decoded"));
  return std::nullopt;
}

Execution::NextEpoch Execution::next_epoch() const {
  return chain_.ending() ? NextEpoch(chain_.validators()) : std::nullopt;
}

void Execution::execute_now(const consensus::Decided& decided) {
  const bool is_void = decided.epoch < chain_.validators().epoch;
  // Catch-up may have brought this block first.
  if (!is_void && decided.seq <= chain_.head().header.height) return;
  const auto batch = batch_of(decided);
  if (!batch) return;
  if (is_void) {
    std::vector<TransactionId> ids;
    if (*batch)
      for (const auto& transaction : (*batch)->transactions) ids.push_back(ledger::id_of(transaction.body));
    return callbacks_.voided(ids);
  }
  const ByteView bytes = decided.body ? ByteView(decided.body->bytes) : ByteView{};
  const auto applied = chain_.apply(decided.seq, batch->get(), bytes, decided.digest);
  if (!applied) return fail(applied.error());
  after_block(*applied);
  if (!failed_) callbacks_.executed(decided.seq, applied->digest, applied->next_epoch);
}

Status Execution::recover_now(const consensus::EpochRecovery& recovery) {
  if (recovery.statement.ended < chain_.validators().epoch) return {};
  if (Status begun = chain_.begin_epoch(recovery); !begun) {
    if (begun.error().code == ErrorCode::storage_failed) fail(begun.error());
    return begun;
  }
  if (recovery.certificate) finalise_now(*recovery.certificate);
  callbacks_.recovered(chain_.validators(), chain_.head().digest);
  return {};
}

Status Execution::install_now(const std::vector<ledger::CertifiedBlock>& blocks) {
  for (const auto& block : blocks) {
    const BlockHeight head = chain_.head().header.height;
    if (block.header.height < head) continue;
    // Applying a block makes its certificate final in the chain, but nobody else has heard of that yet.
    const bool news = block.certificate && block.header.height > chain_.final_height();
    if (block.header.height > head) {
      for (const auto& recovery : block.recoveries)
        if (Status begun = recover_now(recovery); !begun) return begun;
      const auto applied = chain_.apply_certified(block);
      if (!applied) return applied.error();
      after_block(*applied);
    }
    // The head may have been executed from votes and lack its certificate: an epoch's last block is fetched for it.
    if (!news) continue;
    finalise_now(*block.certificate);
    if (!failed_) callbacks_.installed(*block.certificate, next_epoch());
  }
  return {};
}

Result<Applied> Execution::head() const {
  return describe(chain_.head().header);
}

Result<Applied> Execution::describe(const ledger::BlockHeader& header) const {
  Applied out{header.height, header.time, {}, std::nullopt, header.time.next()};
  const auto due = chain_.next_due();
  if (!due) return due.error();
  out.next_due = *due;
  if (chain_.genesis().clock == ledger::ClockMode::test) {
    const auto clock = store_.get(storage::Column::state, as_bytes(ledger::kTestClockKey));
    if (!clock) return clock.error();
    if (*clock) {
      const auto time = decode<TimestampMs>(**clock);
      if (!time) return make_error(ErrorCode::storage_failed, "sys/clock", "is damaged");
      out.next_time = std::max(out.next_time, *time);
    }
  }
  return out;
}

void Execution::after_block(const ledger::AppliedBlock& block) {
  auto applied = describe(block.header);
  if (!applied) return fail(applied.error());
  applied->ends_epoch = block.next_epoch.has_value();
  for (const auto& receipt : block.receipts.receipts) {
    applied->transactions.push_back(receipt.transaction);
    applied->operations += receipt.results.size();
  }
  callbacks_.applied(*applied);
  waiting_.emplace(block.header.height, std::move(applied->transactions));
}

void Execution::finalise_now(const consensus::CheckpointCertificate& certificate) {
  if (Status recorded = chain_.record_certificate(certificate); !recorded) return fail(recorded.error());
  const BlockHeight final = chain_.final_height();
  std::vector<TransactionId> ids;
  while (!waiting_.empty() && waiting_.begin()->first <= final) {
    const auto& block = waiting_.begin()->second;
    ids.insert(ids.end(), block.begin(), block.end());
    waiting_.erase(waiting_.begin());
  }
  callbacks_.final(final, ids);
}

void Execution::fail(const Error& error) {
  failed_ = true;
  callbacks_.failed(error);
}

}  // namespace tally::node
