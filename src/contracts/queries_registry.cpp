#include "contracts/queries.h"
#include "contracts/query_reading.h"

namespace tally::contracts {

namespace {

constexpr std::string_view kUnitIndex = "unit";

Result<Page<UnitView>> read_units(const storage::Reader& reader, const WalkRange& range,
                                  const std::optional<std::string>& cursor, std::size_t rows) {
  auto found = walk(reader, range, cursor, bounded(rows));
  if (!found) return found.error();
  Page<UnitView> page;
  page.next = std::move(found->next);
  for (const auto& key : found->keys) {
    auto record = read_record<UnitRecord>(reader, key);
    if (!record) return record.error();
    if (!*record) continue;
    // "unit", a zero byte, the path, a zero byte.
    const auto path = ByteView(key).subspan(kUnitIndex.size() + 1);
    page.rows.push_back({std::string(as_text(path.first(path.size() - 1))), **std::move(record)});
  }
  return page;
}

}  // namespace

Result<Page<UnitView>> Queries::units(const Reader& reader, const UnitId& unit, std::optional<std::string> cursor,
                                      std::size_t rows) const {
  return read_units(reader, {unit_index_prefix(kUnitIndex, unit), unit_index_below(kUnitIndex, unit)}, cursor, rows);
}

Result<Page<UnitView>> Queries::all_units(const Reader& reader, std::optional<std::string> cursor,
                                          std::size_t rows) const {
  Bytes all = unit_index_prefix(kUnitIndex, "");
  all.pop_back();
  return read_units(reader, {std::move(all), {}}, cursor, rows);
}

Result<OfficerView> Queries::officer(const Reader& reader, const PersonId& person) const {
  auto record = read_record<OfficerRecord>(reader, officer_key(person));
  if (!record) return record.error();
  if (!*record) return make_error(ErrorCode::not_registered, "person", "is " + person.hex(), "a registered officer");
  return OfficerView{person, **std::move(record)};
}

Result<Page<OfficerView>> Queries::officers(const Reader& reader, const UnitId& unit, std::optional<std::string> cursor,
                                            std::size_t rows) const {
  auto found = walk(reader, {unit_index_prefix(kOfficerIndex, unit), unit_index_below(kOfficerIndex, unit)}, cursor,
                    bounded(rows));
  if (!found) return found.error();
  Page<OfficerView> page;
  page.next = std::move(found->next);
  for (const auto& key : found->keys) {
    auto view = officer(reader, last_part<PersonId>(key));
    if (!view) return view.error();
    page.rows.push_back(*std::move(view));
  }
  return page;
}

Result<std::optional<OfficerView>> Queries::officer_by_key(const Reader& reader, const PublicKey& key) const {
  auto person = read_fixed<PersonId>(reader, person_of_key(key));
  if (!person) return person.error();
  if (!*person) return std::optional<OfficerView>{};
  auto view = officer(reader, **person);
  if (!view) return view.error();
  const auto& keys = view->record.keys;
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) return std::optional<OfficerView>{};
  return std::optional<OfficerView>(*std::move(view));
}

Result<std::optional<SubjectHandle>> Queries::subject_by_key(const Reader& reader, const PublicKey& key) const {
  return read_fixed<SubjectHandle>(reader, subject_of_key(key));
}

Result<SubjectView> Queries::subject(const Reader& reader, const SubjectHandle& subject) const {
  auto record = read_record<SubjectRecord>(reader, subject_key(subject));
  if (!record) return record.error();
  if (!*record) return make_error(ErrorCode::not_registered, "subject", "is " + subject.hex(), "a registered subject");
  return SubjectView{subject, **std::move(record)};
}

Result<Page<SubjectView>> Queries::subjects(const Reader& reader, const UnitId& unit, std::optional<std::string> cursor,
                                            std::size_t rows) const {
  auto found = walk(reader, {unit_index_prefix(kSubjectIndex, unit), unit_index_below(kSubjectIndex, unit)}, cursor,
                    bounded(rows));
  if (!found) return found.error();
  Page<SubjectView> page;
  page.next = std::move(found->next);
  for (const auto& key : found->keys) {
    auto view = subject(reader, last_part<SubjectHandle>(key));
    if (!view) return view.error();
    page.rows.push_back(*std::move(view));
  }
  return page;
}

}  // namespace tally::contracts
