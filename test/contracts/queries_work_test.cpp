// The read side of workflows: cases, their history, lists of them, queues, obligations, notices, and their JSON.
#include "contracts/queries.h"
#include "contracts/village.h"
#include "contracts/work_json.h"

namespace {

using namespace tally;
using namespace tally::contracts;

// Under the rulebook for tests; chen and li can sign.
struct Help {
  Village village;
  Queries queries;

  Help() {
    const auto deployed = village.genesis(DeployRulebook{source_file("test/support/relief_rulebook.json")});
    INFO(deployed.message);
    REQUIRE(deployed.code == ErrorCode::ok);
    village.add_household("mu", kLudishao, key_of("mu"));
    village.add_household("ma", kShizui, key_of("ma"));
    for (const char* name : {"chen", "mu"}) village.done(OpenAccount{"relief", household(name)}, by("registrar"));
  }
  std::uint64_t open(const std::string& workflow, const char* who, std::vector<NamedText> values,
                     std::vector<NamedCase> links = {}, const char* signer = nullptr) {
    const OpenCase operation{"relief", workflow, household(who), std::move(values), std::move(links), {}, {}};
    return *village.done(operation, by(signer != nullptr ? signer : who)).case_number;
  }
  void act(std::uint64_t number, const std::string& act, std::vector<NamedText> values, const Signers& signers) {
    village.done(ActCase{number, act, std::move(values), paper("so"), paper("photo")}, signers);
  }
  std::uint64_t duty() {
    const auto day = open("day", "li", {{"place", "field"}}, {}, "recorder");
    return open("duty", "chen", {{"hours", "6"}}, {{"day", day}});
  }
  std::unique_ptr<storage::Store> store() { return village.state().to_store(); }
};

TEST_CASE("a case's view: where it stands, its fields, who may do what next, when it goes on by itself") {
  Help help;
  const auto number = help.duty();
  auto store = help.store();
  auto view = help.queries.work(*store, number).value();
  CHECK(view.title == Title{"值勤", "duty"});
  CHECK(view.state == "joined");
  CHECK(view.state_title.en == "signed up");
  CHECK(view.unit == kLudishao);
  CHECK_FALSE(view.over);
  REQUIRE(view.next);
  CHECK(*view.next == DueView{help.village.now().plus(48ULL * 3600 * 1000), "missed", {"缺席", "missed"}});
  CHECK(view.term->deadline == help.village.now().plus(60 * Village::kDayLength));
  REQUIRE(view.fields.size() == 4);
  CHECK(view.fields[0].name == "hours");
  CHECK(view.fields[0].type == "decimal");
  CHECK(view.fields[0].value == "6");
  CHECK(view.fields[1].list);
  CHECK(view.fields[2].value == "2026-03-01T00:00:00Z");
  CHECK(view.fields[3].value.empty());
  REQUIRE(view.links.size() == 1);
  CHECK(view.links[0] == LinkView{"day", "day", number - 1});
  REQUIRE(view.choices.size() == 2);
  CHECK(view.choices[0].act == "confirm");
  CHECK(view.choices[0].by == std::vector<std::string>{"recorder"});
  CHECK(view.choices[0].leads_to == "done");
  CHECK(view.choices[0].takes == std::vector<std::string>{"helper"});
  CHECK(view.choices[0].endorsements == 1);
  CHECK(view.choices[0].evidence_required);
  CHECK(view.choices[1].act == "blame");
  CHECK(help.queries.work(*store, number - 1)->fields[0].value == "1");

  help.act(number, "blame", {}, by("recorder"));
  help.act(number, "confirm", {{"helper", household("mu").hex()}}, by("recorder", "endorser"));
  help.act(number, "rate", {{"marks", "4"}}, by("mu"));
  store = help.store();
  view = help.queries.work(*store, number).value();
  CHECK(view.state == "done");
  CHECK(view.moves == 4);
  CHECK(view.fields[3].value == household("mu").hex());
  REQUIRE(view.fields[1].values.size() == 1);
  CHECK(view.fields[1].values[0].value == "4");
  CHECK(view.fields[1].values[0].by == Signer{std::nullopt, household("mu")});
  // Blamed once, which is as often as it may be; no deadline but the term.
  REQUIRE(view.choices.size() == 2);
  CHECK(view.choices[0].act == "rate");
  CHECK(view.choices[0].by == std::vector<std::string>{"others"});
  CHECK(view.choices[1].act == "count");
  CHECK(view.next->leads_to == "missed");
  CHECK(view.next->deadline == view.term->deadline);

  help.act(number, "count", {}, by("recorder"));
  store = help.store();
  view = help.queries.work(*store, number).value();
  CHECK(view.over);
  CHECK_FALSE(view.next);
  CHECK_FALSE(view.term);
  CHECK(view.choices.empty());
  CHECK(help.queries.work(*store, 99).error().text() == "case: is 99; expected the number of a case of a workflow");
}

TEST_CASE("a case's history comes newest first, page by page, with what each act brought") {
  Help help;
  const auto number = help.duty();
  help.act(number, "confirm", {{"helper", household("mu").hex()}}, by("recorder", "endorser"));
  help.act(number, "rate", {{"marks", "4"}}, by("mu"));
  const auto store = help.store();
  const auto first = help.queries.work_acts(*store, number, std::nullopt, 2).value();
  REQUIRE(first.acts.size() == 2);
  CHECK(first.acts[0].act.act == "rate");
  CHECK(first.acts[0].act.values == std::vector<NamedText>{{"marks", "4"}});
  CHECK(first.acts[1].title.en == "confirm");
  CHECK(first.acts[1].state_title.en == "done");
  CHECK(first.acts[1].act.signers ==
        std::vector<Signer>{{person_of("recorder"), std::nullopt}, {person_of("endorser"), std::nullopt}});
  REQUIRE(first.acts[1].act.consequences.size() == 2);
  CHECK(first.next == 1);
  const auto second = help.queries.work_acts(*store, number, first.next, 2).value();
  REQUIRE(second.acts.size() == 1);
  CHECK(second.acts[0].act.act == "open");
  CHECK_FALSE(second.next);

  const auto json = act_page_json(first);
  const auto& brought = json["acts"][1]["act"]["consequences"];
  CHECK(brought[0]["kind"] == "award");
  CHECK(brought[0]["amount_points"] == "2.0");
  CHECK(brought[1]["kind"] == "obligation");
  CHECK(brought[1]["amount"] == "7500");
  CHECK(brought[1]["amount_money"] == "75.00");
  CHECK_FALSE(brought[1].contains("amount_points"));
  // A value is a text, whatever it looks like.
  CHECK(json["acts"][0]["act"]["values"][0] == Json{{"name", "marks"}, {"value", "4"}});
}

TEST_CASE("cases are listed by unit and by subject, open ones or all, with cursors") {
  Help help;
  std::vector<std::uint64_t> numbers;
  for (const char* who : {"chen", "mu", "ma", "chen"}) numbers.push_back(help.open("claim", who, {{"loss", "10"}}));
  help.village.done(Allocate{"relief", "relief", kShizui, std::nullopt, {}, {}}, by("recorder of shizui"));
  const auto store = help.store();
  const auto listed = [&](auto&& ask) {
    std::vector<std::uint64_t> out;
    std::optional<std::string> cursor;
    do {
      const auto page = ask(cursor).value();
      for (const auto& row : page.rows) out.push_back(row.number);
      cursor = page.next;
    } while (cursor);
    return out;
  };
  CHECK(listed([&](auto cursor) { return help.queries.work_of_unit(*store, kTown, false, cursor, 2); }) ==
        std::vector{numbers[2], numbers[3], numbers[1], numbers[0]});
  CHECK(listed([&](auto cursor) { return help.queries.work_of_unit(*store, kTown, true, cursor, 2); }) ==
        std::vector{numbers[3], numbers[1], numbers[0]});
  CHECK(listed([&](auto cursor) {
          return help.queries.work_of_subject(*store, household("chen"), false, cursor, 1);
        }) == std::vector{numbers[3], numbers[0]});
  CHECK(help.queries.work_count(*store, "relief", "claim", "waiting", household("chen")).value() == 2);
  CHECK(help.queries.work_count(*store, "relief", "claim", "served", household("ma")).value() == 1);
  CHECK(help.queries.work_count(*store, "relief", "claim", "served", household("chen")).value() == 0);
}

TEST_CASE("a queue shows numbers and places, a page at a time, and says which queues there are") {
  Help help;
  const auto small = help.open("claim", "chen", {{"loss", "10"}});
  const auto large = help.open("claim", "mu", {{"loss", "20"}});
  const auto east = help.open("claim", "ma", {{"loss", "15"}});
  const auto store = help.store();
  const auto ask = [&](const UnitId& unit, std::optional<std::string> cursor, std::size_t rows) {
    return help.queries.queue(*store, "relief", "relief", unit, help.village.now(), cursor, rows);
  };
  const auto first = ask(kTown, std::nullopt, 2).value();
  REQUIRE(first.rows.size() == 2);
  CHECK(first.rows[0].place == 1);
  CHECK(first.rows[0].case_number == large);
  CHECK(first.rows[1].case_number == east);
  const auto second = ask(kTown, first.next, 2).value();
  REQUIRE(second.rows.size() == 1);
  CHECK(second.rows[0].place == 3);
  CHECK(second.rows[0].case_number == small);
  CHECK_FALSE(second.next);
  CHECK(ask(kShizui, std::nullopt, 2).value().rows.size() == 1);
  CHECK(ask(kTown, "x", 2).error().field == "cursor");
  CHECK(ask(kTown, "99", 2).value().rows.empty());
  CHECK(help.queries.queue(*store, "relief", "belief", kTown, help.village.now(), {}, 2).error().text() ==
        "queue: is \"belief\"; expected one of relief");
}

TEST_CASE("obligations stand oldest first and stay when they are paid, notices newest first") {
  Help help;
  const auto number = help.duty();
  help.act(number, "confirm", {{"helper", household("mu").hex()}}, by("recorder", "endorser"));
  const auto second = help.duty();
  help.village.after_days(3);
  auto store = help.store();
  const auto owed = help.queries.obligations(*store, household("chen"), std::nullopt, 10).value();
  REQUIRE(owed.rows.size() == 1);
  CHECK(owed.rows[0].record.amount == Amount{7500});
  CHECK(owed.rows[0].record.state == ObligationState::owed);
  CHECK(obligation_json(owed.rows[0])["record"]["amount_money"] == "75.00");
  CHECK(obligation_json(owed.rows[0])["record"]["due"] == "2026-07-01T08:00:00Z");
  CHECK(help.queries.obligations(*store, household("mu"), std::nullopt, 10)->rows.empty());
  const auto notices = help.queries.notices(*store, household("chen"), std::nullopt, 10).value();
  REQUIRE(notices.rows.size() == 1);
  CHECK(notices.rows[0].record.case_number == second);
  CHECK(notices.rows[0].record.title.en == "you did not come");

  help.village.done(Settle{owed.rows[0].number, paper("transfer")}, by("recorder"));
  store = help.store();
  const auto paid = help.queries.obligations(*store, household("chen"), std::nullopt, 10).value();
  CHECK(paid.rows.at(0).record.state == ObligationState::paid);
  CHECK(paid.rows.at(0).record.paid_by == person_of("recorder"));
}

}  // namespace
