#include "devnet/failover.h"

#include "consensus/replica.h"
#include "devnet/trial.h"
#include "node/config.h"

namespace tally::devnet {

namespace {

constexpr Milliseconds kRecoveryLimit{120000};
constexpr Milliseconds kAskAgainAfter{20};
constexpr std::uint64_t kProgressBetween = 20;

const Error kInterrupted = make_error(ErrorCode::wrong_state, "", "the trial was interrupted");

// The primary and the view, as the first node that is not changing its view names them.
Result<std::pair<std::size_t, std::uint64_t>> primary_of(const Devnet& network) {
  for (std::size_t i = 0; i < network.size(); ++i) {
    auto client = Client::open(network.url(i));
    if (!client) return client.error();
    const auto status = client->status();
    if (!status) return Error(status.error()).within(network.file().nodes[i].name);
    if (status->changing_view) continue;
    for (std::size_t j = 0; j < network.size(); ++j)
      if (network.file().nodes[j].name == status->primary) return std::pair(j, status->view);
    return make_error(ErrorCode::not_found, "primary", "\"" + status->primary + "\" is no node of this network");
  }
  return make_error(ErrorCode::wrong_state, "", "all nodes are changing their view");
}

// When the transaction was final on this node, or nothing within the limit. Sends it there as long as it takes.
std::optional<LoadClock::time_point> await_final(const std::string& url, const Prepared& probe) {
  auto client = Client::open(url);
  if (!client) return std::nullopt;
  std::optional<LoadClock::time_point> out;
  poll_until(
      kRecoveryLimit,
      [&] {
        if (!client->submit({&probe, 1})) return false;
        const auto states = client->states({&probe.id, 1}, Milliseconds(10000));
        if (!states || states->front() != node::TransactionState::final) return false;
        out = LoadClock::now();
        return true;
      },
      kAskAgainAfter);
  return out;
}

class FailoverTrial {
 public:
  FailoverTrial(const FailoverOptions& options, Trial trial) : options_(options), trial_(std::move(trial)) {}

  Result<FailoverResult> run();

 private:
  Result<Failover> kill_primary();
  Status restore(std::size_t index);

  const FailoverOptions& options_;
  Trial trial_;
  std::size_t turn_ = 0;
};

Result<Failover> FailoverTrial::kill_primary() {
  Devnet& network = *trial_.network();
  const auto primary = primary_of(network);
  if (!primary) return primary.error();
  const auto [index, view] = *primary;
  const auto others = trial_.others(index);
  const Prepared probe = bench_award(network.file().chain, trial_.spare_seat(), turn_, 1);

  const auto killed_at = LoadClock::now();
  signal_process(network.file().nodes[index].pid, network.command(index), SIGKILL);
  std::vector<std::optional<LoadClock::time_point>> final_at(others.size());
  std::vector<std::thread> askers;
  for (std::size_t i = 0; i < others.size(); ++i)
    askers.emplace_back([&, i] { final_at[i] = await_final(network.url(others[i]), probe); });
  for (auto& asker : askers) asker.join();
  if (auto gone = network.kill_node(index, SIGKILL); !gone) return gone.error();

  Failover out{network.file().nodes[index].name, view, view, 0};
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (!final_at[i])
      return make_error(
          ErrorCode::timeout, network.file().nodes[others[i]].name,
          "shows no transaction final after the primary " + out.killed + " was killed: " + trial_.standing(),
          "a new primary");
    out.ms = std::max(out.ms, std::chrono::duration<double, std::milli>(*final_at[i] - killed_at).count());
  }
  auto client = Client::open(network.url(others.front()));
  if (!client) return client.error();
  const auto status = client->status();
  if (!status) return status.error();
  out.view_after = status->view;
  return out;
}

// Starts the node again and waits until it has caught up and the network goes on with it.
Status FailoverTrial::restore(std::size_t index) {
  Devnet& network = *trial_.network();
  const auto others = trial_.others(index);
  auto ahead = Client::open(network.url(others.front()));
  auto behind = Client::open(network.url(index));
  if (!ahead) return ahead.error();
  if (!behind) return behind.error();
  const auto target = ahead->status();
  if (!target) return target.error();
  if (auto started = network.start_node(index); !started) return started;
  const bool caught_up = poll_until(kRecoveryLimit, [&] {
    const auto status = behind->status();
    return options_.interrupted() || (status && status->final_height >= target->final_height);
  });
  if (!caught_up)
    return make_error(ErrorCode::timeout, network.file().nodes[index].name, "does not catch up: " + trial_.standing());
  if (auto healthy = network.await_healthy(kRecoveryLimit); !healthy) return healthy;
  if (trial_.load().await_progress(kProgressBetween, kRecoveryLimit, options_.interrupted)) return {};
  return make_error(ErrorCode::timeout, "", "no progress with all nodes up: " + trial_.standing());
}

Result<FailoverResult> FailoverTrial::run() {
  FailoverResult out;
  out.options = options_;
  out.view_timeout_ms = static_cast<double>(consensus::Configuration{}.view_timeout_ticks) * node::NodeConfig{}.tick_ms;
  if (!trial_.load().await_progress(kProgressBetween, kRecoveryLimit, options_.interrupted))
    return make_error(ErrorCode::timeout, "", "no progress at the start: " + trial_.standing());
  for (std::size_t i = 0; i < options_.kills; ++i) {
    if (options_.interrupted()) return kInterrupted;
    auto one = kill_primary();
    if (!one) return one.error();
    options_.progress(std::to_string(i + 1) + "/" + std::to_string(options_.kills) + ": " + one->killed + ", view " +
                      std::to_string(one->view_before) + " to " + std::to_string(one->view_after) + ", " +
                      std::to_string(static_cast<std::uint64_t>(one->ms)) + " ms");
    for (std::size_t j = 0; j < trial_.network()->size(); ++j)
      if (trial_.network()->file().nodes[j].name == one->killed)
        if (auto restored = restore(j); !restored) return options_.interrupted() ? kInterrupted : restored.error();
    out.failovers.push_back(std::move(one).value());
  }
  options_.progress("comparing the nodes");
  const auto head = trial_.finish(kRecoveryLimit);
  if (!head) return head.error();
  out.head = *head;
  out.acknowledged = trial_.load().acknowledged();
  std::vector<double> sorted;
  for (const auto& one : out.failovers) sorted.push_back(one.ms);
  std::sort(sorted.begin(), sorted.end());
  out.median_ms = sorted[sorted.size() / 2];
  out.worst_ms = sorted.back();
  return out;
}

}  // namespace

Result<FailoverResult> run_failover(const FailoverOptions& options) {
  options.progress("starting " + std::to_string(options.nodes) + " nodes");
  auto trial = Trial::start({options.tallyd, "Tallystick failover trial", options.nodes, options.clients, {}});
  if (!trial) return trial.error();
  FailoverTrial failover(options, std::move(trial).value());
  return failover.run();
}

}  // namespace tally::devnet
