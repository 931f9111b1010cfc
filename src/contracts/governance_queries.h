// Purpose: what people may ask about the members' own affairs: who validates, what is proposed and how the votes stand,
// and which protocol version is in force. Read-only, over one consistent moment of the store.
// Thread rule: pure functions over the caller's reader.
// Errors: not_found (no such proposal), invalid_field (cursor), storage_failed or internal (a damaged store).
// Bounds: a page has at most limits::kPageRowsMax proposals.
#pragma once

#include "consensus/quorum.h"
#include "contracts/governance.h"
#include "contracts/queries.h"

namespace tally::contracts {

// What a number of members means.
struct QuorumView {
  std::uint32_t members = 0;
  std::uint32_t tolerated = 0;  // liars, f
  std::uint32_t quorum = 0;     // q: votes that decide, in consensus and on proposals
  bool operator==(const QuorumView&) const = default;
};
BOOST_DESCRIBE_STRUCT(QuorumView, (), (members, tolerated, quorum))
QuorumView quorum_view(std::size_t members);

struct MemberView {
  std::uint32_t index = 0;
  std::string name;
  PublicKey key;
  std::optional<std::string> address;  // as governance named it; members of the genesis have none on chain
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (index, name, key, address))

struct ValidatorsView {
  Epoch epoch;
  BlockHeight start;  // the last block before the epoch
  QuorumView quorum;
  std::vector<MemberView> validators;
  std::vector<ledger::NodeEntry> candidates;  // nodes and keys that open proposals name
};
BOOST_DESCRIBE_STRUCT(ValidatorsView, (), (epoch, start, quorum, validators, candidates))

struct BallotView {
  std::string validator;
  bool approve = false;
  bool counts = false;  // its organisation is a member now
};
BOOST_DESCRIBE_STRUCT(BallotView, (), (validator, approve, counts))

struct ProposalView {
  std::uint64_t number = 0;
  ProposalState state = ProposalState::open;
  Change change;
  std::string proposer;
  TimestampMs opened;
  TimestampMs expires;
  std::vector<BallotView> ballots;
  // Absent once it is closed, because the members are no longer those who decided.
  std::optional<ProposalOutcome> outcome;
  std::uint32_t missing = 0;             // approvals that an open one still needs
  std::vector<std::string> undecided;    // members who have not voted on an open one
  std::optional<QuorumView> afterwards;  // of an open one that changes the number of members
};

struct ProtocolView {
  std::uint32_t version = 0;                   // of the next block
  std::optional<ledger::ProtocolChange> next;  // planned
};
BOOST_DESCRIBE_STRUCT(ProtocolView, (), (version, next))

// `members` is the validator set of the reader's next block.
Result<ValidatorsView> validators_view(const storage::Reader& reader, const consensus::ValidatorSet& members);
// `now` is the reader's block time: an open proposal that has expired by then is shown as expired.
Result<ProposalView> proposal_view(const storage::Reader& reader, std::uint64_t number, TimestampMs now);
// Newest first.
Result<Page<ProposalView>> proposal_views(const storage::Reader& reader, bool open_only, TimestampMs now,
                                          std::optional<std::string> cursor, std::size_t rows);
// `height` is the reader's.
Result<ProtocolView> protocol_view(const storage::Reader& reader, BlockHeight height);

}  // namespace tally::contracts
