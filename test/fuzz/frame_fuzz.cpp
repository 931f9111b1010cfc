// The frame reader over any stream, cut anywhere: the cut must not matter, memory must follow the bytes that
// arrived, and what is read must encode to the same bytes again.
#include "fuzz_support.h"
#include "p2p/frame.h"

namespace {

using namespace tally;
using namespace tally::p2p;
using tally::fuzz::require;

struct Outcome {
  Bytes encoded;
  bool broken = false;
};

Outcome read_all(ByteView stream, std::size_t step) {
  Outcome out;
  FrameReader reader;
  std::size_t arrived = 0;
  while (!stream.empty() && !out.broken) {
    ByteView in = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(in.size());
    arrived += in.size();
    while (!in.empty() && !out.broken) {
      auto next = reader.next(in);
      require(reader.held_bytes() <= 2 * arrived, "memory follows the bytes that arrived");
      out.broken = !next.has_value();
      if (out.broken || !*next) continue;
      const Frame& frame = **next;
      require(frame.payload.size() <= payload_bytes_max(frame.wire_class).value(), "a frame is within its limit");
      append_header(out.encoded, frame.wire_class, frame.payload.size());
      append(out.encoded, frame.payload);
      if (frame.wire_class == kHelloClass) (void)decode<Hello>(frame.payload);
      if (frame.wire_class == kByeClass)
        if (const auto bye = decode<Bye>(frame.payload)) (void)printable(bye->reason);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte chooses the cut; the rest is the stream.
  if (size == 0) return 0;
  const ByteView stream(data + 1, size - 1);
  const Outcome whole = read_all(stream, size);
  const Outcome pieces = read_all(stream, 1 + std::size_t{data[0]} % 16);
  require(whole.broken == pieces.broken && whole.encoded == pieces.encoded, "the cut does not matter");
  require(std::equal(whole.encoded.begin(), whole.encoded.end(), stream.begin()), "frames encode to what was read");
  return 0;
}
