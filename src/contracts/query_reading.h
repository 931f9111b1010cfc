// Purpose: typed reads and bounded walks over a storage::Reader, for queries.
// Thread rule: pure functions over the caller's reader.
// Errors: internal where a record does not decode (the store is damaged); those of the reader.
#pragma once

#include "common/limits.h"
#include "contracts/queries.h"
#include "contracts/unit.h"

namespace tally::contracts {

template <class Record>
Result<std::optional<Record>> read_record(const storage::Reader& reader, ByteView key) {
  auto bytes = reader.get(storage::Column::state, key);
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<Record>{};
  auto record = decode<Record>(**bytes);
  if (!record) return make_error(ErrorCode::internal, "store", "a record does not decode: " + record.error().text());
  return std::optional<Record>(*std::move(record));
}

template <class Fixed>
Result<std::optional<Fixed>> read_fixed(const storage::Reader& reader, ByteView key) {
  auto bytes = reader.get(storage::Column::state, key);
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<Fixed>{};
  return Fixed::from_view(**bytes);
}

// Keys of one unit and then of everything below it, in key order, at most `rows` of them from the cursor on.
struct Walk {
  std::vector<Bytes> keys;
  std::optional<std::string> next;
};
struct WalkRange {
  Bytes own;    // prefix of the unit's own keys
  Bytes below;  // prefix of the keys below it
};
enum class Direction : bool { rising, falling };
Result<Walk> walk(const storage::Reader& reader, const WalkRange& range, const std::optional<std::string>& cursor,
                  std::size_t rows, Direction direction = Direction::rising);

inline std::size_t bounded(std::size_t rows) {
  return std::clamp<std::size_t>(rows, 1, limits::kPageRowsMax);
}

// The fixed-size last part of an index key.
template <class Fixed>
Fixed last_part(ByteView key) {
  return *Fixed::from_view(key.last(Fixed::kSize));
}

// What the boards need of one account.
struct IndexedAccount {
  SubjectHandle subject;
  UnitId unit;
  SubjectKind kind = SubjectKind::household;
  const Book* book = nullptr;  // of the rulebook
  AccountRecord record;
};
// In the book with this code; empty: in the main book of the subject's kind.
Result<IndexedAccount> read_indexed(const storage::Reader& reader, const Rulebook& rulebook,
                                    const SubjectHandle& subject, std::string_view book = {});

}  // namespace tally::contracts
