// Commands of the network: what is delivered, lost, cut off.
#include "consensus/scenario.h"

namespace tally::consensus::test {

// <from|*> <to|*> [<kind|*>]
std::function<bool(const Envelope&)> Scenario::filter(const Words& words) const {
  const std::string from = at(words, 1);
  const std::string to = at(words, 2);
  const std::string kind = words.size() > 3 ? words[3] : "*";
  const auto among = [](const std::string& word, Process process) {
    const auto list = split(word, ',');
    return word == "*" || std::find(list.begin(), list.end(), std::to_string(process.value)) != list.end();
  };
  return [=](const Envelope& envelope) {
    return among(from, envelope.from) && among(to, envelope.to) && (kind == "*" || kind == kind_of(envelope.message));
  };
}

void Scenario::add_network_commands() {
  commands_["deliver"] = [this](const Words& words) {
    if (at(words, 1) == "all" && words.size() == 2) return cluster_->deliver_all();
    const bool every = words.size() > 4 && words[4] == "every";
    need(cluster_->deliver(filter(words)), "no such message is in flight");
    while (every && cluster_->deliver(filter(words))) {
    }
  };
  commands_["drop"] = [this](const Words& words) {
    if (words.size() == 1) return cluster_->network().clear();
    need(cluster_->drop(filter(words)) > 0, "no such message is in flight");
  };
  // Of these messages in flight the last goes first.
  commands_["reverse"] = [this](const Words& words) {
    std::vector<Envelope*> found;
    const auto fits = filter(words);
    for (auto& envelope : cluster_->network())
      if (fits(envelope)) found.push_back(&envelope);
    need(found.size() > 1, "fewer than two such messages are in flight");
    for (std::size_t i = 0; i < found.size() / 2; ++i) std::swap(*found[i], *found[found.size() - 1 - i]);
  };
  // Deliveries and ticks, but these messages are lost whenever they are on their way.
  commands_["run_without"] = [this](const Words& words) {
    const Words wanted(words.begin() + 1, words.end());
    const std::uint64_t rounds = number(at(words, 1));
    for (std::uint64_t i = 0; i < rounds; ++i) {
      for (;;) {
        cluster_->drop(filter(wanted));
        if (!cluster_->deliver([](const Envelope&) { return true; })) break;
      }
      order_waiting(i);
      cluster_->tick_all();
    }
  };
  commands_["none"] = [this](const Words& words) {
    const auto& network = cluster_->network();
    need(std::none_of(network.begin(), network.end(), filter(words)), "such a message is in flight");
  };
  commands_["isolate"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->set_isolated(index, true); });
  };
  commands_["cut"] = [this](const Words& words) {
    for (const auto from : replicas(at(words, 1)))
      for (const auto to : replicas(at(words, 2))) cluster_->cut(from, to);
  };
  // Those named in one word reach each other, and nobody else.
  commands_["partition"] = [this](const Words& words) {
    cluster_->heal_links();
    for (std::size_t i = 1; i < words.size(); ++i)
      for (std::size_t j = 1; j < words.size(); ++j)
        for (const auto from : replicas(words[i]))
          for (const auto to : replicas(words[j]))
            if (i != j) cluster_->cut(from, to);
  };
  commands_["heal"] = [this](const Words& words) {
    if (words.size() == 1) return cluster_->heal_links();
    for_each(words[1], [this](auto index) { cluster_->set_isolated(index, false); });
  };
}

}  // namespace tally::consensus::test
