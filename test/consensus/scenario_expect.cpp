// What a scenario expects: facts about replicas, now or within some rounds.
#include <stdexcept>

#include "consensus/scenario.h"

namespace tally::consensus::test {

namespace {

using Counters = Replica::Counters;
const std::map<std::string, std::uint64_t Counters::*> kCounters = {
    {"out_of_window", &Counters::dropped_out_of_window},
    {"wrong_view", &Counters::dropped_wrong_view},
    {"wrong_epoch", &Counters::dropped_wrong_epoch},
    {"not_primary", &Counters::dropped_not_primary},
    {"duplicate", &Counters::dropped_duplicate},
    {"conflict", &Counters::dropped_conflict},
    {"bad_body", &Counters::dropped_bad_body},
    {"primary_prepare", &Counters::dropped_primary_prepare},
    {"own", &Counters::dropped_own},
    {"view_change", &Counters::dropped_view_change},
    {"bad_new_view", &Counters::dropped_bad_new_view},
    {"changing", &Counters::dropped_changing},
    {"stopped", &Counters::dropped_stopped},
};

}  // namespace

void Scenario::expect(const Words& words) {
  if (at(words, 1) == "quiet") return need(cluster_->network().empty(), "messages are in flight");
  bool judged = false;
  for (const auto index : replicas(words[1])) {
    // Of all, those that run and are honest.
    const bool out = !cluster_->alive(index) || cluster_->invariants().is_liar({cluster_->node(index).identity});
    if (words[1] == "all" && out) continue;
    expect_one(index, words);
    judged = true;
  }
  need(judged, "nobody is left of whom to expect it");
}

// within <rounds> <replicas> <fact>: time goes on until it holds
void Scenario::within(const Words& words) {
  Words fact{"expect"};
  fact.insert(fact.end(), words.begin() + 2, words.end());
  const std::uint64_t rounds = number(at(words, 1));
  for (std::uint64_t round = 0;; ++round) {
    try {
      return expect(fact);
    } catch (const std::runtime_error& problem) {
      if (round == rounds) throw std::runtime_error("not within " + words[1] + " rounds: " + problem.what());
    }
    run(1);
    need(cluster_->breaches().empty(), "invariants broken:\n" + cluster_->breaches());
  }
}

void Scenario::expect_one(std::uint32_t index, const Words& words) {
  const Node& node = cluster_->node(index);
  const std::string name = "replica " + std::to_string(index);
  const std::string& what = at(words, 2);
  if (what == "down") {
    const std::string reason = words.size() > 3 ? words[3] : "";
    need(!node.running(), name + " runs");
    return need(node.stopped_because.find(reason) != std::string::npos, name + ": " + node.stopped_because);
  }
  need(cluster_->alive(index), name + " is down " + node.stopped_because);
  if (expect_chain(index, words) || expect_found(index, words)) return;
  need(node.replica() != nullptr, name + " is no member");
  if (!expect_place(index, words)) throw std::runtime_error("nothing is known of \"" + what + "\"");
}

// Facts about the node and its chain, member or not.
bool Scenario::expect_chain(std::uint32_t index, const Words& words) {
  const Node& node = cluster_->node(index);
  const std::string name = "replica " + std::to_string(index);
  const std::string& what = at(words, 2);
  const auto count = [&](std::uint64_t found) {
    need(fits(found, at(words, 3)), name + " has " + what + " " + std::to_string(found));
    return true;
  };
  if (what == "final") return count(node.chain().certified().value);
  if (what == "height") return count(node.blocks.size());
  if (what == "epoch") return count(node.driver().validators().epoch.value);
  if (what == "voided") return count(node.voided);
  if (what == "repeated") return count(node.chain().repeated());
  if (what == "rejected") return count(node.rejected);
  if (what == "writes") return count(cluster_->node(index).store().writes());
  if (what == "behind") return count(node.behind_of ? node.behind_of->value : 0);
  if (what == "asked") {
    const auto found = node.asked.find(replica(at(words, 3)));
    need(fits(found == node.asked.end() ? 0 : found->second, at(words, 4)), name + " did not ask so often");
  } else if (what == "block") {
    const std::uint64_t height = number(at(words, 3));
    const Digest wanted = at(words, 4) == "null" ? kNullBatch : digest_of_text(words[4]);
    need(height >= 1 && height <= node.blocks.size() && node.blocks[height - 1].batch == wanted,
         name + " has no such block");
  } else if (what == "has" || what == "lacks") {
    need(node.chain().executed(at(words, 3)) == (what == "has"),
         name + " does not hold that it " + what + " " + words[3]);
  } else if (what == "times_rise") {
    for (std::size_t i = 1; i < node.blocks.size(); ++i)
      need(node.blocks[i].time > node.blocks[i - 1].time, name + " has a block that is not later than its parent");
  } else if (what == "observes") {
    need(node.replica() == nullptr, name + " is a member");
  } else {
    return false;
  }
  return true;
}

// What it found out.
bool Scenario::expect_found(std::uint32_t index, const Words& words) {
  const Node& node = cluster_->node(index);
  const std::string name = "replica " + std::to_string(index);
  const std::string& what = at(words, 2);
  std::set<std::uint32_t> named;
  for (const auto& evidence : node.evidence_held) named.insert(evidence.replica.value);
  if (what == "evidence")
    need(named.contains(replica(at(words, 3))), name + " has no such evidence");
  else if (what == "no_evidence")
    need(named.empty(), name + " has evidence");
  else if (what == "liars")
    need(fits(named.size(), at(words, 3)), name + " has evidence against " + std::to_string(named.size()));
  else if (what == "stopped")
    need(!node.running(), name + " goes on");
  else if (what == "diverged")
    need(node.stopped_because.find("but a quorum certified") != std::string::npos, name + " did not diverge");
  else if (what == "halted")
    need(node.stopped_because.find("can reach a quorum") != std::string::npos, name + " did not halt");
  else if (what == "lost_votes")
    need(node.lost_votes, name + " misses no votes");
  else
    return false;
  return true;
}

// Where its replica stands.
bool Scenario::expect_place(std::uint32_t index, const Words& words) {
  const Replica& replica = cluster_->replica(index);
  const std::string name = "replica " + std::to_string(index);
  const std::string& what = at(words, 2);
  const auto count = [&](std::uint64_t found) {
    need(fits(found, at(words, 3)), name + " has " + what + " " + std::to_string(found));
    return true;
  };
  if (what == "executed") return count(replica.last_executed().value);
  if (what == "stable") return count(replica.stable().value);
  if (what == "next") return count(replica.next_seq().value);
  if (what == "view") return count(replica.view().value);
  if (what == "failures") return count(replica.views_failed());
  if (what == "changing") {
    need(replica.changing_view(), name + " is in its view");
  } else if (what == "settled") {
    need(!replica.changing_view(), name + " changes its view");
  } else if (what == "recovering") {
    need(replica.recovering(), name + " misses no votes");
  } else if (what == "voting") {
    need(!replica.recovering() && !replica.stopped(), name + " signs nothing");
  } else if (what == "dropped") {
    const auto counter = kCounters.find(at(words, 3));
    need(counter != kCounters.end(), "no such counter");
    const std::uint64_t found = replica.counters().*counter->second;
    need(fits(found, at(words, 4)), name + " dropped " + std::to_string(found));
  } else if (what == "marked") {
    marks_[index] = replica.footprint();
  } else if (what == "unchanged") {
    need(marks_.contains(index) && replica.footprint() == marks_[index], name + " holds other things than when marked");
  } else {
    return false;
  }
  return true;
}

}  // namespace tally::consensus::test
