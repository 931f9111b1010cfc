#include "ledger/snapshot_chunk.h"

#include "common/invariant.h"
#include "common/limits.h"
#include "ledger/working_state.h"

namespace tally::ledger {

using std::to_string;

namespace {

bool sized(Decoder& decoder, ByteView& out) {
  std::uint32_t size = 0;
  return decoder.uleb128(size) && decoder.raw(size, out);
}

// Also the pairs of the chunk, as leaves.
Result<std::vector<TreeLeaf>> read_leaves(const SnapshotManifest& manifest, std::size_t index, ByteView bytes) {
  auto reader = ChunkReader::open(bytes);
  if (!reader) return reader.error();
  std::vector<TreeLeaf> leaves;
  leaves.reserve(reader->pairs());
  ChunkPair pair;
  for (;;) {
    const auto more = reader->next(pair);
    if (!more) return more.error();
    if (!*more) return leaves;
    const TreeLeaf leaf{tree_key_hash(pair.key), tree_value_hash(pair.value)};
    const std::string place = "pair " + to_string(leaves.size());
    if (!in_subtree(leaf.key_hash, manifest.depth, index))
      return make_error(ErrorCode::invalid_field, place, "has key hash " + leaf.key_hash.hex(),
                        "a key of this chunk's subtree");
    if (!leaves.empty() && leaf.key_hash <= leaves.back().key_hash)
      return make_error(ErrorCode::invalid_field, place, "has key hash " + leaf.key_hash.hex(),
                        "one above " + leaves.back().key_hash.hex() + ", of the pair before");
    leaves.push_back(leaf);
  }
}

Status check_histories(ByteView bytes, const Executor& executor) {
  auto reader = ChunkReader::open(bytes);
  if (!reader) return reader.error();
  ChunkPair pair;
  for (std::uint32_t i = 0;; ++i) {
    const auto more = reader->next(pair);
    if (!more) return more.error();
    if (!*more) return {};
    const auto claim = executor.history_of(pair.key, pair.value);
    Digest digest;
    // No more hashing than the claim is worth.
    if (claim && claim->count == pair.records)
      pair.each_record([&](ByteView record) { digest = history_link(digest, record); });
    if (auto good = check_claim(claim, pair.records, digest); !good)
      return Error(good.error()).within("pair " + to_string(i));
  }
}

Result<CheckedChunk> checked(const SnapshotManifest& manifest, std::size_t index, ByteView bytes,
                             const Executor& executor, bool with_pages) {
  if (bytes.size() != manifest.sizes[index])
    return make_error(ErrorCode::invalid_field, "", "has " + to_string(bytes.size()) + " bytes",
                      to_string(manifest.sizes[index]) + ", as the manifest says");
  if (const Digest digest = chunk_digest(bytes); digest != manifest.digests[index])
    return make_error(ErrorCode::root_mismatch, "", "has digest " + digest.hex(),
                      manifest.digests[index].hex() + ", as the manifest says");
  const auto leaves = read_leaves(manifest, index, bytes);
  if (!leaves) return leaves.error();
  CheckedChunk out;
  PageSink sink;
  if (with_pages)
    sink = [&](const TreePath& path, const TreePage& page) {
      out.pages.push_back({path.storage_key(), page.encoded()});
    };
  Subtree subtree = build_subtree(*leaves, manifest.depth, index, sink);
  if (subtree.mark != manifest.subtrees[index])
    return make_error(ErrorCode::root_mismatch, "", "its pairs hash to " + subtree.mark.digest.hex(),
                      manifest.subtrees[index].digest.hex() + ", the subtree's");
  out.slots = std::move(subtree.slots);
  if (auto good = check_histories(bytes, executor); !good) return good.error();
  return out;
}

}  // namespace

void ChunkPair::each_record(const std::function<void(ByteView)>& visit) const {
  Decoder decoder(history);
  for (std::uint32_t i = 0; i < records; ++i) {
    ByteView record;
    invariant(sized(decoder, record), "a pair's records were read before");
    visit(record);
  }
}

Result<ChunkReader> ChunkReader::open(ByteView chunk) {
  ChunkReader reader(chunk);
  reader.left_ = chunk;
  if (!reader.decoder_.uleb128(reader.pairs_)) return reader.decoder_.error();
  if (reader.pairs_ > limits::kSnapshotChunkPairsMax)
    return make_error(ErrorCode::too_large, "", "claims " + to_string(reader.pairs_) + " pairs",
                      "at most " + to_string(limits::kSnapshotChunkPairsMax));
  constexpr std::size_t kPairBytesMin = 3;
  if (reader.pairs_ > reader.decoder_.left() / kPairBytesMin)
    return make_error(ErrorCode::invalid_encoding, "", "claims " + to_string(reader.pairs_) + " pairs",
                      "no more than its bytes can hold");
  return reader;
}

Result<bool> ChunkReader::next(ChunkPair& pair) {
  if (read_ == pairs_) {
    if (decoder_.left() > 0)
      return make_error(ErrorCode::invalid_encoding, "", to_string(decoder_.left()) + " bytes follow the last pair",
                        "the end of the chunk");
    return false;
  }
  bool good = sized(decoder_, pair.key) && sized(decoder_, pair.value) && decoder_.uleb128(pair.records);
  const std::size_t start = left_.size() - decoder_.left();
  ByteView record;
  for (std::uint32_t i = 0; good && i < pair.records; ++i) good = sized(decoder_, record);
  if (!good) return Error(decoder_.error()).within("pair " + to_string(read_));
  pair.history = left_.subspan(start, left_.size() - decoder_.left() - start);
  ++read_;
  return true;
}

Status check_claim(const std::optional<HistoryClaim>& claim, std::uint64_t records, const Digest& digest) {
  if (!claim) {
    if (records == 0) return {};
    return make_error(ErrorCode::invalid_field, "history", "has " + to_string(records) + " records",
                      "none: this pair claims no history");
  }
  if (claim->list.size() > kHistoryListBytesMax)
    return make_error(ErrorCode::too_large, "history", "has a name of " + to_string(claim->list.size()) + " bytes",
                      "at most " + to_string(kHistoryListBytesMax));
  if (claim->count != records)
    return make_error(ErrorCode::invalid_field, "history", "has " + to_string(records) + " records",
                      to_string(claim->count) + ", as its pair claims");
  if (claim->digest != digest)
    return make_error(ErrorCode::root_mismatch, "history", "its records chain to " + digest.hex(),
                      claim->digest.hex() + ", as its pair claims");
  return {};
}

Result<CheckedChunk> checked_chunk(const SnapshotManifest& manifest, std::size_t index, ByteView bytes,
                                   const Executor& executor, bool with_pages) {
  invariant(index < manifest.chunks(), "a chunk is one of the manifest's");
  auto good = checked(manifest, index, bytes, executor, with_pages);
  if (!good) return Error(good.error()).within("chunk " + to_string(index));
  return good;
}

Status check_chunk(const SnapshotManifest& manifest, std::size_t index, ByteView bytes, const Executor& executor) {
  const auto good = checked_chunk(manifest, index, bytes, executor, false);
  if (!good) return good.error();
  return {};
}

}  // namespace tally::ledger
