#include "ledger/mempool.h"

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

const ChainId kChain{{7}};
const TimestampMs kNow = kStartTime;

// The pool does not look at signatures, so there are none.
PooledPointer pooled(std::uint64_t author, std::uint64_t client, std::size_t operations = 1,
                     std::size_t operation_bytes = 1, std::uint64_t valid_ms = 1000) {
  SignedTransaction transaction;
  transaction.body.chain = kChain;
  for (std::size_t i = 0; i < 8; ++i) transaction.body.author.bytes[i] = static_cast<Byte>(author >> (8 * i));
  transaction.body.client_id = client_id(client);
  transaction.body.valid_until = kNow.plus(valid_ms);
  transaction.body.operations.assign(operations, Bytes(operation_bytes));
  Bytes encoded = encode(transaction);
  return make_pooled(std::move(transaction), std::move(encoded));
}

std::string authors_of(const std::vector<PooledPointer>& taken) {
  std::string out;
  for (const auto& one : taken) out += static_cast<char>('A' + one->transaction.body.author.bytes[0]);
  return out;
}

std::vector<TransactionId> ids_of(const std::vector<PooledPointer>& taken) {
  std::vector<TransactionId> out;
  for (const auto& one : taken) out.push_back(one->id);
  return out;
}

bool is_office(const PublicKey& key) {
  return key.bytes[0] == 9;
}

constexpr std::size_t kAll = 1U << 30;

}  // namespace

TEST_CASE("The pool refuses what it has, what conflicts, and what is out of its time") {
  Mempool pool({});
  const auto one = pooled(1, 1);
  REQUIRE(pool.add(one, kNow));
  CHECK(pool.contains(one->id));
  CHECK(pool.find(one->id) == one);
  CHECK(pool.find({}) == nullptr);
  CHECK(pool.add(pooled(1, 1), kNow).error().code == ErrorCode::duplicate);
  CHECK(pool.add(pooled(1, 1, 2), kNow).error().code == ErrorCode::replay_conflict);
  REQUIRE(pool.add(pooled(2, 1), kNow));
  CHECK(pool.add(pooled(3, 1, 1, 1, 0), kNow).error().code == ErrorCode::expired);
  CHECK(pool.add(pooled(3, 1, 1, 1, limits::kValidityMsMax + 1), kNow).error().code == ErrorCode::not_yet_valid);
  REQUIRE(pool.add(pooled(3, 1, 1, 1, limits::kValidityMsMax), kNow));
  CHECK(pool.counters().added == 3);
  CHECK(pool.counters().duplicates == 1);
  CHECK(pool.counters().conflicts == 1);
  CHECK(pool.counters().refused_expired == 2);
  CHECK(pool.sizes().pending == 3);
  // Also while it is in flight, but not after it was executed.
  CHECK(pool.take(kAll, kAll).size() == 3);
  CHECK(pool.add(pooled(1, 1), kNow).error().code == ErrorCode::duplicate);
  pool.release(std::vector{one->id});
  CHECK_FALSE(pool.contains(one->id));
  CHECK(pool.add(pooled(1, 1, 2), kNow));
}

TEST_CASE("Authors take turns and keep their own order") {
  Mempool pool({});
  for (std::uint64_t i = 0; i < 6; ++i) REQUIRE(pool.add(pooled(0, i), kNow));
  for (std::uint64_t i = 0; i < 2; ++i) REQUIRE(pool.add(pooled(1, i), kNow));
  REQUIRE(pool.add(pooled(2, 0), kNow));
  const auto first = pool.take(kAll, 4);
  CHECK(authors_of(first) == "ABCA");
  CHECK(first[3]->transaction.body.client_id == client_id(1));
  // Who waited longest goes on.
  CHECK(authors_of(pool.take(kAll, 3)) == "BAA");
  CHECK(authors_of(pool.take(kAll, 3)) == "AA");
  CHECK(pool.take(kAll, kAll).empty());
  CHECK(pool.sizes().in_flight == 9);
}

TEST_CASE("A batch keeps to bytes and operations, and what does not fit waits without holding up others") {
  Mempool pool({});
  REQUIRE(pool.add(pooled(0, 0, 1000), kNow));
  REQUIRE(pool.add(pooled(1, 0, 5), kNow));
  REQUIRE(pool.add(pooled(2, 0, 5), kNow));
  CHECK(authors_of(pool.take(kAll, 10)) == "BC");
  REQUIRE(pool.add(pooled(4, 0), kNow));
  REQUIRE(pool.add(pooled(3, 0, 1, 5000), kNow));
  CHECK(authors_of(pool.take(4000, 10)) == "E");
  // The one that was passed over has kept its turn.
  REQUIRE(pool.add(pooled(5, 0), kNow));
  CHECK(authors_of(pool.take(kAll, kAll)) == "ADF");
}

