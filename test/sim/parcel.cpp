#include "sim/parcel.h"

#include "common/codec.h"

namespace tally::sim {

// FNV-1a over the canonical bytes.
std::uint64_t Parcel::compute_fingerprint() const {
  std::uint64_t out = 0xcbf29ce484222325ULL + from;
  const auto mix = [&out](const Bytes& bytes) {
    for (const Byte byte : bytes) out = (out ^ byte) * 0x100000001b3ULL;
  };
  std::visit([&](const auto& what) { mix(encode(what)); }, content);
  return out;
}

}  // namespace tally::sim
