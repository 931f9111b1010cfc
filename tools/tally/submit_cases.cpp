#include "common/limits.h"
#include "tally/fields.h"
#include "tally/submit_command.h"

namespace tally::cli {

namespace {

struct CaseOptions : SubmitOptions {
  std::uint64_t number = 0;
  std::string number_text;
  std::string resolution;
  std::string reason;
};

template <class Operation, class Fill>
void register_case(Command& submit, const std::string& name, const std::string& summary,
                   std::vector<std::string> examples, bool with_reason, bool with_resolution, Fill fill) {
  auto options = std::make_shared<CaseOptions>();
  Command command = submit.command(name, summary, std::move(examples), [options, fill](Context& context) {
    return run_submit(context, *options,
                      [options, fill](Context&, NodeClient&, contracts::RulebookPtr&) -> Outcome<Draft> {
                        auto number = number_field("CASE", options->number_text);
                        if (!number) return number.error();
                        Operation operation;
                        operation.case_number = *number;
                        if (auto filled = fill(*options, operation); !filled) return filled.error();
                        return Draft{{operation}, ledger::Mode::all_or_nothing, {std::string(Operation::kName)}};
                      });
  });
  command.argument("CASE", options->number_text, "Number of the case");
  if (with_resolution)
    command.choice("--resolution", options->resolution, names_of<contracts::Resolution>(),
                   "upheld: the deduction falls; dismissed: it takes effect", Need::required);
  if (with_reason)
    command.text("--reason", "TEXT", options->reason, "Reason in words; only its digest is sent", Need::required);
  add_submit_options(command, *options);
}

struct ReverseOptions : SubmitOptions {
  std::uint64_t entry = 0;
  std::string book;
  std::string reason;
};

void register_reverse(Command& submit) {
  auto options = std::make_shared<ReverseOptions>();
  Command command = submit.command(
      "reverse", "Take an entry back by a new entry that is linked to it; two persons sign",
      {"tally submit reverse --rulebook qingzhen --subject 4f0c...e1 --entry 12 --reason \"wrong household\" "
       "--key accountant.json --cosign secretary.json"},
      [options](Context& context) {
        return run_submit(context, *options,
                          [options](Context&, NodeClient& client, contracts::RulebookPtr& rulebook) -> Outcome<Draft> {
                            auto subject = fixed_field<SubjectHandle>("--subject", options->subject);
                            if (!subject) return subject.error();
                            auto fetched = fetch_rulebook(client, options->rulebook);
                            if (!fetched) return fetched.error();
                            rulebook = *fetched;
                            const contracts::Reverse reverse{options->rulebook, options->book, *subject, options->entry,
                                                             digest_of_reason(options->reason)};
                            return Draft{{reverse}, ledger::Mode::all_or_nothing, {"reverse"}};
                          });
      });
  command.text("--rulebook", "ID", options->rulebook, "Rulebook", Need::required)
      .text("--subject", "HANDLE", options->subject, "Handle of the subject, 32 digits", Need::required)
      .text("--book", "CODE", options->book, "Book of the rulebook; without it the main one of the subject's kind")
      .number("--entry", "N", options->entry, 0, UINT64_MAX, "Number of the entry in the account's history",
              Need::required)
      .text("--reason", "TEXT", options->reason, "Reason in words; only its digest is sent", Need::required);
  add_submit_options(command, *options);
}

}  // namespace

void register_case_commands(Command& submit) {
  register_case<contracts::Endorse>(submit, "endorse", "Endorse a deduction that somebody else proposed",
                                    {"tally submit endorse 7 --key secretary.json"}, false, false,
                                    [](const CaseOptions&, contracts::Endorse&) -> Outcome<void> { return {}; });
  register_case<contracts::Object>(
      submit, "object", "Object to a deduction, with the subject's key or on its behalf",
      {"tally submit object 7 --reason \"the crop was lost to hail\" --key household.json"}, true, false,
      [](const CaseOptions& options, contracts::Object& object) -> Outcome<void> {
        object.reason = digest_of_reason(options.reason);
        return {};
      });
  register_case<contracts::Resolve>(
      submit, "resolve", "Decide on an objection",
      {"tally submit resolve 7 --resolution upheld --reason \"hail is on record\" --key arbiter.json"}, true, true,
      [](const CaseOptions& options, contracts::Resolve& resolve) -> Outcome<void> {
        auto resolution = enum_field<contracts::Resolution>("--resolution", options.resolution);
        if (!resolution) return resolution.error();
        resolve.resolution = *resolution;
        resolve.reason = digest_of_reason(options.reason);
        return {};
      });
  register_reverse(submit);
}

}  // namespace tally::cli
