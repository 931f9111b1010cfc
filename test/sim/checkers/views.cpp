#include "sim/checkers/views.h"

#include "consensus/new_view.h"
#include "crypto/digest.h"

namespace tally::sim {

using namespace consensus;

namespace {

// Rule 8: above the highest certified height of V, up to the highest number that anyone prepared, the batch that was
// prepared in the highest view, or none.
std::vector<std::pair<SeqNum, Digest>> owed(const std::vector<SignedViewChange>& view_changes) {
  BlockHeight low;
  for (const auto& change : view_changes) low = std::max(low, change.body.stable);
  std::map<SeqNum, Vote> best;
  for (const auto& change : view_changes) {
    for (const auto& [vote, primary, prepares] : change.body.prepared) {
      Vote& place = best.try_emplace(vote.seq, vote).first->second;
      if (vote.view > place.view || (vote.view == place.view && vote.digest > place.digest)) place = vote;
    }
  }
  std::vector<std::pair<SeqNum, Digest>> out;
  const SeqNum high = best.empty() ? low : best.rbegin()->first;
  for (SeqNum seq = low.next(); seq <= high; seq = seq.next())
    out.emplace_back(seq, best.contains(seq) ? best.at(seq).digest : kNullBatch);
  return out;
}

std::string text_of(View view) {
  return "view " + std::to_string(view.value);
}

}  // namespace

void Views::leave(const Office& office, const ViewChange& change) {
  Left& left = left_[{office.identity, change.epoch}];
  if (change.new_view <= left.to) return;
  left = {change.new_view, {}};
  office.disk.each(storage::Column::votes, [&](const Bytes& value) {
    const auto record = decode<DurableRecord>(value);
    const auto* vote = record ? std::get_if<VoteRecord>(&*record) : nullptr;
    if (vote != nullptr && vote->vote.vote.phase == Phase::pre_prepare) left.proposed.insert(vote->vote.signature);
  });
}

void Views::on_sent(const Office& office, const Message& message) {
  if (const auto* change = std::get_if<SignedViewChange>(&message);
      change != nullptr && own(office, change->replica, change->body.epoch))
    return leave(office, change->body);
  const SignedVote* vote = vote_in(message);
  if (vote == nullptr || !own(office, vote->replica, vote->vote.epoch)) return;
  const Vote& it = vote->vote;
  const auto left = left_.find({office.identity, it.epoch});
  if (left != left_.end() && it.view < left->second.to && !left->second.proposed.contains(vote->signature))
    return breaches_.add("views", name_of(office) + " sent " + sim::text_of(it) + " after its VIEW-CHANGE to " +
                                      text_of(left->second.to));
  if (it.view.value == 0) return;
  const auto rests_on = on_disk(office, NewViewRecord{{{it.epoch, {}, {}, {}}, {}, {}}, {}});
  if (!rests_on || rests_on->new_view.body.view < it.view)
    breaches_.add("views", name_of(office) + " sent " + sim::text_of(it) + " before the NEW-VIEW of that view");
}

void Views::on_entered(const Office& office, const NewView& view, const crypto::Verifier& verifier) {
  const auto record = on_disk(office, NewViewRecord{{{view.epoch, {}, {}, {}}, {}, {}}, {}});
  if (!record || record->new_view.body.view < view.view)
    return breaches_.add("views", name_of(office) + " entered " + text_of(view.view) + " before it was on disk");
  // One entered later in the same step has taken its place; it is checked when it is told.
  if (record->new_view.body == view) check(office, *record, verifier);
}

void Views::check(const Office& office, const NewViewRecord& record, const crypto::Verifier& verifier) {
  if (!checked_.insert(crypto::digest_of(crypto::kNewViewDomain, record.new_view)).second) return;
  const NewView& body = record.new_view.body;
  const auto& validators = office.driver()->validators();
  const auto bad = [&](const std::string& why) {
    breaches_.add("views", name_of(office) + " entered " + text_of(body.view) + " although " + why);
  };
  if (!authenticate(record.new_view, validators, verifier)) return bad("its NEW-VIEW does not verify");
  if (record.view_changes.size() != validators.quorum().q() || record.view_changes.size() != body.view_changes.size())
    return bad("its V does not have a quorum of VIEW-CHANGEs");
  for (std::size_t i = 0; i < record.view_changes.size(); ++i) {
    const SignedViewChange& change = record.view_changes[i];
    const ViewChangeReference& named = body.view_changes[i];
    if (change.replica != named.replica || digest_of(change.body) != named.body || change.body.new_view != body.view ||
        !authenticate(change, validators, verifier))
      return bad("its V holds what is no VIEW-CHANGE to it");
  }
  std::vector<std::pair<SeqNum, Digest>> had;
  for (const auto& vote : body.pre_prepares) had.emplace_back(vote.vote.seq, vote.vote.digest);
  if (had != owed(record.view_changes)) bad("its O is not what its V asks for");
}

void Views::forget(std::uint32_t identity) {
  std::erase_if(left_, [&](const auto& entry) { return entry.first.first == identity; });
}

}  // namespace tally::sim
