#include "tally/fields.h"
#include "tally/submit_command.h"

namespace tally::cli {

namespace {

struct ConsentOptions : SubmitOptions {
  std::string unit;
  std::string until;
  std::string gate;
  std::string purpose;
  std::string evidence;
  std::string evidence_file;
};
using OptionsPtr = std::shared_ptr<ConsentOptions>;

// Fills what is the same in all of them, then what `fill` adds.
template <class Operation, class Fill>
Command register_one(Command& submit, const OptionsPtr& options, const std::string& name, const std::string& summary,
                     std::vector<std::string> examples, Fill fill) {
  Command command = submit.command(name, summary, std::move(examples), [options, fill](Context& context) {
    return run_submit(
        context, *options,
        [options, fill](Context& inner, NodeClient& client, contracts::RulebookPtr& rulebook) -> Outcome<Draft> {
          auto fetched = fetch_rulebook(client, options->rulebook);
          if (!fetched) return fetched.error();
          rulebook = *fetched;
          Operation operation;
          operation.rulebook = options->rulebook;
          auto subject = fixed_field<SubjectHandle>("--subject", options->subject);
          if (!subject) return subject.error();
          operation.subject = *subject;
          if (auto filled = fill(inner, *options, operation); !filled) return filled.error();
          return Draft{{operation}, ledger::Mode::all_or_nothing, {std::string(Operation::kName)}};
        });
  });
  command.text("--rulebook", "ID", options->rulebook, "Rulebook", Need::required)
      .text("--subject", "HANDLE", options->subject, "Handle of the subject, 32 digits", Need::required);
  return command;
}

Outcome<void> fill_consent(Context& context, const ConsentOptions& options, contracts::GiveConsent& operation) {
  operation.unit = options.unit;
  auto until = time_field("--until", options.until);
  if (!until) return until.error();
  operation.until = *until;
  auto evidence = evidence_of(options.evidence, options.evidence_file, context.world());
  if (!evidence) return evidence.error();
  operation.evidence = *evidence;
  return {};
}

void register_give(Command& submit) {
  auto options = std::make_shared<ConsentOptions>();
  Command command = register_one<contracts::GiveConsent>(
      submit, options, "give-consent", "A subject agrees to be scored, or that a unit may ask its gates",
      {"tally submit give-consent --rulebook rongcheng --subject 4f0c...e1 --until 2027-03-01 --key villager.key",
       "tally submit give-consent --rulebook qingzhen --subject 4f0c...e1 --unit yingshan/bank --until 2026-04-01 "
       "--evidence-file signed.pdf --key registrar.key"},
      fill_consent);
  command.text("--unit", "PATH", options->unit, "Who may ask; without it: to be scored at all")
      .text("--until", "TIME", options->until, "When the consent ends", Need::required)
      .text("--evidence", "DIGEST", options->evidence, "Digest of the signed paper, where a registrar signs")
      .text("--evidence-file", "FILE", options->evidence_file, "The paper itself; only its digest is sent");
  add_submit_options(command, *options);
}

void register_withdraw(Command& submit) {
  auto options = std::make_shared<ConsentOptions>();
  Command command = register_one<contracts::WithdrawConsent>(
      submit, options, "withdraw-consent", "A subject takes a consent back",
      {"tally submit withdraw-consent --rulebook rongcheng --subject 4f0c...e1 --key villager.key"},
      [](Context&, const ConsentOptions& given, contracts::WithdrawConsent& operation) -> Outcome<void> {
        operation.unit = given.unit;
        return {};
      });
  command.text("--unit", "PATH", options->unit, "Who may ask no more; without it: to be scored at all");
  add_submit_options(command, *options);
}

void register_consult(Command& submit) {
  auto options = std::make_shared<ConsentOptions>();
  Command command = register_one<contracts::Consult>(
      submit, options, "consult", "Ask a gate about a subject; the subject sees that it was asked",
      {"tally submit consult --rulebook qingzhen --subject 4f0c...e1 --gate loan --purpose \"a loan of spring\" "
       "--key banker.key"},
      [](Context&, const ConsentOptions& given, contracts::Consult& operation) -> Outcome<void> {
        operation.gate = given.gate;
        operation.purpose = digest_of_reason(given.purpose);
        return {};
      });
  command.text("--gate", "CODE", options->gate, "Gate of the rulebook", Need::required)
      .text("--purpose", "TEXT", options->purpose, "What for, in words; only its digest is sent", Need::required);
  add_submit_options(command, *options);
}

}  // namespace

void register_consent_commands(Command& submit) {
  register_give(submit);
  register_withdraw(submit);
  register_consult(submit);
}

}  // namespace tally::cli
