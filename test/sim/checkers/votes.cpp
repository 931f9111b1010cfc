#include "sim/checkers/votes.h"

#include "common/codec.h"
#include "consensus/new_view.h"
#include "crypto/digest.h"

namespace tally::sim {

using namespace consensus;

namespace {

storage::Column column_of(const DurableRecord& record) {
  return std::holds_alternative<BodyRecord>(record) ? storage::Column::bodies : storage::Column::votes;
}

}  // namespace

void Votes::on_sent(const Office& office, const Message& message) {
  if (const auto* vote = vote_in(message)) on_vote(office, *vote, true);
  if (const auto* checkpoint = std::get_if<SignedCheckpoint>(&message)) on_checkpoint(office, *checkpoint);
  if (const auto* change = std::get_if<SignedViewChange>(&message)) on_view_change(office, *change);
  if (const auto* new_view = std::get_if<SignedNewView>(&message)) on_new_view(office, *new_view);
}

void Votes::require(const Office& office, SeqNum seq, const DurableRecord& record, const std::string& what) {
  // What is final needs no votes any more.
  if (seq <= office.driver()->replica()->stable()) return;
  const Bytes key = storage_key(record);
  const Bytes* stored = office.disk.find(column_of(record), key);
  if (stored == nullptr || !office.disk.durable(column_of(record), key) || *stored != encode(record))
    breaches_.add("durability", name_of(office) + " sent " + what + " before it was on disk");
}

void Votes::on_vote(const Office& office, const SignedVote& vote, bool on_disk) {
  if (!own(office, vote.replica, vote.vote.epoch)) return;
  const Vote& it = vote.vote;
  const auto [place, added] = votes_.try_emplace({office.identity, it.epoch, it.phase, it.view, it.seq}, it.digest);
  if (!added && place->second != it.digest)
    breaches_.add("double vote", name_of(office) + " signed two digests for " + text_of(it));
  if (!on_disk) return;
  require(office, it.seq, VoteRecord{vote}, text_of(it));
  if (it.seq > office.driver()->replica()->stable()) require_support(office, it);
}

// What a vote rests on: PREPARE on the batch and the PRE-PREPARE, COMMIT on the prepared certificate.
void Votes::require_support(const Office& office, const Vote& it) {
  const auto lacks = [&](const char* what) {
    breaches_.add("durability", name_of(office) + " sent " + text_of(it) + " before " + what + " was on disk");
  };
  const auto on_disk = [&](storage::Column column, const DurableRecord& record) {
    return office.disk.durable(column, storage_key(record));
  };
  if (it.phase == Phase::prepare) {
    if (it.digest != kNullBatch && !on_disk(storage::Column::bodies, BodyRecord{it.seq, it.digest, {}}))
      lacks("the batch");
    if (!on_disk(storage::Column::votes, AcceptedRecord{SignedVote{it, {}, {}}})) lacks("the PRE-PREPARE it answers");
  }
  if (it.phase != Phase::commit) return;
  const auto prepared = sim::on_disk(office, PreparedRecord{{it, {}, {}}});
  // That of a later view may have taken its place.
  const bool stands =
      prepared && prepared->certificate.pre_prepare.view >= it.view &&
      (prepared->certificate.pre_prepare.view > it.view || prepared->certificate.pre_prepare.digest == it.digest);
  if (!stands) lacks("its prepared certificate");
}

void Votes::on_checkpoint(const Office& office, const SignedCheckpoint& checkpoint) {
  if (!own(office, checkpoint.replica, checkpoint.vote.epoch)) return;
  const CheckpointVote& it = checkpoint.vote;
  const std::string what = "CHECKPOINT " + std::to_string(it.height.value);
  const auto [place, added] = checkpoints_.try_emplace({office.identity, it.epoch, it.height}, it.header);
  if (!added && place->second != it.header)
    breaches_.add("double vote", name_of(office) + " signed two headers for " + what);
  require(office, it.height, OwnCheckpointRecord{checkpoint}, what);
  if (it.height > office.ledger().height() || office.ledger().block(it.height).header != it.header)
    breaches_.add("durability", name_of(office) + " sent " + what + " for a block that it has not executed and synced");
}

void Votes::on_view_change(const Office& office, const SignedViewChange& change) {
  if (!own(office, change.replica, change.body.epoch)) return;
  const std::string what = "VIEW-CHANGE to view " + std::to_string(change.body.new_view.value);
  const Digest digest = consensus::digest_of(change.body);
  const auto [place, added] =
      view_changes_.try_emplace({office.identity, change.body.epoch, change.body.new_view}, digest);
  if (!added && place->second != digest) breaches_.add("double vote", name_of(office) + " signed two of " + what);
  // Only the latest is kept; an earlier one is sent again where a NEW-VIEW rests on it.
  if (change.body.new_view < office.driver()->replica()->view()) return;
  const DurableRecord record = ViewChangeRecord{change};
  const Bytes key = storage_key(record);
  const Bytes* stored = office.disk.find(storage::Column::votes, key);
  if (stored == nullptr || *stored != encode(record) || !office.disk.durable(storage::Column::votes, key))
    breaches_.add("durability", name_of(office) + " sent " + what + " before it was on disk");
}

void Votes::on_new_view(const Office& office, const SignedNewView& message) {
  if (!own(office, message.replica, message.body.epoch)) return;
  const std::string what = "NEW-VIEW of view " + std::to_string(message.body.view.value);
  const Digest digest = crypto::digest_of(crypto::kNewViewDomain, message.body);
  const auto [place, added] = new_views_.try_emplace({office.identity, message.body.epoch, message.body.view}, digest);
  if (!added && place->second != digest) breaches_.add("double vote", name_of(office) + " signed two of " + what);
  for (const auto& vote : message.body.pre_prepares) on_vote(office, vote, false);
  const auto held = on_disk(office, NewViewRecord{message, {}});
  if (!held || (held->new_view != message && held->new_view.body.view <= message.body.view))
    breaches_.add("durability", name_of(office) + " sent " + what + " before it was on disk");
}

void Votes::forget(std::uint32_t identity) {
  std::erase_if(votes_, [&](const auto& entry) { return std::get<0>(entry.first) == identity; });
  std::erase_if(checkpoints_, [&](const auto& entry) { return std::get<0>(entry.first) == identity; });
  std::erase_if(view_changes_, [&](const auto& entry) { return std::get<0>(entry.first) == identity; });
  std::erase_if(new_views_, [&](const auto& entry) { return std::get<0>(entry.first) == identity; });
}

}  // namespace tally::sim
