#include "node/event_loop.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

#include "node/finality_waiters.h"
#include "node/worker_pool.h"

namespace {

using namespace tally;
using namespace std::chrono_literals;

TEST_CASE("events run in order, and one settle follows each gathering") {
  node::EventLoop loop;
  std::vector<int> order;
  std::promise<void> all;
  int settles = 0;
  // Posted before the start, so that they are gathered together.
  for (int i = 0; i < 100; ++i) loop.post([&order, i] { order.push_back(i); });
  loop.start({[&] {
                if (++settles == 1) all.set_value();
              },
              {},
              0ms});
  REQUIRE(all.get_future().wait_for(10s) == std::future_status::ready);
  loop.stop();
  CHECK(settles == 1);
  REQUIRE(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("an idle loop ticks, and posts after stop are dropped") {
  node::EventLoop loop;
  std::promise<void> third;
  int ticks = 0;
  loop.start({{},
              [&] {
                if (++ticks == 3) third.set_value();
              },
              1ms});
  CHECK(third.get_future().wait_for(10s) == std::future_status::ready);
  loop.stop();
  bool ran = false;
  loop.post([&] { ran = true; });
  loop.stop();
  CHECK_FALSE(ran);
}

TEST_CASE("urgent jobs overtake the others") {
  node::WorkerPool pool(1);
  std::promise<void> gate;
  std::promise<void> started;
  std::promise<void> done;
  std::vector<int> order;
  pool.post([&] {
    started.set_value();
    gate.get_future().wait();
  });
  started.get_future().wait();
  pool.post([&] { order.push_back(1); });
  pool.post([&] {
    order.push_back(2);
    done.set_value();
  });
  pool.post([&] { order.push_back(0); }, true);
  CHECK(pool.waiting() == 3);
  gate.set_value();
  REQUIRE(done.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(order == std::vector<int>{0, 1, 2});
}

TEST_CASE("waiters are told once: at once, when settled, or when their time is out") {
  node::FinalityWaiters waiters;
  const TransactionId a{{1}};
  const TransactionId b{{2}};
  const auto now = node::FinalityWaiters::Clock::now();
  std::vector<std::string> told;
  const auto tell = [&told](std::string who) {
    return [&told, who](bool final) { told.push_back(who + (final ? " final" : " late")); };
  };
  const auto no = [] { return false; };
  waiters.wait(
      a, now + 1h, [] { return true; }, tell("at once"));
  CHECK(told == std::vector<std::string>{"at once final"});
  waiters.wait(a, now + 1h, no, tell("a1"));
  waiters.wait(a, now + 1h, no, tell("a2"));
  waiters.wait(b, now + 1s, no, tell("b"));
  waiters.settle({a});
  CHECK(told.size() == 3);
  waiters.settle({a});
  waiters.expire(now);
  CHECK(told.size() == 3);
  waiters.expire(now + 1s);
  CHECK(told.back() == "b late");
  waiters.expire(now + 2h);
  CHECK(told.size() == 4);
}

}  // namespace
