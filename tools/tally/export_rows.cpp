#include "tally/export_rows.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"
#include "contracts/query_reading.h"
#include "contracts/unit.h"
#include "ledger/block_records.h"
#include "ledger/working_state.h"

namespace tally::cli {

namespace {

using namespace contracts;

std::optional<Digest> unless_zero(const Digest& digest) {
  return digest.is_zero() ? std::nullopt : std::optional(digest);
}

template <class E>
std::string word(E value) {
  return boost::describe::enum_to_string(value, "unknown");
}

// Walks the accounts and looks up what their rows need; the first error ends the walk.
class RowReader {
 public:
  explicit RowReader(const RowSource& source) : source_(source) {}

  struct Account {
    AccountId id;
    AccountRecord record;
    SubjectRecord subject;
  };
  Status accounts(const std::function<Status(const Account&)>& take) {
    auto all = queries_.rulebooks(source_.reader);
    if (!all) return all.error();
    Status out;
    for (const auto& view : *all) {
      if (!source_.filter.rulebook.empty() && view.rulebook != source_.filter.rulebook) continue;
      const auto read = source_.reader.scan(storage::Column::state, account_prefix(view.rulebook), {},
                                            [&](ByteView key, ByteView value) {
                                              out = one_account(key, value, take);
                                              return out.has_value();
                                            });
      if (!read) return read;
      if (!out) return out;
    }
    return out;
  }

  // The record of a subject; an error if there is none.
  Result<SubjectRecord> subject(const SubjectHandle& handle) {
    auto record = read_record<SubjectRecord>(source_.reader, subject_key(handle));
    if (!record) return record.error();
    if (!*record) return make_error(ErrorCode::internal, "store", "has no subject " + handle.hex());
    return **std::move(record);
  }
  [[nodiscard]] bool wanted(const UnitId& unit) const {
    return source_.filter.unit.empty() || in_unit(unit, source_.filter.unit);
  }
  [[nodiscard]] bool wanted(TimestampMs time) const {
    const auto& filter = source_.filter;
    return (!filter.since || time >= *filter.since) && (!filter.until || time < *filter.until);
  }
  Result<RulebookPtr> rulebook(const RulebookId& id, std::uint32_t version) {
    return queries_.rulebook_version(source_.reader, id, version);
  }
  Result<AccountView> view(const AccountId& id) {
    return queries_.account(source_.reader, id.rulebook, id.book, id.subject, source_.time);
  }
  Result<RulebookPtr> rulebook_now(const RulebookId& id) {
    return queries_.rulebook_at(source_.reader, id, source_.time);
  }
  // Of the block that holds the transaction; height 0: the genesis.
  Result<ledger::BlockHeader> block_of(const TransactionId& transaction) {
    auto place = ledger::read_place(source_.reader, transaction);
    if (!place) return place.error();
    auto header = ledger::read_header(source_.reader, *place ? (*place)->height : BlockHeight{0});
    if (!header) return header.error();
    if (!*header) return make_error(ErrorCode::internal, "store", "has no header for transaction " + transaction.hex());
    return **std::move(header);
  }
  [[nodiscard]] const RowSource& source() const { return source_; }
  [[nodiscard]] const storage::Reader& reader() const { return source_.reader; }

 private:
  Status one_account(ByteView key, ByteView value, const std::function<Status(const Account&)>& take) {
    const auto id = account_in(key);
    auto record = decode<AccountRecord>(value);
    if (!id || !record) return make_error(ErrorCode::internal, "store", "an account does not decode");
    auto of = subject(id->subject);
    if (!of) return of.error();
    return wanted(of->unit) ? take({*id, *std::move(record), *std::move(of)}) : Status{};
  }

