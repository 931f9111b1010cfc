// Mistakes of a rulebook document with line and column.
#include "contracts/rulebook_check.h"

#include "contracts/document_reader.h"
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

std::string mistakes_of(const std::string& document) {
  std::string out;
  for (const auto& mistake : check_rulebook(document).mistakes)
    out += (out.empty() ? "" : "\n") + std::string(name_of(mistake.code)) + " " + mistake.text("r.json");
  return out;
}

// Where the text stands in the Qingzhen rulebook, counted by other means.
std::string place_of(const std::string& document, std::string_view part) {
  const auto at = document.find(part);
  REQUIRE(at != std::string::npos);
  const auto lines = std::count(document.begin(), document.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const auto start = document.rfind('\n', at) + 1;
  const auto columns = std::count_if(document.begin() + static_cast<std::ptrdiff_t>(start),
                                     document.begin() + static_cast<std::ptrdiff_t>(at),
                                     [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return std::to_string(lines + 1) + ":" + std::to_string(columns + 1);
}

TEST_CASE("a rulebook without mistakes is compiled by the check") {
  const auto checked = check_rulebook(qingzhen_text());
  REQUIRE(checked.rulebook != nullptr);
  CHECK(checked.mistakes.empty());
  CHECK(checked.rulebook->document == digest_of_document(qingzhen_text()));
}

TEST_CASE("each mistake stands at its value, its key or the object that lacks it") {
  struct Row {
    const char* from;
    const char* to;
    const char* part;  // where the mistake stands
    const char* mistake;
  };
  const Row rows[] = {
      {"\"objection_days\": 10", "\"objection_days\": 0 ", "0 ,\n      \"endorse_within",
       "invalid_field r.json:AT: rules[0].objection_days: is 0; expected a whole number from 1 to 365"},
      {"\"objection_days\": 10", "\"objecton_days\": 10", "\"objecton_days\"",
       "unknown_field r.json:AT: rules[0].objecton_days: is not a known field; expected perhaps \"objection_days\""},
      {"\"zh\": \"贷款逾期\", ", "", "{\"en\": \"loan overdue\"}",
       "missing_field r.json:AT: rules[2].title.zh: is missing"},
      {"\"points\": \"3\"", "\"points\": \"-3\"", "\"-3\"",
       "invalid_field r.json:AT: rules[5].amount.points: is -3.0; expected points above 0: the rule is an award"},
      {"\"proposer_roles\": [\"recorder\"]", "\"proposer_roles\": [\"mayor\"]", "\"mayor\"",
       "invalid_field r.json:AT: rules[0].proposer_roles[0]: is \"mayor\"; expected one of registrar, recorder, "
       "endorser, arbiter, bank_officer, auditor, governor, clock"},
      {"\"scale\": 1,", "\"scale\": 1,,", ",\n  \"effective\"",
       "invalid_encoding r.json:AT: is not JSON: finds \",\"; expected the name of a field in quotes"},
      {"\"category\": \"trade\",", "\"category\": \"trade\", \"on\": false,",
       "\"on\": true,\n      \"evidence_required\": true", ""},
  };
  for (const auto& row : rows) {
    INFO(row.to);
    const auto document = with(qingzhen_text(), row.from, row.to);
    std::string expected = row.mistake;
    if (expected.empty()) {
      CHECK(mistakes_of(document).find("rules[4].on: stands twice in one object; expected each field once") !=
            std::string::npos);
      continue;
    }
    expected.replace(expected.find("AT"), 2, place_of(document, row.part));
    const auto found = mistakes_of(document);
    CHECK(
        (found == expected || found.find("\n" + expected) != std::string::npos || found.starts_with(expected + "\n")));
  }
}

TEST_CASE("mistakes are told from the top down, those of form with those of content") {
  auto document = with(qingzhen_text(), "\"scale\": 1", "\"scale\": 9");
  document = with(document, "\"kind\": \"fixed\", \"points\": \"-10\"",
                  "\"kind\": \"fixed\", \"kind\": \"x\", \"points\": \"10\"");
  document = with(document, "\"stars_at_least\": 4", "\"stars_at_least\": 17");
  const auto found = mistakes_of(document);
  const auto at = [&](std::string_view part) { return place_of(document, part); };
  CHECK(found ==
        "invalid_field r.json:" + at("9,\n  \"effective\"") + ": scale: is 9; expected a whole number from 0 to 6\n" +
            "invalid_field r.json:" + at("\"kind\": \"x\"") +
            ": rules[0].amount.kind: stands twice in one object; expected each field once\n" + "invalid_field r.json:" +
            at("\"10\"}") + ": rules[0].amount.points: is 10; expected points below 0: the rule is a deduction\n" +
            "invalid_field r.json:" + at("17}\n}") +
            ": notice_board.stars_at_least: is 17; expected a whole number from 1 to 9");
  CHECK(mistakes_of("") == "invalid_encoding r.json:1:1: is not JSON: finds the end of the text; expected a value");
  CHECK(mistakes_of("[]") == "invalid_field r.json:1:1: is an array; expected an object");
  CHECK(mistakes_of(std::string(200000, ' ')) == "too_large r.json:1:1: has 200000 bytes; expected at most 196608");
}

TEST_CASE("a mistake inside a text is placed through its escapes") {
  const std::string document = "{\"rules\": [{\"guard\": \"score >\\n limit\"}]}";
  const auto json = parse_json(document).value();
  std::vector<Error> problems;
  DocumentReader reader(json["rules"][0], "rules[0]", problems);
  reader.mistake_inside("guard", {2, 2}, "`limit` is unknown", "a declared name");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].text() == "rules[0].guard(2:2): `limit` is unknown; expected a declared name");
  const auto mistake = place_mistake(problems[0], JsonPlaces(document));
  CHECK(mistake.text("r.json") == "r.json:1:33: rules[0].guard: `limit` is unknown; expected a declared name");
}

TEST_CASE("mistakes in expressions are told with their place in the document") {
  struct Row {
    const char* from;
    const char* to;
    const char* part;     // of the document, where the mistake stands
    const char* problem;  // a piece of it
  };
  const Row rows[] = {{"points < 5 ? 4", "pints < 5 ? 4", "pints < 5", "did you mean `points`?"},
                      {"points < 5 ? 4", "points < 5.5 ? 4", "5.5 ? 4", "decimal('5.5')"},
                      {"subject.sum('deducted-12-months') >= 20\", \"suspend\": \"dispatch\"",
                       "subject.sum('deducted') >= 20\", \"suspend\": \"dispatch\"", "'deducted')",
                       "the rulebook has no sum \"deducted\"; expected one of deducted-12-months"},
                      {"!subject.suspended('dispatch')", "!subject.listed('dispatch')", "'dispatch')",
                       "\"dispatch\" is a suspension; expected subject.suspended('dispatch')"},
                      {"!subject.suspended('dispatch')", "subject.score", ".score", "is a decimal; expected bool"}};
  for (const auto& row : rows) {
    INFO(row.to);
    const auto document = with(text_of_rulebook("zhongshan-drivers"), row.from, row.to);
    const auto found = mistakes_of(document);
    INFO(found);
    CHECK(found.find("r.json:" + place_of(document, row.part) + ": ") != std::string::npos);
    CHECK(found.find(row.problem) != std::string::npos);
  }
}

TEST_CASE("effects that burden somebody stand in deductions only, and codes are declared") {
  struct Row {
    const char* from;
    const char* to;
    const char* problem;
  };
  const Row rows[] = {
      {"{\"suspend\": \"dispatch\", \"days\": \"points", "{\"suspend\": \"dispatchs\", \"days\": \"points",
       "rules[0].effects[0].suspend: is \"dispatchs\"; expected one of dispatch, registration"},
      {"{\"suspend\": \"dispatch\", \"days\": \"points", "{\"list\": \"dispatch\", \"days\": \"points",
       "rules[0].effects[0].list: is \"dispatch\", a suspension; expected suspend or lift"},
      {"\"suspend\": \"registration\", \"days\": 30", "\"suspend\": \"registration\", \"days\": 31",
       "rules[0].effects[2].days: is 31; expected a whole number from 1 to 30"},
      {"\"kind\": \"award\",", "\"kind\": \"award\", \"effects\": [{\"suspend\": \"dispatch\", \"days\": 3}],",
       "rules[1].effects[0].suspend: is \"dispatch\", which burdens the subject; expected a rule of kind deduct"},
      {"\"on\": true", "\"on\": false", "rules[0].off_because: is missing"},
      {"\"from\": \"2.5\", \"to\": \"5\"}", "\"from\": \"2.5\", \"to\": \"5\"}, \"book\": \"honour\"",
       "rules[1].book: is \"honour\"; expected the code of a book of this rulebook"}};
  for (const auto& row : rows) {
    INFO(row.to);
    const auto found = mistakes_of(with(text_of_rulebook("zhongshan-drivers"), row.from, row.to));
    INFO(found);
    CHECK(found.find(row.problem) != std::string::npos);
  }
}

TEST_CASE("mistakes of expressions stand at their place in the document, across escaped line ends") {
  const auto document = with(source_file("rulebooks/zhongshan-drivers/rulebook.json"),
                             "amount * 2 == round(amount * 2, 0)", "amount * 2 ==\\n  round(amout * 2, 0)");
  CHECK(mistakes_of(document) ==
        "invalid_field r.json:" + place_of(document, "amout") +
            ": rules[0].conditions[0].when: unknown name `amout` (did you mean `amount`?); expected one of `amount`, "
            "`event_time`, `now`, `quantity`, `subject`");
}

}  // namespace
