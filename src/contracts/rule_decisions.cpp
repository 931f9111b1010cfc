// What becomes of a proposal: comments, approvals, adoption, its end.
#include "contracts/rule_decisions.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/limits.h"
#include "common/time.h"
#include "contracts/deployment.h"
#include "storage/storage_failure.h"

namespace tally::contracts {

std::optional<RuleProposal> load_rule_proposal(const ledger::State& state, std::uint64_t number) {
  const auto bytes = state.get(rule_proposal_key(number));
  if (!bytes) return std::nullopt;
  return storage::value_or_throw(decode<RuleProposal>(*bytes));
}

Approver approver_of(const ledger::State& state, const Person& person) {
  const auto bytes = state.get(unit_key(person.post.unit));
  invariant(bytes.has_value(), "an officer's unit is registered");
  return {person.post.roles, person.post.unit, storage::value_or_throw(decode<UnitRecord>(*bytes)).kind};
}

FilledTerms count_approvals(const Council& council, const RuleProposal& proposal) {
  std::vector<Approver> approvers;
  for (const auto& id : proposal.approvals) {
    const auto person = council.people.by_id(council.state, id);
    invariant(person != nullptr, "an approver is registered");
    if (!person->post.keys.empty()) approvers.push_back(approver_of(council.state, *person));
  }
  return fill_terms(proposal.terms, approvers);
}

ProposalOutcome outcome_of(const Council& council, const RuleProposal& proposal) {
  const auto filled = count_approvals(council, proposal);
  return {proposal.number, proposal.state, filled.approvals, filled.needed};
}

namespace {

// --- adoption: false if what it would change is no longer as it was ---

struct Adopt {
  const Council& council;
  const RuleProposal& proposal;

  bool operator()(const NewVersion& version) const {
    const auto text = council.state.get(proposed_text_key(proposal.number));
    invariant(text.has_value(), "an open proposal of a rulebook has its document");
    const auto compiled = compile_rulebook(as_text(*text));
    invariant(compiled.rulebook != nullptr, "a proposed rulebook compiles");
    const TimestampMs now = council.block.time;
    if (version.effective <= now ||
        !check_succession(council.state, council.shelf, *compiled.rulebook, now, ProposeRulebook::kName))
      return false;
    put_version(council.state, council.shelf, compiled.rulebook, *text);
    council.state.erase(proposed_text_key(proposal.number));
    return true;
  }

  bool operator()(const Retirement& retirement) const {
    const auto* deployed = council.shelf.record(council.state, retirement.rulebook);
    invariant(deployed != nullptr, "a rulebook that was deployed stays so");
    if (deployed->retired || retirement.effective <= council.block.time) return false;
    RulebookRecord record = *deployed;
    record.retired = retirement.effective;
    council.state.put(rulebook_key(retirement.rulebook), encode(record));
    council.shelf.forget();
    return true;
  }

