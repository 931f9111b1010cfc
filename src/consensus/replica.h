// Purpose: the sans-IO PBFT replica. No socket, file, thread, clock or randomness: inputs come in, and
// take_ready() gives what the node must do. One instance serves one epoch's validator set.
// Thread rule: one thread at a time; different replicas may run in one process.
// Source: Castro & Liskov, OSDI 1999, sections 4.2 (normal case) and 4.3 (checkpoints); rules 1 to 15 of
// docs/pbft.md.
// Contract of the caller, for each Ready, in this order:
//   1. write all of `persist` durably (one fsync for the lot),  2. only then send `send`,
//   3. check `check` (any thread; answer with batch_checked),   4. execute `execute` in order, durably, and
//   answer each with executed().  A crash between the steps is safe.
// Invariants: never signs two digests for one (epoch, view, seq, phase), restarts included, if `Restored`
// holds every record that was persisted and not pruned. Memory is bounded whatever is passed to step().
#pragma once

#include <boost/describe/class.hpp>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "common/limits.h"
#include "consensus/authentic.h"
#include "consensus/messages.h"
#include "consensus/planted.h"
#include "consensus/quorum.h"
#include "crypto/signature.h"

namespace tally::consensus {

// A batch's bytes with their digest. Immutable and shared: the log, the disk and the network use one copy.
struct Body {
  Digest digest;
  Bytes bytes;
};
using BodyPtr = std::shared_ptr<const Body>;

struct Configuration {
  ValidatorSet validators;
  ReplicaIndex self;
  std::uint64_t window = limits::kWatermarkWindow;
  std::uint32_t status_every_ticks = 5;   // STATUS for retransmission (rule 15)
  std::uint32_t view_timeout_ticks = 40;  // before back-off (rule 9)
  std::uint32_t view_timeout_max_ticks = 300;
  const crypto::Signer* signer = nullptr;  // outlives the replica
  [[no_unique_address]] Planted planted = {};
};

// What must be on disk before the messages of the same Ready leave.
struct BodyRecord {
  static constexpr std::string_view kName = "body";
  SeqNum seq;
  Digest digest;
  Bytes bytes;
};
BOOST_DESCRIBE_STRUCT(BodyRecord, (), (seq, digest, bytes))
struct VoteRecord {  // an own PRE-PREPARE, PREPARE or COMMIT
  static constexpr std::string_view kName = "vote";
  SignedVote vote;
};
BOOST_DESCRIBE_STRUCT(VoteRecord, (), (vote))
struct AcceptedRecord {  // the primary's PRE-PREPARE that a backup's PREPARE answers
  static constexpr std::string_view kName = "accepted";
  SignedVote pre_prepare;
};
BOOST_DESCRIBE_STRUCT(AcceptedRecord, (), (pre_prepare))
struct PreparedRecord {  // before COMMIT leaves
  static constexpr std::string_view kName = "prepared";
  PreparedCertificate certificate;
};
BOOST_DESCRIBE_STRUCT(PreparedRecord, (), (certificate))
struct ViewRecord {  // the view, and whether it is being changed
  static constexpr std::string_view kName = "view";
  Epoch epoch;
  View view;
  bool changing = false;
};
BOOST_DESCRIBE_STRUCT(ViewRecord, (), (epoch, view, changing))
struct OwnCheckpointRecord {
  static constexpr std::string_view kName = "own_checkpoint";
  SignedCheckpoint checkpoint;
};
BOOST_DESCRIBE_STRUCT(OwnCheckpointRecord, (), (checkpoint))
struct StableRecord {  // prunes every record at or below its height
  static constexpr std::string_view kName = "stable";
  CheckpointCertificate certificate;
};
BOOST_DESCRIBE_STRUCT(StableRecord, (), (certificate))
struct ViewChangeRecord {  // the one VIEW-CHANGE of ours for the highest view
  static constexpr std::string_view kName = "view_change";
  SignedViewChange view_change;
};
BOOST_DESCRIBE_STRUCT(ViewChangeRecord, (), (view_change))
struct NewViewRecord {  // what the current view rests on, so that it can be shown to others again
  static constexpr std::string_view kName = "new_view";
  SignedNewView new_view;
  std::vector<SignedViewChange> view_changes;  // V
};
BOOST_DESCRIBE_STRUCT(NewViewRecord, (), (new_view, view_changes))
// This data directory has kept every vote from its beginning. Written by the node when it makes the directory.
struct InitRecord {
  static constexpr std::string_view kName = "init";
  std::uint32_t format = 1;
};
BOOST_DESCRIBE_STRUCT(InitRecord, (), (format))
// Votes of ours were lost (end of rule 10). Until `resume` is known and stable, nothing is signed; once that is so, the
// record says it is over. While it is not, it holds for every later epoch as well.
struct LostRecord {
  static constexpr std::string_view kName = "lost";
  static constexpr BlockHeight kOver{0};
  Epoch epoch;
  std::optional<BlockHeight> resume;

