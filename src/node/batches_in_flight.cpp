#include "node/batches_in_flight.h"

#include <algorithm>

namespace tally::node {

void BatchesInFlight::add(SeqNum seq, const Digest& batch, Ids ids) {
  // A batch that is proposed again keeps its number.
  batches_.try_emplace(batch, Flight{seq, std::move(ids), false});
}

void BatchesInFlight::decided(const Digest& batch) {
  if (const auto found = batches_.find(batch); found != batches_.end()) found->second.decided = true;
}

template <class Gone>
BatchesInFlight::Ids BatchesInFlight::take_out(const Gone& gone) {
  Ids out;
  for (auto it = batches_.begin(); it != batches_.end();) {
    if (!gone(it->first, it->second)) {
      ++it;
      continue;
    }
    out.insert(out.end(), it->second.ids.begin(), it->second.ids.end());
    it = batches_.erase(it);
  }
  return out;
}

BatchesInFlight::Ids BatchesInFlight::new_view(const std::vector<consensus::SignedVote>& proposed_again) {
  return take_out([&](const Digest& batch, const Flight& flight) {
    return !flight.decided && std::none_of(proposed_again.begin(), proposed_again.end(),
                                           [&](const auto& again) { return again.vote.digest == batch; });
  });
}

BatchesInFlight::Ids BatchesInFlight::executed(BlockHeight height) {
  return take_out([height](const Digest&, const Flight& flight) { return flight.seq <= height; });
}

BatchesInFlight::Ids BatchesInFlight::end_epoch() {
  return take_out([](const Digest&, const Flight&) { return true; });
}

}  // namespace tally::node