  bool operator()(ParameterChange change) const {
    const BlockHeight now = council.block.height;
    change.from = std::max(change.from, now.value + 1);
    if (!plan_parameters(council.state, std::move(change), now)) return false;
    council.settings.forget();
    return true;
  }
};

void close(const Council& council, RuleProposal& proposal, ProposalState state) {
  proposal.state = state;
  proposal.closed = council.block.time;
  for (const TimestampMs time : {proposal.comments_until, proposal.expires})
    stop_timer(council.state, proposal_timer(time, proposal.number));
  ProposalIndex index = read_proposal_index(council.state);
  std::erase(index.open_rules, proposal.number);
  council.state.put(as_bytes(kProposalIndexKey), encode(index));
}

std::string name_of(const RuleProposal& proposal) {
  return "proposal " + std::to_string(proposal.number);
}

}  // namespace

ProposalOutcome settle(const Council& council, RuleProposal& proposal) {
  // As it was decided: afterwards keys may go.
  ProposalOutcome outcome = outcome_of(council, proposal);
  if (council.block.time >= proposal.expires) {
    close(council, proposal, ProposalState::expired);
  } else if (council.block.time >= proposal.comments_until && outcome.approvals >= outcome.needed) {
    const bool adopted = std::visit(Adopt{council, proposal}, proposal.change);
    close(council, proposal, adopted ? ProposalState::adopted : ProposalState::outdated);
  }
  council.state.put(rule_proposal_key(proposal.number), encode(proposal));
  outcome.state = proposal.state;
  return outcome;
}

DueEvent settle_due_proposal(const Council& council, std::uint64_t number) {
  auto proposal = load_rule_proposal(council.state, number);
  invariant(proposal.has_value(), "a timer's proposal exists");
  DueEvent event;
  event.kind = TimerKind::proposal;
  // Where one block handles both of its timers, the first may have closed it.
  event.proposal = proposal->state == ProposalState::open ? settle(council, *proposal) : outcome_of(council, *proposal);
  if (const auto* version = std::get_if<NewVersion>(&proposal->change)) event.rulebook = version->rulebook;
  if (const auto* retirement = std::get_if<Retirement>(&proposal->change)) event.rulebook = retirement->rulebook;
  return event;
}

namespace {

Result<RuleProposal> open_proposal_of(const Call& call, std::uint64_t number, std::string_view clause) {
  auto proposal = load_rule_proposal(call.state, number);
  if (!proposal) {
    const bool validators = call.state.get(proposal_key(number)).has_value();
    return refusal(ErrorCode::not_found, clause,
                   "proposal " + std::to_string(number) + (validators ? " is about validators" : " does not exist"),
                   validators ? "a vote of a validator's node (vote_proposal)" : "the number of an open proposal");
  }
  // What falls due is handled first in a block, but a block's bound may leave some of it.
  if (proposal->state == ProposalState::open && call.now() >= proposal->expires)
    proposal->state = ProposalState::expired;
  if (proposal->state != ProposalState::open)
    return refusal(ErrorCode::wrong_state, clause,
                   name_of(*proposal) + " is " + boost::describe::enum_to_string(proposal->state, "closed"),
                   "an open proposal");
  return *std::move(proposal);
}

OperationOutput told(const ProposalOutcome& outcome) {
  OperationOutput output;
  output.proposal = outcome;
  return output;
}

// An officer, or a subject with its own key.
Result<CommentRecord> commentator_of(const Call& call, std::string_view clause) {
  const PublicKey& key = call.context.transaction->body.author;
  CommentRecord out;
  out.time = call.now();
  if (call.people.by_key(call.state, key) == nullptr) {
    if (const auto handle = call.state.get(subject_of_key(key))) {
      if (!call.settings.at(call.state, call.context.block.height).on(Feature::comments_by_subjects))
        return refusal(ErrorCode::wrong_state, clause, "feature comments_by_subjects is switched off",
                       "an officer's comment");
      out.subject = SubjectHandle::from_view(*handle);
      const auto subject = subject_of(call, *out.subject, clause);
      if (!subject) return subject.error();
      out.unit = subject->unit;
      return out;
    }
  }
  const auto officer = author_of(call, clause);
  if (!officer) return officer.error();
  out.person = (*officer)->id;
  out.unit = (*officer)->post.unit;
  return out;
}

// The terms that nobody fills yet, in words.
std::string missing_words(const RuleProposal& proposal, const FilledTerms& filled) {
  std::string out;
  for (std::size_t i = 0; i < proposal.terms.size(); ++i) {
    ApprovalTerm left = proposal.terms[i];
    left.count -= filled.filled[i];
    if (left.count > 0) out += (out.empty() ? "" : " and ") + in_words(left);
  }
  return out.empty() ? "nothing more" : out;
}

std::string wanted_words(const RuleProposal& proposal) {
  std::string out;
  for (const auto& term : proposal.terms)
    out += (out.empty() ? "" : " or ") + in_words(Post{term.role, term.unit_kind});
  return out;
}

Outcome take_back(Call& call, RuleProposal proposal, const Person& person, std::string_view clause) {
  if (std::erase(proposal.approvals, person.id) == 0)
    return refusal(ErrorCode::not_found, clause,
                   "person " + person.id.short_hex() + " has not approved " + name_of(proposal),
                   "an approval that was given");
  return told(settle(council_of(call), proposal));
}

}  // namespace

Outcome comment_proposal(Call& call, const CommentProposal& operation) {
  constexpr auto clause = CommentProposal::kName;
  if (auto people = check_signed(call, clause); !people) return people.error();
  auto proposal = open_proposal_of(call, operation.proposal, clause);
  if (!proposal) return proposal.error();
  if (operation.comment.is_zero())
    return refusal(ErrorCode::invalid_field, clause, "comment is zero", "the digest of a text");
  auto record = commentator_of(call, clause);
  if (!record) return record.error();
  record->comment = operation.comment;
  if (proposal->comments >= limits::kProposalCommentsMax)
    return refusal(ErrorCode::limit_reached, clause,
                   name_of(*proposal) + " has " + std::to_string(proposal->comments) + " comments",
                   "at most " + std::to_string(limits::kProposalCommentsMax));
  std::uint32_t own = 0;
  call.state.scan(comment_prefix(operation.proposal), [&](ByteView, ByteView bytes) {
    const auto one = storage::value_or_throw(decode<CommentRecord>(bytes));
    own += one.person == record->person && one.subject == record->subject ? 1 : 0;
    return true;
  });
  if (own >= limits::kProposalCommentsPerAuthorMax)
    return refusal(ErrorCode::limit_reached, clause,
                   "the author has commented on " + name_of(*proposal) + " " + std::to_string(own) + " times",
                   "at most " + std::to_string(limits::kProposalCommentsPerAuthorMax) + " comments each");
  call.state.put(comment_key(operation.proposal, proposal->comments++), encode(*record));
  return told(settle(council_of(call), *proposal));
}

Outcome approve_proposal(Call& call, const ApproveProposal& operation) {
  constexpr auto clause = ApproveProposal::kName;
  const auto person = author_of(call, clause);
  if (!person) return person.error();
  auto proposal = open_proposal_of(call, operation.proposal, clause);
  if (!proposal) return proposal.error();
  const PersonId& id = (*person)->id;
  if (operation.content != proposal->content)
    return refusal(
        ErrorCode::invalid_field, clause,
        name_of(*proposal) + " has content " + proposal->content.short_hex() + ", not " + operation.content.short_hex(),
        "the digest of what this proposal says");
  if (!operation.approve) return take_back(call, *std::move(proposal), **person, clause);
  if (id == proposal->proposer)
    return refusal(ErrorCode::same_person, clause, "person " + id.short_hex() + " made " + name_of(*proposal),
                   "the approval of somebody else");
  if (std::find(proposal->approvals.begin(), proposal->approvals.end(), id) != proposal->approvals.end())
    return refusal(ErrorCode::duplicate, clause,
                   "person " + id.short_hex() + " has approved " + name_of(*proposal) + " already",
                   "the approval of a different person");
  const Approver post = approver_of(call.state, **person);
  if (std::none_of(proposal->terms.begin(), proposal->terms.end(),
                   [&](const ApprovalTerm& term) { return fits(term, post); }))
    return refusal(ErrorCode::missing_role, clause,
                   "person " + id.short_hex() + " is " + names_of(post.roles) + " of " + post.unit + " (" +
                       boost::describe::enum_to_string(post.kind, "unknown") + ")",
                   wanted_words(*proposal));
  const auto before = count_approvals(council_of(call), *proposal);
  proposal->approvals.push_back(id);
  if (count_approvals(council_of(call), *proposal).approvals == before.approvals)
    return refusal(ErrorCode::limit_reached, clause,
                   "the places that person " + id.short_hex() + " of " + post.unit + " could fill are taken",
                   missing_words(*proposal, before));
  return told(settle(council_of(call), *proposal));
}

Outcome withdraw_proposal(Call& call, const WithdrawProposal& operation) {
  constexpr auto clause = WithdrawProposal::kName;
  const auto person = author_of(call, clause);
  if (!person) return person.error();
  auto proposal = open_proposal_of(call, operation.proposal, clause);
  if (!proposal) return proposal.error();
  if ((*person)->id != proposal->proposer)
    return refusal(ErrorCode::missing_role, clause,
                   "person " + (*person)->id.short_hex() + " did not make " + name_of(*proposal),
                   "its proposer, person " + proposal->proposer.short_hex());
  close(council_of(call), *proposal, ProposalState::withdrawn);
  call.state.put(rule_proposal_key(proposal->number), encode(*proposal));
  return told(outcome_of(council_of(call), *proposal));
}

}  // namespace tally::contracts
