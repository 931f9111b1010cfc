#include <algorithm>
#include <map>

#include "report/sections.h"

namespace tally::report {

namespace {

constexpr std::size_t kBars = 20;
constexpr std::size_t kMatrix = 10;

struct Part {
  const char* style;
  const char* name;
  std::uint64_t value = 0;
};

// A drawing with a title and a description for those who do not see it.
class Svg {
 public:
  Svg(unsigned width, unsigned height, const std::string& id, const std::string& title,
      const std::string& description) {
    out_ = "<svg viewBox=\"0 0 " + text(width) + " " + text(height) + "\" width=\"" + text(width) + "\" height=\"" +
           text(height) + "\" role=\"img\" aria-labelledby=\"" + id + "-t " + id + "-d\">\n<title id=\"" + id +
           "-t\">" + escaped(title) + "</title>\n<desc id=\"" + id + "-d\">" + escaped(description) + "</desc>\n";
  }
  void box(std::uint64_t x, std::uint64_t y, std::uint64_t width, std::uint64_t height, const std::string& style,
           const std::string& says, const std::string& opacity = "") {
    if (width == 0 || height == 0) return;
    out_ += "<rect class=\"" + style + "\" x=\"" + text(x) + "\" y=\"" + text(y) + "\" width=\"" + text(width) +
            "\" height=\"" + text(height) + "\"" + (opacity.empty() ? "" : " fill-opacity=\"" + opacity + "\"") +
            "><title>" + escaped(says) + "</title></rect>\n";
  }
  // anchor: start, middle or end
  void words(std::uint64_t x, std::uint64_t y, const std::string& words, const char* anchor = "start",
             const char* style = "", const std::string& turn = "") {
    out_ += "<text x=\"" + text(x) + "\" y=\"" + text(y) + "\" text-anchor=\"" + anchor + "\" class=\"" + style + "\"" +
            (turn.empty() ? "" : " transform=\"" + turn + "\"") + ">" + escaped(words) + "</text>\n";
  }
  void line(std::uint64_t x1, std::uint64_t y1, std::uint64_t x2, std::uint64_t y2) {
    out_ += "<line class=\"axis\" x1=\"" + text(x1) + "\" y1=\"" + text(y1) + "\" x2=\"" + text(x2) + "\" y2=\"" +
            text(y2) + "\"/>\n";
  }
  void legend(std::uint64_t x, std::uint64_t y, const std::vector<Part>& parts) {
    for (const auto& part : parts) {
      box(x, y - 10, 12, 12, part.style, part.name);
      words(x + 17, y, part.name);
      x += 17 + 8 * std::string(part.name).size() + 18;
    }
  }
  std::string take() { return std::move(out_) + "</svg>\n"; }
  static std::string text(std::uint64_t number) { return std::to_string(number); }

 private:
  std::string out_;
};

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

// 1, 2 or 5 times a power of ten, so that at most five lines stand below `most`.
std::uint64_t step_for(std::uint64_t most) {
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t factor : {1, 2, 5}) {
      if (most / (factor * power) <= 5) return factor * power;
    }
    if (power > most) return power;
  }
}

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
  constexpr std::uint64_t kLeft = 80, kTop = 56, kHeight = 220, kWidth = 800;
  Svg svg(
      900, 370, "activity", "Operations by " + facts.period,
      "Stacked bars: awards, deductions proposed, other operations and refused ones. The table below has the numbers.");
  svg.words(kLeft, 18, "Operations by " + facts.period);
  svg.legend(kLeft, 40, parts_of({}));
  for (std::uint64_t at = 0; at <= most; at += step_for(most)) {
    const std::uint64_t y = kTop + kHeight - scaled(at, most, kHeight);
    svg.line(kLeft, y, kLeft + kWidth, y);
    svg.words(kLeft - 6, y + 4, Svg::text(at), "end", "soft");
  }
  const std::uint64_t count = facts.activity.size();
  const std::uint64_t room = std::min<std::uint64_t>(kWidth / count, 60);
  // A label takes 16 pixels across; where bars stand closer, only every so many have one.
  const std::uint64_t every = (16 + room - 1) / room;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t y = kTop + kHeight;
    for (const auto& part : parts_of(facts.activity[i])) {
      const std::uint64_t height = std::min(scaled(part.value, most, kHeight), y - kTop);
      y -= height;
      svg.box(kLeft + i * room + 1, y, std::max<std::uint64_t>(room, 3) - 2, height, part.style,
              facts.activity[i].from + ", " + part.name + ": " + Svg::text(part.value));
    }
    const std::string x = Svg::text(kLeft + i * room + room / 2 + 4);
    const std::string low = Svg::text(kTop + kHeight + 8);
    if (i % every == 0)
      svg.words(kLeft + i * room + room / 2 + 4, kTop + kHeight + 8, facts.activity[i].from, "end", "soft",
                "rotate(-90 " + x + " " + low + ")");
  }
  svg.words(kLeft + kWidth / 2, 366, facts.period + " of block time, from the day named (UTC)", "middle");
  svg.words(16, kTop + kHeight / 2, "operations", "middle", "", "rotate(-90 16 " + Svg::text(kTop + kHeight / 2) + ")");
  return svg.take();
}

