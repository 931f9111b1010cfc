// Purpose: byte buffers, views of them, and fixed-size byte strings with distinct types.
// Thread rule: plain values.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tally {

using Byte = std::uint8_t;
using Bytes = std::vector<Byte>;
using ByteView = std::span<const Byte>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline void append(Bytes& to, ByteView bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);
// Accepts lower-case digits only, so that a value has one spelling; nullopt otherwise.
std::optional<Bytes> from_hex(std::string_view hex);

template <class Tag, std::size_t N>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<Byte, N> bytes{};

  auto operator<=>(const FixedBytes&) const = default;
  [[nodiscard]] ByteView view() const { return bytes; }
  [[nodiscard]] bool is_zero() const {
    return std::all_of(bytes.begin(), bytes.end(), [](Byte byte) { return byte == 0; });
  }
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  // The first eight hexadecimal digits, for logs and tables.
  [[nodiscard]] std::string short_hex() const { return hex().substr(0, 8); }

  static std::optional<FixedBytes> from_view(ByteView view) {
    if (view.size() != N) return std::nullopt;
    FixedBytes out;
    std::memcpy(out.bytes.data(), view.data(), N);
    return out;
  }
  static std::optional<FixedBytes> from_hex(std::string_view hex) {
    if (hex.size() != 2 * N) return std::nullopt;
    const auto bytes = tally::from_hex(hex);
    return bytes ? from_view(*bytes) : std::nullopt;
  }
};

using Digest = FixedBytes<struct DigestTag, 32>;
using PublicKey = FixedBytes<struct PublicKeyTag, 32>;
using Signature = FixedBytes<struct SignatureTag, 64>;
// Digest of the genesis document.
using ChainId = FixedBytes<struct ChainIdTag, 32>;
// Digest of a transaction's body; signatures are not part of it.
using TransactionId = FixedBytes<struct TransactionIdTag, 32>;
// Chosen by the client; with the author it names a transaction for replay protection.
using ClientId = FixedBytes<struct ClientIdTag, 16>;
// Random handle under which a subject's account stands on chain.
using SubjectHandle = FixedBytes<struct SubjectHandleTag, 16>;

}  // namespace tally

template <class Tag, std::size_t N>
struct std::hash<tally::FixedBytes<Tag, N>> {
  // For in-memory look-up only: never reaches state, votes or output order.
  std::size_t operator()(const tally::FixedBytes<Tag, N>& fixed) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, fixed.bytes.data(), std::min(sizeof out, N));
    return out;
  }
};
