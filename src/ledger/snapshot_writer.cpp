// Makes a snapshot: pairs stand in the store by key, chunks hold them by the hash of the key.
#include <fstream>

#include "common/invariant.h"
#include "common/limits.h"
#include "ledger/hash_buckets.h"
#include "ledger/snapshot_chunk.h"
#include "ledger/working_state.h"

namespace tally::ledger {

using std::to_string;
using storage::Column;

namespace {

constexpr std::uint64_t kWorkPairs = 1024;  // between two reports
// Of a chunk: what is made stays below what is accepted, so that sorting it is bounded too.
constexpr std::uint64_t kPairsMax = limits::kSnapshotChunkPairsMax / 4;
// What is held at once: unsorted pairs, the buckets of one chunk at the size limit, the chunk made of them, and its
// leaves.
static_assert(SnapshotShape{}.sort_bytes + 2 * limits::kSnapshotChunkBytesMax +
                  kPairsMax * (sizeof(HashBuckets::Record) + sizeof(TreeLeaf)) <=
              limits::kSnapshotMemoryBytes);

void put_sized(Bytes& out, ByteView bytes) {
  Encoder encoder(out);
  encoder.uleb128(static_cast<std::uint32_t>(bytes.size()));
  encoder.raw(bytes);
}

std::size_t uleb128_bytes(std::uint64_t number) {
  std::size_t bytes = 1;
  for (; number >= 0x80; number >>= 7) ++bytes;
  return bytes;
}

Error damaged(std::string problem) {
  return make_error(
      ErrorCode::storage_failed, "", "the data directory is damaged: " + std::move(problem),
      "an undamaged disk; `tally scrub` says what else is damaged, and `tally repair` makes the store whole");
}

class Writer {
 public:
  Writer(const FinalView& view, const Executor& executor, std::filesystem::path directory,
         const SnapshotProgress& progress, const SnapshotShape& shape)
      : view_(view),
        executor_(executor),
        directory_(std::move(directory)),
        progress_(progress),
        shape_(shape),
        buckets_(directory_, shape.sort_bytes),
        weights_(std::size_t{1} << kSubtreeDepthMax) {}

  Status write(SnapshotManifest& manifest) {
    if (auto read = read_pairs(); !read) return read;
    const auto depth = choose_depth();
    if (!depth) return depth.error();
    manifest.depth = static_cast<std::uint8_t>(*depth);
    work_.chunks = std::size_t{1} << *depth;
    // Buckets are taken as many at a time as one chunk spans, or one that several chunks share.
    const unsigned group_bits = std::min(*depth, HashBuckets::kBits);
    const std::size_t buckets = HashBuckets::kBuckets >> group_bits;
    const std::size_t chunks = work_.chunks >> group_bits;
    for (std::size_t group = 0; group < std::size_t{1} << group_bits; ++group) {
      const auto sorted = buckets_.take(group * buckets, buckets);
      if (!sorted) return sorted.error();
      std::span<const HashBuckets::Record> records = sorted->records;
      for (std::size_t index = group * chunks; index < (group + 1) * chunks; ++index) {
        std::size_t count = 0;
        while (count < records.size() && in_subtree(records[count].hash, *depth, index)) ++count;
        if (auto written = write_chunk(manifest, index, records.first(count)); !written) return written;
        records = records.subspan(count);
      }
      invariant(records.empty(), "every pair of a bucket belongs to one of its chunks");
    }
    return {};
  }

 private:
  struct Weight {
    std::uint64_t pairs = 0;
    std::uint64_t bytes = 0;
  };

  Status report() {
    if (!progress_ || progress_(work_)) return {};
    return make_error(ErrorCode::busy, "", "making the snapshot was given up", "to make it again");
  }

  // The pair as a chunk holds it, with its history read and checked.
  Status encode_pair(ByteView key, ByteView value, Bytes& out) {
    out.clear();
    put_sized(out, key);
    put_sized(out, value);
    const auto claim = executor_.history_of(key, value);
    if (!claim || claim->count == 0) {
      out.push_back(0);
      return check_claim(claim, 0, {});
    }
    if (claim->count > limits::kSnapshotChunkBytesMax || claim->list.size() > kHistoryListBytesMax)
      return make_error(ErrorCode::too_large, "history", "has " + to_string(claim->count) + " records",
                        "what fits into a chunk");
    Encoder(out).uleb128(static_cast<std::uint32_t>(claim->count));
    std::uint64_t records = 0;
    Digest digest;
    const Bytes prefix = history_prefix(claim->list);
    bool in_order = true;
    const auto scanned = view_.reader->scan(Column::history, prefix, {}, [&](ByteView at, ByteView record) {
      in_order = storage_key_is(at, claim->list, records);
      if (!in_order || records == claim->count) return false;
      digest = history_link(digest, record);
      put_sized(out, record);
      ++records;
      return out.size() <= limits::kSnapshotChunkBytesMax;
    });
    if (!scanned) return scanned;
    if (out.size() > limits::kSnapshotChunkBytesMax)
      return make_error(ErrorCode::too_large, "history", "of key " + to_hex(key) + " does not fit into a chunk",
                        "at most " + to_string(limits::kSnapshotChunkBytesMax) + " bytes");
    return check_claim(claim, in_order ? records : 0, digest);
  }

