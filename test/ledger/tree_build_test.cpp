// Trees built at once are those that StateTree makes change by change: roots, pages, and subtrees of every depth.
#include "ledger/tree_build.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "ledger/state_tree.h"
#include "printers.h"

namespace tally::ledger {

namespace {

constexpr unsigned kSeed = 20261127;

using Pages = std::map<Bytes, Bytes>;
using Leaves = std::map<Digest, Digest>;  // key hash -> value hash

std::vector<TreeLeaf> list(const Leaves& leaves) {
  std::vector<TreeLeaf> out;
  for (const auto& [key, value] : leaves) out.push_back({key, value});
  return out;
}

PageSink into(Pages& pages) {
  return [&pages](const TreePath& path, const TreePage& page) {
    const bool fresh = pages.emplace(path.storage_key(), page.encoded()).second;
    REQUIRE(fresh);
  };
}

// As StateTree makes them: in random blocks, with other leaves that come and go.
Pages grown(const Leaves& leaves, std::mt19937_64& random, Digest& root) {
  const auto store = storage::make_memory_store();
  StateTree tree(*store, 1 << 20);
  std::map<Digest, std::optional<Digest>> left(leaves.begin(), leaves.end());
  std::vector<Digest> passing;
  for (int i = 0; i < 40; ++i) {
    Digest key;
    for (auto& byte : key.bytes) byte = static_cast<Byte>(random());
    // Beside one that stays, so that pages come and go under it.
    if (!leaves.empty() && i % 2 == 0) {
      key = std::next(leaves.begin(), static_cast<std::ptrdiff_t>(random() % leaves.size()))->first;
      key.bytes[4 + random() % 28] ^= static_cast<Byte>(1 + random() % 255);
    }
    if (leaves.count(key) == 0) passing.push_back(key);
  }
  const auto write = [&](std::map<Digest, std::optional<Digest>> block) {
    std::vector<TreeChange> changes;
    for (const auto& [key, value] : block) changes.push_back({key, value});
    storage::WriteBatch batch;
    root = tree.update(changes, batch);
    REQUIRE(store->write(batch, storage::Sync::no));
  };
  std::map<Digest, std::optional<Digest>> block;
  for (const auto& key : passing) block[key] = key;
  write(block);
  while (!left.empty()) {
    block.clear();
    for (std::size_t i = 1 + random() % 50; i > 0 && !left.empty(); --i) {
      const auto at = std::next(left.begin(), static_cast<std::ptrdiff_t>(random() % left.size()));
      block.insert(*at);
      left.erase(at);
    }
    write(block);
  }
  block.clear();
  for (const auto& key : passing) block[key] = std::nullopt;
  write(block);
  Pages pages;
  REQUIRE(store->scan(storage::Column::tree, {}, {}, [&](ByteView key, ByteView value) {
    pages.emplace(Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end()));
    return true;
  }));
  // Of an empty tree StateTree keeps the first page, without slots.
  if (leaves.empty() && pages.size() == 1) pages.clear();
  return pages;
}

void compare(const Leaves& leaves, std::mt19937_64& random) {
  Digest root;
  const Pages wanted = grown(leaves, random, root);
  const auto all = list(leaves);
  for (unsigned depth = 0; depth <= kSubtreeDepthMax; depth += depth < 9 ? 1 : 2) {
    INFO("depth " << depth << ", " << leaves.size() << " leaves");
    Pages pages;
    std::vector<TreeSlot> slots;
    std::vector<SubtreeMark> marks;
    std::span<const TreeLeaf> left = all;
    for (std::size_t index = 0; index < std::size_t{1} << depth; ++index) {
      std::size_t count = 0;
      while (count < left.size() && in_subtree(left[count].key_hash, depth, index)) ++count;
      auto subtree = build_subtree(left.first(count), depth, index, into(pages));
      left = left.subspan(count);
      marks.push_back(subtree.mark);
      slots.insert(slots.end(), subtree.slots.begin(), subtree.slots.end());
    }
    REQUIRE(left.empty());
    CHECK(build_top(slots, depth, into(pages)) == root);
    CHECK(combine(marks).digest == root);
    CHECK(pages == wanted);
  }
}

}  // namespace

TEST_CASE("Random trees built at once have the roots and pages of trees grown change by change") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const std::size_t count : {0, 1, 2, 3, 5, 17, 60, 200, 1500}) {
    Leaves leaves;
    while (leaves.size() < count) {
      Digest key;
      Digest value;
      for (auto& byte : key.bytes) byte = static_cast<Byte>(random());
      for (auto& byte : value.bytes) byte = static_cast<Byte>(random());
      leaves[key] = value;
    }
    compare(leaves, random);
  }
}

TEST_CASE("Leaves that share long paths build as they grow") {
  INFO("seed " << kSeed + 1);
  std::mt19937_64 random(kSeed + 1);
  for (int round = 0; round < 12; ++round) {
    Leaves leaves;
    Digest key;
    for (int i = 0; i < 30; ++i) {
      // Differs from the one before from a random bit on.
      const std::size_t from = random() % 256;
      key.bytes[from / 8] ^= static_cast<Byte>(0x80 >> from % 8);
      for (std::size_t byte = from / 8 + 1; byte < key.bytes.size(); ++byte)
        if (random() % 3 == 0) key.bytes[byte] = static_cast<Byte>(random());
      leaves[key] = Digest{{static_cast<Byte>(i + 1)}};
    }
    compare(leaves, random);
  }
}

TEST_CASE("Neighbouring subtrees become their parent as the tree's rule says") {
  const SubtreeMark empty;
  const SubtreeMark leaf{SubtreeKind::leaf, Digest{{1}}};
  const SubtreeMark inner{SubtreeKind::inner, Digest{{2}}};
  CHECK(combine(empty, empty) == empty);
  CHECK(combine(leaf, empty) == leaf);
  CHECK(combine(empty, leaf) == leaf);
  CHECK(combine(leaf, leaf) == SubtreeMark{SubtreeKind::inner, inner_hash(leaf.digest, leaf.digest)});
  CHECK(combine(inner, empty) == SubtreeMark{SubtreeKind::inner, inner_hash(inner.digest, {})});
  CHECK(combine(empty, inner) == SubtreeMark{SubtreeKind::inner, inner_hash({}, inner.digest)});
}

}  // namespace tally::ledger
