// Random histories: what must hold whatever happens. A failing run prints its seed.
#include <random>

#include "contracts/accounts.h"
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

const char* const kHouseholds[] = {"chen", "li"};

// One random act; refusals are part of the game.
void act(Village& village, std::mt19937_64& random, bool cold) {
  const auto pick = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const SubjectHandle subject = household(kHouseholds[pick(2)]);
  static const char* const kAwards[] = {"QZ7", "QZ8", "QZ9"};
  static const char* const kDeductions[] = {"QZ3", "QZ3-court", "QZ4", "QZ5", "QZ6"};
  const auto number = 1 + pick(20);
  switch (pick(9)) {
    case 0:
    case 1:
    case 2:
      village.run(village.award(kAwards[pick(3)], subject, static_cast<std::uint32_t>(pick(3) * 4 + pick(2))),
                  by("recorder"));
      break;
    case 3:
      village.run(village.deduct(kDeductions[pick(5)], subject, static_cast<std::uint32_t>(1 + pick(2))),
                  pick(2) == 0 ? by("recorder") : by("recorder", "endorser"));
      break;
    case 4:
      village.run(Endorse{number}, by("endorser"));
      break;
    case 5:
      village.run(Object{number, paper("no")}, by("registrar"));
      break;
    case 6:
      village.run(Resolve{number, pick(2) == 0 ? Resolution::upheld : Resolution::dismissed, paper("so")},
                  by("arbiter"));
      break;
    case 7:
      village.run(Reverse{"qingzhen", "credit", subject, pick(12), paper("reason")}, by("recorder", "endorser"));
      break;
    default:
      village.after_days(pick(40));
  }
  if (cold) village.engine().forget_cached();
}

void check_account(const Village& village, const SubjectHandle& subject) {
  const auto account = village.account(subject);
  std::int64_t sum = 0;
  Digest chain;
  for (const auto& entry : village.entries(subject)) {
    sum += entry.change.value;
    CHECK(entry.score.value == sum);
    CHECK((sum >= 0 && sum <= 1200));
    chain = chain_digest(chain, encode(entry));
  }
  CHECK(account.score.value == sum);
  CHECK(account.history == chain);
}

TEST_CASE("random histories: the score is the sum of the entries, within bounds, under the digest chain") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    Village village;
    std::uint32_t open = 0;
    for (int i = 0; i < 120; ++i) act(village, random, false);
    for (const char* name : kHouseholds) {
      check_account(village, household(name));
      open += village.account(household(name)).open_cases;
    }
    // Every open case has one timer, and when all terms are over none is left.
    village.go_to(at("2050-01-01"));
    village.go_to(at("2050-06-01"));
    village.go_to(at("2060-01-01"));
    CHECK_FALSE(village.engine().next_due(village.state()));
    for (const char* name : kHouseholds) {
      check_account(village, household(name));
      CHECK(village.account(household(name)).open_cases == 0);
    }
    CHECK(open < 120);
  }
}

TEST_CASE("random histories: cold caches give the same state") {
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    INFO("seed " << seed);
    Village warm;
    Village cold;
    std::mt19937_64 random_warm(seed);
    std::mt19937_64 random_cold(seed);
    for (int i = 0; i < 80; ++i) {
      act(warm, random_warm, false);
      act(cold, random_cold, true);
    }
    CHECK(warm.state().same_as(cold.state()));
  }
}

TEST_CASE("independent awards give the same scores in any order") {
  for (std::uint64_t seed = 200; seed < 220; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    Village first;
    Village second;
    std::vector<Award> awards;
    for (int i = 0; i < 5; ++i)
      for (const char* name : kHouseholds) {
        awards.push_back(first.award("QZ7", household(name)));
        if (i < 2)
          awards.push_back(first.award("QZ9", household(name), static_cast<std::uint32_t>(4 + 4 * (random() % 2))));
      }
    for (const auto& award : awards) first.run(award, by("recorder"));
    std::shuffle(awards.begin(), awards.end(), random);
    for (const auto& award : awards) second.run(award, by("recorder"));
    for (const char* name : kHouseholds) CHECK(first.score(household(name)) == second.score(household(name)));
  }
}

}  // namespace
