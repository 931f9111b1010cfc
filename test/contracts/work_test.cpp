// Workflows at run time: who may act, endorsements, deadlines, lists, queues, and that every case ends.
#include <random>

#include "common/json.h"
#include "contracts/draft.h"
#include "contracts/timers.h"
#include "contracts/village.h"
#include "contracts/work_case.h"
#include "contracts/work_queue.h"

namespace {

using namespace tally;
using namespace tally::contracts;

constexpr std::string_view kWork = R"json({"workflows": [
 {"code": "plot", "title": {"zh": "地块", "en": "plot"}, "subject": "household",
  "fields": [{"code": "stars", "title": {"zh": "星", "en": "stars"}, "type": "int", "min": "1", "max": "5", "list": 6},
             {"code": "weight", "title": {"zh": "重", "en": "weight"}, "type": "decimal", "min": "0"},
             {"code": "got", "title": {"zh": "得", "en": "got"}, "type": "decimal"}],
  "open": {"state": "grown", "by": ["recorder"], "takes": ["weight"], "effects": [{"enter": "sale"}]},
  "states": [{"code": "grown", "title": {"zh": "熟", "en": "grown"}, "after": {"hours": "24", "go": "checked"}},
             {"code": "checked", "title": {"zh": "查", "en": "checked"}, "after": {"hours": "24", "go": "grown"}},
             {"code": "sold", "title": {"zh": "售", "en": "sold"}, "final": true},
             {"code": "over", "title": {"zh": "止", "en": "over"}, "final": true}],
  "acts": [{"code": "rate", "title": {"zh": "评", "en": "rate"}, "from": ["grown", "checked"], "by": ["others"],
            "once": "day", "takes": ["stars"]},
           {"code": "judge", "title": {"zh": "判", "en": "judge"}, "from": ["grown"], "to": "checked", "by": ["recorder"],
            "endorsed_by": {"count": 1, "roles": ["endorser"]},
            "conditions": [{"when": "case.givers('stars') >= 2 && case.trimmed_mean('stars', 20) >= decimal('2.5')",
                            "otherwise": {"zh": "不足", "en": "fewer than two raters, or a poor plot"}}],
            "effects": [{"pay": "case.mean('stars')", "unit": "yuan", "title": {"zh": "奖", "en": "reward"},
                         "within_days": 3}]},
           {"code": "sell", "title": {"zh": "卖", "en": "sell"}, "from": ["grown", "checked"], "to": "sold",
            "by": ["queue"], "effects": [{"notify": {"zh": "已售", "en": "sold"}}]}],
  "term": {"days": 10, "go": "over"}, "provenance": {"number": "invented"}}],
 "queues": [{"code": "sale", "title": {"zh": "售", "en": "sale"}, "workflow": "plot", "roles": ["recorder"],
  "order": [{"by": "subject.score", "descending": true}], "serve": "by_share", "weight": "case.weight", "act": "sell",
  "gives": "got", "provenance": {"number": "invented"}}]
})json";

// The households' rulebook with these workflows and queues.
std::string text_with_work() {
  Json document = parse_json(qingzhen_text()).value();
  document.update(parse_json(kWork).value());
  return document.dump();
}

// The county's village with a rulebook that has workflows beside its books.
class Fields : public Village {
 public:
  Fields() : Village(text_with_work()) {}

