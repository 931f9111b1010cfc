// Proposing rules, commenting on proposals, approving and withdrawing them.
#include "common/limits.h"
#include "common/time.h"
#include "contracts/people_json.h"
#include "contracts/rule_proposals.h"
#include "contracts/rulebook_check.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/rule_views.h"

namespace tally::cli {

namespace {

struct ProposeOptions : SubmitOptions {
  std::string file;
  std::string reason;
};

struct RetireOptions : SubmitOptions {
  std::string id;
  std::string effective;
  std::string reason;
};

struct ParameterOptions : SubmitOptions {
  std::vector<std::string> settings;
  std::uint64_t from = 0;
  std::uint64_t in_blocks = 0;
  std::string reason;
};

struct ProposalOptions : SubmitOptions {
  std::string number;
  std::string text;
  std::string file;
  std::string document;
  bool take_back = false;
};

Digest reason_of(const std::string& text) {
  return text.empty() ? Digest{} : digest_of_reason(text);
}

Outcome<contracts::Operation> make_proposal(const ProposeOptions& options, Context& context) {
  auto document = read_input(options.file, limits::kConfigBytesMax, context.world());
  if (!document) return document.error();
  const auto checked = contracts::check_rulebook(*document);
  if (checked.rulebook == nullptr) {
    Failure out(ExitCode::bad_input, make_error(ErrorCode::invalid_field, "",
                                                options.file + " has " + std::to_string(checked.mistakes.size()) +
                                                    " mistakes; nothing was sent"));
    for (const auto& mistake : checked.mistakes) out.details.push_back(mistake.text(options.file));
    return out;
  }
  return contracts::Operation{contracts::ProposeRulebook{*document, reason_of(options.reason)}};
}

Outcome<contracts::Operation> make_retirement(const RetireOptions& options) {
  auto effective = time_field("--from", options.effective);
  if (!effective) return effective.error();
  return contracts::Operation{contracts::RetireRulebook{options.id, *effective, reason_of(options.reason)}};
}

// "expression_cost_per_operation=200000" or "spending=off"
Outcome<void> read_setting(const std::string& text, contracts::ProposeParameters& out) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0)
    return usage_failure("SETTING", "is \"" + text + "\"", "PARAMETER=NUMBER or FEATURE=on|off");
  const std::string name = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  if (value == "on" || value == "off") {
    out.features.push_back({name, value == "on"});
    return {};
  }
  auto number = number_field("SETTING", value);
  if (!number) return number.error();
  out.values.push_back({name, *number});
  return {};
}

Outcome<contracts::Operation> make_parameters(const ParameterOptions& options, NodeClient& client) {
  if ((options.from == 0) == (options.in_blocks == 0))
    return usage_failure("", "where the change is to begin is not clear", "either --from HEIGHT or --in BLOCKS");
  contracts::ProposeParameters out;
  out.reason = reason_of(options.reason);
  for (const auto& text : options.settings)
    if (auto read = read_setting(text, out); !read) return read.error();
  out.from = options.from;
  if (options.from == 0) {
    auto status = client.status();
    if (!status) return status.error();
    out.from = status->final_height + options.in_blocks;
  }
  // The engine's own words, before anything is sent.
  if (auto good = contracts::check_parameters(out, ""); !good) return Failure(ExitCode::usage, good.error());
  return contracts::Operation{std::move(out)};
}

Outcome<contracts::Operation> make_comment(const ProposalOptions& options, Context& context) {
  auto number = number_field("PROPOSAL", options.number);
  if (!number) return number.error();
  if (options.text.empty() == options.file.empty())
    return usage_failure("", "what the comment says is not clear", "either --text TEXT or --file FILE");
  std::string text = options.text;
  if (!options.file.empty()) {
    auto read = read_input(options.file, limits::kConfigBytesMax, context.world());
    if (!read) return read.error();
    text = *std::move(read);
  }
  const Digest digest = digest_of_reason(text);
  context.note("the comment's digest is " + digest.hex() + "; the text itself stays with you");
  return contracts::Operation{contracts::CommentProposal{*number, digest}};
}

// What the proposal says, worked out here and not taken from the node's word.
Outcome<Digest> content_seen(NodeClient& client, std::uint64_t number, const Json& proposal) {
  const Json& change = member(proposal, "change");
  if (text_at(change, "type") == contracts::NewVersion::kName) {
    auto document = client.get_raw("/v1/rule-proposals/" + std::to_string(number) + "/document", Access::open);
    if (!document) return document.error();
    return contracts::digest_of_document(document->body);
  }
  const auto plain = contracts::wire_form(change, std::nullopt);
  const auto read = plain ? from_json<contracts::RuleChange>(*plain) : Result<contracts::RuleChange>(plain.error());
  if (!read) return Failure(ExitCode::unreachable, Error(read.error()).within("change"));
  return contracts::content_of(*read);
}

Outcome<contracts::Operation> make_approval(const ProposalOptions& options, Context& context, NodeClient& client) {
  auto number = number_field("PROPOSAL", options.number);
  if (!number) return number.error();
  auto proposal = fetch_rule_proposal(client, *number);
  if (!proposal) return proposal.error();
  auto content = content_seen(client, *number, *proposal);
  if (!content) return content.error();
  if (content->hex() != text_at(*proposal, "content"))
    return Failure(
        ExitCode::verification_failed,
        make_error(ErrorCode::root_mismatch, "content",
                   "the node at " + client.url() + " shows something else than proposal " + options.number + " says",
                   "another node; and tell the auditor"));
  if (!options.document.empty()) {
    auto read = read_input(options.document, limits::kConfigBytesMax, context.world());
    if (!read) return read.error();
    if (contracts::digest_of_document(*read) != *content)
      return Failure(ExitCode::bad_input, make_error(ErrorCode::invalid_field, "--document",
                                                     options.document + " is not what proposal " + options.number +
                                                         " says; nothing was sent",
                                                     "the document to the byte, as tally rulebook proposals " +
                                                         options.number + " --document prints it"));
  }
  context.note("proposal " + options.number + ": " + rule_change_words(member(*proposal, "change")));
  return contracts::Operation{contracts::ApproveProposal{*number, *content, !options.take_back}};
}

