// Purpose: decides whom to ask for which blocks when this node has fallen behind (consensus rules 14, 15).
// Trusts nobody's word: what comes back is checked against certificates by the caller; a peer that lies or
// stalls is passed over and another asked.
// Thread rule: the consensus thread. Pure: time is counted in ticks, nothing is sent from here.
#pragma once

#include <algorithm>
#include <map>
#include <optional>

#include "common/bytes.h"
#include "common/strong.h"
#include "consensus/planted.h"

namespace tally::node {

class BlockFetcher {
 public:
  struct Request {
    PublicKey peer;
    BlockHeight from;
  };

  BlockFetcher() = default;
  explicit BlockFetcher(consensus::Planted bug) : planted_(bug) {}

  // A peer's own word of its last stable height (STATUS): a hint whom to ask, never believed.
  void peer_reports(const PublicKey& peer, BlockHeight stable);
  void peer_gone(const PublicKey& peer);
  // A certificate proves this height.
  void proved(BlockHeight height);
  void executed(BlockHeight height);

  // The answer to the request in flight came and its blocks are installed, or it was not good.
  void succeeded(const PublicKey& peer);
  void failed(const PublicKey& peer);
  // For installing beside fetching: the answer is good and blocks up to `last` are about to be installed, so that the
  // peer is no longer waited for and next() asks for what follows them; at most kInstalling answers stand so at a
  // time. installed() follows once for each.
  void arrived(const PublicKey& peer, BlockHeight last);
  void installed();

  // One unit of time; the request to send now, if any.
  std::optional<Request> tick();
  // The next request at once, after a success or an arrival.
  std::optional<Request> next();
  [[nodiscard]] bool in_flight() const { return current_ || installing_ > 0; }
  [[nodiscard]] bool awaits(const PublicKey& peer, BlockHeight from) const {
    return current_ && current_->peer == peer && current_->from == from;
  }
  [[nodiscard]] BlockHeight best_known() const;
  // The highest height that a certificate proves, whether or not its block is here.
  [[nodiscard]] BlockHeight proven() const { return proved_; }

 private:
  static constexpr unsigned kStalledTicks = 5;  // no progress although a peer is ahead
  static constexpr unsigned kAnswerTicks = 30;  // a peer that does not answer is passed over
  static constexpr unsigned kPassOverTicks = 100;
  static constexpr unsigned kInstalling = 2;  // bounds the memory of a node that installs slower than it fetches

  struct Peer {
    BlockHeight stable;
    unsigned passed_over = 0;  // ticks left
  };
  std::optional<Request> ask();
  // Executed or about to be.
  [[nodiscard]] BlockHeight held() const { return std::max(executed_, arrived_); }

  std::map<PublicKey, Peer> peers_;
  BlockHeight executed_;
  BlockHeight proved_;
  BlockHeight arrived_;  // the last block that waits to be installed
  unsigned installing_ = 0;
  unsigned idle_ticks_ = 0;
  std::optional<Request> current_;
  unsigned waiting_ticks_ = 0;
  PublicKey last_asked_;
  [[no_unique_address]] consensus::Planted planted_ = {};
};

}  // namespace tally::node
