// Every rule of the Qingzhen rulebook: one row for each event, with the change it makes or the refusal it gets.
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

struct Row {
  const char* rule;
  std::uint32_t quantity;
  const char* change;  // in points; empty if refused
  ErrorCode code = ErrorCode::ok;
  const char* message = "";
};

TEST_CASE("QZ1: a household's account opens at 100") {
  Village village;
  const auto entries = village.entries(household("chen"));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].kind == EntryKind::opening);
  CHECK(entries[0].change == Amount{1000});
  CHECK(village.score(household("chen")) == "100.0");
}

TEST_CASE("QZ7 to QZ9: every award") {
  const Row rows[] = {
      {"QZ7", 1, "3.0"},
      {"QZ7", 2, "", ErrorCode::amount_out_of_range,
       "QZ7: quantity is 2; expected 1: the rule does not count a quantity"},
      {"QZ8", 1, "2.0"},
      {"QZ9", 4, "1.0"},
      {"QZ9", 8, "2.0"},
      {"QZ9", 40, "10.0"},
      {"QZ9", 3, "", ErrorCode::amount_out_of_range,
       "QZ9: quantity 3 is not a whole number of 4 hours; expected a quantity from 4 to 40 hours in steps of 4"},
      {"QZ9", 0, "", ErrorCode::amount_out_of_range,
       "QZ9: quantity 0 is below 4; expected a quantity from 4 to 40 hours in steps of 4"},
      {"QZ9", 44, "", ErrorCode::amount_out_of_range,
       "QZ9: quantity 44 is above 40; expected a quantity from 4 to 40 hours in steps of 4"},
      {"QZ3", 1, "", ErrorCode::wrong_state, "QZ3: the rule takes points; expected the operation deduct"},
      {"QZ99", 1, "", ErrorCode::rule_unknown,
       "award: rule \"QZ99\" is not in version 1 of qingzhen; expected a rule of its catalogue"},
  };
  for (const auto& row : rows) {
    INFO(row.rule << " x " << row.quantity);
    Village village;
    const auto result = village.run(village.award(row.rule, household("chen"), row.quantity), by("recorder"));
    CHECK(result.code == row.code);
    CHECK(result.message == row.message);
    if (row.code != ErrorCode::ok) continue;
    const auto output = decode_output(result.output).value();
    CHECK(format_amount(*output.change, 1) == row.change);
    CHECK(*output.score == village.account(household("chen")).score);
    CHECK(output.entry == 1);
  }
}

TEST_CASE("QZ3 to QZ6: every deduction, endorsed and unchallenged") {
  const Row rows[] = {
      {"QZ3", 1, "-10.0"},
      {"QZ3-court", 1, "-20.0"},
      {"QZ4", 1, "-5.0"},
      {"QZ4", 2, "-10.0"},
      {"QZ4", 4, "-20.0"},
      {"QZ5", 1, "-15.0"},
      {"QZ6", 1, "-10.0"},
      {"QZ4", 5, "", ErrorCode::amount_out_of_range,
       "QZ4: quantity 5 is above 4; expected a quantity from 1 to 4 started months"},
      {"QZ4", 0, "", ErrorCode::amount_out_of_range,
       "QZ4: quantity 0 is below 1; expected a quantity from 1 to 4 started months"},
      {"QZ5", 2, "", ErrorCode::amount_out_of_range,
       "QZ5: quantity is 2; expected 1: the rule does not count a quantity"},
      {"QZ7", 1, "", ErrorCode::wrong_state, "QZ7: the rule adds points; expected the operation award"},
  };
  for (const auto& row : rows) {
    INFO(row.rule << " x " << row.quantity);
    Village village;
    const auto result =
        village.run(village.deduct(row.rule, household("chen"), row.quantity), by("recorder", "endorser"));
    CHECK(result.code == row.code);
    CHECK(result.message == row.message);
    if (row.code != ErrorCode::ok) continue;
    const auto output = decode_output(result.output).value();
    CHECK(output.case_number == 1);
    CHECK(output.effective == village.now().plus(10 * Village::kDayLength));
    CHECK(village.score(household("chen")) == "100.0");
    CHECK(village.after_days(9).empty());
    const auto events = village.after_days(1);
    REQUIRE(events.size() == 1);
    CHECK(events[0].state == CaseState::effective);
    CHECK(format_amount(*events[0].change, 1) == row.change);
    CHECK(*events[0].score == village.account(household("chen")).score);
    CHECK(village.entries(household("chen")).at(1).kind == EntryKind::deduction);
  }
}

