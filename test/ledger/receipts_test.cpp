// What becomes of transactions: one row per case with its exact code.
#include <catch2/catch.hpp>

#include "chain_fixture.h"
#include "common/time.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

constexpr std::uint64_t kDay = kDayMs;

std::string codes(const Receipt& receipt) {
  std::string out;
  for (const auto& result : receipt.results) out += (out.empty() ? "" : " ") + std::string(name_of(result.code));
  return out;
}

}  // namespace

TEST_CASE("Receipts by mode and outcome of the operations") {
  struct Row {
    const char* name;
    Mode mode;
    std::vector<Bytes> operations;
    ErrorCode code;
    const char* message;
    const char* results;
    std::int64_t total_after;  // of counter 1, which starts at 100
  };
  const auto together = Mode::all_or_nothing;
  const auto apart = Mode::independent;
  const std::vector<Row> rows = {
      {"all succeed", together, {toy_add(1, 5), toy_read_back(1, 105)}, ErrorCode::ok, "", "ok ok", 105},
      {"the only one fails",
       together,
       {toy_fail()},
       ErrorCode::rule_off,
       "operations[0]: always fails",
       "rule_off",
       100},
      {"the last fails",
       together,
       {toy_add(1, 5), toy_add(1, 6), toy_fail()},
       ErrorCode::rule_off,
       "operations[2]: always fails",
       "batch_aborted batch_aborted rule_off",
       100},
      {"the first fails",
       together,
       {toy_fail(), toy_add(1, 5)},
       ErrorCode::rule_off,
       "operations[0]: always fails",
       "rule_off batch_aborted",
       100},
      {"one fails after a change of its own",
       together,
       {toy_add(1, 5), toy_change_and_fail(1)},
       ErrorCode::limit_reached,
       "operations[1]: fails after a change",
       "batch_aborted limit_reached",
       100},
      {"bytes that mean nothing",
       together,
       {toy_add(1, 5), Bytes{0xff}},
       ErrorCode::invalid_encoding,
       "operations[1]: ",
       "batch_aborted invalid_encoding",
       100},
      {"independent: all succeed", apart, {toy_add(1, 5), toy_add(1, 6)}, ErrorCode::ok, "", "ok ok", 111},
      {"independent: one fails",
       apart,
       {toy_add(1, 5), toy_change_and_fail(1), toy_read_back(1, 105)},
       ErrorCode::ok,
       "",
       "ok limit_reached ok",
       105},
      {"independent: all fail",
       apart,
       {toy_change_and_fail(1), toy_fail()},
       ErrorCode::limit_reached,
       "operations[0]: fails after a change",
       "limit_reached rule_off",
       100},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    ToyChain chain(toy_genesis());
    TransactionMaker maker{chain->id()};
    const auto transaction = maker.make(row.operations, row.mode);
    const auto applied = chain.apply(batch_of({transaction}));
    REQUIRE(applied.receipts.receipts.size() == 1);
    const Receipt& receipt = applied.receipts.receipts[0];
    CHECK(receipt.transaction == id_of(transaction.body));
    CHECK(receipt.code == row.code);
    CHECK(receipt.message.starts_with(row.message));
    CHECK(receipt.message.empty() == std::string(row.message).empty());
    CHECK(codes(receipt) == row.results);
    CHECK(chain.total(1) == row.total_after);
    // Nothing of a failed change is left, its history included.
    CHECK_FALSE(chain.store().get(storage::Column::state, as_bytes("scratch")).value());
    const auto counter = toy_counter(chain.store().get(storage::Column::state, toy_counter_key(1)).value());
    CHECK_FALSE(chain.store().get(storage::Column::history, history_key(toy_counter_key(1), counter.entries)).value());
  }
}

TEST_CASE("The executor is told to forget only when something was undone") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  const int before = chain.executor().forgotten;
  chain.apply(batch_of({maker.make({toy_fail(), toy_add(1, 1), toy_fail()}, Mode::independent)}));
  CHECK(chain.executor().forgotten == before);
  chain.apply(batch_of({maker.make({toy_add(1, 1), toy_fail()})}));
  CHECK(chain.executor().forgotten == before + 1);
}

