#include "consensus/scenario.h"

#include <stdexcept>

namespace tally::consensus::test {

Scenario::Scenario() {
  add_process_commands();
  add_network_commands();
  add_disk_commands();
  add_work_commands();
  add_lie_commands();
  commands_["expect"] = [this](const Words& words) { expect(words); };
  commands_["within"] = [this](const Words& words) { within(words); };
}

void Scenario::need(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

std::uint64_t Scenario::number(const std::string& word) {
  if (word == "max") return ~0ULL;
  std::size_t used = 0;
  const bool digits = !word.empty() && word[0] >= '0' && word[0] <= '9';
  const std::uint64_t out = digits ? std::stoull(word, &used) : 0;
  need(digits && used == word.size(), "\"" + word + "\" is not a number");
  return out;
}

const std::string& Scenario::at(const Words& words, std::size_t index) {
  need(index < words.size(), "needs " + std::to_string(index) + " arguments");
  return words[index];
}

bool Scenario::fits(std::uint64_t found, const std::string& word) {
  if (word.starts_with(">=")) return found >= number(word.substr(2));
  if (word.starts_with("<=")) return found <= number(word.substr(2));
  return found == number(word);
}

std::vector<std::uint32_t> Scenario::replicas(const std::string& word) const {
  std::vector<std::uint32_t> out;
  if (word == "all") {
    for (std::uint32_t i = 0; i < cluster_->size(); ++i) out.push_back(i);
    return out;
  }
  for (const auto& one : split(word, ',')) out.push_back(replica(one));
  need(!out.empty(), "there is no replica " + word);
  return out;
}

std::uint32_t Scenario::replica(const std::string& word) const {
  const std::uint64_t index = number(word);
  need(index < cluster_->size(), "there is no replica " + word);
  return static_cast<std::uint32_t>(index);
}

void Scenario::for_each(const std::string& word, const std::function<void(std::uint32_t)>& what) {
  for (const auto index : replicas(word)) what(index);
}

void Scenario::run_words(const Words& words) {
  const auto command = commands_.find(words[0]);
  need(command != commands_.end(), "no such command: " + words[0]);
  need(cluster_ != nullptr || words[0] == "cluster" || words[0] == "twins", "the first command is \"cluster\"");
  command->second(words);
  if (cluster_ != nullptr) need(cluster_->breaches().empty(), "invariants broken:\n" + cluster_->breaches());
}

std::string Scenario::run_lines(const std::vector<Line>& lines, const Values& values) {
  ++runs_;
  cluster_.reset();
  certificates_.clear();
  marks_.clear();
  transactions_ = rounds_ = 0;
  for (const auto& line : lines) {
    try {
      Words words = line.words;
      for (auto& word : words)
        if (const auto value = values.find(word); value != values.end()) word = value->second;
      run_words(words);
    } catch (const std::exception& problem) {
      std::string out = "line " + std::to_string(line.number) + ": " + line.text;
      for (const auto& [name, value] : values) out += " [" + name + " = " + value + "]";
      return out + "\n  " + problem.what();
    }
  }
  return "";
}

// Every combination of the values that the remaining loops name.
std::string Scenario::run_each(const std::vector<Line>& loops, const std::vector<Line>& lines, Values& values) {
  if (values.size() == loops.size()) return run_lines(lines, values);
  const Words& words = loops[values.size()].words;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::size_t dots = words[i].find("..");
    const bool range = dots != std::string::npos;
    const std::uint64_t from = range ? number(words[i].substr(0, dots)) : 0;
    const std::uint64_t to = range ? number(words[i].substr(dots + 2)) : 0;
    for (std::uint64_t value = from; value <= to; ++value) {
      values[words[1]] = range ? std::to_string(value) : words[i];
      if (const std::string problem = run_each(loops, lines, values); !problem.empty()) return problem;
      values.erase(words[1]);
    }
  }
  return "";
}

std::string Scenario::run(std::istream& text) {
  std::vector<Line> loops;
  std::vector<Line> lines;
  std::size_t line_number = 0;
  for (std::string line; std::getline(text, line);) {
    ++line_number;
    std::istringstream in(line.substr(0, line.find('#')));
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty()) continue;
    const bool loop = words[0] == "for";
    if (loop && (words.size() < 3 || !words[1].starts_with("$") || !lines.empty()))
      return "line " + std::to_string(line_number) + ": \"for $NAME VALUE ...\" comes before all commands";
    (loop ? loops : lines).push_back({line_number, words, line});
  }
  if (lines.empty()) return "no command";
  Values values;
  return run_each(loops, lines, values);
}

}  // namespace tally::consensus::test
