// Purpose: how rules change: somebody proposes a rulebook, a retirement or parameters; people comment; whoever the
// constitution and the rulebook name approves; block time closes what stays open. Proposals share numbers and states
// with those on validators (governance.h), not the electorate: here persons sign with their own keys.
// Thread rule: the executing thread only.
// Errors: missing_role, same_person (own proposal), duplicate, invalid_field, too_large, wrong_state, limit_reached,
// not_found; what the rulebook check finds.
// Invariants: nothing is adopted before its time for comments is over, nor without every approval it needs, each by
// another person than the proposer, who holds a key in force. What is adopted begins after its adoption.
// Source: docs/decisions/0017-rules-come-into-force-by-approval.md.
#pragma once

#include "contracts/approvals.h"
#include "contracts/call.h"
#include "contracts/constitution.h"

namespace tally::contracts {

inline constexpr std::uint32_t kApprovalsNeededMax = 64;  // of one proposal
inline constexpr std::size_t kOpenRuleProposalsMax = 64;  // so that a few villages cannot fill the table

struct NewVersion {
  static constexpr std::string_view kName = "rulebook";
  RulebookId rulebook;
  std::uint32_t version = 1;
  TimestampMs effective;
  bool operator==(const NewVersion&) const = default;
};
BOOST_DESCRIBE_STRUCT(NewVersion, (), (rulebook, version, effective))

struct Retirement {
  static constexpr std::string_view kName = "retirement";
  RulebookId rulebook;
  TimestampMs effective;
  bool operator==(const Retirement&) const = default;
};
BOOST_DESCRIBE_STRUCT(Retirement, (), (rulebook, effective))

using RuleChange = std::variant<NewVersion, Retirement, ParameterChange>;

// Of a retirement or of parameters; that of a rulebook is digest_of_document.
Digest content_of(const RuleChange& change);

struct RuleProposal {
  std::uint64_t number = 0;
  RuleChange change;
  Digest content;  // of the document (kRulebookDomain), or of the change (kProposalDomain)
  Digest reason;
  PersonId proposer;
  UnitId unit;  // of the proposer's post
  TimestampMs opened;
  TimestampMs comments_until;
  TimestampMs expires;
  std::vector<ApprovalTerm> terms;  // fixed when it was proposed
  ProposalState state = ProposalState::open;
  std::vector<PersonId> approvals;  // in their order
  std::uint32_t comments = 0;
  std::optional<TimestampMs> closed;
  bool operator==(const RuleProposal&) const = default;
};
BOOST_DESCRIBE_STRUCT(RuleProposal, (),
                      (number, change, content, reason, proposer, unit, opened, comments_until, expires, terms, state,
                       approvals, comments, closed))

struct CommentRecord {
  std::optional<PersonId> person;        // an officer, or
  std::optional<SubjectHandle> subject;  // a subject
  UnitId unit;
  Digest comment;
  TimestampMs time;
  bool operator==(const CommentRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(CommentRecord, (), (person, subject, unit, comment, time))

Bytes rule_proposal_key(std::uint64_t number);
Bytes proposed_text_key(std::uint64_t number);  // of a rulebook; moves to rulebook_text_key once adopted
Bytes comment_prefix(std::uint64_t number);
Bytes comment_key(std::uint64_t number, std::uint32_t index);

// What decisions need, whether an operation or block time brings them about.
struct Council {
  const ledger::BlockContext& block;
  ledger::State& state;
  Directory& people;
  Shelf& shelf;
  ParameterShelf& settings;
};

Outcome adopt_constitution(Call& call, const AdoptConstitution& operation);
Outcome propose_rulebook(Call& call, const ProposeRulebook& operation);
Outcome propose_retirement(Call& call, const RetireRulebook& operation);
Outcome propose_parameters(Call& call, const ProposeParameters& operation);
Outcome comment_proposal(Call& call, const CommentProposal& operation);
Outcome approve_proposal(Call& call, const ApproveProposal& operation);
Outcome withdraw_proposal(Call& call, const WithdrawProposal& operation);
// Its time for comments, or its own, is over.
DueEvent settle_due_proposal(const Council& council, std::uint64_t number);

}  // namespace tally::contracts
