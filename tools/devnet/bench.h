// Purpose: how fast a network of real processes on this machine finalizes signed transactions, with durable writes and
// a real clock, compared with what the machine's signature checks alone would allow.
// The load is a closed loop: each client keeps a fixed number of transactions outstanding, signed beforehand as far
// as memory allows, sends them to one of the nodes and asks for their finality in bulk.
// Thread rule: one thread; starts its own.
// Errors: those of the network, plus wrong_state when the nodes disagree afterwards.
#pragma once

#include "devnet/devnet.h"

namespace tally::devnet {

struct BenchOptions {
  std::filesystem::path tallyd;
  std::size_t nodes = 4;
  std::uint64_t seconds = 30;
  std::uint64_t warm_up_seconds = 5;
  std::uint64_t operations = 1;  // per transaction
  std::size_t clients = 0;       // 0: four a node
  std::size_t outstanding = 0;   // transactions per client; 0: by the number of operations
  bool keep = false;             // the network's files
  std::function<void(const std::string&)> progress = [](const std::string&) {};
  std::function<bool()> interrupted = [] { return false; };
};

struct BenchNode {
  std::string name;
  double cpu_seconds = 0;  // in the measured time
  double cpu_share = 0;    // of one core
  double resident_peak_mib = 0;
  double stored_bytes_per_operation = 0;  // as the node counts what its store writes
  double disk_bytes_per_operation = 0;    // as the system counts what the process sent to storage
};

struct BenchResult {
  BenchOptions options;
  std::size_t cores = 0;
  double measured_seconds = 0;
  std::uint64_t transactions = 0;  // final in the measured time
  double transactions_per_second = 0;
  double operations_per_second = 0;
  double latency_p50_ms = 0;
  double latency_p95_ms = 0;
  double latency_p99_ms = 0;
  std::vector<BenchNode> nodes;
  double load_cpu_seconds = 0;  // that the clients took from the same cores
  double verifications_per_second_core = 0;
  double bound_transactions_per_second = 0;  // cores * verifications / nodes
  double bound_fraction = 0;                 // reached
  // Of all transactions sent, warm-up included.
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;   // not taken by the node
  std::uint64_t rejected = 0;  // executed, but refused by the rules
  std::uint64_t lost = 0;      // not settled in time
  std::string first_trouble;
  AgreedHead head;

  [[nodiscard]] bool clean() const { return refused == 0 && rejected == 0 && lost == 0; }
};

Result<BenchResult> run_bench(const BenchOptions& options);

// Ed25519 verifications of one core, measured for about a second.
double measure_verifications();

}  // namespace tally::devnet