  [[nodiscard]] bool over() const { return resume == kOver; }
};
BOOST_DESCRIBE_STRUCT(LostRecord, (), (epoch, resume))
// Appended, never reordered: the index is on disk.
using DurableRecord =
    std::variant<BodyRecord, VoteRecord, AcceptedRecord, PreparedRecord, ViewRecord, OwnCheckpointRecord, StableRecord,
                 ViewChangeRecord, NewViewRecord, InitRecord, LostRecord>;

// Key under which a record is stored, unique per thing it records: a later record of the same key replaces
// the earlier. Keys of one sequence number share a prefix (big-endian seq), so that pruning is a range.
Bytes storage_key(const DurableRecord& record);
// A StableRecord of height `stable` prunes the keys in [Bytes{}, storage_prune_end(stable)).
Bytes storage_prune_end(BlockHeight stable);

// What a replica that restarts knows.
struct Restored {
  // Any order. On a new data directory InitRecord alone; without it, votes were lost.
  std::vector<DurableRecord> records;
  BlockHeight executed;    // last block that is durably executed
  Digest executed_header;  // its header's digest (the genesis header's at height 0)
  bool ended = false;      // that block ended the epoch
};

struct Outgoing {
  std::optional<ReplicaIndex> to;  // nullopt: every other replica
  Message message;
};
// A body whose client signatures and form the node must check before this replica may PREPARE.
struct BodyToCheck {
  SeqNum seq;
  ReplicaIndex proposer;
  BodyPtr body;
};
// A committed batch; body is null for the null batch. Void if a block below it ended the epoch.
struct Decided {
  Epoch epoch;
  SeqNum seq;
  View view;
  Digest digest;
  BodyPtr body;
};
// Two signed messages of one replica that contradict each other (rule 13). The epoch is in both.
struct Evidence {
  ReplicaIndex replica;
  std::variant<std::pair<SignedVote, SignedVote>, std::pair<SignedCheckpoint, SignedCheckpoint>,
               std::pair<SignedViewChange, SignedViewChange>, std::pair<SignedNewView, SignedNewView>>
      votes;
};
// What waits to be ordered, as the node sees it: what the view timer of rule 9 runs on.
struct PendingWork {
  // Something eligible waits here: a transaction that was forwarded to all, a deadline or heartbeat that is due.
  bool waiting = false;
  // For how many ticks some client has had an eligible transaction here and none of its own ordered.
  std::uint64_t starved_ticks = 0;
  // More waits than one batch can take.
  bool saturated = false;
  // Operations executed since the node started.
  std::uint64_t operations = 0;
};

// No header can still gather q CHECKPOINTs at this height (rule 6): honest replicas computed different blocks.
// The replica signs nothing more; recovery is a new epoch.
struct Halt {
  BlockHeight height;
  std::vector<SignedCheckpoint> votes;  // one per replica that voted, in rising order
};
// A certificate contradicts the block that this replica executed: it is wrong, or more than f are if that block was
// final. It signs nothing more, and its node must stop and say so.
struct Divergence {
  Digest own;  // header of the block executed here
  CheckpointCertificate certificate;
};

struct Ready {
  std::vector<DurableRecord> persist;
  std::vector<Outgoing> send;  // may leave only after `persist` is durable
  std::vector<BodyToCheck> check;
  std::vector<Decided> execute;                  // rising by one, no gap
  std::vector<CheckpointCertificate> finalised;  // newly stable, rising
  // A certificate, or f+1 CHECKPOINTs, prove this height, which is above what is decided here: fetch. Repeated
  // while it holds.
  std::optional<BlockHeight> behind;
  std::vector<Evidence> evidence;
  std::optional<Halt> halted;          // once
  std::optional<Divergence> diverged;  // once
  bool votes_lost = false;             // once: a peer proved that votes of ours are missing here (rule 10)