TEST_CASE("QZ2: the score stays between 0 and 120, and the entry records what is left of the change") {
  Village village;
  for (int i = 0; i < 6; ++i) village.done(village.award("QZ7"), by("recorder"));
  CHECK(village.score(household("chen")) == "118.0");
  CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{20});
  CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{0});
  CHECK(village.score(household("chen")) == "120.0");
  for (int i = 0; i < 7; ++i) village.done(village.deduct("QZ3-court"), by("recorder", "endorser"));
  const auto events = village.after_days(10);
  REQUIRE(events.size() == 7);
  CHECK(events[5].change == Amount{-200});
  CHECK(events[6].change == Amount{0});
  CHECK(village.score(household("chen")) == "0.0");
}

TEST_CASE("limits: a document pays once, a year of repayment once a year, four months for one loan") {
  Village village;
  const auto season = village.award("QZ7");
  village.done(season, by("recorder"));
  const auto again = village.run(season, by("recorder and endorser"));
  CHECK(again.code == ErrorCode::limit_reached);
  CHECK(again.message ==
        "QZ7: use number 2 for this document of evidence would be over the limit; expected at most 1 per document of "
        "evidence");
  village.done(village.award("QZ8"), by("bank officer"));
  const auto second_year = village.run(village.award("QZ8"), by("bank officer"));
  CHECK(second_year.code == ErrorCode::limit_reached);
  CHECK(second_year.message == "QZ8: use number 2 for this year would be over the limit; expected at most 1 per year");
  village.go_to(at("2027-01-02"));
  village.done(village.award("QZ8"), by("bank officer"));
  auto late = village.award("QZ8");
  late.event_time = at("2026-12-31");
  CHECK(village.run(late, by("bank officer")).code == ErrorCode::limit_reached);

  auto overdue = village.deduct("QZ4", household("chen"), 3);
  village.done(overdue, by("bank officer", "endorser"));
  overdue.quantity = 2;
  const auto fifth_month = village.run(overdue, by("bank officer", "endorser"));
  CHECK(fifth_month.code == ErrorCode::limit_reached);
  CHECK(fifth_month.message ==
        "QZ4: a quantity of 5 for this document of evidence would be over the limit; expected at most 4 per document "
        "of evidence");
  overdue.quantity = 1;
  village.done(overdue, by("bank officer", "endorser"));

  village.done(village.award("QZ9", household("li"), 40), by("recorder"));
  const auto hours = village.run(village.award("QZ9", household("li"), 12), by("recorder"));
  CHECK(hours.message == "QZ9: a quantity of 52 for this year would be over the limit; expected at most 48 per year");
  village.done(village.award("QZ9", household("li"), 8), by("recorder"));
}

