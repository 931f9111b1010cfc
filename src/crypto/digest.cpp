#include "crypto/digest.h"

#include <sodium.h>

#include "common/invariant.h"

namespace tally::crypto {

namespace {

// Two parts up to this size together are joined on the stack: cheaper than a streaming state, and what
// Merkle nodes (64 bytes) need.
constexpr std::size_t kJoinedBytesMax = 256;

}  // namespace

void initialise() {
  invariant(sodium_init() >= 0, "libsodium cannot start: no source of randomness");
}

Digest digest(const Domain& domain, ByteView bytes) {
  Digest out;
  crypto_generichash_blake2b_salt_personal(out.bytes.data(), Digest::kSize, bytes.data(), bytes.size(), nullptr, 0,
                                           nullptr, domain.tag.data());
  return out;
}

Digest digest(const Domain& domain, ByteView left, ByteView right) {
  if (left.size() <= kJoinedBytesMax && right.size() <= kJoinedBytesMax - left.size()) {
    std::array<Byte, kJoinedBytesMax> joined;
    std::copy(left.begin(), left.end(), joined.begin());
    std::copy(right.begin(), right.end(), joined.begin() + static_cast<std::ptrdiff_t>(left.size()));
    return digest(domain, ByteView(joined.data(), left.size() + right.size()));
  }
  Digest out;
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init_salt_personal(&state, nullptr, 0, Digest::kSize, nullptr, domain.tag.data());
  crypto_generichash_blake2b_update(&state, left.data(), left.size());
  crypto_generichash_blake2b_update(&state, right.data(), right.size());
  crypto_generichash_blake2b_final(&state, out.bytes.data(), Digest::kSize);
  return out;
}

void fill_random(std::span<Byte> out) {
  initialise();
  randombytes_buf(out.data(), out.size());
}

}  // namespace tally::crypto
