#include "ledger/state_proof.h"

#include "ledger/tree_path.h"

namespace tally::ledger {

namespace {

constexpr unsigned kBitsMax = 256;

bool bit_of(ByteView bytes, unsigned index) {
  return (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

class ProofMaker {
 public:
  explicit ProofMaker(const Digest& key_hash) : key_hash_(key_hash) {}

  // Walks the page's four levels. True if the path goes on in the page below.
  bool walk(TreePage& page) {
    unsigned node = 1;
    for (unsigned level = 0; level < kPageLevels; ++level) {
      if (page.is_end(node)) return finish(page.end_leaf(node));
      const unsigned bit = bit_of(key_hash_.view(), proof_.depth) ? 1 : 0;
      add_sibling(page.hash(2 * node + 1 - bit));
      node = 2 * node + bit;
    }
    return page.is_end(node) ? finish(page.end_leaf(node)) : true;
  }

  StateProof take() { return std::move(proof_); }

 private:
  void add_sibling(const Digest& sibling) {
    if (proof_.depth % 8 == 0) proof_.filled.push_back(0);
    if (!sibling.is_zero()) {
      proof_.filled.back() = static_cast<Byte>(proof_.filled.back() | 0x80 >> proof_.depth % 8);
      proof_.siblings.push_back(sibling);
    }
    ++proof_.depth;
  }
  bool finish(const TreeLeaf* leaf) {
    if (leaf != nullptr && leaf->key_hash != key_hash_) proof_.other = OtherLeaf{leaf->key_hash, leaf->value_hash};
    return false;
  }

  Digest key_hash_;
  StateProof proof_;
};

Error bad_form(std::string field, std::string problem, std::string expected = {}) {
  return make_error(ErrorCode::invalid_field, "proof." + std::move(field), std::move(problem), std::move(expected));
}

Status check_form(const StateProof& proof, const Digest& key_hash, bool has_value) {
  if (proof.depth > kBitsMax)
    return bad_form("depth", "is " + std::to_string(proof.depth), "at most " + std::to_string(kBitsMax));
  if (proof.filled.size() != (proof.depth + 7U) / 8)
    return bad_form("filled", "has " + std::to_string(proof.filled.size()) + " bytes", "one bit a level");
  std::size_t filled = 0;
  for (unsigned i = 0; i < proof.filled.size() * 8; ++i) {
    if (!bit_of(proof.filled, i)) continue;
    if (i >= proof.depth) return bad_form("filled", "has a bit set beyond the last level");
    ++filled;
  }
  if (proof.siblings.size() != filled)
    return bad_form("siblings", "has " + std::to_string(proof.siblings.size()), std::to_string(filled));
  for (const auto& sibling : proof.siblings)
    if (sibling.is_zero()) return bad_form("siblings", "lists an empty one");
  // Beside the end of a path stands something, or the end would stand higher.
  if (proof.depth > 0 && !bit_of(proof.filled, proof.depth - 1U))
    return bad_form("filled", "leaves the last level's sibling empty");
  if (!proof.other) return {};
  if (has_value) return bad_form("other", "is present in a proof that the key has a value", "none");
  if (proof.other->key_hash == key_hash) return bad_form("other", "is the key itself", "another key's leaf");
  for (unsigned i = 0; i < proof.depth; ++i)
    if (bit_of(proof.other->key_hash.view(), i) != bit_of(key_hash.view(), i))
      return bad_form("other", "does not lie on the key's path");
  return {};
}

}  // namespace

Result<StateProof> make_state_proof(const storage::Reader& state, ByteView key) {
  const Digest key_hash = tree_key_hash(key);
  ProofMaker maker(key_hash);
  for (unsigned depth = 0; depth < kKeyNibbles; ++depth) {
    auto bytes = state.get(storage::Column::tree, TreePath::of(key_hash, depth).storage_key());
    if (!bytes) return bytes.error();
    if (!*bytes) {
      if (depth == 0) break;  // the empty tree
      return make_error(ErrorCode::storage_failed, "",
                        "a page of the state tree at depth " + std::to_string(depth) + " is missing");
    }
    auto page = TreePage::decoded(**bytes);
    if (!page) return page.error();
    if (!maker.walk(*page)) break;
  }
  return maker.take();
}

Status verify_state_proof(const Digest& root, ByteView key, const std::optional<Bytes>& value,
                          const StateProof& proof) {
  const Digest key_hash = tree_key_hash(key);
  if (auto form = check_form(proof, key_hash, value.has_value()); !form) return form;
  Digest hash;
  if (value) {
    hash = leaf_hash({key_hash, tree_value_hash(*value)});
  } else if (proof.other) {
    hash = leaf_hash({proof.other->key_hash, proof.other->value_hash});
  }
  std::size_t sibling = proof.siblings.size();
  for (unsigned level = proof.depth; level-- > 0;) {
    const Digest beside = bit_of(proof.filled, level) ? proof.siblings[--sibling] : Digest{};
    hash = bit_of(key_hash.view(), level) ? inner_hash(beside, hash) : inner_hash(hash, beside);
  }
  if (hash != root)
    return make_error(ErrorCode::root_mismatch, "proof", "leads to root " + hash.hex(), "state root " + root.hex());
  return {};
}

}  // namespace tally::ledger
