#include "devnet/audit_bench.h"

#include <fstream>
#include <thread>

#include "contracts/engine.h"
#include "devnet/bench.h"
#include "devnet/bench_chain.h"
#include "devnet/bench_load.h"
#include "ledger/chain_file.h"
#include "tally/replay_store.h"

namespace tally::devnet {

namespace {

constexpr std::uint64_t kMinuteMs = 60'000;

Status add_awards(BenchChain& chain, const std::vector<SubjectHandle>& households, const AuditBenchOptions& options) {
  std::size_t turn = 0;
  for (std::uint64_t i = 0; i < options.transactions; ++i) {
    std::vector<contracts::Operation> operations;
    operations.reserve(options.operations);
    for (std::uint64_t j = 0; j < options.operations; ++j) {
      contracts::Award award;
      award.rulebook = kBenchRulebook;
      award.subject = households[turn++ % households.size()];
      award.rule = "B1";
      award.event_time = TimestampMs{chain.now().value - kMinuteMs};
      operations.emplace_back(award);
    }
    if (auto added = chain.add(operations); !added) return added;
    if ((i + 1) % (options.transactions / 10 + 1) == 0) options.progress(std::to_string(i + 1) + " transactions made");
  }
  return chain.close();
}

// The kernel's mark of the most memory that this process has had.
double resident_peak_mib() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    if (word != "VmHWM:") continue;
    double kib = 0;
    in >> kib;
    return kib / 1024;
  }
  return 0;
}

void forget_resident_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace

Status make_bench_chain(const AuditBenchOptions& options) {
  auto replay = cli::ReplayStore::open(options.work_dir.string());
  if (!replay) return make_error(replay.error().code, "--work-dir", replay.error().what);
  const auto part = options.chain.string() + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  ledger::ChainFileWriter writer(out);
  BenchChainOptions made;
  made.name = "audit bench";
  made.cast = bench_cast(1);
  made.chain.final_views = false;
  made.chain.keep_blocks = false;
  made.chain.sync = false;
  made.chain.write_back = ledger::WriteBack::when_full;
  made.take = [&](const ledger::CertifiedBlock& block) { return writer.add(block); };
  auto chain = BenchChain::open(replay->store(), std::move(made));
  if (!chain) return chain.error();
  if (auto begun = writer.begin((*chain)->chain().genesis()); !begun) return begun;
  const auto households = bench_households(options.households);
  if (auto added = (*chain)->add_households(households, kBenchRulebook); !added) return added;
  if (auto added = add_awards(**chain, households, options); !added) return added;
  if (auto finished = writer.finish(); !finished) return finished;
  out.close();
  std::error_code failed;
  std::filesystem::rename(part, options.chain, failed);
  if (!out || failed)
    return make_error(ErrorCode::io_failed, options.chain.string(), "cannot be written", "a writable place with room");
  return {};
}

Result<AuditBenchResult> run_audit_bench(const AuditBenchOptions& options) {
  crypto::initialise();
  std::error_code failed;
  if (!std::filesystem::exists(options.chain, failed)) {
    options.progress("making " + options.chain.string());
    if (auto made = make_bench_chain(options); !made) return made.error();
  }
  AuditBenchResult result;
  result.cores = std::max(1U, std::thread::hardware_concurrency());
  result.chain_bytes = std::filesystem::file_size(options.chain, failed);
  options.progress("measuring verifications");
  result.verifications_per_second_core = measure_verifications();
  auto replay = cli::ReplayStore::open(options.work_dir.string());
  if (!replay) return make_error(replay.error().code, "--work-dir", replay.error().what);
  std::ifstream in(options.chain, std::ios::binary);
  ledger::AuditOptions audit;
  audit.store = &replay->store();
  audit.store_unread = true;
  contracts::RuleEngine engine;
  options.progress("auditing");
  forget_resident_peak();
  const auto started = std::chrono::steady_clock::now();
  result.verdict = ledger::audit_chain_file(in, engine, audit);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.resident_peak_mib = resident_peak_mib();
  if (!result.verdict.passed)
    return make_error(ErrorCode::internal, options.chain.string(), "does not hold",
                      "a chain that this bench has made whole");
  return result;
}

}  // namespace tally::devnet
