#include <unordered_map>

#include "common/limits.h"
#include "ledger/block_records.h"
#include "ledger/history_index.h"
#include "ledger/scrub.h"
#include "ledger/tree_path.h"
#include "ledger/working_state.h"

namespace tally::ledger {

using storage::Column;

namespace {

std::string page_name(ByteView key) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string path;
  for (const Byte nibble : key.subspan(1)) path += nibble < kPageSlots ? kDigits[nibble] : '?';
  return path.empty() ? "the first page" : "the page at " + path;
}

// Pages come parents first, by depth; each must hash to what the page above says.
class TreeScrub {
 public:
  explicit TreeScrub(const storage::Reader& store) : store_(store) {}

  ScrubClass run(const Digest& root) {
    const Byte prefix = 'p';
    const auto scanned = store_.scan(Column::tree, {&prefix, 1}, {}, [&](ByteView key, ByteView value) {
      ++out_.checked;
      visit(key, value, root);
      return true;
    });
    if (!scanned) out_.add("the pages of the tree", scanned.error().text());
    close(0);
    if (!first_ && !root.is_zero()) out_.add("the first page", "is missing");
    return std::move(out_);
  }

 private:
  struct Open {
    TreePage page;
    unsigned seen = 0;  // slots whose page came
  };

  void visit(ByteView key, ByteView value, const Digest& root) {
    const std::size_t depth = key.size() - 1;
    std::size_t shared = 0;
    while (shared < path_.size() && shared < depth && path_[shared] == key[1 + shared]) ++shared;
    // open_[i] stands at depth i, under the first i nibbles of path_.
    close(std::min(shared + 1, depth));
    path_.assign(key.begin() + 1, key.end());
    auto page = TreePage::decoded(value);
    if (!page) return out_.add(page_name(key), page.error().text());
    if (depth > open_.size()) {
      if (!broken(depth)) out_.add(page_name(key), "stands under no page");
      return;
    }
    Digest wanted = root;
    if (depth > 0) {
      Open& above = *open_.back();
      const unsigned nibble = key.back();
      if (nibble >= kPageSlots || above.page.slot(nibble) != TreePage::Slot::child)
        return out_.add(page_name(key), "stands where the page above has none");
      above.seen |= 1U << nibble;
      wanted = above.page.hash(kPageSlots + nibble);
    } else {
      first_ = true;
    }
    if (page->root() != wanted)
      out_.add(page_name(key), "hashes to " + page->root().hex() + ", and " + wanted.hex() + " is certified");
    open_.push_back(std::make_unique<Open>(Open{std::move(page).value(), 0}));
  }

  // A page above did not decode or is missing, and was told of.
  [[nodiscard]] bool broken(std::size_t) const { return out_.damaged > 0; }

  // Ends the pages at `depth` and below it: all that they name must have come.
  void close(std::size_t depth) {
    while (open_.size() > depth) {
      Open& last = *open_.back();
      Bytes key{'p'};
      key.insert(key.end(), path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(open_.size() - 1));
      for (unsigned nibble = 0; nibble < kPageSlots; ++nibble) {
        if (last.page.slot(nibble) != TreePage::Slot::child || (last.seen >> nibble & 1U) != 0) continue;
        key.push_back(static_cast<Byte>(nibble));
        out_.add(page_name(key), "is missing");
        key.pop_back();
      }
      open_.pop_back();
    }
  }

  const storage::Reader& store_;
  ScrubClass out_{"tree", 0, 0, {}};
  Bytes path_;
  std::vector<std::unique_ptr<Open>> open_;
  bool first_ = false;
};

Result<Digest> head_root(const storage::Reader& store) {
  const auto head = marked_head(store);
  if (!head) return head.error();
  const auto header = read_header(store, *head);
  if (!header) return header.error();
  if (!*header)
    return make_error(ErrorCode::storage_failed, "",
                      "the header of block " + std::to_string(head->value) + " is missing");
  return (*header)->state_root;
}

// Looks leaves up, keeping the upper pages.
class Leaves {
 public:
  explicit Leaves(const storage::Reader& store) : store_(store) {}

  Result<std::optional<Digest>> value_hash(const Digest& key_hash) {
    for (unsigned depth = 0; depth < kKeyNibbles; ++depth) {
      const auto page = load(TreePath::of(key_hash, depth));
      if (!page) return page.error();
      if (*page == nullptr) return std::optional<Digest>{};
      const unsigned nibble = nibble_of(key_hash, depth);
      const auto slot = (*page)->slot(nibble);
      if (slot == TreePage::Slot::child) continue;
      if (slot == TreePage::Slot::empty || (*page)->leaf(nibble).key_hash != key_hash) break;
      return std::optional<Digest>((*page)->leaf(nibble).value_hash);
    }
    return std::optional<Digest>{};
  }

 private:
  static constexpr unsigned kKeptDepth = 2;

