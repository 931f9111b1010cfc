// Purpose: what people may ask about the rules of the chain: its constitution, what is proposed and who has approved,
// comments, and the engine's parameters. Read-only, over one consistent moment of the store.
// Thread rule: pure functions over the caller's reader.
// Errors: not_found (no such proposal), invalid_field (cursor), storage_failed or internal (a damaged store).
// Bounds: a page has at most limits::kPageRowsMax proposals and looks at as many numbers.
#pragma once

#include "contracts/queries.h"
#include "contracts/rule_proposals.h"

namespace tally::contracts {

struct ApproverView {
  PersonId person;
  std::string title;  // of the post
  UnitId unit;
  std::vector<Role> roles;
  bool counts = false;  // the person holds a key in force
};
BOOST_DESCRIBE_STRUCT(ApproverView, (), (person, title, unit, roles, counts))

struct TermView {
  ApprovalTerm term;
  std::uint32_t filled = 0;
  std::string words;  // "1 x governor of a town"
};
BOOST_DESCRIBE_STRUCT(TermView, (), (term, filled, words))

struct RuleProposalView {
  RuleProposal proposal;  // an open one that has expired by now is shown as expired
  std::vector<TermView> terms;
  std::vector<ApproverView> approvers;
  ProposalOutcome outcome;  // as it stands now; of a closed one: as its approvals would count now
};

struct ParameterView {
  std::string name;
  std::uint64_t value = 0;  // of the next block
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::uint64_t unless_changed = 0;
  std::string does;
};
BOOST_DESCRIBE_STRUCT(ParameterView, (), (name, value, least, most, unless_changed, does))
struct FeatureView {
  std::string name;
  bool on = true;
  std::string does;
};
BOOST_DESCRIBE_STRUCT(FeatureView, (), (name, on, does))
struct ParametersView {
  std::vector<ParameterView> parameters;
  std::vector<FeatureView> features;
  std::vector<ParameterChange> planned;  // whose block is still to come
};
BOOST_DESCRIBE_STRUCT(ParametersView, (), (parameters, features, planned))

// `now` is the reader's block time.
Result<RuleProposalView> rule_proposal_view(const storage::Reader& reader, std::uint64_t number, TimestampMs now);
// Newest first.
Result<Page<RuleProposalView>> rule_proposal_views(const storage::Reader& reader, bool open_only, TimestampMs now,
                                                   std::optional<std::string> cursor, std::size_t rows);
// Of a rulebook: the document that is proposed, or was. not_found for other proposals.
Result<std::string> proposed_document(const storage::Reader& reader, std::uint64_t number);
// In their order.
Result<std::vector<CommentRecord>> comments_on(const storage::Reader& reader, std::uint64_t number);
// `height` is the reader's.
Result<ParametersView> parameters_view(const storage::Reader& reader, BlockHeight height);

}  // namespace tally::contracts
