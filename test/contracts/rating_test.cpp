// Ratings at the end of a period: when, of which score, and what a reset, a late block or a new version do to them.
#include "common/json.h"
#include "contracts/ratings.h"
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

const SubjectHandle kChen = household("chen");
const SubjectHandle kLi = household("li");
const AccountId kAccount{"qingzhen", "credit", kChen};

std::string rated_by(const std::string& period, const std::string& resets = {}) {
  Json document = parse_json(qingzhen_text()).value();
  document["books"][0]["rated"] = period;
  if (!resets.empty()) document["books"][0]["resets"] = resets;
  return document.dump();
}

std::vector<DueEvent> ratings_in(const std::vector<DueEvent>& events) {
  std::vector<DueEvent> out;
  for (const auto& event : events)
    if (event.kind == TimerKind::rating) out.push_back(event);
  return out;
}

TEST_CASE("ratings: the period's last millisecond, for every period") {
  struct Row {
    const char* period;
    const char* next;
    std::size_t in_a_year;
  };
  // The village begins on 2026-06-01.
  const Row rows[] = {{"month", "2026-06-30T23:59:59.999Z", 7},
                      {"quarter", "2026-06-30T23:59:59.999Z", 3},
                      {"year", "2026-12-31T23:59:59.999Z", 1}};
  for (const auto& row : rows) {
    INFO(row.period);
    Village village(rated_by(row.period));
    // The accounts were opened at a genesis on 2026-01-01: periods before June are rated one after the other.
    while (!village.go_to(village.now().plus(1000)).empty()) continue;
    const auto before = last_rating(village.state(), kAccount);
    CHECK(before.has_value() == (std::string_view(row.period) != "year"));
    std::size_t count = 0;
    while (village.now() < at("2027-01-01")) {
      const auto events = ratings_in(village.after_days(1));
      for (const auto& event : events) count += event.subject == kChen;
      if (count == 1 && !events.empty() && events[0].subject == kChen) {
        CHECK(last_rating(village.state(), kAccount)->time == at(row.next));
      }
    }
    CHECK(count == row.in_a_year);
  }
}

TEST_CASE("ratings: what comes after the period does not count, however late the account's turn is") {
  Village village(rated_by("year"));
  village.done(village.award("QZ7"), by("recorder"));
  const Amount score = village.account(kChen).score;
  // A block in the new year whose due work was cut off by the block's bound: the award comes before the rating.
  village.block().time = at("2027-01-01T08:00:00Z");
  village.done(village.award("QZ7"), by("recorder"));
  CHECK(village.account(kChen).score > score);
  std::size_t rated = 0;
  for (int block = 0; block < 10; ++block)
    rated += village.engine().run_due(village.block(), village.state(), 1).size();
  CHECK(rated == 3);
  const auto rating = last_rating(village.state(), kAccount);
  REQUIRE(rating.has_value());
  CHECK(rating->score == score);
  CHECK(rating->time == at("2026-12-31T23:59:59.999Z"));
}

TEST_CASE("ratings: everybody is rated before the book is reset at the same moment") {
  Village village(rated_by("year", "year"));
  village.done(village.award("QZ7"), by("recorder"));
  const Amount score = village.account(kChen).score;
  village.go_to(at("2027-01-01"));
  CHECK(last_rating(village.state(), kAccount)->score == score);
  CHECK(village.account(kChen).score == Amount{1000});
}

TEST_CASE("ratings: expressions see the stars of the last one") {
  Json document = parse_json(rated_by("year")).value();
  Json condition;
  condition["when"] = "subject.rated('credit') >= 1";
  condition["otherwise"]["zh"] = "未评";
  condition["otherwise"]["en"] = "not rated yet";
  document["rules"][0]["conditions"] = Json::array({condition});
  const std::string code = document["rules"][0]["code"];
  Village village(document.dump());
  const auto early = village.run(village.deduct(code), by("recorder", "endorser"));
  CHECK(early.code == ErrorCode::condition_failed);
  village.go_to(at("2027-01-01"));
  CHECK(village.run(village.deduct(code), by("recorder", "endorser")).code == ErrorCode::ok);
  document["rules"][0]["conditions"][0]["when"] = "subject.rated('credits') >= 1";
  const auto wrong = compile_rulebook(document.dump());
  REQUIRE(wrong.problems.size() == 1);
  CHECK_THAT(wrong.problems[0].text(), Catch::Contains("the rulebook has no book \"credits\""));
}

TEST_CASE("ratings: the version in force at the period's end says whether and how") {
  Village village(rated_by("month"));
  while (!village.go_to(village.now().plus(1000)).empty()) continue;
  Json next = parse_json(rated_by("year")).value();
  next["version"] = 2;
  next["effective"] = "2026-07-15";
  village.adopt(next.dump());
  village.go_to(at("2026-07-20"));
  village.done(village.award("QZ7"), by("recorder"));
  const Amount score = village.account(kChen).score;
  village.go_to(at("2026-08-10"));
  CHECK(last_rating(village.state(), kAccount)->time == at("2026-06-30T23:59:59.999Z"));
  // A version of the new year does not decide about the old one, though its block comes first.
  Json last = next;
  last["version"] = 3;
  last["effective"] = "2027-01-01";
  last["books"][0].erase("rated");
  village.adopt(last.dump());
  for (const auto& event : ratings_in(village.go_to(at("2027-01-05")))) CHECK(event.stars.has_value());
  const auto rating = last_rating(village.state(), kAccount);
  CHECK(rating->time == at("2026-12-31T23:59:59.999Z"));
  CHECK(rating->score == score);
  CHECK(rating->rulebook_version == 2);
  CHECK(ratings_in(village.go_to(at("2028-01-05"))).empty());
}

TEST_CASE("ratings: whoever took back their consent is rated no more") {
  Json document = parse_json(rated_by("month")).value();
  document["needs_consent"] = true;
  Village village;
  REQUIRE(compile_rulebook(document.dump()).rulebook != nullptr);
  const auto rulebook = compile_rulebook(document.dump()).rulebook;
  village.go_to(at("2026-06-30T12:00:00Z"));
  const Ledger ledger{village.state(), *rulebook, *rulebook->book("credit"), kChen};
  const auto end = at("2026-07-01");
  CHECK_FALSE(rate_account(ledger, end).stars.has_value());
  CHECK_FALSE(last_rating(village.state(), kAccount).has_value());
  const GiveConsent consent{"qingzhen", kChen, {}, at("2026-12-01"), {}};
  village.done(consent, by("chen"));
  CHECK(rate_account(ledger, end).stars.has_value());
}

TEST_CASE("ratings: a period that is none is refused") {
  const auto wrong = compile_rulebook(rated_by("week"));
  REQUIRE(wrong.problems.size() == 1);
  CHECK(wrong.problems[0].text() == "books[0].rated: is week; expected month, quarter or year");
}

}  // namespace
