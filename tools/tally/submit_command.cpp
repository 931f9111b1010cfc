#include "tally/submit_command.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/limits.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

struct ClaimOptions : SubmitOptions {
  std::string rule;
  std::uint64_t quantity = 1;
  std::string amount;
  std::string event_time;
  std::string reason;
  std::string evidence;
  std::string evidence_file;
};

// The rule must do what the command says: nobody deducts by mistake.
Outcome<void> check_kind(const contracts::Rulebook& rulebook, const std::string& code, contracts::RuleKind kind) {
  const contracts::Rule* rule = rulebook.rule(code);
  if (rule == nullptr) {
    std::string codes;
    for (const auto& one : rulebook.rules) {
      if (one.kind == kind && one.on) codes += (codes.empty() ? "" : ", ") + one.code;
    }
    return Failure(ExitCode::usage,
                   make_error(ErrorCode::rule_unknown, "--rule",
                              "is \"" + code + "\", which " + rulebook.id + " does not have", "one of " + codes));
  }
  if (rule->kind != kind) {
    const char* does = rule->adverse() ? "takes" : rule->kind == contracts::RuleKind::award ? "gives" : "uses up";
    return usage_failure(
        "--rule", "is " + code + ", which " + does + " points",
        std::string("tally submit ") + boost::describe::enum_to_string(rule->kind, "?") + " for this rule");
  }
  return {};
}

template <class Claim>
Outcome<Draft> make_claim(Context& context, NodeClient& client, const ClaimOptions& options,
                          contracts::RulebookPtr& rulebook) {
  constexpr auto kKind = std::same_as<Claim, contracts::Deduct>  ? contracts::RuleKind::deduct
                         : std::same_as<Claim, contracts::Spend> ? contracts::RuleKind::spend
                                                                 : contracts::RuleKind::award;
  auto fetched = fetch_rulebook(client, options.rulebook);
  if (!fetched) return fetched.error();
  rulebook = *fetched;
  if (auto kind = check_kind(*rulebook, options.rule, kKind); !kind) return kind.error();
  Claim claim;
  claim.rulebook = options.rulebook;
  claim.rule = options.rule;
  claim.quantity = static_cast<std::uint32_t>(options.quantity);
  auto subject = fixed_field<SubjectHandle>("--subject", options.subject);
  if (!subject) return subject.error();
  claim.subject = *subject;
  if (!options.amount.empty()) {
    auto amount = parse_amount(options.amount, rulebook->scale);
    if (!amount) return Failure(ExitCode::usage, Error(amount.error()).within("--amount"));
    claim.amount = *amount;
  }
  auto status = client.status();
  if (!status) return status.error();
  claim.event_time = status->block_time(context.world().now());
  if (!options.event_time.empty()) {
    auto time = time_field("--event-time", options.event_time);
    if (!time) return time.error();
    claim.event_time = *time;
  }
  if (!options.reason.empty()) claim.reason = digest_of_reason(options.reason);
  auto evidence = evidence_of(options.evidence, options.evidence_file, context.world());
  if (!evidence) return evidence.error();
  claim.evidence = *evidence;
  return Draft{{claim}, ledger::Mode::all_or_nothing, {std::string(Claim::kName)}};
}

template <class Claim>
void register_claim(Command& submit, const std::string& name, const std::string& summary,
                    std::vector<std::string> examples) {
  auto options = std::make_shared<ClaimOptions>();
  Command command = submit.command(name, summary, std::move(examples), [options](Context& context) {
    return run_submit(context, *options,
                      [options](Context& inner, NodeClient& client, contracts::RulebookPtr& rulebook) {
                        return make_claim<Claim>(inner, client, *options, rulebook);
                      });
  });
  command.text("--rulebook", "ID", options->rulebook, "Rulebook", Need::required)
      .text("--subject", "HANDLE", options->subject, "Handle of the subject, 32 digits", Need::required)
      .text("--rule", "CODE", options->rule, "Rule of the catalogue", Need::required)
      .number("--quantity", "N", options->quantity, 1, UINT32_MAX, "How many, for rules that count")
      .text("--amount", "POINTS", options->amount, "Points, for rules with a range; negative for deductions")
      .text("--event-time", "TIME", options->event_time, "When it happened; without it: now, by the chain's clock")
      .text("--reason", "TEXT", options->reason, "Reason in words; only its digest is sent")
      .text("--evidence", "DIGEST", options->evidence, "Digest of the evidence, 64 digits")
      .text("--evidence-file", "FILE", options->evidence_file, "The evidence itself; only its digest is sent");
  add_submit_options(command, *options);
}

}  // namespace

Outcome<Digest> evidence_of(const std::string& text, const std::string& file, const Surroundings& world) {
  if (!text.empty() && !file.empty())
    return usage_failure("--evidence", "stands beside --evidence-file", "one of the two");
  if (!text.empty()) return fixed_field<Digest>("--evidence", text);
  if (file.empty()) return Digest{};
  auto bytes = read_input(file, limits::kGenesisBytesMax * 16, world);
  if (!bytes) return bytes.error();
  return digest_of_evidence(*bytes);
}

void add_submit_options(Command& command, SubmitOptions& options) {
  add_cosign_options(command, options.send);
  add_wait_options(command, options.send);
  add_make_options(command, options.make);
}

Outcome<void> run_submit(Context& context, const SubmitOptions& options, const DraftMaker& make_draft) {
  if (context.settings().value("key").empty())
    return usage_failure("", "submitting needs a key", "--key FILE, TALLY_KEY or key in " + context.settings().file());
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  contracts::RulebookPtr rulebook;
  auto draft = make_draft(context, *client, rulebook);
  if (!draft) return draft.error();
  return submit(context, *client, {*draft}, rulebook, options.make, options.send);
}

void register_submit(Program& program) {
  Command group = program.root().group("submit", "Sign a transaction, send it and wait until it is final");
  register_claim<contracts::Award>(
      group, "award", "Award points to a subject under a rule",
      {"tally submit award --rulebook qingzhen --subject 4f0c...e1 --rule QZ7 --key accountant.json",
       "tally submit award --rulebook qingzhen --subject 4f0c...e1 --rule QZ9 --quantity 4 --reason \"dike repair\""});
  register_claim<contracts::Deduct>(
      group, "deduct", "Propose a deduction, which somebody else must endorse and which the subject may object to",
      {"tally submit deduct --rulebook qingzhen --subject 4f0c...e1 --rule QZ3 --reason \"contract 17 broken\" "
       "--evidence-file ruling.pdf",
       "tally submit deduct --rulebook qingzhen --subject 4f0c...e1 --rule QZ4 --quantity 2 --cosign endorser.json"});
  register_claim<contracts::Spend>(
      group, "spend",
      "Use up a subject's spendable points; its own key signs as well, or a second person if it has none",
      {"tally submit spend --rulebook shop --subject 4f0c...e1 --rule S --amount -5 --key keeper.key "
       "--cosign villager.key"});
  register_case_commands(group);
  register_work_commands(group);
  register_consent_commands(group);
  register_registry_commands(group);
  register_chain_commands(group);
  register_sheet(group);
}

}  // namespace tally::cli
