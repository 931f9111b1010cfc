// tally cel: what eval prints, how mistakes look, and how conformance ends.
#include "common/json.h"
#include "tally_cli/harness.h"

namespace tally::test {

TEST_CASE("tally cel eval prints value, type and cost") {
  Cli cli;
  const Run run = cli.run({"cel", "eval", "[1, 2, 3].map(x, x * x)"});
  CHECK(run.exit == 0);
  CHECK(run.err.empty());
  CHECK(run.out == "value  [1, 4, 9]\ntype   list(int)\ncost   19\n");
  const Run json = cli.run({"cel", "eval", "decimal('1.50') + 1", "--json"});
  CHECK(parse_json(json.out).value() == Json{{"value", {{"decimal", "2.5"}}}, {"type", "decimal"}, {"cost", "3"}});
}

TEST_CASE("tally cel eval takes variables from a file, tagged or plain") {
  Cli cli;
  const std::string file = cli.write(
      "values.json",
      R"({"score": {"decimal": "85.5"}, "n": 3, "tags": ["a", "b"], "who": {"name": "ana", "age": 7}, "none": null})");
  const auto value = [&](const std::string& source) {
    const Run run = cli.run({"cel", "eval", source, "--bindings", file, "--json"});
    INFO(run.err);
    REQUIRE(run.exit == 0);
    return parse_json(run.out).value()["value"].dump();
  };
  CHECK(value("score + n") == R"({"decimal":"88.5"})");
  CHECK(value("'b' in tags && who.name == 'ana' && who.age > 6 && none == null") == R"({"bool":true})");
  CHECK(value("tags.map(t, t + '!')") == R"({"list":[{"string":"a!"},{"string":"b!"}]})");
  CHECK(value("{n: b'hi'}") == R"({"map":[[{"int":"3"},{"bytes":"aGk="}]]})");
  cli.standard_input = R"({"x": {"uint": "7"}})";
  CHECK(cli.run({"cel", "eval", "x + 1u", "--bindings", "-"}).out.starts_with("value  8u\n"));
}

TEST_CASE("tally cel eval tells every mistake with its place, and errors of evaluation") {
  Cli cli;
  const std::string file = cli.write("values.json", R"({"score": {"decimal": "85.5"}})");
  const Run run = cli.run({"cel", "eval", "scor > 1 &&\n score > 85.5", "--bindings", file});
  CHECK(run.exit == 7);
  CHECK(run.out.empty());
  CHECK(run.err ==
        "error: the expression has 2 mistakes [invalid_field]\n"
        "  1:1: unknown name `scor` (did you mean `score`?); expected `score`\n"
        "  2:10: `score` is a decimal, 85.5 is a double; expected decimal('85.5')\n");
  CHECK(cli.run({"cel", "eval", "1 / 0"}).err == "error: division by zero [invalid_field]\n");
  CHECK(cli.run({"cel", "eval", "1 +"}).err ==
        "error: the expression has a mistake [invalid_field]\n  1:4: the expression ends; expected a value\n");
  CHECK(cli.run({"cel", "eval", "[1, 2].all(x, x > 0)", "--budget", "5"}).err ==
        "error: the expression costs more than it may [invalid_field]\n");
  const std::string wrong = cli.write("wrong.json", R"({"x": {"int": "seven"}})");
  const Run bad = cli.run({"cel", "eval", "x", "--bindings", wrong});
  CHECK(bad.exit == 7);
  CHECK(bad.err.find("is \"seven\"") != std::string::npos);
}

TEST_CASE("tally cel conformance counts cases, shows those that fail, and ends with 0 only if none does") {
  Cli cli;
  const std::string file = cli.write("cases.json", R"json([
    {"file": "lists", "section": "s", "name": "good", "expr": "[1] + [2]", "value": {"list": [{"int": "1"}, {"int": "2"}]}},
    {"file": "lists", "section": "s", "name": "typed", "expr": "[1]", "value": {"list": [{"int": "1"}]},
     "deduced_type": "list(int)"
},
    {"file": "logic", "section": "s", "name": "fails", "expr": "1/0", "error": ["division by zero"]},
    {"file": "logic", "section": "s", "name": "named", "expr": "y", "container": "x", "type_env": {"x.y": "bool"},
     "bindings": {"x.y": {"bool": true}}, "value": {"bool": true}},
    {"file": "math_ext", "section": "s", "name": "bad", "expr": "1 + 1", "value": {"int": "3"}},
    {"file": "math_ext", "section": "s", "name": "type", "expr": "1u", "value": {"int": "1"}}])json");
  const Run all = cli.run({"cel", "conformance", file});
  CHECK(all.exit == 6);
  CHECK(all.out ==
        "math_ext/s/bad\n  1 + 1\n  got    2\n  wanted 3\n"
        "math_ext/s/type\n  1u\n  got    1u\n  wanted 1\n"
        "4 passed, 2 failed\n");
  CHECK(all.err == "error: 2 cases failed [invalid_field]\n");
  const Run core = cli.run({"cel", "conformance", file, "--core"});
  CHECK(core.exit == 0);
  CHECK(core.out == "4 passed, 0 failed\n");
  CHECK(cli.run({"cel", "conformance", file, "--file", "lists", "--file", "math_ext"})
            .out.ends_with("2 passed, 2 failed\n"));
  CHECK(cli.run({"cel", "conformance", file, "--file", "nothing"}).exit == 2);
  const Json json = parse_json(cli.run({"cel", "conformance", file, "--json"}).out).value();
  CHECK(json["failed"] == 2);
  CHECK(json["failures"][0]["case"] == "math_ext/s/bad");
  CHECK(cli.run({"cel", "conformance", cli.write("no.json", "{")}).exit == 7);
}

}  // namespace tally::test
