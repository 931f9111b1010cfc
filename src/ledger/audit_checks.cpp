#include "ledger/audit_checks.h"

namespace tally::ledger {

namespace {

// Signatures per task: about two milliseconds of work.
constexpr std::size_t kSignaturesPerTask = 32;
// Errors are ordered body, certificate, then transactions.
constexpr std::size_t kBodyOrder = 0;
constexpr std::size_t kCertificateOrder = 1;
constexpr std::size_t kTransactionsOrder = 2;

}  // namespace

void BlockChecks::start(WorkPool& pool) {
  open_ = 1;
  pool.submit([self = shared_from_this(), &pool] { self->check_body(pool); });
}

Status BlockChecks::wait() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return open_ == 0; });
  if (error_) return *error_;
  return {};
}

void BlockChecks::fail(std::size_t order, Error error) {
  const std::lock_guard lock(mutex_);
  if (error_ && error_order_ <= order) return;
  error_order_ = order;
  error_ = std::move(error);
}

void BlockChecks::finish_one() {
  const std::lock_guard lock(mutex_);
  if (--open_ == 0) done_.notify_all();
}

Status BlockChecks::decode_body() {
  const Digest digest = block_.batch.empty() ? consensus::kNullBatch : consensus::batch_digest(block_.batch);
  if (digest != block_.header.batch)
    return make_error(ErrorCode::root_mismatch, "header.batch", "is " + block_.header.batch.hex(),
                      digest.hex() + ", the digest of its batch");
  if (block_.batch.empty()) {
    facts_ = facts_of(nullptr);
    return {};
  }
  auto batch = decode<Batch>(block_.batch);
  if (!batch) return Error(batch.error()).within("batch");
  batch_ = std::move(batch).value();
  if (auto good = check_batch(*batch_, block_.batch.size(), ground_.chain, ground_.validators.quorum()); !good)
    return good;
  facts_ = facts_of(&*batch_);
  return {};
}

void BlockChecks::check_body(WorkPool& pool) {
  if (auto body = decode_body(); !body) {
    fail(kBodyOrder, body.error());
  } else if (batch_) {
    const std::size_t count = batch_->transactions.size();
    for (const auto& transaction : batch_->transactions) signatures_ += transaction.signatures.size();
    for (std::size_t first = 0; first < count; first += kSignaturesPerTask) {
      {
        const std::lock_guard lock(mutex_);
        ++open_;
      }
      pool.submit([self = shared_from_this(), first, size = std::min(kSignaturesPerTask, count - first)] {
        self->check_some_signatures(first, size);
        self->finish_one();
      });
    }
  }
  if (block_.certificate) {
    if (auto final = check_final(block_.header, *block_.certificate, ground_.validators, *ground_.verifier); !final)
      fail(kCertificateOrder, final.error());
  }
  finish_one();
}

void BlockChecks::check_some_signatures(std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) {
    const auto& transaction = batch_->transactions[i];
    if (auto good = check_signatures(transaction, facts_.ids[i]); !good) {
      fail(kTransactionsOrder + i, Error(good.error()).within("batch.transactions[" + std::to_string(i) + "]"));
      return;
    }
  }
}

}  // namespace tally::ledger
