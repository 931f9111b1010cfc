#include "contracts/entry_queries.h"

#include "contracts/history_terms.h"
#include "contracts/query_reading.h"
#include "ledger/history_index.h"
#include "ledger/prune.h"

namespace tally::contracts {

namespace {

using ledger::HistoryPosition;

Error not_a_cursor() {
  return make_error(ErrorCode::invalid_field, "cursor", "is not a cursor of this list",
                    "the value of `next` of the page before");
}

template <class Position>
Result<std::optional<Position>> position_in(const std::optional<std::string>& cursor) {
  if (!cursor) return std::optional<Position>{};
  const auto bytes = from_hex(*cursor);
  if (!bytes) return not_a_cursor();
  const auto position = decode<Position>(*bytes);
  if (!position) return not_a_cursor();
  return std::optional<Position>(*position);
}

Error does_not_go_with(const char* field, const char* why, const char* wanted) {
  return make_error(ErrorCode::invalid_field, field, why, wanted);
}

Status check(const EntriesAsked& asked) {
  if (asked.subject) {
    if (!asked.rulebook) return does_not_go_with("rulebook", "is missing beside the subject", "the account's rulebook");
    if (asked.officer || asked.rule || asked.unit)
      return does_not_go_with("subject", "stands beside an officer, a rule or a unit", "an account alone");
  } else {
    if (!asked.book.empty()) return does_not_go_with("book", "is given without a subject", "a subject's account");
    if (asked.rulebook.has_value() != asked.rule.has_value())
      return does_not_go_with(asked.rule ? "rulebook" : "rule", "is missing", "a rulebook and a rule of it");
    if (!asked.officer && !asked.rule && !asked.unit)
      return does_not_go_with("officer", "is missing, as are rule, unit and subject", "one of them at least");
  }
  if (asked.since && asked.until && *asked.since >= *asked.until)
    return does_not_go_with("until", "is not after `since`", "a later time");
  return {};
}

// Adds rows to a page, with what other records say of them.
class Rows {
 public:
  Rows(const Queries& queries, const storage::Reader& reader) : queries_(queries), reader_(reader) {}

  Status add(const AccountId& account, std::uint64_t index, Entry entry) {
    auto taken = read_record<std::uint64_t>(reader_, taken_back_key(account, index));
    if (!taken) return taken.error();
    const auto rulebook = queries_.rulebook_version(reader_, account.rulebook, entry.rulebook_version);
    if (!rulebook) return rulebook.error();
    page.rows.push_back({account, index, std::move(entry), *taken, (*rulebook)->scale});
    return {};
  }

  Page<EntryRow> page;

 private:
  const Queries& queries_;
  const storage::Reader& reader_;
};

Result<Entry> entry_of(ByteView record) {
  auto entry = decode<Entry>(record);
  if (!entry) return make_error(ErrorCode::storage_failed, "", "an entry does not decode: " + entry.error().text());
  return entry;
}

std::vector<Bytes> terms_of(const EntriesAsked& asked) {
  std::vector<Bytes> terms;
  // The rarest first, as far as one can tell: its lists are walked.
  if (asked.officer) terms.push_back(officer_term(*asked.officer));
  if (asked.rule) terms.push_back(rule_term(*asked.rulebook, *asked.rule));
  if (asked.unit) terms.push_back(unit_term(*asked.unit));
  return terms;
}

// The last block before a time; nullopt: none of those whose headers are held (all but those before a snapshot).
Result<std::optional<BlockHeight>> last_block_before(const storage::Reader& reader, BlockHeight head,
                                                     TimestampMs time) {
  if (time.value == 0) return std::optional<BlockHeight>{};
  const auto snapshot = ledger::read_snapshot_block(reader);
  if (!snapshot) return snapshot.error();
  return ledger::last_block_until(reader, snapshot->value_or(BlockHeight{}), head, TimestampMs{time.value - 1});
}

Result<Page<EntryRow>> by_terms(const Queries& queries, const storage::Reader& reader, const EntriesAsked& asked,
                                BlockHeight head, const std::optional<HistoryPosition>& before, std::size_t rows) {
  ledger::HistoryAsked history{terms_of(asked), {}, head, before, rows};
  // Of blocks before a snapshot the rows themselves tell their time.
  if (asked.until) {
    const auto last = last_block_before(reader, head, *asked.until);
    if (!last) return last.error();
    const auto snapshot = ledger::read_snapshot_block(reader);
    if (!snapshot) return snapshot.error();
    history.until = last->value_or(snapshot->value_or(BlockHeight{}));
  }
  if (asked.since) {
    const auto last = last_block_before(reader, head, *asked.since);
    if (!last) return last.error();
    history.from = last->value_or(BlockHeight{});
  }
  const auto found = ledger::find_history(reader, history);
  if (!found) return found.error();
  Rows out(queries, reader);
  for (const auto& row : found->rows) {
    const auto account = account_in(row.place.list);
    auto entry = entry_of(row.record);
    if (!entry) return entry.error();
    if (!account) return make_error(ErrorCode::storage_failed, "", "the index of histories names what is no account");
    if (asked.until && entry->block_time >= *asked.until) continue;
    if (asked.since && entry->block_time < *asked.since) return out.page;
    if (auto added = out.add(*account, row.place.index, *std::move(entry)); !added) return added.error();
  }
  if (found->next) out.page.next = to_hex(encode(*found->next));
  return out.page;
}

// An account's entries stand by rising time under their index.
class AccountEntries {
 public:
  AccountEntries(const storage::Reader& reader, Bytes list) : reader_(reader), list_(std::move(list)) {}

