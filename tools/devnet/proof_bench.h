// Purpose: how large proof files are, and how long making and verifying them takes: against the last final moment of a
// store with many accounts, in this process, as a node makes them and as `tally verify` checks them.
// Thread rule: one thread. Errors: storage_failed, io_failed; internal if a proof does not hold.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

#include "common/error.h"

namespace tally::devnet {

struct ProofBenchOptions {
  std::uint64_t accounts = 150'000;
  std::uint64_t entries = 4;  // awards of each, beside the entry that opened it
  std::uint64_t runs = 2'000;
  std::filesystem::path work_dir;  // of the store; empty: the system's for temporary files
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct Spread {
  double p50_us = 0;
  double p99_us = 0;
};
Spread spread_of(std::vector<std::chrono::nanoseconds> times);

// Of one kind: account, history, gate, receipt.
struct ProofFigures {
  std::string kind;
  std::size_t bytes_p50 = 0;
  std::size_t bytes_most = 0;
  Spread made;
  Spread verified;             // from the file's bytes to what it tells
  Spread without_signatures;   // of that: each run without the time that its signatures alone take
  std::size_t signatures = 0;  // that one verification checks, validators' and clients'
};

struct ProofBenchResult {
  std::uint64_t accounts = 0;
  std::uint64_t entries = 0;
  std::uint64_t runs = 0;
  double verifications_per_second_core = 0;  // Ed25519, measured beside it
  double build_seconds = 0;
  std::vector<ProofFigures> figures;

  // How many signatures the machine verifies in the time that verifying one proof takes.
  [[nodiscard]] double in_verifications(const ProofFigures& figures_of) const {
    return figures_of.verified.p50_us * verifications_per_second_core / 1e6;
  }
};

Result<ProofBenchResult> run_proof_bench(const ProofBenchOptions& options);

}  // namespace tally::devnet
