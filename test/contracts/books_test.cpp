// Several books, points that lapse, periods, spending, consents and consultations, on a rulebook of their own.
#include <random>

#include "contracts/accounts.h"
#include "contracts/consents.h"
#include "contracts/consultations.h"
#include "contracts/lots.h"
#include "contracts/queries.h"
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

constexpr std::string_view kShop = R"json({
  "format": "tallystick-rulebook-1", "id": "shop", "version": 1,
  "title": {"zh": "商店", "en": "shop"}, "scale": 2, "effective": "2026-01-01", "legal_basis": ["village rules"],
  "event_span_days": 400, "needs_consent": true,
  "corrections": {"proposer_roles": ["recorder"], "endorser_roles": ["endorser"]},
  "books": [
    {"code": "honour", "subject": "person", "start": "100", "floor": "0", "cap": "200", "resets": "quarter",
     "bands": [{"from": "0", "stars": 1, "title": {"zh": "一", "en": "one"}, "benefits": [],
                "provenance": {"number": "invented"}}],
     "gates": [{"code": "loan", "title": {"zh": "贷款", "en": "loan"}, "effect": "grants", "asked_by": ["bank_officer"],
                "conditions": [
                  {"when": "subject.score >= 100", "otherwise": {"zh": "不足", "en": "less than 100 points of honour"}},
                  {"when": "subject.book('points') > 0", "otherwise": {"zh": "无分", "en": "no points at all"}}],
                "grants": {"amount": "subject.score * 10", "unit": "yuan"},
                "provenance": {"number": "invented"}}],
     "provenance": {"number": "invented"}},
    {"code": "points", "subject": "person", "purpose": "spendable", "lapse_months": 2,
     "start": "0", "floor": "0", "cap": "1000",
     "bands": [{"from": "0", "stars": 1, "title": {"zh": "一", "en": "one"}, "benefits": [],
                "provenance": {"number": "invented"}}],
     "gates": [], "provenance": {"number": "invented"}}
  ],
  "rules": [
    {"code": "H", "title": {"zh": "荣誉", "en": "honour"}, "category": "honour", "kind": "award",
     "amount": {"kind": "fixed", "points": "10"}, "on": true, "evidence_required": false, "reason_required": false,
     "limits": [{"per": "week", "times": 2}, {"per": "quarter", "times": 3}],
     "proposer_roles": ["recorder"], "endorser_roles": [], "provenance": {"number": "invented"}},
    {"code": "P", "title": {"zh": "积分", "en": "points"}, "category": "points", "kind": "award", "book": "points",
     "amount": {"kind": "expression", "points": "quantity * decimal('2.5')",
                           "from" : "0", "to" : "50", "quantity_min" : 1, "quantity_max" : 100
}
, "on" : true,
         "evidence_required" : false,
                               "reason_required" : false,
                                                   "limits" : [],
                                                              "proposer_roles" : ["recorder"],
                                                                                 "endorser_roles" : [],
                                                                                                    "provenance" : {
  "number" : "invented"
}
},
    {"code": "S", "title": {"zh": "兑换", "en": "goods of the shop"}, "category": "points", "kind": "spend",
     "book": "points", "amount": {"kind": "range", "from": "-100", "to": "-0.01"},
     "on": true, "evidence_required": false, "reason_required": false, "limits": [],
     "proposer_roles": ["recorder"], "endorser_roles": ["endorser"], "provenance": {"number": "invented"}}
  ]
})json";

