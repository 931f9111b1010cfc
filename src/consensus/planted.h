// Purpose: bugs on purpose, to prove that the simulator's checkers find them: each takes one guard away, in a build of
// its own for tests (TALLY_PLANTED_BUGS). In every other build planted() is constant false and nothing of this is left.
// Thread rule: pure.
#pragma once

#include <cstdint>
#include <optional>

namespace tally::consensus {

enum class Bug : std::uint8_t {
  prepare_quorum_small,        // prepared with one PREPARE too few
  commit_quorum_small,         // committed with one COMMIT too few
  checkpoint_quorum_small,     // stable with one CHECKPOINT too few
  votes_for_any_digest_count,  // a COMMIT for another digest counts
  proposal_of_anyone,          // PRE-PREPARE is taken from whoever sends it
  second_proposal,             // a second digest is accepted for one (view, number)
  batch_unchecked,             // PREPARE before the node has checked the batch
  prepare_after_view_change,   // PRE-PREPARE is accepted, and votes go on, while the view changes
  double_vote,                 // an earlier vote for another digest is no obstacle
  sends_before_persist,        // messages leave before their records are on disk
  vote_not_kept,               // a vote leaves no record
  batch_not_kept,              // PREPARE leaves no record of the batch
  prepared_not_kept,           // COMMIT leaves no record of the prepared certificate
  votes_forgotten,             // a restart forgets its own votes
  view_forgotten,              // a restart begins in view 0
  prepared_forgotten,          // a restart forgets prepared certificates
  view_change_leaves_out,      // VIEW-CHANGE carries no prepared certificates
  lowest_view_wins,            // O takes the certificate of the lowest view
  null_in_new_view,            // O has the null batch in place of what was prepared
  new_view_drops_last,         // O leaves out its last number
  new_view_unchecked,          // a backup takes O as it comes
  window_open,                 // numbers above h+L are taken
  stable_too_early,            // what is executed is forgotten before it is stable
  epoch_goes_on,               // votes above the last block of the epoch
  next_epoch_early,            // the next epoch begins before the last block has its certificate
  out_of_order,                // a later batch is handed over before an earlier one
  executes_null_for_missing,   // a batch whose bytes are missing is taken for the null batch
  signs_while_recovering,      // votes although own votes were lost
  resumes_at_once,             // recovery ends as soon as it knows where the others are
  evidence_across_views,       // votes of different views count as a contradiction
  second_view_change,          // a VIEW-CHANGE is signed anew when it is sent again
  proposes_over_o,             // a new primary's first proposal stands inside its O
  timer_stopped,               // nobody ever gives up on a primary
  status_unanswered,           // what is missing is not sent again
  behind_unnoticed,            // nothing is fetched: neither certificates nor STATUS tell that blocks are missing
  join_of_one                  // one VIEW-CHANGE is enough to join
};
inline constexpr std::size_t kBugs = 36;

#ifdef TALLY_PLANTED_BUGS
using Planted = std::optional<Bug>;
constexpr bool planted(const Planted& bug, Bug asked) {
  return bug == asked;
}
#else
struct Planted {};
constexpr bool planted(Planted, Bug) {
  return false;
}
static_assert(!planted({}, Bug::double_vote), "nothing is planted in what is shipped");
#endif

}  // namespace tally::consensus
