#include "tally/csv.h"

#include <set>

#include "common/codec.h"

namespace tally::cli {

namespace {

// Reads records one after the other; a quoted cell may run over several lines.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  // The next record's cells. A mistake of form leaves `problem` set and reading goes on behind the line.
  std::vector<std::string> record(std::string& problem, std::string& expected) {
    std::vector<std::string> cells;
    problem.clear();
    while (true) {
      std::string cell;
      const bool good =
          !rest_.empty() && rest_.front() == '"' ? quoted(cell, problem, expected) : plain(cell, problem, expected);
      cells.push_back(std::move(cell));
      if (!good) {
        skip_line();
        return cells;
      }
      if (rest_.empty()) return cells;
      if (rest_.front() != ',') break;
      rest_.remove_prefix(1);
    }
    rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
    return cells;
  }

 private:
  [[nodiscard]] bool at_end_of_cell() const {
    return rest_.empty() || rest_.front() == ',' || rest_.front() == '\n' || rest_.starts_with("\r\n");
  }
  bool plain(std::string& cell, std::string& problem, std::string& expected) {
    while (!at_end_of_cell()) {
      const char c = rest_.front();
      if (c == '"') {
        problem = "has a quotation mark inside a cell that does not begin with one";
        expected = "the whole cell in quotation marks, those inside doubled";
        return false;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        problem = "has a control character";
        expected = "text";
        return false;
      }
      cell.push_back(c);
      rest_.remove_prefix(1);
    }
    return true;
  }
  bool quoted(std::string& cell, std::string& problem, std::string& expected) {
    const std::string_view before = rest_;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c != '"') {
        cell.push_back(c);
      } else if (rest_.starts_with('"')) {
        cell.push_back('"');
        rest_.remove_prefix(1);
      } else if (at_end_of_cell()) {
        return true;
      } else {
        problem = "has text after a closing quotation mark";
        expected = "a comma or the end of the row there";
        return false;
      }
    }
    // The rest of the file is inside the cell: only its first line is given up, so that later rows are still checked.
    rest_ = before;
    problem = "opens a quotation mark that is never closed";
    expected = "a closing quotation mark";
    return false;
  }
  void skip_line() {
    const auto end = rest_.find('\n');
    rest_ = end == rest_.npos ? std::string_view{} : rest_.substr(end + 1);
  }

  std::string_view rest_;
};

void read_header(CsvFile& file, std::vector<std::string> cells) {
  std::set<std::string> seen;
  for (const auto& cell : cells) {
    if (cell.empty())
      file.mistakes.push_back({1, "", "has a column without a name", "a name in every cell of the header"});
    else if (!seen.insert(cell).second)
      file.mistakes.push_back({1, cell, "stands twice in the header", "each column once"});
  }
  file.columns = std::move(cells);
}

}  // namespace

std::string CsvMistake::text() const {
  std::string out = "row " + std::to_string(row);
  if (!column.empty()) out += ", column " + column;
  out += ": " + problem;
  if (!expected.empty()) out += "; expected " + expected;
  return out;
}

CsvFile parse_csv(std::string_view text) {
  CsvFile out;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!codec_detail::valid_utf8(as_bytes(text))) {
    out.mistakes.push_back({1, "", "the file is not UTF-8", "a file saved as CSV UTF-8"});
    return out;
  }
  CsvReader reader(text);
  std::size_t row = 0;
  while (!reader.done()) {
    ++row;
    std::string problem;
    std::string expected;
    auto cells = reader.record(problem, expected);
    if (!problem.empty()) {
      const std::size_t at = cells.size() - 1;
      out.mistakes.push_back({row, at < out.columns.size() ? out.columns[at] : "", problem, expected});
      if (row == 1) return out;
    } else if (row == 1) {
      read_header(out, std::move(cells));
    } else if (cells.size() == 1 && cells.front().empty() && out.columns.size() != 1) {
      out.mistakes.push_back({row, "", "is empty", "no empty rows"});
    } else if (cells.size() != out.columns.size()) {
      out.mistakes.push_back({row, "", "has " + std::to_string(cells.size()) + " cells",
                              std::to_string(out.columns.size()) + ", one for each column"});
    } else {
      out.rows.push_back({row, std::move(cells)});
    }
  }
  if (row == 0) out.mistakes.push_back({1, "", "the file is empty", "a header row and a row for each entry"});
  return out;
}

}  // namespace tally::cli
