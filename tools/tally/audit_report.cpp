#include "tally/audit_report.h"

#include <algorithm>
#include <filesystem>

#include "tally/files.h"

namespace tally::cli {

namespace {

using Make = std::string (*)(const report::Facts&);

Make form_of(const std::string& file) {
  if (file.ends_with(".html")) return report::html_report;
  if (file.ends_with(".json")) return report::json_report;
  return file.ends_with(".txt") ? report::text_report : nullptr;
}

}  // namespace

Outcome<AuditReport> AuditReport::plan(std::vector<std::string> files) {
  for (auto file = files.begin(); file != files.end(); ++file) {
    if (form_of(*file) == nullptr)
      return usage_failure("--report", "is " + *file, "a name that ends in .html, .json or .txt");
    if (std::find(files.begin(), file, *file) != file)
      return usage_failure("--report", "names " + *file + " twice", "a file for each form");
    std::error_code ignored;
    if (std::filesystem::exists(*file, ignored))
      return usage_failure(*file, "already exists", "a new name; existing files are never replaced");
  }
  return AuditReport(std::move(files));
}

void AuditReport::attach(ledger::AuditOptions& options) {
  if (files_.empty()) return;
  options.observe = [this, store = options.store](const ledger::AuditedBlock& block) {
    if (gathered_) gathered_ = gatherer_->observe(block, *store);
  };
}

Outcome<void> AuditReport::write(const ledger::AuditVerdict& verdict) {
  if (files_.empty()) return {};
  if (!gathered_) return Failure(Failure(gathered_.error()).during("the report could not be made"));
  const auto facts = gatherer_->finish(verdict);
  if (!facts) return Failure(Failure(facts.error()).during("the report could not be made"));
  for (const auto& file : files_) {
    if (auto written = write_new_file(file, form_of(file)(*facts), Privacy::shared); !written) return written;
  }
  return {};
}

}  // namespace tally::cli