class Shop : public Village {
 public:
  Shop() {
    genesis_ok(DeployRulebook{std::string(kShop)});
    for (const auto* name : {"hua", "ming"})
      genesis_ok(RegisterSubject{household(name), SubjectKind::person, kLudishao, paper(name),
                                 std::string(name) == "hua" ? std::optional(key_of("hua")) : std::nullopt,
                                 std::nullopt});
    genesis_ok(RegisterUnit{kBank, UnitKind::bank, "rural bank"});
    add_officer("banker", kBank, {Role::bank_officer});
  }
  void agree(std::string_view name) {
    genesis_ok(GiveConsent{"shop", household(name), {}, now().plus(1000 * kDayLength), {}});
    genesis_ok(OpenAccount{"shop", household(name)});
  }
  Award award(std::string_view rule, std::string_view name, std::uint32_t quantity = 1) {
    return {"shop", household(name), std::string(rule), quantity, std::nullopt, now(), {}, {}};
  }
  Spend spend(std::string_view name, std::string_view points) {
    return {"shop", household(name), "S", 1, parse_amount(points, 2).value(), now(), {}, {}};
  }
  std::string points(std::string_view name) {
    return format_amount(account(household(name), "shop", "points").score, 2);
  }
  std::string honour(std::string_view name) {
    return format_amount(account(household(name), "shop", "honour").score, 2);
  }
  void genesis_ok(const Operation& operation) {
    const auto result = genesis(operation);
    INFO(result.message);
    REQUIRE(result.code == ErrorCode::ok);
  }
  const UnitId kBank = "yingshan/qingzhen/bank";
};

TEST_CASE("a subject has an account in every book for its kind, and a rule counts in its own") {
  Shop shop;
  shop.agree("hua");
  shop.done(shop.award("H", "hua"), by("recorder"));
  shop.done(shop.award("P", "hua", 3), by("recorder"));
  CHECK(shop.honour("hua") == "110.00");
  CHECK(shop.points("hua") == "7.50");
}

TEST_CASE("an amount that an expression works out stays within its bounds") {
  Shop shop;
  shop.agree("hua");
  CHECK(shop.done(shop.award("P", "hua", 20), by("recorder")).change == Amount{5000});
  const auto over = shop.run(shop.award("P", "hua", 21), by("recorder"));
  CHECK(over.code == ErrorCode::amount_out_of_range);
  CHECK(over.message == "P: `quantity * decimal('2.5')` is 52.50; expected from 0.00 to 50.00");
  CHECK(shop.run(shop.award("P", "hua", 101), by("recorder")).message == "P: quantity is 101; expected 1 to 100");
}

TEST_CASE("limits by week and by quarter") {
  Shop shop;  // 2026-06-01 is a Monday
  shop.agree("hua");
  shop.done(shop.award("H", "hua"), by("recorder"));
  shop.done(shop.award("H", "hua"), by("recorder"));
  CHECK(shop.run(shop.award("H", "hua"), by("recorder")).message ==
        "H: use number 3 for this week would be over the limit; expected at most 2 per week");
  shop.after_days(7);
  shop.done(shop.award("H", "hua"), by("recorder"));
  CHECK(shop.run(shop.award("H", "hua"), by("recorder")).message ==
        "H: use number 4 for this quarter would be over the limit; expected at most 3 per quarter");
}

TEST_CASE("points lapse at the beginning of the month after their term, the oldest are spent first") {
  Shop shop;  // June: lapses on 1 September
  shop.agree("hua");
  shop.done(shop.award("P", "hua", 4), by("recorder"));
  shop.go_to(at("2026-07-15"));
  shop.done(shop.award("P", "hua", 2), by("recorder"));
  CHECK(shop.points("hua") == "15.00");
  shop.done(shop.spend("hua", "-3"), by("recorder", "hua"));
  CHECK(shop.points("hua") == "12.00");
  CHECK(shop.go_to(at("2026-08-31T23:59:59Z")).empty());
  const auto events = shop.go_to(at("2026-09-01"));
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == TimerKind::lots);
  CHECK(events[0].change == Amount{-700});
  CHECK(shop.points("hua") == "5.00");
  shop.go_to(at("2026-10-01"));
  CHECK(shop.points("hua") == "0.00");
  const auto entries = shop.entries(household("hua"), "shop", "points");
  CHECK(entries.back().kind == EntryKind::lapse);
}

TEST_CASE("an award that is taken back leaves the month it was given in") {
  Shop shop;
  shop.agree("hua");
  shop.done(shop.award("P", "hua", 4), by("recorder"));  // lapses on 1 September
  shop.go_to(at("2026-07-15"));
  shop.done(shop.award("P", "hua", 2), by("recorder"));  // lapses on 1 October
  shop.done(Reverse{"shop", "points", household("hua"), 2, paper("wrong")}, by("recorder", "endorser"));
  CHECK(shop.points("hua") == "10.00");
  shop.go_to(at("2026-09-01"));
  CHECK(shop.points("hua") == "0.00");
}

