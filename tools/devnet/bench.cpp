#include "devnet/bench.h"

#include <ctime>
#include <thread>
#include <unistd.h>

#include "common/limits.h"
#include "crypto/digest.h"
#include "devnet/bench_load.h"

namespace tally::devnet {

namespace {

constexpr std::size_t kHouseholdsPerClient = 250;
constexpr std::size_t kSignedAheadBytesMax = 192 * limits::kMiB;
constexpr std::size_t kAwardBytes = 110;  // about
constexpr std::size_t kTransactionBytes = 260;
// Few networks get beyond this share of the bound; what is missing is signed under way.
constexpr double kSignedAheadShare = 0.6;

double seconds_between(LoadClock::time_point from, LoadClock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// What a node's counters show at one moment.
struct Reading {
  ProcessUsage usage;
  std::uint64_t stored_bytes = 0;
};

Result<std::vector<Reading>> read_nodes(const Devnet& devnet) {
  std::vector<Reading> out;
  for (std::size_t i = 0; i < devnet.size(); ++i) {
    auto client = Client::open(devnet.url(i));
    if (!client) return client.error();
    const auto status = client->status();
    if (!status) return Error(status.error()).within(devnet.file().nodes[i].name);
    out.push_back({usage_of(devnet.file().nodes[i].pid), status->disk_bytes_written});
  }
  return out;
}

std::size_t default_outstanding(std::uint64_t operations) {
  // Enough in all for a few full blocks, so that the next block's transactions wait while one is agreed on; more
  // would only add to the latency.
  return std::clamp<std::size_t>(1600 / operations, 2, 64);
}

struct Measured {
  LoadClock::time_point from;
  LoadClock::time_point to;
  std::vector<Reading> before;
  std::vector<Reading> after;
  std::uint64_t own_cpu_ms = 0;
};

// False if interrupted.
bool pass_time(const BenchOptions& options, const Load& load, std::uint64_t seconds, const char* phase) {
  const auto begin = LoadClock::now();
  std::uint64_t settled = load.settled();
  for (std::uint64_t second = 1; second <= seconds; ++second) {
    const auto until = begin + std::chrono::seconds(second);
    const auto left = std::chrono::duration_cast<Milliseconds>(until - LoadClock::now());
    if (poll_until(std::max(left, Milliseconds(0)), options.interrupted, Milliseconds(100))) return false;
    const std::uint64_t now = load.settled();
    options.progress(std::string(phase) + " " + std::to_string(second) + "/" + std::to_string(seconds) +
                     " s: " + std::to_string((now - settled) * options.operations) + " operations/s");
    settled = now;
  }
  return true;
}

Result<Measured> drive(const BenchOptions& options, const Devnet& devnet, Load& load) {
  const Error interrupted = make_error(ErrorCode::wrong_state, "", "the bench was interrupted");
  load.start();
  Measured out;
  if (!pass_time(options, load, options.warm_up_seconds, "warm-up")) return interrupted;
  auto before = read_nodes(devnet);
  if (!before) return before.error();
  out.before = std::move(before).value();
  const auto own_before = usage_of(getpid()).cpu_ms;
  out.from = LoadClock::now();
  if (!pass_time(options, load, options.seconds, "measuring")) return interrupted;
  out.to = LoadClock::now();
  auto after = read_nodes(devnet);
  if (!after) return after.error();
  out.after = std::move(after).value();
  out.own_cpu_ms = usage_of(getpid()).cpu_ms - own_before;
  options.progress("letting transactions on their way settle");
  load.stop();
  return out;
}

double percentile(const std::vector<std::chrono::microseconds>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return static_cast<double>(sorted[index].count()) / 1000;
}

void add_samples(BenchResult& result, const Load& load, const Measured& measured) {
  std::vector<std::chrono::microseconds> latencies;
  for (const auto& sample : load.samples())
    if (sample.settled >= measured.from && sample.settled < measured.to) latencies.push_back(sample.latency);
  std::sort(latencies.begin(), latencies.end());
  result.measured_seconds = seconds_between(measured.from, measured.to);
  result.transactions = latencies.size();
  result.transactions_per_second = static_cast<double>(latencies.size()) / result.measured_seconds;
  result.operations_per_second = result.transactions_per_second * static_cast<double>(result.options.operations);
  result.latency_p50_ms = percentile(latencies, 0.50);
  result.latency_p95_ms = percentile(latencies, 0.95);
  result.latency_p99_ms = percentile(latencies, 0.99);
  result.bound_transactions_per_second = static_cast<double>(result.cores) * result.verifications_per_second_core /
                                         static_cast<double>(result.options.nodes);
  result.bound_fraction = result.transactions_per_second / result.bound_transactions_per_second;
}

void add_nodes(BenchResult& result, const Devnet& devnet, const Measured& measured) {
  result.load_cpu_seconds = static_cast<double>(measured.own_cpu_ms) / 1000;
  const double operations =
      std::max(1.0, static_cast<double>(result.transactions) * static_cast<double>(result.options.operations));
  for (std::size_t i = 0; i < devnet.size(); ++i) {
    const Reading& before = measured.before[i];
    const Reading& after = measured.after[i];
    BenchNode node;
    node.name = devnet.file().nodes[i].name;
    node.cpu_seconds = static_cast<double>(after.usage.cpu_ms - before.usage.cpu_ms) / 1000;
    node.cpu_share = node.cpu_seconds / result.measured_seconds;
    node.resident_peak_mib = static_cast<double>(after.usage.resident_peak_kib) / 1024;
    node.stored_bytes_per_operation = static_cast<double>(after.stored_bytes - before.stored_bytes) / operations;
    node.disk_bytes_per_operation =
        static_cast<double>(after.usage.disk_bytes_written - before.usage.disk_bytes_written) / operations;
    result.nodes.push_back(std::move(node));
  }
}

void add_counts(BenchResult& result, const Load& load) {
  const LoadCounts counts = load.counts();
  result.sent = counts.sent;
  result.refused = counts.refused;
  result.rejected = counts.rejected;
  result.lost = counts.lost;
  result.first_trouble = counts.first_trouble;
}

std::size_t sign_ahead_count(const BenchResult& result) {
  const auto& options = result.options;
  const double bound =
      static_cast<double>(result.cores) * result.verifications_per_second_core / static_cast<double>(options.nodes);
  // With many operations a transaction costs far more to execute than to verify.
  const double per_second = bound * kSignedAheadShare / static_cast<double>(options.operations);
  const auto wanted =
      static_cast<std::size_t>(per_second * static_cast<double>(options.seconds + options.warm_up_seconds)) + 1;
  const std::size_t bytes = kTransactionBytes + kAwardBytes * options.operations;
  return std::min(std::max<std::size_t>(wanted, 64), kSignedAheadBytesMax / bytes);
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

double measure_verifications() {
  const auto key = crypto::SecretKey::generate();
  const ChainId chain{};
  std::array<Digest, 64> digests{};
  std::array<Signature, 64> signatures{};
  for (std::size_t i = 0; i < digests.size(); ++i) {
    digests[i] = crypto::random_fixed<Digest>();
    signatures[i] = key.sign(crypto::kTransactionDomain, chain, digests[i]);
  }
  // By the thread's own processor time: what the core can do, whatever else runs on the machine.
  const double begin = thread_seconds();
  std::uint64_t good = 0;
  double now = begin;
  while (now - begin < 1) {
    for (std::size_t i = 0; i < digests.size(); ++i)
      good += crypto::verify(crypto::kTransactionDomain, chain, digests[i], key.public_key(), signatures[i]) ? 1 : 0;
    now = thread_seconds();
  }
  return static_cast<double>(good) / (now - begin);
}

Result<BenchResult> run_bench(const BenchOptions& options) {
  BenchResult result;
  result.options = options;
  if (result.options.clients == 0) result.options.clients = 4 * options.nodes;
  if (result.options.outstanding == 0) result.options.outstanding = default_outstanding(options.operations);
  result.cores = std::max(1U, std::thread::hardware_concurrency());
  options.progress("measuring signature checks");
  result.verifications_per_second_core = measure_verifications();

  NetworkPlan plan = bench_plan(options.tallyd, options.nodes, result.options.clients);
  options.progress("starting " + std::to_string(options.nodes) + " nodes");
  auto devnet = TemporaryDevnet::start(std::move(plan), options.keep);
  if (!devnet) return devnet.error();

  auto seats = bench_seats(**devnet, result.options.clients, kHouseholdsPerClient);
  if (!seats) return seats.error();
  Load load((*devnet)->file().chain, std::move(seats).value(), options.operations, result.options.outstanding);
  options.progress("registering households");
  if (auto opened = load.open_accounts(); !opened) return opened.error();
  options.progress("signing transactions");
  load.sign_ahead(sign_ahead_count(result));
  auto measured = drive(options, **devnet, load);
  if (!measured) return measured.error();
  add_samples(result, load, *measured);
  add_nodes(result, **devnet, *measured);
  add_counts(result, load);
  options.progress("comparing the nodes' headers");
  const auto head = (*devnet)->await_agreement(Milliseconds(30000));
  if (!head) return head.error();
  result.head = *head;
  return result;
}

}  // namespace tally::devnet
