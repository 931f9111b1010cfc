// The change of epoch that no block makes: the members' decision after a halt (consensus rule 6).
#include "ledger/chain.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using consensus::EpochRecovery;

namespace {

std::string number(BlockHeight height) {
  return std::to_string(height.value);
}

}  // namespace

Status Chain::begin_epoch(const EpochRecovery& recovery) {
  const auto& statement = recovery.statement;
  if (statement.ended < validators_.epoch) {
    const auto held = recovery_of(Epoch{statement.ended.value + 1});
    if (!held) return held.error();
    if (*held && (*held)->statement == statement) return {};
    return make_error(ErrorCode::broken_chain, "statement.ended",
                      "is epoch " + std::to_string(statement.ended.value) + ", which ended here otherwise",
                      "epoch " + std::to_string(validators_.epoch.value));
  }
  const BlockHeight head = head_.header.height;
  if (statement.height != head)
    return make_error(ErrorCode::broken_chain, "statement.height",
                      "is " + number(statement.height) + ", and this node has executed block " + number(head),
                      head < statement.height ? "the blocks up to there first" : "the blocks above to be undone first");
  if (statement.header != head_.digest)
    return make_error(ErrorCode::broken_chain, "statement.header", "is " + statement.header.hex(),
                      head_.digest.hex() + ", our block " + number(head));
  if (auto good = check_recovery(recovery, validators_, verifier_); !good) return good;
  // A replay keeps no certificates: whoever feeds it has seen to it.
  if (options_.keep_blocks && !recovery.certificate && final_height_ < head)
    return make_error(ErrorCode::not_final, "statement.height",
                      "is " + number(head) + ", the last block of the epoch before, which has no certificate here",
                      "its certificate first");
  storage::WriteBatch batch;
  const auto next = next_epoch(recovery, validators_);
  put_validators(batch, next);
  put_recovery(batch, recovery);
  if (recovery.certificate) put_certificate(batch, *recovery.certificate);
  if (auto written = store_.write(batch, storage::Sync::yes); !written) return written;
  enter(next);
  if (recovery.certificate) make_final(*recovery.certificate);
  return {};
}

void Chain::enter(consensus::ValidatorSet next) {
  const std::lock_guard lock(mutex_);
  std::swap(validators_, next);
  // If a block ended its epoch here too, it is that block's set that certified it.
  if (!ending_) ending_ = std::move(next);
}

// After a restart: the head may be the block after which the members began an epoch.
Status Chain::load_recoveries() {
  for (;;) {
    const auto recovery = storage::value_or_throw(recovery_of(Epoch{validators_.epoch.value + 1}));
    if (!recovery || recovery->statement.height != head_.header.height) return {};
    enter(next_epoch(*recovery, validators_));
  }
}

Result<std::optional<EpochRecovery>> Chain::recovery_of(Epoch epoch) const {
  return read_recovery(store_, epoch);
}

}  // namespace tally::ledger