TEST_CASE("a book with periods begins again, and what is taken back from an old period changes nothing") {
  Shop shop;
  shop.agree("hua");
  shop.done(shop.award("H", "hua"), by("recorder"));
  const auto events = shop.go_to(at("2026-07-01"));
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == TimerKind::book_reset);
  CHECK(events[0].change == Amount{-1000});
  CHECK(shop.honour("hua") == "100.00");
  shop.done(shop.award("H", "hua"), by("recorder"));
  const auto output = shop.done(Reverse{"shop", {}, household("hua"), 1, paper("wrong")}, by("recorder", "endorser"));
  CHECK(output.change == Amount{0});
  CHECK(shop.honour("hua") == "110.00");
  CHECK(shop.go_to(at("2026-10-01")).size() == 1);
  CHECK(shop.honour("hua") == "100.00");
}

TEST_CASE("spending: refusals") {
  Shop shop;
  shop.agree("hua");
  shop.agree("ming");
  shop.done(shop.award("P", "hua", 4), by("recorder"));
  shop.done(shop.award("P", "ming", 4), by("recorder"));
  struct Row {
    Spend spend;
    Signers signers;
    ErrorCode code;
    const char* message;
  };
  const Row rows[] = {
      {shop.spend("hua", "-10.01"), by("recorder", "hua"), ErrorCode::amount_out_of_range,
       "S: 10.01 points would be used up and there are 10.00; expected no more points than there are above 0.00"},
      {shop.spend("hua", "-5"), by("recorder"), ErrorCode::consent_missing,
       "S: the subject did not sign; expected the signature of the subject's key"},
      {shop.spend("hua", "-5"), by("recorder", "endorser"), ErrorCode::consent_missing,
       "S: the subject did not sign; expected the signature of the subject's key"},
      {shop.spend("ming", "-5"), by("recorder"), ErrorCode::missing_role,
       "S: has one signer; expected the signature of a second person, who is endorser"}};
  for (const auto& row : rows) {
    const auto result = shop.run(row.spend, row.signers);
    CHECK(result.code == row.code);
    CHECK(result.message == row.message);
  }
  shop.done(shop.spend("ming", "-5"), by("recorder", "endorser"));
  CHECK(shop.points("ming") == "5.00");
}

TEST_CASE("without consent nobody is scored, and who takes it back is scored no more") {
  Shop shop;
  const auto refused = shop.run(OpenAccount{"shop", household("hua")}, by("registrar"));
  CHECK(refused.message ==
        "open_account: the subject has not agreed to be scored under shop, or took its consent back; expected "
        "give_consent first");
  shop.done(GiveConsent{"shop", household("hua"), {}, shop.now().plus(100 * Village::kDayLength), {}}, by("hua"));
  shop.done(OpenAccount{"shop", household("hua")}, by("registrar"));
  shop.done(shop.award("H", "hua"), by("recorder"));
  shop.done(WithdrawConsent{"shop", household("hua"), {}}, by("hua"));
  CHECK(shop.run(shop.award("H", "hua"), by("recorder")).code == ErrorCode::consent_missing);
}

TEST_CASE("who takes the consent back is shown in no list any more") {
  Shop shop;
  shop.agree("hua");
  const auto listed = [&] {
    const auto store = shop.state().to_store();
    return Queries().under_gate(*store, "shop", kLudishao, "loan", shop.now(), std::nullopt, 10).value().rows.size();
  };
  CHECK(listed() == 1);
  shop.done(WithdrawConsent{"shop", household("hua"), {}}, by("hua"));
  CHECK(listed() == 0);
}

TEST_CASE("a consent ends with its term, a registrar needs the paper, and an officer elsewhere may not") {
  Shop shop;
  const GiveConsent consent{"shop", household("ming"), {}, shop.now().plus(10 * Village::kDayLength), {}};
  CHECK(shop.run(consent, by("registrar")).code == ErrorCode::evidence_missing);
  CHECK(shop.run(consent, by("recorder")).message ==
        "give_consent: person " + person_of("recorder").short_hex() +
            " is recorder; expected the subject's own key, or a registrar of its unit");
  auto with_paper = consent;
  with_paper.evidence = paper("signed");
  shop.done(with_paper, by("registrar"));
  shop.done(OpenAccount{"shop", household("ming")}, by("registrar"));
  shop.after_days(10);
  CHECK(shop.run(shop.award("H", "ming"), by("recorder")).code == ErrorCode::consent_missing);
}

