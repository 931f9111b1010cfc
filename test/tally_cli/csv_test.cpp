// Reading CSV strictly.
#include "tally/csv.h"

#include <catch2/catch.hpp>

namespace tally::cli {

namespace {

std::vector<std::string> mistakes_of(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& mistake : parse_csv(text).mistakes) out.push_back(mistake.text());
  return out;
}

}  // namespace

TEST_CASE("well-formed CSV") {
  const auto file = parse_csv(
      "\xef\xbb\xbf"
      "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n,\n3,\"\"");
  CHECK(file.mistakes.empty());
  CHECK(file.columns == std::vector<std::string>{"a", "b"});
  REQUIRE(file.rows.size() == 3);
  CHECK(file.rows[0].cells == std::vector<std::string>{"1", "x, \"y\"\nz"});
  CHECK(file.rows[1].row == 3);
  CHECK(file.rows[1].cells == std::vector<std::string>{"", ""});
  CHECK(file.rows[2].cells == std::vector<std::string>{"3", ""});
}

TEST_CASE("mistakes of form, with their exact texts") {
  struct Row {
    std::string text;
    std::vector<std::string> expected;
  };
  const std::vector<Row> rows = {
      {"", {"row 1: the file is empty; expected a header row and a row for each entry"}},
      {"a,b\n1\n", {"row 2: has 1 cells; expected 2, one for each column"}},
      {"a,b\n1,2,3\n4,5\n", {"row 2: has 3 cells; expected 2, one for each column"}},
      {"a,b\n\n1,2\n", {"row 2: is empty; expected no empty rows"}},
      {"a,a\n1,2\n", {"row 1, column a: stands twice in the header; expected each column once"}},
      {"a,\n1,2\n", {"row 1: has a column without a name; expected a name in every cell of the header"}},
      {"a,b\n1,\"x\"y\n3,4\n",
       {"row 2, column b: has text after a closing quotation mark; expected a comma or the end of the row there"}},
      {"a,b\n1,x\"y\n",
       {"row 2, column b: has a quotation mark inside a cell that does not begin with one; expected the whole cell in "
        "quotation marks, those inside doubled"}},
      {"a,b\n\"1,2\n3,4\n",
       {"row 2, column a: opens a quotation mark that is never closed; expected a closing quotation mark"}},
      {"a,b\n1,\x01\n", {"row 2, column b: has a control character; expected text"}},
      {"a,b\n1,2\r3,4\n", {"row 2, column b: has a control character; expected text"}},
      {"a\n\xff\n", {"row 1: the file is not UTF-8; expected a file saved as CSV UTF-8"}},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(mistakes_of(row.text) == row.expected);
  }
}

TEST_CASE("rows after a mistake are still read") {
  const auto file = parse_csv("a,b\n1,x\"y\n3,4\n5\n6,7\n");
  CHECK(file.mistakes.size() == 2);
  REQUIRE(file.rows.size() == 2);
  CHECK(file.rows[0].row == 3);
  CHECK(file.rows[1].row == 5);
}

}  // namespace tally::cli
