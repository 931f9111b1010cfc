// Purpose: what must hold in every run, watched from outside of the replicas: the checkers of the cluster.
// Each breach becomes a line of text, so that a test can show all of them.
// Thread rule: one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "consensus/replica.h"

namespace tally::consensus::test {

struct ExecutedBlock {
  Digest batch;
  Digest header;
  bool operator==(const ExecutedBlock&) const = default;
};

class Invariants {
 public:
  Invariants(const ValidatorSet& validators, std::uint64_t window) : validators_(validators), window_(window) {}

  // A replica that the run lets lie; its own conduct is not judged.
  void set_liar(ReplicaIndex replica) { liars_.insert(replica); }
  [[nodiscard]] bool is_liar(ReplicaIndex replica) const { return liars_.contains(replica); }
  // A replica that computes wrong headers on purpose: its blocks are not compared.
  void set_wrong(ReplicaIndex replica) { wrong_.insert(replica); }

  void on_persisted(ReplicaIndex replica, const DurableRecord& record);
  void on_sent(ReplicaIndex replica, const Message& message);
  void on_executed(ReplicaIndex replica, BlockHeight height, const ExecutedBlock& block);
  void on_finalised(ReplicaIndex replica, const CheckpointCertificate& certificate);
  void on_evidence(const Evidence& evidence);
  void on_footprint(ReplicaIndex replica, const Replica::Footprint& footprint);
  void on_heights(ReplicaIndex replica, BlockHeight stable, BlockHeight executed);

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

  const ValidatorSet& validators_;
  std::uint64_t window_;
  std::set<ReplicaIndex> liars_;
  std::set<ReplicaIndex> wrong_;
  std::map<ReplicaIndex, std::map<Bytes, std::set<Bytes>>> persisted_;  // key to every value ever written there
  std::map<Place, Digest> signed_;
  std::map<std::tuple<ReplicaIndex, Epoch, BlockHeight>, Digest> signed_headers_;
  std::map<std::tuple<ReplicaIndex, Epoch, View>, SignedViewChange> view_changes_;
  std::map<BlockHeight, std::pair<ReplicaIndex, ExecutedBlock>> executed_;  // by whoever came first
  std::map<BlockHeight, Digest> finalised_;
  std::vector<std::string> breaches_;
};

}  // namespace tally::consensus::test
