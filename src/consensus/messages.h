// Purpose: the PBFT messages and certificates (Castro & Liskov, OSDI 1999, section 4), with signed votes.
// Thread rule: plain values. Bytes: BCS of these declarations (docs/wire_format.md).
// Invariant: every signature covers domain tag, chain id (both in crypto/signature.h) and the digest of a
// body struct; a body never holds a signature.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "common/codec.h"

namespace tally::consensus {

// The null batch, which fills a gap in a new view and makes an empty block, has the zero digest.
inline constexpr Digest kNullBatch{};

enum class Phase : std::uint8_t { pre_prepare, prepare, commit };
BOOST_DESCRIBE_ENUM(Phase, pre_prepare, prepare, commit)

// Body of PRE-PREPARE, PREPARE and COMMIT.
struct Vote {
  Epoch epoch;
  Phase phase = Phase::pre_prepare;
  View view;
  SeqNum seq;
  Digest digest;  // of the batch
  bool operator==(const Vote&) const = default;
};
BOOST_DESCRIBE_STRUCT(Vote, (), (epoch, phase, view, seq, digest))

struct SignedVote {
  static constexpr std::string_view kName = "vote";
  Vote vote;
  ReplicaIndex replica;
  Signature signature;
  bool operator==(const SignedVote&) const = default;
};
BOOST_DESCRIBE_STRUCT(SignedVote, (), (vote, replica, signature))

// CHECKPOINT covers no view: the header does not depend on the view that ordered it.
struct CheckpointVote {
  Epoch epoch;
  BlockHeight height;
  Digest header;
  bool operator==(const CheckpointVote&) const = default;
};
BOOST_DESCRIBE_STRUCT(CheckpointVote, (), (epoch, height, header))

struct SignedCheckpoint {
  static constexpr std::string_view kName = "checkpoint";
  CheckpointVote vote;
  ReplicaIndex replica;
  Signature signature;
  bool operator==(const SignedCheckpoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(SignedCheckpoint, (), (vote, replica, signature))

struct ReplicaSignature {
  ReplicaIndex replica;
  Signature signature;
  bool operator==(const ReplicaSignature&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplicaSignature, (), (replica, signature))

// Signatures in certificates stand in rising order of replica, each replica once.

// PRE-PREPARE of the primary and q-1 PREPAREs of distinct backups.
struct PreparedCertificate {
  Vote pre_prepare;  // phase pre_prepare
  ReplicaSignature primary;
  std::vector<ReplicaSignature> prepares;
  bool operator==(const PreparedCertificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(PreparedCertificate, (), (pre_prepare, primary, prepares))

// q COMMITs.
struct CommitCertificate {
  static constexpr std::string_view kName = "commit_certificate";
  Vote commit;  // phase commit
  std::vector<ReplicaSignature> signatures;
  bool operator==(const CommitCertificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(CommitCertificate, (), (commit, signatures))

// q CHECKPOINTs: the proof of finality that clients and auditors check.
struct CheckpointCertificate {
  static constexpr std::string_view kName = "checkpoint_certificate";
  CheckpointVote vote;
  std::vector<ReplicaSignature> signatures;
  bool operator==(const CheckpointCertificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(CheckpointCertificate, (), (vote, signatures))

// PRE-PREPARE as it travels: the primary's vote and the batch's bytes.
struct Proposal {
  static constexpr std::string_view kName = "proposal";
  SignedVote pre_prepare;
  Bytes batch;
  bool operator==(const Proposal&) const = default;
};
BOOST_DESCRIBE_STRUCT(Proposal, (), (pre_prepare, batch))

// VIEW-CHANGE: the stable checkpoint with its certificate (absent at the epoch's start), and for each sequence number
// above it the prepared certificate of the highest view.
struct ViewChange {
  Epoch epoch;
  View new_view;
  BlockHeight stable;
  std::optional<CheckpointCertificate> stable_certificate;
  std::vector<PreparedCertificate> prepared;
  bool operator==(const ViewChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(ViewChange, (), (epoch, new_view, stable, stable_certificate, prepared))

struct SignedViewChange {
  static constexpr std::string_view kName = "view_change";
  ViewChange body;
  ReplicaIndex replica;
  Signature signature;
  bool operator==(const SignedViewChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(SignedViewChange, (), (body, replica, signature))

// Which VIEW-CHANGE of whom a NEW-VIEW rests on.
struct ViewChangeReference {
  ReplicaIndex replica;
  Digest body;
  bool operator==(const ViewChangeReference&) const = default;
};
BOOST_DESCRIBE_STRUCT(ViewChangeReference, (), (replica, body))

struct NewView {
  Epoch epoch;
  View view;
  std::vector<ViewChangeReference> view_changes;  // V, listed by digest
  std::vector<SignedVote> pre_prepares;           // O
  bool operator==(const NewView&) const = default;
};
BOOST_DESCRIBE_STRUCT(NewView, (), (epoch, view, view_changes, pre_prepares))

struct SignedNewView {
  static constexpr std::string_view kName = "new_view";
  NewView body;
  ReplicaIndex replica;
  Signature signature;
  bool operator==(const SignedNewView&) const = default;
};
BOOST_DESCRIBE_STRUCT(SignedNewView, (), (body, replica, signature))

// What a replica holds of one sequence number; bit i of a mask stands for replica i.
struct SlotStatus {
  SeqNum seq;
  bool has_body = false;
  std::vector<Byte> prepares;
  std::vector<Byte> commits;
  std::optional<Digest> wanted =
      std::nullopt;  // a batch that this slot cannot go on without, and whose bytes are not held
  bool operator==(const SlotStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(SlotStatus, (), (seq, has_body, prepares, commits, wanted))

// STATUS (rule 15): peers answer with what is missing. Unsigned: the authenticated link vouches for it, and
// it moves nothing but retransmission.
struct StatusReport {
  static constexpr std::string_view kName = "status";
  Epoch epoch;
  View view;  // while changing: the view that is to come
  ReplicaIndex replica;
  BlockHeight stable;
  BlockHeight executed;
  std::vector<SlotStatus> slots;  // (stable, stable + L] where anything is held
  std::vector<Byte> checkpoints;  // mask of CHECKPOINTs held for stable + 1
  bool changing = false;
  std::vector<Byte> view_changes = {};  // while changing: mask of VIEW-CHANGEs held that can make up the view's V
  bool operator==(const StatusReport&) const = default;
};
BOOST_DESCRIBE_STRUCT(StatusReport, (),
                      (epoch, view, replica, stable, executed, slots, checkpoints, changing, view_changes))

using Message = std::variant<Proposal, SignedVote, SignedCheckpoint, SignedViewChange, SignedNewView, CommitCertificate,
                             CheckpointCertificate, StatusReport>;

// The epoch whose validator set the message is checked with.
Epoch epoch_of(const Message& message);

}  // namespace tally::consensus
