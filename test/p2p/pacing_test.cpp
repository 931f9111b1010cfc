#include <catch2/catch.hpp>
#include <thread>

#include "p2p/arbitration.h"
#include "p2p/backoff.h"
#include "p2p/flow_control.h"
#include "p2p/half_open.h"

namespace {

using namespace tally::p2p;
using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

const Time kStart{std::chrono::hours{1}};

TEST_CASE("backoff doubles from 0.1 s to 5 s with jitter in its upper half") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff(100ms, 5000ms, seed);
    for (const auto step : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms, 5000ms}) {
      const auto delay = backoff.next();
      CHECK(delay >= step / 2);
      CHECK(delay <= step);
    }
    backoff.reset();
    CHECK(backoff.next() <= 100ms);
  }
}

TEST_CASE("backoff follows its seed and differs between seeds") {
  Backoff one(100ms, 5000ms, 1);
  Backoff same(100ms, 5000ms, 1);
  Backoff other(100ms, 5000ms, 2);
  bool differs = false;
  for (int i = 0; i < 20; ++i) {
    const auto delay = one.next();
    CHECK(delay == same.next());
    differs = differs || delay != other.next();
  }
  CHECK(differs);
}

TEST_CASE("an account is full until credits come back, and wakes once") {
  const auto account = std::make_shared<ReceiveAccount>(1000);
  int woken = 0;
  auto first = account->take(600);
  CHECK_FALSE(account->full_until([&] { ++woken; }));
  auto second = account->take(600);
  CHECK(account->full());
  CHECK(account->full_until([&] { ++woken; }));
  auto copy = first;
  first = Credit();
  CHECK(woken == 0);
  copy = Credit();
  CHECK(woken == 1);
  CHECK_FALSE(account->full());
  second = Credit();
  CHECK(woken == 1);
}

TEST_CASE("empty messages are charged too") {
  const auto account = std::make_shared<ReceiveAccount>(1000);
  std::vector<Credit> credits;
  while (!account->full()) credits.push_back(account->take(0));
  CHECK(credits.size() <= 1000 / kReceivedOverheadBytes + 1);
}

TEST_CASE("a detached account wakes nobody and outlives its owner") {
  auto account = std::make_shared<ReceiveAccount>(10);
  auto credit = account->take(100);
  bool woken = false;
  CHECK(account->full_until([&] { woken = true; }));
  account->detach();
  account.reset();
  credit = Credit();
  CHECK_FALSE(woken);
}

TEST_CASE("credits come back from several threads") {
  const auto account = std::make_shared<ReceiveAccount>(0);
  std::vector<std::vector<Credit>> shares(4);
  for (int i = 0; i < 4000; ++i) shares[static_cast<std::size_t>(i % 4)].push_back(account->take(10));
  std::atomic<int> woken = 0;
  CHECK(account->full_until([&] { ++woken; }));
  std::vector<std::thread> threads;
  for (auto& share : shares) threads.emplace_back([&share] { share.clear(); });
  for (auto& thread : threads) thread.join();
  CHECK(woken == 1);
  CHECK_FALSE(account->full());
}

TEST_CASE("a bucket lets one second's burst through and then its rate") {
  TokenBucket bucket(100, kStart);
  for (int i = 0; i < 100; ++i) {
    CHECK(bucket.wait(kStart) == 0s);
    bucket.take();
  }
  int taken = 0;
  Time now = kStart;
  while (now < kStart + 10s) {
    const auto wait = bucket.wait(now);
    if (wait > 0s) {
      now += wait;
      continue;
    }
    bucket.take();
    ++taken;
  }
  CHECK(taken >= 990);
  CHECK(taken <= 1001);
}

TEST_CASE("a bucket never holds more than a second's worth") {
  TokenBucket bucket(10, kStart);
  for (int i = 0; i < 10; ++i) bucket.take();
  int burst = 0;
  while (bucket.wait(kStart + 1h) == 0s) {
    bucket.take();
    ++burst;
  }
  CHECK(burst == 10);
}

TEST_CASE("half-open connections are bounded in all and per address") {
  HalfOpenTable table(6, 2);
  CHECK(table.admit(1, "a", kStart).admitted);
  CHECK(table.admit(2, "a", kStart).admitted);
  CHECK_FALSE(table.admit(3, "a", kStart).admitted);
  CHECK(table.admit(4, "b", kStart).admitted);
  table.remove(1);
  CHECK(table.admit(5, "a", kStart).admitted);
  CHECK(table.admit(6, "b", kStart).admitted);
  CHECK(table.admit(7, "c", kStart).admitted);
  CHECK(table.admit(8, "c", kStart).admitted);
  CHECK(table.size() == 6);
  CHECK_FALSE(table.admit(9, "d", kStart).admitted);
  table.remove(99);
  CHECK(table.size() == 6);
}

TEST_CASE("a connection that stays silent makes room for a newcomer") {
  HalfOpenTable table(3, 2);
  table.admit(1, "a", kStart);
  table.admit(2, "b", kStart + 1ms);
  table.admit(3, "b", kStart + 2ms);
  CHECK_FALSE(table.admit(4, "b", kStart + HalfOpenTable::kGrace).admitted);
  // Per address: the oldest of that address, not the oldest of all.
  const auto same = table.admit(4, "b", kStart + HalfOpenTable::kGrace + 1ms);
  CHECK(same.admitted);
  CHECK(same.dropped == 2);
  const auto other = table.admit(5, "c", kStart + HalfOpenTable::kGrace + 1ms);
  CHECK(other.admitted);
  CHECK(other.dropped == 1);
  CHECK(table.size() == 3);
}

TEST_CASE("the arbiter keeps one link") {
  struct Row {
    const char* what;
    bool live_opened_here;
    bool fresh_opened_here;
    std::uint64_t fresh_boot;
    std::chrono::milliseconds age;
    bool adopts;
  };
  const std::vector<Row> rows{
      {"crossing: its own link replaces the peer's", false, true, 1, 1ms, true},
      {"crossing: the peer's link yields to its own", true, false, 1, 1ms, false},
      {"still within the time of a dial", true, false, 1, kCrossingWindow, false},
      {"too late to have crossed: the peer has lost the live one", true, false, 1, kCrossingWindow + 1ms, true},
      {"the peer has restarted", true, false, 2, 1ms, true},
      {"the peer dials again", false, false, 1, 1ms, true},
      {"itself dials again", true, true, 1, 1ms, true},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const LinkFacts live{row.live_opened_here, 1, 5, kStart};
    const LinkFacts fresh{row.fresh_opened_here, row.fresh_boot, 0, kStart + row.age};
    CHECK(arbiter_adopts(live, fresh) == row.adopts);
    CHECK(arbiter_adopts(std::nullopt, fresh));
  }
}

TEST_CASE("the follower goes with the arbiter's latest number, in any order") {
  const LinkFacts live{true, 1, 5, kStart};
  CHECK(follower_adopts(std::nullopt, {false, 1, 1, kStart}));
  CHECK(follower_adopts(live, {false, 1, 6, kStart}));
  CHECK_FALSE(follower_adopts(live, {false, 1, 4, kStart}));
  CHECK_FALSE(follower_adopts(live, {false, 1, 5, kStart}));
  CHECK(follower_adopts(live, {false, 2, 1, kStart}));
}

}  // namespace
