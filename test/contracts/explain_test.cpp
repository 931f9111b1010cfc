// How scores are explained: the steps always add up, at every block and for every moment of the past.
#include "contracts/explain.h"

#include "common/time.h"
#include "contracts/history.h"
#include "contracts/query_reading.h"

namespace {

using namespace tally;
using namespace tally::contracts;

ExplainRequest about(std::string_view name, const BookCode& book = "score") {
  ExplainRequest out;
  out.rulebook = "tiny";
  out.book = book;
  out.subject = household(name);
  return out;
}

// All pages of it, each of `rows` steps.
Explanation whole(const Queries& queries, const storage::Reader& reader, ExplainRequest request, TimestampMs now,
                  std::size_t rows = limits::kPageRowsMax) {
  request.rows = rows;
  Explanation out = explain(queries, reader, request, now).value();
  while (out.next) {
    request.from = *out.next;
    const Explanation page = explain(queries, reader, request, now).value();
    REQUIRE(page.carried == out.steps.back().entry.score);
    out.steps.insert(out.steps.end(), page.steps.begin(), page.steps.end());
    out.next = page.next;
  }
  return out;
}

// Empty if it adds up to the score. Looks at the changes alone.
std::string fault_in(const Explanation& explanation, Amount score) {
  Amount sum = explanation.carried;
  for (const auto& step : explanation.steps) {
    sum.value += step.entry.change.value;
    const bool cut = step.entry.change != step.entry.asked;
    if (cut != (step.cut != Cut::nothing)) return "step " + std::to_string(step.index) + " does not tell what cut it";
    if (step.cut == Cut::cap && step.entry.score < *step.bound) return "the cap did not cut it";
    if (step.cut == Cut::floor && step.entry.score > *step.bound) return "the floor did not cut it";
    if (step.how.en.empty() && step.notes.empty()) return "step " + std::to_string(step.index) + " says nothing";
  }
  if (sum != score)
    return "the steps come to " + std::to_string(sum.value) + ", the score is " + std::to_string(score.value);
  return explanation.score == score ? "" : "it names another score";
}

std::vector<std::string> english(const ExplainedStep& step) {
  std::vector<std::string> out;
  for (const auto& note : step.notes) out.push_back(note.en);
  return out;
}

struct Known {
  TimestampMs time;
  std::string name;
  BookCode book;
  Amount score;
};

TEST_CASE("random histories: an explanation sums to the score for every account at every block and every past moment") {
  std::size_t cuts = 0;
  std::size_t over = 0;
  std::map<EntryKind, std::size_t> kinds;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    INFO("seed " << seed);
    History history(tiny_rulebook(), seed);
    const Queries queries;
    std::vector<Known> known;
    for (int i = 0; i < 120; ++i) {
      history.act();
      for (const char* name : kPeople)
        for (const char* book : kTinyBooks) {
          const Amount score = history.account(name, book).score;
          known.push_back({history.head_time(), name, book, score});
          const auto now = whole(queries, history.store(), about(name, book), history.head_time(), 1 + seed % 7);
          INFO("act " << i << ", " << name << ", " << book);
          REQUIRE(fault_in(now, score).empty());
        }
    }
    for (std::size_t i = 0; i < known.size(); i += 5) {
      auto request = about(known[i].name, known[i].book);
      request.at = known[i].time;
      const auto then = whole(queries, history.store(), request, history.head_time());
      INFO("at " << format_time(known[i].time) << ", " << known[i].name << ", " << known[i].book);
      REQUIRE(fault_in(then, known[i].score).empty());
      // Until just before the next block nothing else is true.
      request.at = TimestampMs{known[i].time.value + 999};
      if (*request.at <= history.head_time())
        REQUIRE(explain(queries, history.store(), request, history.head_time())->score == known[i].score);
    }
    for (const char* name : kPeople)
      for (const char* book : kTinyBooks)
        for (const auto& step : whole(queries, history.store(), about(name, book), history.head_time()).steps) {
          ++kinds[step.entry.kind];
          cuts += step.cut == Cut::floor || step.cut == Cut::cap ? 1 : 0;
          over += step.cut == Cut::period_over ? 1 : 0;
        }
  }
  // The histories hold everything that there is to explain.
  CHECK(kinds.size() == 8);
  CHECK(cuts > 100);
  CHECK(over > 3);
}

