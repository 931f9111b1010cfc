// What a subject sees of itself: consents, lists and suspensions with their grounds, sums, and who asked about it.
#include "contracts/subject_queries.h"

#include "contracts/history.h"

namespace {

using namespace tally;
using namespace tally::contracts;

struct Seen {
  const History& history;
  Queries queries;
  [[nodiscard]] SubjectQuestion of(std::string_view name) const {
    return {queries, history.store(), "tiny", household(name), history.head_time()};
  }
};

TEST_CASE("consents: who may ask until when, and none that was taken back") {
  History history;
  const Seen seen{history, {}};
  CHECK(consents_of(seen.of("hua"))->empty());
  const auto until = history.now().plus(30 * Village::kDayLength);
  history.done(GiveConsent{"tiny", household("hua"), {}, until, {}}, by("hua"));
  history.done(
      GiveConsent{"tiny", household("hua"), "yingshan/bank", history.now().plus(Village::kDayLength), paper("slip")},
      by("registrar"));
  auto consents = consents_of(seen.of("hua")).value();
  REQUIRE(consents.size() == 2);
  CHECK(consents[0].unit.empty());
  CHECK(consents[0].until == until);
  CHECK_FALSE(consents[0].helper);
  CHECK(consents[1].unit == "yingshan/bank");
  CHECK(consents[1].evidence == paper("slip"));
  CHECK(consents[1].helper == person_of("registrar"));
  CHECK(consents[1].runs);
  history.pass_days(2);
  CHECK_FALSE(consents_of(seen.of("hua"))->at(1).runs);
  history.done(WithdrawConsent{"tiny", household("hua"), {}}, by("hua"));
  CHECK(consents_of(seen.of("hua"))->size() == 1);
  CHECK(consents_of(seen.of("ming"))->empty());
}

TEST_CASE("standings: lists and suspensions with the entries that they rest on") {
  History history;
  const Seen seen{history, {}};
  history.done(history.award("G", "ming"), by("recorder"));
  history.done(history.deduct("D", "ming", "-12"), by("recorder", "endorser"));
  history.pass_days(4);
  auto standings = standings_of(seen.of("ming")).value();
  REQUIRE(standings.size() == 2);
  CHECK(standings[0].code == "good");
  CHECK(standings[0].kind == StandingKind::red);
  REQUIRE(standings[0].grounds.size() == 1);
  CHECK(standings[0].grounds[0].entry == 1);
  CHECK(standings[0].grounds[0].rule_title.en == "good standing");
  CHECK(standings[1].code == "barred");
  CHECK(standings[1].until == history.head_time().plus(20 * Village::kDayLength));
  CHECK(standings[1].grounds[0].rule == "D");
  history.pass_days(21);
  CHECK(standings_of(seen.of("ming"))->size() == 1);
  CHECK(standings_of(seen.of("bo"))->empty());
}

TEST_CASE("standings that only an earlier version declared are still told") {
  History history;
  const Seen seen{history, {}};
  history.done(history.award("G", "ming"), by("recorder"));
  auto text = with(tiny_rulebook(), R"("code": "good", "title": {"zh": "红", "en": "good"})",
                   R"("code": "fine", "title": {"zh": "好", "en": "fine"})");
  text = with(std::move(text), R"("list": "good")", R"("list": "fine")");
  const TimestampMs soon{history.now().value / 1000 * 1000 + 60'000};
  REQUIRE(history.adopted(later_version(text, 2, soon)));
  history.pass_days(1);
  const auto standings = standings_of(seen.of("ming")).value();
  REQUIRE(standings.size() == 1);
  CHECK(standings[0].code == "good");
  CHECK(standings[0].title.zh == "红");
}

TEST_CASE("sums: what was lost within the window") {
  History history;
  const Seen seen{history, {}};
  history.done(history.deduct("D", "bo", "-12"), by("recorder", "endorser"));
  CHECK(sums_of(seen.of("bo"))->at(0).value == Amount{0});
  history.pass_days(4);
  const auto sums = sums_of(seen.of("bo")).value();
  REQUIRE(sums.size() == 1);
  CHECK(sums[0].code == "lost");
  CHECK(sums[0].value == Amount{120});
  CHECK(sums[0].months == 12);
  history.pass_days(200);
  history.pass_days(200);
  CHECK(sums_of(seen.of("bo"))->at(0).value == Amount{0});
}

TEST_CASE("consultations: who asked which gate, newest first, in pages") {
  History history;
  const Seen seen{history, {}};
  CHECK(consultations_of(seen.of("hua"), std::nullopt, 10)->rows.empty());
  history.done(GiveConsent{"tiny", household("hua"), "yingshan/bank", history.now().plus(Village::kDayLength), {}},
               by("hua"));
  history.done(Consult{"tiny", household("hua"), "loan", paper("first")}, by("banker"));
  history.done(Consult{"tiny", household("hua"), "loan", paper("second")}, by("recorder"));
  const auto newest = consultations_of(seen.of("hua"), std::nullopt, 1).value();
  REQUIRE(newest.rows.size() == 1);
  CHECK(newest.rows[0].consultation.purpose == paper("second"));
  CHECK(newest.rows[0].officer_title == "recorder");
  CHECK(newest.rows[0].gate_title.en == "loan");
  CHECK(newest.next == 1);
  const auto older = consultations_of(seen.of("hua"), newest.next, 10).value();
  REQUIRE(older.rows.size() == 1);
  CHECK(older.rows[0].consultation.unit == "yingshan/bank");
  CHECK(older.rows[0].consultation.passes);
  CHECK_FALSE(older.next);
}

TEST_CASE("questions about nobody, or under no rulebook, are refused") {
  History history;
  const Seen seen{history, {}};
  auto nobody = seen.of("nobody");
  CHECK(consents_of(nobody).error().field == "subject");
  CHECK(standings_of(nobody).error().code == ErrorCode::not_registered);
  auto question = seen.of("hua");
  question.rulebook = "other";
  CHECK(sums_of(question).error().field == "rulebook");
  CHECK(consultations_of(question, std::nullopt, 1).error().field == "rulebook");
}

}  // namespace
