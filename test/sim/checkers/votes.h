// Purpose: what honest offices sign: never two digests for one (epoch, view, number, phase), nor two headers for one
// height, nor two VIEW-CHANGEs or NEW-VIEWs for one view, restarts included; and nothing leaves before it is on disk.
// Thread rule: one thread. Source: consensus rules 2, 7, 10 and 13.
#pragma once

#include <map>
#include <tuple>

#include "sim/checkers/checker.h"

namespace tally::sim {

class Votes {
 public:
  explicit Votes(Breaches& breaches) : breaches_(breaches) {}

  // A message of an honest office. Others' messages that it passes on do not count.
  void on_sent(const Office& office, const consensus::Message& message);
  // Its disk lost what it signed.
  void forget(std::uint32_t identity);

 private:
  using Place = std::tuple<std::uint32_t, Epoch, consensus::Phase, View, SeqNum>;

  void on_vote(const Office& office, const consensus::SignedVote& vote, bool on_disk);
  void on_checkpoint(const Office& office, const consensus::SignedCheckpoint& checkpoint);
  void on_view_change(const Office& office, const consensus::SignedViewChange& change);
  void on_new_view(const Office& office, const consensus::SignedNewView& message);
  void require_support(const Office& office, const consensus::Vote& vote);
  void require(const Office& office, SeqNum seq, const consensus::DurableRecord& record, const std::string& what);

  Breaches& breaches_;
  std::map<Place, Digest> votes_;
  std::map<std::tuple<std::uint32_t, Epoch, BlockHeight>, Digest> checkpoints_;
  std::map<std::tuple<std::uint32_t, Epoch, View>, Digest> view_changes_;
  std::map<std::tuple<std::uint32_t, Epoch, View>, Digest> new_views_;
};

}  // namespace tally::sim
