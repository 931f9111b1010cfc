#include "consensus/scenario.h"

#include <stdexcept>

namespace tally::consensus::test {

namespace {

std::uint64_t number(const std::string& word) {
  if (word == "max") return ~0ULL;
  std::size_t used = 0;
  const std::uint64_t out = word.empty() ? 0 : std::stoull(word, &used);
  if (word.empty() || used != word.size()) throw std::runtime_error("\"" + word + "\" is not a number");
  return out;
}

const std::string& at(const std::vector<std::string>& words, std::size_t index) {
  if (index >= words.size()) throw std::runtime_error("needs " + std::to_string(index) + " arguments");
  return words[index];
}

std::string text_of(std::uint64_t value) {
  return std::to_string(value);
}

const std::map<std::string, std::uint64_t Replica::Counters::*> kCounters = {
    {"out_of_window", &Replica::Counters::dropped_out_of_window},
    {"wrong_view", &Replica::Counters::dropped_wrong_view},
    {"not_primary", &Replica::Counters::dropped_not_primary},
    {"duplicate", &Replica::Counters::dropped_duplicate},
    {"conflict", &Replica::Counters::dropped_conflict},
    {"bad_body", &Replica::Counters::dropped_bad_body},
    {"primary_prepare", &Replica::Counters::dropped_primary_prepare},
    {"own", &Replica::Counters::dropped_own},
    {"stopped", &Replica::Counters::dropped_stopped},
};

}  // namespace

Scenario::Scenario() {
  commands_["cluster"] = [this](const Words& words) { begin(words); };
  commands_["propose"] = [this](const Words& words) {
    need(cluster_->propose(static_cast<std::uint32_t>(number(at(words, 1))), at(words, 2)), "it cannot propose");
  };
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
  commands_["tick"] = [this](const Words& words) {
    const std::uint64_t ticks = words.size() > 2 ? number(words[2]) : 1;
    for (std::uint64_t i = 0; i < ticks; ++i) {
      for (const auto index : replicas(at(words, 1))) cluster_->tick(index);
    }
  };
  commands_["run"] = [this](const Words& words) { cluster_->run(static_cast<std::uint32_t>(number(at(words, 1)))); };
  commands_["crash"] = [this](const Words& words) {
    for (const auto index : replicas(at(words, 1))) cluster_->crash(index);
  };
  commands_["crash_at"] = [this](const Words& words) {
    static const std::map<std::string, CrashPoint> kPoints = {{"before_persist", CrashPoint::before_persist},
                                                              {"after_persist", CrashPoint::after_persist},
                                                              {"after_send", CrashPoint::after_send},
                                                              {"after_execute", CrashPoint::after_execute}};
    const auto point = kPoints.find(at(words, 2));
    need(point != kPoints.end(), "no such point");
    for (const auto index : replicas(words[1])) cluster_->node(index).crash_next = point->second;
  };
  commands_["restart"] = [this](const Words& words) {
    for (const auto index : replicas(at(words, 1))) cluster_->restart(index);
  };
  commands_["isolate"] = [this](const Words& words) {
    for (const auto index : replicas(at(words, 1))) cluster_->set_isolated(index, true);
  };
  commands_["heal"] = [this](const Words& words) {
    for (const auto index : replicas(words.size() > 1 ? words[1] : "all")) cluster_->set_isolated(index, false);
  };
  commands_["liar"] = [this](const Words& words) {
    for (const auto index : replicas(at(words, 1))) cluster_->set_liar(index);
  };
  commands_["wrong"] = [this](const Words& words) {
    for (const auto index : replicas(at(words, 1))) cluster_->set_wrong(index);
  };
  commands_["lie"] = [this](const Words& words) { lie(words); };
  commands_["expect"] = [this](const Words& words) { expect(words); };
}

void Scenario::need(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

// cluster <n> [window <L>]
void Scenario::begin(const Words& words) {
  ClusterOptions options{.n = static_cast<std::uint32_t>(number(at(words, 1)))};
  if (words.size() > 2) {
    need(words[2] == "window", "expected \"window\"");
    options.window = number(at(words, 3));
  }
  cluster_ = std::make_unique<Cluster>(options);
}

std::vector<std::uint32_t> Scenario::replicas(const std::string& word) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < cluster_->size(); ++i) {
    if (word == "all" || word == text_of(i)) out.push_back(i);
  }
  need(!out.empty(), "there is no replica " + word);
  return out;
}

// <from|*> <to|*> <kind|*>
std::function<bool(const Envelope&)> Scenario::filter(const Words& words) {
  const std::string from = at(words, 1);
  const std::string to = at(words, 2);
  const std::string kind = words.size() > 3 ? words[3] : "*";
  return [=](const Envelope& envelope) {
    return (from == "*" || from == text_of(envelope.from.value)) && (to == "*" || to == text_of(envelope.to.value)) &&
           (kind == "*" || kind == kind_of(envelope.message));
  };
}