  Result<const TreePage*> load(const TreePath& path) {
    if (const auto kept = kept_.find(path); kept != kept_.end()) return &kept->second;
    const auto bytes = store_.get(Column::tree, path.storage_key());
    if (!bytes) return bytes.error();
    if (!*bytes) return static_cast<const TreePage*>(nullptr);
    auto page = TreePage::decoded(**bytes);
    if (!page) return page.error();
    if (path.depth < kKeptDepth) return &(kept_[path] = std::move(page).value());
    last_ = std::move(page).value();
    return &last_;
  }

  const storage::Reader& store_;
  std::unordered_map<TreePath, TreePage, TreePath::Hash> kept_;
  TreePage last_;
};

std::uint64_t count_leaves(const storage::Reader& store) {
  std::uint64_t leaves = 0;
  const Byte prefix = 'p';
  (void)store.scan(Column::tree, {&prefix, 1}, {}, [&](ByteView, ByteView value) {
    const auto page = TreePage::decoded(value);
    for (unsigned nibble = 0; page && nibble < kPageSlots; ++nibble)
      leaves += page->slot(nibble) == TreePage::Slot::leaf ? 1 : 0;
    return true;
  });
  return leaves;
}

}  // namespace

ScrubClass scrub_tree(const storage::Reader& store) {
  const auto root = head_root(store);
  if (root) return TreeScrub(store).run(*root);
  ScrubClass out{"tree", 0, 0, {}};
  out.add("the root that the pages must hash to", root.error().text());
  return out;
}

ScrubClass scrub_state(const storage::Reader& store) {
  ScrubClass out{"state", 0, 0, {}};
  Leaves leaves(store);
  std::uint64_t standing = 0;
  const auto scanned = store.scan(Column::state, {}, {}, [&](ByteView key, ByteView value) {
    ++out.checked;
    const auto leaf = leaves.value_hash(tree_key_hash(key));
    const std::string name = "the value of " + key_in_words(key);
    if (leaf && *leaf) ++standing;
    if (!leaf)
      out.add(name, leaf.error().text());
    else if (!*leaf)
      out.add(name, "has no leaf in the tree");
    else if (**leaf != tree_value_hash(value))
      out.add(name, "hashes to " + tree_value_hash(value).hex() + ", and " + (**leaf).hex() + " stands in the tree");
    return true;
  });
  if (!scanned) out.add("the pairs of the state", scanned.error().text());
  if (const auto wanted = count_leaves(store); wanted > standing)
    out.add("the pairs of the state", std::to_string(wanted - standing) + " that stand in the tree are missing");
  return out;
}

ScrubClass scrub_history(const storage::Reader& store, const Executor& executor) {
  ScrubClass out{"history", 0, 0, {}};
  std::uint64_t claimed = 0;
  const auto check = [&](const HistoryClaim& claim, const std::string& name) {
    std::uint64_t count = 0;
    Digest digest;
    const Bytes prefix = history_prefix(claim.list);
    const auto read = store.scan(Column::history, prefix, {}, [&](ByteView key, ByteView record) {
      const Bytes wanted = history_key(claim.list, count);
      if (!std::equal(key.begin(), key.end(), wanted.begin(), wanted.end())) return false;
      digest = history_link(digest, record);
      ++count;
      return true;
    });
    claimed += count;
    if (!read) return out.add(name, read.error().text());
    if (count != claim.count)
      return out.add(name, "has " + std::to_string(count) + " records without a gap, and the state says " +
                               std::to_string(claim.count));
    if (digest != claim.digest)
      out.add(name, "chains to " + digest.hex() + ", and the state says " + claim.digest.hex());
  };
  const auto scanned = store.scan(Column::state, {}, {}, [&](ByteView key, ByteView value) {
    if (const auto claim = executor.history_of(key, value)) check(*claim, "the history of " + key_in_words(key));
    return true;
  });
  if (!scanned) out.add("the pairs of the state", scanned.error().text());
  const auto counted = store.scan(Column::history, {}, {}, [&](ByteView, ByteView) {
    ++out.checked;
    return true;
  });
  if (!counted) out.add("the history lists", counted.error().text());
  if (out.checked > claimed && out.damaged == 0)
    out.add("the history lists",
            std::to_string(out.checked - claimed) + " records stand in lists that the state does not know");
  return out;
}

ScrubClass scrub_history_index(const storage::Reader& store, const Executor& executor) {
  ScrubClass out{"history_index", 0, 0, {}};
  constexpr std::size_t kCacheBytes = 16 * limits::kMiB;
  const WorkingState state(store, kCacheBytes);
  const auto checked = check_history_index(store, executor, state, [&](std::string record, std::string problem) {
    out.add(std::move(record), std::move(problem) + "; it can be made anew from the lists");
  });
  if (checked)
    out.checked = *checked;
  else
    out.add("the index of histories", checked.error().text());
  return out;
}

}  // namespace tally::ledger