TEST_CASE("Admission by valid_until") {
  struct Row {
    std::uint64_t valid_until_after_block;
    bool before;  // that much before the block's time
    ErrorCode code;
  };
  const std::vector<Row> rows = {{0, false, ErrorCode::expired},
                                 {1, true, ErrorCode::expired},
                                 {1, false, ErrorCode::ok},
                                 {31 * kDay, false, ErrorCode::ok},
                                 {31 * kDay + 1, false, ErrorCode::not_yet_valid},
                                 {std::uint64_t{1} << 62, false, ErrorCode::not_yet_valid}};
  for (const auto& row : rows) {
    CAPTURE(row.valid_until_after_block, row.before);
    ToyChain chain(toy_genesis());
    TransactionMaker maker{chain->id()};
    const TimestampMs time = kStartTime.plus(1000);
    maker.valid_until =
        row.before ? TimestampMs{time.value - row.valid_until_after_block} : time.plus(row.valid_until_after_block);
    const auto transaction = maker.make({toy_add(1, 1)});
    const auto applied = chain.apply(batch_of({transaction}, time));
    CHECK(applied.header.time == time);
    const Receipt& receipt = applied.receipts.receipts[0];
    CHECK(receipt.code == row.code);
    CHECK(receipt.results.empty() == (row.code != ErrorCode::ok));
    CHECK(receipt.message.empty() == (row.code == ErrorCode::ok));
    CHECK(chain.total(1) == (row.code == ErrorCode::ok ? 101 : 100));
    // A refused transaction can be found too.
    CHECK(chain->place_of(id_of(transaction.body)).value() == TransactionPlace{BlockHeight{1}, 0, row.code});
  }
}

TEST_CASE("A transaction whose operation is refused as a duplicate is found where it was refused") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  const auto transaction = maker.make({toy_fail_with(ErrorCode::duplicate)});
  // The repetition beside it must not take its place.
  chain.apply(batch_of({transaction, transaction}));
  CHECK(chain->place_of(id_of(transaction.body)).value() == TransactionPlace{BlockHeight{1}, 0, ErrorCode::duplicate});
}

TEST_CASE("A transaction runs once: repeated in its batch, later, after a restart") {
  const Genesis genesis = toy_genesis();
  auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  SignedTransaction transaction;
  {
    ToyChain chain(genesis, store);
    TransactionMaker maker{chain->id()};
    transaction = maker.make({toy_add(1, 5)});
    const auto first = chain.apply(batch_of({transaction, transaction}));
    CHECK(first.receipts.receipts[0].code == ErrorCode::ok);
    CHECK(first.receipts.receipts[1].code == ErrorCode::duplicate);
    CHECK(first.receipts.receipts[1].results.empty());
    const auto second = chain.apply(batch_of({transaction}));
    CHECK(second.receipts.receipts[0].code == ErrorCode::duplicate);
    CHECK(chain->place_of(id_of(transaction.body)).value() == TransactionPlace{BlockHeight{1}, 0});
  }
  ToyChain chain(genesis, store);
  CHECK(chain.apply(batch_of({transaction})).receipts.receipts[0].code == ErrorCode::duplicate);
  CHECK(chain.total(1) == 105);
}

TEST_CASE("The same author and client id with other content is a conflict, another author's is not") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  const auto first = maker.make({toy_add(1, 5)});
  maker.next_client_id = 1;
  const auto other = maker.make({toy_add(1, 6)});
  maker.next_client_id = 1;
  maker.author = key_of("another author");
  const auto foreign = maker.make({toy_add(1, 7)});
  const auto applied = chain.apply(batch_of({first, other, foreign}));
  CHECK(applied.receipts.receipts[0].code == ErrorCode::ok);
  CHECK(applied.receipts.receipts[1].code == ErrorCode::replay_conflict);
  CHECK_THAT(applied.receipts.receipts[1].message, Catch::Contains(id_of(first.body).hex()));
  CHECK(applied.receipts.receipts[2].code == ErrorCode::ok);
  CHECK(chain.total(1) == 112);
}

TEST_CASE("A failed transaction is executed all the same: its first outcome stands") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  const auto transaction = maker.make({toy_read_back(1, 105)});
  CHECK(chain.apply(batch_of({transaction})).receipts.receipts[0].code == ErrorCode::wrong_state);
  chain.apply(batch_of({maker.make({toy_add(1, 5)})}));
  CHECK(chain.apply(batch_of({transaction})).receipts.receipts[0].code == ErrorCode::duplicate);
}

