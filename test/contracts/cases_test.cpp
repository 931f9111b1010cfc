// Deductions as cases: two persons, objections, terms, expiry; and reversals.
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

const SubjectHandle kChen = household("chen");

std::string person(std::string_view name) {
  return person_of(name).short_hex();
}
Object objection(std::uint64_t number) {
  return {number, paper("objection")};
}
Resolve decision(std::uint64_t number, Resolution resolution) {
  return {number, resolution, paper("decision")};
}

TEST_CASE("a proposal is endorsed later by a second person, and takes effect after the window") {
  Village village;
  const auto proposed = village.done(village.deduct("QZ3"), by("recorder"));
  CHECK(proposed.case_number == 1);
  CHECK_FALSE(proposed.effective);
  CHECK(village.account(kChen).open_cases == 1);
  village.after_days(29);
  const auto endorsed = village.done(Endorse{1}, by("endorser"));
  CHECK(endorsed.effective == village.now().plus(10 * Village::kDayLength));
  CHECK(village.engine().next_due(village.state()) == endorsed.effective);
  const auto events = village.after_days(10);
  REQUIRE(events.size() == 1);
  CHECK(
      events[0] ==
      DueEvent{
          TimerKind::case_term, "qingzhen", kChen, 1, CaseState::effective, {}, 1, Amount{-100}, Amount{900}, {}, {}});
  CHECK(village.account(kChen).open_cases == 0);
  const auto entry = village.entries(kChen).at(1);
  CHECK(entry.proposer == person_of("recorder"));
  CHECK(entry.endorser == person_of("endorser"));
  CHECK(entry.case_number == 1);
}

TEST_CASE("a proposal that nobody endorses in time lapses") {
  Village village;
  const auto deduction = village.deduct("QZ3");
  village.done(deduction, by("recorder"));
  const auto events = village.after_days(30);
  REQUIRE(events.size() == 1);
  CHECK(events[0] == DueEvent{TimerKind::case_term, "qingzhen", kChen, 1, CaseState::lapsed, {}, {}, {}, {}, {}, {}});
  CHECK(village.score(kChen) == "100.0");
  CHECK(village.account(kChen).open_cases == 0);
  const auto late = village.run(Endorse{1}, by("endorser"));
  CHECK(late.code == ErrorCode::wrong_state);
  CHECK(late.message == "QZ3: case 1 is lapsed; expected a case that is proposed");
  // The evidence is free again.
  village.done(deduction, by("recorder", "endorser"));
}

TEST_CASE("two persons: not two roles, not two keys, not two signatures of one") {
  Village village;
  village.done(ChangeKeys{person_of("recorder and endorser"), key_of("second key"), std::nullopt},
               by("recorder and endorser"));
  const std::string twice = "QZ3: person " + person("recorder and endorser") +
                            " would act twice; expected a different person, not another key or role of the same one";
  const auto second_key = village.run(village.deduct("QZ3"), by("recorder and endorser", "second key"));
  CHECK(second_key.code == ErrorCode::same_person);
  CHECK(second_key.message == twice);
  village.done(village.deduct("QZ3"), by("recorder and endorser"));
  for (const char* key : {"recorder and endorser", "second key"}) {
    const auto own = village.run(Endorse{1}, by(key));
    CHECK(own.code == ErrorCode::same_person);
    CHECK(own.message == "QZ3: person " + person("recorder and endorser") +
                             " proposed case 1; expected a different person, not another key or role of the same one");
  }
  village.done(Endorse{1}, by("endorser"));
}

TEST_CASE("an endorser has the role, the unit, and no stake") {
  Village village;
  village.done(village.deduct("QZ3"), by("recorder"));
  const auto role = village.run(Endorse{1}, by("arbiter"));
  CHECK(role.message == "QZ3: person " + person("arbiter") + " is arbiter; expected the role endorser");
  const auto unit = village.run(Endorse{1}, by("endorser of shizui"));
  CHECK(unit.code == ErrorCode::outside_unit);
  const auto none = village.run(Endorse{7}, by("endorser"));
  CHECK(none.code == ErrorCode::not_found);
  CHECK(none.message == "endorse: case 7 does not exist; expected an open case");
  const auto co_signed = village.run(village.deduct("QZ3"), by("recorder", "auditor"));
  CHECK(co_signed.code == ErrorCode::missing_role);
  CHECK(village.run(village.deduct("QZ3"), by("recorder", "stranger")).code == ErrorCode::not_registered);
}

TEST_CASE("an objection stops the deduction, upheld, it falls") {
  Village village;
  const auto deduction = village.deduct("QZ5");
  village.done(deduction, by("recorder", "endorser"));
  village.after_days(9);
  village.done(objection(1), by("chen"));
  CHECK(village.case_record(1).state == CaseState::disputed);
  CHECK_FALSE(village.case_record(1).objector);
  CHECK(village.after_days(5).empty());
  const auto resolved = village.done(decision(1, Resolution::upheld), by("arbiter"));
  CHECK(resolved.case_number == 1);
  CHECK_FALSE(resolved.entry);
  CHECK(village.case_record(1).state == CaseState::dropped);
  CHECK(village.score(kChen) == "100.0");
  CHECK(village.after_days(400).empty());
}