std::string rules_plot(const Facts& facts) {
  if (facts.rules.empty()) return "";
  const std::size_t count = std::min(facts.rules.size(), kBars);
  const std::uint64_t most = std::max<std::uint64_t>(1, facts.rules.front().entries);
  constexpr std::uint64_t kLeft = 330, kTop = 34, kRow = 24, kWidth = 480;
  Svg svg(900, static_cast<unsigned>(kTop + count * kRow + 34), "rules", "Entries by rule",
          "Horizontal bars, the rules with the most entries first. The table below has the numbers.");
  svg.words(kLeft, 18, "Entries by rule" + std::string(facts.rules.size() > count ? ", the most frequent ones" : ""));
  for (std::size_t i = 0; i < count; ++i) {
    const auto& rule = facts.rules[i];
    const std::uint64_t y = kTop + i * kRow;
    const std::string& words = rule.title_en.empty() ? rule.title_zh : rule.title_en;
    svg.words(kLeft - 8, y + 15, shortened(rule.rule, 12) + " " + shortened(words, 36), "end");
    const std::uint64_t width = scaled(rule.entries, most, kWidth);
    svg.box(kLeft, y + 3, width, kRow - 6, "ink", rule.rule + " " + rule_words(rule) + ": " + Svg::text(rule.entries));
    svg.words(kLeft + width + 6, y + 15, Svg::text(rule.entries), "start", "soft");
  }
  svg.line(kLeft, kTop, kLeft, kTop + count * kRow);
  svg.words(kLeft + kWidth / 2, kTop + count * kRow + 22, "entries", "middle");
  return svg.take();
}

std::string pairs_plot(const Facts& facts) {
  if (facts.pairs.empty()) return "";
  // Pairs come by falling count: the first people named are those with the most.
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
  const auto place = [](std::vector<std::string>& names, const std::string& name) {
    const bool there = std::find(names.begin(), names.end(), name) != names.end();
    if (!there && names.size() < kMatrix) names.push_back(name);
  };
  for (const auto& pair : facts.pairs) {
    place(rows, pair.proposer);
    place(columns, pair.endorser);
    counts[{pair.proposer, pair.endorser}] = pair.entries;
  }
  const std::uint64_t most = std::max<std::uint64_t>(1, facts.pairs.front().entries);
  const auto name = [&](const std::string& person) {
    for (const auto& officer : facts.officers) {
      if (officer.person == person && !officer.title.empty())
        return shortened(officer.title, 18) + " " + person.substr(0, 6);
    }
    return person.substr(0, 12);
  };
  constexpr std::uint64_t kLeft = 230, kTop = 190, kCell = 62, kRow = 34;
  Svg svg(static_cast<unsigned>(kLeft + columns.size() * kCell + 160),
          static_cast<unsigned>(kTop + rows.size() * kRow + 16), "pairs", "Endorsement pairs",
          "A matrix: proposers in rows, endorsers in columns, the number of entries in each cell. The table below has "
          "all.");
  svg.words(8, 18, "Entries by proposer (rows) and endorser (columns)");
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const std::uint64_t x = kLeft + j * kCell + kCell / 2;
    svg.words(x, kTop - 8, name(columns[j]), "start", "",
              "rotate(-55 " + Svg::text(x) + " " + Svg::text(kTop - 8) + ")");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    svg.words(kLeft - 8, kTop + i * kRow + 22, name(rows[i]), "end");
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const std::uint64_t count = counts[{rows[i], columns[j]}];
      // The darkest cell stays light enough for the number in it.
      const std::uint64_t shade = count == 0 ? 4 : 10 + count * 35 / most;
      svg.box(kLeft + j * kCell + 1, kTop + i * kRow + 1, kCell - 2, kRow - 2, "ink",
              rows[i] + " endorsed by " + columns[j] + ": " + Svg::text(count),
              shade < 10 ? "0.0" + Svg::text(shade) : "0." + Svg::text(shade));
      svg.words(kLeft + j * kCell + kCell / 2, kTop + i * kRow + 22, Svg::text(count), "middle");
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
  constexpr std::uint64_t kLeft = 250, kTop = 54, kRow = 28, kWidth = 560;
  Svg svg(
      900, static_cast<unsigned>(kTop + count * kRow + 34), "gates", "Gate outcomes",
      "Stacked horizontal bars: consultations that passed, failed and were refused. The table below has the numbers.");
  svg.words(kLeft, 18, "Consultations by gate");
  svg.legend(kLeft, 40, parts_of({}));
  for (std::size_t i = 0; i < count; ++i) {
    const auto& gate = facts.gates[i];
    const std::uint64_t y = kTop + i * kRow;
    svg.words(kLeft - 8, y + 18, shortened(gate.rulebook + " " + gate.gate, 32), "end");
    std::uint64_t x = kLeft;
    for (const auto& part : parts_of(gate)) {
      const std::uint64_t width = scaled(part.value, most, kWidth);
      svg.box(x, y + 4, width, kRow - 8, part.style, gate.gate + ", " + part.name + ": " + Svg::text(part.value));
      x += width;
    }
    svg.words(x + 6, y + 18, Svg::text(sum_of(parts_of(gate))), "start", "soft");
  }
  svg.line(kLeft, kTop, kLeft, kTop + count * kRow);
  svg.words(kLeft + kWidth / 2, kTop + count * kRow + 22, "consultations", "middle");
  return svg.take();
}

}  // namespace tally::report
