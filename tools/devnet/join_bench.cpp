#include "devnet/join_bench.h"

#include <thread>

#include "devnet/bench_load.h"

namespace tally::devnet {

namespace {

constexpr std::size_t kNodes = 4;
constexpr std::size_t kNew = kNodes - 1;
constexpr std::size_t kClients = 12;
constexpr std::uint64_t kSnapshotEvery = 64;
constexpr Milliseconds kSnapshotLimit{600'000};
constexpr Milliseconds kJoinLimit{600'000};

std::uint64_t bytes_below(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  std::error_code failure;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, failure))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

// A first entry for each account, then traffic until a snapshot holds them all.
Status fill(const JoinBenchOptions& options, Devnet& devnet, Load& load) {
  options.progress("opening " + std::to_string(options.accounts) + " accounts");
  if (Status opened = load.open_accounts(); !opened) return opened;
  const auto filled = status_of(devnet, 0);
  if (!filled) return filled.error();
  options.progress("awards until a snapshot holds the accounts");
  load.start();
  const bool made = poll_until(kSnapshotLimit, [&] {
    if (options.interrupted()) return true;
    const auto status = status_of(devnet, 0);
    return status && status->newest_snapshot > filled->final_height;
  });
  load.stop();
  if (options.interrupted()) return make_error(ErrorCode::wrong_state, "", "the bench was interrupted");
  if (!made) return make_error(ErrorCode::timeout, "snapshot", "no snapshot was made", devnet.log_end(0, 5));
  return {};
}

Status join(JoinBenchResult& result, Devnet& devnet) {
  std::error_code failure;
  std::filesystem::remove_all(devnet.node_directory(kNew) / "data", failure);
  if (failure) return make_error(ErrorCode::io_failed, "data", failure.message());
  const auto target = status_of(devnet, 0);
  if (!target) return target.error();
  result.blocks = target->final_height.value;
  const auto begin = LoadClock::now();
  if (Status started = devnet.start_node(kNew); !started) return started;
  bool stands = false;
  const bool joined = poll_until(kJoinLimit, [&] {
    if (result.options.interrupted()) return true;
    const auto status = status_of(devnet, kNew);
    if (!status || status->first_block.value <= 1) return false;
    if (!std::exchange(stands, true)) {
      result.join_seconds = seconds_since(begin);
      result.snapshot = BlockHeight{status->first_block.value - 1};
    }
    return status->final_height >= target->final_height;
  });
  result.whole_seconds = seconds_since(begin);
  if (result.options.interrupted()) return make_error(ErrorCode::wrong_state, "", "the bench was interrupted");
  if (!joined) return make_error(ErrorCode::timeout, "join", "the node did not join", devnet.standing());
  const auto usage = usage_of(devnet.file().nodes[kNew].pid);
  result.cpu_seconds = static_cast<double>(usage.cpu_ms) / 1000;
  result.resident_peak_mib = static_cast<double>(usage.resident_peak_kib) / 1024;
  return {};
}

}  // namespace

Result<JoinBenchResult> run_join_bench(const JoinBenchOptions& options) {
  JoinBenchResult result;
  result.options = options;
  result.cores = std::max(1U, std::thread::hardware_concurrency());
  NetworkPlan plan = bench_plan(options.tallyd, kNodes, kClients);
  plan.settings = {"snapshot_every_blocks = " + std::to_string(kSnapshotEvery), "join_by_snapshot_above = 16"};
  options.progress("starting " + std::to_string(kNodes) + " nodes");
  auto devnet = TemporaryDevnet::start(std::move(plan));
  if (!devnet) return devnet.error();
  const std::size_t each = (options.accounts + kClients - 1) / kClients;
  auto seats = bench_seats(**devnet, kClients, each);
  if (!seats) return seats.error();
  for (std::size_t i = 0; i < seats->size(); ++i) (*seats)[i].url = (*devnet)->url(i % kNew);
  result.accounts = each * kClients;
  Load load((*devnet)->file().chain, std::move(seats).value(), 1, 64);
  if (Status filled = fill(options, **devnet, load); !filled) return filled.error();
  if (Status ended = (*devnet)->kill_node(kNew, SIGTERM); !ended) return ended.error();
  options.progress("starting the node with an empty directory");
  if (Status joined = join(result, **devnet); !joined) return joined.error();
  // Nodes may hold snapshots of neighbouring blocks: one of those that could give it holds this one.
  for (std::size_t i = 0; i < kNew && result.snapshot_bytes == 0; ++i)
    result.snapshot_bytes =
        bytes_below((*devnet)->node_directory(i) / "data" / "snapshots" / std::to_string(result.snapshot.value));
  options.progress("comparing the nodes' headers");
  const auto head = (*devnet)->await_agreement(Milliseconds(30000));
  if (!head) return head.error();
  result.head = *head;
  return result;
}

}  // namespace tally::devnet
