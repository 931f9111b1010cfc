// Properties of a whole cluster under loss, duplication, reordering and crashes, over many seeds.
#include "consensus/cluster.h"

#include <catch2/catch.hpp>

namespace tally::consensus::test {

namespace {

// After anything: all messages flow, all replicas run, and everything proposed becomes final everywhere.
void heal_and_finish(Cluster& cluster, std::uint32_t rounds = 120) {
  for (std::uint32_t i = 0; i < cluster.size(); ++i) {
    if (!cluster.alive(i)) cluster.restart(i);
    cluster.node(i).crash_plan.next = CrashPoint::none;
    cluster.node(i).hold_checks = false;
    cluster.answer_checks(i);
  }
  const std::uint64_t last = cluster.replica(0).next_seq().value - 1;
  for (std::uint32_t round = 0; round < rounds && !cluster.all_final(last); ++round) cluster.run(1);
  std::string heights;
  for (std::uint32_t i = 0; i < cluster.size(); ++i) heights += " " + std::to_string(cluster.replica(i).stable().value);
  INFO("stable:" << heights << ", proposed: " << last);
  CHECK(cluster.all_final(last));
}

}  // namespace

TEST_CASE("A quiet network makes every proposal final at once, for every size") {
  for (const std::uint32_t n : {1U, 2U, 3U, 4U, 5U, 7U, 10U}) {
    Cluster cluster({.n = n});
    for (int i = 0; i < 20; ++i) {
      REQUIRE(cluster.propose(0, "batch " + std::to_string(i)));
      cluster.deliver_all();
    }
    INFO("n = " << n << "\n" << cluster.breaches());
    CHECK(cluster.breaches().empty());
    CHECK(cluster.all_final(20));
  }
}

TEST_CASE("Several sequence numbers are in flight and are executed in order") {
  Cluster cluster({.n = 4, .window = 8});
  for (int i = 0; i < 8; ++i) REQUIRE(cluster.propose(0, "batch " + std::to_string(i)));
  CHECK_FALSE(cluster.replica(0).can_propose());
  // The newest message first.
  while (!cluster.network().empty()) {
    std::rotate(cluster.network().begin(), cluster.network().end() - 1, cluster.network().end());
    cluster.deliver([](const Envelope&) { return true; });
  }
  heal_and_finish(cluster);
  CHECK(cluster.breaches().empty());
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(cluster.node(i).blocks.size() == 8);
}

TEST_CASE("Agreement, one digest per place and persist-before-send hold under loss, duplication and crashes") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    Random draw(seed);
    const std::uint32_t n = 1 + static_cast<std::uint32_t>(draw.below(7));
    // Without view changes, so that what was proposed is what must become final; view_change_test has the others.
    Cluster cluster({.n = n, .window = 2 + draw.below(8), .seed = seed, .view_timeout_ticks = 1'000'000});
    const Cluster::Chaos chaos{
        .lose = draw.below(31), .duplicate = draw.below(51), .crash = draw.below(2) * draw.below(40), .propose = 5};
    for (std::uint32_t i = 0; i < n; ++i) cluster.node(i).hold_checks = draw.chance(30);
    for (int step = 0; step < 1500; ++step) cluster.step_random(chaos);
    INFO("seed " << seed << ", n " << n << "\n" << cluster.breaches());
    REQUIRE(cluster.breaches().empty());
    heal_and_finish(cluster);
    REQUIRE(cluster.breaches().empty());
  }
}

TEST_CASE("With f backups that sign anything, honest replicas agree and go on") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Cluster cluster({.n = 4, .window = 4, .seed = seed, .view_timeout_ticks = 1'000'000});
    cluster.set_liar(3);
    cluster.crash(3);
    Random& random = cluster.random();
    const Keyring& keys = cluster.keys();
    for (int step = 0; step < 1000; ++step) {
      if (random.chance(80)) {
        cluster.step_random({.lose = 10, .duplicate = 10, .crash = 0, .propose = 5});
      } else {
        const auto to = static_cast<std::uint32_t>(random.below(3));
        const std::uint64_t seq = random.below(30);
        const Digest digest = digest_of_text("batch " + std::to_string(random.below(30)));
        const std::uint64_t view = random.below(3);
        if (random.chance(30))
          cluster.inject(to, keys.checkpoint(3, seq, digest));
        else if (random.chance(30))
          cluster.inject(to, keys.proposal_of(3, 3, seq, "batch " + std::to_string(seq)));
        else
          cluster.inject(to, keys.vote(3, static_cast<Phase>(random.below(3)), view, seq, digest));
      }
    }
    INFO("seed " << seed << "\n" << cluster.breaches());
    cluster.crash(3);
    const std::uint64_t last = cluster.replica(0).next_seq().value - 1;
    for (int round = 0; round < 120 && !cluster.all_final(last); ++round) cluster.run(1);
    REQUIRE(cluster.all_final(last));
    REQUIRE(cluster.breaches().empty());
  }
}

TEST_CASE("An equivocating primary never makes two digests commit") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Cluster cluster({.n = 4, .window = 4, .seed = seed});
    cluster.set_liar(0);
    cluster.crash(0);
    Random& random = cluster.random();
    const Keyring& keys = cluster.keys();
    for (int step = 0; step < 800; ++step) {
      const auto to = static_cast<std::uint32_t>(1 + random.below(3));
      const std::uint64_t seq = 1 + random.below(4);
      const std::string batch = random.chance(50) ? "left" : "right";
      if (random.chance(20))
        cluster.inject(to, keys.proposal(0, seq, batch + std::to_string(seq)));
      else if (random.chance(20))
        cluster.inject(to, keys.vote(0, Phase::commit, 0, seq, digest_of_text(batch + std::to_string(seq))));
      else
        cluster.step_random({.lose = 10, .duplicate = 10, .crash = 0, .propose = 0});
    }
    INFO("seed " << seed << "\n" << cluster.breaches());
    REQUIRE(cluster.breaches().empty());
  }
}

TEST_CASE("The same seed gives the same run") {
  const auto trace_of = [](std::uint64_t seed) {
    Cluster cluster({.n = 4, .window = 6, .seed = seed});
    for (int step = 0; step < 2000; ++step)
      cluster.step_random({.lose = 10, .duplicate = 20, .crash = 10, .propose = 5});
    return cluster.trace();
  };
  CHECK(trace_of(7) == trace_of(7));
  CHECK(trace_of(7) != trace_of(8));
}

}  // namespace tally::consensus::test