TEST_CASE("an objection that is dismissed lets the deduction take effect at once") {
  Village village;
  village.done(village.deduct("QZ5"), by("recorder", "endorser"));
  village.done(objection(1), by("registrar"));
  CHECK(village.case_record(1).objector == person_of("registrar"));
  const auto resolved = village.done(decision(1, Resolution::dismissed), by("arbiter"));
  CHECK(resolved.change == Amount{-150});
  CHECK(resolved.score == Amount{850});
  CHECK(resolved.entry == 1);
}

TEST_CASE("in doubt for the subject: an objection that nobody decides in time drops the deduction") {
  Village village;
  village.done(village.deduct("QZ5"), by("recorder", "endorser"));
  village.done(objection(1), by("chen"));
  const auto events = village.after_days(30);
  REQUIRE(events.size() == 1);
  CHECK(events[0].state == CaseState::dropped);
  CHECK(village.score(kChen) == "100.0");
}

TEST_CASE("who objects and who decides") {
  Village village;
  village.add_officer("arbiter too", kTown, {Role::endorser, Role::arbiter});
  village.done(village.deduct("QZ6"), by("recorder"));
  const auto early = village.run(objection(1), by("chen"));
  CHECK(early.code == ErrorCode::wrong_state);
  CHECK(early.message == "QZ6: case 1 is proposed; expected a case that is endorsed");
  village.done(Endorse{1}, by("arbiter too"));
  const auto neighbour = village.run(objection(1), by("li"));
  CHECK(neighbour.code == ErrorCode::not_registered);
  CHECK(neighbour.message == "QZ6: key " + key_of("li").short_hex() +
                                 " belongs to no officer; expected the subject's own key, or an officer of its unit");
  CHECK(village.run(objection(1), by("recorder of shizui")).code == ErrorCode::outside_unit);
  CHECK(village.run(Object{1, {}}, by("chen")).code == ErrorCode::reason_missing);
  const auto not_disputed = village.run(decision(1, Resolution::upheld), by("arbiter"));
  CHECK(not_disputed.message == "QZ6: case 1 is endorsed; expected a case that is disputed");
  village.done(objection(1), by("arbiter"));
  const auto endorsed_it = village.run(decision(1, Resolution::dismissed), by("arbiter too"));
  CHECK(endorsed_it.code == ErrorCode::same_person);
  CHECK(endorsed_it.message == "QZ6: person " + person("arbiter too") +
                                   " endorsed this case; expected an arbiter who neither proposed nor endorsed it nor "
                                   "objected");
  CHECK(village.run(decision(1, Resolution::upheld), by("arbiter")).code == ErrorCode::same_person);
  CHECK(village.run(decision(1, Resolution::upheld), by("recorder")).code == ErrorCode::same_person);
  CHECK(village.run(decision(1, Resolution::upheld), by("registrar")).code == ErrorCode::missing_role);
  village.add_officer("third arbiter", kCounty, {Role::arbiter});
  CHECK(village.run(Resolve{1, Resolution::upheld, {}}, by("third arbiter")).code == ErrorCode::reason_missing);
  village.done(decision(1, Resolution::upheld), by("third arbiter"));
}

TEST_CASE("terms end with block time, even before their timer was handled") {
  Village village;
  village.done(village.deduct("QZ6"), by("recorder", "endorser"));
  // A block whose timers are full: the term is over, the case not handled yet.
  village.block().time = village.now().plus(10 * Village::kDayLength);
  const auto late = village.run(objection(1), by("chen"));
  CHECK(late.code == ErrorCode::wrong_state);
  CHECK(late.message == "QZ6: the term of case 1 ended at 2026-06-11T08:00:00Z; expected an act within the term");
}

TEST_CASE("timers fire oldest first, bounded per block") {
  Village village;
  for (int i = 0; i < 3; ++i) village.done(village.deduct("QZ3-court", household("li")), by("recorder", "endorser"));
  village.go_to(village.now().next());
  village.done(village.deduct("QZ3"), by("recorder", "endorser"));
  village.block().time = village.now().plus(11 * Village::kDayLength);
  const auto number = [](const Bytes& event) { return decode<DueEvent>(event).value().case_number; };
  const auto first = village.engine().run_due(village.block(), village.state(), 2);
  REQUIRE(first.size() == 2);
  CHECK(number(first[0]) == 1);
  CHECK(number(first[1]) == 2);
  const auto rest = village.engine().run_due(village.block(), village.state(), 2);
  REQUIRE(rest.size() == 2);
  CHECK(number(rest[0]) == 3);
  CHECK(number(rest[1]) == 4);
}

