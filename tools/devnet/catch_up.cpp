#include "devnet/catch_up.h"

#include <thread>

#include "devnet/bench_load.h"

namespace tally::devnet {

namespace {

constexpr std::size_t kNodes = 4;
constexpr std::size_t kAway = kNodes - 1;
constexpr std::size_t kClients = 12;
constexpr std::size_t kHouseholdsPerClient = 250;
constexpr std::size_t kSignedAheadMax = 200'000;
constexpr Milliseconds kProgressEvery{2000};
constexpr Milliseconds kMissedLimit{3'600'000};
constexpr Milliseconds kCatchUpLimit{1'800'000};

Error interrupted() {
  return make_error(ErrorCode::wrong_state, "", "the bench was interrupted");
}

// Seats whose clients talk only to the nodes that stay.
Result<std::vector<Seat>> seats_of(const Devnet& devnet) {
  auto seats = bench_seats(devnet, kClients, kHouseholdsPerClient);
  if (!seats) return seats.error();
  for (std::size_t i = 0; i < seats->size(); ++i) (*seats)[i].url = devnet.url(i % kAway);
  return seats;
}

// The others finalize what the node misses.
Status miss(CatchUpResult& result, const Load& load) {
  const auto& options = result.options;
  auto told = LoadClock::now();
  bool stopped = false;
  const bool reached = poll_until(
      kMissedLimit,
      [&] {
        stopped = options.interrupted() || load.counts().lost > 0;
        if (LoadClock::now() - told >= kProgressEvery) {
          told = LoadClock::now();
          options.progress(std::to_string(load.settled()) + " of " + std::to_string(options.transactions) +
                           " transactions final on the others");
        }
        return stopped || load.settled() >= options.transactions;
      },
      Milliseconds(20));
  if (options.interrupted()) return interrupted();
  if (!reached || stopped)
    return make_error(ErrorCode::timeout, "load", "the others did not finalize the transactions to be missed",
                      load.counts().first_trouble);
  return {};
}

// The node is up again and fetches until it holds the height at which the others stood.
Status catch_up(CatchUpResult& result, Devnet& devnet, BlockHeight target) {
  const auto& options = result.options;
  auto begin = LoadClock::now();
  if (Status started = devnet.start_node(kAway); !started) return started;
  result.serving_seconds = seconds_since(begin);
  begin = LoadClock::now();
  auto told = begin;
  std::optional<NodeStatus> last;
  const bool reached = poll_until(kCatchUpLimit, [&] {
    if (options.interrupted()) return true;
    if (auto status = status_of(devnet, kAway)) last = std::move(status).value();
    if (last && LoadClock::now() - told >= kProgressEvery) {
      told = LoadClock::now();
      options.progress("final height " + std::to_string(last->final_height.value) + " of " +
                       std::to_string(target.value));
    }
    return last && last->final_height >= target;
  });
  result.catch_up_seconds = seconds_since(begin);
  if (options.interrupted()) return interrupted();
  if (!reached) return make_error(ErrorCode::timeout, "catch_up", "the node did not catch up", devnet.standing());
  const auto usage = usage_of(devnet.file().nodes[kAway].pid);
  result.cpu_seconds = static_cast<double>(usage.cpu_ms) / 1000;
  result.resident_peak_mib = static_cast<double>(usage.resident_peak_kib) / 1024;
  result.stored_bytes = last->disk_bytes_written;
  return {};
}

}  // namespace

Result<CatchUpResult> run_catch_up(const CatchUpOptions& options) {
  CatchUpResult result;
  result.options = options;
  result.cores = std::max(1U, std::thread::hardware_concurrency());
  NetworkPlan plan = bench_plan(options.tallyd, kNodes, kClients);
  options.progress("starting " + std::to_string(kNodes) + " nodes");
  auto devnet = TemporaryDevnet::start(std::move(plan));
  if (!devnet) return devnet.error();

  auto seats = seats_of(**devnet);
  if (!seats) return seats.error();
  const std::size_t outstanding = std::clamp<std::size_t>(1600 / options.operations, 2, 64);
  Load load((*devnet)->file().chain, std::move(seats).value(), options.operations, outstanding);
  options.progress("registering households and signing transactions");
  if (auto opened = load.open_accounts(); !opened) return opened.error();
  load.sign_ahead(std::min<std::size_t>(options.transactions + 1, kSignedAheadMax / options.operations));
  const auto before = (*devnet)->await_agreement(Milliseconds(30000));
  if (!before) return before.error();
  if (Status ended = (*devnet)->kill_node(kAway, SIGTERM); !ended) return ended.error();

  const auto begin = LoadClock::now();
  load.start();
  const Status missed = miss(result, load);
  load.stop();
  if (!missed) return missed.error();
  result.missed_in_seconds = seconds_since(begin);
  result.transactions = load.settled();
  const auto target = status_of(**devnet, 0);
  if (!target) return target.error();
  result.blocks = target->final_height.value - before->height.value;

  options.progress("starting the node that was away");
  if (Status good = catch_up(result, **devnet, target->final_height); !good) return good.error();
  options.progress("comparing the nodes' headers");
  const auto head = (*devnet)->await_agreement(Milliseconds(30000));
  if (!head) return head.error();
  result.head = *head;
  return result;
}

}  // namespace tally::devnet