  const RowSource& source_;
  Queries queries_;
};

EntryRow entry_row(const RowReader::Account& account, std::uint64_t index, const Entry& entry,
                   const Rulebook& rulebook) {
  EntryRow row;
  row.rulebook = account.id.rulebook;
  row.rulebook_version = entry.rulebook_version;
  row.book = account.id.book;
  row.subject = account.id.subject;
  row.unit = account.subject.unit;
  row.entry = index;
  row.kind = entry.kind;
  row.rule = entry.rule;
  if (const Rule* rule = rulebook.rule(entry.rule)) {
    row.rule_zh = rule->title.zh;
    row.rule_en = rule->title.en;
  }
  row.quantity = entry.quantity;
  row.asked = entry.asked;
  row.asked_text = rulebook.points(entry.asked);
  row.change = entry.change;
  row.change_text = rulebook.points(entry.change);
  row.score = entry.score;
  row.score_text = rulebook.points(entry.score);
  row.event_time = format_time(entry.event_time);
  row.block_time = format_time(entry.block_time);
  row.height = entry.height.value;
  row.transaction = entry.transaction;
  row.proposer = entry.proposer;
  row.endorser = entry.endorser;
  row.reason = unless_zero(entry.reason);
  row.evidence = unless_zero(entry.evidence);
  row.reverses = entry.reverses;
  row.case_number = entry.case_number;
  return row;
}

Status entries_of(RowReader& rows, const RowReader::Account& account, const TakeRow<EntryRow>& take) {
  Status out;
  std::uint64_t index = 0;
  const auto one = [&](ByteView bytes) -> Status {
    auto entry = decode<Entry>(bytes);
    if (!entry) return make_error(ErrorCode::internal, "store", "an entry does not decode");
    if (!rows.wanted(entry->block_time)) return {};
    auto rulebook = rows.rulebook(account.id.rulebook, entry->rulebook_version);
    if (!rulebook) return rulebook.error();
    EntryRow row = entry_row(account, index, *entry, **rulebook);
    auto taken = read_record<std::uint64_t>(rows.reader(), taken_back_key(account.id, index));
    if (!taken) return taken.error();
    row.taken_back_by = *taken;
    return take(row);
  };
  const auto read = rows.reader().scan(storage::Column::history, ledger::history_prefix(history_list(account.id)), {},
                                       [&](ByteView, ByteView value) {
                                         out = one(value);
                                         ++index;
                                         return out.has_value();
                                       });
  if (!read) return read;
  if (out && index != account.record.entries)
    return make_error(ErrorCode::internal, "store",
                      "has " + std::to_string(index) + " entries of account " + account.id.subject.hex(),
                      std::to_string(account.record.entries));
  return out;
}

// What both kinds of case share; nullopt: filtered out.
template <class Record>
Result<std::optional<CaseRow>> case_start(RowReader& rows, std::uint64_t number, const Record& record) {
  const auto& filter = rows.source().filter;
  if (!filter.rulebook.empty() && record.rulebook != filter.rulebook) return std::optional<CaseRow>{};
  auto subject = rows.subject(record.subject);
  if (!subject) return subject.error();
  if (!rows.wanted(subject->unit)) return std::optional<CaseRow>{};
  auto block = rows.block_of(record.transaction);
  if (!block) return block.error();
  if (!rows.wanted(block->time)) return std::optional<CaseRow>{};
  CaseRow row;
  row.number = number;
  row.rulebook = record.rulebook;
  row.rulebook_version = record.rulebook_version;
  row.subject = record.subject;
  row.unit = subject->unit;
  row.height = block->height.value;
  row.block_time = format_time(block->time);
  row.transaction = record.transaction;
  row.reason = unless_zero(record.reason);
  row.evidence = unless_zero(record.evidence);
  return std::optional(std::move(row));
}

Status deduction_case(RowReader& rows, std::uint64_t number, const CaseRecord& record, const TakeRow<CaseRow>& take) {
  auto row = case_start(rows, number, record);
  if (!row) return row.error();
  if (!*row) return {};
  auto rulebook = rows.rulebook(record.rulebook, record.rulebook_version);
  if (!rulebook) return rulebook.error();
  CaseRow& out = **row;
  out.rule = record.rule;
  if (const Rule* rule = (*rulebook)->rule(record.rule)) {
    out.title_zh = rule->title.zh;
    out.title_en = rule->title.en;
  }
  out.state = word(record.state);
  out.quantity = record.quantity;
  out.change = record.change;
  out.change_text = (*rulebook)->points(record.change);
  out.event_time = format_time(record.event_time);
  out.deadline = format_time(record.deadline);
  out.proposer = record.proposer;
  out.endorser = record.endorser;
  out.objector = record.objector;
  out.objection = record.objection;
  out.entry = record.entry;
  return take(out);
}

Status workflow_case(RowReader& rows, std::uint64_t number, const WorkRecord& record, const TakeRow<CaseRow>& take) {
  auto row = case_start(rows, number, record);
  if (!row) return row.error();
  if (!*row) return {};
  auto rulebook = rows.rulebook(record.rulebook, record.rulebook_version);
  if (!rulebook) return rulebook.error();
  CaseRow& out = **row;
  out.workflow = record.workflow;
  if (const Workflow* workflow = (*rulebook)->workflow(record.workflow)) {
    out.title_zh = workflow->title.zh;
    out.title_en = workflow->title.en;
  }
  out.state = record.state;
  out.event_time = format_time(record.opened);
  if (!record.over) out.deadline = format_time(record.next());
  out.proposer = record.opener.person;
  return take(out);
}

GateRow gate_row(const AccountView& view, const GateView& gate, const Rulebook& rulebook, GateRow row) {
  row.rulebook_version = view.version;
  row.gate = gate.code;
  row.gate_zh = gate.title.zh;
  row.gate_en = gate.title.en;
  row.effect = word(gate.effect);
  row.passes = gate.passes;
  row.passes_after_pending = gate.passes_after_pending;
  row.score_text = rulebook.points(view.score);
  row.at_least = gate.at_least;
  if (gate.at_least) row.at_least_text = rulebook.points(*gate.at_least);
  row.reason_zh = gate.reason.zh;
  row.reason_en = gate.reason.en;
  row.value = gate.value;
  if (gate.value) row.value_text = rulebook.points(*gate.value);
  row.value_unit = gate.value_unit;
  return row;
}

}  // namespace

Status each_account(const RowSource& source, const TakeRow<AccountRow>& take) {
  RowReader rows(source);
  return rows.accounts([&](const RowReader::Account& account) -> Status {
    auto rulebook = rows.rulebook_now(account.id.rulebook);
    if (!rulebook) return rulebook.error();
    AccountRow row;
    row.rulebook = account.id.rulebook;
    row.rulebook_version = (*rulebook)->version;
    row.book = account.id.book;
    row.subject = account.id.subject;
    row.kind = account.subject.kind;
    row.unit = account.subject.unit;
    row.score = account.record.score;
    row.score_text = (*rulebook)->points(row.score);
    row.pending = account.record.pending;
    row.pending_text = (*rulebook)->points(row.pending);
    row.open_cases = account.record.open_cases;
    row.entries = account.record.entries;
    row.history = account.record.history;
    row.height = source.height;
    row.block_time = format_time(source.time);
    if (const auto view = rows.view(account.id)) {
      row.stars = view->stars;
      row.band_zh = view->band.zh;
      row.band_en = view->band.en;
    } else {
      row.problem = view.error().text();
    }
    return take(row);
  });
}

Status each_entry(const RowSource& source, const TakeRow<EntryRow>& take) {
  RowReader rows(source);
  return rows.accounts([&](const RowReader::Account& account) { return entries_of(rows, account, take); });
}

Status each_case(const RowSource& source, const TakeRow<CaseRow>& take) {
  RowReader rows(source);
  const auto last = read_record<std::uint64_t>(source.reader, as_bytes(kCaseCountKey));
  if (!last) return last.error();
  for (std::uint64_t number = 1; number <= last->value_or(0); ++number) {
    auto deduction = read_record<CaseRecord>(source.reader, case_key(number));
    if (!deduction) return deduction.error();
    if (*deduction) {
      if (auto done = deduction_case(rows, number, **deduction, take); !done) return done;
      continue;
    }
    auto work = read_record<WorkRecord>(source.reader, work_key(number));
    if (!work) return work.error();
    if (!*work) return make_error(ErrorCode::internal, "store", "has no case " + std::to_string(number));
    if (auto done = workflow_case(rows, number, **work, take); !done) return done;
  }
  return {};
}

Status each_gate(const RowSource& source, const TakeRow<GateRow>& take) {
  RowReader rows(source);
  return rows.accounts([&](const RowReader::Account& account) -> Status {
    GateRow start;
    start.rulebook = account.id.rulebook;
    start.book = account.id.book;
    start.subject = account.id.subject;
    start.unit = account.subject.unit;
    start.score = account.record.score;
    start.height = source.height;
    start.block_time = format_time(source.time);
    auto rulebook = rows.rulebook_now(account.id.rulebook);
    if (!rulebook) return rulebook.error();
    const auto view = rows.view(account.id);
    if (!view) {
      start.rulebook_version = (*rulebook)->version;
      start.score_text = (*rulebook)->points(start.score);
      start.problem = view.error().text();
      return take(start);
    }
    for (const auto& gate : view->gates) {
      if (auto taken = take(gate_row(*view, gate, **rulebook, start)); !taken) return taken;
    }
    return {};
  });
}

}  // namespace tally::cli