TEST_CASE("an entry that was altered in the store is found out, and so is an explanation that leaves a step out") {
  History history;
  history.done(history.award("A", "hua"), by("recorder"));
  history.done(history.award("E", "hua", 3), by("recorder"));
  const Queries queries;
  const auto good = whole(queries, history.store(), about("hua"), history.head_time());
  CHECK(fault_in(good, Amount{290}).empty());
  auto short_of_one = good;
  short_of_one.steps.erase(short_of_one.steps.begin() + 1);
  CHECK(fault_in(short_of_one, Amount{290}) == "the steps come to 220, the score is 290");

  auto entry = history.entry("hua", 1);
  entry.change = Amount{10};
  storage::WriteBatch batch;
  const Bytes bytes = encode(entry);
  batch.put(storage::Column::history, ledger::history_key(history_list({"tiny", "score", household("hua")}), 1), bytes);
  REQUIRE(const_cast<storage::Store&>(history.store()).write(batch, storage::Sync::no).has_value());
  const auto altered = explain(queries, history.store(), about("hua"), history.head_time());
  REQUIRE_FALSE(altered.has_value());
  CHECK(altered.error().code == ErrorCode::internal);
  CHECK(altered.error().problem ==
        "entry 1 of subject " + household("hua").hex() + " in book score does not add up with those before it");
}

TEST_CASE("a step tells rule, clause, inputs, signers, papers, case and what cut it") {
  History history;
  history.done(history.award("E", "hua", 30), by("recorder"));  // 20 + 20 = 40: the cap
  history.done(history.award("A", "hua"), by("recorder"));      // nothing left
  const auto deduct = history.deduct("D", "hua", "-12.5");
  history.done(deduct, by("recorder"));
  history.done(Endorse{1}, by("endorser"));
  history.done(Object{1, paper("no")}, by("registrar"));
  history.done(Resolve{1, Resolution::dismissed, paper("so")}, by("arbiter"));
  const Queries queries;
  const auto out = whole(queries, history.store(), about("hua"), history.head_time());
  REQUIRE(out.steps.size() == 4);
  CHECK(english(out.steps[0]) == std::vector<std::string>{"the account was opened at the start of its book"});
  CHECK_FALSE(out.steps[0].proposed_by);

  CHECK(out.steps[1].rule_title.en == "hours of service");
  CHECK(out.steps[1].how.en == "+2.0 for each 3 hours, and 30 hours");
  CHECK(out.steps[1].how.zh == "每3 小时 +2.0 分，共 30 小时");
  CHECK(out.steps[1].cut == Cut::nothing);
  CHECK(out.steps[1].proposed_by->title == "recorder");
  CHECK(out.steps[1].proposed_by->unit == kLudishao);

  CHECK(out.steps[2].how.en == "always +7.0");
  CHECK(out.steps[2].cut == Cut::cap);
  CHECK(english(out.steps[2]) == std::vector<std::string>{"7.0 were to come, 0.0 came: the cap is 40.0"});
  CHECK(out.steps[2].notes[0].zh == "应加 7.0 分，实加 0.0 分：上限为 40.0 分");

  const auto& taken = out.steps[3];
  CHECK(taken.how.en == "named by the proposer between -25.0 and -1.0: -12.5");
  CHECK(taken.entry.evidence == deduct.evidence);
  CHECK(taken.endorsed_by->title == "endorser");
  CHECK(taken.objection == paper("no"));
  CHECK(taken.objected_for->title == "registrar");
  CHECK(english(taken) == std::vector<std::string>{"took effect after an objection was dismissed"});
  CHECK(out.score == Amount{275});
  CHECK(out.stars == 2);
}

TEST_CASE("corrections, expiries, periods and lapses are told with what they are linked to") {
  History history;
  history.done(history.deduct("D", "ming", "-25"), by("recorder", "endorser"));
  history.done(history.deduct("R", "ming"), by("recorder", "endorser"));
  history.done(history.award("C", "ming", 4), by("recorder"));
  history.pass_days(4);  // both take effect; the first to the floor
  history.done(history.award("A", "ming"), by("recorder"));
  history.done(Reverse{"tiny", "score", household("ming"), 2, paper("wrong")}, by("recorder", "endorser"));
  history.pass_days(30);  // July: the season begins again
  history.pass_days(30);  // the deductions have run their term, the coins are gone
  const Queries queries;
  const auto score = whole(queries, history.store(), about("ming"), history.head_time());
  REQUIRE(score.steps.size() == 5);
  CHECK(english(score.steps[1]) == std::vector<std::string>{"took effect when nobody had objected in time",
                                                            "25.0 were to go, 20.0 went: the floor is 0.0",
                                                            "taken back by entry 4"});
  CHECK(english(score.steps[3]) == std::vector<std::string>{"a correction: takes back entry 2"});
  CHECK(english(score.steps[4]) ==
        std::vector<std::string>{"the deduction of entry 1 has run its term: its points come back"});
  CHECK(score.score == Amount{200});

  const auto season = whole(queries, history.store(), about("ming", "season"), history.head_time());
  // Opened in January, so that the first block in June begins a period too.
  REQUIRE(season.steps.size() == 6);
  CHECK(english(season.steps[3]) == std::vector<std::string>{"a new period began: back to the start, 10.0"});
  CHECK(season.steps[5].entry.reverses == 2);
  CHECK(season.steps[5].cut == Cut::period_over);
  CHECK(english(season.steps[5])[1] == "changes no points: the period of that entry is over");

  const auto coins = whole(queries, history.store(), about("ming", "coins"), history.head_time());
  CHECK(english(coins.steps.back()) == std::vector<std::string>{"points that were not spent in time are gone"});

  // Of the moment before it was taken back.
  auto before = about("ming");
  before.at = TimestampMs{score.steps[3].entry.block_time.value - 1};
  const auto then = whole(queries, history.store(), before, history.head_time());
  CHECK(then.score == Amount{70});
  CHECK(then.steps.size() == 3);
  CHECK_FALSE(then.steps[1].taken_back_by);
  CHECK_FALSE(then.pending);
}

