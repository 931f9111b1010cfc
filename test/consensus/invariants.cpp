#include "consensus/invariants.h"

#include "consensus/mock_crypto.h"

namespace tally::consensus::test {

namespace {
Bytes value_of(const DurableRecord& record) {
  return std::visit([](const auto& one) { return encode(one); }, record);
}
}  // namespace

ReplicaIndex Invariants::office_of(Epoch epoch, ReplicaIndex replica) const {
  const ValidatorSet* set = set_of(epoch);
  if (set == nullptr || !set->has(replica)) return {~0U};
  std::uint32_t office = 0;
  while (everybody_.members[office].key != set->key_of(replica)) ++office;
  return {office};
}

const ValidatorSet* Invariants::set_of(Epoch epoch) const {
  const auto found = sets_.find(epoch);
  return found == sets_.end() ? nullptr : &found->second;
}

template <class Signed>
bool Invariants::verifies(const Signed& message, Epoch epoch) const {
  const ValidatorSet* set = set_of(epoch);
  return set != nullptr && authenticate(message, *set, MockVerifier{}).has_value();
}

void Invariants::breach(ReplicaIndex replica, const std::string& what) {
  breaches_.push_back("replica " + std::to_string(replica.value) + ": " + what);
}

void Invariants::on_persisted(ReplicaIndex replica, const DurableRecord& record) {
  persisted_[replica][storage_key(record)].insert(value_of(record));
  if (const auto* vote = std::get_if<VoteRecord>(&record)) {
    on_signed(vote->vote);
    const auto left = left_.find({replica, vote->vote.vote.epoch});
    if (left != left_.end() && vote->vote.vote.view < left->second && !is_liar(replica))
      breach(replica, "voted in a view that it had left");
  }
  if (const auto* change = std::get_if<ViewChangeRecord>(&record)) {
    View& left = left_[{replica, change->view_change.body.epoch}];
    left = std::max(left, change->view_change.body.new_view);
  }
  if (const auto* checkpoint = std::get_if<OwnCheckpointRecord>(&record)) on_signed(checkpoint->checkpoint);
}

void Invariants::on_signed(const SignedVote& vote) {
  const ReplicaIndex office = office_of(vote.vote.epoch, vote.replica);
  if (is_liar(office)) return;
  const Place place{office, vote.vote.epoch, vote.vote.phase, vote.vote.view, vote.vote.seq};
  const auto [entry, added] = signed_.try_emplace(place, vote.vote.digest);
  if (entry->second != vote.vote.digest)
    breach(office, "signed two digests at sequence number " + std::to_string(vote.vote.seq.value));
}

bool Invariants::signed_by(ReplicaIndex replica, const Vote& vote) const {
  const auto found = signed_.find(Place{replica, vote.epoch, vote.phase, vote.view, vote.seq});
  return found != signed_.end() && found->second == vote.digest;
}

void Invariants::on_signed(const SignedCheckpoint& checkpoint) {
  const ReplicaIndex office = office_of(checkpoint.vote.epoch, checkpoint.replica);
  if (is_liar(office)) return;
  const auto [entry, added] = signed_headers_.try_emplace(
      std::tuple{office, checkpoint.vote.epoch, checkpoint.vote.height}, checkpoint.vote.header);
  if (entry->second != checkpoint.vote.header)
    breach(office, "signed two headers at height " + std::to_string(checkpoint.vote.height.value));
}

void Invariants::on_signed(const SignedViewChange& change) {
  const ReplicaIndex office = office_of(change.body.epoch, change.replica);
  if (is_liar(office)) return;
  const auto [entry, added] =
      view_changes_.try_emplace(std::tuple{office, change.body.epoch, change.body.new_view}, change);
  if (entry->second != change)
    breach(office, "signed two VIEW-CHANGEs for view " + std::to_string(change.body.new_view.value));
}

// What was executed anywhere stands in every later O that covers its number.
void Invariants::check_new_view(ReplicaIndex replica, const SignedNewView& message) {
  if (is_liar(office_of(message.body.epoch, message.replica))) return;
  const auto& keys = persisted_[replica];
  const auto found = keys.find(storage_key(NewViewRecord{message, {}}));
  const bool kept =
      found != keys.end() && std::any_of(found->second.begin(), found->second.end(), [&](const auto& value) {
        const auto record = decode<NewViewRecord>(value);
        return record && record->new_view == message;
      });
  if (!kept) breach(replica, "a NEW-VIEW left before it was persisted");
  for (const auto& vote : message.body.pre_prepares) {
    const auto executed = executed_.find(vote.vote.seq);
    // Above the block that ended the epoch, what O names is void.
    const bool same_epoch = executed != executed_.end() && executed->second.second.epoch == message.body.epoch;
    if (same_epoch && executed->second.second.batch != vote.vote.digest)
      breach(office_of(message.body.epoch, message.replica),
             "re-proposed another batch at " + std::to_string(vote.vote.seq.value) + " than the one executed there");
  }
}

void Invariants::require_persisted(ReplicaIndex replica, const DurableRecord& record, const std::string& what) {
  const auto& keys = persisted_[replica];
  const auto found = keys.find(storage_key(record));
  if (found == keys.end() || !found->second.contains(value_of(record)))
    breach(replica, what + " left before it was persisted");
}

void Invariants::check_sent(ReplicaIndex replica, const SignedVote& vote, const Bytes* batch) {
  on_signed(vote);
  if (office_of(vote.vote.epoch, vote.replica) != replica) return;
  require_persisted(replica, VoteRecord{vote}, "a vote");
  if (batch != nullptr) require_persisted(replica, BodyRecord{vote.vote.seq, vote.vote.digest, *batch}, "a body");
  const auto has_key = [&](const DurableRecord& record) { return persisted_[replica].contains(storage_key(record)); };
  if (vote.vote.phase == Phase::prepare) {
    if (vote.vote.digest != kNullBatch && !has_key(BodyRecord{vote.vote.seq, vote.vote.digest, {}}))
      breach(replica, "a PREPARE left before the body was persisted");
    if (!has_key(AcceptedRecord{vote})) breach(replica, "a PREPARE left before the PRE-PREPARE was persisted");
  }
  if (vote.vote.phase == Phase::commit) {
    PreparedCertificate certificate;
    certificate.pre_prepare = vote.vote;
    if (!has_key(PreparedRecord{certificate})) breach(replica, "a COMMIT left before its prepared certificate");
  }
}

void Invariants::on_sent(ReplicaIndex replica, const Message& message) {
  if (is_liar(replica)) return;
  if (const auto* proposal = std::get_if<Proposal>(&message))
    check_sent(replica, proposal->pre_prepare, &proposal->batch);
  if (const auto* vote = std::get_if<SignedVote>(&message)) check_sent(replica, *vote, nullptr);
  if (const auto* checkpoint = std::get_if<SignedCheckpoint>(&message)) {
    on_signed(*checkpoint);
    if (office_of(checkpoint->vote.epoch, checkpoint->replica) == replica)
      require_persisted(replica, OwnCheckpointRecord{*checkpoint}, "a CHECKPOINT");
  }
  if (const auto* change = std::get_if<SignedViewChange>(&message)) {
    on_signed(*change);
    if (office_of(change->body.epoch, change->replica) == replica)
      require_persisted(replica, ViewChangeRecord{*change}, "a VIEW-CHANGE");
  }
  if (const auto* new_view = std::get_if<SignedNewView>(&message)) check_new_view(replica, *new_view);
  if (!verifies(message, epoch_of(message))) breach(replica, "sent a message that does not verify");
}

void Invariants::on_executed(ReplicaIndex replica, const Block& block) {
  if (is_liar(replica) || wrong_.contains(replica)) return;
  const auto [entry, added] = executed_.try_emplace(block.height, replica, block);
  if (!added && entry->second.second != block && !beyond_f_)
    breach(replica, "executed another block at height " + std::to_string(block.height.value) + " than replica " +
                        std::to_string(entry->second.first.value));
}

void Invariants::on_finalised(ReplicaIndex replica, const CheckpointCertificate& certificate) {
  if (is_liar(replica)) return;
  if (!verifies(certificate, certificate.vote.epoch))
    breach(replica, "finalised with a certificate that does not verify");
  const auto [entry, added] = finalised_.try_emplace(certificate.vote.height, certificate.vote.header);
  if (entry->second != certificate.vote.header && !beyond_f_)
    breach(replica, "finalised another header at height " + std::to_string(certificate.vote.height.value));
}

void Invariants::on_evidence(Epoch epoch, const Evidence& evidence) {
  const ReplicaIndex named = office_of(epoch, evidence.replica);
  if (!is_liar(named)) breach(named, "is honest but evidence names it");
  const auto judge = [&](const auto& first, const auto& second) {
    const bool good = verifies(first, epoch) && verifies(second, epoch);
    if (!good || first.replica != evidence.replica || second.replica != evidence.replica || first == second)
      breach(named, "is named by evidence that proves nothing");
  };
  std::visit([&](const auto& votes) { judge(votes.first, votes.second); }, evidence.votes);
}

void Invariants::on_footprint(ReplicaIndex replica, const Replica::Footprint& footprint, std::size_t members) {
  const std::uint64_t n = members;
  if (footprint.slots > window_ || footprint.votes > window_ * 4 * n || footprint.bodies > window_ * 3 ||
      footprint.checkpoint_votes > (window_ + 1) * n || footprint.certificates > window_ * 4 + 1 ||
      footprint.view_changes > n * 3)
    breach(replica, "holds more than its bounds");
}

void Invariants::on_heights(ReplicaIndex replica, BlockHeight stable, BlockHeight executed) {
  if (is_liar(replica)) return;
  if (executed < stable)
    breach(replica, "executed to " + std::to_string(executed.value) + " with the stable checkpoint at " +
                        std::to_string(stable.value));
}

void Invariants::on_decided(ReplicaIndex replica, BlockHeight stable, SeqNum decided) {
  if (is_liar(replica)) return;
  if (decided.value > stable.value + window_)
    breach(replica, "decided " + std::to_string(decided.value) + " with the stable checkpoint at " +
                        std::to_string(stable.value));
}

}  // namespace tally::consensus::test
