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

std::optional<Signed> signed_in(const consensus::Message& message) {
  struct Visitor {
    std::optional<Signed> operator()(const consensus::Proposal& it) const { return (*this)(it.pre_prepare); }
    std::optional<Signed> operator()(const consensus::SignedVote& it) const {
      return Signed{it.vote.epoch, it.replica, it.signature};
    }
    std::optional<Signed> operator()(const consensus::SignedCheckpoint& it) const {
      return Signed{it.vote.epoch, it.replica, it.signature};
    }
    std::optional<Signed> operator()(const consensus::SignedViewChange& it) const {
      return Signed{it.body.epoch, it.replica, it.signature};
    }
    std::optional<Signed> operator()(const consensus::SignedNewView& it) const {
      return Signed{it.body.epoch, it.replica, it.signature};
    }
    std::optional<Signed> operator()(const consensus::CommitCertificate&) const { return std::nullopt; }
    std::optional<Signed> operator()(const consensus::CheckpointCertificate&) const { return std::nullopt; }
    std::optional<Signed> operator()(const consensus::StatusReport&) const { return std::nullopt; }
  };
  return std::visit(Visitor{}, message);
}

}  // namespace tally::sim
