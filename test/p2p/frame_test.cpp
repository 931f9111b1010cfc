#include "p2p/frame.h"

#include <catch2/catch.hpp>
#include <random>

namespace {

using namespace tally;
using namespace tally::p2p;

Bytes header(std::uint32_t length, Byte wire_class) {
  Bytes out;
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<Byte>(length >> (8 * i)));
  out.push_back(wire_class);
  return out;
}

Bytes frame_of(Byte wire_class, const Bytes& payload) {
  Bytes out;
  append_header(out, wire_class, payload.size());
  append(out, payload);
  return out;
}

TEST_CASE("a frame's header is its length, then its class") {
  CHECK(to_hex(frame_of(2, {0xaa, 0xbb, 0xcc})) == "0400000002aabbcc");
  CHECK(to_hex(ping_frame()) == "01000000f0");
}

TEST_CASE("headers are judged before any payload arrives") {
  struct Row {
    const char* what;
    std::uint32_t length;
    Byte wire_class;
    std::optional<ErrorCode> error;
  };
  const auto with_class = [](std::size_t payload) { return static_cast<std::uint32_t>(payload + 1); };
  const std::vector<Row> rows{
      {"no class byte", 0, 0, ErrorCode::invalid_encoding},
      {"empty vote", 1, 0, std::nullopt},
      {"largest vote", with_class(limits::kVoteBytesMax), 0, std::nullopt},
      {"vote too large", with_class(limits::kVoteBytesMax + 1), 0, ErrorCode::too_large},
      {"largest proposal class", with_class(limits::kNewViewBytesMax), 1, std::nullopt},
      {"proposal class too large", with_class(limits::kNewViewBytesMax + 1), 1, ErrorCode::too_large},
      {"largest sync", with_class(limits::kSyncBytesMax), 2, std::nullopt},
      {"sync too large", with_class(limits::kSyncBytesMax + 1), 2, ErrorCode::too_large},
      {"largest bundle", with_class(limits::kBundleBytesMax), 3, std::nullopt},
      {"bundle too large", with_class(limits::kBundleBytesMax + 1), 3, ErrorCode::too_large},
      {"unknown class", 10, 4, ErrorCode::invalid_encoding},
      {"unknown class", 10, 0xff, ErrorCode::invalid_encoding},
      {"ping", 1, kPingClass, std::nullopt},
      {"ping with payload", 2, kPingClass, ErrorCode::too_large},
      {"greeting too large", limits::kHandshakeFrameBytesMax, kHelloClass, ErrorCode::too_large},
      {"largest length there is", 0xffffffff, 0, ErrorCode::too_large},
  };
  for (const Row& row : rows) {
    INFO(row.what << ", length " << row.length);
    const Bytes bytes = header(row.length, row.wire_class);
    FrameReader reader;
    ByteView in(bytes);
    const auto read = reader.next(in);
    CHECK(read.has_value() == !row.error.has_value());
    if (row.error && !read) {
      CHECK(read.error().code == *row.error);
      CHECK_FALSE(read.error().text().empty());
      CHECK(reader.held_bytes() == 0);
      ByteView more(bytes);
      CHECK_FALSE(reader.next(more).has_value());
    }
  }
}

TEST_CASE("frames come out the same however the stream is cut") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Frame> sent;
    Bytes stream;
    for (int i = 0; i < 20; ++i) {
      const auto wire_class = static_cast<Byte>(random() % 4);
      Bytes payload(random() % 3 == 0 ? random() % (limits::kVoteBytesMax + 1) : random() % 4);
      for (Byte& byte : payload) byte = static_cast<Byte>(random());
      append(stream, frame_of(wire_class, payload));
      sent.push_back({wire_class, payload});
    }
    FrameReader reader;
    std::vector<Frame> read;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t count = std::min(stream.size() - at, static_cast<std::size_t>(1 + random() % 700));
      ByteView in = ByteView(stream).subspan(at, count);
      at += count;
      while (!in.empty()) {
        auto next = reader.next(in);
        REQUIRE(next.has_value());
        if (*next) read.push_back(std::move(**next));
      }
    }
    REQUIRE(read.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CHECK(read[i].wire_class == sent[i].wire_class);
      CHECK(read[i].payload == sent[i].payload);
    }
  }
}

TEST_CASE("memory follows the bytes that arrive, not the length that is announced") {
  FrameReader reader;
  const Bytes start = header(static_cast<std::uint32_t>(limits::kNewViewBytesMax), 1);
  ByteView in(start);
  REQUIRE(reader.next(in).has_value());
  CHECK(reader.held_bytes() == 0);
  const Bytes chunk(1000, 7);
  std::size_t arrived = 0;
  for (int i = 0; i < 100; ++i) {
    in = chunk;
    REQUIRE(reader.next(in).has_value());
    arrived += chunk.size();
    CHECK(reader.held_bytes() <= 2 * arrived);
  }
}

TEST_CASE("random bytes never break the reader") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    Bytes bytes(random() % 200);
    for (Byte& byte : bytes) byte = static_cast<Byte>(random() % 3 == 0 ? random() : random() % 4);
    FrameReader reader;
    ByteView in(bytes);
    while (!in.empty()) {
      const auto next = reader.next(in);
      if (!next) break;
    }
    CHECK(reader.held_bytes() <= 2 * bytes.size());
  }
}

TEST_CASE("a peer's words are cut and made printable") {
  CHECK(printable("no \x1b[31mcolours\n") == "no ?[31mcolours?");
  CHECK(printable(std::string(1000, 'x')).size() == kByeReasonBytesMax);
}

}  // namespace
