#include "crypto/signature.h"

#include <new>
#include <sodium.h>

#include "common/invariant.h"
#include "crypto/digest.h"

namespace tally::crypto {

namespace {

static_assert(kSeedBytes == crypto_sign_SEEDBYTES);
static_assert(PublicKey::kSize == crypto_sign_PUBLICKEYBYTES && Signature::kSize == crypto_sign_BYTES);

constexpr std::size_t kTagBytes = sizeof(Domain::tag);
using SignedBytes = std::array<Byte, kTagBytes + ChainId::kSize + Digest::kSize>;

SignedBytes signed_bytes(const Domain& domain, const ChainId& chain, const Digest& digest) {
  SignedBytes out;
  auto* next = std::copy(domain.tag.begin(), domain.tag.end(), out.data());
  next = std::copy(chain.bytes.begin(), chain.bytes.end(), next);
  std::copy(digest.bytes.begin(), digest.bytes.end(), next);
  return out;
}

class ChainSigner final : public Signer {
 public:
  ChainSigner(SecretKey key, const ChainId& chain) : key_(std::move(key)), chain_(chain) {}
  const PublicKey& public_key() const override { return key_.public_key(); }
  Signature sign(const Domain& domain, const Digest& digest) const override {
    return key_.sign(domain, chain_, digest);
  }

 private:
  SecretKey key_;
  ChainId chain_;
};

class ChainVerifier final : public Verifier {
 public:
  explicit ChainVerifier(const ChainId& chain) : chain_(chain) {}
  bool verify(const Domain& domain, const Digest& digest, const PublicKey& key,
              const Signature& signature) const override {
    return crypto::verify(domain, chain_, digest, key, signature);
  }

 private:
  ChainId chain_;
};

}  // namespace

// libsodium's form of the key: seed, then public key. sodium_malloc keeps it off the swap, between guard
// pages, and wipes it on release.
struct SecretKey::Locked {
  Byte* secret;
  PublicKey public_key;

  Locked() : secret(static_cast<Byte*>(sodium_malloc(crypto_sign_SECRETKEYBYTES))) {
    if (secret == nullptr) throw std::bad_alloc();
  }
  ~Locked() { sodium_free(secret); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  void seal() { invariant(sodium_mprotect_readonly(secret) == 0, "a private key's memory can be made read-only"); }
};

SecretKey SecretKey::generate() {
  initialise();
  auto locked = std::make_shared<Locked>();
  crypto_sign_keypair(locked->public_key.bytes.data(), locked->secret);
  locked->seal();
  return SecretKey(std::move(locked));
}

SecretKey SecretKey::from_seed(const Seed& seed) {
  initialise();
  auto locked = std::make_shared<Locked>();
  crypto_sign_seed_keypair(locked->public_key.bytes.data(), locked->secret, seed.data());
  locked->seal();
  return SecretKey(std::move(locked));
}

const PublicKey& SecretKey::public_key() const {
  return locked_->public_key;
}

Signature SecretKey::sign(const Domain& domain, const ChainId& chain, const Digest& digest) const {
  const SignedBytes message = signed_bytes(domain, chain, digest);
  Signature out;
  crypto_sign_detached(out.bytes.data(), nullptr, message.data(), message.size(), locked_->secret);
  return out;
}

ByteView SecretKey::seed() const {
  return {locked_->secret, kSeedBytes};
}

bool verify(const Domain& domain, const ChainId& chain, const Digest& digest, const PublicKey& key,
            const Signature& signature) {
  const SignedBytes message = signed_bytes(domain, chain, digest);
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(), key.bytes.data()) == 0;
}

bool valid_public_key(const PublicKey& key) {
  return crypto_core_ed25519_is_valid_point(key.bytes.data()) == 1;
}

std::unique_ptr<Signer> make_signer(SecretKey key, const ChainId& chain) {
  return std::make_unique<ChainSigner>(std::move(key), chain);
}

std::unique_ptr<Verifier> make_verifier(const ChainId& chain) {
  return std::make_unique<ChainVerifier>(chain);
}

}  // namespace tally::crypto