  std::uint64_t open(const SubjectHandle& subject, const std::string& weight = "1") {
    const OpenCase operation{"qingzhen", "plot", subject, {{"weight", weight}}, {}, {}, {}};
    return *done(operation, by("recorder")).case_number;
  }
  static ActCase act(std::uint64_t number, const std::string& code, std::vector<NamedText> values = {}) {
    return {number, code, std::move(values), {}, {}};
  }
  WorkRecord record(std::uint64_t number) { return *load_work_record(state(), number); }
  // Whether everything that is kept beside the records agrees with them.
  void check_books(std::uint64_t cases) {
    std::map<Bytes, std::uint64_t> counts;
    std::size_t timers = 0;
    for (std::uint64_t number = 1; number <= cases; ++number) {
      const auto one = record(number);
      ++counts[work_count_key(one.rulebook, one.workflow, one.state, one.subject)];
      if (one.over) {
        CHECK(one.queues.empty());
        continue;
      }
      const Bytes key = encode_timer(one.next(), number);
      CHECK(state().get(key).has_value());
      ++timers;
    }
    for (const auto& [key, count] : counts) CHECK(decode<std::uint64_t>(*state().get(key)).value() == count);
    std::size_t found = 0;
    for (const auto& timer : due_timers(state(), TimestampMs{~0ULL}, 100000))
      found += timer.kind == TimerKind::work_term;
    CHECK(found == timers);
  }

 private:
  static Bytes encode_timer(TimestampMs time, std::uint64_t number) {
    Bytes key(4);
    std::copy_n("due/", 4, key.begin());
    const auto put = [&](const Bytes& part) { key.insert(key.end(), part.begin(), part.end()); };
    put(big_endian(time.value));
    key.push_back(static_cast<Byte>(TimerKind::work_term));
    put(big_endian(number));
    return key;
  }
};

const SubjectHandle kChen = household("chen");
const SubjectHandle kLi = household("li");

TEST_CASE("work: deadlines move a case to and fro until its term ends it") {
  Fields fields;
  const auto number = fields.open(kLi);
  CHECK(fields.record(number).state == "grown");
  CHECK(fields.after_days(1).at(0).code == "checked");
  CHECK(fields.after_days(1).at(0).code == "grown");
  std::size_t moves = 2;
  for (int day = 3; day <= 30; ++day) moves += fields.after_days(1).size();
  CHECK(moves == 10);
  CHECK(fields.record(number).state == "over");
  CHECK(fields.record(number).over);
  fields.check_books(1);
}

TEST_CASE("work: whoever rates is another subject, once a day") {
  Fields fields;
  const auto number = fields.open(kLi);
  const auto rate = Fields::act(number, "rate", {{"stars", "4"}});
  CHECK(fields.done(rate, by("chen")).work->state == "grown");
  CHECK(fields.run(rate, by("chen")).code == ErrorCode::limit_reached);
  CHECK(fields.run(rate, by("recorder")).code == ErrorCode::missing_role);
  CHECK(fields.run(Fields::act(number, "rate", {{"stars", "6"}}), by("chen")).code == ErrorCode::invalid_field);
  CHECK(fields.run(Fields::act(number, "rate"), by("chen")).code == ErrorCode::invalid_field);
  CHECK(fields.run(Fields::act(number, "praise"), by("chen")).code == ErrorCode::not_found);
  CHECK(fields.run(Fields::act(number + 1, "rate"), by("chen")).code == ErrorCode::not_found);
  fields.after_days(1);
  CHECK(fields.done(rate, by("chen")).work->state == "checked");
  CHECK(fields.record(number).counts.at(0) == 2);
  const auto own = fields.open(kChen);
  CHECK(fields.run(Fields::act(own, "rate", {{"stars", "5"}}), by("chen")).code == ErrorCode::same_person);
}

TEST_CASE("work: an act with endorsers happens once the last has signed the same") {
  Fields fields;
  fields.add_household("zhao", kLudishao, key_of("zhao"));
  const auto number = fields.open(kLi);
  fields.done(Fields::act(number, "rate", {{"stars", "4"}}), by("chen"));
  const auto judge = Fields::act(number, "judge");
  const auto early = fields.run(judge, by("recorder"));
  CHECK(early.code == ErrorCode::condition_failed);
  CHECK_THAT(early.message, Catch::Contains("fewer than two raters"));
  fields.done(Fields::act(number, "rate", {{"stars", "3"}}), by("zhao"));
  const auto waits = fields.done(judge, by("recorder"));
  CHECK(waits.work->missing == 1);
  CHECK(waits.work->state == "grown");
  CHECK(fields.run(judge, by("recorder")).code == ErrorCode::same_person);
  const auto done = fields.done(judge, by("endorser"));
  CHECK(done.work->missing == 0);
  CHECK(done.work->state == "checked");
  REQUIRE(done.work->consequences.size() == 1);
  CHECK(done.work->consequences[0].kind == ConsequenceKind::obligation);
  CHECK(done.work->consequences[0].amount == Amount{350});
  fields.check_books(1);
}

