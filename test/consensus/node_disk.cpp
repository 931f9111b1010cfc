#include "consensus/node_disk.h"

#include "common/codec.h"

namespace tally::consensus::test {

using storage::Column;

bool NodeDisk::dies_now() {
  if (plan_.next != CrashPoint::before_persist && plan_.next != CrashPoint::after_persist) return false;
  return plan_.skips == 0 || plan_.skips-- == 0;
}

Status NodeDisk::write(const storage::WriteBatch& batch, storage::Sync sync) {
  const auto gone = [this]() -> Status {
    died_ = true;
    return make_error(ErrorCode::storage_failed, "", "the process is gone");
  };
  if (died_) return gone();
  ++writes_;
  const bool dies = dies_now();
  if (dies && plan_.next == CrashPoint::before_persist) return gone();
  if (full_in_ && (*full_in_)-- == 0) {
    full_in_.reset();
    disk_.set_full(true);
  }
  const Status written = disk_.write(batch, sync);
  // A failed write may have reached the disk all the same; and what it puts and erases at once was covered by what it
  // erases it for.
  const auto on_disk = [this](const auto& entry) {
    const Bytes* found = disk_.find(entry.column, entry.key);
    return entry.value && found != nullptr && *found == *entry.value;
  };
  const bool reached = written || std::any_of(batch.entries().begin(), batch.entries().end(), on_disk);
  for (const auto& entry : batch.entries())
    if (reached && entry.value && (entry.column == Column::votes || entry.column == Column::bodies))
      invariants_.on_persisted(identity_, decode<DurableRecord>(*entry.value).value());
  return dies ? gone() : written;
}

std::string kind_of_record(Column column, ByteView key, ByteView value) {
  if (column == Column::blocks) return key[0] == 'h' ? "block" : "certificate";
  const auto record = decode<DurableRecord>(value).value();
  return std::visit([]<class One>(const One&) { return std::string(One::kName); }, record);
}

bool damage_record(sim::Disk& disk, const std::string& kind) {
  std::optional<std::pair<Column, Bytes>> found;
  for (const Column column : {Column::votes, Column::bodies, Column::blocks}) {
    // The last of its kind: the newest.
    static_cast<void>(disk.scan(column, {}, {}, [&](ByteView key, ByteView value) {
      if (kind_of_record(column, key, value) == kind) found.emplace(column, Bytes(key.begin(), key.end()));
      return true;
    }));
  }
  if (found) disk.damage(found->first, found->second);
  return found.has_value();
}

void erase_votes(sim::Disk& disk) {
  storage::WriteBatch gone;
  for (const Column column : {Column::votes, Column::bodies})
    static_cast<void>(disk.scan(column, {}, {}, [&](ByteView key, ByteView) {
      gone.erase(column, key);
      return true;
    }));
  disk.open();
  static_cast<void>(disk.write(gone, storage::Sync::yes));
}

}  // namespace tally::consensus::test
