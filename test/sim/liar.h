// Purpose: what a lying member does to the messages that its honest core makes: other digests, views, numbers and
// headers under its own valid signature, different batches for different receivers, VIEW-CHANGEs and NEW-VIEWs that
// leave things out, made-up STATUS, old messages of anybody again, and silence; and what it serves to those who catch
// up. Thread rule: one thread. Source: consensus scenarios 6 to 8, 17, 20, 21, 26, 29.
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

  // A message of another member, to be repeated later.
  void hears(const consensus::Message& message);
  // What goes to one receiver in place of the message: nothing, one, or several.
  std::vector<consensus::Message> distort(const consensus::Message& message);
  // The same of blocks; nullopt: no answer.
  std::optional<BlocksResponse> distort(BlocksResponse response);
  [[nodiscard]] std::uint64_t lies() const { return lies_; }

 private:
  struct Distortion;
  void remember(const consensus::Message& message);

  const crypto::Signer& signer_;
  Random random_;
  std::deque<consensus::Message> memory_;
  std::uint64_t lies_ = 0;
};

}  // namespace tally::sim
