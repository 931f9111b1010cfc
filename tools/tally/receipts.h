// Purpose: what a node says of a transaction, read strictly and told in words.
// Thread rule: plain values.
#pragma once

#include "contracts/operations.h"
#include "contracts/rulebook.h"
#include "tally/context.h"

namespace tally::cli {

struct ResultView {
  std::string code;  // an error code's name; "ok" if applied
  std::string rule;
  std::string message;
  contracts::OperationOutput output;
  // As points, where the node says them.
  std::string change_points;
  std::string score_points;
  Json consequences = Json::array();  // of an act in a workflow's case
};

struct TransactionView {
  std::string id;
  std::string state;  // unknown, pending, final, rejected
  std::string height;
  std::string time;
  std::string code;  // of the receipt; empty while there is none
  std::string message;
  std::vector<ResultView> results;
  Json document;

  [[nodiscard]] bool settled() const { return state == "final" || state == "rejected"; }
  // Operations that were refused; 1 where the whole transaction was.
  [[nodiscard]] std::size_t refused() const;
};

Outcome<TransactionView> read_transaction(const Json& document);

// "+3.0 points, score now 103.0, entry 5"; says so where the decimals are not known.
// `label`: the operation's name, where it is known.
std::string in_words(const ResultView& result, const contracts::RulebookPtr& rulebook, std::string_view label = {});

// One of what an act in a workflow's case brought: "award QZ9 of 3.0 points", "case 9 of repair opened".
std::string consequence_in_words(const Json& shown, const contracts::RulebookPtr& rulebook);

// "proposal 3 is open: 1 of 3 approvals, 2 votes are missing (tally validator vote 3 --approve)".
// `next`: what adds an approval; without it the command for validators' proposals.
std::string in_words(const contracts::ProposalOutcome& proposal, std::string_view next = {});
// Approvals that an open proposal still needs.
std::uint32_t missing_votes(const contracts::ProposalOutcome& proposal);

// Tables for people: the outcome, then its operations. `labels` name the operations ("row 2"); may be short.
std::vector<Section> sections_of(const TransactionView& view, const std::vector<std::string>& labels,
                                 const contracts::RulebookPtr& rulebook);

// A rejected transaction, or one some of whose operations were refused, as a failure.
std::optional<Failure> failure_in(const TransactionView& view, const std::vector<std::string>& labels);

// Times in the API are decimal milliseconds; shown as "2026-03-01T08:00:00Z". Anything else is shown as it is.
std::string time_text(const std::string& from_api);

}  // namespace tally::cli
