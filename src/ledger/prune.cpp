#include "ledger/prune.h"

#include "common/limits.h"
#include "ledger/block_records.h"
#include "ledger/store_marks.h"

namespace tally::ledger {

using std::to_string;
using storage::Column;
using storage::Sync;

namespace {

constexpr std::size_t kErasedTogether = 4096;

Result<std::optional<BlockHeight>> read_mark(const storage::Reader& store, std::string_view mark) {
  const auto bytes = store.get(Column::meta, as_bytes(mark));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<BlockHeight>{};
  const auto height = decode<BlockHeight>(**bytes);
  if (!height)
    return make_error(
        ErrorCode::storage_failed, "", std::string(mark) + " is damaged: " + height.error().text(),
        "an undamaged disk; `tally scrub` says what else is damaged, and `tally repair` makes the store whole");
  return std::optional(*height);
}

BlockHeight height_of(ByteView key) {
  std::uint64_t height = 0;
  for (const Byte byte : key.subspan(1)) height = height << 8 | byte;
  return BlockHeight{height};
}

// Records of one kind from block 1 to below a height: counted, and erased unless it is a dry run.
class Eraser {
 public:
  Eraser(storage::Store& store, const PruneOptions& options, BlockHeight below)
      : store_(store), dry_run_(options.dry_run), below_(below) {}

  Status erase(char kind) {
    const Bytes prefix{static_cast<Byte>(kind)};
    Status written;
    const auto scanned =
        store_.scan(Column::blocks, prefix, block_key(kind, BlockHeight{1}), [&](ByteView key, ByteView value) {
          if (height_of(key) >= below_) return false;
          ++count_;
          bytes_ += value.size();
          if (dry_run_) return true;
          batch_.erase(Column::blocks, key);
          if (batch_.entries().size() >= kErasedTogether) {
            written = store_.write(batch_, Sync::no);
            batch_.clear();
          }
          return written.has_value();
        });
    if (!scanned) return scanned;
    if (!written || batch_.empty()) return written;
    written = store_.write(batch_, Sync::yes);
    batch_.clear();
    return written;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  storage::Store& store_;
  bool dry_run_;
  BlockHeight below_;
  storage::WriteBatch batch_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<BlockHeight> read_first_block(const storage::Reader& store) {
  const auto mark = read_mark(store, kFirstBlockMark);
  if (!mark) return mark.error();
  return mark->value_or(BlockHeight{1});
}

void put_first_block(storage::WriteBatch& out, BlockHeight first) {
  out.put(Column::meta, as_bytes(kFirstBlockMark), encode(first));
}

Result<std::optional<BlockHeight>> read_snapshot_block(const storage::Reader& store) {
  return read_mark(store, kSnapshotMark);
}

void put_snapshot_block(storage::WriteBatch& out, BlockHeight height) {
  out.put(Column::meta, as_bytes(kSnapshotMark), encode(height));
}

Error pruned_block(BlockHeight height, BlockHeight first) {
  return make_error(
      ErrorCode::pruned, "height",
      "is block " + to_string(height.value) + ", and this node holds the blocks from " + to_string(first.value) + " on",
      "another node or an archive that holds it; `tally restore` puts blocks back here");
}

Error pruned_receipts(BlockHeight height) {
  return make_error(ErrorCode::pruned, "height",
                    "is block " + to_string(height.value) + ", whose receipts this node does not hold",
                    "another node: they were pruned here, or the block came before this node began");
}

Result<PruneReport> prune_blocks(storage::Store& store, BlockHeight final, const PruneOptions& options) {
  const BlockHeight highest{final.value > kBlocksKeptMin ? final.value - kBlocksKeptMin : 1};
  const BlockHeight below = std::min(options.keep_from, highest);
  const auto first = read_first_block(store);
  if (!first) return first.error();
  PruneReport report;
  report.first = std::max(*first, below);
  report.disk_before = store.approximate_bytes(Column::blocks, {}, {});
  if (!options.dry_run && report.first > *first) {
    // First, so that a pass that is cut off leaves blocks that are said to be gone, and not the other way round.
    storage::WriteBatch batch;
    put_first_block(batch, report.first);
    if (auto written = store.write(batch, Sync::yes); !written) return written.error();
  }
  Eraser bodies(store, options, below);
  if (auto erased = bodies.erase('b'); !erased) return erased.error();
  Eraser receipts(store, options, below);
  if (options.receipts)
    if (auto erased = receipts.erase('r'); !erased) return erased.error();
  report.blocks = std::max(bodies.count(), receipts.count());
  report.bytes = bodies.bytes() + receipts.bytes();
  if (options.dry_run) {
    report.disk_after = report.disk_before;
    return report;
  }
  for (const char kind : {'b', 'r'})
    if (auto done = store.compact(Column::blocks, block_key(kind, BlockHeight{1}), block_key(kind, below)); !done)
      return done.error();
  report.disk_after = store.approximate_bytes(Column::blocks, {}, {});
  return report;
}

}  // namespace tally::ledger
