// Purpose: the bytes of a frame: u32 little-endian length (of what follows) | u8 class | payload.
// Thread rule: pure functions; a FrameReader belongs to one thread.
// Errors: a length of zero, a class that nobody defined and a length over the class's limit are told from the
// header alone, before memory is taken. Memory then grows with the bytes that have arrived, at most twofold.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>

#include "common/bytes.h"
#include "common/codec.h"
#include "common/error.h"
#include "common/limits.h"
#include "p2p/transport.h"

namespace tally::p2p {

inline constexpr std::uint16_t kLinkProtocol = 1;
inline constexpr std::size_t kFrameHeaderBytes = 5;

// Classes of the link itself; the others are the MessageClass values 0 to 3.
inline constexpr Byte kPingClass = 0xf0;
inline constexpr Byte kHelloClass = 0xf1;
inline constexpr Byte kByeClass = 0xf2;

// NEW-VIEW is the largest message of its class, so it sets the limit there.
inline constexpr std::size_t kProposalClassBytesMax = limits::kNewViewBytesMax;
static_assert(limits::kProposalBytesMax <= kProposalClassBytesMax);
static_assert(limits::kViewChangeBytesMax <= kProposalClassBytesMax);

// The largest payload that a class may carry; nullopt for a class that nobody defined.
std::optional<std::size_t> payload_bytes_max(Byte wire_class);

struct FrameHeader {
  Byte wire_class = 0;
  std::size_t payload_bytes = 0;
};
Result<FrameHeader> parse_header(std::span<const Byte, kFrameHeaderBytes> bytes);
// Requires payload_bytes within the limit of the class.
void append_header(Bytes& out, Byte wire_class, std::size_t payload_bytes);

struct Frame {
  Byte wire_class = 0;
  Bytes payload;
};

// Cuts a stream of bytes into frames.
class FrameReader {
 public:
  // Takes bytes from the front of `in` up to the end of the next frame: the frame, or nothing while it is
  // incomplete (then all of `in` has been taken). After an error every further call answers the same error.
  Result<std::optional<Frame>> next(ByteView& in);
  // Memory held for the unfinished frame.
  [[nodiscard]] std::size_t held_bytes() const { return payload_.capacity(); }

 private:
  std::optional<Error> take_header(ByteView& in);

  std::array<Byte, kFrameHeaderBytes> header_bytes_{};
  std::size_t header_filled_ = 0;
  FrameHeader header_;
  Bytes payload_;
  std::optional<Error> broken_;
};

// First frame of either side. The side with the larger key speaks first; the other answers with the number
// under which it adopted the link (see arbitration.h), or with a Bye.
struct Hello {
  std::uint16_t protocol = kLinkProtocol;
  ChainId chain;
  std::uint64_t boot = 0;      // random, new with every start of a transport
  std::uint64_t adoption = 0;  // 0 from the larger key
};
BOOST_DESCRIBE_STRUCT(Hello, (), (protocol, chain, boot, adoption))

inline constexpr std::size_t kByeReasonBytesMax = 256;
struct Bye {
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(Bye, (), (reason))

Bytes hello_frame(const Hello& hello);
Bytes bye_frame(std::string reason);
Bytes ping_frame();
// A peer's text as it may stand in a log: printable, at most kByeReasonBytesMax long.
std::string printable(std::string_view text);

}  // namespace tally::p2p
