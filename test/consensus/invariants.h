// Purpose: what must hold in every run, watched from outside of the replicas: the checkers of the cluster.
// Each breach becomes a line of text, so that a test can show all of them.
// Thread rule: one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "consensus/local_chain.h"
#include "consensus/replica.h"

namespace tally::consensus::test {

// Nodes are named by their index among all offices, which does not change from epoch to epoch.
class Invariants {
 public:
  // Both sets outlive the checkers.
  Invariants(const ValidatorSet& everybody, const ValidatorSet& genesis, std::uint64_t window)
      : everybody_(everybody), window_(window) {
    add_set(genesis);
  }

  // More than f lie: agreement is not asked for any more.
  void set_beyond_f() { beyond_f_ = true; }
  void add_set(const ValidatorSet& set) { sets_.try_emplace(set.epoch, set); }
  // A replica that the run lets lie; its own conduct is not judged.
  void set_liar(ReplicaIndex replica) { liars_.insert(replica); }
  [[nodiscard]] bool is_liar(ReplicaIndex replica) const { return liars_.contains(replica); }
  [[nodiscard]] bool is_wrong(ReplicaIndex replica) const { return wrong_.contains(replica); }
  // A replica that computes wrong headers on purpose: its blocks are not compared.
  void set_wrong(ReplicaIndex replica) { wrong_.insert(replica); }

  // Whether an honest replica of the genesis set signed this vote.
  [[nodiscard]] bool signed_by(ReplicaIndex replica, const Vote& vote) const;

  void on_persisted(ReplicaIndex replica, const DurableRecord& record);
  void on_sent(ReplicaIndex replica, const Message& message);
  void on_executed(ReplicaIndex replica, const Block& block);
  void on_finalised(ReplicaIndex replica, const CheckpointCertificate& certificate);
  void on_evidence(Epoch epoch, const Evidence& evidence);
  // A replica that this many members make up.
  void on_footprint(ReplicaIndex replica, const Replica::Footprint& footprint, std::size_t members);
  void on_heights(ReplicaIndex replica, BlockHeight stable, BlockHeight executed);
  // A batch is handed over for execution. Blocks that are there already may lie beyond the window: catch-up brought
  // them before the votes knew their certificate, or the votes were lost.
  void on_decided(ReplicaIndex replica, BlockHeight stable, SeqNum decided);

  [[nodiscard]] const std::vector<std::string>& breaches() const { return breaches_; }

 private:
  using Place = std::tuple<ReplicaIndex, Epoch, Phase, View, SeqNum>;

  void breach(ReplicaIndex replica, const std::string& what);
  void on_signed(const SignedVote& vote);
  void on_signed(const SignedCheckpoint& checkpoint);
  void on_signed(const SignedViewChange& change);
  void check_new_view(ReplicaIndex replica, const SignedNewView& message);
  void require_persisted(ReplicaIndex replica, const DurableRecord& record, const std::string& what);
  void check_sent(ReplicaIndex replica, const SignedVote& vote, const Bytes* batch);

  // The office that is this replica in that epoch.
  [[nodiscard]] ReplicaIndex office_of(Epoch epoch, ReplicaIndex replica) const;
  [[nodiscard]] const ValidatorSet* set_of(Epoch epoch) const;
  template <class Signed>
  [[nodiscard]] bool verifies(const Signed& message, Epoch epoch) const;

  const ValidatorSet& everybody_;
  std::uint64_t window_;
  std::map<Epoch, ValidatorSet> sets_;
  bool beyond_f_ = false;
  std::set<ReplicaIndex> liars_;
  std::set<ReplicaIndex> wrong_;
  std::map<ReplicaIndex, std::map<Bytes, std::set<Bytes>>> persisted_;  // key to every value ever written there
  std::map<Place, Digest> signed_;
  std::map<std::tuple<ReplicaIndex, Epoch, BlockHeight>, Digest> signed_headers_;
  std::map<std::tuple<ReplicaIndex, Epoch, View>, SignedViewChange> view_changes_;
  std::map<BlockHeight, std::pair<ReplicaIndex, Block>> executed_;  // by whoever came first
  std::map<BlockHeight, Digest> finalised_;
  std::map<std::pair<ReplicaIndex, Epoch>, View> left_;  // for which view it last left the ones below
  std::vector<std::string> breaches_;
};

}  // namespace tally::consensus::test
