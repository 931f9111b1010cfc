#include "node/batches_in_flight.h"

#include <catch2/catch.hpp>

namespace {

using namespace tally;
using node::BatchesInFlight;
using Ids = BatchesInFlight::Ids;

TransactionId id(Byte number) {
  return TransactionId{{number}};
}

Digest batch(Byte number) {
  return Digest{{number}};
}

std::vector<consensus::SignedVote> proposed(const std::vector<Digest>& digests) {
  std::vector<consensus::SignedVote> out;
  for (const Digest& digest : digests) {
    out.emplace_back();
    out.back().vote.digest = digest;
  }
  return out;
}

// Heights 5 to 7, with one transaction each.
BatchesInFlight three() {
  BatchesInFlight out;
  for (Byte i = 5; i <= 7; ++i) out.add(SeqNum{i}, batch(i), {id(i)});
  return out;
}

TEST_CASE("a new view returns the batches that it does not propose again") {
  auto flight = three();
  CHECK(flight.new_view(proposed({batch(5), consensus::kNullBatch})) == Ids{id(6), id(7)});
  CHECK(flight.size() == 1);
  CHECK(flight.new_view({}) == Ids{id(5)});
  CHECK(flight.new_view({}).empty());
}

TEST_CASE("a decided batch outlives its view") {
  auto flight = three();
  flight.decided(batch(5));
  flight.decided(batch(9));
  CHECK(flight.new_view({}) == Ids{id(6), id(7)});
  CHECK(flight.executed(SeqNum{5}) == Ids{id(5)});
  CHECK(flight.size() == 0);
}

TEST_CASE("execution takes out what was in flight up to its height, whatever block stands there") {
  auto flight = three();
  flight.add(SeqNum{6}, batch(60), {id(60)});
  CHECK(flight.executed(SeqNum{4}).empty());
  CHECK(flight.executed(SeqNum{6}) == Ids{id(5), id(6), id(60)});
  CHECK(flight.size() == 1);
}

TEST_CASE("the end of an epoch returns everything") {
  auto flight = three();
  flight.decided(batch(6));
  CHECK(flight.end_epoch() == Ids{id(5), id(6), id(7)});
  CHECK(flight.size() == 0);
}

}  // namespace
