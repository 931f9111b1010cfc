#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/governance_views.h"

namespace tally::cli {

namespace {

struct VoteOptions : SubmitOptions {
  std::string number;
  bool approve = false;
  bool reject = false;
};

struct RemoveOptions : SubmitOptions {
  std::string name;
};

// Says what is voted on. That it cannot be told is no reason not to vote: the rule engine decides.
void tell_proposal(Context& context, NodeClient& client, std::uint64_t number, bool approve) {
  const auto proposal = client.get("/v1/proposals/" + std::to_string(number), Access::open);
  if (!proposal) return;
  context.note("proposal " + std::to_string(number) + ": " + change_words(*proposal));
  const Json& change = member(*proposal, "change");
  if (!approve || text_at(change, "type") != contracts::RaiseProtocol::kName) return;
  const auto protocol = client.get("/v1/protocol", Access::open);
  if (!protocol) return;
  const auto version = json_detail::integer_from_text<std::uint64_t>(text_at(change, "version"));
  const auto supported = json_detail::integer_from_text<std::uint64_t>(text_at(*protocol, "supported"));
  if (version && supported && *version > *supported)
    context.warn("the node at " + client.url() + " knows protocol versions up to " + std::to_string(*supported) +
                 ": it stops at block " + text_at(change, "from") + " unless it runs newer software by then");
}

Outcome<contracts::Operation> make_vote(const VoteOptions& options, Context& context, NodeClient& client) {
  auto number = number_field("PROPOSAL", options.number);
  if (!number) return number.error();
  tell_proposal(context, client, *number, options.approve);
  return contracts::Operation{contracts::VoteProposal{*number, options.approve}};
}

void register_vote(Command& group) {
  auto options = std::make_shared<VoteOptions>();
  Command command = group.command(
      "vote", "Vote on an open proposal with the key of a validator's node; a later vote replaces an earlier one",
      {"tally validator vote 3 --approve --key node/validator.key --passphrase-file node/validator.pass",
       "tally validator vote 3 --reject"},
      [options](Context& context) -> Outcome<void> {
        if (options->approve == options->reject)
          return usage_failure("", "which way to vote is not clear", "either --approve or --reject");
        return run_governance(context, *options, [options](Context& inner, NodeClient& client) {
          return make_vote(*options, inner, client);
        });
      });
  command.argument("PROPOSAL", options->number, "Number of the proposal, as tally validator proposals lists it")
      .flag("--approve", options->approve, "Vote for it")
      .flag("--reject", options->reject, "Vote against it");
  add_wait_options(command, options->send);
}

void register_remove(Command& group) {
  auto options = std::make_shared<RemoveOptions>();
  Command command = group.command(
      "remove", "Propose that a validator is a member no more",
      {"tally validator remove village --key node/validator.key --passphrase-file node/validator.pass"},
      [options](Context& context) -> Outcome<void> {
        if (auto good = check_validator_name("VALIDATOR", options->name); !good) return good;
        return run_governance(context, *options, [options](Context&, NodeClient&) -> Outcome<contracts::Operation> {
          return contracts::Operation{contracts::RemoveValidator{options->name}};
        });
      });
  command.argument("VALIDATOR", options->name, "Name of the validator, as tally validator list shows it");
  add_wait_options(command, options->send);
}

}  // namespace

void register_validator(Program& program) {
  Command group = program.root().group("validator", "Who validates: members, proposals and votes");
  register_validator_queries(group);
  register_joining(group);
  register_remove(group);
  register_vote(group);
}

}  // namespace tally::cli
