// What a snapshot says of itself, and what of that can be checked before a single chunk is here.
#include "common/limits.h"
#include "crypto/digest.h"
#include "ledger/proofs.h"
#include "ledger/snapshot.h"

namespace tally::ledger {

using std::to_string;

namespace {

constexpr std::size_t kHeadBytes = kSnapshotMagic.size() + sizeof(std::uint32_t);

// Of a snapshot_id, so that its form is written down in one place.
struct SnapshotIdentity {
  ChainId chain;
  Digest header;
  std::uint8_t depth = 0;
  std::vector<SubtreeMark> subtrees;
  std::vector<std::uint64_t> sizes;
  std::vector<Digest> digests;
};
BOOST_DESCRIBE_STRUCT(SnapshotIdentity, (), (chain, header, depth, subtrees, sizes, digests))

Status check_counts(const SnapshotManifest& manifest) {
  if (manifest.depth > kSubtreeDepthMax)
    return make_error(ErrorCode::too_large, "depth", "is " + to_string(manifest.depth),
                      "at most " + to_string(kSubtreeDepthMax));
  const std::size_t chunks = std::size_t{1} << manifest.depth;
  const auto wrong = [&](const char* field, std::size_t count) {
    return make_error(ErrorCode::invalid_field, field, "has " + to_string(count) + " entries",
                      to_string(chunks) + ", one for each chunk of depth " + to_string(manifest.depth));
  };
  if (manifest.subtrees.size() != chunks) return wrong("subtrees", manifest.subtrees.size());
  if (manifest.sizes.size() != chunks) return wrong("sizes", manifest.sizes.size());
  if (manifest.digests.size() != chunks) return wrong("digests", manifest.digests.size());
  for (std::size_t i = 0; i < chunks; ++i) {
    const bool empty = manifest.subtrees[i].kind == SubtreeKind::empty;
    const std::uint64_t size = manifest.sizes[i];
    if (size > limits::kSnapshotChunkBytesMax)
      return make_error(ErrorCode::too_large, "sizes[" + to_string(i) + "]", "is " + to_string(size),
                        "at most " + to_string(limits::kSnapshotChunkBytesMax));
    if (size == 0 || (size == 1) != empty)
      return make_error(ErrorCode::invalid_field, "sizes[" + to_string(i) + "]", "is " + to_string(size),
                        empty ? "1, for no pairs" : "at least 2, for some pairs");
    if (empty != manifest.subtrees[i].digest.is_zero())
      return make_error(ErrorCode::invalid_field, "subtrees[" + to_string(i) + "]",
                        "is " + manifest.subtrees[i].digest.hex(), "zero for an empty subtree, and for no other");
  }
  return {};
}

}  // namespace

std::uint64_t SnapshotManifest::bytes() const {
  std::uint64_t total = 0;
  for (const std::uint64_t size : sizes) total += size;
  return total;
}

Digest snapshot_id(const SnapshotManifest& manifest) {
  return crypto::digest_of(crypto::kSnapshotDomain,
                           SnapshotIdentity{manifest.chain, digest_of(manifest.header), manifest.depth,
                                            manifest.subtrees, manifest.sizes, manifest.digests});
}

Digest chunk_digest(ByteView chunk) {
  return crypto::digest(crypto::kChunkDomain, chunk);
}

Bytes encode_manifest(const SnapshotManifest& manifest) {
  Bytes out;
  append(out, as_bytes(kSnapshotMagic));
  encode_into(out, kSnapshotVersion);
  encode_into(out, manifest);
  append(out, crypto::digest(crypto::kSnapshotDomain, out).view());
  return out;
}

Result<SnapshotManifest> decode_manifest(ByteView bytes) {
  if (bytes.size() > limits::kSnapshotManifestBytesMax)
    return make_error(ErrorCode::too_large, "", "the manifest has " + to_string(bytes.size()) + " bytes",
                      "at most " + to_string(limits::kSnapshotManifestBytesMax));
  if (bytes.size() < kHeadBytes + Digest::kSize || as_text(bytes.first(kSnapshotMagic.size())) != kSnapshotMagic)
    return make_error(ErrorCode::invalid_encoding, "byte 0", "is not a snapshot's manifest",
                      "a file that starts with " + std::string(kSnapshotMagic));
  const auto version = decode<std::uint32_t>(bytes.subspan(kSnapshotMagic.size(), sizeof(std::uint32_t)));
  if (*version != kSnapshotVersion)
    return make_error(ErrorCode::invalid_encoding, "byte 8", "has version " + to_string(*version),
                      "version " + to_string(kSnapshotVersion));
  const ByteView body = bytes.first(bytes.size() - Digest::kSize);
  const Digest made = crypto::digest(crypto::kSnapshotDomain, body);
  if (*Digest::from_view(bytes.last(Digest::kSize)) != made)
    return make_error(ErrorCode::root_mismatch, "byte " + to_string(body.size()),
                      "the manifest is damaged: its digest does not fit its bytes", made.hex());
  auto manifest = decode<SnapshotManifest>(body.subspan(kHeadBytes));
  if (!manifest) return Error(manifest.error()).within("manifest");
  return manifest;
}

Status check_manifest(const SnapshotManifest& manifest, const Genesis& genesis, const crypto::Verifier& verifier) {
  if (const ChainId ours = chain_id(genesis); manifest.chain != ours)
    return make_error(ErrorCode::wrong_chain, "chain", "is " + manifest.chain.hex(), ours.hex() + ", the genesis'");
  if (auto counts = check_counts(manifest); !counts) return counts;
  const BlockHeader& header = manifest.header;
  if (header.height.value == 0)
    return make_error(ErrorCode::invalid_field, "header.height", "is 0", "a block with a certificate");
  if (manifest.epochs.size() != header.epoch.value)
    return make_error(ErrorCode::broken_chain, "epochs", "lead to epoch " + to_string(manifest.epochs.size()),
                      "epoch " + to_string(header.epoch.value) + ", the header's");
  const auto validators = follow_epochs(genesis, manifest.epochs, verifier);
  if (!validators) return validators.error();
  if (header.height <= validators->start)
    return make_error(ErrorCode::broken_chain, "header.height", "is " + to_string(header.height.value),
                      "a block after " + to_string(validators->start.value) + ", after which its epoch began");
  if (auto final = check_final(header, manifest.certificate, *validators, verifier); !final) return final;
  const SubtreeMark root = combine(manifest.subtrees);
  if (root.digest != header.state_root)
    return make_error(ErrorCode::root_mismatch, "subtrees", "hash together to " + root.digest.hex(),
                      header.state_root.hex() + ", the state root of block " + to_string(header.height.value));
  return {};
}

}  // namespace tally::ledger
