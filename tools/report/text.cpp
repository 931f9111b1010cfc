#include "report/sections.h"

namespace tally::report {

namespace {

// Text from a chain cannot drive a terminal: control characters, those of two bytes too, become spaces.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool second_half =
        byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;  // U+0080 to U+009F
    if (second_half) ++i;
    out += byte < 0x20 || byte == 0x7f || second_half ? ' ' : text[i];
  }
  return out;
}

void add(std::string& out, const Section& section) {
  out += "\n" + section.title + "\n" + plain(section.note) + "\n";
  if (section.rows.empty()) {
    out += "  none\n";
    return;
  }
  std::string line;
  for (const auto& column : section.columns) line += (line.empty() ? "  " : " | ") + column;
  out += line + "\n";
  for (const auto& row : section.rows) {
    line.clear();
    for (const auto& cell : row) line += (line.empty() ? "  " : " | ") + (cell.empty() ? "-" : plain(cell));
    out += line + "\n";
  }
  if (section.left_out > 0) out += "  and " + std::to_string(section.left_out) + " more\n";
}

}  // namespace

std::string text_report(const Facts& facts) {
  std::string out = "Audit report\n\n" + headline(facts) + "\n";
  if (const auto failure = failure_words(facts); !failure.empty()) out += plain(failure) + "\n";
  add(out, identity_section(facts));
  add(out, checked_section(facts));
  add(out, overview_section(facts));
  for (const auto& section : list_sections(facts)) add(out, section);
  for (const auto& section : plotted_sections(facts)) add(out, section);
  for (const auto& section : further_sections(facts)) add(out, section);
  return out;
}

}  // namespace tally::report