TEST_CASE("What is larger than a whole batch is to be goes alone when its turn comes, whatever flows past it") {
  Mempool pool({});
  REQUIRE(pool.add(pooled(0, 0), kNow));
  REQUIRE(pool.add(pooled(1, 0, 1, 5000), kNow));
  for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(pool.add(pooled(2, i), kNow));
  CHECK(authors_of(pool.take(4000, kAll)) == "ACCC");
  REQUIRE(pool.add(pooled(3, 0), kNow));
  CHECK(authors_of(pool.take(4000, kAll)) == "B");
  CHECK(authors_of(pool.take(4000, kAll)) == "D");
}

TEST_CASE("What is abandoned is pending again at its old place, what others propose is in flight") {
  Mempool pool({});
  std::vector<TransactionId> ids;
  for (std::uint64_t i = 0; i < 4; ++i) {
    ids.push_back(pooled(0, i)->id);
    REQUIRE(pool.add(pooled(0, i), kNow));
  }
  const auto taken = pool.take(kAll, 2);
  pool.mark_in_flight(std::vector{ids[2], TransactionId{}});
  CHECK(pool.sizes().pending == 1);
  pool.abandon(ids_of(taken));
  CHECK(ids_of(pool.take(kAll, kAll)) == std::vector{ids[0], ids[1], ids[3]});
  pool.release(ids);
  CHECK(pool.sizes().bytes == 0);
  CHECK(pool.sizes().authors == 0);
  CHECK(pool.counters().released == 4);
}

TEST_CASE("What has waited long enough is forwarded once, the oldest first, within a bound") {
  Mempool pool({});
  const auto old = pooled(1, 1);
  REQUIRE(pool.add(old, kNow));
  pool.tick();
  const auto later = pooled(2, 1);
  REQUIRE(pool.add(later, kNow));
  CHECK(pool.forward(2, kAll).empty());
  CHECK(pool.pressure().forwarded == 0);
  CHECK(pool.pressure().operations == 2);
  CHECK(pool.pressure().encoded_bytes == old->encoded.size() + later->encoded.size());
  pool.tick();
  CHECK(ids_of(pool.forward(2, kAll)) == std::vector{old->id});
  CHECK(pool.forward(2, kAll).empty());
  CHECK(ids_of(pool.forward(1, kAll)) == std::vector{later->id});
  CHECK(pool.pressure().forwarded == 2);
  SECTION("a new primary is shown all of it again, the first whatever its size") {
    pool.forget_forwarded();
    CHECK(pool.pressure().forwarded == 0);
    CHECK(pool.pressure().starved_ticks == 0);
    CHECK(ids_of(pool.forward(0, 1)) == std::vector{old->id});
    CHECK(ids_of(pool.forward(0, 1)) == std::vector{later->id});
  }
  SECTION("what is in flight presses nobody, and what comes back is forwarded anew") {
    CHECK(pool.take(kAll, kAll).size() == 2);
    CHECK(pool.pressure() == MempoolPressure{});
    pool.abandon(std::vector{old->id});
    CHECK(pool.pressure().forwarded == 0);
    CHECK(ids_of(pool.forward(2, kAll)) == std::vector{old->id});
  }
  SECTION("nothing is left of what was executed") {
    pool.release(std::vector{old->id, later->id});
    CHECK(pool.pressure() == MempoolPressure{});
    CHECK(pool.forward(0, kAll).empty());
  }
}

TEST_CASE("An author starves from when its transaction was forwarded until one of its own is executed") {
  Mempool pool({});
  const auto tick = [&](int times) {
    for (int i = 0; i < times; ++i) pool.tick();
  };
  const auto flooder = pooled(1, 1);
  const auto flood = pooled(1, 2);
  const auto victim = pooled(2, 1);
  for (const auto& one : {flooder, flood, victim}) REQUIRE(pool.add(one, kNow));
  tick(5);
  CHECK(pool.pressure().starved_ticks == 0);
  CHECK(pool.forward(5, kAll).size() == 3);
  tick(4);
  CHECK(pool.pressure().starved_ticks == 4);
  SECTION("another author's progress is none of its own") {
    pool.release(std::vector{flooder->id});
    tick(3);
    CHECK(pool.pressure().starved_ticks == 7);
    pool.release(std::vector{victim->id});
    CHECK(pool.pressure().starved_ticks == 3);
  }
  SECTION("one whose others are executed does not starve") {
    pool.release(std::vector{victim->id, flooder->id});
    tick(2);
    CHECK(pool.pressure().starved_ticks == 2);
    pool.release(std::vector{flood->id});
    CHECK(pool.pressure().starved_ticks == 0);
    CHECK(pool.sizes().authors == 0);
  }
  SECTION("one who expired or is in flight does not starve") {
    pool.mark_in_flight(std::vector{flooder->id, flood->id});
    CHECK(pool.pressure().starved_ticks == 4);
    CHECK(pool.expire(kNow.plus(1000)).size() == 1);
    CHECK(pool.pressure().starved_ticks == 0);
  }
}

