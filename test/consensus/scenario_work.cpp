// Commands of clients and of primaries: what is proposed, submitted, left out, ordered slowly.
#include "consensus/scenario.h"

namespace tally::consensus::test {

void Scenario::add_work_commands() {
  commands_["propose"] = [this](const Words& words) {
    need(cluster_->propose(replica(at(words, 1)), at(words, 2)), "it cannot propose");
  };
  // Proposed so much ahead of the proposer's own clock, or behind it.
  commands_["propose_at"] = [this](const Words& words) {
    const auto index = replica(at(words, 1));
    const std::string& by = at(words, 2);
    need(by.size() > 1 && (by[0] == '+' || by[0] == '-'), "a time is given by +MS or -MS");
    const auto ms = static_cast<std::int64_t>(number(by.substr(1)));
    const std::int64_t time = cluster_->node(index).clock_ms + (by[0] == '+' ? ms : -ms);
    need(cluster_->propose(index, "at:" + std::to_string(time) + ":" + at(words, 3)), "it cannot propose");
  };
  commands_["work"] = [this](const Words& words) { cluster_->set_work(at(words, 1) == "waits"); };
  commands_["submit"] = [this](const Words& words) {
    for_each(at(words, 1), [&](auto index) { cluster_->node(index).submit(at(words, 2)); });
  };
  commands_["load"] = [this](const Words& words) { load(words); };
  commands_["batch_size"] = [this](const Words& words) { cluster_->batch_transactions_max = number(at(words, 1)); };
  commands_["orders_every"] = [this](const Words& words) {
    for_each(at(words, 1), [&](auto index) { cluster_->node(index).proposes_every = number(at(words, 2)); });
  };
  // What a primary orders from its pool carries the time of its clock.
  commands_["stamp_times"] = [this](const Words&) { cluster_->stamps_times = true; };
  commands_["censors"] = [this](const Words& words) {
    for_each(at(words, 1), [&](auto index) { cluster_->node(index).censored.insert(at(words, 2)); });
  };
  commands_["refuses"] = [this](const Words& words) {
    for_each(at(words, 1), [&](auto index) { cluster_->node(index).refused.insert(at(words, 2)); });
  };
  commands_["hold_checks"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->node(index).hold_checks = true; });
  };
  commands_["answer_checks"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) {
      cluster_->node(index).hold_checks = false;
      cluster_->answer_checks(index);
    });
  };
}

// load <rounds> [<client>:<transactions a round> ...]: clients submit to all; whoever is primary orders what waits.
void Scenario::load(const Words& words) {
  const std::uint64_t rounds = number(at(words, 1));
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto parts = split(words[i], ':');
      need(parts.size() == 2, "a client is named as NAME:TRANSACTIONS");
      for (std::uint64_t j = 0; j < number(parts[1]); ++j) {
        const std::string transaction = parts[0] + "/" + std::to_string(transactions_++);
        for (std::uint32_t node = 0; node < cluster_->size(); ++node) cluster_->node(node).submit(transaction);
      }
    }
    run(1);
  }
}

void Scenario::order_waiting(std::uint64_t round) {
  for (std::uint32_t index = 0; index < cluster_->size(); ++index) {
    Node& node = cluster_->node(index);
    if (round % node.proposes_every == 0) node.propose_waiting(cluster_->batch_transactions_max);
  }
}

void Scenario::run(std::uint64_t rounds) {
  for (std::uint64_t i = 0; i < rounds; ++i) {
    order_waiting(rounds_++);
    cluster_->run(1);
  }
}

}  // namespace tally::consensus::test
