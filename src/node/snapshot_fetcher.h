// Purpose: decides which peer to ask for which part of which snapshot, for a node that joins by one or has fallen far
// behind (ledger/snapshot.h says what a snapshot is; peer_messages.h how it travels).
// Trusts nobody's word: what comes back is checked by the caller. A peer that lies is never asked again, one that
// stalls is passed over; the parts go on from whoever else offers a snapshot with the same id.
// Thread rule: one thread. Pure: time is counted in ticks, nothing is sent from here.
// Bound: kPeersAtOnce parts in memory, each at most kSnapshotChunkBytesMax or kSnapshotManifestBytesMax.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/peer_messages.h"

namespace tally::node {

class SnapshotFetcher {
 public:
  struct Request {
    PublicKey peer;
    SnapshotPieceRequest piece;
  };
  // A whole part, as this peer gave it.
  struct Part {
    PublicKey peer;
    std::uint32_t index;  // 0: the manifest
    Bytes bytes;
  };

  // A snapshot above this height is wanted; what is under way and lies above it goes on.
  void want(BlockHeight above);
  // None is any more: what is under way is dropped.
  void leave();
  [[nodiscard]] bool wanting() const { return above_.has_value(); }
  [[nodiscard]] BlockHeight above() const { return above_.value_or(BlockHeight{0}); }

  void offered(const PublicKey& peer, const SnapshotOffer& offer);
  void peer_gone(const PublicKey& peer);

  // The part that this piece makes whole, if it does. An error: no answer to what was asked; then the peer is refused.
  Result<std::optional<Part>> arrived(const PublicKey& peer, SnapshotPiece piece);
  // The manifest holds: these are the sizes of its chunks.
  void manifest_accepted(const std::vector<std::uint64_t>& sizes);
  void chunk_accepted();
  // What the peer gave for this part is false.
  void refused(const PublicKey& peer, std::uint32_t part);

  // The snapshot being fetched, if any. Changes when nobody is left to give it: whatever was kept of it is of no use.
  [[nodiscard]] const std::optional<SnapshotOffer>& target() const { return target_; }
  [[nodiscard]] bool complete() const { return sizes_ && left_ == 0; }

  // One unit of time.
  std::vector<Request> tick();
  // What to ask now without waiting for the next tick.
  std::vector<Request> next();

 private:
  static constexpr unsigned kChooseTicks = 10;   // offers are gathered for so long
  static constexpr unsigned kAnswerTicks = 150;  // for a piece
  static constexpr unsigned kPassOverTicks = 300;
  static constexpr std::size_t kPeersAtOnce = 4;

  struct Fetching {
    std::uint32_t part;
    std::uint64_t size;
    Bytes bytes;
    bool asked = false;
    unsigned waited = 0;
  };
  struct Peer {
    std::optional<SnapshotOffer> offer;
    std::optional<Fetching> fetching;
    unsigned passed_over = 0;  // ticks left
  };

  [[nodiscard]] bool gives_target(const Peer& peer) const;
  void choose();
  void give_back(Peer& peer);
  [[nodiscard]] bool is_target_given() const;
  void drop_target_unless_given();

  std::optional<BlockHeight> above_;
  std::map<PublicKey, Peer> peers_;
  std::set<PublicKey> liars_;
  unsigned choosing_ticks_ = 0;
  std::optional<SnapshotOffer> target_;
  std::optional<std::vector<std::uint64_t>> sizes_;  // of the chunks, once the manifest holds
  std::deque<std::uint32_t> todo_;                   // parts that nobody fetches
  std::size_t left_ = 0;                             // chunks not yet accepted
};

}  // namespace tally::node