Outcome<contracts::Operation> make_withdrawal(const ProposalOptions& options) {
  auto number = number_field("PROPOSAL", options.number);
  if (!number) return number.error();
  return contracts::Operation{contracts::WithdrawProposal{*number}};
}

// Registers a command whose operation `make` builds.
template <class Options, class Make>
Command governed(Command& group, const std::shared_ptr<Options>& options, const std::string& name,
                 const std::string& summary, std::vector<std::string> examples, Make make) {
  return group.command(name, summary, std::move(examples), [options, make](Context& context) {
    return run_governance(context, *options,
                          [&](Context& inner, NodeClient& client) { return make(*options, inner, client); });
  });
}

void register_approve(Command& group, std::vector<std::string> examples, bool documents) {
  auto options = std::make_shared<ProposalOptions>();
  Command command = governed(group, options, "approve", "Approve an open proposal, or take the approval back",
                             std::move(examples), make_approval);
  command.argument("PROPOSAL", options->number, "Number of the proposal, as tally rulebook proposals lists it")
      .flag("--take-back", options->take_back, "Take back what this person approved");
  if (documents)
    command.text("--document", "FILE", options->document,
                 "The rulebook that was read; refuses unless the proposal says exactly this");
  add_submit_options(command, *options);
}

}  // namespace

void register_rulebook_proposing(Command& rulebook) {
  auto propose = std::make_shared<ProposeOptions>();
  Command command = governed(
      rulebook, propose, "propose", "Propose a rulebook, or a later version of one, on a running chain",
      {"tally rulebook propose rulebooks/qingzhen/rulebook.json --key recorder.key --reason \"as the village "
       "meeting of May decided\""},
      [](const ProposeOptions& options, Context& context, NodeClient&) { return make_proposal(options, context); });
  command.argument("FILE", propose->file, "The rulebook's JSON document")
      .text("--reason", "TEXT", propose->reason, "Why, in words; only its digest is sent");
  add_submit_options(command, *propose);

  auto retire = std::make_shared<RetireOptions>();
  Command retiring =
      governed(rulebook, retire, "retire", "Propose that a rulebook takes no new events from a day on",
               {"tally rulebook retire qingzhen --from 2027-01-01 --key governor.key"},
               [](const RetireOptions& options, Context&, NodeClient&) { return make_retirement(options); });
  retiring.argument("RULEBOOK", retire->id, "Its id")
      .text("--from", "TIME", retire->effective, "The day, or the time, from which on", Need::required)
      .text("--reason", "TEXT", retire->reason, "Why, in words; only its digest is sent");
  add_submit_options(retiring, *retire);

  auto comment = std::make_shared<ProposalOptions>();
  Command commenting = governed(
      rulebook, comment, "comment", "Comment on an open proposal, as an officer or as a subject with a key",
      {"tally rulebook comment 3 --text \"ten days are too short at harvest time\" --key secretary.key",
       "tally rulebook comment 3 --file opinion.txt"},
      [](const ProposalOptions& options, Context& context, NodeClient&) { return make_comment(options, context); });
  commenting.argument("PROPOSAL", comment->number, "Number of the proposal")
      .text("--text", "TEXT", comment->text, "The comment; only its digest is sent")
      .text("--file", "FILE", comment->file, "The comment from a file; only its digest is sent");
  add_submit_options(commenting, *comment);

  register_approve(rulebook,
                   {"tally rulebook approve 3 --document read.json --key governor.key",
                    "tally rulebook approve 3 --take-back --key governor.key"},
                   true);

  auto withdraw = std::make_shared<ProposalOptions>();
  Command withdrawing =
      governed(rulebook, withdraw, "withdraw", "Withdraw an open proposal of one's own",
               {"tally rulebook withdraw 3 --key recorder.key"},
               [](const ProposalOptions& options, Context&, NodeClient&) { return make_withdrawal(options); });
  withdrawing.argument("PROPOSAL", withdraw->number, "Number of the proposal");
  add_submit_options(withdrawing, *withdraw);
}

void register_parameter_proposing(Command& parameters) {
  auto options = std::make_shared<ParameterOptions>();
  Command command = governed(
      parameters, options, "propose", "Propose other parameters or features of the engine from a block on",
      {"tally parameters propose expression_cost_per_operation=200000 --in 5000 --key governor.key",
       "tally parameters propose spending=off --from 120000"},
      [](const ParameterOptions& given, Context&, NodeClient& client) { return make_parameters(given, client); });
  command
      .arguments("SETTING", options->settings,
                 "PARAMETER=NUMBER or FEATURE=on|off, as tally parameters show names them")
      .number("--from", "HEIGHT", options->from, 1, UINT64_MAX, "The first block under them")
      .number("--in", "BLOCKS", options->in_blocks, 1, UINT32_MAX, "The same, counted from the last final block")
      .text("--reason", "TEXT", options->reason, "Why, in words; only its digest is sent");
  add_submit_options(command, *options);
  register_approve(parameters, {"tally parameters approve 4 --key second-governor.key"}, false);
}

void register_parameters(Program& program) {
  Command group = program.root().group("parameters", "Parameters and features of the rule engine, changed by approval");
  register_parameter_views(group);
  register_parameter_proposing(group);
}

}  // namespace tally::cli
