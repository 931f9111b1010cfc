// Purpose: what a transport keeps about one peer across its sessions.
// Thread rule: the first group is constant, the second atomic, the third guarded by `mutex`, the fourth belongs
// to the transport's thread. No handler runs under `mutex`. Held by the peer table, by its sessions, and by whatever
// was started for it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "p2p/asio_types.h"
#include "p2p/backoff.h"
#include "p2p/flow_control.h"
#include "p2p/send_queue.h"
#include "p2p/transport.h"

namespace tally::p2p {

class Session;

struct PeerLink {
  PeerLink(const PeerAddress& peer, const TransportTuning& tuning, std::uint64_t seed)
      : key(peer.key),
        account(std::make_shared<ReceiveAccount>(limits::kPeerReceiveBytesMax)),
        queue(limits::kPeerSendBytesMax),
        listed(peer),
        address(peer),
        bucket(tuning.messages_per_second_max, Clock::now()),
        backoff(tuning.reconnect_first, tuning.reconnect_max, seed) {
    state.key = peer.key;
    state.name = peer.name;
  }

  const PublicKey key;
  const std::shared_ptr<ReceiveAccount> account;

  std::atomic<std::uint64_t> bytes_received = 0;
  std::atomic<std::uint64_t> messages_received = 0;
  std::atomic<std::uint64_t> broken_frames = 0;
  std::atomic<bool> removed = false;    // is no peer any more; for good, as one that comes back gets another link
  std::atomic<bool> penalised = false;  // nothing more is delivered from the session that is about to end

  mutable std::mutex mutex;
  SendQueue queue;
  bool flush_posted = false;  // a flush is on its way or writing: pushing is enough
  PeerState state;            // state.connected: sends are taken; what was received is counted above
  Clock::time_point penalised_until{};
  std::string penalty_reason;
  PeerAddress listed;  // where the peer table has it

  PeerAddress address;               // where it is dialled
  std::shared_ptr<Session> session;  // the live one
  TokenBucket bucket;
  Backoff backoff;
  Clock::time_point next_dial{};
  std::optional<Timer> dial_timer;
};

}  // namespace tally::p2p
