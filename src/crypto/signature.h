// Purpose: Ed25519 (RFC 8032) through libsodium, whose strict verdict is part of consensus: it refuses
// low-order keys and R, and non-canonical S. What is signed is always
//   domain tag (16 bytes) | chain id (32) | BLAKE2b-256 digest of the canonical bytes (32),
// never a long body: Ed25519 hashes its message with SHA-512, which is slow on bodies of tens of kilobytes.
// Thread rule: a SecretKey may be used from several threads; Signer and Verifier are const and thread-safe.
#pragma once

#include <memory>
#include <optional>

#include "common/bytes.h"
#include "crypto/domain.h"

namespace tally::crypto {

inline constexpr std::size_t kSeedBytes = 32;
using Seed = std::array<Byte, kSeedBytes>;

// A private key in locked memory that is wiped when the last copy goes (copies share it).
class SecretKey {
 public:
  static SecretKey generate();
  static SecretKey from_seed(const Seed& seed);

  [[nodiscard]] const PublicKey& public_key() const;
  [[nodiscard]] Signature sign(const Domain& domain, const ChainId& chain, const Digest& digest) const;
  // The 32-byte RFC 8032 seed: for key files and for the TLS certificate only.
  [[nodiscard]] ByteView seed() const;

 private:
  struct Locked;
  explicit SecretKey(std::shared_ptr<const Locked> locked) : locked_(std::move(locked)) {}
  std::shared_ptr<const Locked> locked_;
};

// libsodium's strict verification.
bool verify(const Domain& domain, const ChainId& chain, const Digest& digest, const PublicKey& key,
            const Signature& signature);
// False for points that libsodium would refuse as a key (wrong form, low order) and for those with a low-order
// part, which have no place in a validator set: checked once, when a key is registered.
bool valid_public_key(const PublicKey& key);

// What consensus signs with and verifies with; the simulator puts a keyed hash in its place.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  [[nodiscard]] virtual Signature sign(const Domain& domain, const Digest& digest) const = 0;
};
class Verifier {
 public:
  virtual ~Verifier() = default;
  [[nodiscard]] virtual bool verify(const Domain& domain, const Digest& digest, const PublicKey& key,
                                    const Signature& signature) const = 0;
};
// Ed25519 for one chain.
std::unique_ptr<Signer> make_signer(SecretKey key, const ChainId& chain);
std::unique_ptr<Verifier> make_verifier(const ChainId& chain);

}  // namespace tally::crypto
