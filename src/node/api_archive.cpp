// The chain in chunks that are the same on every node.
#include <charconv>
#include <stdexcept>

#include "node/api.h"
#include "node/archive_index.h"

namespace tally::node {

namespace {

constexpr std::size_t kPieceBytes = limits::kMiB;
// Chunks that are read through for one page of the list; the rest comes with the next.
constexpr std::size_t kReadThroughMax = 4;

Json summary_json(const ChunkSummary& chunk) {
  return {{"number", chunk.head.number}, {"first", chunk.head.first.value}, {"last", chunk.head.last.value},
          {"bytes", chunk.bytes},        {"digest", chunk.digest.hex()},    {"sha256", chunk.sha256}};
}

std::string header_of(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

// The bytes first to last, piece by piece.
void send_bytes(HttpResponse& response, const ServedChunkPtr& chunk, ByteRange range) {
  const auto at = std::make_shared<std::uint64_t>(range.first);
  response.more = [chunk, at, last = range.last]() -> std::string {
    if (*at > last) return {};
    const auto bytes = chunk->bytes_at(*at, std::min<std::uint64_t>(kPieceBytes, last - *at + 1));
    if (!bytes) throw std::runtime_error("a chunk of the archive: " + bytes.error().text());
    *at += bytes->size();
    return std::string(as_text(*bytes));
  };
}

}  // namespace

void Api::add_archive_routes() {
  const auto index = std::make_shared<ArchiveIndex>(node_.chain());
  add("GET", "/v1/archive", [this, index](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = is_registered(call); !allowed) return allowed.error();
    const auto from = call.number("from", 0, ~0ULL);
    if (!from) return from.error();
    const auto mark = node_.chain().archive();
    if (!mark) return mark.error();
    Json rows = Json::array();
    Json open = nullptr;
    std::uint64_t number = *from;
    for (std::size_t read = 0; number <= mark->chunks && rows.size() < limits::kPageRowsMax && read < kReadThroughMax;
         ++number) {
      bool read_through = false;
      const auto chunk = index->summary(number, read_through);
      if (!chunk) return chunk.error();
      read += read_through ? 1 : 0;
      if (*chunk) ((*chunk)->head.sealed ? rows.emplace_back() : open) = summary_json(**chunk);
    }
    return json_response({{"chain", node_.chain_id().hex()},
                          {"closed", mark->chunks},
                          {"chunks", rows},
                          {"open", open},
                          {"next", number <= mark->chunks ? Json(number) : Json(nullptr)}});
  });
  add("GET", "/v1/archive/{}", [this, index](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = is_registered(call); !allowed) return allowed.error();
    const auto& text = call.parts[0];
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size())
      return make_error(ErrorCode::invalid_field, "number", "is \"" + text.substr(0, 40) + "\"", "a chunk's number");
    const auto chunk = index->chunk(number);
    if (!chunk) return chunk.error();
    if (!*chunk)
      return make_error(ErrorCode::not_found, "number", "is " + text + ", which this node does not hold",
                        "one that GET /v1/archive names");
    const auto& [pieces, facts] = **chunk;
    const std::string tag = '"' + facts.digest.hex() + '"';
    HttpResponse response;
    response.content_type = "application/octet-stream";
    response.headers = {{"accept-ranges", "bytes"},
                        {"etag", tag},
                        {"repr-digest", "sha-256=:" + facts.sha256 + ":"},
                        {"tally-sealed", pieces.head().sealed ? "true" : "false"}};
    ByteRange range{0, facts.bytes - 1};
    // A range of another version of the open end would be worth nothing.
    const std::string condition = header_of(call.request, "if-range");
    const RangeKind kind = condition.empty() || condition == tag
                               ? parse_range(header_of(call.request, "range"), facts.bytes, range)
                               : RangeKind::whole;
    const std::string total = "/" + std::to_string(facts.bytes);
    if (kind == RangeKind::unsatisfiable) {
      response = problem(make_error(ErrorCode::invalid_field, "range", "begins behind the last byte",
                                    "a byte below " + std::to_string(facts.bytes)),
                         416);
      response.headers.emplace_back("content-range", "bytes *" + total);
      return response;
    }
    if (kind == RangeKind::part) {
      response.status = 206;
      response.headers.emplace_back("content-range",
                                    "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + total);
    }
    send_bytes(response, *chunk, range);
    return response;
  });
}

}  // namespace tally::node
