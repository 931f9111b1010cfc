#include "ledger/archive.h"

#include <algorithm>

#include "ledger/chain.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using consensus::CheckpointCertificate;
using storage::value_or_throw;

namespace {

Result<ArchiveMark> decode_mark(const std::optional<Bytes>& bytes) {
  if (!bytes) return ArchiveMark{};
  auto mark = decode<ArchiveMark>(*bytes);
  if (!mark) return make_error(ErrorCode::storage_failed, std::string(kArchiveKey), mark.error().text());
  return mark;
}

}  // namespace

void note_block(ArchiveMark& mark, const BlockBefore& before, Epoch next) {
  // The genesis has no certificate; nothing of the chain before it could be sealed.
  if (before.height.value == 0) return;
  const SealPlace place{{before.epoch, before.height, before.digest}, mark.bytes};
  if (next != before.epoch) {
    mark.places.clear();
    mark.ends.push_back(place);
    return;
  }
  const bool due = before.height.value - mark.sealed.value >= kChunkBlocks || mark.bytes >= kChunkBytes;
  if (!due || !mark.ends.empty()) return;
  if (mark.places.size() == kSealPlacesMax) mark.places.erase(mark.places.begin());
  mark.places.push_back(place);
}

const std::vector<SealPlace>& seal_places(const ArchiveMark& mark) {
  return mark.ends.empty() ? mark.places : mark.ends;
}

std::optional<Seal> close_chunk(ArchiveMark& mark, const CheckpointCertificate& certificate) {
  const auto& places = seal_places(mark);
  // Of several ends of epochs only the first may be next.
  const auto last = mark.ends.empty() ? places.end() : std::next(places.begin());
  const auto found =
      std::find_if(places.begin(), last, [&](const SealPlace& place) { return place.vote == certificate.vote; });
  if (found == last) return std::nullopt;
  const std::uint64_t bytes = found->bytes;
  Seal seal{mark.chunks, mark.sealed.next(), certificate};
  if (!mark.ends.empty()) mark.ends.erase(mark.ends.begin());
  for (auto& end : mark.ends) end.bytes -= bytes;
  mark.places.clear();
  mark.bytes -= bytes;
  mark.sealed = certificate.vote.height;
  ++mark.chunks;
  return seal;
}

ArchiveMark read_archive(const State& state) {
  return value_or_throw(decode_mark(state.get(as_bytes(kArchiveKey))));
}

Result<ArchiveMark> read_archive(const storage::Reader& store) {
  const auto bytes = store.get(storage::Column::state, as_bytes(kArchiveKey));
  if (!bytes) return bytes.error();
  return decode_mark(*bytes);
}

void write_archive(State& state, const ArchiveMark& mark) {
  state.put(as_bytes(kArchiveKey), encode(mark));
}

// --- the chain's part ---

// A seal is no part of what makes a batch good, so that no node can stop at one: whatever is wrong with it, all
// ignore it alike.
void Chain::settle_seal(Pending& pending, const Batch* batch, std::size_t batch_bytes) {
  const ArchiveMark held = read_archive(state_);
  ArchiveMark mark = held;
  note_block(mark, {head_.header.height, head_.header.epoch, head_.digest}, validators_.epoch);
  if (batch != nullptr && batch->seal) {
    ArchiveMark closed = mark;
    if (const auto seal = close_chunk(closed, *batch->seal)) {
      const auto& vote = batch->seal->vote;
      const auto validators =
          vote.epoch == validators_.epoch ? std::optional(validators_) : value_or_throw(validators_of(vote.epoch));
      if (!validators)
        throw storage::StorageFailure(make_error(ErrorCode::storage_failed, "validators",
                                                 "no set is held of epoch " + std::to_string(vote.epoch.value)));
      if (consensus::check_certificate(*batch->seal, *validators, verifier_)) {
        mark = std::move(closed);
        if (options_.keep_blocks) put_seal(pending.batch, *seal);
      }
    }
  }
  mark.bytes += batch_bytes;
  if (mark != held) write_archive(state_, mark);
}

Result<std::optional<CheckpointCertificate>> Chain::seal_due() const {
  auto mark = read_archive(store_);
  if (!mark) return mark.error();
  {
    const std::lock_guard lock(mutex_);
    note_block(*mark, {head_.header.height, head_.header.epoch, head_.digest}, validators_.epoch);
  }
  for (const auto& place : seal_places(*mark)) {
    auto certificate = read_certificate(store_, place.vote.height);
    if (!certificate) return certificate.error();
    if (*certificate && (*certificate)->vote == place.vote) return certificate;
    if (!mark->ends.empty()) break;
  }
  return std::optional<CheckpointCertificate>{};
}

Result<std::optional<Seal>> Chain::seal_of(std::uint64_t chunk) const {
  return read_seal(store_, chunk);
}

}  // namespace tally::ledger
