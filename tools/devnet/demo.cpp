#include "devnet/demo.h"

#include <fmt/format.h>
#include <ostream>

#include "common/time.h"
#include "devnet/demo_neighbours.h"
#include "support/plain_qingzhen.h"

namespace tally::devnet {

namespace {

using scenario::Post;

constexpr std::size_t kBoardLinesShown = 8;
constexpr std::size_t kExplanationLinesShown = 30;
constexpr Milliseconds kCatchUpLimit{120000};
constexpr std::uint64_t kMinuteMs = 60'000;
constexpr std::uint64_t kQuietMs = kDayMs * 9 / 10;
constexpr unsigned kRulebookScaleTenths = 1;

// A household whose book is worth reading: with a deduction that took effect, and as many other entries as can be.
std::size_t telling_household(const scenario::VillageYear& year) {
  std::vector<std::size_t> lines(year.households.size());
  std::vector<bool> deducted(year.households.size());
  for (const auto& event : year.events) {
    if (event.objection == scenario::Objection::upheld) continue;
    ++lines[event.household];
    if (event.what >= scenario::Happening::breach && event.what <= scenario::Happening::shortchanged)
      deducted[event.household] = true;
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (std::pair(deducted[i], lines[i]) > std::pair(deducted[best], lines[best])) best = i;
  return best;
}

class Demo {
 public:
  explicit Demo(const DemoOptions& options)
      : options_(options),
        year_(scenario::make_village_year({options.seed, options.households})),
        neighbours_(options.seed, year_.options.start) {}
  ~Demo() {
    if (devnet_ && !keep_running_) devnet_->stop();
  }

  Status run();

 private:
  struct Chapter {
    const char* title;
    Status (Demo::*play)();
  };
  Status start_network();
  Status open_accounts();
  Status live_through_year();
  Status compare_nodes();
  Status show_board();
  Status show_gate();
  Status show_account();
  Status compare_scores();
  Status compare_neighbours();
  Status explain_neighbour();
  Status compare_schemes();
  Status audit();
  void tell_next();

  // One of either village, in the order of time.
  struct Turn {
    TimestampMs at;
    const scenario::Step* first = nullptr;
    const scenario::NeighbourStep* second = nullptr;
  };
  [[nodiscard]] std::vector<Turn> turns() const;
  Status play(const Turn& turn);
  void tell_month(const std::string& month, const YearCounts& first, const YearCounts& second);

  // The crash in the middle of the year.
  Status crash_backup();
  Status restart_backup();
  Status await_catch_up();

  template <class... Arguments>
  void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    *options_.out << "   " << fmt::format(format, std::forward<Arguments>(arguments)...) << std::endl;
  }
  [[nodiscard]] Status check_interrupted() const {
    if (!options_.interrupted()) return {};
    return make_error(ErrorCode::wrong_state, "", "was interrupted");
  }
  Result<std::string> show_command(const std::vector<std::string>& arguments, std::size_t lines_max);
  [[nodiscard]] std::vector<std::string> as(Post post, std::vector<std::string> arguments) const;
  [[nodiscard]] std::vector<std::string> as(scenario::Office office, std::vector<std::string> arguments) const;
  [[nodiscard]] std::vector<std::string> as(const scenario::Officer& officer, std::vector<std::string> arguments) const;
  [[nodiscard]] std::string command_line(const std::vector<std::string>& arguments) const;

  const DemoOptions& options_;
  const scenario::VillageYear year_;
  DemoNeighbours neighbours_;
  std::optional<Devnet> devnet_;
  std::optional<Client> client_;
  std::optional<YearDriver> driver_;
  bool keep_running_ = false;

  std::size_t crashed_ = 0;
  BlockHeight crashed_at_;
  BlockHeight restarted_at_;
};

Status Demo::run() {
  static constexpr Chapter kChapters[] = {
      {"A network of four offices", &Demo::start_network},
      {"Accounts for the households", &Demo::open_accounts},
      {"The year of two villages", &Demo::live_through_year},
      {"The same chain everywhere", &Demo::compare_nodes},
      {"The notice board", &Demo::show_board},
      {"What the officer sees: households under the loan gate", &Demo::show_gate},
      {"One household's book", &Demo::show_account},
      {"Ludishao: scores by an independent calculation", &Demo::compare_scores},
      {"Dujuan: scores by an independent calculation", &Demo::compare_neighbours},
      {"One villager's points explained", &Demo::explain_neighbour},
      {"Two schemes on one chain, apart", &Demo::compare_schemes},
      {"The auditor's replay", &Demo::audit},
  };
  std::size_t number = 0;
  for (const Chapter& chapter : kChapters) {
    *options_.out << fmt::format("\n{}/{} {}\n", ++number, std::size(kChapters), chapter.title) << std::flush;
    Status held = check_interrupted();
    if (held) held = (this->*chapter.play)();
    if (!held) return Error(held.error()).within(chapter.title);
  }
  if (options_.once) {
    const auto stopped = devnet_->stop();
    if (!stopped) return stopped.error();
    devnet_.reset();
    *options_.out << "\nEvery step held. The network is stopped.\n";
    return {};
  }
  keep_running_ = true;
  tell_next();
  return {};
}

Status Demo::start_network() {
  NetworkPlan plan;
  plan.directory = options_.directory;
  plan.tallyd = options_.tallyd;
  plan.name = "Demonstration";
  plan.clock = ledger::ClockMode::test;
  plan.time = year_.options.start;
  plan.cast = cast_of(year_, false);
  add_neighbours(plan.cast, neighbours_.year());
  auto devnet = Devnet::create(plan);
  if (!devnet) return devnet.error();
  devnet_.emplace(std::move(devnet).value());
  if (auto started = devnet_->start(); !started) return started;
  if (auto healthy = devnet_->await_healthy(Devnet::kStartLimit); !healthy) return healthy;
  for (std::size_t i = 0; i < devnet_->size(); ++i) {
    const NodeEntry& node = devnet_->file().nodes[i];
    say("{:<17} process {:<7} {}", node.name, node.pid, devnet_->url(i));
  }
  say("chain {}", devnet_->file().chain.hex());
  say("test clock: block time is driven by the clock officer, so that a year passes in minutes");
  auto client = Client::open(devnet_->url(0));
  if (!client) return client.error();
  client_.emplace(std::move(client).value());
  client_->act_as(year_.officer(Post::recorder).key, devnet_->file().chain);
  driver_.emplace(year_, *client_, devnet_->file().chain);
  neighbours_.begin(*driver_);
  return {};
}

Status Demo::open_accounts() {
  for (const auto& draft : scenario::registration_drafts(year_))
    if (auto done = driver_->submit(draft); !done) return done;
  say("{} households of Ludishao, each with 100.0 points, in {} signed transactions", year_.households.size(),
      driver_->counts().transactions);
  return {};
}

std::vector<Demo::Turn> Demo::turns() const {
  std::vector<Turn> out;
  for (const auto& step : year_.steps) out.push_back({step.at, &step, nullptr});
  for (const auto& step : neighbours_.year().steps) out.push_back({step.at, nullptr, &step});
  std::stable_sort(out.begin(), out.end(), [](const Turn& a, const Turn& b) { return a.at < b.at; });
  return out;
}

Status Demo::play(const Turn& turn) {
  return turn.first != nullptr ? driver_->run(*turn.first) : neighbours_.run(*turn.second);
}

// What each village did since.
void Demo::tell_month(const std::string& month, const YearCounts& first, const YearCounts& second) {
  const auto told = [](const YearCounts& now, const YearCounts& before) {
    return fmt::format(
        "{:>3} transactions, {:>3} operations{}", now.transactions - before.transactions,
        now.operations - before.operations,
        now.refused > before.refused ? fmt::format(", {} rightly refused", now.refused - before.refused) : "");
  };
  say("{}  Ludishao {};  Dujuan {}", month, told(driver_->counts(), first), told(neighbours_.counts(), second));
}

Status Demo::live_through_year() {
  const auto all = turns();
  std::string month;
  YearCounts first = driver_->counts();
  YearCounts second = neighbours_.counts();
  bool restarted = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (auto named = format_day(all[i].at).substr(0, 7); named != month) {
      if (!month.empty()) tell_month(month, first, second);
      first = driver_->counts();
      second = neighbours_.counts();
      month = std::move(named);
    }
    if (auto going = check_interrupted(); !going) return going;
    if (i == all.size() * 2 / 5)
      if (auto crashed = crash_backup(); !crashed) return crashed;
    // The clock runs while the node catches up, so nothing is to be missed: nobody is on duty.
    if (!restarted && i >= all.size() * 3 / 5 && all[i].at.value > driver_->now().value + kQuietMs) {
      restarted = true;
      if (auto done = restart_backup(); !done) return done;
    }
    if (auto done = play(all[i]); !done) return done;
  }
  tell_month(month, first, second);
  const YearCounts& ours = driver_->counts();
  const YearCounts& theirs = neighbours_.counts();
  say("in all {} transactions with {} operations, {} of them rightly refused; and {} of the clock",
      ours.transactions + theirs.transactions, ours.operations + theirs.operations, ours.refused + theirs.refused,
      driver_->clock_counts().transactions);
  return {};
}

// The last backup that is not the node we talk to.
Status Demo::crash_backup() {
  const auto status = client_->status();
  if (!status) return status.error();
  for (std::size_t i = 1; i < devnet_->size(); ++i)
    if (devnet_->file().nodes[i].name != status->primary) crashed_ = i;
  const NodeEntry node = devnet_->file().nodes[crashed_];
  crashed_at_ = status->final_height;
  if (auto killed = devnet_->kill_node(crashed_, SIGKILL); !killed) return killed;
  say("         kill -9 {} ({}) at height {}; the others go on", node.pid, node.name, crashed_at_.value);
  return {};
}

Status Demo::restart_backup() {
  const auto status = client_->status();
  if (!status) return status.error();
  restarted_at_ = status->final_height;
  if (auto launched = devnet_->launch_node(crashed_); !launched) return launched;
  say("         {} is started again at height {}: it missed {} blocks", devnet_->file().nodes[crashed_].name,
      restarted_at_.value, restarted_at_.value - crashed_at_.value);
  return await_catch_up();
}

// The clock officer's minutes are the traffic meanwhile, so the others move away from the one that follows.
Status Demo::await_catch_up() {
  auto client = Client::open(devnet_->url(crashed_));
  if (!client) return client.error();
  BlockHeight reached;
  std::optional<Error> wrong;
  const bool caught_up = poll_until(kCatchUpLimit, [&] {
    Status going = check_interrupted();
    if (going) going = driver_->advance(driver_->now().plus(kMinuteMs));
    if (!going) wrong = going.error();
    const auto its = client->status();
    if (its) reached = its->final_height;
    return wrong || reached > restarted_at_;
  });
  if (wrong) return *std::move(wrong);
  if (!caught_up)
    return make_error(ErrorCode::timeout, devnet_->file().nodes[crashed_].name,
                      "is at height " + std::to_string(reached.value) + " and does not catch up",
                      "height " + std::to_string(restarted_at_.value) + " or more");
  const auto ours = client_->status();
  if (!ours) return ours.error();
  say("         {} has caught up while traffic flows: height {}, the network's is {}",
      devnet_->file().nodes[crashed_].name, reached.value, ours->final_height.value);
  return {};
}

Status Demo::compare_nodes() {
  if (auto healthy = devnet_->await_healthy(kCatchUpLimit); !healthy) return healthy;
  const auto head = devnet_->await_agreement(kCatchUpLimit);
  if (!head) return head.error();
  say("all {} nodes, the one that was killed among them, hold at height {} the header", devnet_->size(),
      head->height.value);
  say("{}", head->header.hex());
  return {};
}

std::string Demo::command_line(const std::vector<std::string>& arguments) const {
  std::string out = options_.tally;
  for (const auto& argument : arguments) out += " " + argument;
  return out;
}

std::vector<std::string> Demo::as(const scenario::Officer& officer, std::vector<std::string> arguments) const {
  const std::string stem = (devnet_->directory() / "keys" / officer_file_name(officer)).string();
  for (const auto& more : {std::string("--node"), devnet_->url(0), std::string("--key"), stem + ".key",
                           std::string("--passphrase-file"), stem + ".pass"})
    arguments.push_back(more);
  return arguments;
}

std::vector<std::string> Demo::as(Post post, std::vector<std::string> arguments) const {
  return as(year_.officer(post), std::move(arguments));
}

std::vector<std::string> Demo::as(scenario::Office office, std::vector<std::string> arguments) const {
  return as(neighbours_.year().officer(office), std::move(arguments));
}

// Runs a command as people would, shows it and the head of its output. Its whole output.
Result<std::string> Demo::show_command(const std::vector<std::string>& arguments, std::size_t lines_max) {
  say("$ {}", command_line(arguments));
  const auto outcome = options_.run_tally(arguments);
  std::string_view left = outcome.out;
  std::size_t lines = 0;
  for (; !left.empty(); ++lines) {
    const auto end = std::min(left.find('\n'), left.size());
    if (lines < lines_max) say("{}", left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  if (lines > lines_max) say("... and {} lines more", lines - lines_max);
  if (outcome.exit == 0) return outcome.out;
  return make_error(ErrorCode::internal, arguments[0],
                    "ended with exit code " + std::to_string(outcome.exit) + ": " + outcome.err);
}

Status Demo::show_board() {
  const auto shown = show_command({"query", "board", "qingzhen", "--unit", year_.village, "--node", devnet_->url(0)},
                                  kBoardLinesShown + 1);
  if (!shown) return shown.error();
  say("everybody may read it; it shows stars from four up, never scores");
  return {};
}

Status Demo::show_gate() {
  const auto shown =
      show_command(as(Post::recorder, {"query", "gate", "qingzhen", "loan", "--unit", year_.village}), 40);
  if (!shown) return shown.error();
  return {};
}

Status Demo::show_account() {
  const auto& household = year_.households[telling_household(year_)];
  const auto shown = show_command(as(Post::recorder, {"query", "account", "qingzhen", household.handle.hex()}), 60);
  if (!shown) return shown.error();
  return {};
}

Status Demo::compare_scores() {
  const auto status = client_->status();
  if (!status) return status.error();
  // What was recorded in the last block counts.
  const std::uint64_t until = status->final_time.value + 1;
  const auto plain = plain::qingzhen_scores(year_.events, year_.households.size(), until);
  std::array<std::size_t, 6> by_stars{};
  std::size_t under_gate = 0;
  for (std::size_t i = 0; i < year_.households.size(); ++i) {
    if (i % 100 == 0)
      if (auto going = check_interrupted(); !going) return going;
    const std::string handle = year_.households[i].handle.hex();
    const auto account = client_->get("/v1/accounts/qingzhen/" + handle);
    if (!account) return account.error();
    const auto score = member<Amount>(*account, "score");
    const auto stars = member<std::uint32_t>(*account, "stars");
    if (!score) return score.error();
    if (!stars) return stars.error();
    const bool agree = score->value == plain[i] && static_cast<int>(*stars) == plain::qingzhen_stars(plain[i]);
    if (!agree)
      return make_error(
          ErrorCode::internal, "household " + handle,
          fmt::format("has {} points and {} stars on the ledger", format_amount(*score, kRulebookScaleTenths), *stars),
          fmt::format("{} and {} by the independent calculation", format_amount(Amount{plain[i]}, kRulebookScaleTenths),
                      plain::qingzhen_stars(plain[i])));
    ++by_stars[std::min<std::size_t>(*stars, 5)];
    under_gate += plain::qingzhen_may_apply_for_loan(plain[i]) ? 0 : 1;
  }
  say("{} of {} scores agree, calculated from the plain list of {} events", year_.households.size(),
      year_.households.size(), year_.events.size());
  say("stars: five {}, four {}, three {}, two {}, one {}; under the loan gate {}", by_stars[5], by_stars[4],
      by_stars[3], by_stars[2], by_stars[1], under_gate);
  return {};
}

Status Demo::compare_neighbours() {
  const auto status = client_->status();
  if (!status) return status.error();
  client_->act_as(neighbours_.year().officer(scenario::Office::clerk).key, devnet_->file().chain);
  return neighbours_.compare(*client_, status->final_time.value + 1,
                             [this](const std::string& line) { say("{}", line); });
}

Status Demo::explain_neighbour() {
  const auto shown = show_command(
      as(scenario::Office::clerk, {"explain", neighbours_.telling_villager(), "--rulebook", scenario::kDuty}),
      kExplanationLinesShown);
  if (!shown) return shown.error();
  return {};
}

// Both villages' scores are what the plain calculations of their own events say; here, that nobody is in both.
Status Demo::compare_schemes() {
  client_->act_as(year_.officer(Post::auditor).key, devnet_->file().chain);
  return neighbours_.stay_apart(*client_, year_, [this](const std::string& line) { say("{}", line); });
}

Status Demo::audit() {
  const auto shown =
      show_command(as(Post::auditor, {"audit", "--genesis", (devnet_->directory() / "genesis.json").string()}), 40);
  if (!shown) return shown.error();
  return {};
}

void Demo::tell_next() {
  const std::string directory = devnet_->directory().string();
  const auto& household = year_.households[telling_household(year_)].handle;
  const std::string contract = directory + "/contract.txt";
  if (!write_text(contract, "A contract for a season, performed in full.\n")) return;
  *options_.out << "\nEvery step held. The network keeps running. Try next:\n";
  const std::pair<const char*, std::vector<std::string>> tries[] = {
      {"see how the nodes are doing", {"devnet", "status", "--directory", directory}},
      {"give a household the points of a season contract",
       as(Post::recorder, {"submit", "award", "--rulebook", "qingzhen", "--subject", household.hex(), "--rule", "QZ7",
                           "--evidence-file", contract})},
      {"read its book", as(Post::recorder, {"query", "account", "qingzhen", household.hex()})},
      {"explain a villager's points of plots, step by step",
       as(scenario::Office::clerk, {"explain", neighbours_.telling_villager(), "--rulebook", scenario::kPlots})},
      {"take the whole chain along, and audit it without the network",
       as(Post::auditor, {"export", "--file", "chain.tally"})},
      {"", {"audit", "--file", "chain.tally", "--genesis", directory + "/genesis.json"}},
      {"end the network", {"devnet", "down", "--directory", directory}},
  };
  for (const auto& [what, arguments] : tries) {
    if (*what != '\0') *options_.out << "   # " << what << "\n";
    *options_.out << "   " << command_line(arguments) << "\n";
  }
  *options_.out << std::flush;
}

}  // namespace

Status run_demo(const DemoOptions& options) {
  Demo demo(options);
  return demo.run();
}

}  // namespace tally::devnet