TEST_CASE("refusals of an award, in order of precedence") {
  Village village;
  struct Refusal {
    const char* why;
    std::function<void(Award&)> change;
    const char* signer;
    ErrorCode code;
    const char* clause;
    std::string message;
  };
  const std::string chen = household("chen").hex();
  const auto person = [](const char* name) { return person_of(name).short_hex(); };
  const Refusal rows[] = {
      {"a stranger signs", [](Award&) {}, "stranger", ErrorCode::not_registered, "award",
       "award: key " + key_of("stranger").short_hex() + " belongs to no officer; expected a registered officer's key"},
      {"no such rulebook", [](Award& award) { award.rulebook = "suzhou"; }, "recorder", ErrorCode::not_registered,
       "award", "award: rulebook \"suzhou\" is not deployed; expected a deployed rulebook"},
      {"tomorrow", [](Award& award) { award.event_time = at("2026-06-02"); }, "recorder", ErrorCode::invalid_field,
       "award",
       "award: event time 2026-06-02T00:00:00Z lies after block time 2026-06-01T08:00:00Z; expected the time at which "
       "it happened"},
      {"before the rulebook", [](Award& award) { award.event_time = at("2025-12-31"); }, "recorder",
       ErrorCode::not_registered, "award",
       "award: rulebook qingzhen was not in force at event time 2025-12-31T00:00:00Z; expected an event from "
       "2026-01-01T00:00:00Z on"},
      {"no such subject", [](Award& award) { award.subject = household("nobody"); }, "recorder",
       ErrorCode::not_registered, "QZ7",
       "QZ7: subject " + household("nobody").hex() + " is not registered; expected a registered subject"},
      {"the wrong role", [](Award&) {}, "endorser", ErrorCode::missing_role, "QZ7",
       "QZ7: person " + person("endorser") + " is endorser; expected the role recorder"},
      {"another village", [](Award&) {}, "recorder of shizui", ErrorCode::outside_unit, "QZ7",
       "QZ7: person " + person("recorder of shizui") +
           " acts for yingshan/qingzhen/shizui, which "
           "yingshan/qingzhen/ludishao is not in; expected an officer of yingshan/qingzhen/ludishao or of a unit above "
           "it"},
      {"an amount", [](Award& award) { award.amount = Amount{35}; }, "recorder", ErrorCode::invalid_field, "QZ7",
       "QZ7: an amount of 3.5 was given; expected no amount: the rule fixes it"},
      {"no evidence", [](Award& award) { award.evidence = {}; }, "recorder", ErrorCode::evidence_missing, "QZ7",
       "QZ7: evidence is missing; expected the digest of the document"},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    auto award = village.award("QZ7");
    row.change(award);
    const auto result = village.run(award, by(row.signer));
    CHECK(result.code == row.code);
    CHECK(result.rule == row.clause);
    CHECK(result.message == row.message);
  }
  auto never = village.award("QZ7");
  never.event_time = TimestampMs{~0ULL};
  CHECK(village.run(never, by("recorder")).code == ErrorCode::invalid_field);
  village.go_to(at("2027-06-01"));
  auto old = village.award("QZ7");
  old.event_time = at("2026-04-01");
  CHECK(village.run(old, by("recorder")).message ==
        "award: event time 2026-04-01T00:00:00Z lies more than 400 days before block time 2027-06-01T00:00:00Z; "
        "expected an event within the span that qingzhen declares");
  old.event_time = village.now();
  old.subject = household("new");
  village.add_household("new", kLudishao);
  CHECK(village.run(old, by("recorder")).message ==
        "QZ7: subject " + household("new").hex() + " has no account under qingzhen; expected open_account first");
}

TEST_CASE("a deduction needs evidence and a reason") {
  Village village;
  auto deduction = village.deduct("QZ5");
  deduction.evidence = {};
  CHECK(village.run(deduction, by("recorder", "endorser")).code == ErrorCode::evidence_missing);
  deduction = village.deduct("QZ5");
  deduction.reason = {};
  const auto result = village.run(deduction, by("recorder", "endorser"));
  CHECK(result.code == ErrorCode::reason_missing);
  CHECK(result.message == "QZ5: the reason is missing; expected the digest of a written reason");
}

TEST_CASE("nobody awards or deducts their own household") {
  Village village;
  village.add_household("recorder's", kLudishao, std::nullopt, person_of("recorder"));
  village.add_household("endorser's", kLudishao, key_of("endorser"));
  for (const char* name : {"recorder's", "endorser's"})
    REQUIRE(village.genesis(OpenAccount{"qingzhen", household(name)}).code == ErrorCode::ok);
  const auto own = village.run(village.award("QZ7", household("recorder's")), by("recorder"));
  CHECK(own.code == ErrorCode::same_person);
  CHECK(own.message == "QZ7: the subject is person " + person_of("recorder").short_hex() +
                           "'s own; expected somebody who does not belong to the subject");
  village.done(village.award("QZ7", household("recorder's")), by("recorder and endorser"));
  CHECK(village.run(village.deduct("QZ6", household("endorser's")), by("recorder", "endorser")).code ==
        ErrorCode::same_person);
}

}  // namespace
