// Proposing, and what may be proposed. rule_decisions.cpp has what follows.
#include "contracts/rule_proposals.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"
#include "contracts/deployment.h"
#include "contracts/rule_decisions.h"
#include "contracts/unit.h"
#include "crypto/digest.h"

namespace tally::contracts {

namespace {

Bytes numbered_key(std::string_view name, std::uint64_t number) {
  Bytes key;
  append(key, as_bytes(name));
  key.push_back(0);
  append(key, big_endian(number));
  return key;
}

// The author, whose post may propose under this procedure.
Result<PersonPtr> proposer_of(const Call& call, const Procedure& procedure, std::string_view clause) {
  auto author = author_of(call, clause);
  if (!author) return author;
  const Approver post = approver_of(call.state, **author);
  for (const auto& wanted : procedure.proposers)
    if (fits(wanted, post)) return author;
  return refusal(ErrorCode::missing_role, clause,
                 "person " + (*author)->id.short_hex() + " is " + names_of(post.roles) + " of " + (*author)->post.unit +
                     " (" + boost::describe::enum_to_string(post.kind, "unknown") + ")",
                 in_words(procedure.proposers) + ", as the constitution says");
}

Status check_room(const Call& call, const ProposalIndex& index, const Person& proposer, const Digest& content,
                  std::string_view clause) {
  if (index.open_rules.size() >= kOpenRuleProposalsMax)
    return refusal(ErrorCode::limit_reached, clause, std::to_string(index.open_rules.size()) + " proposals are open",
                   "at most " + std::to_string(kOpenRuleProposalsMax) + ": decide on those first");
  std::uint64_t own = 0;
  for (const std::uint64_t number : index.open_rules) {
    const auto open = load_rule_proposal(call.state, number);
    own += open->proposer == proposer.id ? 1 : 0;
    if (open->content == content)
      return refusal(ErrorCode::already_registered, clause,
                     "open proposal " + std::to_string(number) + " says the same", "an approval of it");
  }
  const auto most = call.parameter(Parameter::open_proposals_per_person);
  if (own < most) return {};
  return refusal(ErrorCode::limit_reached, clause,
                 "person " + proposer.id.short_hex() + " has " + std::to_string(own) + " open proposals",
                 "at most " + std::to_string(most));
}

struct Draft {
  RuleChange change;
  Digest content;
  Digest reason;
  std::vector<ApprovalTerm> terms;
  std::uint32_t comment_days = 0;
};

Outcome open_proposal(Call& call, const Procedure& procedure, const Person& proposer, Draft draft, Bytes text,
                      std::string_view clause) {
  std::uint32_t needed = 0;
  for (const auto& term : draft.terms) needed += term.count;
  if (needed > kApprovalsNeededMax)
    return refusal(ErrorCode::limit_reached, clause, "needs " + std::to_string(needed) + " approvals",
                   "at most " + std::to_string(kApprovalsNeededMax) + " by constitution and heading together");
  ProposalIndex index = read_proposal_index(call.state);
  if (auto room = check_room(call, index, proposer, draft.content, clause); !room) return room.error();
  RuleProposal proposal;
  proposal.number = ++index.last;
  proposal.change = std::move(draft.change);
  proposal.content = draft.content;
  proposal.reason = draft.reason;
  proposal.proposer = proposer.id;
  proposal.unit = proposer.post.unit;
  proposal.opened = call.now();
  proposal.comments_until = call.now().plus(draft.comment_days * kDayMs);
  // A heading that asks for a longer time for comments gets as much time for approvals as others.
  const std::uint32_t deciding = procedure.open_days - procedure.comment_days;
  proposal.expires = proposal.comments_until.plus(deciding * kDayMs);
  proposal.terms = std::move(draft.terms);
  index.open_rules.push_back(proposal.number);
  call.state.put(as_bytes(kProposalIndexKey), encode(index));
  if (!text.empty()) call.state.put(proposed_text_key(proposal.number), std::move(text));
  call.state.put(rule_proposal_key(proposal.number), encode(proposal));
  if (proposal.comments_until > proposal.opened)
    start_timer(call.state, proposal_timer(proposal.comments_until, proposal.number));
  start_timer(call.state, proposal_timer(proposal.expires, proposal.number));
  OperationOutput output;
  output.proposal = outcome_of(council_of(call), proposal);
  return output;
}

// What begins must begin after the earliest adoption.
Status check_begins(const Call& call, TimestampMs effective, std::uint32_t comment_days, std::string_view clause) {
  const TimestampMs earliest = call.now().plus(comment_days * kDayMs);
  if (effective > earliest) return {};
  return refusal(ErrorCode::invalid_field, clause, "effective is " + format_time(effective),
                 "a time after " + format_time(earliest) + ", when it can be adopted at the earliest");
}

}  // namespace

Bytes rule_proposal_key(std::uint64_t number) {
  return numbered_key("rule_proposal", number);
}
Bytes proposed_text_key(std::uint64_t number) {
  return numbered_key("proposed_text", number);
}
Bytes comment_prefix(std::uint64_t number) {
  return numbered_key("comment", number);
}
Bytes comment_key(std::uint64_t number, std::uint32_t index) {
  Bytes key = comment_prefix(number);
  append(key, big_endian(index));
  return key;
}

Digest content_of(const RuleChange& change) {
  return crypto::digest(crypto::kProposalDomain, encode(change));
}

Outcome adopt_constitution(Call& call, const AdoptConstitution& operation) {
  constexpr auto clause = AdoptConstitution::kName;
  if (!call.genesis())
    return refusal(ErrorCode::wrong_state, clause, "stands outside the genesis",
                   "a genesis: a chain keeps the constitution it began with");
  if (auto good = check_constitution(operation.constitution); !good)
    return refusal(good.error().code, clause, good.error().field + " " + good.error().problem, good.error().expected);
  if (call.state.get(as_bytes(kConstitutionKey)))
    return refusal(ErrorCode::already_registered, clause, "the genesis has a constitution already", "one of them");
  call.state.put(as_bytes(kConstitutionKey), encode(operation.constitution));
  return OperationOutput{};
}

Outcome propose_rulebook(Call& call, const ProposeRulebook& operation) {
  constexpr auto clause = ProposeRulebook::kName;
  if (auto people = check_signed(call, clause); !people) return people.error();
  const Constitution constitution = read_constitution(call.state);
  const auto proposer = proposer_of(call, constitution.rulebooks, clause);
  if (!proposer) return proposer.error();
  if (const auto most = call.parameter(Parameter::rulebook_bytes); operation.document.size() > most)
    return refusal(ErrorCode::too_large, clause,
                   "the document has " + std::to_string(operation.document.size()) + " bytes",
                   "at most " + std::to_string(most));
  const auto compiled = compile_rulebook(operation.document);
  if (compiled.rulebook == nullptr) return mistakes_of(compiled.problems, clause);
  const Rulebook& next = *compiled.rulebook;
  if (auto follows = check_succession(call.state, call.shelf, next, call.now(), clause); !follows)
    return follows.error();
  const auto asked = next.approval.comment_days;
  if (asked != 0 && asked < constitution.rulebooks.comment_days)
    return refusal(ErrorCode::invalid_field, clause, "approval.comment_days is " + std::to_string(asked),
                   "at least " + std::to_string(constitution.rulebooks.comment_days) +
                       ", as the constitution says, or none: a heading can only ask for more");
  RulebookPtr last;
  if (const auto* record = call.shelf.record(call.state, next.id))
    last = call.shelf.version(call.state, next.id, record->versions.back().version);
  const std::uint32_t before = last == nullptr ? 0 : last->approval.comment_days;
  const std::uint32_t days = std::max({asked, before, constitution.rulebooks.comment_days});
  if (auto begins = check_begins(call, next.effective, days, clause); !begins) return begins.error();
  const auto text = as_bytes(operation.document);
  return open_proposal(call, constitution.rulebooks, **proposer,
                       {NewVersion{next.id, next.version, next.effective}, next.document, operation.reason,
                        terms_for(constitution, next, last.get()), days},
                       Bytes(text.begin(), text.end()), clause);
}

Outcome propose_retirement(Call& call, const RetireRulebook& operation) {
  constexpr auto clause = RetireRulebook::kName;
  if (auto people = check_signed(call, clause); !people) return people.error();
  const Constitution constitution = read_constitution(call.state);
  const auto proposer = proposer_of(call, constitution.rulebooks, clause);
  if (!proposer) return proposer.error();
  const auto* record = call.shelf.record(call.state, operation.rulebook);
  if (record == nullptr)
    return refusal(ErrorCode::not_registered, clause,
                   "rulebook \"" + excerpt(operation.rulebook, 80) + "\" is not deployed", "a deployed rulebook");
  if (record->retired)
    return refusal(ErrorCode::wrong_state, clause,
                   "rulebook " + operation.rulebook + " is retired from " + format_time(*record->retired) + " on",
                   "nothing more");
  const auto last = call.shelf.version(call.state, operation.rulebook, record->versions.back().version);
  const std::uint32_t days = std::max(last->approval.comment_days, constitution.rulebooks.comment_days);
  if (auto begins = check_begins(call, operation.effective, days, clause); !begins) return begins.error();
  const RuleChange change = Retirement{operation.rulebook, operation.effective};
  return open_proposal(call, constitution.rulebooks, **proposer,
                       {change, content_of(change), operation.reason, terms_for(constitution, *last, last.get()), days},
                       {}, clause);
}

Outcome propose_parameters(Call& call, const ProposeParameters& operation) {
  constexpr auto clause = ProposeParameters::kName;
  if (auto people = check_signed(call, clause); !people) return people.error();
  const Constitution constitution = read_constitution(call.state);
  const auto proposer = proposer_of(call, constitution.parameters, clause);
  if (!proposer) return proposer.error();
  if (auto good = check_parameters(operation, clause); !good) return good.error();
  if (operation.from <= call.context.block.height.value)
    return refusal(ErrorCode::invalid_field, clause, "block " + std::to_string(operation.from) + " is past",
                   "block " + std::to_string(call.context.block.height.value + 1) + " or later");
  const RuleChange change = ParameterChange{operation.from, operation.values, operation.features};
  return open_proposal(call, constitution.parameters, **proposer,
                       {change, content_of(change), operation.reason, constitution.parameters.approvals,
                        constitution.parameters.comment_days},
                       {}, clause);
}

}  // namespace tally::contracts
