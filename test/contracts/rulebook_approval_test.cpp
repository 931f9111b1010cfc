// What a rulebook's heading may ask for, and documents that could overflow or never end.
#include "contracts/constitution.h"
#include "contracts/expression_cost.h"
#include "contracts/village.h"

namespace tally::contracts {

namespace {

std::string problems_of(const std::string& document) {
  std::string out;
  for (const auto& problem : compile_rulebook(document).problems) out += (out.empty() ? "" : "\n") + problem.text();
  return out;
}

std::string with_approval(const std::string& approval) {
  return with(qingzhen_text(), "\"corrections\"", "\"approval\": " + approval + ", \"corrections\"");
}

}  // namespace

TEST_CASE("approval in a heading is checked like every other field") {
  struct Row {
    const char* approval;
    const char* problem;
  };
  const Row rows[] = {
      {R"({"terms": [{"role": "governor", "unit_kind": "town", "count": 2, "distinct_units": true}]})", ""},
      {R"({"comment_days": 30})", ""},
      {R"({})",
       "approval.terms: are missing; expected terms, comment_days or both: what is asked for beside the "
       "constitution"},
      {R"({"comment_days": 0})", "approval.comment_days: is 0; expected a whole number from 1 to 365"},
      {R"({"terms": [{"role": "governor", "count": 17}]})",
       "approval.terms[0].count: is 17; expected a whole number from 1 to 16"},
      {R"({"terms": [{"unit_kind": "town"}]})", "approval.terms[0].role: is missing"},
      {R"({"terms": [{"role": "governor", "unit_kind": "city"}]})",
       "approval.terms[0].unit_kind: is \"city\"; expected one of province, county, town, village, bank"},
      {R"({"terms": [{"role": "governor", "distinct": true}]})",
       "approval.terms[0].distinct: is not a known field; expected one of role, unit_kind, count, distinct_units"},
      {R"({"terms": 3})", "approval.terms: is a number; expected an array of objects"},
  };
  for (const auto& row : rows) {
    INFO(row.approval);
    CHECK(problems_of(with_approval(row.approval)) == row.problem);
  }
  const auto approval = compile_rulebook(with_approval(rows[0].approval)).rulebook->approval;
  CHECK(approval.terms == std::vector<ApprovalTerm>{{Role::governor, UnitKind::town, 2, true}});
}

TEST_CASE("a bank is concerned where its officers act or ask, or an amount is granted") {
  CHECK(concerns_banks(*compile_rulebook(qingzhen_text()).rulebook));
  CHECK(concerns_banks(*compile_rulebook(text_of_rulebook("rongcheng")).rulebook));
  CHECK_FALSE(concerns_banks(*compile_rulebook(text_of_rulebook("suzhou")).rulebook));
  CHECK_FALSE(concerns_banks(*compile_rulebook(text_of_rulebook("zhongshan-drivers")).rulebook));
}

TEST_CASE("what an expression can cost at the most is told from its text") {
  CHECK(most_cost("1 + 2") == 3);
  CHECK(most_cost("this is none") == 0);
  const std::string ten = "[1,2,3,4,5,6,7,8,9,10]";
  const auto one = most_cost(ten + ".exists(a, a > 5)");
  CHECK(one > 10);
  CHECK(one < 200);
  const auto two = most_cost(ten + ".exists(a, " + ten + ".exists(b, a > b))");
  CHECK(two > 10 * one);
  std::string deep = "a0 == 1";
  for (int i = 0; i < 12; ++i) deep = ten + ".all(a" + std::to_string(i) + ", " + deep + ")";
  CHECK(most_cost(deep) > 1'000'000'000'000);
}

TEST_CASE("a rulebook that could overflow or that no budget would let end is refused") {
  auto plenty =
      with(qingzhen_text(), "\"points\": \"-5\",\n        \"units\"", "\"points\": \"-90000000000000\", \"units\"");
  plenty = with(plenty, "\"quantity_max\": 4\n", "\"quantity_max\": 1000000");
  CHECK(problems_of(plenty).find("amount.quantity_max: is 1000000, and -90000000000000.0 points so often overflow; "
                                 "expected a smaller quantity_max or fewer points") != std::string::npos);
  const std::string ten = "[1,2,3,4,5,6,7,8,9,10]";
  std::string loop = "subject.score > decimal('1')";
  for (int i = 0; i < 7; ++i) loop = ten + ".all(a" + std::to_string(i) + ", " + loop + ")";
  const auto drivers = text_of_rulebook("zhongshan-drivers");
  REQUIRE(problems_of(drivers) == "");
  const auto at = drivers.find("\"when\": \"");
  REQUIRE(at != std::string::npos);
  const auto from = at + std::string_view("\"when\": \"").size();
  auto endless = drivers;
  endless.replace(from, drivers.find('"', from) - from, loop);
  const auto told = problems_of(endless);
  INFO(told);
  CHECK(told.find("can cost ") != std::string::npos);
  CHECK(told.find("at most 1000000, the highest budget that governance may give") != std::string::npos);
}

}  // namespace tally::contracts
