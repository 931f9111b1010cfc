#include "node/execution.h"

#include "storage/storage_failure.h"

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

void Execution::execute_now(const consensus::Decided& decided) {
  // Catch-up may have brought this block first.
  if (decided.seq <= chain_.height()) return;
  BatchPtr batch;
  if (decided.body) {
    batch = decoded_.take(decided.digest);
    if (!batch) {
      auto again = decode<ledger::Batch>(decided.body->bytes);
      if (!again) {
        // A quorum accepted it, so its bytes were good: this is damage here.
        fail(make_error(ErrorCode::storage_failed, "batch", "a decided batch cannot be decoded"));
        return;
      }
      batch = std::make_shared<const ledger::Batch>(std::move(again).value());
    }
  }
  try {
    const ByteView bytes = decided.body ? ByteView(decided.body->bytes) : ByteView{};
    auto applied = chain_.apply(decided.seq, batch.get(), bytes);
    if (!applied) return fail(applied.error());
    after_block(decided.seq, std::move(applied->transactions));
    callbacks_.executed(decided.seq, applied->header_digest);
  } catch (const storage::StorageFailure& failure) {
    fail(failure.error());
  }
}

Status Execution::install_now(const std::vector<ledger::CertifiedBlock>& blocks) {
  try {
    for (const auto& block : blocks) {
      if (block.header.height <= chain_.height()) continue;
      auto applied = chain_.apply_certified(block);
      if (!applied) return applied.error();
      after_block(block.header.height, std::move(applied->transactions));
      if (block.certificate) {
        finalise_now(*block.certificate);
        callbacks_.installed(*block.certificate);
      }
    }
  } catch (const storage::StorageFailure& failure) {
    fail(failure.error());
    return failure.error();
  }
  return {};
}

void Execution::after_block(BlockHeight height, std::vector<TransactionId> ids) {
  callbacks_.applied(height, ids, chain_.next_due());
  waiting_.emplace(height, std::move(ids));
}

void Execution::finalise_now(const consensus::CheckpointCertificate& certificate) {
  try {
    if (Status recorded = chain_.record_certificate(certificate); !recorded) return fail(recorded.error());
  } catch (const storage::StorageFailure& failure) {
    return fail(failure.error());
  }
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
