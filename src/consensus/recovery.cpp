#include "consensus/recovery.h"

#include <algorithm>

namespace tally::consensus {

void Recovery::restore(bool complete, const std::optional<LostRecord>& lost) {
  if (lost) {
    active_ = !lost->over();
    resume_ = lost->resume;
  } else if (!complete) {
    votes_lost();
  }
}

void Recovery::votes_lost() {
  // A single replica has nobody to ask and nobody to contradict.
  if (active_ || context_.quorum.n == 1) return;
  active_ = true;
  resume_.reset();
  std::fill(heard_.begin(), heard_.end(), std::nullopt);
  context_.ready.persist.emplace_back(LostRecord{context_.epoch(), std::nullopt});
  context_.ready.votes_lost = true;
}

void Recovery::heard(ReplicaIndex replica, BlockHeight stable) {
  if (active_ && !resume_ && replica != context_.self()) heard_[replica.value] = stable;
}

void Recovery::settle(BlockHeight certified, BlockHeight stable) {
  if (!active_) return;
  if (!resume_) {
    const auto proven = static_cast<std::uint32_t>(std::count_if(
        heard_.begin(), heard_.end(), [&](const auto& height) { return height && *height <= certified; }));
    if (proven < std::min(context_.quorum.q(), context_.quorum.n - 1)) return;
    resume_ = context_.lacks(Bug::resumes_at_once) ? certified : certified.plus(2 * context_.configuration.window);
    context_.ready.persist.emplace_back(LostRecord{context_.epoch(), resume_});
  }
  if (stable < *resume_) return;
  active_ = false;
  // From here on every vote is kept again.
  context_.ready.persist.emplace_back(LostRecord{context_.epoch(), LostRecord::kOver});
  context_.ready.persist.emplace_back(InitRecord{});
}

}  // namespace tally::consensus
