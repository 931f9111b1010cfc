// Expressions made to exhaust time, memory or stack end soon, as a mistake or as a failure of cost.
#include <chrono>

#include "cel/support.h"

namespace tally::cel {

namespace {

std::string times(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

// cel.bind(x0, <first>, cel.bind(x1, <step of x0>, ... <last>)): `step` and `last` hold # for the name before.
std::string chained(const std::string& first, const std::string& step, const std::string& last, int count) {
  const auto filled = [](std::string text, const std::string& name) {
    for (auto at = text.find('#'); at != text.npos; at = text.find('#')) text.replace(at, 1, name);
    return text;
  };
  std::string out = "cel.bind(x0, " + first + ", ";
  for (int i = 1; i < count; ++i) {
    const std::string index = std::to_string(i);
    out += "cel.bind(x" + index + ", " + filled(step, "x" + std::to_string(i - 1)) + ", ";
  }
  return out + filled(last, "x" + std::to_string(count - 1)) + times(")", static_cast<std::size_t>(count));
}

constexpr const char* kCost = "error: the expression costs more than it may";

}  // namespace

TEST_CASE("cel hostile: what would never end costs too much") {
  const std::string numbers = "[" + times("1, ", 99) + "1]";
  const std::string nested =
      numbers + ".map(a, " + numbers + ".map(b, " + numbers + ".map(c, " + numbers + ".map(d, a + b + c + d))))";
  const std::vector<std::string> sources = {
      nested,
      numbers + ".all(a, " + numbers + ".all(b, " + numbers + ".all(c, " + numbers + ".all(d, 1 / 0 > 0))))",
      chained("'0123456789abcdef'", "# + #", "size(#)", 60),
      chained("b'0123456789abcdef'", "# + #", "size(#)", 60),
      chained("[1, 2, 3]", "# + #", "size(#)", 60),
      chained("'0123456789abcdef'", "# + #", "#.contains('x')", 60),
      // Lists that share their parts: few nodes, exponentially many to whoever walks them.
      chained("[1]", "[#, #]", "# == #", 50),
      chained("[1]", "[#, #]", "# in [#]", 50),
      chained("[1]", "[#, #]", "#", 50),
      chained("{'k': 1}", "{'a': #, 'b': #}", "# == #", 50),
      chained("{'k': 1}", "{'a': #, 'b': #}", "'%s'.format([#])", 50),
      chained(numbers, "#.map(e, #.map(f, # + #))", "size(#)", 4),
      chained(numbers, "#.transformMapEntry(i, v, #.transformMapEntry(j, w, {i * 1000 + j: #.map(k, k)}))", "size(#)",
              2),
  };
  Host host;
  for (const auto& source : sources) {
    INFO(source.substr(0, 300));
    const auto begin = std::chrono::steady_clock::now();
    CHECK(host.run(source, true, 1'000'000) == kCost);
    CHECK(host.run(source, false, 1'000'000) == kCost);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  }
}

TEST_CASE("cel hostile: a failure of cost is absorbed by nothing") {
  Host host;
  const std::string dear = "list.all(a, list.all(b, list.all(c, list.all(d, a + b + c + d > 0))))";
  for (const std::string& source :
       {dear + " || true", "1 / 0 > 0 || " + dear, "1 / 0 > 0 && " + dear, "false && " + dear, dear + " ? 1 : 2",
        "list.exists(x, " + dear + ")", "[" + dear + "]", "optional.of(" + dear + ").orValue(true)",
        "has({'a': " + dear + "}.a)", "cel.bind(x, " + dear + ", true)", "list.map(x, " + dear + ")",
        "list.exists_one(x, " + dear + ")", "{1: " + dear + "}"}) {
    INFO(source);
    const std::string value = host.run(source, true, 100);
    CHECK((value == kCost || source == "false && " + dear));
  }
  // Whatever the budget is, the outcome is the value or the failure of cost.
  const std::string source = "list.map(x, list.filter(y, y != x)).exists(z, 3 in z || 1 / 0 > 1)";
  const std::string whole = host.run(source);
  const std::uint64_t cost = host.used;
  for (std::uint64_t budget = 0; budget < cost; ++budget) CHECK(host.run(source, true, budget) == kCost);
  CHECK(host.run(source, true, cost) == whole);
}

TEST_CASE("cel hostile: depth of expressions, values and types is bounded") {
  Host host;
  CHECK_THAT(host.run(times("[", 200) + times("]", 200)), Catch::Contains("nested too deeply"));
  CHECK(host.run(times("[", 63) + times("]", 63)).starts_with("[[["));
  CHECK(host.run(times("[", 70) + times("]", 70)) == "error: a value nests deeper than 64 levels");
  CHECK(host.run(times("[n, ", 70) + "1" + times("]", 70)) == "error: a value nests deeper than 64 levels");
  CHECK(host.run(chained("[1]", "[[#]]", "#", 40)) == "error: a value nests deeper than 64 levels");
  CHECK(host.run(chained("{1: 2}", "{1: {1: #}}", "#", 40)) == "error: a value nests deeper than 64 levels");
  CHECK(host.run(chained("optional.of(1)", "optional.of(optional.of(#))", "#.hasValue()", 36)) ==
        "error: a value nests deeper than 64 levels");
  // Types that double with each level are dyn beyond a bound, and checking them stays cheap.
  const auto compiled = host.compiled(chained("{1: 1}", "{1: [#], 2: [#]}", "#", 40));
  CHECK(compiled.mistakes.empty());
  CHECK(host.run(chained("[]", "[# == #, # != #]", "size(#)", 50)) == "2");
  CHECK(host.run("map.?a" + times(".optMap(x, x + 1)", 40)) == "optional.of(41)");
}

TEST_CASE("cel hostile: the longest expressions are checked and run in short time") {
  Host host;
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<std::string> sources = {"[" + times("1,", 32'000) + "1]",
                                            "[" + times("zz,", 21'000) + "1]",
                                            "[" + times("[],", 21'000) + "1]",
                                            "[" + times("{1:1},", 10'000) + "1]",
                                            "size([" + times("math.greatest(1,u),", 3'000) + "1])",
                                            "{" + times("1:1,", 16'000) + "2:2}",
                                            times("a", 60'000),
                                            "name.matches('" + times("(a*)*", 8'000) + "')",
                                            "'" + times("a", 60'000) + "'.contains('" + times("a", 5'000) + "b')",
                                            "size([" + times("list.map(x,x),", 4'500) + "1])",
                                            "a" + times(".b", 100) + times("[a]", 20)};
  for (const auto& source : sources) {
    INFO(source.substr(0, 100));
    REQUIRE(source.size() <= 64 * 1024);
    CHECK_FALSE(host.run(source, true, 1'000'000).empty());
    CHECK_FALSE(host.run(source, false, 1'000'000).empty());
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

}  // namespace tally::cel