TEST_CASE("a bank asks with consent, gets a decision and a line, and the subject sees that it asked") {
  Shop shop;
  shop.agree("hua");
  shop.done(shop.award("P", "hua", 4), by("recorder"));
  const Consult question{"shop", household("hua"), "loan", paper("a loan of spring")};
  CHECK(shop.run(question, by("banker")).code == ErrorCode::consent_missing);
  shop.done(GiveConsent{"shop", household("hua"), shop.kBank, shop.now().plus(30 * Village::kDayLength), {}},
            by("hua"));
  const auto answer = shop.done(question, by("banker")).gate.value();
  CHECK(answer.passes);
  CHECK(answer.value == Amount{100000});
  const auto key = consulted_key("shop", household("hua"));
  const auto seen = decode<Consultation>(shop.state().history(key, 0).value()).value();
  CHECK(seen.unit == shop.kBank);
  CHECK(seen.purpose == paper("a loan of spring"));
  CHECK(seen.passes);
  shop.go_to(at("2026-09-01"));  // the points are gone, the consent has ended
  CHECK(shop.run(question, by("banker")).code == ErrorCode::consent_missing);
  shop.done(GiveConsent{"shop", household("hua"), shop.kBank, shop.now().plus(30 * Village::kDayLength), {}},
            by("hua"));
  const auto no = shop.done(question, by("banker")).gate.value();
  CHECK_FALSE(no.passes);
  CHECK(no.reason == "no points at all");
  CHECK_FALSE(no.value);
  shop.done(WithdrawConsent{"shop", household("hua"), shop.kBank}, by("hua"));
  CHECK(shop.run(question, by("banker")).code == ErrorCode::consent_missing);
}

// One random act; refusals are part of the game.
void act(Shop& shop, std::mt19937_64& random) {
  const auto pick = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const char* const name = pick(2) == 0 ? "hua" : "ming";
  const char* const book = pick(2) == 0 ? "points" : "honour";
  switch (pick(6)) {
    case 0:
    case 1:
      shop.run(shop.award("P", name, static_cast<std::uint32_t>(1 + pick(25))), by("recorder"));
      break;
    case 2:
      shop.run(shop.award("H", name), by("recorder"));
      break;
    case 3: {
      auto spend = shop.spend(name, "-1");
      spend.amount = Amount{-static_cast<std::int64_t>(1 + pick(4000))};
      shop.run(spend, std::string_view(name) == "hua" ? by("recorder", "hua") : by("recorder", "endorser"));
      break;
    }
    case 4:
      shop.run(Reverse{"shop", book, household(name), pick(20), paper("reason")}, by("recorder", "endorser"));
      break;
    default:
      shop.after_days(pick(40));
  }
}

TEST_CASE("random histories of books with periods and points that lapse: every score is explained by its entries") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    Shop shop;
    for (const char* name : {"hua", "ming"}) shop.agree(name);
    for (int i = 0; i < 150; ++i) act(shop, random);
    for (const char* name : {"hua", "ming"}) {
      for (const char* book : {"honour", "points"}) {
        const auto account = shop.account(household(name), "shop", book);
        std::int64_t sum = 0;
        Digest chain;
        for (const auto& entry : shop.entries(household(name), "shop", book)) {
          sum += entry.change.value;
          CHECK(entry.score.value == sum);
          CHECK((sum >= 0 && sum <= 100000));
          CHECK(std::abs(entry.change.value) <= std::abs(entry.asked.value));
          chain = chain_digest(chain, encode(entry));
        }
        CHECK(account.score.value == sum);
        CHECK(account.history == chain);
      }
    }
    // Whatever was not spent is gone three months after the last award, and one timer a book with periods is left.
    shop.after_days(100);
    shop.after_days(100);
    for (const char* name : {"hua", "ming"}) CHECK(shop.points(name) == "0.00");
  }
}

}  // namespace
