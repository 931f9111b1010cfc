#include "consensus/new_view.h"

#include <map>

#include "crypto/digest.h"

namespace tally::consensus {

NewViewContent compute_new_view(std::span<const SignedViewChange> view_changes) {
  NewViewContent out;
  for (const auto& change : view_changes) {
    if (change.body.stable < out.stable || (change.body.stable == out.stable && out.stable_certificate != nullptr))
      continue;
    out.stable = change.body.stable;
    out.stable_certificate = change.body.stable_certificate ? &*change.body.stable_certificate : nullptr;
  }
  // Per number the certificate of the highest view. Two digests in one view would need more than f liars; the
  // greater digest then, so that the order of V decides nothing.
  std::map<SeqNum, Vote> highest;
  for (const auto& change : view_changes) {
    for (const auto& certificate : change.body.prepared) {
      const Vote& vote = certificate.pre_prepare;
      if (vote.seq <= out.stable) continue;
      const auto [entry, added] = highest.try_emplace(vote.seq, vote);
      if (!added && std::tie(entry->second.view, entry->second.digest) < std::tie(vote.view, vote.digest))
        entry->second = vote;
    }
  }
  if (highest.empty()) return out;
  const SeqNum last = highest.rbegin()->first;
  for (SeqNum seq = out.stable.next(); seq <= last; seq = seq.next()) {
    const auto found = highest.find(seq);
    out.proposals.push_back({seq, found == highest.end() ? kNullBatch : found->second.digest});
  }
  return out;
}

bool same_proposals(const std::vector<SignedVote>& pre_prepares, const NewViewContent& content) {
  return std::equal(pre_prepares.begin(), pre_prepares.end(), content.proposals.begin(), content.proposals.end(),
                    [](const SignedVote& vote, const ReProposal& proposal) {
                      return vote.vote.seq == proposal.seq && vote.vote.digest == proposal.digest;
                    });
}

Digest digest_of(const ViewChange& body) {
  return crypto::digest_of(crypto::kViewChangeDomain, body);
}

}  // namespace tally::consensus