// lie <signer> <to|all> <kind> ...: the arguments of made_message
void Scenario::lie(const Words& words) {
  const auto signer = static_cast<std::uint32_t>(number(at(words, 1)));
  need(cluster_->invariants().is_liar(ReplicaIndex{signer}), "only a liar lies");
  const Message message = made_message(words);
  for (const auto to : replicas(at(words, 2))) {
    if (to != signer) cluster_->inject(to, message);
  }
}

// proposal|pre_prepare|prepare|commit <view> <seq> <batch>, or checkpoint <height> <header>
Message Scenario::made_message(const Words& words) {
  const auto signer = static_cast<std::uint32_t>(number(at(words, 1)));
  const std::string& kind = at(words, 3);
  const Keyring& keys = cluster_->keys();
  if (kind == "checkpoint") return keys.checkpoint(signer, number(at(words, 4)), digest_of_text(at(words, 5)));
  const std::uint64_t view = number(at(words, 4));
  const std::uint64_t seq = number(at(words, 5));
  const std::string& batch = at(words, 6);
  if (kind == "proposal") return keys.proposal_of(signer, view, seq, batch);
  if (kind == "pre_prepare") return keys.vote(signer, Phase::pre_prepare, view, seq, digest_of_text(batch));
  if (kind == "prepare") return keys.vote(signer, Phase::prepare, view, seq, digest_of_text(batch));
  if (kind == "commit") return keys.vote(signer, Phase::commit, view, seq, digest_of_text(batch));
  throw std::runtime_error("nobody can lie with \"" + kind + "\"");
}

void Scenario::expect(const Words& words) {
  if (at(words, 1) == "quiet") return need(cluster_->network().empty(), "messages are in flight");
  for (const auto index : replicas(words[1])) {
    if (words[1] == "all" && (!cluster_->alive(index) || cluster_->invariants().is_liar(ReplicaIndex{index}))) continue;
    expect_one(index, words);
  }
}

void Scenario::expect_one(std::uint32_t index, const Words& words) {
  need(cluster_->alive(index), "replica " + text_of(index) + " is down");
  Replica& replica = cluster_->replica(index);
  const Node& node = cluster_->node(index);
  const std::string& what = at(words, 2);
  const auto equal = [&](std::uint64_t found) {
    need(found == number(at(words, 3)), "replica " + text_of(index) + " has " + what + " " + text_of(found));
  };
  if (what == "executed") {
    equal(replica.last_executed().value);
  } else if (what == "stable") {
    equal(replica.stable().value);
  } else if (what == "next") {
    equal(replica.next_seq().value);
  } else if (what == "behind") {
    equal(node.behind ? node.behind->value : 0);
  } else if (what == "block") {
    const std::uint64_t height = number(at(words, 3));
    need(height >= 1 && height <= node.blocks.size() && node.blocks[height - 1].batch == digest_of_text(at(words, 4)),
         "replica " + text_of(index) + " has no such block");
  } else if (what == "evidence") {
    bool found = false;
    for (const auto& evidence : node.evidence) found = found || evidence.replica.value == number(at(words, 3));
    need(found, "replica " + text_of(index) + " has no such evidence");
  } else if (what == "no_evidence") {
    need(node.evidence.empty(), "replica " + text_of(index) + " has evidence");
  } else if (what == "dropped") {
    const auto counter = kCounters.find(at(words, 3));
    need(counter != kCounters.end(), "no such counter");
    const std::uint64_t found = replica.counters().*counter->second;
    need(found == number(at(words, 4)), "replica " + text_of(index) + " dropped " + text_of(found));
  } else if (what == "stopped") {
    need(replica.stopped(), "replica " + text_of(index) + " goes on");
  } else if (what == "diverged") {
    need(node.diverged.has_value(), "replica " + text_of(index) + " did not diverge");
  } else if (what == "halted") {
    need(node.halted.has_value(), "replica " + text_of(index) + " did not halt");
  } else {
    throw std::runtime_error("nothing is known of \"" + what + "\"");
  }
}

void Scenario::run_line(const std::string& line) {
  std::istringstream in(line.substr(0, line.find('#')));
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  if (words.empty()) return;
  const auto command = commands_.find(words[0]);
  need(command != commands_.end(), "no such command: " + words[0]);
  need(cluster_ != nullptr || words[0] == "cluster", "the first command is \"cluster\"");
  command->second(words);
  need(cluster_->breaches().empty(), "invariants broken:\n" + cluster_->breaches());
}

std::string Scenario::run(std::istream& text) {
  std::size_t line_number = 0;
  for (std::string line; std::getline(text, line);) {
    ++line_number;
    try {
      run_line(line);
    } catch (const std::exception& problem) {
      return "line " + std::to_string(line_number) + ": " + line + "\n  " + problem.what();
    }
  }
  return cluster_ == nullptr ? "no command" : "";
}

}  // namespace tally::consensus::test