TEST_CASE("work: a signature does not outlive the state that it was given in") {
  Fields fields;
  fields.add_household("zhao", kLudishao, key_of("zhao"));
  const auto number = fields.open(kLi);
  fields.done(Fields::act(number, "rate", {{"stars", "4"}}), by("chen"));
  fields.done(Fields::act(number, "rate", {{"stars", "4"}}), by("zhao"));
  fields.done(Fields::act(number, "judge"), by("recorder"));
  fields.after_days(1);
  fields.after_days(1);
  REQUIRE(fields.record(number).state == "grown");
  CHECK(fields.run(Fields::act(number, "judge"), by("endorser")).code == ErrorCode::missing_role);
}

TEST_CASE("work: a pool is shared by weight to the last cent, and whoever got something is served") {
  Fields fields;
  fields.add_household("zhao", kLudishao);
  const std::uint64_t cases[] = {fields.open(kLi, "1"), fields.open(kChen, "1"), fields.open(household("zhao"), "1"),
                                 fields.open(kLi, "0")};
  fields.done(fields.award("QZ7", kChen), by("recorder"));
  const auto rulebook = compile_rulebook(text_with_work()).rulebook;
  REQUIRE(rulebook != nullptr);
  Shelf shelf;
  const auto order =
      queue_order(fields.state(), shelf, *rulebook, *rulebook->queue("sale"), kLudishao, fields.now()).value();
  CHECK(order == std::vector<std::uint64_t>{cases[1], cases[0], cases[3], cases[2]});
  Allocate allocate{"qingzhen", "sale", kLudishao, Amount{10000}, {}, {}};
  const auto served = fields.done(allocate, by("recorder"));
  std::vector<std::int64_t> got;
  for (const auto& one : served.work->consequences)
    if (one.kind == ConsequenceKind::case_moved) got.push_back(one.amount->value);
  CHECK(got == std::vector<std::int64_t>{3334, 3333, 3333});
  CHECK(fields.record(cases[1]).fields.at(2).number == 33'340'000);
  CHECK(fields.record(cases[3]).state == "grown");
  CHECK(fields.run(Allocate{"qingzhen", "sale", kLudishao, {}, {}, {}}, by("recorder")).code ==
        ErrorCode::invalid_field);
  CHECK(fields.run(allocate, by("endorser")).code == ErrorCode::missing_role);
  fields.check_books(4);
}

TEST_CASE("work: points that have lapsed count no more in a queue") {
  Json document = parse_json(text_with_work()).value();
  document["queues"][0]["order"][0]["by"] = "subject.book('points')";
  Json points = document["books"][0];
  points["code"] = "points";
  points["purpose"] = "spendable";
  points["lapse_months"] = 1;
  points["start"] = "0";
  points["gates"] = Json::array();
  document["books"].push_back(points);
  for (auto& rule : document["rules"])
    if (rule["code"] == "QZ7") rule["book"] = "points";
  const std::string text = document.dump();
  const auto rulebook = compile_rulebook(text).rulebook;
  REQUIRE(rulebook != nullptr);
  Village village(text);
  const auto open = [&](const SubjectHandle& subject) {
    const OpenCase operation{"qingzhen", "plot", subject, {{"weight", "1"}}, {}, {}, {}};
    return *village.done(operation, by("recorder")).case_number;
  };
  const auto order = [&] {
    Shelf shelf;
    return queue_order(village.state(), shelf, *rulebook, *rulebook->queue("sale"), kLudishao, village.now()).value();
  };
  village.done(village.award("QZ7", kChen), by("recorder"));
  village.go_to(at("2026-07-28"));
  const auto li = open(kLi);
  const auto chen = open(kChen);
  CHECK(order() == std::vector<std::uint64_t>{chen, li});
  village.go_to(at("2026-08-02"));
  CHECK(village.account(kChen, "qingzhen", "points").score == Amount{0});
  CHECK(order() == std::vector<std::uint64_t>{li, chen});
}

