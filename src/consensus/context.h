// Purpose: what the parts of one replica share: its configuration, the output that is being gathered, counters
// and logical time.
// Thread rule: belongs to one replica, one thread at a time.
#pragma once

#include <utility>

#include "consensus/replica.h"

namespace tally::consensus {

struct Context {
  explicit Context(Configuration chosen)
      : configuration(std::move(chosen)), quorum(configuration.validators.quorum()) {}

  Configuration configuration;
  Quorum quorum;
  Ready ready;
  Replica::Counters counters;
  std::uint64_t now = 0;  // ticks since the replica was made

  // Is this guard taken away? Never, but in a build for tests.
  [[nodiscard]] constexpr bool lacks(Bug bug) const { return planted(configuration.planted, bug); }
  [[nodiscard]] constexpr Quorum quorum_unless(Bug bug) const { return lacks(bug) ? Quorum{quorum.n - 1} : quorum; }
  [[nodiscard]] const ValidatorSet& validators() const { return configuration.validators; }
  [[nodiscard]] Epoch epoch() const { return configuration.validators.epoch; }
  [[nodiscard]] ReplicaIndex self() const { return configuration.self; }

  void send_all(Message message) {
    if (quorum.n > 1) ready.send.push_back({std::nullopt, std::move(message)});
  }
  void send_to(ReplicaIndex replica, Message message) { ready.send.push_back({replica, std::move(message)}); }
};

}  // namespace tally::consensus