TEST_CASE("open cases are told with what they would take and what happens next") {
  History history;
  history.done(history.deduct("D", "bo", "-3"), by("recorder"));
  history.done(history.deduct("D", "bo", "-4"), by("recorder", "endorser"));
  history.done(history.deduct("D", "bo", "-5"), by("recorder", "endorser"));
  history.done(history.deduct("R", "bo"), by("recorder"));  // of another book
  history.done(Object{3, paper("no")}, by("registrar"));
  const Queries queries;
  const auto out = whole(queries, history.store(), about("bo"), history.head_time());
  CHECK(out.pending == Amount{-120});
  REQUIRE(out.open_cases.size() == 3);
  const auto words = [&](std::size_t i) {
    const auto& text = out.open_cases[i].words.en;
    return text.substr(0, text.find(" at 2026")) + text.substr(text.find("Z") + 1);
  };
  CHECK(words(2) == "would take 3.0; lapses unless a second person endorses it");
  CHECK(words(1) == "would take 4.0; takes effect unless somebody objects");
  CHECK(words(0) == "would take 5.0; somebody objected, and it is dropped unless that is dismissed");
  CHECK(out.open_cases[0].rule_title.zh == "违");
}

TEST_CASE("the band is that of the version in force at the moment") {
  History history;
  const auto effective = history.now().plus(10 * Village::kDayLength);
  auto text = with(tiny_rulebook(), R"({"from": "15", "stars": 2)", R"({"from": "20.1", "stars": 2)");
  const TimestampMs whole_second{effective.value / 1000 * 1000};
  REQUIRE(history.adopted(later_version(text, 2, whole_second)));
  history.pass_days(20);
  const Queries queries;
  const auto now = whole(queries, history.store(), about("bo"), history.head_time());
  CHECK(now.version == 2);
  CHECK(now.stars == 1);
  auto request = about("bo");
  request.at = TimestampMs{whole_second.value - 1};
  const auto then = whole(queries, history.store(), request, history.head_time());
  CHECK(then.version == 1);
  CHECK(then.stars == 2);
}

TEST_CASE("what cannot be explained is refused with the field and what would be right") {
  History history;
  history.done(history.award("A", "hua"), by("recorder"));
  const Queries queries;
  struct Row {
    const char* what;
    std::function<void(ExplainRequest&)> change;
    ErrorCode code;
    const char* field;
  };
  const Row rows[] = {
      {"future", [&](auto& r) { r.at = history.head_time().plus(1); }, ErrorCode::invalid_field, "at"},
      {"before", [&](auto& r) { r.at = at("2025-12-31"); }, ErrorCode::not_found, "at"},
      {"from", [&](auto& r) { r.from = 3; }, ErrorCode::invalid_field, "from"},
      {"book", [&](auto& r) { r.book = "other"; }, ErrorCode::not_found, "book"},
      {"rulebook", [&](auto& r) { r.rulebook = "other"; }, ErrorCode::not_registered, "rulebook"},
      {"subject", [&](auto& r) { r.subject = household("nobody"); }, ErrorCode::not_registered, "subject"}};
  for (const auto& row : rows) {
    INFO(row.what);
    auto request = about("hua");
    row.change(request);
    const auto out = explain(queries, history.store(), request, history.head_time());
    REQUIRE_FALSE(out.has_value());
    CHECK(out.error().code == row.code);
    CHECK(out.error().field == row.field);
    CHECK_FALSE(out.error().expected.empty());
  }
}

}  // namespace
