#include "report/sections.h"

namespace tally::report {

namespace {

// Text from a chain cannot drive a terminal: control characters become spaces.
std::string plain(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

void add(std::string& out, const Section& section) {
  out += "\n" + section.title + "\n" + section.note + "\n";
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
  std::string out = "Audit report\n\n" + plain(headline(facts)) + "\n";
  add(out, verdict_section(facts));
  for (const auto& section : sections_of(facts)) add(out, section);
  return out;
}

}  // namespace tally::report
