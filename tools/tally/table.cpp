#include "tally/table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ostream>

#include "tally/csv_row.h"

namespace tally::cli {

namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

constexpr std::array kWide = {
    Range{0x1100, 0x115f},   Range{0x231a, 0x231b},   Range{0x2329, 0x232a},   Range{0x23e9, 0x23ec},
    Range{0x25fd, 0x25fe},   Range{0x2614, 0x2615},   Range{0x2648, 0x2653},   Range{0x26aa, 0x26ab},
    Range{0x26bd, 0x26be},   Range{0x2705, 0x2705},   Range{0x270a, 0x270b},   Range{0x2728, 0x2728},
    Range{0x274c, 0x274e},   Range{0x2753, 0x2757},   Range{0x2795, 0x2797},   Range{0x2b1b, 0x2b1c},
    Range{0x2b50, 0x2b55},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},   Range{0x3400, 0x4dbf},
    Range{0x4e00, 0xa4cf},   Range{0xa960, 0xa97f},   Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},
    Range{0xfe10, 0xfe19},   Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},
    Range{0x16fe0, 0x18cff}, Range{0x1b000, 0x1b2ff}, Range{0x1f300, 0x1f64f}, Range{0x1f680, 0x1f6ff},
    Range{0x1f900, 0x1faff}, Range{0x20000, 0x3fffd},
};
constexpr std::array kZero = {
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd}, Range{0x0610, 0x061a}, Range{0x064b, 0x065f},
    Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff}, Range{0x200b, 0x200f}, Range{0x20d0, 0x20ff}, Range{0x302a, 0x302d},
    Range{0x3099, 0x309a}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f}, Range{0xfeff, 0xfeff}, Range{0xe0100, 0xe01ef},
};

template <std::size_t N>
bool in_ranges(const std::array<Range, N>& ranges, std::uint32_t point) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return point >= range.first && point <= range.last; });
}

// The code point at the front and its bytes; a malformed byte stands for itself.
std::pair<std::uint32_t, std::size_t> next_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (size <= 1) return {lead < 0x80 ? lead : 0xfffd, 1};
  if (text.size() < size) return {0xfffd, 1};
  std::uint32_t point = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80U) return {0xfffd, 1};
    point = point << 6 | (next & 0x3fU);
  }
  return {point, size};
}

void print_row(std::ostream& out, const Table& table, const std::vector<std::string>& cells,
               const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string cell = i < cells.size() ? printable(cells[i]) : "";
    const std::string gap(widths[i] - std::min(widths[i], display_width(cell)), ' ');
    if (i > 0) line += "  ";
    line += table.columns[i].align == Align::right ? gap + cell : cell + gap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

// Spreadsheets take these for formulas; a plain number may start with a sign.
bool looks_like_formula(std::string_view cell) {
  if (cell.empty() || std::string_view("=+-@\t\r").find(cell.front()) == std::string_view::npos) return false;
  return cell.size() == 1 || cell.find_first_not_of("0123456789.", 1) != std::string_view::npos;
}

void print_csv_cell(std::ostream& out, const std::string& cell) {
  const std::string text = (looks_like_formula(cell) ? "'" : "") + cell;
  if (text.find_first_of("\",\r\n") == std::string::npos) {
    out << text;
    return;
  }
  out << '"';
  for (const char c : text) {
    if (c == '"') out << '"';
    out << c;
  }
  out << '"';
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [point, size] = next_point(text);
    text.remove_prefix(size);
    width += in_ranges(kZero, point) ? 0 : in_ranges(kWide, point) ? 2 : 1;
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [point, size] = next_point(text);
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e)) {
      for (const char byte : text.substr(0, size)) {
        char code[8];
        std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        out += code;
      }
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

void print_table(std::ostream& out, const Table& table) {
  std::vector<std::size_t> widths;
  std::vector<std::string> titles;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    titles.push_back(table.columns[i].title);
    widths.push_back(display_width(titles.back()));
    for (const auto& row : table.rows) {
      if (i < row.size()) widths[i] = std::max(widths[i], display_width(printable(row[i])));
    }
  }
  const bool titled = std::any_of(titles.begin(), titles.end(), [](const auto& title) { return !title.empty(); });
  if (titled) print_row(out, table, titles, widths);
  for (const auto& row : table.rows) print_row(out, table, row, widths);
}

void print_csv_row(std::ostream& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out << ',';
    print_csv_cell(out, cells[i]);
  }
  out << '\n';
}

void print_csv(std::ostream& out, const Table& table) {
  std::vector<std::string> cells;
  for (const auto& column : table.columns) cells.push_back(column.title);
  print_csv_row(out, cells);
  for (const auto& row : table.rows) {
    cells = row;
    cells.resize(table.columns.size());
    print_csv_row(out, cells);
  }
}

}  // namespace tally::cli
