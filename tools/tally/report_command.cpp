#include "contracts/engine.h"
#include "report/gather.h"
#include "storage/rocks_store.h"
#include "tally/commands.h"
#include "tally/files.h"
#include "tally/report.h"
#include "tally/scratch.h"

namespace tally::cli {

namespace {

struct ReportCommand {
  SourceOptions source;
  std::string out;
  std::string format;
};

// One replay; blocks above `until` are left out of the facts.
Outcome<report::Facts> gather_until(Context& context, const SourceOptions& source, const std::string& scratch,
                                    std::optional<ledger::AuditVerdict> known) {
  const Scratch place(scratch);
  std::error_code ignored;
  std::filesystem::remove_all(place.path, ignored);
  auto store = storage::open_rocks_store(place.path, {});
  if (!store) return Failure(Error(store.error()).within(scratch));
  contracts::RuleEngine engine;
  report::Gatherer gatherer;
  std::shared_ptr<const storage::Reader> last;  // the state of the last block that counts
  const auto counts = [&](BlockHeight height) { return !known || height <= known->verified_until; };
  Replay replay{engine,
                **store,
                [&](const ledger::Genesis& genesis) -> Status {
                  gatherer.begin(genesis);
                  return {};
                },
                [](const ledger::CertifiedBlock&) -> Status { return {}; },
                [&](const ledger::AuditedBlock& block) -> Status {
                  const BlockHeight height = block.block.header.height;
                  if (!counts(height)) return {};
                  if (known && height == known->verified_until) last = (*store)->snapshot();
                  return gatherer.observe(block, **store);
                },
                true};
  const auto verdict = replay_audited(context, source, replay);
  if (!verdict) return verdict.error();
  // What was executed beyond the last certificate is not verified: once more, without it.
  if (!verdict->passed && !known) return gather_until(context, source, scratch + ".again", *verdict);
  const bool nothing = known && known->verified_until.value == 0;
  const auto empty = storage::make_memory_store();
  const storage::Reader& state = nothing ? *empty : last ? *last : static_cast<const storage::Reader&>(**store);
  auto facts = gatherer.finish(state, *verdict);
  last.reset();
  if (!facts) return Failure(facts.error());
  return *std::move(facts);
}

Outcome<void> make_report(Context& context, const ReportCommand& command) {
  auto form = command.format.empty()     ? report_form("--out", command.out)
              : command.format == "text" ? ReportForm::text
              : command.format == "json" ? ReportForm::json
                                         : ReportForm::html;
  if (!form) return form.error();
  std::error_code ignored;
  if (std::filesystem::exists(command.out, ignored))
    return usage_failure(command.out, "already exists", "a new name; existing files are never replaced");
  auto facts = gather_report(context, command.source, command.out + ".state.part");
  if (!facts) return facts.error();
  if (auto written = write_new_file(command.out, report_text(*facts, *form), Privacy::shared); !written) return written;
  Report report;
  std::uint64_t found = 0;
  for (const auto& list : facts->lists) found += list.found;
  const std::string height = std::to_string(facts->verdict.verified_until.value);
  report.json = {{"file", command.out},
                 {"chain", facts->verdict.chain.hex()},
                 {"passed", facts->verdict.passed},
                 {"verified_until", height},
                 {"findings", std::to_string(found)}};
  report.sections.push_back(
      {"", cli::Facts()
               .add("file", command.out)
               .add("chain", facts->verdict.chain.hex())
               .add("verdict", (facts->verdict.passed ? "the chain holds; verified until height "
                                                      : "THE CHAIN DOES NOT HOLD; verified until height ") +
                                   height)
               .add("lines on the lists", std::to_string(found))
               .table()});
  context.emit(report);
  if (facts->verdict.passed) return {};
  return Failure(ExitCode::verification_failed, make_error(ErrorCode::broken_chain, "", "the chain does not hold"))
      .then("the report says where; keep the source as evidence");
}

}  // namespace

Outcome<ReportForm> report_form(const std::string& option, const std::string& file) {
  if (file.ends_with(".txt")) return ReportForm::text;
  if (file.ends_with(".json")) return ReportForm::json;
  if (file.ends_with(".html")) return ReportForm::html;
  return usage_failure(option, "is " + file, "a name that ends in .txt, .json or .html");
}

std::string report_text(const report::Facts& facts, ReportForm form) {
  if (form == ReportForm::text) return report::text_report(facts);
  return form == ReportForm::json ? report::json_report(facts) : report::html_report(facts);
}

Outcome<report::Facts> gather_report(Context& context, const SourceOptions& source, const std::string& scratch) {
  return gather_until(context, source, scratch, std::nullopt);
}

void register_report(Program& program) {
  auto options = std::make_shared<ReportCommand>();
  Command command = program.root().command(
      "report", "Audit a chain and write what auditors ask for: activity, rules, pairs, gates, and what stands out",
      {"tally report --file chain.tally --genesis genesis.json --out report.html",
       "tally report --node http://10.0.0.1:8080 --chain-id 77d0...12 --key auditor.json --out report.json"},
      [options](Context& context) { return make_report(context, *options); });
  command.text("--out", "FILE", options->out, "A new file that ends in .html, .json or .txt", Need::required)
      .choice("--format", options->format, {"text", "json", "html"}, "Form of the file, whatever its ending");
  add_source_options(command, options->source);
}

}  // namespace tally::cli
