// Places in JSON texts: values, keys, inside strings, keys that stand twice, and where a text stops being JSON.
#include "common/json_places.h"

#include <catch2/catch.hpp>

#include "common/json.h"
#include "common/nearest.h"

namespace {

using namespace tally;

std::string text_of(TextPlace place) {
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

const std::string kDocument =
    "{\n"
    "  \"title\": {\"zh\": \"青镇\", \"en\": \"Qingzhen\"},\n"
    "\t\"rules\": [{\"code\": \"QZ3\", \"days\": 0},\n"
    "    {\"code\": \"QZ4\", \"days\": [1, -2.5e3, true]}]\n"
    "}\n";

TEST_CASE("values and keys of a document have a line and a column in code points") {
  const JsonPlaces places(kDocument);
  REQUIRE(!places.broken());
  struct Row {
    const char* path;
    const char* key;
    const char* value;
  };
  const Row rows[] = {
      {"", "1:1", "1:1"},
      {"title", "2:3", "2:12"},
      {"title.zh", "2:13", "2:19"},
      {"title.en", "2:25", "2:31"},  // two Chinese characters are two columns
      {"rules", "3:2", "3:11"},      // a tab is one
      {"rules[0]", "3:12", "3:12"},
      {"rules[0].days", "3:28", "3:36"},
      {"rules[1].days[1]", "4:33", "4:33"},
      {"rules[1].days[2]", "4:41", "4:41"},
      {"rules[1].objection_days", "4:5", "4:5"},  // absent: the object around it
      {"rules[7].title.zh", "3:11", "3:11"},
      {"nothing", "1:1", "1:1"},
  };
  for (const auto& row : rows) {
    INFO(row.path);
    CHECK(text_of(places.key(row.path)) == row.key);
    CHECK(text_of(places.value(row.path)) == row.value);
  }
}

TEST_CASE("a place inside a string looks through its escapes") {
  // The value's text: a"b, a line break, 积分 and a pair of surrogates, end.
  const JsonPlaces places("{\"x\": \"a\\\"b\\n积分\\ud83d\\ude00\\u00e9c\",\n \"n\": 7}");
  REQUIRE(!places.broken());
  const auto at = [&](std::uint32_t line, std::uint32_t column) { return text_of(places.within("x", line, column)); };
  CHECK(at(1, 1) == "1:8");
  CHECK(at(1, 2) == "1:9");
  CHECK(at(1, 3) == "1:11");
  CHECK(at(2, 1) == "1:14");
  CHECK(at(2, 3) == "1:16");
  CHECK(at(2, 4) == "1:28");
  CHECK(at(2, 5) == "1:34");
  CHECK(at(2, 6) == "1:35");  // its end
  CHECK(at(9, 9) == "1:35");
  CHECK(text_of(places.within("n", 1, 2)) == "2:7");
}

TEST_CASE("fields that stand twice are all named, and blanks in their place keep every other place") {
  const std::string text =
      "{\"a\": 1, \"a\": {\"b\": \"分\", \"b\": 2},\n \"c\": [{\"d\": 1}, {\"d\": 2, \"\\u0064\": 3}],\n \"e\": 4}";
  const JsonPlaces places(text);
  REQUIRE(!places.broken());
  std::string found;
  for (const auto& mistake : places.repeated())
    found += text_of(mistake.at) + " " + mistake.path + " " + mistake.problem + "\n";
  CHECK(found ==
        "1:26 a.b stands twice in one object\n1:10 a stands twice in one object\n2:27 c[1].d stands twice in one "
        "object\n");
  CHECK(text_of(places.value("a")) == "1:7");
  const std::string cleaned = places.without_repeated();
  CHECK(cleaned == "{\"a\": 1                         ,\n \"c\": [{\"d\": 1}, {\"d\": 2             }],\n \"e\": 4}");
  CHECK(parse_json(cleaned).has_value());
  CHECK(text_of(JsonPlaces(cleaned).value("c[1].d")) == text_of(places.value("c[1].d")));
}

struct Broken {
  const char* text;
  const char* mistake;
};
const Broken kBroken[] = {
    {"", "1:1 is not JSON: finds the end of the text; expected a value"},
    {"{", "1:2 is not JSON: finds the end of the text; expected the name of a field in quotes"},
    {"{\"a\": 1,}", "1:9 is not JSON: finds \"}\"; expected another field after the comma, or no comma"},
    {"[1,\n2,\n]", "3:1 is not JSON: finds \"]\"; expected another value after the comma, or no comma"},
    {"{\"a\": 1\n \"b\": 2}", "2:2 is not JSON: finds a quote; expected \",\" or \"}\""},
    {"{\n \"a\": [1, 2\n", "3:1 is not JSON: the list that begins at 2:7 is not closed; expected \",\" or \"]\""},
    {"{\"a\" 1}", "1:6 is not JSON: finds \"1\"; expected \":\" after the name of the field"},
    {"{a: 1}", "1:2 is not JSON: finds \"a\"; expected the name of a field in quotes"},
    {"{\"a\": 'x'}", "1:7 is not JSON: finds \"'\"; expected a text in double quotes"},
    {"{\"青\": 青}", "1:7 is not JSON: finds \"青\"; expected a value"},
    {"{\"a\": True}", "1:7 is not JSON: finds \"True\"; expected a value"},
    {"{\"a\": nothing}", "1:7 is not JSON: finds \"nothing\"; expected true, false, null or a text"},
    {"{\"a\": 01}", "1:8 is not JSON: finds a number that begins with 0; expected no leading 0"},
    {"{\"a\": 1.}", "1:9 is not JSON: finds \"}\" in a number; expected a digit"},
    {"{\"a\": \"x\n\"}", "1:9 is not JSON: the text that begins at 1:7 is not closed; expected a quote at its end"},
    {"{\"a\": \"\\q\"}",
     "1:8 is not JSON: finds an unknown escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"},
    {"{\"a\": \"\\u12\"}", "1:8 is not JSON: finds an unfinished escape; expected \\u and four hexadecimal digits"},
    {"{} {}", "1:4 is not JSON: goes on after its end with \"{\"; expected nothing after the document's value"},
    {"{\"a\": \"\xff\"}", "1:8 is not JSON: finds a byte that is no UTF-8; expected a file saved as UTF-8"},
};

TEST_CASE("a text that is no JSON: where it breaks and what was expected there") {
  for (const auto& row : kBroken) {
    INFO(row.text);
    const JsonPlaces places(row.text);
    REQUIRE(places.broken());
    const auto& mistake = *places.broken();
    CHECK(text_of(mistake.at) + " " + mistake.problem + "; expected " + mistake.expected == row.mistake);
    CHECK(!parse_json(row.text).has_value());
    const auto first = JsonPlaces::first_mistake(row.text);
    REQUIRE(first);
    CHECK(first->at == mistake.at);
    CHECK(first->problem == mistake.problem);
  }
  CHECK(parse_json("{\"a\": 1,}").error().text() ==
        "is not JSON at line 1, column 9: finds \"}\"; expected another field after the comma, or no comma");
}

TEST_CASE("places agree with the parser on what is JSON, cut and changed anywhere") {
  const std::string texts[] = {kDocument, R"([{"a": "\u00e9\ud83d\ude00", "b": [-0, 1.5E+7, 0.0]}, null, {}, [], ""])"};
  for (const auto& text : texts) {
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      const auto part = text.substr(0, cut);
      INFO(part);
      CHECK(JsonPlaces(part).broken().has_value() == !parse_json(part).has_value());
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (const char changed : {'}', ']', ',', ':', '"', '0', 'x', ' ', '\n', '\\', '-'}) {
        auto other = text;
        other[at] = changed;
        const JsonPlaces places(other);
        INFO(other);
        // A repeated key is no matter of form here; half a pair of surrogates is one that only the parser sees.
        if (!places.repeated().empty() || other.find("\\u") != std::string::npos) continue;
        CHECK(places.broken().has_value() == !parse_json(other).has_value());
      }
    }
  }
}

TEST_CASE("deep nesting is a mistake here as in the parser") {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  REQUIRE(JsonPlaces(deep).broken());
  CHECK(JsonPlaces(deep).broken()->problem == "is nested deeper than 16");
  CHECK(!JsonPlaces(std::string(1000000, '[')).broken()->problem.empty());
}

TEST_CASE("the nearest word is at most two letters away, fewer for short words") {
  const std::vector<std::string> words = {"objection_days", "on", "code", "kind"};
  CHECK(nearest_word("objecton_day", words) == "objection_days");
  CHECK(nearest_word("objection", words).empty());
  CHECK(nearest_word("codes", words) == "code");
  CHECK(nearest_word("no", words).empty());
  CHECK(nearest_word(std::string(100000, 'x'), words).empty());
}

}  // namespace
