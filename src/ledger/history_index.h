// Purpose: finds the records of history lists by the terms that the executor gives them (an officer, a rule, a unit),
// newest first, without ever scanning the lists. Derived from the history alone: it can be made anew at any time.
//   index:  'n' height -> HistoryTable: where the block's indexed records stand, by rising key
//           'p' term length (u16) | term | height -> OrdinalList: which rows of that table have the term
// (heights big-endian, 8 bytes; the length big-endian)
// Thread rule: pure functions over a Reader; write_history_index belongs to the executing thread.
// Cost: per block one table and one short list for each term that occurs in it, so that a sheet of 1000 awards by one
// officer adds little more than the places themselves.
// Errors: storage_failed, also for a record that does not decode; invalid_field (a position).
#pragma once

#include "ledger/executor.h"
#include "ledger/working_state.h"
#include "storage/store.h"

namespace tally::ledger {

struct HistoryPlace {
  Bytes list;
  std::uint64_t index = 0;
  bool operator==(const HistoryPlace&) const = default;
};
BOOST_DESCRIBE_STRUCT(HistoryPlace, (), (list, index))

// Where a page ended: rows before this one, newest first, come next.
struct HistoryPosition {
  BlockHeight height;
  std::uint32_t ordinal = 0;
  auto operator<=>(const HistoryPosition&) const = default;
};
BOOST_DESCRIBE_STRUCT(HistoryPosition, (), (height, ordinal))

struct HistoryRow {
  HistoryPosition at;
  HistoryPlace place;
  Bytes record;
};

struct HistoryAsked {
  std::vector<Bytes> terms;  // a row has all of them; at least one
  BlockHeight from;          // lowest height
  BlockHeight until{~0ULL};  // highest
  std::optional<HistoryPosition> before;
  std::size_t rows = 0;
};

struct HistoryRows {
  std::vector<HistoryRow> rows;         // newest first
  std::optional<HistoryPosition> next;  // absent: there are no more
};

inline constexpr std::size_t kHistoryTermBytesMax = 256;
// Blocks looked at for one page; a page that met few rows with all terms ends there and says where to go on.
inline constexpr std::size_t kHistoryBlocksPerPage = 2'000;

// The rows of the block that `state` has executed and not yet persisted.
void write_history_index(storage::WriteBatch& out, const WorkingState& state, const Executor& executor);

Result<HistoryRows> find_history(const storage::Reader& store, const HistoryAsked& asked);

// Removes the index and makes it anew from the column of histories, in bounded memory: for a store that came from a
// snapshot, or whose index is damaged. Terms that rest on the state are those of the present state.
Status rebuild_history_index(storage::Store& store, const Executor& executor, const State& state);

// Compares the index with the lists, in bounded memory, and names what differs. Of terms that rest on the state the
// lists do not tell which held then: of those only the form is checked. `visit`: the record, and its problem. Returns
// how many records of the index were looked at.
Result<std::uint64_t> check_history_index(const storage::Reader& store, const Executor& executor, const State& state,
                                          const std::function<void(std::string, std::string)>& visit);

// The highest block of those from `lowest` to `highest`, all held, whose time is not after `time`; nullopt if all are.
Result<std::optional<BlockHeight>> last_block_until(const storage::Reader& store, BlockHeight lowest,
                                                    BlockHeight highest, TimestampMs time);

}  // namespace tally::ledger
