// Tables with Chinese text, and CSV output.
#include "tally/table.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace tally::cli {

TEST_CASE("display width counts columns of a terminal") {
  CHECK(display_width("") == 0);
  CHECK(display_width("abc") == 3);
  CHECK(display_width("清真镇") == 6);
  CHECK(display_width("（甲）") == 6);
  CHECK(display_width("¥12.50") == 6);
  CHECK(display_width("e\xcc\x81") == 1);  // a combining accent
  CHECK(display_width("𠀀") == 2);         // outside the basic plane
  CHECK(display_width("⭐") == 2);
  CHECK(display_width("\xff\xfe") == 2);  // malformed bytes
}

TEST_CASE("columns line up whatever the script") {
  Table table{{{"户"}, {"score", Align::right}, {"note"}},
              {{"张三", "100.0", "五星"}, {"ab", "9.5", ""}, {"欧阳小红", "-10.0", "x"}}};
  std::ostringstream out;
  print_table(out, table);
  CHECK(out.str() ==
        "户        score  note\n"
        "张三      100.0  五星\n"
        "ab          9.5\n"
        "欧阳小红  -10.0  x\n");
}

TEST_CASE("text from elsewhere cannot drive the terminal") {
  Table table{{{"a"}}, {{"x\x1b[2Jy\n"}, {"\xe2\x80\xaeright to left"}, {"\xc2\x9b"}}};
  std::ostringstream out;
  print_table(out, table);
  CHECK(out.str() == "a\nx\\x1b[2Jy\\x0a\n\\xe2\\x80\\xaeright to left\n\\xc2\\x9b\n");
}

TEST_CASE("CSV is quoted where needed and holds no formulas") {
  Table table{{{"a"}, {"b"}}, {{"x,y", "say \"hi\""}, {"=1+1", "-10.5"}, {"@cmd", "+3"}, {"-a", "two\nlines"}}};
  std::ostringstream out;
  print_csv(out, table);
  CHECK(out.str() == "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n'=1+1,-10.5\n'@cmd,+3\n'-a,\"two\nlines\"\n");
}

}  // namespace tally::cli
