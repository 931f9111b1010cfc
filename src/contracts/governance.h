// Purpose: the members' own affairs: who validates, with which keys, and under which protocol version. The members'
// organisations propose and vote with their nodes' keys; a quorum of the members at that moment decides.
// Thread rule: the executing thread only.
// Errors: missing_role (no member's key), not_registered, already_registered, invalid_field, bad_signature (the new
// key did not sign), limit_reached, wrong_state. All but a vote's are known before anybody votes.
// Invariants: what is adopted always makes a valid validator set. A vote counts once for each organisation, and only
// while it is a member. Work is bounded by limits::kOpenProposalsMax, whatever is proposed.
// Source: consensus rule 12; docs/decisions/0009-members-vote-with-their-node-keys.md.
#pragma once

#include "contracts/call.h"
#include "ledger/governed.h"

namespace tally::contracts {

using Change = std::variant<AddValidator, RemoveValidator, RotateValidatorKey, RaiseProtocol>;

struct Ballot {
  std::string validator;
  bool approve = false;
  bool operator==(const Ballot&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ballot, (), (validator, approve))

struct ProposalRecord {
  std::uint64_t number = 0;
  Change change;
  std::string proposer;
  TimestampMs opened;
  ProposalState state = ProposalState::open;
  std::vector<Ballot> ballots;  // in the order in which the organisations first voted
  bool operator==(const ProposalRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProposalRecord, (), (number, change, proposer, opened, state, ballots))

struct ProposalIndex {
  std::uint64_t last = 0;                      // the number given last
  std::vector<std::uint64_t> open;             // rising; some may have expired and not been touched since
  std::vector<std::uint64_t> open_rules = {};  // of rule_proposals.h, rising
  bool operator==(const ProposalIndex&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProposalIndex, (), (last, open, open_rules))

inline constexpr std::string_view kProposalIndexKey = "sys/proposals";
ProposalIndex read_proposal_index(const ledger::State& state);
Bytes proposal_key(std::uint64_t number);

// Block time from which an open proposal is expired.
TimestampMs expiry_of(const ProposalRecord& proposal);
// Ballots of those who are members now.
ProposalOutcome count_ballots(const ProposalRecord& proposal, const ledger::Members& members);
std::uint32_t count_rejections(const ProposalRecord& proposal, const ledger::Members& members);

Outcome propose(Call& call, const Change& change);
Outcome vote(Call& call, const VoteProposal& operation);

}  // namespace tally::contracts
