#include "sim/checkers/epochs.h"

namespace tally::sim {

using namespace consensus;

void Epochs::on_sent(const Office& office, const Message& message) {
  if (const auto* checkpoint = std::get_if<SignedCheckpoint>(&message);
      checkpoint != nullptr && own(office, checkpoint->replica, checkpoint->vote.epoch))
    check(office, checkpoint->vote.epoch, checkpoint->vote.height,
          "CHECKPOINT " + std::to_string(checkpoint->vote.height.value));
  if (const SignedVote* vote = vote_in(message); vote != nullptr && own(office, vote->replica, vote->vote.epoch))
    check(office, vote->vote.epoch, vote->vote.seq, text_of(vote->vote));
}

void Epochs::check(const Office& office, Epoch epoch, BlockHeight height, const std::string& what) {
  const Ledger& ledger = office.ledger();
  const auto* next = ledger.set_of(Epoch{epoch.value + 1});
  if (next != nullptr && height > next->start)
    breaches_.add("epochs", name_of(office) + " sent " + what + " above block " + std::to_string(next->start.value) +
                                ", which it has executed and which ended epoch " + std::to_string(epoch.value));
  const BlockHeight start = office.driver()->validators().start;
  if (ledger.certified() < start)
    breaches_.add("epochs", name_of(office) + " sent " + what + " before block " + std::to_string(start.value) +
                                ", with which epoch " + std::to_string(epoch.value) + " begins, had its certificate");
}

}  // namespace tally::sim
