// Purpose: an ordered key-value store with column families, atomic batches and consistent snapshots: all
// that the rest of the node knows of a database.
// Thread rule: a Store may be used from several threads; a WriteBatch and an Iterator belong to one.
// Errors: storage_failed (with the database's words). After any failed write the store is closed for
// writing: every later write fails too. Nothing is retried or repaired.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "storage/storage_failure.h"

namespace tally::storage {

// Appended, never renumbered: the names are on disk.
enum class Column : std::uint8_t {
  meta,     // marks of this data directory: genesis, version, heights
  votes,    // the replica's own durable votes and certificates
  bodies,   // batch bodies accepted but not yet executed
  blocks,   // certified blocks, by height
  state,    // the authenticated state: key -> value
  tree,     // pages of the state tree
  history,  // account entries, by account and index
  index,    // look-ups: transaction id -> place
};
inline constexpr std::size_t kColumns = 8;
std::string_view name_of(Column column);

// yes: this batch and every earlier one are on disk before write() returns. no: a power cut may take the
// batch, whole; of several such batches since the last sync any may be missing, not only the last ones.
enum class Sync : bool { no, yes };

class WriteBatch {
 public:
  struct Entry {
    Column column;
    Bytes key;
    std::optional<Bytes> value;  // nullopt erases
  };
  void put(Column column, ByteView key, ByteView value) {
    entries_.push_back({column, Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end())});
    bytes_ += key.size() + value.size();
  }
  void put(Column column, Bytes&& key, Bytes&& value) {
    bytes_ += key.size() + value.size();
    entries_.push_back({column, std::move(key), std::move(value)});
  }
  void erase(Column column, ByteView key) {
    entries_.push_back({column, Bytes(key.begin(), key.end()), std::nullopt});
    bytes_ += key.size();
  }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  void clear() {
    entries_.clear();
    bytes_ = 0;
  }

 private:
  std::vector<Entry> entries_;
  std::size_t bytes_ = 0;
};

// Visits one pair; false ends the scan.
using Visit = std::function<bool(ByteView key, ByteView value)>;

// Reads of the state of one moment; a scan over the store itself sees the moment at which it began. A Snapshot
// keeps its moment readable while the store goes on; it may outlive the Store, and keeps its directory open.
// A visitor may read and write the store; its views last until it returns.
class Reader {
 public:
  virtual ~Reader() = default;
  [[nodiscard]] virtual Result<std::optional<Bytes>> get(Column column, ByteView key) const = 0;
  // Keys in byte order, from the first >= `from`, while they start with `prefix`.
  virtual Status scan(Column column, ByteView prefix, ByteView from, const Visit& visit) const = 0;
  // Keys in falling byte order, from the last <= `from` (or the last of the prefix if `from` is empty).
  virtual Status scan_back(Column column, ByteView prefix, ByteView from, const Visit& visit) const = 0;
};

class Store : public Reader {
 public:
  virtual Status write(const WriteBatch& batch, Sync sync) = 0;
  [[nodiscard]] virtual std::shared_ptr<const Reader> snapshot() const = 0;
  // About how many bytes the keys in [from, to) take on the disk; 0 where unknown. An empty `to` means to the end.
  [[nodiscard]] virtual std::uint64_t approximate_bytes(Column, ByteView /*from*/, ByteView /*to*/) const { return 0; }
  // Gives back the disk that erased keys in [from, to) still take. Slow; safe while others read and write.
  virtual Status compact(Column, ByteView /*from*/, ByteView /*to*/) { return {}; }
  // Bytes written to disk since opening, for the bench; 0 where unknown.
  [[nodiscard]] virtual std::uint64_t bytes_written() const = 0;
};

// A store in memory, for tests and for auditors. Thread-safe.
std::unique_ptr<Store> make_memory_store();

}  // namespace tally::storage
