#include "sim/checkers/locks.h"

namespace tally::sim {

using namespace consensus;

void Locks::on_decided(const Office& office, const Decided& decided) {
  const auto [place, added] =
      decided_.try_emplace({decided.epoch, decided.seq}, Decision{decided.view, decided.digest});
  Decision& first = place->second;
  if (!added && first.digest != decided.digest)
    return breaches_.add("locks", name_of(office) + " decided another batch at number " +
                                      std::to_string(decided.seq.value) + " of epoch " +
                                      std::to_string(decided.epoch.value));
  if (!added && decided.view >= first.view) return;
  first.view = decided.view;
  for (const auto& [view, digest] : proposed_again_[place->first])
    if (view > decided.view && digest != decided.digest)
      breaches_.add("locks", "O of view " + std::to_string(view.value) + " has another batch at number " +
                                 std::to_string(decided.seq.value) + " than was decided in view " +
                                 std::to_string(decided.view.value));
}

void Locks::on_new_view(const Office& office, const SignedNewView& message) {
  if (office.driver()->replica() == nullptr || message.replica != office.driver()->self() ||
      message.body.epoch != office.driver()->validators().epoch)
    return;
  for (const auto& pre_prepare : message.body.pre_prepares) {
    const Vote& vote = pre_prepare.vote;
    proposed_again_[{vote.epoch, vote.seq}].emplace(vote.view, vote.digest);
    const auto found = decided_.find({vote.epoch, vote.seq});
    if (found == decided_.end() || found->second.view >= vote.view || found->second.digest == vote.digest) continue;
    breaches_.add("locks", name_of(office) + "'s O of view " + std::to_string(vote.view.value) +
                               " has another batch at number " + std::to_string(vote.seq.value) +
                               " than was decided in view " + std::to_string(found->second.view.value));
  }
}

}  // namespace tally::sim
