#include <filesystem>
#include <fstream>

#include "contracts/engine.h"
#include "storage/rocks_store.h"
#include "tally/csv_row.h"
#include "tally/export_data.h"
#include "tally/export_rows.h"
#include "tally/fields.h"
#include "tally/scratch.h"

namespace tally::cli {

namespace {

namespace fs = std::filesystem;

enum class Form { csv, ndjson };

Outcome<Form> form_of(const std::string& option, const std::string& file) {
  if (file.ends_with(".csv")) return Form::csv;
  if (file.ends_with(".ndjson")) return Form::ndjson;
  return usage_failure(option, "is " + file, "a name that ends in .csv or .ndjson");
}

std::string cell_of(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Rows into FILE.part, which becomes FILE at the end.
class RowFile {
 public:
  RowFile(std::string file, Form form) : file_(std::move(file)), part_(file_ + ".part"), form_(form) {}

  template <class Row>
  Outcome<void> write(const RowSource& source, Status (*each)(const RowSource&, const TakeRow<Row>&)) {
    out_.open(part_.path, std::ios::binary | std::ios::trunc);
    if (!out_) return failed("cannot be written");
    if (form_ == Form::csv) csv_line(to_json(Row{}), true);
    const auto done = each(source, [&](const Row& row) -> Status {
      const Json json = to_json(row);
      if (form_ == Form::csv)
        csv_line(json, false);
      else
        out_ << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      ++rows_;
      if (out_) return {};
      return make_error(ErrorCode::io_failed, part_.path.string(), "cannot be written to its end");
    });
    if (!done) return Failure(done.error());
    out_.close();
    return out_ ? Outcome<void>{} : failed("cannot be written to its end");
  }
  Outcome<void> put_in_place() {
    std::error_code code;
    // A link, unlike a rename, never replaces a file that came meanwhile.
    fs::create_hard_link(part_.path, file_, code);
    if (code == std::errc::file_exists) return taken();
    if (code) fs::rename(part_.path, file_, code);
    return code ? failed(code.message()) : Outcome<void>{};
  }
  [[nodiscard]] Failure taken() const {
    return usage_failure(file_, "already exists", "a new name; existing files are never replaced");
  }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  [[nodiscard]] Failure failed(const std::string& problem) const {
    return make_error(ErrorCode::io_failed, file_, problem, "a place where this user may write");
  }
  void csv_line(const Json& row, bool names) {
    std::vector<std::string> cells;
    for (const auto& [name, value] : row.items()) cells.push_back(names ? name : cell_of(value));
    print_csv_row(out_, cells);
  }

  std::string file_;
  Scratch part_;
  Form form_;
  std::ofstream out_;
  std::uint64_t rows_ = 0;
};

struct Part {
  const char* name;
  const std::string* file;
  Outcome<void> (*write)(RowFile&, const RowSource&);
};

std::vector<Part> parts_of(const DataExport& options) {
  return {
      {"accounts", &options.accounts,
       [](RowFile& out, const RowSource& from) { return out.write(from, each_account); }},
      {"entries", &options.entries, [](RowFile& out, const RowSource& from) { return out.write(from, each_entry); }},
      {"cases", &options.cases, [](RowFile& out, const RowSource& from) { return out.write(from, each_case); }},
      {"gates", &options.gates, [](RowFile& out, const RowSource& from) { return out.write(from, each_gate); }}};
}

Outcome<std::optional<TimestampMs>> moment(const std::string& name, const std::string& text) {
  if (text.empty()) return std::optional<TimestampMs>{};
  auto time = time_field(name, text);
  if (!time) return time.error();
  return std::optional(*time);
}

Outcome<RowFilter> filter_of(const DataExport& options) {
  RowFilter out{options.rulebook, options.unit, {}, {}};
  auto since = moment("--since", options.since);
  if (!since) return since.error();
  auto until = moment("--until", options.until);
  if (!until) return until.error();
  out.since = *since;
  out.until = *until;
  if ((out.since || out.until) && options.entries.empty() && options.cases.empty())
    return usage_failure(out.since ? "--since" : "--until",
                         "is given, but accounts and gates stand as of the last block",
                         "--entries or --cases beside it");
  return out;
}

struct Named {
  const Part* part;
  std::unique_ptr<RowFile> file;
};

Outcome<std::vector<Named>> open_files(const std::vector<Part>& parts) {
  std::vector<Named> out;
  for (const auto& part : parts) {
    if (part.file->empty()) continue;
    auto form = form_of(std::string("--") + part.name, *part.file);
    if (!form) return form.error();
    for (const auto& other : out) {
      if (other.file->file() == *part.file)
        return usage_failure(std::string("--") + part.name, "names the file of --" + std::string(other.part->name),
                             "a file for each");
    }
    auto file = std::make_unique<RowFile>(*part.file, *form);
    std::error_code ignored;
    if (fs::exists(*part.file, ignored)) return file->taken();
    out.push_back({&part, std::move(file)});
  }
  return out;
}

// What is asked for by name must be there: a misspelt filter is no empty answer.
Outcome<void> check_names(const RowSource& source) {
  const contracts::Queries queries;
  const auto& filter = source.filter;
  if (!filter.rulebook.empty()) {
    const auto all = queries.rulebooks(source.reader);
    if (!all) return Failure(all.error());
    const auto known =
        std::any_of(all->begin(), all->end(), [&](const auto& it) { return it.rulebook == filter.rulebook; });
    if (!known) return usage_failure("--rulebook", "is " + filter.rulebook, "a rulebook that the chain has");
  }
  if (filter.unit.empty()) return {};
  const auto unit = source.reader.get(storage::Column::state, contracts::unit_key(filter.unit));
  if (!unit) return Failure(unit.error());
  if (!*unit) return usage_failure("--unit", "is " + filter.unit, "a unit that the chain has");
  return {};
}

Report report_of(const std::vector<Named>& files, const ledger::AuditVerdict& verdict) {
  Report report;
  const std::string height = std::to_string(verdict.verified_until.value);
  report.json = {{"chain", verdict.chain.hex()}, {"height", height}, {"files", Json::array()}};
  Facts facts;
  facts.add("chain", verdict.chain.hex()).add("verified until height", height);
  for (const auto& [part, file] : files) {
    const std::string rows = std::to_string(file->rows());
    report.json["files"].push_back({{"what", part->name}, {"file", file->file()}, {"rows", rows}});
    facts.add(part->name, rows + " rows in " + file->file());
  }
  report.sections.push_back({"", facts.table()});
  return report;
}

Outcome<void> check_stray(const DataExport& options) {
  const std::pair<const char*, const std::string*> all[] = {
      {"--source", &options.source.file}, {"--data", &options.source.data}, {"--genesis", &options.source.genesis},
      {"--rulebook", &options.rulebook},  {"--unit", &options.unit},        {"--since", &options.since},
      {"--until", &options.until},
  };
  for (const auto& [name, value] : all) {
    if (!value->empty())
      return usage_failure(name, "goes with rows, not with a chain file", "--accounts, --entries, --cases or --gates");
  }
  return {};
}

}  // namespace

void add_data_export_options(Command& command, DataExport& options) {
  command.text("--accounts", "FILE", options.accounts, "Accounts as of the last block: a new .csv or .ndjson file")
      .text("--entries", "FILE", options.entries, "Every line of every account's book: a new .csv or .ndjson file")
      .text("--cases", "FILE", options.cases, "Deductions and cases of workflows: a new .csv or .ndjson file")
      .text("--gates", "FILE", options.gates, "What each gate answers for each account: a new .csv or .ndjson file")
      .text("--rulebook", "ID", options.rulebook, "Rows of this rulebook only")
      .text("--unit", "UNIT", options.unit, "Rows of subjects in this unit and below only")
      .text("--since", "TIME", options.since, "Entries and cases of blocks from this time on")
      .text("--until", "TIME", options.until, "Entries and cases of blocks before this time")
      .text("--source", "FILE", options.source.file, "Rows from this chain file; without it: from the chain of --node")
      .text("--data", "DIR", options.source.data, "Rows from the data directory of a stopped node")
      .text("--genesis", "FILE", options.source.genesis, "The genesis document that the chain must start from")
      .text("--chain-id", "HEX", options.source.chain_id, "The chain id that the chain must have");
}

Outcome<void> export_data(Context& context, const DataExport& options) {
  if (!options.wanted()) return check_stray(options);
  auto filter = filter_of(options);
  if (!filter) return filter.error();
  const auto parts = parts_of(options);
  auto files = open_files(parts);
  if (!files) return files.error();
  const Scratch scratch(files->front().file->file() + ".state.part");
  std::error_code ignored;
  fs::remove_all(scratch.path, ignored);
  auto store = storage::open_rocks_store(scratch.path, {});
  if (!store) return Failure(Error(store.error()).within(scratch.path.string()));
  contracts::RuleEngine engine;
  RowSource source{**store, 0, {}, *filter};
  Replay replay{engine, **store,
                [&](const ledger::Genesis& genesis) -> Status {
                  source.time = genesis.time;
                  return {};
                },
                [&](const ledger::CertifiedBlock& block) -> Status {
                  source.height = block.header.height.value;
                  source.time = block.header.time;
                  return {};
                }};
  const auto verdict = replay_audited(context, options.source, replay);
  if (!verdict) return verdict.error();
  if (auto known = check_names(source); !known) return known;
  for (auto& [part, file] : *files) {
    if (auto written = part->write(*file, source); !written) return written;
  }
  for (auto& [part, file] : *files) {
    if (auto placed = file->put_in_place(); !placed) return placed;
  }
  context.emit(report_of(*files, *verdict));
  return {};
}

}  // namespace tally::cli
