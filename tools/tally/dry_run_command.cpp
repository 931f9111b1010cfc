#include "common/limits.h"
#include "contracts/explain_json.h"
#include "tally/block_source.h"
#include "tally/commands.h"
#include "tally/explain_view.h"
#include "tally/fields.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

struct DryRunOptions {
  std::string proposal;
  std::string since;
  SourceOptions source;
};

Failure in_file(Error error, const std::string& file) {
  error.field = file + (error.field.empty() ? "" : ": " + error.field);
  return {ExitCode::bad_input, error};
}

Outcome<contracts::RulebookPtr> read_proposal(Context& context, const std::string& file) {
  auto text = read_input(file, limits::kRulebookBytesMax, context.world());
  if (!text) return text.error();
  auto compiled = contracts::compile_rulebook(*text);
  if (compiled.rulebook == nullptr)
    return in_file(contracts::summary_of(compiled.problems), file).then("tally rulebook check " + file);
  return std::move(compiled.rulebook);
}

// What is wrong with the proposal lies in its file; all else is the chain's affair.
Failure failure_of(const Error& error, const std::string& file) {
  const bool of_proposal =
      error.field == "version" || error.field == "scale" || error.field == "books" || error.field == "id";
  return of_proposal ? in_file(error, file) : Failure(error);
}

Outcome<contracts::DryRunReport> run(Context& context, const DryRunOptions& options, contracts::RulebookPtr proposal,
                                     TimestampMs since) {
  contracts::DryRun trial(std::move(proposal), since);
  const auto store = storage::make_memory_store();
  std::optional<Error> of_trial;
  const auto keep = [&](Status status) {
    if (!status) of_trial = status.error();
    return status;
  };
  const Replay replay{trial.real(), *store, [&](const ledger::Genesis& genesis) { return keep(trial.begin(genesis)); },
                      [&](const ledger::CertifiedBlock& block) -> Status {
                        if (block.batch.empty()) return keep(trial.follow(block.header, nullptr));
                        const auto batch = decode<ledger::Batch>(block.batch);
                        if (!batch) return batch.error();
                        return keep(trial.follow(block.header, &*batch));
                      }};
  const auto verdict = replay_audited(context, options.source, replay);
  if (of_trial) return failure_of(*of_trial, options.proposal);
  if (!verdict) return verdict.error();
  auto report = trial.finish(*store);
  if (!report) return failure_of(report.error(), options.proposal);
  if (since > report->time)
    return usage_failure("--since", "is " + format_time(since) + ", after the history has ended",
                         "at the latest " + format_time(report->time) + ", the time of the last block");
  return *std::move(report);
}

Outcome<void> dry_run(Context& context, const DryRunOptions& options) {
  auto since = time_field("--since", options.since);
  if (!since) return since.error();
  auto proposal = read_proposal(context, options.proposal);
  if (!proposal) return proposal.error();
  auto result = run(context, options, *std::move(proposal), *since);
  if (!result) return result.error();
  Report report;
  report.json = contracts::dry_run_json(*result);
  report.sections = sections_of(*result);
  context.emit(report);
  return {};
}

}  // namespace

void register_dry_run(Program& program) {
  auto options = std::make_shared<DryRunOptions>();
  Command command = program.root().command(
      "dry-run", "Try a proposed version of a rulebook on the history: who would change, what would be refused",
      {"tally dry-run rulebook-2.json --since 2026-01-01 --file chain.tally --genesis genesis.json",
       "tally dry-run rulebook-2.json --since 2026-03-01T00:00:00Z --key auditor.json"},
      [options](Context& context) { return dry_run(context, *options); });
  command.argument("PROPOSAL", options->proposal, "The document of the proposed version")
      .text("--since", "TIME", options->since, "Events from this time on are judged by it", Need::required);
  add_source_options(command, options->source);
}

}  // namespace tally::cli
