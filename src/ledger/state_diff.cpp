#include "ledger/state_diff.h"

#include <map>

#include "ledger/tree_path.h"

namespace tally::ledger {

using storage::Column;

namespace {

Result<std::optional<TreePage>> page_at(const storage::Reader& store, const TreePath& path) {
  const auto bytes = store.get(Column::tree, path.storage_key());
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<TreePage>{};
  auto page = TreePage::decoded(**bytes);
  if (!page) return page.error();
  return std::optional(std::move(page).value());
}

TreePath below(const TreePath& path, unsigned nibble) {
  TreePath out = path;
  const unsigned depth = path.depth;
  out.nibbles[depth / 2] =
      static_cast<Byte>(depth % 2 == 0 ? nibble << 4U : static_cast<unsigned>(out.nibbles[depth / 2]) | nibble);
  out.depth = static_cast<Byte>(depth + 1);
  return out;
}

// What stands under one path on one side: nothing, one leaf alone, or a page.
struct Side {
  std::optional<TreeLeaf> leaf;
  bool has_page = false;

  [[nodiscard]] bool empty() const { return !leaf && !has_page; }
};

class Walk {
 public:
  Walk(const storage::Reader& left, const storage::Reader& right, std::size_t count_max)
      : left_(left), right_(right), count_max_(count_max) {}

  Result<std::vector<LeafDifference>> run() {
    const TreePath top;
    if (auto walked = compare(top, {std::nullopt, true}, {std::nullopt, true}); !walked) return walked.error();
    return std::move(out_);
  }

 private:
  Status compare(const TreePath& path, const Side& left, const Side& right) {
    if (out_.size() >= count_max_) return {};
    if (!left.has_page && !right.has_page) {
      compare_leaves(left.leaf, right.leaf);
      return {};
    }
    auto left_page = load(left_, path, left);
    if (!left_page) return left_page.error();
    auto right_page = load(right_, path, right);
    if (!right_page) return right_page.error();
    for (unsigned nibble = 0; nibble < kPageSlots; ++nibble) {
      const Side below_left = slot(*left_page, left, path, nibble);
      const Side below_right = slot(*right_page, right, path, nibble);
      if (below_left.empty() && below_right.empty()) continue;
      if (below_left.has_page && below_right.has_page &&
          (*left_page)->hash(kPageSlots + nibble) == (*right_page)->hash(kPageSlots + nibble))
        continue;
      if (auto walked = compare(below(path, nibble), below_left, below_right); !walked) return walked;
    }
    return {};
  }

  // Of a side that has no page there, its leaf counts in the slot that it would have.
  static Result<std::optional<TreePage>> load(const storage::Reader& store, const TreePath& path, const Side& side) {
    if (!side.has_page) return std::optional<TreePage>{};
    auto page = page_at(store, path);
    if (!page) return page.error();
    // Only an empty state has no first page.
    if (!*page && path.depth > 0)
      return make_error(ErrorCode::storage_failed, "", "a page of the tree is missing", "`tally scrub` to name it");
    return page;
  }

  static Side slot(std::optional<TreePage>& page, const Side& side, const TreePath& path, unsigned nibble) {
    if (side.leaf) return nibble_of(side.leaf->key_hash, path.depth) == nibble ? Side{side.leaf, false} : Side{};
    if (!page) return {};
    switch (page->slot(nibble)) {
      case TreePage::Slot::empty:
        return {};
      case TreePage::Slot::leaf:
        return {page->leaf(nibble), false};
      case TreePage::Slot::child:
        return {std::nullopt, true};
    }
    return {};
  }

  void compare_leaves(const std::optional<TreeLeaf>& left, const std::optional<TreeLeaf>& right) {
    if (left == right) return;
    if (left && right && left->key_hash == right->key_hash)
      return add({left->key_hash, left->value_hash, right->value_hash});
    std::optional<LeafDifference> of_left;
    std::optional<LeafDifference> of_right;
    if (left) of_left = LeafDifference{left->key_hash, left->value_hash, std::nullopt};
    if (right) of_right = LeafDifference{right->key_hash, std::nullopt, right->value_hash};
    if (of_left && of_right && of_right->key_hash.bytes < of_left->key_hash.bytes) std::swap(of_left, of_right);
    if (of_left) add(*of_left);
    if (of_right) add(*of_right);
  }

  void add(const LeafDifference& difference) {
    if (out_.size() < count_max_) out_.push_back(difference);
  }

  const storage::Reader& left_;
  const storage::Reader& right_;
  const std::size_t count_max_;
  std::vector<LeafDifference> out_;
};

}  // namespace

Result<Digest> tree_root(const storage::Reader& store) {
  auto page = page_at(store, TreePath{});
  if (!page) return page.error();
  return *page ? (*page)->root() : Digest{};
}

Result<std::vector<LeafDifference>> differing_leaves(const storage::Reader& left, const storage::Reader& right,
                                                     std::size_t count_max) {
  return Walk(left, right, count_max).run();
}

Result<std::vector<std::optional<Bytes>>> keys_of(const storage::Reader& store, const std::vector<Digest>& key_hashes) {
  std::map<Digest, std::size_t> wanted;
  for (std::size_t i = 0; i < key_hashes.size(); ++i) wanted[key_hashes[i]] = i;
  std::vector<std::optional<Bytes>> out(key_hashes.size());
  std::size_t missing = wanted.size();
  const Status scanned = store.scan(Column::state, {}, {}, [&](ByteView key, ByteView) {
    const auto found = wanted.find(tree_key_hash(key));
    if (found == wanted.end() || out[found->second]) return missing > 0;
    out[found->second] = Bytes(key.begin(), key.end());
    return --missing > 0;
  });
  if (!scanned) return scanned.error();
  return out;
}

}  // namespace tally::ledger
