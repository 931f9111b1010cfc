// Purpose: results as tables for people, whose columns line up with Chinese text in them, and as CSV.
// Thread rule: plain values.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace tally::cli {

// Columns of a terminal that the text takes: 2 for East Asian wide and fullwidth characters and emoji, 0 for
// combining marks, 1 otherwise (Unicode 15, UAX 11). Malformed UTF-8 counts 1 a byte.
std::size_t display_width(std::string_view text);

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

// Two spaces between columns; no spaces at line ends; control characters are shown as "\xNN", so that text from
// a chain cannot drive the terminal.
void print_table(std::ostream& out, const Table& table);
// RFC 4180 with LF; a field that a spreadsheet would take for a formula gets an apostrophe in front.
void print_csv(std::ostream& out, const Table& table);

std::string printable(std::string_view text);

}  // namespace tally::cli
