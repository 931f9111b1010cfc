// The drivers' rulebook: steps of points, suspensions, the sum that moves with time.
#include "contracts/standing.h"
#include "contracts/sums.h"
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

const RulebookId kBook = "zhongshan-drivers";

// The county's village, with the drivers' rulebook and a driver beside its households.
class Drivers : public Village {
 public:
  Drivers() {
    genesis_ok(DeployRulebook{text_of_rulebook(kBook)});
    genesis_ok(RegisterSubject{kDriver, SubjectKind::person, kLudishao, paper("driver"), std::nullopt, std::nullopt});
    genesis_ok(OpenAccount{kBook, kDriver});
  }
  std::uint64_t deduct(std::string_view points) {
    Deduct operation{kBook,
                     kDriver,
                     "ZD1",
                     1,
                     parse_amount(points, 2).value(),
                     now(),
                     paper("reason"),
                     paper("evidence " + std::to_string(++papers_))};
    return *done(operation, by("recorder", "endorser")).case_number;
  }
  std::uint64_t deducted(std::string_view points) {
    const auto number = deduct(points);
    after_days(7);
    return number;
  }
  Award red(std::string_view points) {
    return {kBook,
            kDriver,
            "ZD2",
            1,
            parse_amount(points, 2).value(),
            now(),
            paper("reason"),
            paper("red " + std::to_string(++papers_))};
  }
  // In whole days from now; 0: not suspended.
  std::uint64_t suspended(std::string_view what) {
    const auto record = standing_of(state(), kBook, kDriver, what);
    return record ? (record->until().value - now().value) / kDayLength : 0;
  }
  std::string points() { return format_amount(account(kDriver, kBook).score, 2); }
  Amount sum() {
    const auto rulebook = compile_rulebook(text_of_rulebook(kBook)).rulebook;
    return sum_of(state(), kBook, *rulebook->sum("deducted-12-months"), kDriver, now());
  }

  const SubjectHandle kDriver = household("driver");

 private:
  void genesis_ok(const Operation& operation) {
    const auto result = genesis(operation);
    INFO(result.message);
    REQUIRE(result.code == ErrorCode::ok);
  }
  int papers_ = 0;
};

TEST_CASE("ZD4: the days of suspension for every step of points") {
  struct Row {
    const char* points;
    std::uint64_t days;
  };
  const Row rows[] = {{"-2.5", 3}, {"-3", 4}, {"-3.5", 4}, {"-4", 4}, {"-4.5", 4}, {"-5", 5}};
  for (const auto& row : rows) {
    INFO(row.points);
    Drivers drivers;
    drivers.deducted(row.points);
    CHECK(drivers.suspended("dispatch") == row.days);
    CHECK(drivers.suspended("registration") == 0);
    const auto events = drivers.after_days(row.days);
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == TimerKind::standing);
    CHECK(events[0].code == "dispatch");
    CHECK(drivers.suspended("dispatch") == 0);
  }
}

TEST_CASE("ZD1 and ZD2: amounts out of the steps or the range are refused in words") {
  Drivers drivers;
  const auto refused = [&](std::string_view points) {
    return drivers.run(drivers.red(points), by("recorder")).message;
  };
  CHECK(refused("2.75") == "ZD2: points are added in steps of 0.5; expected `amount * 2 == round(amount * 2, 0)`");
  CHECK(refused("2") == "ZD2: amount is 2.00; expected an amount from 2.50 to 5.00");
  CHECK(refused("5.5") == "ZD2: amount is 5.50; expected an amount from 2.50 to 5.00");
  CHECK(drivers.points() == "100.00");
}

TEST_CASE("ZD7: red points stop at 10 a year") {
  Drivers drivers;
  drivers.done(drivers.red("5"), by("recorder"));
  drivers.done(drivers.red("5"), by("recorder"));
  const auto over = drivers.run(drivers.red("2.5"), by("recorder"));
  CHECK(over.code == ErrorCode::limit_reached);
  CHECK(drivers.points() == "110.00");
}

TEST_CASE("ZD5 and ZD6: 20 points within twelve months suspend the registration, red points do not offset them") {
  Drivers drivers;
  for (int i = 0; i < 3; ++i) drivers.deducted("-5");
  drivers.done(drivers.red("5"), by("recorder"));
  CHECK(drivers.sum() == Amount{1500});
  drivers.deducted("-4.5");
  CHECK(drivers.sum() == Amount{1950});
  CHECK(drivers.suspended("registration") == 0);
  drivers.deducted("-2.5");
  CHECK(drivers.sum() == Amount{2200});
  CHECK(drivers.suspended("registration") == 30);
  CHECK(drivers.suspended("dispatch") == 30);
  CHECK(drivers.points() == "83.00");
}

TEST_CASE("ZD6: what lies twelve months back counts no more") {
  Drivers drivers;
  for (int i = 0; i < 3; ++i) drivers.deducted("-5");
  drivers.after_days(366);
  CHECK(drivers.sum() == Amount{0});
  drivers.deducted("-5");
  CHECK(drivers.sum() == Amount{500});
  CHECK(drivers.suspended("registration") == 0);
}

TEST_CASE("a correction takes the suspension and the sum back, and leaves those of other entries") {
  Drivers drivers;
  drivers.deducted("-5");
  drivers.deducted("-2.5");
  CHECK(drivers.suspended("dispatch") == 3);
  CHECK(drivers.sum() == Amount{750});
  drivers.done(Reverse{kBook, "credit", drivers.kDriver, 2, paper("wrong driver")}, by("recorder", "endorser"));
  CHECK(drivers.sum() == Amount{500});
  CHECK(drivers.suspended("dispatch") == 0);
  CHECK(drivers.points() == "95.00");
}

TEST_CASE("an objection that is upheld leaves no suspension") {
  Drivers drivers;
  const auto number = drivers.deduct("-5");
  drivers.done(Object{number, paper("no")}, by("registrar"));
  drivers.done(Resolve{number, Resolution::upheld, paper("so")}, by("arbiter"));
  drivers.after_days(30);
  CHECK(drivers.points() == "100.00");
  CHECK(drivers.suspended("dispatch") == 0);
  CHECK(drivers.sum() == Amount{0});
}

}  // namespace
