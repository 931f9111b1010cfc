#include "devnet/crash_trial.h"

#include <random>

namespace tally::devnet {

namespace {

constexpr Milliseconds kComeBackLimit{120000};
constexpr std::uint64_t kProgressEvery = 50;  // kills between two lines

// How often what happens, in percent, and when, in milliseconds.
constexpr unsigned kAllShare = 10;
constexpr unsigned kTwoShare = 20;
constexpr unsigned kAtOnceAgainShare = 20;  // the next kill does not wait until the network goes on
constexpr unsigned kStayDownShare = 10;     // one node stays down until the others have gone on without it
constexpr unsigned kMomentMsMax = 500;
constexpr unsigned kDownMsMax = 300;

const Error kInterrupted = make_error(ErrorCode::wrong_state, "", "the trial was interrupted");

class CrashTrial {
 public:
  CrashTrial(const CrashOptions& options, Trial trial)
      : options_(options), trial_(std::move(trial)), random_(options.seed) {
    out_.options = options;
  }

  Result<CrashResult> run();
  Trial& trial() { return trial_; }

 private:
  unsigned draw(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  Status round();
  std::vector<std::size_t> draw_victims();
  Status kill(const std::vector<std::size_t>& victims);
  Status start_again();
  Status go_on(const char* when);
  void pass(unsigned milliseconds) const;
  void note_primary(const std::vector<std::size_t>& victims);

  const CrashOptions& options_;
  Trial trial_;
  std::mt19937_64 random_;
  CrashResult out_;
  std::vector<double> starts_ms_;
};

void CrashTrial::pass(unsigned milliseconds) const {
  poll_until(Milliseconds(milliseconds), options_.interrupted, Milliseconds(5));
}

Status CrashTrial::go_on(const char* when) {
  if (trial_.load().await_progress(1, kComeBackLimit, options_.interrupted)) return {};
  if (options_.interrupted()) return kInterrupted;
  return make_error(ErrorCode::timeout, "",
                    "the network makes no progress " + std::string(when) + " (" + std::to_string(out_.kills) +
                        " kills): " + trial_.standing());
}

std::vector<std::size_t> CrashTrial::draw_victims() {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < options_.nodes; ++i) all.push_back(i);
  // Not std::shuffle: its result is left to the library.
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[draw(static_cast<unsigned>(i))]);
  const unsigned kind = draw(100);
  std::size_t count = kind < kAllShare ? options_.nodes : kind < kAllShare + kTwoShare ? 2 : 1;
  count = std::min({count, options_.nodes, options_.kills - out_.kills});
  all.resize(count);
  return all;
}

void CrashTrial::note_primary(const std::vector<std::size_t>& victims) {
  const Devnet& network = *trial_.network();
  auto client = Client::open(network.url(victims.front()));
  const auto status = client ? client->status() : Result<NodeStatus>(client.error());
  if (!status) return;
  for (const std::size_t victim : victims)
    out_.primaries += network.file().nodes[victim].name == status->primary ? 1 : 0;
}

Status CrashTrial::kill(const std::vector<std::size_t>& victims) {
  Devnet& network = *trial_.network();
  for (const std::size_t victim : victims)
    signal_process(network.file().nodes[victim].pid, network.command(victim), SIGKILL);
  for (const std::size_t victim : victims)
    if (auto gone = network.kill_node(victim, SIGKILL); !gone) return gone;
  out_.kills += victims.size();
  ++out_.rounds;
  if (victims.size() == options_.nodes)
    ++out_.rounds_of_all;
  else if (victims.size() == 2)
    ++out_.rounds_of_two;
  return {};
}

Status CrashTrial::start_again() {
  const auto begin = LoadClock::now();
  if (auto started = trial_.network()->start(); !started) return started;
  starts_ms_.push_back(std::chrono::duration<double, std::milli>(LoadClock::now() - begin).count());
  return {};
}

Status CrashTrial::round() {
  pass(draw(kMomentMsMax));
  const auto victims = draw_victims();
  note_primary(victims);
  const bool stays_down = victims.size() == 1 && options_.nodes >= 4 && draw(100) < kStayDownShare;
  const unsigned down_ms = draw(kDownMsMax);
  const bool at_once_again = draw(100) < kAtOnceAgainShare;
  if (auto killed = kill(victims); !killed) return killed;
  if (stays_down) {
    if (auto going = go_on("with one node down"); !going) return going;
  } else {
    pass(down_ms);
  }
  if (auto started = start_again(); !started) return started;
  return at_once_again ? Status{} : go_on("with all nodes up");
}

Result<CrashResult> CrashTrial::run() {
  if (auto going = go_on("at the start"); !going) return going.error();
  const auto begin = LoadClock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(LoadClock::now() - begin).count(); };
  std::uint64_t shown = 0;
  while (out_.kills < options_.kills) {
    if (options_.interrupted()) return kInterrupted;
    if (auto one = round(); !one) return one.error();
    if (out_.kills / kProgressEvery == shown && out_.kills < options_.kills) continue;
    shown = out_.kills / kProgressEvery;
    options_.progress(std::to_string(out_.kills) + "/" + std::to_string(options_.kills) + " kills in " +
                      std::to_string(static_cast<std::uint64_t>(seconds())) + " s, " +
                      std::to_string(trial_.load().acknowledged()) + " transactions acknowledged");
  }
  out_.seconds = seconds();
  options_.progress("comparing the nodes");
  const auto head = trial_.finish(kComeBackLimit);
  if (!head) return Error(head.error()).within("after the kills");
  out_.head = *head;
  const auto root = trial_.state_root(*head);
  if (!root) return root.error();
  out_.state_root = *root;
  out_.acknowledged = trial_.load().acknowledged();
  out_.longest_stall = trial_.load().longest_stall();
  auto client = Client::open(trial_.network()->url(0));
  const auto status = client ? client->status() : Result<NodeStatus>(client.error());
  if (status) out_.view = status->view;
  std::sort(starts_ms_.begin(), starts_ms_.end());
  out_.median_start_ms = starts_ms_[starts_ms_.size() / 2];
  out_.worst_start_ms = starts_ms_.back();
  options_.progress("auditing the chain");
  const auto audit = trial_.audit(options_.tally, *head);
  if (!audit) return audit.error();
  if (audit->state_root != out_.state_root)
    return make_error(ErrorCode::root_mismatch, "audit", "came to the state root " + audit->state_root.hex(),
                      out_.state_root.hex());
  out_.audit = *audit;
  return out_;
}

}  // namespace

Result<CrashResult> run_crash_trial(const CrashOptions& options) {
  options.progress("starting " + std::to_string(options.nodes) + " nodes; seed " + std::to_string(options.seed));
  auto trial = Trial::start({options.tallyd, "Tallystick crash trial", options.nodes, options.clients, {}});
  if (!trial) return trial.error();
  CrashTrial crash(options, std::move(trial).value());
  auto result = crash.run();
  if (result || options.interrupted()) return result;
  crash.trial().network().keep_files();
  Error failed = result.error();
  failed.expected += (failed.expected.empty() ? "" : "; ") + std::string("the network's files are in ") +
                     crash.trial().network()->directory().string();
  return failed;
}

}  // namespace tally::devnet
