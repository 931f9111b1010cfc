// Purpose: the reports of `tally audit --report FILE`: planned before the audit begins, so that a name that is taken
// costs no hours; gathered while the chain is replayed; written whatever the verdict is.
// Thread rule: one thread. Errors: usage (an ending that is no form, a file that exists, one named twice); those of the
// gathering; io_failed. Invariant: a file appears whole, and never takes the place of another.
#pragma once

#include "ledger/audit.h"
#include "report/gather.h"
#include "tally/failure.h"

namespace tally::cli {

class AuditReport {
 public:
  // Each file's ending says its form: .html, .json, .txt.
  static Outcome<AuditReport> plan(std::vector<std::string> files);

  // `options.store` is set; it and this outlive the audit. Does nothing if no file is wanted.
  void attach(ledger::AuditOptions& options);
  Outcome<void> write(const ledger::AuditVerdict& verdict);

  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

 private:
  explicit AuditReport(std::vector<std::string> files)
      : files_(std::move(files)), gatherer_(std::make_unique<report::Gatherer>()) {}

  std::vector<std::string> files_;
  std::unique_ptr<report::Gatherer> gatherer_;
  Status gathered_;
};

}  // namespace tally::cli
