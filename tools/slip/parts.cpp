#include "slip/parts.h"

#include <map>

#include "crypto/digest.h"

namespace tally::slip {

namespace {

constexpr std::string_view kMagic = "TLYQ";
constexpr Byte kVersion = 1;
constexpr std::size_t kMarkBytes = 8;
constexpr std::size_t kHeadBytes = kMagic.size() + 3 + kMarkBytes;
constexpr crypto::Domain kSlipDomain{"tally.slip"};

Bytes mark_of(ByteView proof) {
  const Digest digest = crypto::digest(kSlipDomain, proof);
  return Bytes(digest.bytes.begin(), digest.bytes.begin() + kMarkBytes);
}

std::string name_of_part(std::size_t index, std::size_t count) {
  return "code " + std::to_string(index + 1) + " of " + std::to_string(count);
}

struct Part {
  std::size_t index = 0;
  std::size_t count = 0;
  Bytes mark;
  ByteView share;
};

std::optional<Part> read_part(ByteView bytes) {
  if (bytes.size() < kHeadBytes || as_text(bytes.first(kMagic.size())) != kMagic) return std::nullopt;
  const ByteView head = bytes.subspan(kMagic.size());
  const ByteView mark = head.subspan(3, kMarkBytes);
  return Part{head[1], head[2], Bytes(mark.begin(), mark.end()), bytes.subspan(kHeadBytes)};
}

}  // namespace

Result<std::vector<Bytes>> split_proof(ByteView proof) {
  const std::size_t count = (proof.size() + kPartBytesMax - 1) / kPartBytesMax;
  if (count == 0 || count > kPartsMax)
    return make_error(ErrorCode::too_large, "proof", "has " + std::to_string(proof.size()) + " bytes",
                      "1 to " + std::to_string(kSlipProofBytesMax) + ", to fit the codes of one page");
  const Bytes mark = mark_of(proof);
  // Shares of one size, so that all codes look alike.
  const std::size_t share = (proof.size() + count - 1) / count;
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < count; ++i) {
    Bytes part;
    append(part, as_bytes(kMagic));
    part.push_back(kVersion);
    part.push_back(static_cast<Byte>(i));
    part.push_back(static_cast<Byte>(count));
    append(part, mark);
    append(part, proof.subspan(i * share, std::min(share, proof.size() - i * share)));
    out.push_back(std::move(part));
  }
  return out;
}

Result<Bytes> join_proof(const std::vector<Bytes>& parts) {
  std::map<std::size_t, Bytes> shares;
  std::optional<Part> first;
  for (const auto& bytes : parts) {
    const auto part = read_part(bytes);
    if (!part) continue;
    if (bytes[kMagic.size()] != kVersion)
      return make_error(ErrorCode::invalid_encoding, "code", "is of version " + std::to_string(bytes[kMagic.size()]),
                        "version " + std::to_string(kVersion));
    if (part->count == 0 || part->count > kPartsMax || part->index >= part->count)
      return make_error(ErrorCode::invalid_encoding, "code", "calls itself " + name_of_part(part->index, part->count),
                        "one of at most 4");
    if (!first) first = part;
    if (part->mark != first->mark || part->count != first->count)
      return make_error(ErrorCode::invalid_encoding, name_of_part(part->index, part->count), "is of another slip",
                        "the codes of one slip only");
    const auto placed = shares.emplace(part->index, Bytes(part->share.begin(), part->share.end()));
    if (!placed.second && placed.first->second != Bytes(part->share.begin(), part->share.end()))
      return make_error(ErrorCode::invalid_encoding, name_of_part(part->index, part->count),
                        "is there twice and differs", "the codes of one slip only");
  }
  if (!first)
    return make_error(ErrorCode::missing_field, "codes", "there is no code of a slip in the picture",
                      "a sharp picture of the whole slip, codes flat and well lit");
  Bytes out;
  for (std::size_t i = 0; i < first->count; ++i) {
    const auto share = shares.find(i);
    if (share == shares.end())
      return make_error(ErrorCode::missing_field, name_of_part(i, first->count), "cannot be read in the picture",
                        "all codes of the slip, sharp and not covered");
    append(out, share->second);
  }
  if (mark_of(out) != first->mark)
    return make_error(ErrorCode::invalid_encoding, "codes", "do not belong together: their digest is another",
                      "the codes of one slip only");
  return out;
}

}  // namespace tally::slip
