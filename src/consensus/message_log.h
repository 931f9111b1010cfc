// Purpose: what this replica holds of each sequence number in the window (h, h+L]: the accepted PRE-PREPARE,
// the votes of each replica, bodies and certificates. It stores and counts; it never decides to sign.
// Thread rule: belongs to one replica.
// Bound: `window` slots; in each at most two rounds (the current view and the next), in each round one vote per
// phase and replica and one body (an accepted or an early one), one body more per slot, one prepared and one commit
// certificate. For n = 128 and L = 32 that is 32,768 votes and 96 bodies. Source: Castro & Liskov, OSDI 1999,
// section 4.2 (predicates prepared and committed); rules 3 to 5 and 11.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "consensus/replica.h"

namespace tally::consensus {

// waiting: the node was asked to check the body. Only a good one is voted for.
enum class BodyCheck : std::uint8_t { waiting, good, refused };

// A PRE-PREPARE and the batch it is about. The body may be absent after a restart that lost it.
struct Candidate {
  SignedVote pre_prepare;
  BodyPtr body;
  BodyCheck check = BodyCheck::waiting;

  [[nodiscard]] const Digest& digest() const { return pre_prepare.vote.digest; }
};

// By replica index; absent where none was received.
using VotesByReplica = std::vector<std::optional<SignedVote>>;

enum class Kept : std::uint8_t { added, duplicate, conflict };

// One view's messages about one sequence number.
struct Round {
  explicit Round(std::uint32_t n) : prepares(n), commits(n) {}

  std::optional<Candidate> accepted;  // the only digest that is accepted for this (view, seq)
  std::optional<SignedVote> shown;    // the primary's PRE-PREPARE as another replica showed it, without a body
  VotesByReplica prepares;            // never of the view's primary
  VotesByReplica commits;
  std::optional<Proposal> early;  // of the awaited view, came before its NEW-VIEW

  [[nodiscard]] VotesByReplica& votes(Phase phase) { return phase == Phase::prepare ? prepares : commits; }
  // Keeps a PREPARE or COMMIT unless the replica already voted in this phase.
  Kept keep(const SignedVote& vote);
};

struct Slot {
  Slot(SeqNum number, std::uint32_t n, std::uint64_t tick)
      : seq(number), born_tick(tick), accused(n, false), answered(n, false) {}

  SeqNum seq;
  std::uint64_t born_tick;
  std::map<View, Round> rounds;
  std::optional<PreparedCertificate> prepared;  // of the highest view
  std::optional<CommitCertificate> committed;
  // A body that is needed though no round accepted it: that of the committed or prepared digest.
  std::optional<Candidate> kept;
  // What the view that this replica is about to lead proposes again here; without its body until that arrives.
  std::optional<Candidate> awaited;
  std::vector<bool> accused;   // replicas against whom evidence was reported for this slot
  std::vector<bool> answered;  // replicas that were shown the PRE-PREPARE which contradicts their vote

  [[nodiscard]] Round& round(View view);  // made on first use
  [[nodiscard]] Round* find_round(View view);
  [[nodiscard]] const Round* find_round(View view) const;
  // The candidate with this digest whose body is held, or nullptr.
  [[nodiscard]] const Candidate* with_body(const Digest& digest) const;
  // The digest whose body this slot cannot go on without, if that body is not held.
  [[nodiscard]] std::optional<Digest> missing_body(View view) const;
};

class MessageLog {
 public:
  MessageLog(const ValidatorSet& validators, std::uint64_t window);

  [[nodiscard]] BlockHeight low() const { return low_; }  // h
  [[nodiscard]] SeqNum high() const;                      // H = h + L
  [[nodiscard]] bool in_window(SeqNum seq) const;

  [[nodiscard]] Slot* find(SeqNum seq);
  [[nodiscard]] const Slot* find(SeqNum seq) const;
  // Required: in_window(seq). `tick` is remembered if the slot is new.
  [[nodiscard]] Slot& at(SeqNum seq, std::uint64_t tick);
  [[nodiscard]] std::map<SeqNum, Slot>& slots() { return slots_; }
  [[nodiscard]] const std::map<SeqNum, Slot>& slots() const { return slots_; }

  // h moves; what is at or below it goes. Never backwards.
  void advance_to(BlockHeight stable);
  // Rounds of lower views go. Of each slot the body stays that a new view may name again.
  void enter_view(View view);
  void forget_awaited();
  void count(Replica::Footprint& into) const;

 private:
  std::uint32_t n_;
  std::uint64_t window_;
  BlockHeight low_;
  std::map<SeqNum, Slot> slots_;
};

// prepared(v, n, d): the accepted PRE-PREPARE and q-1 PREPAREs of distinct backups for its digest.
std::optional<PreparedCertificate> prepared_certificate(const Round& round, Quorum quorum);
// q COMMITs of distinct replicas for this digest.
std::optional<CommitCertificate> commit_certificate(const Round& round, const Digest& digest, Quorum quorum);

}  // namespace tally::consensus