  static bool storage_key_is(ByteView key, ByteView list, std::uint64_t index) {
    const Bytes wanted = history_key(list, index);
    return std::equal(key.begin(), key.end(), wanted.begin(), wanted.end());
  }

  Status read_pairs() {
    Status result;
    Bytes pair;
    const auto scanned = view_.reader->scan(Column::state, {}, {}, [&](ByteView key, ByteView value) {
      result = add_pair(key, value, pair);
      return result.has_value();
    });
    return !result || scanned ? result : scanned;
  }

  Status add_pair(ByteView key, ByteView value, Bytes& pair) {
    if (auto encoded = encode_pair(key, value, pair); !encoded) {
      if (encoded.error().code == ErrorCode::storage_failed || encoded.error().code == ErrorCode::too_large)
        return encoded;
      return damaged("the history of key " + to_hex(key) + ": " + encoded.error().text());
    }
    const Digest hash = tree_key_hash(key);
    Weight& weight = weights_[static_cast<std::size_t>(hash.bytes[0]) << 8 | hash.bytes[1]];
    ++weight.pairs;
    weight.bytes += pair.size();
    if (++work_.pairs % kWorkPairs == 0) {
      if (auto reported = report(); !reported) return reported;
    }
    return buckets_.add(hash, pair);
  }

  // Follows from the state alone: as deep as gives chunks of the size aimed at, and deeper if one would be too large.
  Result<unsigned> choose_depth() const {
    std::uint64_t total = 0;
    for (const Weight& weight : weights_) total += weight.bytes;
    std::vector<Weight> level = weights_;
    std::optional<unsigned> chosen;
    for (unsigned depth = kSubtreeDepthMax;; --depth) {
      bool fits = true;
      for (const Weight& weight : level)
        fits &=
            weight.pairs <= kPairsMax && uleb128_bytes(weight.pairs) + weight.bytes <= limits::kSnapshotChunkBytesMax;
      if (!fits) break;
      chosen = depth;
      if (depth == 0 || total >> (depth - 1) > shape_.chunk_bytes) break;
      for (std::size_t i = 0; i < level.size() / 2; ++i)
        level[i] = {level[2 * i].pairs + level[2 * i + 1].pairs, level[2 * i].bytes + level[2 * i + 1].bytes};
      level.resize(level.size() / 2);
    }
    if (chosen) return *chosen;
    return make_error(
        ErrorCode::too_large, "", "one subtree of the state has more bytes than a chunk may have",
        "at most " + to_string(limits::kSnapshotChunkBytesMax) + " bytes for one account with its whole history");
  }

  Status write_chunk(SnapshotManifest& manifest, std::size_t index, std::span<const HashBuckets::Record> records) {
    Bytes chunk;
    std::size_t size = uleb128_bytes(records.size());
    for (const auto& record : records) size += record.bytes.size();
    chunk.reserve(size);
    Encoder(chunk).uleb128(static_cast<std::uint32_t>(records.size()));
    std::vector<TreeLeaf> leaves;
    leaves.reserve(records.size());
    for (const auto& record : records) {
      append(chunk, record.bytes);
      Decoder decoder(record.bytes);
      std::uint32_t length = 0;
      ByteView key;
      ByteView value;
      const bool good =
          decoder.uleb128(length) && decoder.raw(length, key) && decoder.uleb128(length) && decoder.raw(length, value);
      invariant(good, "a pair that was encoded here decodes");
      leaves.push_back({record.hash, tree_value_hash(value)});
    }
    const auto path = chunk_path(directory_, index);
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(chunk.data()), static_cast<std::streamsize>(chunk.size()));
    file.close();
    if (!file)
      return make_error(ErrorCode::io_failed, "", path.string() + " cannot be written",
                        "a directory that this user may write, on a disk with free space");
    manifest.subtrees.push_back(build_subtree(leaves, manifest.depth, index).mark);
    manifest.sizes.push_back(chunk.size());
    manifest.digests.push_back(chunk_digest(chunk));
    ++work_.written;
    return report();
  }

