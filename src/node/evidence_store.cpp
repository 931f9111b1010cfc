#include "node/evidence_store.h"

namespace tally::node {

namespace {

constexpr std::string_view kPrefix = "evidence/";
constexpr std::size_t kKindBytes = consensus::kMisconductReplicaBytes + 1;

Bytes stored_key(ByteView key) {
  const ByteView prefix = as_bytes(kPrefix);
  Bytes out(prefix.begin(), prefix.end());
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

bool is_small(const consensus::Misconduct& misconduct) {
  return std::holds_alternative<consensus::TwoVotes>(misconduct.messages) ||
         std::holds_alternative<consensus::TwoCheckpoints>(misconduct.messages);
}

}  // namespace

Result<std::unique_ptr<EvidenceStore>> EvidenceStore::open(storage::Store& store) {
  std::unique_ptr<EvidenceStore> out(new EvidenceStore(store));
  const Status scanned = store.scan(storage::Column::meta, as_bytes(kPrefix), {}, [&](ByteView key, ByteView) {
    key = key.subspan(kPrefix.size());
    out->count_in(Bytes(key.begin(), key.end()));
    return true;
  });
  if (!scanned) return scanned.error();
  return out;
}

void EvidenceStore::count_in(const Bytes& key) {
  ++count_;
  const auto kind = static_cast<std::ptrdiff_t>(std::min(kKindBytes, key.size()));
  ++of_kind_[Bytes(key.begin(), key.begin() + kind)];
}

Result<bool> EvidenceStore::keep(const consensus::Misconduct& misconduct) {
  const Bytes key = place_key(misconduct);
  const std::lock_guard lock(mutex_);
  const auto held = store_.get(storage::Column::meta, stored_key(key));
  if (!held) return held.error();
  const auto kind = of_kind_.find(Bytes(key.begin(), key.begin() + kKindBytes));
  const std::size_t kind_max = is_small(misconduct) ? kVotesPerReplica : kViewsPerReplica;
  if (*held || count_ >= kEvidenceMax || (kind != of_kind_.end() && kind->second >= kind_max)) return false;
  storage::WriteBatch batch;
  batch.put(storage::Column::meta, stored_key(key), encode(misconduct));
  if (Status written = store_.write(batch, storage::Sync::yes); !written) return written.error();
  count_in(key);
  return true;
}

Result<std::vector<EvidenceStore::Piece>> EvidenceStore::list(ByteView after, std::size_t pieces_max,
                                                              std::size_t bytes_max) const {
  std::vector<Piece> out;
  std::optional<Error> damaged;
  std::size_t bytes = 0;
  const Bytes from = stored_key(after);
  const Status scanned = store_.scan(storage::Column::meta, as_bytes(kPrefix), from, [&](ByteView key, ByteView value) {
    if (!after.empty() && std::equal(key.begin(), key.end(), from.begin(), from.end())) return true;
    bytes += value.size();
    if (!out.empty() && (out.size() >= pieces_max || bytes > bytes_max)) return false;
    auto misconduct = decode<consensus::Misconduct>(value);
    key = key.subspan(kPrefix.size());
    if (!misconduct) {
      damaged = make_error(ErrorCode::storage_failed, "evidence[" + to_hex(key) + "]",
                           "is damaged: " + misconduct.error().text());
      return false;
    }
    out.push_back({Bytes(key.begin(), key.end()), std::move(misconduct).value()});
    return true;
  });
  if (!scanned) return scanned.error();
  if (damaged) return *damaged;
  return out;
}

std::size_t EvidenceStore::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace tally::node