  Result<Entry> at(std::uint64_t index) const {
    const auto bytes = reader_.get(storage::Column::history, ledger::history_key(list_, index));
    if (!bytes) return bytes.error();
    if (!*bytes) return make_error(ErrorCode::storage_failed, "", "entry " + std::to_string(index) + " is missing");
    return entry_of(**bytes);
  }
  // How many of the first `count` were made before a time.
  Result<std::uint64_t> before(TimestampMs time, std::uint64_t count) const {
    std::uint64_t low = 0;
    for (std::uint64_t high = count; low < high;) {
      const std::uint64_t middle = low + (high - low) / 2;
      const auto entry = at(middle);
      if (!entry) return entry.error();
      if (entry->block_time < time)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

 private:
  const storage::Reader& reader_;
  Bytes list_;
};

Result<Page<EntryRow>> of_account(const Queries& queries, const storage::Reader& reader, const EntriesAsked& asked,
                                  TimestampMs now, const std::optional<std::uint64_t>& before, std::size_t rows) {
  const auto account = queries.account_id(reader, *asked.rulebook, asked.book, *asked.subject, now);
  if (!account) return account.error();
  const auto record = read_record<AccountRecord>(reader, account_key(*account));
  if (!record) return record.error();
  if (!*record)
    return make_error(ErrorCode::not_registered, "subject",
                      "has no account in book " + account->book + " of " + account->rulebook,
                      "a subject whose account is open");
  const AccountEntries entries(reader, history_list(*account));
  std::uint64_t end = std::min((*record)->entries, before.value_or(~0ULL));
  if (asked.until) {
    const auto earlier = entries.before(*asked.until, end);
    if (!earlier) return earlier.error();
    end = *earlier;
  }
  Rows out(queries, reader);
  for (std::uint64_t index = end; index-- > 0;) {
    if (out.page.rows.size() == rows) {
      out.page.next = to_hex(encode(index + 1));
      break;
    }
    auto entry = entries.at(index);
    if (!entry) return entry.error();
    if (asked.since && entry->block_time < *asked.since) break;
    if (auto added = out.add(*account, index, *std::move(entry)); !added) return added.error();
  }
  return out.page;
}

}  // namespace

Result<Page<EntryRow>> find_entries(const Queries& queries, const storage::Reader& reader, const EntriesAsked& asked,
                                    const ledger::BlockHeader& head, const std::optional<std::string>& cursor,
                                    std::size_t rows) {
  if (auto good = check(asked); !good) return good.error();
  if (asked.subject) {
    const auto before = position_in<std::uint64_t>(cursor);
    if (!before) return before.error();
    return of_account(queries, reader, asked, head.time, *before, bounded(rows));
  }
  const auto before = position_in<HistoryPosition>(cursor);
  if (!before) return before.error();
  return by_terms(queries, reader, asked, head.height, *before, bounded(rows));
}

}  // namespace tally::contracts
