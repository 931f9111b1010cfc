#include "crypto/stream_digest.h"

#include <sodium.h>

namespace tally::crypto {

struct StreamDigest::State {
  crypto_generichash_blake2b_state hash;
};

StreamDigest::StreamDigest(const Domain& domain) : state_(std::make_unique<State>()) {
  crypto_generichash_blake2b_init_salt_personal(&state_->hash, nullptr, 0, Digest::kSize, nullptr, domain.tag.data());
}
StreamDigest::~StreamDigest() = default;
StreamDigest::StreamDigest(StreamDigest&&) noexcept = default;
StreamDigest& StreamDigest::operator=(StreamDigest&&) noexcept = default;

void StreamDigest::add(ByteView bytes) {
  crypto_generichash_blake2b_update(&state_->hash, bytes.data(), bytes.size());
}

Digest StreamDigest::finish() {
  Digest out;
  crypto_generichash_blake2b_final(&state_->hash, out.bytes.data(), Digest::kSize);
  return out;
}

struct StreamSha256::State {
  crypto_hash_sha256_state hash;
};

StreamSha256::StreamSha256() : state_(std::make_unique<State>()) {
  crypto_hash_sha256_init(&state_->hash);
}
StreamSha256::~StreamSha256() = default;
StreamSha256::StreamSha256(StreamSha256&&) noexcept = default;
StreamSha256& StreamSha256::operator=(StreamSha256&&) noexcept = default;

void StreamSha256::add(ByteView bytes) {
  crypto_hash_sha256_update(&state_->hash, bytes.data(), bytes.size());
}

std::string StreamSha256::finish() {
  std::array<Byte, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state_->hash, digest.data());
  std::string out(sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), digest.data(), digest.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // the terminating zero
  return out;
}

}  // namespace tally::crypto