TEST_CASE("Expired entries leave the replay table, a bounded number per block, on warm and cold chains alike") {
  const Genesis genesis = toy_genesis();
  const auto entries = [](ToyChain& chain) {
    std::size_t count = 0;
    for (const std::string_view prefix : {"sys/replay", "sys/expiry"})
      REQUIRE(chain.store().scan(storage::Column::state, as_bytes(prefix), {},
                                 [&](ByteView, ByteView) { return ++count, true; }));
    return count;
  };
  ToyChain warm(genesis);
  TransactionMaker maker{warm->id()};
  std::vector<Batch> batches;
  const auto fill = [&](TimestampMs time, TimestampMs until, std::size_t count) {
    maker.valid_until = until;
    Batch batch = batch_of({}, time);
    for (std::size_t i = 0; i < count; ++i) {
      SignedTransaction transaction;
      transaction.body = {maker.chain, maker.author.public_key(), client_id(maker.next_client_id++),
                          until,       Mode::all_or_nothing,      {toy_add(1, 1)}};
      batch.transactions.push_back(std::move(transaction));
    }
    batches.push_back(std::move(batch));
  };
  fill(kStartTime.plus(1), kStartTime.plus(1000), 3500);
  fill(kStartTime.plus(2), kStartTime.plus(1000), 3500);
  fill(kStartTime.plus(3), kStartTime.plus(2000), 100);
  fill(kStartTime.plus(999), kStartTime.plus(3000), 10);   // nothing has expired yet
  fill(kStartTime.plus(1000), kStartTime.plus(3000), 10);  // 7000 have, 6000 go
  fill(kStartTime.plus(1001), kStartTime.plus(3000), 10);  // the rest
  fill(kStartTime.plus(2000), kStartTime.plus(3000), 10);
  fill(kStartTime.plus(9000), kStartTime.plus(9900), 1);
  const std::vector<std::size_t> expected = {3500, 7000, 7100, 7110, 1120, 130, 40, 1};
  auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto applied = warm.apply(batches[i]);
    CHECK(entries(warm) == 2 * expected[i]);
    // The same block on a chain that was just opened.
    ToyChain cold(genesis, store);
    CHECK(cold.apply(batches[i]).digest == applied.digest);
  }
}

TEST_CASE("What is due runs before the block's transactions, at most so much per block, and is in the receipts") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  CHECK_FALSE(chain->next_due().value());
  chain.apply(
      batch_of({maker.make({toy_add_later(1, 7, kStartTime.plus(1000)), toy_add_later(2, 8, kStartTime.plus(500))})},
               kStartTime.plus(1)));
  CHECK(chain->next_due().value() == kStartTime.plus(500));
  CHECK(chain.apply(batch_of({}, kStartTime.plus(499))).receipts.due.events.empty());
  const auto due = chain.apply(batch_of({maker.make({toy_read_back(1, 107)})}, kStartTime.plus(1000)));
  CHECK(due.receipts.due.events.size() == 2);
  CHECK(due.receipts.receipts[0].code == ErrorCode::ok);
  CHECK(due.header.receipts_root == crypto::merkle_root(receipt_leaves(due.receipts)));
  CHECK(chain.total(2) == 208);
  CHECK_FALSE(chain->next_due().value());

  maker.valid_until = kStartTime.plus(kDay);
  Batch many = batch_of({}, kStartTime.plus(2000));
  for (std::uint32_t i = 0; i < 3; ++i) {
    std::vector<Bytes> operations;
    for (std::uint32_t j = 0; j < 1000; ++j)
      operations.push_back(toy_add_later(1000 * i + j, 1, kStartTime.plus(3000)));
    many.transactions.push_back(maker.make(std::move(operations)));
  }
  chain.apply(many);
  CHECK(chain.apply(batch_of({}, kStartTime.plus(3000))).receipts.due.events.size() == limits::kDueEventsPerBlockMax);
  CHECK(chain.apply_null().receipts.due.events.size() == 1000);
}

TEST_CASE("On a test clock the clients drive block time") {
  ToyChain chain(toy_genesis(4, ClockMode::test));
  TransactionMaker maker{chain->id()};
  const auto first =
      chain.apply(batch_of({maker.make({toy_advance_clock(kStartTime.plus(5000))})}, kStartTime.plus(kDay)));
  // The proposed time counts for nothing, and the clock counts from the next block on.
  CHECK(first.header.time == kStartTime.next());
  CHECK(chain.apply_null().header.time == kStartTime.plus(5000));
  CHECK(chain.apply_null().header.time == kStartTime.plus(5001));

  ToyChain real(toy_genesis());
  maker.chain = real->id();
  const auto refused = real.apply(batch_of({maker.make({toy_advance_clock(kStartTime.plus(5000))})}));
  CHECK(refused.receipts.receipts[0].code == ErrorCode::test_clock_disabled);
}

}  // namespace tally::ledger
