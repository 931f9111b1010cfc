#include "sim/checkers/accusations.h"

#include "consensus/authentic.h"

namespace tally::sim {

using namespace consensus;

namespace {

bool contradict(const SignedVote& left, const SignedVote& right) {
  return std::tie(left.vote.epoch, left.vote.phase, left.vote.view, left.vote.seq) ==
             std::tie(right.vote.epoch, right.vote.phase, right.vote.view, right.vote.seq) &&
         left.vote.digest != right.vote.digest;
}
bool contradict(const SignedCheckpoint& left, const SignedCheckpoint& right) {
  return std::tie(left.vote.epoch, left.vote.height) == std::tie(right.vote.epoch, right.vote.height) &&
         left.vote.header != right.vote.header;
}
bool contradict(const SignedViewChange& left, const SignedViewChange& right) {
  return std::tie(left.body.epoch, left.body.new_view) == std::tie(right.body.epoch, right.body.new_view) &&
         left.body != right.body;
}
bool contradict(const SignedNewView& left, const SignedNewView& right) {
  return std::tie(left.body.epoch, left.body.view) == std::tie(right.body.epoch, right.body.view) &&
         left.body != right.body;
}

}  // namespace

void Accusations::on_evidence(const Office& office, const Evidence& evidence, bool may_be_guilty,
                              const ValidatorSet& validators, const crypto::Verifier& verifier) {
  const std::string accused =
      "replica " + std::to_string(evidence.replica.value) + " of epoch " + std::to_string(validators.epoch.value);
  if (!may_be_guilty) breaches_.add("evidence", name_of(office) + " accuses " + accused + ", which is honest");
  const auto proves = [&](const auto& pair) {
    const auto& [first, second] = pair;
    return first.replica == evidence.replica && second.replica == evidence.replica && contradict(first, second) &&
           authenticate(first, validators, verifier).has_value() &&
           authenticate(second, validators, verifier).has_value();
  };
  if (!std::visit(proves, evidence.votes))
    breaches_.add("evidence", name_of(office) + " accuses " + accused + " with what proves nothing");
}

}  // namespace tally::sim