TEST_CASE("an adverse entry expires five years after the event, once, and never above the cap") {
  Village village;
  auto deduction = village.deduct("QZ3-court");
  deduction.event_time = at("2026-03-31");
  village.done(deduction, by("recorder", "endorser"));
  village.after_days(10);
  CHECK(village.score(kChen) == "80.0");
  CHECK(village.case_record(1).deadline == at("2031-03-31"));
  for (int i = 0; i < 9; ++i) village.done(village.award("QZ7"), by("recorder"));
  CHECK(village.score(kChen) == "107.0");
  CHECK(village.go_to(at("2031-03-30T23:59:59Z")).empty());
  const auto events = village.go_to(at("2031-03-31"));
  REQUIRE(events.size() == 1);
  CHECK(events[0].state == CaseState::expired);
  CHECK(events[0].change == Amount{130});
  CHECK(village.score(kChen) == "120.0");
  const auto entry = village.entries(kChen).back();
  CHECK(entry.kind == EntryKind::expiry);
  CHECK(entry.reverses == 1);
  CHECK(entry.case_number == 1);
  const auto again = village.run(Reverse{"qingzhen", "credit", kChen, 1, paper("reason")}, by("recorder", "endorser"));
  CHECK(again.code == ErrorCode::wrong_state);
  CHECK(again.message == "reverse: entry 1 was taken back by entry 11 already; expected an entry that stands");
}

TEST_CASE("reversal: a linked entry, once, by two persons") {
  Village village;
  const auto season = village.award("QZ7");
  village.done(season, by("recorder"));
  const auto reverse = [&](std::uint64_t entry) {
    return Reverse{"qingzhen", "credit", kChen, entry, paper("reason")};
  };
  struct Row {
    const char* why;
    Reverse operation;
    Signers signers;
    ErrorCode code;
    std::string message;
  };
  auto no_reason = reverse(1);
  no_reason.reason = {};
  const Row rows[] = {
      {"alone", reverse(1), by("recorder"), ErrorCode::missing_role,
       "reverse: has one signer; expected the signature of a second person, who is endorser or arbiter"},
      {"one person, two roles", reverse(1), by("recorder and endorser", "recorder and endorser"),
       ErrorCode::same_person,
       "reverse: person " + person("recorder and endorser") +
           " would act twice; expected a different person, not another key or role of the same one"},
      {"a bank officer", reverse(1), by("bank officer", "endorser"), ErrorCode::missing_role,
       "reverse: person " + person("bank officer") +
           " is bank_officer; expected the role recorder, endorser or arbiter"},
      {"another village", reverse(1), by("recorder of shizui", "arbiter"), ErrorCode::outside_unit,
       "reverse: person " + person("recorder of shizui") +
           " acts for yingshan/qingzhen/shizui, which yingshan/qingzhen/ludishao is not in; expected an officer of "
           "yingshan/qingzhen/ludishao or of a unit above it"},
      {"no reason", no_reason, by("recorder", "endorser"), ErrorCode::reason_missing,
       "reverse: the reason is missing; expected the digest of a written reason"},
      {"the opening", reverse(0), by("recorder", "endorser"), ErrorCode::wrong_state,
       "reverse: entry 0 is of kind opening; expected an award, a deduction or a spending; a correction is corrected "
       "by a new "
       "award or deduction"},
      {"no such entry", reverse(9), by("recorder", "endorser"), ErrorCode::not_found,
       "reverse: entry 9 does not exist; expected the index of an entry in the account's history"},
      {"good", reverse(1), by("recorder", "endorser"), ErrorCode::ok, ""},
      {"twice", reverse(1), by("recorder", "endorser"), ErrorCode::wrong_state,
       "reverse: entry 1 was taken back by entry 2 already; expected an entry that stands"},
      {"the reversal", reverse(2), by("recorder", "endorser"), ErrorCode::wrong_state,
       "reverse: entry 2 is of kind reversal; expected an award, a deduction or a spending; a correction is corrected "
       "by a new "
       "award or deduction"},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    const auto result = village.run(row.operation, row.signers);
    CHECK(result.code == row.code);
    CHECK(result.message == row.message);
  }
  CHECK(village.score(kChen) == "100.0");
  CHECK(village.entries(kChen).at(2).reverses == 1);
  // The document may be used for the right entry now.
  village.done(season, by("recorder"));
}

TEST_CASE("reversing a deduction ends its case, and nothing expires later") {
  Village village;
  village.done(village.deduct("QZ3"), by("recorder", "endorser"));
  village.after_days(10);
  CHECK(village.score(kChen) == "90.0");
  const auto output = village.done(Reverse{"qingzhen", "credit", kChen, 1, paper("reason")}, by("arbiter", "endorser"));
  CHECK(output.change == Amount{100});
  CHECK(output.case_number == 1);
  CHECK(village.case_record(1).state == CaseState::reversed);
  CHECK_FALSE(village.engine().next_due(village.state()));
  CHECK(village.go_to(at("2035-01-01")).empty());
}

TEST_CASE("a reversal takes back what the entry changed, not what it asked for") {
  Village village;
  for (int i = 0; i < 7; ++i) village.done(village.award("QZ7"), by("recorder"));
  CHECK(village.score(kChen) == "120.0");
  CHECK(village.entries(kChen).at(7).change == Amount{20});
  CHECK(village.done(Reverse{"qingzhen", "credit", kChen, 7, paper("reason")}, by("recorder", "endorser")).change ==
        Amount{-20});
  CHECK(village.score(kChen) == "118.0");
}

}  // namespace
