// The tree against a naive one: the hash of a set of pairs, written down from the definition.
#include "ledger/state_tree.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "common/codec.h"
#include "ledger/state_proof.h"
#include "printers.h"

namespace tally::ledger {

namespace {

using Pairs = std::map<Bytes, Bytes>;

bool bit(const Digest& digest, unsigned index) {
  return (digest.bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

Digest naive_root(const std::vector<TreeLeaf>& leaves, unsigned depth = 0) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1) return leaf_hash(leaves.front());
  std::vector<TreeLeaf> side[2];
  for (const auto& leaf : leaves) side[bit(leaf.key_hash, depth) ? 1 : 0].push_back(leaf);
  return inner_hash(naive_root(side[0], depth + 1), naive_root(side[1], depth + 1));
}

Digest naive_root(const Pairs& pairs) {
  std::vector<TreeLeaf> leaves;
  for (const auto& [key, value] : pairs) leaves.push_back({tree_key_hash(key), tree_value_hash(value)});
  return naive_root(leaves);
}

Bytes bytes_of(std::uint64_t number) {
  Bytes out;
  encode_into(out, number);
  return out;
}

// A tree over its own store, changed a block at a time.
class Bench {
 public:
  explicit Bench(std::size_t cache_bytes = 1 << 20, WriteBack write_back = WriteBack::every_block)
      : tree_(*store_, cache_bytes, write_back) {}

  Digest apply(const std::map<Bytes, std::optional<Bytes>>& changes) {
    std::vector<TreeChange> list;
    for (const auto& [key, value] : changes)
      list.push_back({tree_key_hash(key), value ? std::optional(tree_value_hash(*value)) : std::nullopt});
    std::sort(list.begin(), list.end(),
              [](const auto& left, const auto& right) { return left.key_hash < right.key_hash; });
    storage::WriteBatch batch;
    const Digest root = tree_.update(list, batch);
    REQUIRE(std::is_sorted(batch.entries().begin(), batch.entries().end(),
                           [](const auto& left, const auto& right) { return left.key < right.key; }));
    REQUIRE(store_->write(batch, storage::Sync::no));
    return root;
  }
  std::size_t pages() const {
    std::size_t count = 0;
    REQUIRE(store_->scan(storage::Column::tree, {}, {}, [&](ByteView, ByteView) { return ++count, true; }));
    return count;
  }
  storage::Store& store() { return *store_; }
  StateTree& tree() { return tree_; }

 private:
  std::unique_ptr<storage::Store> store_ = storage::make_memory_store();
  StateTree tree_;
};

std::map<Bytes, std::optional<Bytes>> as_changes(const Pairs& pairs) {
  return {pairs.begin(), pairs.end()};
}

constexpr unsigned kSeed = 20260301;

}  // namespace

TEST_CASE("The root of nothing is zero and of one pair is its leaf") {
  Bench bench;
  CHECK(bench.apply({}).is_zero());
  const Digest root = bench.apply({{bytes_of(1), bytes_of(2)}});
  CHECK(root == leaf_hash({tree_key_hash(bytes_of(1)), tree_value_hash(bytes_of(2))}));
  CHECK(bench.apply({{bytes_of(1), std::nullopt}}).is_zero());
}

TEST_CASE("Random changes in random blocks agree with the naive tree") {
  const WriteBack write_back = GENERATE(WriteBack::every_block, WriteBack::when_full);
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{20000}, std::size_t{1} << 24}) {
    Bench bench(cache_bytes, write_back);
    Pairs pairs;
    for (int block = 0; block < 60; ++block) {
      std::map<Bytes, std::optional<Bytes>> changes;
      const std::size_t count = random() % 80;
      for (std::size_t i = 0; i < count; ++i) {
        const Bytes key = bytes_of(random() % 600);
        if (random() % 3 == 0) {
          changes[key] = std::nullopt;
        } else {
          changes[key] = bytes_of(random());
        }
      }
      for (const auto& [key, value] : changes) {
        if (value) {
          pairs[key] = *value;
        } else {
          pairs.erase(key);
        }
      }
      REQUIRE(bench.apply(changes) == naive_root(pairs));
      CHECK(bench.tree().cached_bytes() <= std::max<std::size_t>(cache_bytes, 1));
    }
    if (write_back == WriteBack::when_full) {
      CHECK((bench.pages() > 0) == (bench.tree().cached_bytes() < 40000));
      continue;
    }
    // Cold, from the store alone.
    StateTree cold(bench.store(), 1 << 20);
    CHECK(cold.root() == naive_root(pairs));
  }
}

TEST_CASE("The root does not depend on the order of insertion, and deletion leaves nothing behind") {
  INFO("seed " << kSeed + 1);
  std::mt19937_64 random(kSeed + 1);
  std::vector<std::uint64_t> numbers(500);
  for (auto& number : numbers) number = random();
  Pairs pairs;
  for (const auto number : numbers) pairs[bytes_of(number)] = bytes_of(number + 1);
  const Digest expected = naive_root(pairs);
  std::size_t pages = 0;
  for (int order = 0; order < 4; ++order) {
    std::shuffle(numbers.begin(), numbers.end(), random);
    Bench bench;
    Digest root;
    for (std::size_t at = 0; at < numbers.size();) {
      std::map<Bytes, std::optional<Bytes>> changes;
      for (std::size_t end = std::min(numbers.size(), at + 1 + random() % 50); at < end; ++at)
        changes[bytes_of(numbers[at])] = bytes_of(numbers[at] + 1);
      root = bench.apply(changes);
    }
    REQUIRE(root == expected);
    if (order > 0) CHECK(bench.pages() == pages);
    pages = bench.pages();

    std::map<Bytes, std::optional<Bytes>> more;
    for (int i = 0; i < 300; ++i) more[bytes_of(random())] = bytes_of(1);
    CHECK(bench.apply(more) != expected);
    for (auto& [key, value] : more) value.reset();
    CHECK(bench.apply(more) == expected);
    CHECK(bench.pages() == pages);
    for (const auto& [key, value] : pairs) bench.apply({{key, std::nullopt}});
    CHECK(bench.tree().root().is_zero());
    CHECK(bench.pages() == 1);
  }
}

