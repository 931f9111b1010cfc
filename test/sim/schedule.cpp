#include "sim/schedule.h"

#include <charconv>
#include <fstream>
#include <sstream>

namespace tally::sim {

namespace {

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t out = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

Status take_word(Plan& plan, const std::string& key, const std::string& word, const std::string& where) {
  if (key == "off") {
    const auto fault = fault_of(word);
    if (!fault)
      return make_error(ErrorCode::invalid_field, where, "\"" + word + "\" is no fault", "such as loss or crash");
    plan.off.insert(*fault);
    return {};
  }
  const auto number = number_of(word);
  if (!number) return make_error(ErrorCode::invalid_field, where, "\"" + word + "\" is no number", "a whole number");
  if (key == "seed")
    plan.seed = *number;
  else if (key == "skip")
    plan.skipped.insert(*number);
  else
    plan.safety_ms = *number;
  return {};
}

bool fails(const Plan& plan) {
  return !World(plan).run().good();
}

// Leaves out as many of these as it can, in halves, quarters and so on.
template <class T, class Apply>
void leave_out(Plan& plan, std::vector<T> candidates, const Apply& apply,
               const std::function<void(const std::string&)>& progress, const char* what) {
  for (std::size_t size = std::max<std::size_t>(candidates.size() / 2, 1); !candidates.empty(); size /= 2) {
    for (std::size_t from = 0; from < candidates.size();) {
      const std::size_t count = std::min(size, candidates.size() - from);
      Plan less = plan;
      for (std::size_t i = from; i < from + count; ++i) apply(less, candidates[i]);
      if (fails(less)) {
        plan = std::move(less);
        candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(from),
                         candidates.begin() + static_cast<std::ptrdiff_t>(from + count));
        progress("still fails with " + std::to_string(candidates.size()) + " " + what);
      } else {
        from += count;
      }
    }
    if (size == 1) return;
  }
}

}  // namespace

std::string text_of(const Plan& plan) {
  std::string out = "seed " + std::to_string(plan.seed) + "\n";
  if (!plan.off.empty()) {
    out += "off";
    for (const Fault fault : plan.off) out += " " + std::string(name_of(fault));
    out += "\n";
  }
  if (!plan.skipped.empty()) {
    out += "skip";
    for (const auto number : plan.skipped) out += " " + std::to_string(number);
    out += "\n";
  }
  if (plan.safety_ms) out += "safety_ms " + std::to_string(*plan.safety_ms) + "\n";
  return out;
}

Result<Plan> parse_schedule(std::string_view text) {
  Plan plan;
  bool seeded = false;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::string where = "line " + std::to_string(number);
    std::istringstream words(line.substr(0, line.find('#')));
    std::string key;
    if (!(words >> key)) continue;
    if (key != "seed" && key != "off" && key != "skip" && key != "safety_ms")
      return make_error(ErrorCode::invalid_field, where, "begins with \"" + key + "\"", "seed, off, skip or safety_ms");
    seeded = seeded || key == "seed";
    for (std::string word; words >> word;)
      if (Status taken = take_word(plan, key, word, where); !taken) return taken.error();
  }
  if (!seeded) return make_error(ErrorCode::missing_field, "seed", "is missing", "a line such as `seed 4711`");
  return plan;
}

Result<Plan> read_schedule(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return make_error(ErrorCode::io_failed, "--schedule", "cannot read " + file.string(), "a readable file");
  auto plan = parse_schedule(text.str());
  if (!plan) return Error(plan.error()).within(file.string());
  return plan;
}

Status write_schedule(const std::filesystem::path& file, const Plan& plan) {
  std::ofstream out(file);
  out << text_of(plan);
  out.close();
  if (!out) return make_error(ErrorCode::io_failed, "--out", "cannot write " + file.string(), "a writable path");
  return {};
}

std::optional<Plan> shrink(Plan plan, const std::function<void(const std::string&)>& progress) {
  const Outcome whole = World(plan).run();
  if (whole.good()) return std::nullopt;
  // How long: half as long, as often as it still fails.
  for (std::uint64_t ms = plan.safety_ms.value_or(kSafetyMs) / 2; ms >= 200; ms /= 2) {
    Plan shorter = plan;
    shorter.safety_ms = ms;
    if (!fails(shorter)) break;
    plan = shorter;
    progress("still fails after " + std::to_string(ms) + " ms");
  }
  leave_out(
      plan, std::vector<Fault>(whole.swarm.on.begin(), whole.swarm.on.end()),
      [](Plan& less, Fault fault) { less.off.insert(fault); }, progress, "kinds of faults");
  const std::uint64_t decisions = World(plan).run().decisions;
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < decisions; ++i)
    if (!plan.skipped.contains(i)) numbers.push_back(i);
  leave_out(
      plan, numbers, [](Plan& less, std::uint64_t number) { less.skipped.insert(number); }, progress, "decisions");
  return plan;
}

}  // namespace tally::sim
