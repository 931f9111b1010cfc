#include "ledger/rebuild.h"

#include "ledger/prune.h"

namespace tally::ledger {

Status rebuild_until(const storage::Reader& from, storage::Store& to, const Genesis& genesis, Executor& executor,
                     const crypto::Verifier& verifier, const consensus::EpochRecovery& recovery,
                     const std::function<void(BlockHeight)>& progress) {
  const auto first = read_first_block(from);
  if (!first) return first.error();
  if (first->value > 1)
    return make_error(ErrorCode::pruned, "statement.height",
                      "is " + std::to_string(recovery.statement.height.value) +
                          ", and this node lacks the blocks below " + std::to_string(first->value) +
                          ", from which it would execute again up to there",
                      "`tally restore` from an archive or a chain file first; or, while a quorum of others runs, an "
                      "emptied data directory that joins them anew");
  ChainOptions options;
  options.final_views = false;
  auto opened = Chain::open(to, genesis, executor, verifier, options);
  if (!opened) return opened.error();
  Chain& chain = **opened;
  const BlockHeight last = recovery.statement.height;
  for (BlockHeight height{1}; height <= last; height = height.next()) {
    auto block = read_block(from, height);
    if (!block) return block.error();
    if (!*block)
      return make_error(ErrorCode::broken_chain, "statement.height",
                        "is " + std::to_string(last.value) + ", and this node holds the blocks below " +
                            std::to_string(height.value) + " only",
                        "nothing to be undone: the node fetches what is missing by itself");
    if (auto applied = chain.apply_certified(**block); !applied) return applied.error();
    if (progress) progress(height);
  }
  return chain.begin_epoch(recovery);
}

}  // namespace tally::ledger
