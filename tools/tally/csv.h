// Purpose: strict CSV (RFC 4180): UTF-8, a header row, comma, double quotes, LF or CRLF. Anything else is a mistake
// that names its row as a spreadsheet counts it (the header is row 1); nothing is guessed.
// Thread rule: pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tally::cli {

struct CsvMistake {
  std::size_t row = 0;
  std::string column;  // empty: the row as a whole
  std::string problem;
  std::string expected;

  // "row 137, column quantity: is \"x\"; expected a whole number"
  [[nodiscard]] std::string text() const;
};

struct CsvRow {
  std::size_t row = 0;
  std::vector<std::string> cells;  // as many as there are columns
};

struct CsvFile {
  std::vector<std::string> columns;
  std::vector<CsvRow> rows;
  std::vector<CsvMistake> mistakes;  // by row; rows with mistakes of form are not in `rows`
};

CsvFile parse_csv(std::string_view text);

}  // namespace tally::cli
