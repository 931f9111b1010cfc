// Work in several steps: cases of workflows, allocations, payments of what is owed.
#include "contracts/work_values.h"
#include "tally/fields.h"
#include "tally/submit_command.h"

namespace tally::cli {

namespace {

using namespace contracts;

struct WorkOptions : SubmitOptions {
  std::string workflow;
  std::string number;  // of a case or an obligation
  std::string act;
  std::string queue;
  std::string unit;
  std::string pool;
  std::vector<std::string> values;
  std::vector<std::string> links;
  std::string reason;
  std::string evidence;
  std::string evidence_file;
};
using OptionsPtr = std::shared_ptr<WorkOptions>;

Outcome<std::pair<std::string, std::string>> assigned(const std::string& option, const std::string& text,
                                                      const std::string& such_as) {
  const auto at = text.find('=');
  if (at == text.npos || at == 0) return usage_failure(option, "is \"" + text + "\"", "NAME=" + such_as);
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

Outcome<std::vector<NamedText>> values_of(const WorkOptions& options) {
  std::vector<NamedText> out;
  for (const auto& text : options.values) {
    auto value = assigned("--set", text, "VALUE, such as hours=6");
    if (!value) return value.error();
    out.push_back({value->first, value->second});
  }
  return out;
}

Outcome<std::vector<NamedCase>> links_of(const WorkOptions& options) {
  std::vector<NamedCase> out;
  for (const auto& text : options.links) {
    auto link = assigned("--link", text, "CASE, such as activity=12");
    if (!link) return link.error();
    auto number = number_field("--link " + link->first, link->second);
    if (!number) return number.error();
    out.push_back({link->first, *number});
  }
  return out;
}

template <class Operation>
Outcome<void> fill_papers(Context& context, const WorkOptions& options, Operation& operation) {
  if constexpr (requires { operation.reason; })
    if (!options.reason.empty()) operation.reason = digest_of_reason(options.reason);
  auto evidence = evidence_of(options.evidence, options.evidence_file, context.world());
  if (!evidence) return evidence.error();
  operation.evidence = *evidence;
  return {};
}

template <class List>
std::string codes_of(const List& list) {
  std::string out;
  for (const auto& one : list) out += (out.empty() ? "one of " : ", ") + one.code;
  return out;
}

// Before anything is signed: what the opening takes, each in its form.
Outcome<void> check_values(const Workflow& workflow, const std::vector<NamedText>& values) {
  std::string takes;
  for (const auto place : workflow.open.takes) takes += (takes.empty() ? "" : ", ") + workflow.fields[place].code;
  for (const auto& [name, text] : values) {
    const auto place = workflow.field(name);
    const auto& taken = workflow.open.takes;
    if (!place || std::find(taken.begin(), taken.end(), *place) == taken.end())
      return usage_failure("--set", "names \"" + name + "\", which the opener of " + workflow.code + " does not give",
                           takes.empty() ? "no --set" : "one of " + takes);
    auto value = parse_field(workflow.fields[*place], text, "--set");
    if (!value) return Failure(ExitCode::usage, value.error());
  }
  for (const auto place : workflow.open.takes) {
    const auto& code = workflow.fields[place].code;
    if (std::none_of(values.begin(), values.end(), [&](const NamedText& one) { return one.name == code; }))
      return usage_failure("--set", "does not give " + code, "--set " + code + "=VALUE; the opener gives " + takes);
  }
  return {};
}

Outcome<void> check_opening(const Rulebook& rulebook, const OpenCase& operation) {
  const Workflow* workflow = rulebook.workflow(operation.workflow);
  if (workflow == nullptr)
    return usage_failure("--workflow", "is \"" + operation.workflow + "\", which " + rulebook.id + " does not have",
                         rulebook.workflows.empty() ? "a rulebook with workflows" : codes_of(rulebook.workflows));
  for (const auto& [name, number] : operation.links)
    if (!workflow->link(name))
      return usage_failure("--link", "names \"" + name + "\", which is no link of " + workflow->code,
                           workflow->links.empty() ? "no --link" : codes_of(workflow->links));
  return check_values(*workflow, operation.values);
}

Outcome<Draft> make_opening(Context& context, NodeClient& client, const WorkOptions& options, RulebookPtr& rulebook) {
  auto fetched = fetch_rulebook(client, options.rulebook);
  if (!fetched) return fetched.error();
  rulebook = *fetched;
  OpenCase operation;
  operation.rulebook = options.rulebook;
  operation.workflow = options.workflow;
  auto subject = fixed_field<SubjectHandle>("--subject", options.subject);
  if (!subject) return subject.error();
  operation.subject = *subject;
  auto values = values_of(options);
  if (!values) return values.error();
  operation.values = *std::move(values);
  auto links = links_of(options);
  if (!links) return links.error();
  operation.links = *std::move(links);
  if (auto good = check_opening(*rulebook, operation); !good) return good.error();
  if (auto papers = fill_papers(context, options, operation); !papers) return papers.error();
  return Draft{{operation}, ledger::Mode::all_or_nothing, {std::string(OpenCase::kName)}};
}

// Whoever acts may not be one who reads the case: the engine judges the values.
Outcome<Draft> make_act(Context& context, const WorkOptions& options) {
  ActCase operation;
  auto number = number_field("CASE", options.number);
  if (!number) return number.error();
  operation.case_number = *number;
  operation.act = options.act;
  auto values = values_of(options);
  if (!values) return values.error();
  operation.values = *std::move(values);
  if (auto papers = fill_papers(context, options, operation); !papers) return papers.error();
  return Draft{{operation}, ledger::Mode::all_or_nothing, {std::string(ActCase::kName)}};
}

Outcome<Draft> make_allocation(Context& context, NodeClient& client, const WorkOptions& options,
                               RulebookPtr& rulebook) {
  auto fetched = fetch_rulebook(client, options.rulebook);
  if (!fetched) return fetched.error();
  rulebook = *fetched;
  if (rulebook->queue(options.queue) == nullptr)
    return usage_failure("--queue", "is \"" + options.queue + "\", which " + rulebook->id + " does not have",
                         rulebook->queues.empty() ? "a rulebook with queues" : codes_of(rulebook->queues));
  Allocate operation;
  operation.rulebook = options.rulebook;
  operation.queue = options.queue;
  operation.unit = options.unit;
  if (!options.pool.empty()) {
    auto pool = parse_amount(options.pool, kMoneyScale);
    if (!pool) return Failure(ExitCode::usage, Error(pool.error()).within("--pool"));
    operation.pool = *pool;
  }
  if (auto papers = fill_papers(context, options, operation); !papers) return papers.error();
  return Draft{{operation}, ledger::Mode::all_or_nothing, {std::string(Allocate::kName)}};
}

Outcome<Draft> make_settlement(Context& context, const WorkOptions& options) {
  Settle operation;
  auto number = number_field("OBLIGATION", options.number);
  if (!number) return number.error();
  operation.obligation = *number;
  if (auto papers = fill_papers(context, options, operation); !papers) return papers.error();
  return Draft{{operation}, ledger::Mode::all_or_nothing, {std::string(Settle::kName)}};
}

void add_papers(Command& command, WorkOptions& options, bool reason) {
  if (reason) command.text("--reason", "TEXT", options.reason, "Reason in words; only its digest is sent");
  command.text("--evidence", "DIGEST", options.evidence, "Digest of the evidence, 64 digits")
      .text("--evidence-file", "FILE", options.evidence_file, "The evidence itself; only its digest is sent");
  add_submit_options(command, options);
}

void register_open(Command& submit) {
  auto options = std::make_shared<WorkOptions>();
  Command command = submit.command(
      "open-case", "Open a case of a workflow",
      {"tally submit open-case --rulebook cypress --workflow duty --subject 4f0c...e1 --set hours=6 --link activity=12 "
       "--key villager.key"},
      [options](Context& context) {
        return run_submit(context, *options, [options](Context& inner, NodeClient& client, RulebookPtr& rulebook) {
          return make_opening(inner, client, *options, rulebook);
        });
      });
  command.text("--rulebook", "ID", options->rulebook, "Rulebook", Need::required)
      .text("--workflow", "CODE", options->workflow, "Workflow of the rulebook", Need::required)
      .text("--subject", "HANDLE", options->subject, "Handle of the subject that the case is about, 32 digits",
            Need::required)
      .texts("--set", "NAME=VALUE", options->values, "A field that the opener gives, such as hours=6")
      .texts("--link", "NAME=CASE", options->links, "A case that it is linked to, such as activity=12");
  add_papers(command, *options, true);
}

void register_act(Command& submit) {
  auto options = std::make_shared<WorkOptions>();
  Command command = submit.command(
      "act", "Do an act in a case of a workflow; tally query case NUMBER shows which its state allows",
      {"tally submit act 7 confirm --set marks=4 --evidence-file photo.jpg --key leader.key",
       "tally submit act 7 withdraw --reason \"the road is blocked\" --key villager.key"},
      [options](Context& context) {
        return run_submit(context, *options,
                          [options](Context& inner, NodeClient&, RulebookPtr&) { return make_act(inner, *options); });
      });
  command.argument("CASE", options->number, "Number of the case")
      .argument("ACT", options->act, "Code of the act")
      .texts("--set", "NAME=VALUE", options->values, "A field that the act gives, such as hours=6");
  add_papers(command, *options, true);
}

void register_allocate(Command& submit) {
  auto options = std::make_shared<WorkOptions>();
  Command command = submit.command(
      "allocate", "Serve the cases of a unit that wait in a queue",
      {"tally submit allocate --rulebook cypress --queue relief --unit yingshan/qingzhen --pool 50000.00 "
       "--key secretary.key"},
      [options](Context& context) {
        return run_submit(context, *options, [options](Context& inner, NodeClient& client, RulebookPtr& rulebook) {
          return make_allocation(inner, client, *options, rulebook);
        });
      });
  command.text("--rulebook", "ID", options->rulebook, "Rulebook", Need::required)
      .text("--queue", "CODE", options->queue, "Queue of the rulebook", Need::required)
      .text("--unit", "PATH", options->unit, "This unit and those below it", Need::required)
      .text("--pool", "AMOUNT", options->pool, "How much there is to give, at most two decimals; without it no bound");
  add_papers(command, *options, true);
}

void register_settle(Command& submit) {
  auto options = std::make_shared<WorkOptions>();
  Command command = submit.command(
      "settle", "Say that an obligation was met; tally query obligations SUBJECT shows their numbers",
      {"tally submit settle 3 --evidence-file transfer.pdf --key banker.key"}, [options](Context& context) {
        return run_submit(context, *options, [options](Context& inner, NodeClient&, RulebookPtr&) {
          return make_settlement(inner, *options);
        });
      });
  command.argument("OBLIGATION", options->number, "Number of the obligation");
  add_papers(command, *options, false);
}

}  // namespace

void register_work_commands(Command& submit) {
  register_open(submit);
  register_act(submit);
  register_allocate(submit);
  register_settle(submit);
}

}  // namespace tally::cli