TEST_CASE("work: cases that open cases stop where the budget ends, and nothing is left of them") {
  Json document = parse_json(text_with_work()).value();
  const Json plot = document["workflows"][0];
  // Four levels of sixteen cases each would be 69,904 cases.
  for (int level = 3; level >= 0; --level) {
    Json next = plot;
    next["code"] = "level-" + std::to_string(level);
    next["open"] = {{"state", "grown"}, {"by", {"recorder"}}};
    Json opens = Json::array();
    const std::string below = level == 3 ? "leaf" : "level-" + std::to_string(level + 1);
    for (int i = 0; i < 16; ++i) opens.push_back({{"open", below}});
    next["open"]["effects"] = opens;
    next["acts"].erase(1);
    document["workflows"].push_back(next);
  }
  Json leaf = plot;
  leaf["code"] = "leaf";
  leaf["open"] = {{"state", "grown"}, {"by", {"recorder"}}};
  document["workflows"].push_back(leaf);
  const auto compiled = compile_rulebook(document.dump());
  for (const auto& problem : compiled.problems) FAIL_CHECK(problem.text());
  REQUIRE(compiled.rulebook != nullptr);
  Village village(document.dump());
  MemoryState state = village.state();
  Draft draft(state);
  ledger::SignedTransaction transaction;
  transaction.body.author = key_of("recorder");
  transaction.signatures.push_back({transaction.body.author, {}});
  const ledger::OperationContext context{village.block(), &transaction, {}, 0};
  const OpenCase open{"qingzhen", "level-0", kLi, {}, {}, {}, {}};
  const auto result = village.engine().execute(context, encode_operation(open), draft);
  CHECK(result.code == ErrorCode::expression_failed);
  CHECK_THAT(result.message, Catch::Contains("budget for expressions and effects"));
}

// Whatever people do and however time leaps: counts, timers and queues agree with the cases, and all cases end.
TEST_CASE("work: random histories keep the books and come to an end") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 5; ++round) {
    Fields fields;
    fields.add_household("zhao", kLudishao, key_of("zhao"));
    const SubjectHandle subjects[] = {kChen, kLi, household("zhao")};
    const char* raters[] = {"chen", "zhao"};
    std::uint64_t cases = 0;
    for (int step = 0; step < 60; ++step) {
      const auto number = 1 + random() % (cases + 1);
      switch (random() % 6) {
        case 0:
          cases = fields.open(subjects[random() % 3], std::to_string(random() % 4));
          break;
        case 1:
        case 2:
          fields.run(Fields::act(number, "rate", {{"stars", std::to_string(1 + random() % 5)}}),
                     by(raters[random() % 2]));
          break;
        case 3:
          fields.run(Fields::act(number, "judge"), by(random() % 2 == 0 ? "recorder" : "endorser"));
          break;
        case 4:
          fields.go_to(fields.now().plus((1 + random() % 30) * 3600'000));
          break;
        default:
          fields.run(Allocate{"qingzhen", "sale", kTown, Amount{std::int64_t(random() % 500)}, {}, {}}, by("recorder"));
      }
      fields.check_books(cases);
    }
    fields.after_days(11);
    for (std::uint64_t number = 1; number <= cases; ++number) CHECK(fields.record(number).over);
    fields.check_books(cases);
  }
}

}  // namespace