TEST_CASE("A damaged or missing page is a storage failure") {
  Bench bench;
  Pairs pairs;
  for (std::uint64_t i = 0; i < 100; ++i) pairs[bytes_of(i)] = bytes_of(i);
  bench.apply(as_changes(pairs));
  storage::WriteBatch batch;
  SECTION("damaged") {
    batch.put(storage::Column::tree, TreePath{}.storage_key(), Bytes{1, 2, 3});
    REQUIRE(bench.store().write(batch, storage::Sync::no));
    CHECK_THROWS_WITH(StateTree(bench.store(), 0).root(), Catch::Contains("a page of the state tree has 3 bytes"));
  }
  SECTION("missing") {
    Bytes first;
    REQUIRE(bench.store().scan(storage::Column::tree, {}, Bytes{'p', 0}, [&](ByteView key, ByteView) {
      first.assign(key.begin(), key.end());
      return false;
    }));
    batch.erase(storage::Column::tree, first);
    REQUIRE(bench.store().write(batch, storage::Sync::no));
    StateTree tree(bench.store(), 0);
    std::vector<TreeChange> changes;
    for (const auto& [key, value] : pairs) changes.push_back({tree_key_hash(key), tree_value_hash(bytes_of(7))});
    std::sort(changes.begin(), changes.end(), [](auto& left, auto& right) { return left.key_hash < right.key_hash; });
    storage::WriteBatch out;
    CHECK_THROWS_WITH(tree.update(changes, out), Catch::Contains("missing"));
  }
}

TEST_CASE("Proofs of presence and absence verify, are small, and refuse every altered byte") {
  INFO("seed " << kSeed + 2);
  std::mt19937_64 random(kSeed + 2);
  for (const std::size_t count : {0, 1, 2, 3, 40, 3000}) {
    Bench bench;
    Pairs pairs;
    while (pairs.size() < count) pairs[bytes_of(random())] = bytes_of(random());
    const Digest root = bench.apply(as_changes(pairs));
    bool by_empty = false;
    bool by_other = false;
    for (int i = 0; i < 60; ++i) {
      Bytes key = bytes_of(random());
      std::optional<Bytes> value;
      if (i % 2 == 0 && !pairs.empty()) {
        const auto at = std::next(pairs.begin(), static_cast<std::ptrdiff_t>(random() % pairs.size()));
        key = at->first;
        value = at->second;
      }
      const auto proof = make_state_proof(bench.store(), key).value();
      REQUIRE(verify_state_proof(root, key, value, proof));
      const Bytes bytes = encode(proof);
      CHECK(bytes.size() <= 1024);
      if (!value) (proof.other ? by_other : by_empty) = true;
      // The opposite claim and another value.
      CHECK_FALSE(verify_state_proof(root, key, value ? std::nullopt : std::optional(bytes_of(1)), proof));
      CHECK_FALSE(verify_state_proof(root, key, Bytes{1, 2, 3}, proof));
      CHECK_FALSE(verify_state_proof(inner_hash(root, root), key, value, proof));
      if (i >= 8) continue;
      for (std::size_t place = 0; place < bytes.size(); ++place) {
        for (const Byte flip : {Byte{1}, Byte{0x80}, Byte{0xff}}) {
          Bytes altered = bytes;
          altered[place] ^= flip;
          const auto decoded = decode<StateProof>(altered);
          if (decoded && verify_state_proof(root, key, value, *decoded)) FAIL("byte " << place << " was altered");
        }
      }
    }
    if (count == 3000) CHECK((by_empty && by_other));
  }
}

TEST_CASE("A proof in a form that no maker gives is refused by name") {
  Bench bench;
  Pairs pairs;
  for (std::uint64_t i = 0; i < 50; ++i) pairs[bytes_of(i)] = bytes_of(i);
  const Digest root = bench.apply(as_changes(pairs));
  const auto good = make_state_proof(bench.store(), bytes_of(3)).value();
  const auto problem = [&](const StateProof& proof, std::optional<Bytes> value = bytes_of(3)) {
    return verify_state_proof(root, bytes_of(3), value, proof).error().text();
  };
  StateProof proof = good;
  proof.depth = 300;
  CHECK(problem(proof) == "proof.depth: is 300; expected at most 256");
  proof = good;
  proof.filled.push_back(0);
  CHECK_THAT(problem(proof), Catch::Contains("proof.filled: has "));
  proof = good;
  proof.siblings.push_back({});
  CHECK_THAT(problem(proof), Catch::Contains("proof.siblings: has "));
  proof = good;
  proof.siblings.back() = {};
  CHECK(problem(proof) == "proof.siblings: lists an empty one");
  proof = good;
  proof.other = OtherLeaf{};
  CHECK_THAT(problem(proof), Catch::Contains("proof.other: is present"));
  proof.other = OtherLeaf{tree_key_hash(bytes_of(3)), {}};
  CHECK_THAT(problem(proof, std::nullopt), Catch::Contains("is the key itself"));
  proof.other->key_hash.bytes[0] ^= 0x80;
  CHECK_THAT(problem(proof, std::nullopt), Catch::Contains("does not lie on the key's path"));
}

}  // namespace tally::ledger
