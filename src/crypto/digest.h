// Purpose: BLAKE2b-256 (RFC 7693) with a domain tag per use.
// Thread rule: pure functions; a Hasher belongs to one thread.
#pragma once

#include <array>
#include <span>

#include "common/codec.h"
#include "crypto/domain.h"

namespace tally::crypto {

// Call once before anything else of this folder; idempotent and thread-safe. Stops the process when
// libsodium cannot start (no source of randomness).
void initialise();

Digest digest(const Domain& domain, ByteView bytes);
// Digest of left followed by right, without joining them.
Digest digest(const Domain& domain, ByteView left, ByteView right);

// Digest of an item's canonical bytes.
template <class T>
Digest digest_of(const Domain& domain, const T& item) {
  return digest(domain, encode(item));
}

// Random bytes from the operating system, for keys, handles and client ids; never for anything in consensus.
void fill_random(std::span<Byte> out);
template <class Fixed>
Fixed random_fixed() {
  Fixed out;
  fill_random(out.bytes);
  return out;
}

}  // namespace tally::crypto
