#include <filesystem>

#include "common/limits.h"
#include "common/time.h"
#include "crypto/digest.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/secrets.h"
#include "tally/sheet.h"
#include "tally/submit_command.h"

namespace tally::cli {

namespace {

constexpr crypto::Domain kSheetDomain{"tally.sheet"};
constexpr std::size_t kEvidenceBytesMax = 256 * limits::kMiB;

struct SheetOptions : SubmitOptions {
  std::string file;
  std::string rulebook_file;
  std::string mode = "independent";
  bool dry_run = false;
  bool again = false;
};

Outcome<contracts::RulebookPtr> rulebook_for(Context& context, const SheetOptions& options,
                                             std::optional<NodeClient>& client) {
  if (options.rulebook_file.empty()) return fetch_rulebook(*client, options.rulebook);
  auto document = read_input(options.rulebook_file, limits::kRulebookBytesMax, context.world());
  if (!document) return document.error();
  auto compiled = contracts::compile_rulebook(*document);
  if (!compiled.rulebook)
    return Failure(ExitCode::bad_input, contracts::summary_of(compiled.problems))
        .during("the rulebook " + options.rulebook_file + " cannot be used");
  if (!options.rulebook.empty() && compiled.rulebook->id != options.rulebook)
    return usage_failure("--rulebook-file", "is the rulebook " + compiled.rulebook->id, options.rulebook);
  return compiled.rulebook;
}

Outcome<Sheet> load_sheet(Context& context, const SheetOptions& options, const contracts::Rulebook& rulebook,
                          TimestampMs block_time) {
  auto text = read_input(options.file, limits::kSheetBytesMax, context.world());
  if (!text) return text.error();
  const std::string base = options.file == "-" ? "" : std::filesystem::path(options.file).parent_path().string();
  Sheet sheet = read_sheet(*text, rulebook, block_time, [&](const std::string& name) {
    return read_text_file(resolve_path(name, base, context.world()), kEvidenceBytesMax);
  });
  if (auto failure = failure_of(sheet, options.file)) return *failure;
  for (const auto& doubt : sheet.doubts) context.warn(options.file + ": " + doubt + "; both count");
  return sheet;
}

void print_plan(Context& context, const Sheet& sheet, const contracts::Rulebook& rulebook) {
  Report report;
  report.json = {{"rulebook", rulebook.id}, {"rows", Json::array()}};
  Table table{{{"row", Align::right}, {"operation"}, {"subject"}, {"rule"}, {"points", Align::right}}, {}};
  for (const auto& row : sheet.rows) {
    const auto facts = std::visit(
        [](const auto& operation) -> std::pair<std::string, std::string> {
          if constexpr (requires { operation.rule; }) return {operation.subject.hex(), operation.rule};
          return {};
        },
        row.operation);
    const std::string kind(contracts::name_of(row.operation));
    const std::string points = rulebook.points(row.change);
    table.rows.push_back({std::to_string(row.row), kind, facts.first, facts.second, points});
    report.json["rows"].push_back(
        {{"row", row.row}, {"operation", kind}, {"subject", facts.first}, {"rule", facts.second}, {"points", points}});
  }
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  context.note("dry run: " + std::to_string(sheet.rows.size()) + " rows are in order; nothing was sent");
}

std::vector<Draft> drafts_of(const Sheet& sheet, ledger::Mode mode) {
  std::vector<Draft> out;
  for (const auto& row : sheet.rows) {
    if (out.empty() || out.back().operations.size() == limits::kTransactionOperationsMax) out.push_back({{}, mode, {}});
    out.back().operations.push_back(row.operation);
    out.back().labels.push_back("row " + std::to_string(row.row));
  }
  return out;
}

// The same rows give the same client id, so that a sheet sent twice by the same officer is refused and not paid twice.
std::string client_id_of(const Draft& draft) {
  Bytes bytes;
  for (const auto& operation : draft.operations) append(bytes, contracts::encode_operation(operation));
  const Digest digest = crypto::digest(kSheetDomain, bytes);
  return digest.hex().substr(0, 2 * ClientId::kSize);
}

Outcome<void> send_sheet(Context& context, NodeClient& client, const SheetOptions& options, const Sheet& sheet,
                         const contracts::RulebookPtr& rulebook) {
  const auto mode = options.mode == "independent" ? ledger::Mode::independent : ledger::Mode::all_or_nothing;
  const auto drafts = drafts_of(sheet, mode);
  if (drafts.size() > 1 && mode == ledger::Mode::all_or_nothing)
    return usage_failure(
        "--mode", "is all_or_nothing, but the sheet has " + std::to_string(sheet.rows.size()) + " rows",
        "at most " + std::to_string(limits::kTransactionOperationsMax) + " rows, or --mode independent");
  if (drafts.size() > 1)
    context.note("the sheet of " + std::to_string(sheet.rows.size()) + " rows is split into " +
                 std::to_string(drafts.size()) + " transactions");
  auto status = client.status();
  if (!status) return status.error();
  auto key = signing_key(context, "submitting");
  if (!key) return key.error();
  const TimestampMs valid_until = status->block_time(context.world().now()).plus(options.make.valid_for_ms);
  std::vector<Prepared> prepared;
  for (const auto& draft : drafts) {
    const std::string id = options.again ? options.make.client_id : client_id_of(draft);
    auto made = make_transaction(draft, key->public_key(), status->chain, valid_until, id);
    if (!made) return made.error();
    ledger::add_signature(made->transaction, *key);
    prepared.push_back(std::move(*made));
  }
  if (auto signed_too = cosign_all(context, prepared, options.send); !signed_too) return signed_too.error();
  auto outcome = send_and_wait(context, client, prepared, rulebook, options.send);
  if (!outcome && outcome.error().code == ErrorCode::replay_conflict)
    return Failure(outcome.error()).then("this sheet was sent before; --again sends it a second time on purpose");
  return outcome;
}

Outcome<void> run_sheet(Context& context, const SheetOptions& options) {
  if (options.rulebook.empty() && options.rulebook_file.empty())
    return usage_failure("", "a sheet needs a rulebook", "--rulebook ID");
  if (!options.dry_run && context.settings().value("key").empty())
    return usage_failure("", "submitting needs a key", "--key FILE, TALLY_KEY or key in " + context.settings().file());
  const bool offline = options.dry_run && !options.rulebook_file.empty();
  std::optional<NodeClient> client;
  TimestampMs block_time = context.world().now();
  if (!offline) {
    auto connected = NodeClient::connect(context);
    if (!connected) return connected.error();
    client.emplace(std::move(*connected));
    auto status = client->status();
    if (!status) return status.error();
    block_time = status->block_time(block_time);
  }
  auto rulebook = rulebook_for(context, options, client);
  if (!rulebook) return rulebook.error();
  auto sheet = load_sheet(context, options, **rulebook, block_time);
  if (!sheet) return sheet.error();
  if (options.dry_run) {
    print_plan(context, *sheet, **rulebook);
    return {};
  }
  return send_sheet(context, *client, options, *sheet, *rulebook);
}

}  // namespace

void register_sheet(Command& submit) {
  auto options = std::make_shared<SheetOptions>();
  Command command =
      submit.command("sheet", "Submit a CSV file of awards and deductions, checked whole before anything is sent",
                     {"tally submit sheet march.csv --rulebook qingzhen --key accountant.json --cosign secretary.json",
                      "tally submit sheet march.csv --rulebook qingzhen --dry-run",
                      "tally submit sheet march.csv --rulebook-file rulebooks/qingzhen/rulebook.json --dry-run"},
                     [options](Context& context) { return run_sheet(context, *options); });
  command
      .argument("FILE", options->file,
                "CSV with a header row: subject,rule,event_time and, where wanted, "
                "quantity,amount,reason,evidence,kind; - reads standard input")
      .text("--rulebook", "ID", options->rulebook, "Rulebook")
      .text("--rulebook-file", "FILE", options->rulebook_file,
            "Check against this document; with --dry-run no node is asked")
      .choice("--mode", options->mode, names_of<ledger::Mode>(), "Whether each row stands for itself")
      .flag("--dry-run", options->dry_run, "Check the sheet and print what it says; send nothing")
      .flag("--again", options->again, "Send a sheet that was sent before a second time on purpose");
  add_submit_options(command, *options);
}

}  // namespace tally::cli
