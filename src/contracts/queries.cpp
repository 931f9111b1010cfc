#include "contracts/queries.h"

#include "contracts/query_reading.h"
#include "contracts/unit.h"
#include "ledger/working_state.h"

namespace tally::contracts {

namespace {
Error unknown_rulebook(const RulebookId& rulebook) {
  return make_error(ErrorCode::not_registered, "rulebook", "is \"" + excerpt(rulebook, 80) + "\"",
                    "a deployed rulebook");
}
}  // namespace

// The version that `wanted` holds for; the first one if it holds for none.
template <class Wanted>
Result<RulebookPtr> Queries::compiled_version(const Reader& reader, const RulebookId& rulebook,
                                              const Wanted& wanted) const {
  auto record = read_record<RulebookRecord>(reader, rulebook_key(rulebook));
  if (!record) return record.error();
  if (!*record) return unknown_rulebook(rulebook);
  const auto& versions = (*record)->versions;
  const auto found = std::find_if(versions.rbegin(), versions.rend(), wanted);
  const RulebookVersion& version = found == versions.rend() ? versions.front() : *found;
  if (auto known = memo_.find(version.document)) return known;
  auto text = rulebook_text(reader, rulebook, version.version);
  if (!text) return text.error();
  auto made = compile_rulebook(*text);
  if (made.rulebook == nullptr) return make_error(ErrorCode::internal, "store", "a deployed rulebook does not compile");
  memo_.put(made.rulebook);
  return made.rulebook;
}

Result<RulebookPtr> Queries::rulebook_at(const Reader& reader, const RulebookId& rulebook, TimestampMs time) const {
  // Before anything is in force, people see what is to come.
  return compiled_version(reader, rulebook, [&](const RulebookVersion& version) { return version.effective <= time; });
}

Result<RulebookPtr> Queries::rulebook_version(const Reader& reader, const RulebookId& rulebook,
                                              std::uint32_t number) const {
  auto found =
      compiled_version(reader, rulebook, [&](const RulebookVersion& version) { return version.version == number; });
  if (found && (*found)->version != number)
    return make_error(ErrorCode::not_found, "version", "is " + std::to_string(number) + " of " + rulebook,
                      "a deployed version");
  return found;
}

Result<std::string> Queries::rulebook_text(const Reader& reader, const RulebookId& rulebook,
                                           std::uint32_t version) const {
  auto bytes = reader.get(storage::Column::state, rulebook_text_key(rulebook, version));
  if (!bytes) return bytes.error();
  if (!*bytes)
    return make_error(ErrorCode::not_found, "version",
                      "is " + std::to_string(version) + " of \"" + excerpt(rulebook, 80) + "\"", "a deployed version");
  return std::string(as_text(**bytes));
}

Result<std::vector<RulebookView>> Queries::rulebooks(const Reader& reader) const {
  std::vector<RulebookView> out;
  const Bytes all = unit_index_prefix("rulebook", "");
  // "rulebook" and a zero byte: the prefix of every rulebook's record.
  const ByteView prefix = ByteView(all).first(all.size() - 1);
  std::optional<Error> damaged;
  const auto status = reader.scan(storage::Column::state, prefix, {}, [&](ByteView key, ByteView value) {
    auto record = decode<RulebookRecord>(value);
    if (!record) {
      damaged = make_error(ErrorCode::internal, "store", "a rulebook's record does not decode");
      return false;
    }
    const auto id = key.subspan(prefix.size());
    out.push_back({std::string(as_text(id.first(id.size() - 1))), *std::move(record)});
    return out.size() < limits::kPageRowsMax;
  });
  if (!status) return status.error();
  if (damaged) return *damaged;
  return out;
}

Result<HistoryPage> Queries::history(const Reader& reader, const RulebookId& rulebook, std::string_view book,
                                     const SubjectHandle& subject, std::optional<std::uint64_t> before,
                                     std::size_t rows) const {
  auto record = read_record<RulebookRecord>(reader, rulebook_key(rulebook));
  if (!record) return record.error();
  if (!*record) return unknown_rulebook(rulebook);
  auto compiled = rulebook_at(reader, rulebook, (*record)->versions.back().effective);
  if (!compiled) return compiled.error();
  auto account = read_indexed(reader, **compiled, subject, book);
  if (!account) return account.error();
  const AccountId id{rulebook, account->book->code, subject};
  HistoryPage page;
  page.scale = (*compiled)->scale;
  std::uint64_t index = std::min(before.value_or(account->record.entries), account->record.entries);
  const Bytes list = history_list(id);
  for (std::size_t left = bounded(rows); left > 0 && index > 0; --left) {
    --index;
    auto bytes = reader.get(storage::Column::history, ledger::history_key(list, index));
    if (!bytes) return bytes.error();
    auto entry = *bytes ? decode<Entry>(**bytes) : Result<Entry>(make_error(ErrorCode::internal, "", "is missing"));
    if (!entry)
      return make_error(ErrorCode::internal, "store", "entry " + std::to_string(index) + " " + entry.error().text());
    auto taken = read_record<std::uint64_t>(reader, taken_back_key(id, index));
    if (!taken) return taken.error();
    page.entries.push_back({index, *std::move(entry), *taken});
  }
  if (index > 0) page.next = index;
  return page;
}

namespace {

Result<std::vector<std::uint64_t>> case_numbers(const storage::Reader& reader, const SubjectHandle& subject) {
  std::vector<std::uint64_t> out;
  const auto status =
      reader.scan_back(storage::Column::state, subject_case_prefix(subject), {}, [&](ByteView key, ByteView) {
        out.push_back(big_endian(key.last(8)));
        return out.size() < kAccountCasesMax;
      });
  if (!status) return status.error();
  return out;
}

}  // namespace

Result<CaseView> Queries::case_of(const Reader& reader, std::uint64_t number) const {
  auto record = read_record<CaseRecord>(reader, case_key(number));
  if (!record) return record.error();
  if (!*record) return make_error(ErrorCode::not_found, "case", "is " + std::to_string(number), "the number of a case");
  return CaseView{number, **std::move(record)};
}

Result<std::vector<CaseView>> Queries::cases_of_subject(const Reader& reader, const SubjectHandle& subject) const {
  auto numbers = case_numbers(reader, subject);
  if (!numbers) return numbers.error();
  std::vector<CaseView> out;
  for (const auto number : *numbers) {
    auto view = case_of(reader, number);
    if (!view) return view.error();
    out.push_back(*std::move(view));
  }
  return out;
}

Result<Page<CaseView>> Queries::cases_of_unit(const Reader& reader, const UnitId& unit, bool open_only,
                                              std::optional<std::string> cursor, std::size_t rows) const {
  const auto index = open_only ? kOpenCaseIndex : kCaseIndex;
  auto found = walk(reader, {unit_index_prefix(index, unit), unit_index_below(index, unit)}, cursor, bounded(rows),
                    Direction::falling);
  if (!found) return found.error();
  Page<CaseView> page;
  page.next = std::move(found->next);
  for (const auto& key : found->keys) {
    auto view = case_of(reader, big_endian(ByteView(key).last(8)));
    if (!view) return view.error();
    page.rows.push_back(*std::move(view));
  }
  return page;
}

}  // namespace tally::contracts
