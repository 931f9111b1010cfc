// Purpose: how fast a chain is audited: makes one with real signatures and certificates, once, into a chain file, and
// audits the file as `tally audit` does.
// Thread rule: one thread; the audit starts its own. Errors: io_failed, storage_failed; internal if the chain that was
// made does not hold.
#pragma once

#include <filesystem>
#include <functional>

#include "ledger/audit.h"

namespace tally::devnet {

struct AuditBenchOptions {
  std::uint64_t transactions = 500'000;
  std::uint64_t operations = 1;  // of each
  std::uint64_t households = 10'000;
  std::filesystem::path chain;     // made if it is absent, used if it is there
  std::filesystem::path work_dir;  // of the replayed state; empty: the system's for temporary files
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct AuditBenchResult {
  std::size_t cores = 0;
  double verifications_per_second_core = 0;  // Ed25519, measured beside it
  double seconds = 0;
  std::uint64_t chain_bytes = 0;
  double resident_peak_mib = 0;  // of this process during the audit
  ledger::AuditVerdict verdict;

  [[nodiscard]] double signatures_per_second() const {
    return static_cast<double>(verdict.client_signatures + verdict.validator_signatures) / seconds;
  }
  // Of cores * verifications: 1 is what the machine could verify if auditing were nothing else.
  [[nodiscard]] double share_of_bound() const {
    return signatures_per_second() / (static_cast<double>(cores) * verifications_per_second_core);
  }
};

Status make_bench_chain(const AuditBenchOptions& options);
Result<AuditBenchResult> run_audit_bench(const AuditBenchOptions& options);

}  // namespace tally::devnet
