#include "p2p/send_queue.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "p2p/frame.h"

namespace {

using namespace tally;
using namespace tally::p2p;

SendQueue::Payload payload(std::size_t size, Byte fill = 0) {
  return std::make_shared<const Bytes>(size, fill);
}

constexpr std::size_t kCharge100 = 100 + kQueuedOverheadBytes;

std::vector<Frame> drain(SendQueue& queue, std::size_t step) {
  std::vector<Frame> out;
  FrameReader reader;
  for (;;) {
    Bytes bytes;
    queue.gather(bytes, step);
    if (bytes.empty()) return out;
    for (ByteView in(bytes); !in.empty();) {
      auto next = reader.next(in);
      REQUIRE(next.has_value());
      if (*next) out.push_back(std::move(**next));
    }
  }
}

TEST_CASE("higher classes overtake, order within a class stays") {
  SendQueue queue(1 << 20);
  queue.push(MessageClass::transactions, payload(1, 10));
  queue.push(MessageClass::sync, payload(1, 20));
  queue.push(MessageClass::vote, payload(1, 40));
  queue.push(MessageClass::proposal, payload(1, 30));
  queue.push(MessageClass::vote, payload(1, 41));
  queue.push(MessageClass::transactions, payload(1, 11));
  std::vector<Byte> order;
  for (const Frame& frame : drain(queue, 64 * 1024)) order.push_back(frame.payload[0]);
  CHECK(order == std::vector<Byte>{40, 41, 30, 20, 10, 11});
  CHECK(queue.empty());
}

TEST_CASE("a frame that has begun is finished before a vote goes") {
  SendQueue queue(1 << 20);
  queue.push(MessageClass::proposal, payload(1000, 1));
  Bytes out;
  CHECK(queue.gather(out, 100) == 0);
  CHECK(out.size() == 100);
  queue.push(MessageClass::vote, payload(10, 2));
  CHECK(queue.gather(out, 1 << 20) == 2);
  FrameReader reader;
  ByteView in(out);
  CHECK(reader.next(in).value()->wire_class == 1);
  CHECK(reader.next(in).value()->wire_class == 0);
  CHECK(in.empty());
}

TEST_CASE("a full queue refuses the lowest class first") {
  SendQueue queue(4 * kCharge100);
  CHECK(queue.push(MessageClass::vote, payload(100)).taken);
  CHECK(queue.push(MessageClass::sync, payload(100)).taken);
  CHECK(queue.push(MessageClass::transactions, payload(100)).taken);
  CHECK(queue.push(MessageClass::transactions, payload(100)).taken);
  CHECK_FALSE(queue.push(MessageClass::transactions, payload(1)).taken);
  // A proposal takes the place of the newest bundle, a vote that of the other one, then that of the sync.
  for (const auto message_class : {MessageClass::proposal, MessageClass::vote, MessageClass::vote}) {
    const auto pushed = queue.push(message_class, payload(100));
    CHECK(pushed.taken);
    CHECK(pushed.refused == 1);
  }
  CHECK(queue.push(MessageClass::vote, payload(100)).taken);
  const auto last = queue.push(MessageClass::vote, payload(100));
  CHECK_FALSE(last.taken);
  CHECK(last.refused == 1);
  const auto left = drain(queue, 1000);
  CHECK(left.size() == 4);
  for (const Frame& frame : left) CHECK(frame.wire_class == 0);
}

TEST_CASE("nothing is given up for a message that does not fit anyway") {
  SendQueue queue(4 * kCharge100);
  queue.push(MessageClass::vote, payload(100));
  queue.push(MessageClass::transactions, payload(100));
  CHECK_FALSE(queue.push(MessageClass::proposal, payload(4 * kCharge100)).taken);
  CHECK(queue.bytes() == 2 * kCharge100);
}

TEST_CASE("what has begun to go out never makes room") {
  SendQueue queue(2 * kCharge100);
  queue.push(MessageClass::transactions, payload(100, 1));
  Bytes out;
  queue.gather(out, 50);
  CHECK(queue.push(MessageClass::transactions, payload(100, 2)).taken);
  CHECK(queue.push(MessageClass::vote, payload(100, 3)).taken);
  CHECK_FALSE(queue.push(MessageClass::vote, payload(100, 4)).taken);
  queue.gather(out, 1 << 20);
  FrameReader reader;
  ByteView in(out);
  CHECK(reader.next(in).value()->payload[0] == 1);
  CHECK(reader.next(in).value()->payload[0] == 3);
  CHECK(in.empty());
}

TEST_CASE("clear forgets everything, also a frame that has begun") {
  SendQueue queue(1 << 20);
  queue.push(MessageClass::sync, payload(1000));
  queue.push(MessageClass::vote, payload(10));
  Bytes out;
  queue.gather(out, 50);
  queue.clear();
  CHECK(queue.empty());
  Bytes none;
  CHECK(queue.gather(none, 100) == 0);
  CHECK(none.empty());
}

// Random pushes and gathers against the rules: bounded, ordered within a class, votes refused only when
// nothing lower waits, every message either delivered or counted as refused.
TEST_CASE("property: the queue keeps its bound, its order and its account") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    SendQueue queue(3000);
    std::array<std::uint32_t, kMessageClasses> pushed{};
    std::size_t offered = 0;
    std::size_t refused = 0;
    std::size_t completed = 0;
    Bytes stream;
    for (int step = 0; step < 200; ++step) {
      if (random() % 4 == 0) {
        Bytes out;
        completed += queue.gather(out, 1 + random() % 600);
        append(stream, out);
        continue;
      }
      const auto level = static_cast<std::size_t>(random() % kMessageClasses);
      Bytes bytes(4 + random() % 400);
      std::memcpy(bytes.data(), &pushed[level], 4);
      ++offered;
      const auto result = queue.push(static_cast<MessageClass>(level), std::make_shared<const Bytes>(bytes));
      refused += result.refused;
      if (result.taken) ++pushed[level];
      CHECK(queue.bytes() <= 3000);
    }
    Bytes rest;
    completed += queue.gather(rest, 1 << 20);
    append(stream, rest);
    CHECK(queue.empty());
    CHECK(completed + refused == offered);
    std::array<std::int64_t, kMessageClasses> last{-1, -1, -1, -1};
    FrameReader reader;
    for (ByteView in(stream); !in.empty();) {
      auto next = reader.next(in);
      REQUIRE(next.has_value());
      if (!*next) break;
      std::uint32_t number = 0;
      std::memcpy(&number, (*next)->payload.data(), 4);
      CHECK(last[(*next)->wire_class] < number);
      last[(*next)->wire_class] = number;
    }
  }
}

}  // namespace
