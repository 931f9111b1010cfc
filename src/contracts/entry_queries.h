// Purpose: entries of accounts found by officer, rule, unit or account, by block time, newest first, in pages; through
// indexes only (ledger/history_index.h). Each row names what proves it.
// Thread rule: pure functions over the caller's reader.
// Errors: invalid_field (nothing is asked for, or what does not go together; a cursor), not_registered, not_found,
// storage_failed.
// Bounds: reads at most limits::kPageRowsMax rows and ledger::kHistoryBlocksPerPage blocks a call. A page may come back
// short, even empty, with a cursor: go on until there is none.
#pragma once

#include "contracts/queries.h"
#include "ledger/block.h"

namespace tally::contracts {

// What is absent is not asked about. All that is given must hold for an entry.
struct EntriesAsked {
  std::optional<PersonId> officer;     // proposed or endorsed it
  std::optional<RulebookId> rulebook;  // with `rule` or `subject`
  std::optional<RuleCode> rule;
  std::optional<UnitId> unit;            // the subject's unit, when the entry was made, or one above it
  std::optional<SubjectHandle> subject;  // with a rulebook; then neither officer, rule nor unit
  BookCode book;                         // with a subject; empty: the main one of its kind
  std::optional<TimestampMs> since;      // block time
  std::optional<TimestampMs> until;      // before this
};

struct EntryRow {
  AccountId account;
  std::uint64_t index = 0;
  Entry entry;
  std::optional<std::uint64_t> taken_back_by;
  std::uint32_t scale = 0;  // of the rulebook version that it was made under
};
BOOST_DESCRIBE_STRUCT(EntryRow, (), (account, index, entry, taken_back_by, scale))

// `head` is the reader's last block.
Result<Page<EntryRow>> find_entries(const Queries& queries, const storage::Reader& reader, const EntriesAsked& asked,
                                    const ledger::BlockHeader& head, const std::optional<std::string>& cursor,
                                    std::size_t rows);

}  // namespace tally::contracts
