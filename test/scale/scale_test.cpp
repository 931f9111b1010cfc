// The cost model of agreement: what can be worked out by hand must come out of it.
#include <catch2/catch.hpp>

#include "scale/model.h"

namespace tally::consensus::test {

namespace {

// PRE-PREPARE to n-1, PREPARE of n-1 and COMMIT and CHECKPOINT of n, each to n-1.
std::uint64_t messages_of(std::uint64_t n) {
  return (n - 1) + (n - 1) * (n - 1) + 2 * n * (n - 1);
}

}  // namespace

TEST_CASE("A block takes four trips, and the messages and signatures of the normal case") {
  for (const std::uint32_t n : {4U, 7U, 13U}) {
    for (const std::uint64_t link_us : {5'000U, 50'000U}) {
      ScaleOptions options;
      options.n = n;
      options.link_us = link_us;
      const ScaleResult result = measure(options);
      INFO("n " << n << ", link " << link_us);
      REQUIRE(result.finished);
      CHECK(result.signatures_made == 3 * n);
      CHECK(result.finality_us >= 4 * link_us);
      CHECK(result.finality_us <= 4 * link_us + 25'000);
      // Above this lies only what STATUS finds missing while it is on its way.
      CHECK(result.messages >= messages_of(n));
      CHECK(result.messages <= messages_of(n) * 3 / 2);
    }
  }
}

TEST_CASE("A dead primary is replaced a little after the view time-out") {
  ScaleOptions options;
  options.n = 7;
  const ScaleResult result = measure(options);
  REQUIRE(result.finished);
  CHECK(result.replaced_us > result.view_timeout_us);
  CHECK(result.replaced_us < 2 * result.view_timeout_us);
}

TEST_CASE("A narrow uplink bounds large batches, and one office alone needs nobody") {
  ScaleOptions narrow;
  narrow.n = 31;
  narrow.batch_bytes = 64 * 1024;
  narrow.uplink_bits_per_second = 20'000'000;
  const std::uint64_t all_copies_us = 30ULL * narrow.batch_bytes * 8 * 1'000'000 / narrow.uplink_bits_per_second;
  const ScaleResult result = measure(narrow);
  REQUIRE(result.finished);
  // The copies go out one after the other; a quorum need not wait for the last.
  CHECK(result.finality_us > all_copies_us * 6 / 10);
  CHECK(result.finality_us < all_copies_us * 13 / 10);

  ScaleOptions alone;
  alone.n = 1;
  const ScaleResult single = measure(alone);
  CHECK(single.finished);
  CHECK(single.messages == 0);
}

TEST_CASE("The same options give the same figures") {
  ScaleOptions options;
  options.n = 13;
  CHECK(scale_table({options}, {measure(options)}) == scale_table({options}, {measure(options)}));
}

}  // namespace tally::consensus::test
