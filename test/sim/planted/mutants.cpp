#include "sim/planted/mutants.h"

namespace tally::sim {

using consensus::Bug;

const std::vector<Mutant>& mutants() {
  static const std::vector<Mutant> list = {
      {Bug::prepare_quorum_small, "prepare_quorum_small", 1000},
      {Bug::commit_quorum_small, "commit_quorum_small", 1000},
      {Bug::checkpoint_quorum_small, "checkpoint_quorum_small", 500},
      {Bug::votes_for_any_digest_count, "votes_for_any_digest_count", 1000},
      {Bug::second_proposal, "second_proposal", 500},
      {Bug::double_vote, "double_vote", 1000},
      {Bug::sends_before_persist, "sends_before_persist", 500},
      {Bug::vote_not_kept, "vote_not_kept", 500},
      {Bug::batch_not_kept, "batch_not_kept", 500},
      {Bug::prepared_not_kept, "prepared_not_kept", 500},
      {Bug::votes_forgotten, "votes_forgotten", 1000},
      {Bug::view_forgotten, "view_forgotten", 1000},
      {Bug::prepared_forgotten, "prepared_forgotten", 1000},
      {Bug::view_change_leaves_out, "view_change_leaves_out", 1000},
      {Bug::lowest_view_wins, "lowest_view_wins", 1000},
      {Bug::null_in_new_view, "null_in_new_view", 1000},
      {Bug::new_view_drops_last, "new_view_drops_last", 1000},
      {Bug::window_open, "window_open", 500},
      {Bug::stable_too_early, "stable_too_early", 1000},
      {Bug::next_epoch_early, "next_epoch_early", 1000},
      {Bug::out_of_order, "out_of_order", 500},
      {Bug::executes_null_for_missing, "executes_null_for_missing", 1000},
      {Bug::evidence_across_views, "evidence_across_views", 1000},
      {Bug::second_view_change, "second_view_change", 500},
      {Bug::proposes_over_o, "proposes_over_o", 1000},
      {Bug::timer_stopped, "timer_stopped", 500},
      {Bug::status_unanswered, "status_unanswered", 500},
      {Bug::join_of_one, "join_of_one", 1000},
      {Bug::batch_unchecked, "batch_unchecked", 500},
      {Bug::proposal_of_anyone, "proposal_of_anyone", 500},
      {Bug::prepare_after_view_change, "prepare_after_view_change", 500},
      {Bug::epoch_goes_on, "epoch_goes_on", 500},
      {Bug::signs_while_recovering, "signs_while_recovering", 500},
      {Bug::resumes_at_once, "resumes_at_once", 500},
      {Bug::new_view_unchecked, "new_view_unchecked", 500},
      {Bug::behind_unnoticed, "behind_unnoticed", 500},
  };
  static_assert(consensus::kBugs == 36, "every planted bug is hunted");
  return list;
}

MutantResult hunt(const Mutant& mutant, std::uint64_t first) {
  MutantResult out;
  for (; out.seeds < mutant.seeds_max;) {
    Plan plan;
    plan.seed = first + out.seeds++;
    plan.planted = mutant.bug;
    const Outcome outcome = World(plan).run();
    if (outcome.good()) continue;
    out.breach = outcome.breaches.front();
    out.found = true;
    out.seed = plan.seed;
    return out;
  }
  return out;
}

}  // namespace tally::sim
