#include "p2p/frame.h"

#include "common/invariant.h"

namespace tally::p2p {

namespace {

std::uint32_t read_u32(const Byte* from) {
  std::uint32_t out = 0;
  for (unsigned i = 0; i < 4; ++i) out |= static_cast<std::uint32_t>(from[i]) << (8 * i);
  return out;
}

Bytes whole_frame(Byte wire_class, ByteView payload) {
  Bytes out;
  append_header(out, wire_class, payload.size());
  append(out, payload);
  return out;
}

}  // namespace

std::optional<std::size_t> payload_bytes_max(Byte wire_class) {
  switch (wire_class) {
    case static_cast<Byte>(MessageClass::vote):
      return limits::kVoteBytesMax;
    case static_cast<Byte>(MessageClass::proposal):
      return kProposalClassBytesMax;
    case static_cast<Byte>(MessageClass::sync):
      return limits::kSyncBytesMax;
    case static_cast<Byte>(MessageClass::transactions):
      return limits::kBundleBytesMax;
    case kPingClass:
      return 0;
    case kHelloClass:
    case kByeClass:
      return limits::kHandshakeFrameBytesMax - kFrameHeaderBytes;
    default:
      return std::nullopt;
  }
}

Result<FrameHeader> parse_header(std::span<const Byte, kFrameHeaderBytes> bytes) {
  const std::size_t length = read_u32(bytes.data());
  if (length == 0) return make_error(ErrorCode::invalid_encoding, "frame.length", "is 0", "at least 1, the class byte");
  const Byte wire_class = bytes[4];
  const auto limit = payload_bytes_max(wire_class);
  if (!limit)
    return make_error(ErrorCode::invalid_encoding, "frame.class", "is " + std::to_string(wire_class),
                      "0 to 3, or a class of the link itself");
  if (length - 1 > *limit)
    return make_error(ErrorCode::too_large, "frame.length",
                      "announces " + std::to_string(length - 1) + " bytes for class " + std::to_string(wire_class),
                      "at most " + std::to_string(*limit));
  return FrameHeader{wire_class, length - 1};
}

void append_header(Bytes& out, Byte wire_class, std::size_t payload_bytes) {
  debug_invariant(payload_bytes <= payload_bytes_max(wire_class).value_or(0), "a frame is within its class's limit");
  const auto length = static_cast<std::uint32_t>(payload_bytes + 1);
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<Byte>(length >> (8 * i)));
  out.push_back(wire_class);
}

std::optional<Error> FrameReader::take_header(ByteView& in) {
  const std::size_t take = std::min(kFrameHeaderBytes - header_filled_, in.size());
  std::copy_n(in.begin(), take, header_bytes_.begin() + static_cast<std::ptrdiff_t>(header_filled_));
  header_filled_ += take;
  in = in.subspan(take);
  if (header_filled_ < kFrameHeaderBytes) return std::nullopt;
  auto parsed = parse_header(header_bytes_);
  if (!parsed) return parsed.error();
  header_ = *parsed;
  return std::nullopt;
}

Result<std::optional<Frame>> FrameReader::next(ByteView& in) {
  if (broken_) return *broken_;
  if (header_filled_ < kFrameHeaderBytes) {
    broken_ = take_header(in);
    if (broken_) return *broken_;
    if (header_filled_ < kFrameHeaderBytes) return std::optional<Frame>{};
  }
  const std::size_t take = std::min(header_.payload_bytes - payload_.size(), in.size());
  const std::size_t filled = payload_.size() + take;
  if (filled > payload_.capacity()) payload_.reserve(std::min(header_.payload_bytes, filled * 2));
  append(payload_, in.first(take));
  in = in.subspan(take);
  if (filled < header_.payload_bytes) return std::optional<Frame>{};
  std::optional<Frame> out{Frame{header_.wire_class, std::move(payload_)}};
  payload_ = Bytes{};
  header_filled_ = 0;
  return out;
}

Bytes hello_frame(const Hello& hello) {
  return whole_frame(kHelloClass, encode(hello));
}

Bytes bye_frame(std::string reason) {
  return whole_frame(kByeClass, encode(Bye{printable(reason)}));
}

Bytes ping_frame() {
  return whole_frame(kPingClass, {});
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kByeReasonBytesMax));
  std::replace_if(
      out.begin(), out.end(), [](char letter) { return letter < 0x20 || letter > 0x7e; }, '?');
  return out;
}

}  // namespace tally::p2p
