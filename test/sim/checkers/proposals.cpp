#include "sim/checkers/proposals.h"

namespace tally::sim {

using namespace consensus;

void Proposals::on_sent(const Office& office, const Message& message, const crypto::Verifier& verifier) {
  const SignedVote* signed_vote = vote_in(message);
  if (signed_vote == nullptr || !own(office, signed_vote->replica, signed_vote->vote.epoch)) return;
  const Vote& vote = signed_vote->vote;
  const auto* proposal = std::get_if<Proposal>(&message);
  // What is final needs no votes any more, and their records are gone.
  const bool final = vote.seq <= office.driver()->replica()->stable();
  if (final || (vote.phase != Phase::prepare && proposal == nullptr)) return;
  if (!checked_.emplace(office.identity, vote.epoch, vote.phase, vote.view, vote.seq).second) return;
  if (vote.phase == Phase::prepare) {
    check_answered(office, vote, verifier);
    const auto body = on_disk(office, BodyRecord{vote.seq, vote.digest, {}});
    if (body) check_batch(office, vote, body->bytes);
  } else {
    check_batch(office, vote, proposal->batch);
  }
}

void Proposals::check_answered(const Office& office, const Vote& prepare, const crypto::Verifier& verifier) {
  Vote wanted = prepare;
  wanted.phase = Phase::pre_prepare;
  // Without one, the checker of votes speaks.
  const auto accepted = on_disk(office, AcceptedRecord{{wanted, {}, {}}});
  if (!accepted) return;
  const SignedVote& answered = accepted->pre_prepare;
  const auto& validators = office.driver()->validators();
  if (answered.replica != validators.primary(prepare.view) || answered.vote != wanted ||
      !authenticate(answered, validators, verifier))
    breaches_.add("proposals", name_of(office) + " sent " + text_of(prepare) + " in answer to what replica " +
                                   std::to_string(answered.replica.value) +
                                   " proposed, which the primary of that view did not sign");
}

void Proposals::check_batch(const Office& office, const Vote& vote, ByteView bytes) {
  const auto batch = decode<Batch>(bytes);
  const bool good = batch && std::all_of(batch->transactions.begin(), batch->transactions.end(),
                                         [this](const Transaction& it) { return issued_(it); });
  if (!good)
    breaches_.add("proposals",
                  name_of(office) + " sent " + text_of(vote) + " for a batch that holds what no client signed");
}

}  // namespace tally::sim
