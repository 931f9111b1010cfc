// The keys in which two states differ, against a plain comparison of all pairs.
#include "ledger/state_diff.h"

#include <catch2/catch.hpp>
#include <map>

#include "snapshot_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

std::map<Digest, LeafDifference> plain_difference(const Pairs& left, const Pairs& right) {
  std::map<Digest, LeafDifference> out;
  for (const auto& [key, value] : left) {
    const auto other = right.find(key);
    if (other != right.end() && other->second == value) continue;
    const Digest hash = tree_key_hash(key);
    out[hash] = {hash, tree_value_hash(value), std::nullopt};
    if (other != right.end()) out[hash].right = tree_value_hash(other->second);
  }
  for (const auto& [key, value] : right) {
    if (left.contains(key)) continue;
    const Digest hash = tree_key_hash(key);
    out[hash] = {hash, std::nullopt, tree_value_hash(value)};
  }
  return out;
}

void require_same(const StateBench& left, const StateBench& right) {
  const auto wanted =
      plain_difference(column(*left.store, storage::Column::state), column(*right.store, storage::Column::state));
  const auto found = differing_leaves(*left.store, *right.store, 100'000);
  REQUIRE(found.has_value());
  REQUIRE(found->size() == wanted.size());
  auto next = wanted.begin();
  for (const auto& difference : *found) CHECK(difference == (next++)->second);
  // The first of them alone, and the keys.
  if (wanted.empty()) return;
  const auto first = differing_leaves(*left.store, *right.store, 1);
  REQUIRE(first.has_value());
  REQUIRE(first->size() == 1);
  CHECK(first->front() == wanted.begin()->second);
  std::vector<Digest> hashes;
  for (const auto& [hash, difference] : wanted) hashes.push_back(hash);
  const auto of_left = keys_of(*left.store, hashes);
  const auto of_right = keys_of(*right.store, hashes);
  REQUIRE(of_left.has_value());
  REQUIRE(of_right.has_value());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto& key = (*of_left)[i] ? (*of_left)[i] : (*of_right)[i];
    REQUIRE(key.has_value());
    CHECK(tree_key_hash(*key) == hashes[i]);
    CHECK((*of_left)[i].has_value() == wanted.at(hashes[i]).left.has_value());
    CHECK((*of_right)[i].has_value() == wanted.at(hashes[i]).right.has_value());
  }
}

}  // namespace

TEST_CASE("state diff: random states with a few or many keys changed, added and removed") {
  const std::uint64_t seed = GENERATE(range(1, 7));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (const std::size_t pairs : {0U, 1U, 2U, 17U, 400U}) {
    CAPTURE(pairs);
    const ToyState state = random_state(random, pairs);
    const StateBench left = written(state, random);
    require_same(left, written(state, random));
    for (const std::size_t changes : {1U, 5U, 100U}) {
      ToyState other = state;
      other.histories.clear();
      ToyState plain = other;
      for (std::size_t i = 0; i < changes; ++i) {
        Bytes key(1 + random() % 9, static_cast<Byte>(random()));
        if (!plain.pairs.empty() && random() % 3 != 0) {
          auto at = plain.pairs.begin();
          std::advance(at, static_cast<std::ptrdiff_t>(random() % plain.pairs.size()));
          key = at->first;
        }
        if (random() % 3 == 0)
          plain.pairs.erase(key);
        else
          plain.pairs[key] = Bytes{static_cast<Byte>(random()), static_cast<Byte>(i)};
      }
      const StateBench base = written(other, random);
      const StateBench right = written(plain, random);
      require_same(base, right);
      require_same(right, base);
    }
    const StateBench nothing = written({}, random);
    require_same(left, nothing);
    require_same(nothing, left);
    CHECK(tree_root(*left.store).value() == left.view->header.state_root);
  }
}

TEST_CASE("state diff: a page that is missing where states differ is an error and elsewhere is not read") {
  std::mt19937_64 random(5);
  const ToyState state = random_state(random, 300);
  const StateBench left = written(state, random);
  const StateBench right = written(state, random);
  storage::WriteBatch batch;
  REQUIRE(left.store
              ->scan(storage::Column::tree, Bytes{'p', 3}, {},
                     [&](ByteView key, ByteView) {
                       batch.erase(storage::Column::tree, key);
                       return true;
                     })
              .has_value());
  REQUIRE_FALSE(batch.empty());
  REQUIRE(left.store->write(batch, storage::Sync::no).has_value());
  // The pages above say that nothing differs below.
  CHECK(differing_leaves(*left.store, *right.store, 10).value().empty());
  const StateBench other = written(random_state(random, 300), random);
  const auto failed = differing_leaves(*left.store, *other.store, 100'000);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == ErrorCode::storage_failed);
}

}  // namespace tally::ledger
