// From checked chunks to a store that a chain goes on from.
#include "common/invariant.h"
#include "common/limits.h"
#include "ledger/block_records.h"
#include "ledger/governed.h"
#include "ledger/history_index.h"
#include "ledger/prune.h"
#include "ledger/snapshot_chunk.h"
#include "ledger/store_marks.h"
#include "ledger/working_state.h"

namespace tally::ledger {

using std::to_string;
using storage::Column;
using storage::Sync;

namespace {

constexpr std::size_t kWriteBytes = 4 * limits::kMiB;

// Writes what was gathered when it is enough.
Status write_if(storage::Store& store, storage::WriteBatch& batch, std::size_t at_least) {
  if (batch.empty() || batch.bytes() < at_least) return {};
  auto written = store.write(batch, Sync::no);
  batch.clear();
  return written;
}

Status check_empty(const storage::Reader& store) {
  bool empty = true;
  for (std::size_t i = 0; i < storage::kColumns && empty; ++i) {
    auto scanned = store.scan(static_cast<Column>(i), {}, {}, [&](ByteView, ByteView) { return empty = false; });
    if (!scanned) return scanned;
  }
  if (empty) return {};
  return make_error(ErrorCode::wrong_state, "", "the data directory is not empty",
                    "an empty one: a snapshot replaces nothing, it begins a directory");
}

}  // namespace

SnapshotInstaller::SnapshotInstaller(storage::Store& store, const Genesis& genesis, SnapshotManifest manifest,
                                     const Executor& executor)
    : store_(&store),
      genesis_(genesis),
      manifest_(std::move(manifest)),
      executor_(&executor),
      added_(manifest_.chunks()),
      missing_(manifest_.chunks()),
      slots_(std::size_t{1} << shared_nibbles(manifest_.depth) * kPageLevels) {}

Result<SnapshotInstaller> SnapshotInstaller::begin(storage::Store& store, const Genesis& genesis,
                                                   SnapshotManifest manifest, const Executor& executor) {
  if (auto empty = check_empty(store); !empty) return empty.error();
  storage::WriteBatch batch;
  batch.put(Column::meta, as_bytes(kInstallingMark), snapshot_id(manifest).view());
  if (auto written = store.write(batch, Sync::yes); !written) return written.error();
  return SnapshotInstaller(store, genesis, std::move(manifest), executor);
}

Status SnapshotInstaller::add(std::size_t index, ByteView chunk) {
  if (index >= added_.size() || added_[index])
    return make_error(ErrorCode::invalid_field, "chunk", "is " + to_string(index),
                      "one that is missing, below " + to_string(added_.size()));
  auto checked = checked_chunk(manifest_, index, chunk, *executor_, true);
  if (!checked) return checked.error();
  if (auto written = write_pairs(chunk); !written) return written;
  storage::WriteBatch batch;
  for (auto& page : checked->pages) {
    batch.put(Column::tree, std::move(page.key), std::move(page.page));
    if (auto written = write_if(*store_, batch, kWriteBytes); !written) return written;
  }
  if (auto written = write_if(*store_, batch, 0); !written) return written;
  std::move(checked->slots.begin(), checked->slots.end(),
            slots_.begin() + static_cast<std::ptrdiff_t>(index * checked->slots.size()));
  added_[index] = true;
  --missing_;
  return {};
}

Status SnapshotInstaller::write_pairs(ByteView chunk) {
  auto reader = ChunkReader::open(chunk);
  if (!reader) return reader.error();
  storage::WriteBatch batch;
  ChunkPair pair;
  for (;;) {
    const auto more = reader->next(pair);
    if (!more) return more.error();
    if (!*more) return write_if(*store_, batch, 0);
    batch.put(Column::state, pair.key, pair.value);
    Status written = write_if(*store_, batch, kWriteBytes);
    if (pair.records > 0) {
      const auto claim = executor_->history_of(pair.key, pair.value);
      invariant(claim.has_value(), "the chunk's claims were checked");
      std::uint64_t at = 0;
      pair.each_record([&](ByteView record) {
        batch.put(Column::history, history_key(claim->list, at++), Bytes(record.begin(), record.end()));
        if (written) written = write_if(*store_, batch, kWriteBytes);
      });
    }
    if (!written) return written;
  }
}

Status SnapshotInstaller::write_top() {
  storage::WriteBatch batch;
  const Digest root = build_top(slots_, manifest_.depth, [&](const TreePath& path, const TreePage& page) {
    batch.put(Column::tree, path.storage_key(), page.encoded());
  });
  if (root != manifest_.header.state_root)
    return make_error(ErrorCode::root_mismatch, "subtrees", "hash together to " + root.hex(),
                      manifest_.header.state_root.hex() + ", the state root");
  return write_if(*store_, batch, 0);
}

// The block, and what leads from the genesis to its validators and from there on.
Status SnapshotInstaller::put_chain(storage::WriteBatch& batch) const {
  consensus::ValidatorSet set = validator_set(genesis_);
  for (const EpochLink& link : manifest_.epochs) {
    if (const auto* end = std::get_if<EpochEnd>(&link)) {
      put_header(batch, end->header);
      put_certificate(batch, end->certificate);
      set = end->next;
    } else {
      const auto& recovery = std::get<consensus::EpochRecovery>(link);
      put_recovery(batch, recovery);
      set = consensus::next_epoch(recovery, set);
    }
    put_validators(batch, set);
  }
  const BlockHeader& header = manifest_.header;
  put_header(batch, header);
  put_certificate(batch, manifest_.certificate);
  if (header.next_validators == digest_of(set)) return {};
  // The block ended its epoch: the next members stand in the state.
  auto members = read_members(*store_);
  if (!members) return members.error();
  const consensus::ValidatorSet next{Epoch{set.epoch.value + 1}, header.height, std::move(members->list)};
  if (const Digest digest = digest_of(next); digest != header.next_validators)
    return make_error(ErrorCode::root_mismatch, "header.next_validators", "is " + header.next_validators.hex(),
                      digest.hex() + ", of the members in the state");
  put_validators(batch, next);
  return {};
}

Status SnapshotInstaller::finish() {
  if (missing_ > 0)
    return make_error(ErrorCode::wrong_state, "", to_string(missing_) + " chunks are missing", "all of them first");
  if (auto top = write_top(); !top) return top;
  storage::WriteBatch batch;
  if (auto put = put_chain(batch); !put) return put;
  if (auto written = store_->write(batch, Sync::yes); !written) return written;
  constexpr std::size_t kIndexingCacheBytes = 16 * limits::kMiB;
  const WorkingState state(*store_, kIndexingCacheBytes);
  if (auto indexed = rebuild_history_index(*store_, *executor_, state); !indexed) return indexed;
  // Everything else is on the disk now; this batch touches one column, so that it comes to the disk whole.
  const BlockHeight height = manifest_.header.height;
  storage::WriteBatch marks;
  marks.put(Column::meta, as_bytes(kFormatMark), encode(kStoreFormat));
  marks.put(Column::meta, as_bytes(kGenesisMark), encode(genesis_));
  marks.put(Column::meta, as_bytes(kHeadMark), encode(height));
  put_first_block(marks, height.next());
  put_snapshot_block(marks, height);
  marks.erase(Column::meta, as_bytes(kInstallingMark));
  return store_->write(marks, Sync::yes);
}

}  // namespace tally::ledger
