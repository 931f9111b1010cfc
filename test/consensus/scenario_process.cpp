// Commands of processes and their clocks.
#include "consensus/scenario.h"
#include "twins/run.h"

namespace tally::consensus::test {

void Scenario::add_process_commands() {
  commands_["cluster"] = [this](const Words& words) { begin(words); };
  commands_["twins"] = [this](const Words& words) { twins(words); };
  commands_["tick"] = [this](const Words& words) {
    const std::uint64_t ticks = words.size() > 2 ? number(words[2]) : 1;
    for (std::uint64_t i = 0; i < ticks; ++i) for_each(at(words, 1), [this](auto index) { cluster_->tick(index); });
  };
  commands_["run"] = [this](const Words& words) { run(number(at(words, 1))); };
  commands_["crash"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->crash(index); });
  };
  commands_["crash_at"] = [this](const Words& words) {
    static const std::map<std::string, CrashPoint> kPoints = {{"before_persist", CrashPoint::before_persist},
                                                              {"after_persist", CrashPoint::after_persist},
                                                              {"after_send", CrashPoint::after_send},
                                                              {"after_execute", CrashPoint::after_execute}};
    const auto point = kPoints.find(at(words, 2));
    need(point != kPoints.end(), "no such point");
    const std::uint64_t skips = words.size() > 3 ? number(words[3]) : 0;
    for_each(words[1], [&](auto index) { cluster_->node(index).crash_plan = {point->second, skips}; });
  };
  commands_["restart"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->restart(index); });
  };
  // Those that are down, or stopped themselves.
  commands_["restart_dead"] = [this](const Words&) {
    for (std::uint32_t i = 0; i < cluster_->size(); ++i)
      if (!cluster_->node(i).running()) cluster_->restart(i);
  };
  commands_["wrong"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->set_wrong(index); });
  };
  commands_["twin"] = [this](const Words& words) { cluster_->add_twin(replica(at(words, 1))); };
  commands_["clock"] = [this](const Words& words) {
    const std::string& by = at(words, 2);
    need(by.size() > 1 && (by[0] == '+' || by[0] == '-'), "a clock is set by +MS or -MS");
    const auto ms = static_cast<std::int64_t>(number(by.substr(1)));
    for_each(words[1], [&](auto index) { cluster_->node(index).clock_ms += by[0] == '+' ? ms : -ms; });
  };
}

// cluster <n> [window <L>] [timeout <ticks>] [timeout_max <ticks>] [offices <in all>]
void Scenario::begin(const Words& words) {
  ClusterOptions options{.n = static_cast<std::uint32_t>(number(at(words, 1)))};
  for (std::size_t i = 2; i < words.size(); i += 2) {
    const std::uint64_t value = number(at(words, i + 1));
    if (words[i] == "window")
      options.window = value;
    else if (words[i] == "timeout")
      options.view_timeout_ticks = static_cast<std::uint32_t>(value);
    else if (words[i] == "timeout_max")
      options.view_timeout_max_ticks = static_cast<std::uint32_t>(value);
    else if (words[i] == "offices")
      options.offices = static_cast<std::uint32_t>(value);
    else if (words[i] == "seed")
      options.seed = value;
    else
      need(false, "no such option: " + words[i]);
  }
  cluster_ = std::make_unique<Cluster>(options);
  cluster_->keep_history = true;
}

// twins <n> <rounds> <groups at most>: every schedule
void Scenario::twins(const Words& words) {
  const ScheduleBounds bounds{static_cast<std::uint32_t>(number(at(words, 1))),
                              static_cast<std::uint32_t>(number(at(words, 2))),
                              static_cast<std::uint32_t>(number(at(words, 3)))};
  const Schedules schedules(bounds);
  TwinsRunner runner({.n = bounds.n});
  std::uint64_t evidence = 0;
  for (std::uint64_t i = 0; i < schedules.count(); ++i) {
    const Schedule schedule = schedules.at(i);
    const TwinsResult result = runner.run(schedule);
    need(result.breach.empty(), "schedule " + std::to_string(i) + ", " + text_of(schedule) + ": " + result.breach);
    evidence += result.evidence ? 1 : 0;
  }
  need(evidence > 0, "no schedule made the twin contradict itself");
}

}  // namespace tally::consensus::test