  [[nodiscard]] bool empty() const {
    return persist.empty() && send.empty() && check.empty() && execute.empty() && finalised.empty() && !behind &&
           evidence.empty() && !halted && !diverged && !votes_lost;
  }
};

class Replica {
 public:
  Replica(Configuration configuration, Restored restored);
  ~Replica();
  Replica(Replica&&) noexcept;

  // A message whose signatures were checked (authentic.h). Anything out of place is dropped and counted.
  void step(const Authentic& message);
  // One unit of logical time.
  void tick();
  // True while this replica is primary, not changing view, and has room in its window.
  [[nodiscard]] bool can_propose() const;
  // Required: can_propose(), and the body was checked by this node.
  void propose(BodyPtr body);
  // Verdict on a BodyToCheck; a refused body is never voted for.
  void batch_checked(const Digest& digest, bool good);
  // The block of `height` is durably executed, whichever path brought it. `height` is one above the last. With
  // `ends_epoch` it changes the membership (rule 12): later batches of this epoch are void, and this replica only
  // helps the others to finish the epoch.
  void executed(BlockHeight height, const Digest& header, bool ends_epoch = false);
  // Said again whenever it changes; it moves nothing in the normal case.
  void pending_work(const PendingWork& work);
  // The block of this verified certificate was installed by catch-up and is durably executed. Batches at or below
  // it that were handed over before are not to be executed, nor answered with executed(). `ends_epoch` as above.
  void installed(const CheckpointCertificate& certificate, bool ends_epoch = false);
  [[nodiscard]] Ready take_ready();

  [[nodiscard]] View view() const;
  [[nodiscard]] BlockHeight stable() const;  // h
  [[nodiscard]] BlockHeight last_executed() const;
  [[nodiscard]] SeqNum next_seq() const;  // of the next proposal, as primary
  [[nodiscard]] bool is_primary() const;
  [[nodiscard]] bool changing_view() const;                // view() is then the view to come
  [[nodiscard]] std::uint64_t views_failed() const;        // time-outs since the last progress
  [[nodiscard]] std::uint64_t view_timeout_ticks() const;  // at present, backed off
  // Votes were lost: nothing is signed until enough is stable.
  [[nodiscard]] bool recovering() const;
  // After Halt or Divergence: signs nothing more and answers only STATUS.
  [[nodiscard]] bool stopped() const;

  struct Counters {
    std::uint64_t dropped_out_of_window = 0;
    std::uint64_t dropped_wrong_view = 0;
    std::uint64_t dropped_wrong_epoch = 0;
    std::uint64_t dropped_not_primary = 0;
    std::uint64_t dropped_duplicate = 0;
    std::uint64_t dropped_conflict = 0;
    std::uint64_t dropped_bad_body = 0;  // refused by the node, or a PRE-PREPARE without a body
    std::uint64_t retransmitted = 0;
    std::uint64_t dropped_primary_prepare = 0;  // a primary's PREPARE does not count (rule 4)
    std::uint64_t dropped_own = 0;              // a message of ours came back
    std::uint64_t own_votes_unknown = 0;        // of those, the ones that no record here knows: votes were lost
    std::uint64_t dropped_view_change = 0;      // NEW-VIEW that is late or not awaited
    std::uint64_t dropped_bad_new_view = 0;     // O is not what its V asks for
    std::uint64_t dropped_changing = 0;         // normal-case message during a view change (rule 7)
    std::uint64_t dropped_stopped = 0;          // came after Halt or Divergence
    std::uint64_t dropped_status = 0;           // STATUS that came too soon after the last
  };
  [[nodiscard]] const Counters& counters() const;

  // What is held, in numbers: for metrics, and for the proof that hostile input does not grow it.
  struct Footprint {
    std::size_t slots = 0;
    std::size_t votes = 0;  // of others and own, all phases
    std::size_t bodies = 0;
    std::size_t body_bytes = 0;
    std::size_t checkpoint_votes = 0;
    std::size_t certificates = 0;
    std::size_t view_changes = 0;
    bool operator==(const Footprint&) const = default;
  };
  [[nodiscard]] Footprint footprint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tally::consensus
