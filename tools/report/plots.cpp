#include <algorithm>
#include <map>

#include "report/markup.h"
#include "report/sections.h"
#include "report/statistics.h"

namespace tally::report {

namespace {

constexpr std::uint64_t kWidth = 720;  // of every drawing
constexpr std::size_t kBars = 20;
constexpr std::size_t kMatrix = 10;

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

// At least a pixel for what is not zero.
std::uint64_t scaled(std::uint64_t value, std::uint64_t most, std::uint64_t pixels) {
  if (value == 0 || most == 0) return 0;
  return std::max<std::uint64_t>(1, value * pixels / most);  // counts of a chain lie far below 2^54
}

std::uint64_t sum_of(const std::vector<Part>& parts) {
  std::uint64_t sum = 0;
  for (const auto& part : parts) sum += part.value;
  return sum;
}

// 1, 2 or 5 times a power of ten, so that at most five lines stand up to `most`.
std::uint64_t step_for(std::uint64_t most) {
  std::uint64_t power = 1;
  while (most / (5 * power) > 5) power *= 10;
  for (const std::uint64_t factor : {1, 2})
    if (most / (factor * power) <= 5) return factor * power;
  return 5 * power;
}

// Where bars lie across, with a scale below them.
struct Across {
  std::uint64_t left;
  std::uint64_t top;
  std::uint64_t row;
  std::uint64_t width;
  std::uint64_t rows;
  std::uint64_t most;

  [[nodiscard]] std::uint64_t bottom() const { return top + rows * row; }
  [[nodiscard]] std::uint64_t height() const { return bottom() + 46; }
  void scale(Svg& svg, const std::string& what) const {
    for (std::uint64_t at = 0; at <= most; at += step_for(most)) {
      const std::uint64_t x = left + scaled(at, most, width);
      svg.line(x, top, x, bottom() + 4);
      svg.words(x, bottom() + 18, text(at), "middle", "soft");
    }
    svg.words(left + width / 2, bottom() + 38, what, "middle");
  }
};

}  // namespace

std::string activity_plot(const Facts& facts) {
  if (facts.activity.empty()) return "";
  const auto parts_of = [](const Activity& one) {
    return std::vector<Part>{{"fa", "awards", one.awards},
                             {"fb", "deductions proposed", one.deductions},
                             {"fc", "others", one.others},
                             {"fd", "refused", one.refused}};
  };
  std::uint64_t most = 1;
  for (const auto& one : facts.activity) most = std::max(most, sum_of(parts_of(one)));
  constexpr std::uint64_t kLeft = 84, kTop = 58, kHeight = 220, kAcross = kWidth - kLeft - 12;
  Svg svg(kWidth, 388, "activity-plot", "Operations by " + facts.period,
          "Stacked bars: awards, deductions proposed, other operations and refused ones, for each " + facts.period +
              ". The table below has the numbers.");
  svg.words(kLeft, 18, "Operations by " + facts.period, "start", "title");
  svg.legend(kLeft, 42, parts_of({}));
  for (std::uint64_t at = 0; at <= most; at += step_for(most)) {
    const std::uint64_t y = kTop + kHeight - scaled(at, most, kHeight);
    svg.line(kLeft, y, kLeft + kAcross, y);
    svg.words(kLeft - 6, y + 4, text(at), "end", "soft");
  }
  const std::uint64_t count = facts.activity.size();
  const std::uint64_t room = std::min<std::uint64_t>(kAcross / count, 60);
  // A label takes 16 pixels across; where bars stand closer, only every so many have one.
  const std::uint64_t every = (16 + room - 1) / room;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t y = kTop + kHeight;
    for (const auto& part : parts_of(facts.activity[i])) {
      const std::uint64_t height = std::min(scaled(part.value, most, kHeight), y - kTop);
      y -= height;
      svg.box(kLeft + i * room + 1, y, std::max<std::uint64_t>(room, 4) - 3, height, part.style,
              facts.activity[i].from + ", " + part.name + ": " + text(part.value));
    }
    if (i % every == 0)
      svg.words(kLeft + i * room + room / 2 + 4, kTop + kHeight + 8, facts.activity[i].from, "end", "soft", -90);
  }
  svg.words(kLeft + kAcross / 2, 380, "block time (UTC), by " + facts.period + " from the day named on", "middle");
  svg.words(16, kTop + kHeight / 2, "operations", "middle", "", -90);
  return svg.take();
}