TEST_CASE("Expired transactions leave the pool unless they are in flight") {
  Mempool pool({});
  REQUIRE(pool.add(pooled(0, 0, 1, 1, 10), kNow));
  REQUIRE(pool.add(pooled(0, 1, 1, 1, 20), kNow));
  REQUIRE(pool.add(pooled(0, 2, 1, 1, 30), kNow));
  const auto taken = pool.take(kAll, 1);
  CHECK(pool.expire(kNow.plus(9)).empty());
  CHECK(pool.expire(kNow.plus(20)) == std::vector{pooled(0, 1, 1, 1, 20)->id});
  CHECK(pool.sizes().pending == 1);
  CHECK(pool.sizes().in_flight == 1);
  pool.abandon(ids_of(taken));
  CHECK(pool.expire(kNow.plus(20)) == ids_of(taken));
  CHECK(pool.counters().expired == 2);
}

TEST_CASE("Bounds of the pool, of an author, of an office, of all who are no office") {
  MempoolOptions options;
  options.bytes_max = 1 << 20;
  options.is_office = is_office;
  const auto fill = [](Mempool& pool, std::uint64_t author, std::size_t bytes) {
    std::uint64_t count = 0;
    for (;; ++count) {
      const auto added = pool.add(pooled(author, count, 1, bytes), kNow);
      if (added) continue;
      CHECK(added.error().code == ErrorCode::pool_full);
      return std::pair(count, added.error().text());
    }
  };
  SECTION("256 pending, by default") {
    Mempool pool({});
    const auto [count, text] = fill(pool, 1, 1);
    CHECK(count == limits::kPoolPendingPerAuthorMax);
    CHECK(text ==
          "author's share of the pool: holds 256 of 256 transactions; expected to submit again after the next "
          "blocks");
    CHECK(pool.sizes().authors == 1);
  }
  SECTION("an author's bytes") {
    Mempool pool(options);
    fill(pool, 1, 5000);
    CHECK(pool.sizes().bytes <= options.bytes_max / kPoolOneOtherShare);
  }
  SECTION("an office's share, above 256 transactions") {
    options.bytes_max = 8 << 20;
    Mempool pool(options);
    CHECK(fill(pool, 9, 10).first > limits::kPoolPendingPerAuthorMax);
    CHECK(pool.sizes().bytes <= options.bytes_max / limits::kPoolOfficeShare);
  }
  SECTION("others leave half to the offices") {
    Mempool pool(options);
    for (std::uint64_t author = 0x100; author < 0x180; ++author) fill(pool, author << 8, 5000);
    CHECK(pool.sizes().bytes <= options.bytes_max / kPoolOthersShare);
    CHECK(pool.add(pooled(9, 1, 1, 5000), kNow));
    CHECK(pool.counters().refused_full == 128);
  }
  SECTION("the whole") {
    Mempool pool(options);
    for (std::uint64_t author = 0; author < 9; ++author) fill(pool, 9 + (author << 8), 5000);
    CHECK(pool.sizes().bytes <= options.bytes_max);
    CHECK(pool.sizes().bytes > options.bytes_max - 12000);
  }
}

TEST_CASE("Random use keeps the pool's books") {
  constexpr unsigned kSeed = 5;
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  Mempool pool({});
  std::set<TransactionId> pending;
  std::set<TransactionId> flying;
  const auto some = [&](const std::set<TransactionId>& from) {
    std::vector<TransactionId> out;
    for (const auto& id : from)
      if (random() % 3 == 0) out.push_back(id);
    return out;
  };
  for (int step = 0; step < 4000; ++step) {
    switch (random() % 6) {
      case 0:
      case 1:
      case 2: {
        const auto one = pooled(random() % 7, random() % 1000);
        const bool known = pending.contains(one->id) || flying.contains(one->id);
        const auto added = pool.add(one, kNow);
        REQUIRE(added.has_value() == !known);
        pending.insert(one->id);
        if (known && flying.contains(one->id)) pending.erase(one->id);
        break;
      }
      case 3:
        for (const auto& one : pool.take(kAll, random() % 10)) {
          REQUIRE(pending.erase(one->id) == 1);
          flying.insert(one->id);
        }
        break;
      case 4:
        for (const auto& id : some(flying)) {
          pool.release(std::vector{id});
          flying.erase(id);
        }
        break;
      default:
        for (const auto& id : some(flying)) {
          pool.abandon(std::vector{id});
          flying.erase(id);
          pending.insert(id);
        }
    }
    const auto sizes = pool.sizes();
    REQUIRE(sizes.pending == pending.size());
    REQUIRE(sizes.in_flight == flying.size());
  }
}

TEST_CASE("Several threads add and take at once") {
  Mempool pool({});
  std::vector<std::thread> threads;
  for (std::uint64_t author = 0; author < 3; ++author)
    threads.emplace_back([&pool, author] {
      for (std::uint64_t i = 0; i < 200; ++i) (void)pool.add(pooled(author, i), kNow);
    });
  std::size_t taken = 0;
  while (taken < 600) {
    const auto some = pool.take(kAll, 50);
    taken += some.size();
    pool.release(ids_of(some));
  }
  for (auto& thread : threads) thread.join();
  CHECK(pool.sizes().bytes == 0);
}

}  // namespace tally::ledger
