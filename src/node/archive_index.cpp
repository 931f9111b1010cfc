#include "node/archive_index.h"

#include <algorithm>
#include <charconv>

namespace tally::node {

namespace {

constexpr std::size_t kRecentChunks = 3;
constexpr std::size_t kSummariesMax = 65536;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

Result<Bytes> ServedChunk::bytes_at(std::uint64_t offset, std::uint64_t most) const {
  Bytes out;
  if (offset >= index.bytes || most == 0) return out;
  const std::uint64_t digest_at = index.bytes - Digest::kSize;
  std::uint64_t begin = digest_at;
  if (offset >= digest_at) {
    append(out, index.digest.view());
  } else {
    const auto next = std::upper_bound(index.offsets.begin(), index.offsets.end(), offset);
    const auto piece = pieces.piece(static_cast<std::size_t>(next - index.offsets.begin()) - 1);
    if (!piece) return piece.error();
    out = *piece;
    begin = *std::prev(next);
  }
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(offset - begin));
  if (out.size() > most) out.resize(most);
  return out;
}

Result<std::optional<ledger::ChunkPieces>> ArchiveIndex::pieces_of(std::uint64_t number) const {
  auto pieces = ledger::ChunkPieces::closed(chain_, number);
  if (!pieces || *pieces) return pieces;
  pieces = ledger::ChunkPieces::open_end(chain_);
  if (pieces && *pieces && (*pieces)->head().number != number) return std::optional<ledger::ChunkPieces>{};
  return pieces;
}

Result<ServedChunkPtr> ArchiveIndex::serve(ledger::ChunkPieces pieces) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& held : recent_)
      if (held->pieces.head() == pieces.head()) return held;
  }
  auto index = ledger::index_of(pieces);
  if (!index) return index.error();
  const auto served = std::make_shared<const ServedChunk>(ServedChunk{std::move(pieces), std::move(index).value()});
  const auto& head = served->pieces.head();
  const std::lock_guard lock(mutex_);
  if (head.sealed) {
    if (summaries_.size() >= kSummariesMax) summaries_.clear();
    summaries_[head.number] = {head, served->index.bytes, served->index.digest, served->index.sha256};
  }
  recent_.push_back(served);
  if (recent_.size() > kRecentChunks) recent_.pop_front();
  return served;
}

Result<ServedChunkPtr> ArchiveIndex::chunk(std::uint64_t number) {
  auto pieces = pieces_of(number);
  if (!pieces) return pieces.error();
  if (!*pieces) return ServedChunkPtr{};
  return serve(std::move(**pieces));
}

Result<std::optional<ChunkSummary>> ArchiveIndex::summary(std::uint64_t number, bool& read_through) {
  read_through = false;
  auto pieces = pieces_of(number);
  if (!pieces) return pieces.error();
  if (!*pieces) return std::optional<ChunkSummary>{};
  {
    const std::lock_guard lock(mutex_);
    const auto found = summaries_.find(number);
    if (found != summaries_.end() && found->second.head == (*pieces)->head()) return std::optional(found->second);
  }
  read_through = true;
  const auto served = serve(std::move(**pieces));
  if (!served) return served.error();
  const auto& index = (*served)->index;
  return std::optional(ChunkSummary{(*served)->pieces.head(), index.bytes, index.digest, index.sha256});
}

RangeKind parse_range(const std::string& header, std::uint64_t bytes, ByteRange& out) {
  constexpr std::string_view kUnit = "bytes=";
  std::string_view text = header;
  if (!text.starts_with(kUnit)) return RangeKind::whole;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return RangeKind::whole;
  const auto from = text.substr(0, dash);
  const auto to = text.substr(dash + 1);
  if (from.empty()) {
    const auto suffix = number_of(to);
    if (!suffix) return RangeKind::whole;
    if (*suffix == 0 || bytes == 0) return RangeKind::unsatisfiable;
    out = {bytes - std::min(*suffix, bytes), bytes - 1};
    return RangeKind::part;
  }
  const auto first = number_of(from);
  const auto last = to.empty() ? std::optional<std::uint64_t>(~0ULL) : number_of(to);
  if (!first || !last || *last < *first) return RangeKind::whole;
  if (*first >= bytes) return RangeKind::unsatisfiable;
  out = {*first, std::min(*last, bytes - 1)};
  return RangeKind::part;
}

}  // namespace tally::node
