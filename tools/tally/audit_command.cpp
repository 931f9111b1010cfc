#include <filesystem>
#include <fstream>

#include "common/limits.h"
#include "contracts/engine.h"
#include "contracts/genesis_json.h"
#include "ledger/audit.h"
#include "ledger/chain_file.h"
#include "tally/audit_report.h"
#include "tally/blame.h"
#include "tally/block_source.h"
#include "tally/chain_source.h"
#include "tally/commands.h"
#include "tally/export_data.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/replay_store.h"

namespace tally::cli {

namespace {

struct AuditCommand {
  std::string file;
  std::string genesis;
  std::string chain_id;
  std::string evidence;
  std::string work_dir;
  std::vector<std::string> reports;
  std::uint64_t threads = 0;
  bool progress = false;
  bool blame = false;
};

Outcome<ledger::AuditVerdict> audit_file(Context& context, const AuditCommand& command, ledger::AuditOptions options) {
  if (is_archive(command.file)) {
    contracts::RuleEngine executor;
    return audit_archive(context, command.file, command.genesis, executor, options);
  }
  std::error_code failed;
  const auto size = std::filesystem::file_size(command.file, failed);
  std::ifstream in(command.file, std::ios::binary);
  if (failed || !in)
    return Failure(make_error(ErrorCode::io_failed, command.file, "is absent or cannot be read", "a chain file"))
        .then("tally export --file FILE writes one from a node");
  Progress progress(context.world(), command.progress);
  options.progress = [&](const ledger::AuditVerdict& so_far) {
    const auto at = in.tellg();
    const std::uint64_t read = at < 0 ? size : static_cast<std::uint64_t>(at);
    progress.show(read / limits::kKiB, size / limits::kKiB,
                  "KiB, height " + std::to_string(so_far.verified_until.value));
  };
  contracts::RuleEngine engine;
  return ledger::audit_chain_file(in, engine, options);
}

Outcome<ledger::AuditVerdict> audit_node(Context& context, const AuditCommand& command, ledger::AuditOptions options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto source = ChainSource::open(*client);
  if (!source) return source.error();
  Progress progress(context.world(), command.progress);
  std::uint64_t verified = 0;
  options.progress = [&](const ledger::AuditVerdict& so_far) {
    verified = so_far.verified_until.value;
    progress.show(verified, source->final_height(), "blocks");
  };
  contracts::RuleEngine engine;
  ledger::Auditor auditor(source->genesis(), engine, options);
  while (true) {
    auto block = source->next();
    if (!block) {
      progress.finish();
      Failure failure = block.error();
      failure.details.push_back("the audit broke off; verified until height " + std::to_string(verified));
      return failure;
    }
    if (!*block || !auditor.feed(std::move(**block))) return auditor.finish();
  }
}

std::string chain_words(const ledger::AuditVerdict& verdict, bool told) {
  if (verdict.chain.is_zero()) return "not known: the genesis cannot be read";
  if (!told) return verdict.chain.hex() + ", as the source itself says";
  const bool other = verdict.failure && verdict.failure->code == ErrorCode::wrong_chain;
  return verdict.chain.hex() + (other ? ", NOT the one expected" : ", as expected");
}

Report report_of(const ledger::AuditVerdict& verdict, const std::string& source, bool told) {
  Report report;
  report.json = to_json(verdict);
  report.json["source"] = source;
  report.json["chain_known_beforehand"] = told;
  Facts facts;
  facts.add("source", source)
      .add("network", verdict.name)
      .add("chain", chain_words(verdict, told))
      .add("clock", verdict.clock == ledger::ClockMode::test ? "TEST CLOCK: block time is driven by clients" : "real")
      .add("blocks", std::to_string(verdict.blocks))
      .add("transactions", std::to_string(verdict.transactions) + ", with " + std::to_string(verdict.operations) +
                               " operations executed again")
      .add("client signatures", std::to_string(verdict.client_signatures))
      .add("certificates", std::to_string(verdict.certificates) + ", with " +
                               std::to_string(verdict.validator_signatures) + " validator signatures")
      .add("state root", verdict.state_root.hex());
  const std::string height = "verified until height " + std::to_string(verdict.verified_until.value);
  if (verdict.failure) {
    facts.add("first bad block", std::to_string(verdict.failure->height.value))
        .add("what", verdict.failure->what)
        .add("expected", verdict.failure->expected)
        .add("found", verdict.failure->found);
  }
  facts.add("verdict", (verdict.passed ? "the chain holds; " : "THE CHAIN DOES NOT HOLD; ") + height);
  report.sections.push_back({"", facts.table()});
  return report;
}

void add_files(Report& report, const std::vector<std::string>& files) {
  if (files.empty()) return;
  report.json["reports"] = files;
  Facts facts;
  for (const auto& file : files) facts.add("report", file);
  report.sections.push_back({"", facts.table()});
}

// Adds to the report who is proven to have lied; answers with what proves nothing.
Outcome<std::vector<std::string>> add_blame(Context& context, const AuditCommand& command,
                                            const ledger::AuditVerdict& verdict, Report& report) {
  auto pieces = Outcome<std::vector<std::string>>(std::vector<std::string>{});
  if (!command.evidence.empty()) {
    pieces = evidence_from_file(context, command.evidence);
  } else {
    auto client = NodeClient::connect(context);
    if (!client) return client.error();
    pieces = evidence_from_node(*client);
  }
  if (!pieces) return pieces.error();
  BlameVerdict blame = judge_evidence(*pieces, verdict.chain, verdict.epochs);
  report.json["blame"] = {{"proven", blame.proven}, {"refused", blame.refused}};
  report.sections.push_back({blame.table.rows.empty() ? "no replica is proven to have contradicted itself"
                                                      : "replicas that contradicted themselves",
                             std::move(blame.table)});
  return blame.complaints;
}

Failure proves_nothing(std::vector<std::string> complaints) {
  Failure out(ExitCode::verification_failed,
              make_error(ErrorCode::bad_signature, "evidence",
                         std::to_string(complaints.size()) + (complaints.size() == 1 ? " piece" : " pieces") +
                             " of it proves nothing"));
  out.details = std::move(complaints);
  out.next = "ask whoever gave it to you where it comes from; it says nothing against the one it names";
  return out;
}

Outcome<void> check_options(const AuditCommand& command) {
  if (!command.blame && !command.evidence.empty())
    return usage_failure("--evidence", "is given without --blame", "--blame --evidence FILE");
  if (command.blame && !command.file.empty() && command.evidence.empty())
    return usage_failure("--blame", "has no evidence to judge: a chain file holds none",
                         "--evidence FILE, or --node in place of --file");
  return {};
}

Outcome<void> audit(Context& context, const AuditCommand& command) {
  if (auto good = check_options(command); !good) return good.error();
  auto expected = expected_chain(context, command.genesis, command.chain_id);
  if (!expected) return expected.error();
  auto reports = AuditReport::plan(command.reports);
  if (!reports) return reports.error();
  if (!*expected) context.warn("neither --genesis nor --chain-id: the source itself says which chain it is");
  ledger::AuditOptions options;
  options.expected_chain = *expected;
  options.threads = command.threads;
  auto replay = ReplayStore::open(command.work_dir);
  if (!replay) return replay.error();
  options.store = &replay->store();
  // A report reads the state at the end.
  options.store_unread = command.reports.empty();
  reports->attach(options);
  auto verdict = command.file.empty() ? audit_node(context, command, options) : audit_file(context, command, options);
  if (!verdict) return verdict.error();
  const auto written = reports->write(*verdict);
  const std::string source = command.file.empty() ? context.settings().value("node") : command.file;
  Report report = report_of(*verdict, source, expected->has_value());
  if (written) add_files(report, reports->files());
  Outcome<std::vector<std::string>> blamed(std::vector<std::string>{});
  if (command.blame && verdict->passed) blamed = add_blame(context, command, *verdict, report);
  context.emit(report);
  if (!blamed) return blamed.error();
  if (!blamed->empty()) return proves_nothing(std::move(*blamed));
  if (verdict->passed) return written;
  Failure out(ExitCode::verification_failed, make_error(ErrorCode::broken_chain, "", "the chain does not hold"));
  if (verdict->failure) {
    const auto& failure = *verdict->failure;
    out.code = failure.code;
    out.why = "block " + std::to_string(failure.height.value) + ", " + failure.what +
              (failure.found.empty() ? "" : ": " + failure.found);
    out.expected = failure.expected;
  }
  if (!written) out.details.push_back("no report: " + written.error().what);
  out.next = "keep the source as evidence and compare it with another node's";
  return out;
}

struct ExportCommand {
  std::string file;
  DataExport rows;
  bool progress = false;
};

Outcome<void> copy_blocks(Context& context, const ExportCommand& command, ChainSource& source, std::ostream& out,
                          std::uint64_t& blocks) {
  ledger::ChainFileWriter writer(out);
  if (auto begun = writer.begin(source.genesis()); !begun) return Failure(begun.error());
  Progress progress(context.world(), command.progress);
  while (true) {
    auto block = source.next();
    if (!block) return block.error();
    if (!*block) break;
    if (auto added = writer.add(**block); !added) return Failure(added.error());
    progress.show(++blocks, source.final_height(), "blocks");
  }
  if (auto finished = writer.finish(); !finished) return Failure(finished.error());
  return {};
}

Outcome<void> export_chain(Context& context, const ExportCommand& command) {
  if (command.file.empty())
    return usage_failure("--file", "is missing",
                         "a new file for the chain, or --accounts, "
                         "--entries, --cases or --gates for rows of it");
  std::error_code failed;
  if (std::filesystem::exists(command.file, failed))
    return usage_failure(command.file, "already exists", "a new name; existing files are never replaced");
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto source = ChainSource::open(*client);
  if (!source) return source.error();
  // Under another name until it is whole, so that a file that broke off is never taken for an export.
  const std::string part = command.file + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  std::uint64_t blocks = 0;
  auto copied = out ? copy_blocks(context, command, *source, out, blocks)
                    : Outcome<void>(Failure(make_error(ErrorCode::io_failed, part, "cannot be written")));
  out.close();
  if (copied && !out) copied = Failure(make_error(ErrorCode::io_failed, part, "cannot be written to its end"));
  if (copied) std::filesystem::rename(part, command.file, failed);
  if (copied && failed) copied = Failure(make_error(ErrorCode::io_failed, command.file, failed.message()));
  if (!copied) {
    std::filesystem::remove(part, failed);
    return copied;
  }
  const std::string chain = ledger::chain_id(source->genesis()).hex();
  Report report;
  report.json = {{"file", command.file}, {"chain", chain}, {"blocks", std::to_string(blocks)}};
  report.sections.push_back(
      {"", Facts().add("file", command.file).add("chain", chain).add("blocks", std::to_string(blocks)).table()});
  context.emit(report);
  context.note("next: tally audit --file " + command.file + " --chain-id " + chain);
  return {};
}

}  // namespace

void register_audit(Program& program) {
  auto command = std::make_shared<AuditCommand>();
  program.root()
      .command("audit", "Replay a chain from its genesis and check every signature, link and root",
               {"tally audit --file chain.tally --genesis genesis.json",
                "tally audit --node http://10.0.0.1:8080 --chain-id 77d0...12 --key auditor.json",
                "tally audit --file chain.tally --genesis genesis.json --report report.html",
                "tally audit --file chain.tally --genesis genesis.json --blame --evidence evidence.json"},
               [command](Context& context) { return audit(context, *command); })
      .text("--file", "FILE", command->file, "A chain file; without it: the chain of --node")
      .text("--genesis", "FILE", command->genesis, "The genesis document that this chain must start from")
      .text("--chain-id", "HEX", command->chain_id, "The chain id that this chain must have")
      .flag("--blame", command->blame,
            "Judge the evidence that the node holds: who signed two things that exclude each other")
      .text("--evidence", "FILE", command->evidence,
            "With --blame: a saved answer of GET /v1/evidence in place of the node's")
      .texts("--report", "FILE", command->reports,
             "Write what auditors ask for into a new .html, .json or .txt file (docs/reports.md); may be repeated")
      .text("--work-dir", "DIR", command->work_dir,
            "Where the replayed state stands meanwhile; without it the system's directory for temporary files")
      .number("--threads", "N", command->threads, 0, 256, "Threads for signatures; 0: one for each core")
      .flag("--progress", command->progress, "Show progress even if standard error is no terminal");
}

void register_export(Program& program) {
  auto command = std::make_shared<ExportCommand>();
  const auto run = [command](Context& context) -> Outcome<void> {
    if (command->rows.wanted() && !command->file.empty())
      return usage_failure("--file", "is given beside rows", "the chain, or rows of it");
    command->rows.source.progress = command->progress;
    auto exported = export_data(context, command->rows);
    return !exported || command->rows.wanted() ? exported : export_chain(context, *command);
  };
  Command describe = program.root().command(
      "export", "Write the chain of a node to a file that can be audited without it, or rows of it as CSV and JSON",
      {"tally export --file chain.tally --node http://10.0.0.1:8080 --key auditor.json",
       "tally export --entries entries.csv --accounts accounts.ndjson --source chain.tally --genesis genesis.json",
       "tally export --gates gates.csv --unit yingshan/ludishao --key auditor.json"},
      run);
  describe.text("--file", "FILE", command->file, "A new file for the chain")
      .flag("--progress", command->progress, "Show progress even if standard error is no terminal");
  add_data_export_options(describe, command->rows);
}

}  // namespace tally::cli
