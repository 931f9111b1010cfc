// Purpose: digests of bytes that come piece by piece: BLAKE2b-256 with a domain tag, and SHA-256 where a standard of
// others asks for it (RFC 9530).
// Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "crypto/domain.h"

namespace tally::crypto {

class StreamDigest {
 public:
  explicit StreamDigest(const Domain& domain);
  ~StreamDigest();
  StreamDigest(StreamDigest&&) noexcept;
  StreamDigest& operator=(StreamDigest&&) noexcept;
  void add(ByteView bytes);
  // Of all that was added; equals digest(domain, all of it). Once, at the end.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class StreamSha256 {
 public:
  StreamSha256();
  ~StreamSha256();
  StreamSha256(StreamSha256&&) noexcept;
  StreamSha256& operator=(StreamSha256&&) noexcept;
  void add(ByteView bytes);
  // In base64, as header fields carry it. Once, at the end.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::crypto
