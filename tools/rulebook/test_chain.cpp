#include "rulebook/test_chain.h"

namespace tally::rulebook {

Status LocalChain::open(const ledger::Genesis& genesis) {
  verifier_ = crypto::make_verifier(ledger::chain_id(genesis));
  auto opened = ledger::Chain::open(*store_, genesis, engine_, *verifier_);
  if (!opened) return opened.error();
  chain_ = std::move(opened).value();
  return {};
}

TimestampMs LocalChain::next_block_time() const {
  const TimestampMs earliest = chain_->head().header.time.next();
  const auto clock = store_->get(storage::Column::state, as_bytes(ledger::kTestClockKey));
  if (!clock || !*clock) return earliest;
  const auto time = decode<TimestampMs>(**clock);
  return time ? std::max(earliest, *time) : earliest;
}

Result<bool> LocalChain::something_due() {
  const auto due = chain_->next_due();
  if (!due) return due.error();
  return *due && **due <= next_block_time();
}

}  // namespace tally::rulebook