std::string rules_plot(const Facts& facts) {
  if (facts.rules.empty()) return "";
  const std::size_t count = std::min(facts.rules.size(), kBars);
  const Across across{280, 32, 24, 370, count, std::max<std::uint64_t>(1, facts.rules.front().entries)};
  Svg svg(kWidth, across.height(), "rules-plot", "Entries by rule",
          "Horizontal bars, the rules with the most entries first. The table below has the numbers.");
  svg.words(8, 18, "Entries by rule" + std::string(facts.rules.size() > count ? ", the most frequent ones" : ""),
            "start", "title");
  across.scale(svg, "entries");
  for (std::size_t i = 0; i < count; ++i) {
    const auto& rule = facts.rules[i];
    const std::uint64_t y = across.top + i * across.row;
    std::string words = rule.title_en.empty() ? rule.title_zh : rule.title_en;
    if (words.empty()) words = "in " + rule.rulebook;
    svg.words(across.left - 8, y + 16, shortened(rule.rule, 12) + " " + shortened(words, 26), "end");
    const std::uint64_t width = scaled(rule.entries, across.most, across.width);
    svg.box(across.left, y + 4, width, across.row - 8, "fa",
            rule.rule + " " + both_words(rule.title_zh, rule.title_en) + ": " + text(rule.entries));
    svg.words(across.left + width + 6, y + 16, text(rule.entries));
  }
  return svg.take();
}

std::string pairs_plot(const Facts& facts) {
  if (facts.pairs.empty()) return "";
  // Pairs come by falling count: the first people named are those with the most.
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::map<std::string, std::string> names;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
  const auto place = [&](std::vector<std::string>& people, const std::string& person, const std::string& post) {
    const bool there = std::find(people.begin(), people.end(), person) != people.end();
    if (!there && people.size() < kMatrix) people.push_back(person);
    names[person] = (post.empty() ? "" : shortened(post, 16) + " ") + person.substr(0, 6);
  };
  for (const auto& pair : facts.pairs) {
    place(rows, pair.proposer, pair.proposer_post);
    place(columns, pair.endorser, pair.endorser_post);
    counts[{pair.proposer, pair.endorser}] = pair.proposals;
  }
  const std::uint64_t most = std::max<std::uint64_t>(1, facts.pairs.front().proposals);
  constexpr std::uint64_t kLeft = 200, kTop = 168, kCell = 42, kRow = 32;
  Svg svg(kWidth, kTop + rows.size() * kRow + 16, "pairs-plot", "Endorsement pairs",
          "A matrix: proposers in rows, endorsers in columns, in each cell how many proposals. The table below has "
          "all.");
  svg.words(8, 18, "Proposals by proposer (rows) and endorser (columns)", "start", "title");
  svg.words(kLeft - 8, kTop - 10, "proposer", "end", "soft");
  svg.words(kLeft - 8, kTop - 28, "endorser", "end", "soft");
  for (std::size_t j = 0; j < columns.size(); ++j)
    svg.words(kLeft + j * kCell + kCell / 2, kTop - 8, names[columns[j]], "start", "", -50);
  // Strong enough to tell, weak enough for the number in it.
  static constexpr const char* kShades[] = {"s0", "s1", "s2", "s3", "s4"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    svg.words(kLeft - 8, kTop + i * kRow + 20, names[rows[i]], "end");
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const std::uint64_t count = counts[{rows[i], columns[j]}];
      const std::uint64_t shade = count == 0 ? 0 : 1 + std::min<std::uint64_t>(3, permille(count, most) / 250);
      svg.box(kLeft + j * kCell + 1, kTop + i * kRow + 1, kCell - 2, kRow - 2, kShades[shade],
              names[rows[i]] + " endorsed by " + names[columns[j]] + ": " + text(count));
      svg.words(kLeft + j * kCell + kCell / 2, kTop + i * kRow + 20, text(count), "middle");
    }
  }
  return svg.take();
}

std::string gates_plot(const Facts& facts) {
  if (facts.gates.empty()) return "";
  const auto parts_of = [](const GateLine& one) {
    return std::vector<Part>{
        {"fa", "passed", one.passed}, {"fb", "failed", one.failed}, {"fd", "refused", one.refused}};
  };
  const std::size_t count = std::min(facts.gates.size(), kBars);
  std::uint64_t most = 1;
  for (const auto& one : facts.gates) most = std::max(most, sum_of(parts_of(one)));
  const Across across{230, 54, 28, 420, count, most};
  Svg svg(
      kWidth, across.height(), "gates-plot", "Gate outcomes",
      "Stacked horizontal bars: consultations that passed, failed and were refused. The table below has the numbers.");
  svg.words(8, 18, "Consultations by gate", "start", "title");
  svg.legend(across.left, 40, parts_of({}));
  across.scale(svg, "consultations");
  for (std::size_t i = 0; i < count; ++i) {
    const auto& gate = facts.gates[i];
    const std::uint64_t y = across.top + i * across.row;
    svg.words(across.left - 8, y + 19, shortened(gate.rulebook + " " + gate.gate, 30), "end");
    std::uint64_t x = across.left;
    for (const auto& part : parts_of(gate)) {
      const std::uint64_t width = scaled(part.value, most, across.width);
      svg.box(x, y + 5, width, across.row - 10, part.style, gate.gate + ", " + part.name + ": " + text(part.value));
      x += width;
    }
    svg.words(x + 6, y + 19, text(sum_of(parts_of(gate))));
  }
  return svg.take();
}

}  // namespace tally::report
