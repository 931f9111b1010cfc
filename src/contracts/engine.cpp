#include "contracts/engine.h"

#include "contracts/awards.h"
#include "contracts/cases.h"
#include "contracts/consents.h"
#include "contracts/consultations.h"
#include "contracts/deployment.h"
#include "contracts/due.h"
#include "contracts/governance.h"
#include "contracts/history_terms.h"
#include "contracts/obligations.h"
#include "contracts/registry.h"
#include "contracts/reversal.h"
#include "contracts/rule_proposals.h"
#include "contracts/spending.h"
#include "contracts/timers.h"
#include "contracts/unit.h"
#include "contracts/work_acts.h"
#include "contracts/work_queue.h"

namespace tally::contracts {

namespace {

// One overload for each alternative of Operation: a new operation does not compile until it stands here.
struct Dispatch {
  Call& call;
  Outcome operator()(const RegisterUnit& operation) const { return register_unit(call, operation); }
  Outcome operator()(const RegisterOfficer& operation) const { return register_officer(call, operation); }
  Outcome operator()(const ChangeKeys& operation) const { return change_keys(call, operation); }
  Outcome operator()(const RegisterSubject& operation) const { return register_subject(call, operation); }
  Outcome operator()(const OpenAccount& operation) const { return open_account(call, operation); }
  Outcome operator()(const Award& operation) const { return award(call, operation); }
  Outcome operator()(const Deduct& operation) const { return deduct(call, operation); }
  Outcome operator()(const Endorse& operation) const { return endorse(call, operation); }
  Outcome operator()(const Object& operation) const { return object(call, operation); }
  Outcome operator()(const Resolve& operation) const { return resolve(call, operation); }
  Outcome operator()(const Reverse& operation) const { return reverse(call, operation); }
  Outcome operator()(const DeployRulebook& operation) const { return deploy_rulebook(call, operation); }
  Outcome operator()(const AdvanceClock& operation) const { return advance_clock(call, operation); }
  Outcome operator()(const AddValidator& operation) const { return propose(call, operation); }
  Outcome operator()(const RemoveValidator& operation) const { return propose(call, operation); }
  Outcome operator()(const RotateValidatorKey& operation) const { return propose(call, operation); }
  Outcome operator()(const RaiseProtocol& operation) const { return propose(call, operation); }
  Outcome operator()(const VoteProposal& operation) const { return vote(call, operation); }
  Outcome operator()(const Spend& operation) const { return spend(call, operation); }
  Outcome operator()(const GiveConsent& operation) const { return give_consent(call, operation); }
  Outcome operator()(const WithdrawConsent& operation) const { return withdraw_consent(call, operation); }
  Outcome operator()(const Consult& operation) const { return consult(call, operation); }
  Outcome operator()(const OpenCase& operation) const { return open_case(call, operation); }
  Outcome operator()(const ActCase& operation) const { return act_case(call, operation); }
  Outcome operator()(const Allocate& operation) const { return allocate(call, operation); }
  Outcome operator()(const Settle& operation) const { return settle(call, operation); }
  Outcome operator()(const AdoptConstitution& operation) const { return adopt_constitution(call, operation); }
  Outcome operator()(const ProposeRulebook& operation) const { return propose_rulebook(call, operation); }
  Outcome operator()(const RetireRulebook& operation) const { return propose_retirement(call, operation); }
  Outcome operator()(const ProposeParameters& operation) const { return propose_parameters(call, operation); }
  Outcome operator()(const CommentProposal& operation) const { return comment_proposal(call, operation); }
  Outcome operator()(const ApproveProposal& operation) const { return approve_proposal(call, operation); }
  Outcome operator()(const WithdrawProposal& operation) const { return withdraw_proposal(call, operation); }
};

// The feature that an operation belongs to, if it can be switched off.
std::optional<Feature> feature_of(const Operation& operation) {
  if (std::holds_alternative<Spend>(operation)) return Feature::spending;
  if (std::holds_alternative<Consult>(operation)) return Feature::consultations;
  return std::nullopt;
}

constexpr std::size_t kClauseBytesMax = 64;
constexpr std::size_t kMessageBytesMax = 1024;

// Bounded, whatever a sender put into the fields that a refusal quotes.
ledger::OperationResult refused(const Error& error) {
  return {error.code, excerpt(error.field, kClauseBytesMax), excerpt(error.text(), kMessageBytesMax), {}};
}

}  // namespace

ledger::OperationResult RuleEngine::execute(const ledger::OperationContext& context, ByteView bytes,
                                            ledger::State& state) {
  const auto operation = decode_operation(bytes);
  if (!operation) return refused(operation.error());
  const Parameters& parameters = settings_.at(state, context.block.height);
  if (const auto feature = feature_of(*operation); feature && !parameters.on(*feature))
    return refused(
        refusal(ErrorCode::wrong_state, contracts::name_of(*operation),
                "feature " + std::string(feature_infos()[static_cast<std::size_t>(*feature)].name) + " is switched off",
                "a time at which governance has switched it on (tally parameters)"));
  cel::Evaluation budget(parameters.of(Parameter::expression_cost_per_operation));
  Call call{context, state, people_, shelf_, budget, settings_};
  const Outcome outcome = std::visit(Dispatch{call}, *operation);
  if (!outcome) return refused(outcome.error());
  return {ErrorCode::ok, {}, {}, encode(*outcome)};
}

std::vector<Bytes> RuleEngine::run_due(const ledger::BlockContext& block, ledger::State& state, std::size_t limit) {
  return contracts::run_due({block, state, people_, shelf_, settings_}, limit);
}

std::optional<TimestampMs> RuleEngine::next_due(const ledger::State& state) const {
  return next_timer(state);
}

void RuleEngine::forget_cached() {
  people_.forget();
  shelf_.forget();
  settings_.forget();
}

std::optional<ledger::HistoryClaim> RuleEngine::history_of(ByteView key, ByteView value) const {
  return contracts::history_of(key, value);
}

std::optional<BlockHeight> RuleEngine::index_terms(ByteView list, ByteView record, const ledger::State& state,
                                                   const std::function<void(Bytes term)>& add) const {
  return contracts::index_terms(list, record, state, add);
}

}  // namespace tally::contracts
