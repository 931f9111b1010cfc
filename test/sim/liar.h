// Purpose: what a lying member does to the messages that its honest core makes: other digests, views, numbers and
// headers under its own valid signature, one lie for all or another for each, VIEW-CHANGEs and NEW-VIEWs that leave
// things out, made-up STATUS, old messages of anybody again, and silence; what it says of its own accord: votes for
// whatever others vote for, proposals out of turn, VIEW-CHANGEs that know of nothing; and what it serves to those who
// catch up. Thread rule: one thread. Source: consensus scenarios 6 to 8, 17, 20 to 22, 26, 29.
#pragma once

#include <deque>

#include "consensus/messages.h"
#include "crypto/signature.h"
#include "sim/parcel.h"
#include "sim/swarm.h"

namespace tally::sim {

class Liar {
 public:
  // The signer outlives the liar.
  Liar(const crypto::Signer& signer, Random random) : signer_(signer), random_(random) {}

  // A message of another member, to be repeated later, and what it says to all on hearing it, as `self` of this epoch.
  std::vector<consensus::Message> hears(const consensus::Message& message, const consensus::ValidatorSet& validators,
                                        ReplicaIndex self);
  // What goes to each of so many receivers in place of its core's message.
  std::vector<std::vector<ParcelPtr>> tell(const ParcelPtr& parcel, std::size_t receivers);
  // The same of blocks; nullopt: no answer.
  std::optional<BlocksResponse> distort(BlocksResponse response);
  [[nodiscard]] std::uint64_t lies() const { return lies_; }

 private:
  struct Distortion;
  struct Answer;
  void remember(const consensus::Message& message);
  std::vector<ParcelPtr> to_one(const ParcelPtr& parcel);
  ParcelPtr lie_of(const Parcel& parcel);

  const crypto::Signer& signer_;
  Random random_;
  std::deque<consensus::Message> memory_;
  std::uint64_t lies_ = 0;
};

}  // namespace tally::sim
