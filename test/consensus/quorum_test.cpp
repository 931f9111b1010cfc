// Quorum arithmetic (rule 1).
#include "consensus/quorum.h"

#include <catch2/catch.hpp>

namespace tally::consensus::test {

TEST_CASE("Quorums of the sizes that offices use") {
  struct Row {
    std::uint32_t n, f, q, weak;
  };
  const Row rows[] = {{1, 0, 1, 1},  {2, 0, 2, 1},   {3, 0, 2, 1},     {4, 1, 3, 2},     {5, 1, 4, 2},
                      {6, 1, 4, 2},  {7, 2, 5, 3},   {8, 2, 6, 3},     {9, 2, 6, 3},     {10, 3, 7, 4},
                      {13, 4, 9, 5}, {16, 5, 11, 6}, {31, 10, 21, 11}, {100, 33, 67, 34}};
  for (const Row& row : rows) {
    const Quorum quorum{row.n};
    INFO("n = " << row.n);
    CHECK(quorum.f() == row.f);
    CHECK(quorum.q() == row.q);
    CHECK(quorum.weak() == row.weak);
  }
}

TEST_CASE("For n = 1 to 100: quorums intersect in an honest replica, and honest ones suffice for a quorum") {
  for (std::uint32_t n = 1; n <= 100; ++n) {
    const Quorum quorum{n};
    INFO("n = " << n);
    CHECK(quorum.f() == (n - 1) / 3);
    CHECK(n >= 3 * quorum.f() + 1);
    // ceil((n + f + 1) / 2), and no smaller number will do.
    CHECK(2 * quorum.q() >= n + quorum.f() + 1);
    CHECK(2 * (quorum.q() - 1) < n + quorum.f() + 1);
    CHECK(2 * quorum.q() - n >= quorum.f() + 1);
    CHECK(quorum.q() <= n - quorum.f());
    CHECK(quorum.weak() == quorum.f() + 1);
  }
}

TEST_CASE("The primary of a view is view mod n") {
  ValidatorSet validators{Epoch{}, {}, std::vector<Validator>(4)};
  for (std::uint64_t view = 0; view < 9; ++view) CHECK(validators.primary(View{view}).value == view % 4);
  CHECK(validators.primary(View{~0ULL}).value == 3);
  CHECK(validators.has(ReplicaIndex{3}));
  CHECK_FALSE(validators.has(ReplicaIndex{4}));
}

}  // namespace tally::consensus::test
