#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/resource.h>

#include "contracts/engine.h"
#include "ledger/audit.h"
#include "storage/rocks_store.h"
using namespace tally;
int main(int argc, char** argv) {
  if (argc < 2) return 0;
  crypto::initialise();
  std::ifstream in(argv[1], std::ios::binary);
  const auto dir = std::filesystem::temp_directory_path() / ("replay-bench-" + std::to_string(getpid()));
  {
    auto store = storage::open_rocks_store(dir, {.write_buffer_bytes = 32U << 20, .scratch = true});
    ledger::AuditOptions options;
    options.store = store->get();
    options.store_unread = argc < 3 || std::string(argv[2]) != "block";
    contracts::RuleEngine engine;
    const auto started = std::chrono::steady_clock::now();
    rusage before{};
    getrusage(RUSAGE_SELF, &before);
    const auto verdict = ledger::audit_chain_file(in, engine, options);
    const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto sec = [](timeval t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
    const double user = sec(use.ru_utime) - sec(before.ru_utime), sys = sec(use.ru_stime) - sec(before.ru_stime);
    std::cout << "passed " << verdict.passed << " tx " << verdict.transactions << " ops " << verdict.operations
              << " wall " << s << " user " << user << " sys " << sys << " us/tx "
              << (user + sys) * 1e6 / double(verdict.transactions) << " us/op "
              << (user + sys) * 1e6 / double(verdict.operations) << " rss " << use.ru_maxrss / 1024 << " MiB root "
              << verdict.state_root.hex().substr(0, 8) << "\n";
    if (verdict.failure) std::cout << verdict.failure->what << " " << verdict.failure->found << "\n";
  }
  std::filesystem::remove_all(dir);
}