  const FinalView& view_;
  const Executor& executor_;
  const std::filesystem::path directory_;
  const SnapshotProgress& progress_;
  const SnapshotShape shape_;
  HashBuckets buckets_;
  std::vector<Weight> weights_;  // of the subtrees at the greatest depth
  SnapshotWork work_;
};

Status write_all(const FinalView& view, const Executor& executor, const std::filesystem::path& directory,
                 const SnapshotProgress& progress, const SnapshotShape& shape, SnapshotManifest& manifest) {
  if (auto written = Writer(view, executor, directory, progress, shape).write(manifest); !written) return written;
  if (const Digest root = combine(manifest.subtrees).digest; root != view.header.state_root)
    return damaged("its state has root " + root.hex() + " but block " + to_string(view.height.value) + " has " +
                   view.header.state_root.hex());
  const Bytes bytes = encode_manifest(manifest);
  if (bytes.size() > limits::kSnapshotManifestBytesMax)
    return make_error(ErrorCode::too_large, "", "the manifest would have " + to_string(bytes.size()) + " bytes",
                      "at most " + to_string(limits::kSnapshotManifestBytesMax));
  std::ofstream file(manifest_path(directory), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return make_error(ErrorCode::io_failed, "", manifest_path(directory).string() + " cannot be written");
  return {};
}

}  // namespace

Result<SnapshotManifest> write_snapshot(const ChainId& chain, const FinalView& view, std::vector<EpochLink> epochs,
                                        const Executor& executor, const std::filesystem::path& directory,
                                        const SnapshotProgress& progress, const SnapshotShape& shape) {
  if (!view.certificate)
    return make_error(ErrorCode::not_final, "", "no block has a certificate yet", "to ask again after the first block");
  SnapshotManifest manifest{chain, std::move(epochs), view.header, *view.certificate, 0, {}, {}, {}};
  std::error_code failure;
  if (std::filesystem::exists(directory, failure))
    return make_error(ErrorCode::already_registered, "", directory.string() + " exists", "a new name");
  const std::filesystem::path part = directory.string() + ".part";
  std::filesystem::remove_all(part, failure);  // of one that was cut off
  if (!failure) std::filesystem::create_directories(part, failure);
  if (failure)
    return make_error(ErrorCode::io_failed, "", part.string() + " cannot be made: " + failure.message(),
                      "a directory that this user may write");
  auto written = write_all(view, executor, part, progress, shape, manifest);
  if (written) {
    std::filesystem::rename(part, directory, failure);
    if (!failure) return manifest;
    written = make_error(ErrorCode::io_failed, "", part.string() + " cannot be renamed: " + failure.message());
  }
  std::filesystem::remove_all(part, failure);
  return written.error();
}

std::filesystem::path manifest_path(const std::filesystem::path& directory) {
  return directory / "manifest.tally";
}

std::filesystem::path chunk_path(const std::filesystem::path& directory, std::size_t index) {
  std::string number = to_string(index);
  constexpr std::size_t kDigits = 5;
  return directory / (std::string(kDigits - std::min(kDigits, number.size()), '0') + number + ".chunk");
}

namespace {

// Not a byte more than `limit` is taken into memory, whatever the file's size.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file)
    return make_error(ErrorCode::io_failed, "", path.string() + " cannot be read", "a whole snapshot's directory");
  const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
  if (size > limit)
    return make_error(ErrorCode::too_large, "", path.string() + " has " + to_string(size) + " bytes",
                      "at most " + to_string(limit));
  Bytes bytes(size);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file) return make_error(ErrorCode::io_failed, "", path.string() + " cannot be read to its end");
  return bytes;
}

}  // namespace

Result<SnapshotManifest> read_manifest(const std::filesystem::path& directory) {
  const auto bytes = read_file(manifest_path(directory), limits::kSnapshotManifestBytesMax);
  if (!bytes) return bytes.error();
  return decode_manifest(*bytes);
}

Result<Bytes> read_chunk(const std::filesystem::path& directory, const SnapshotManifest& manifest, std::size_t index) {
  invariant(index < manifest.chunks(), "a chunk is one of the manifest's");
  auto bytes = read_file(chunk_path(directory, index), limits::kSnapshotChunkBytesMax);
  if (!bytes) return bytes.error();
  const std::string name = "chunk " + to_string(index);
  if (bytes->size() != manifest.sizes[index])
    return make_error(ErrorCode::invalid_field, name, "has " + to_string(bytes->size()) + " bytes",
                      to_string(manifest.sizes[index]) + ", as the manifest says");
  if (const Digest digest = chunk_digest(*bytes); digest != manifest.digests[index])
    return make_error(ErrorCode::root_mismatch, name, "has digest " + digest.hex(),
                      manifest.digests[index].hex() + ", as the manifest says");
  return bytes;
}

}  // namespace tally::ledger
