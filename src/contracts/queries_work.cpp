// Cases of workflows, queues, obligations and notices.
#include <boost/describe/enum_to_string.hpp>
#include <charconv>

#include "contracts/queries.h"
#include "contracts/query_reading.h"
#include "contracts/work_queue.h"
#include "contracts/work_values.h"
#include "ledger/working_state.h"

namespace tally::contracts {

namespace {

Error damaged(const std::string& what) {
  return make_error(ErrorCode::internal, "store", what);
}

Error no_case(std::uint64_t number) {
  return make_error(ErrorCode::not_found, "case", "is " + std::to_string(number), "the number of a case of a workflow");
}

std::string type_name(FieldType type) {
  switch (type) {
    case FieldType::integer:
      return "int";
    case FieldType::decimal:
      return "decimal";
    case FieldType::boolean:
      return "bool";
    case FieldType::text:
      return "text";
    case FieldType::time:
      return "time";
    case FieldType::subject:
      return "subject";
  }
  return {};
}

// A case with the version of its rulebook that it runs under.
struct Found {
  std::uint64_t number = 0;
  WorkRecord record;
  RulebookPtr rulebook;
  const Workflow* workflow = nullptr;
  const WorkState* state = nullptr;
};

Result<Found> found_case(const Queries& queries, const storage::Reader& reader, std::uint64_t number) {
  Found out;
  out.number = number;
  auto record = queries.work_record(reader, number);
  if (!record) return record.error();
  out.record = *std::move(record);
  auto rulebook = queries.rulebook_version(reader, out.record.rulebook, out.record.rulebook_version);
  if (!rulebook) return rulebook.error();
  out.rulebook = *std::move(rulebook);
  out.workflow = out.rulebook->workflow(out.record.workflow);
  const auto state = out.workflow == nullptr ? std::nullopt : out.workflow->state(out.record.state);
  const auto& flow = out.workflow;
  if (!state || out.record.fields.size() != flow->fields.size() || out.record.counts.size() != flow->fields.size() ||
      out.record.links.size() != flow->links.size() || out.record.acts.size() != flow->acts.size())
    return damaged("case " + std::to_string(number) + " does not fit its workflow");
  out.state = &flow->states[*state];
  return out;
}

DueView due(const Found& found, TimestampMs deadline, std::size_t go) {
  const auto& state = found.workflow->states[go];
  return {deadline, state.code, state.title};
}

std::optional<DueView> next_of(const Found& found) {
  const auto& record = found.record;
  if (record.over) return std::nullopt;
  const bool state_first = record.after && *record.after < record.term && found.state->after;
  return due(found, record.next(), state_first ? found.state->after->go : found.workflow->term.go);
}

Result<FieldView> field_view(const storage::Reader& reader, const Found& found, std::size_t index) {
  const auto& field = found.workflow->fields[index];
  FieldView out;
  out.name = field.code;
  out.title = field.title;
  out.type = type_name(field.type);
  out.list = field.list > 0;
  if (!out.list) {
    out.value = show_field(field.type, found.record.fields[index]);
    return out;
  }
  for (std::uint32_t position = 0; position < found.record.counts[index]; ++position) {
    auto value = read_record<ListValue>(reader, work_list_key(found.number, index, position));
    if (!value) return value.error();
    if (!*value) return damaged("value " + std::to_string(position) + " of " + field.code + " is missing");
    out.values.push_back({show_field(field.type, (*value)->value), (*value)->by, (*value)->at});
  }
  return out;
}

ChoiceView choice_of(const Workflow& workflow, const Act& act) {
  ChoiceView out;
  out.act = act.code;
  out.title = act.title;
  for (const auto role : act.roles) out.by.emplace_back(boost::describe::enum_to_string(role, "unknown"));
  if (act.by_subject) out.by.emplace_back("subject");
  if (act.by_others) out.by.emplace_back("others");
  if (act.by_queue) out.by.emplace_back("queue");
  if (act.to) out.leads_to = workflow.states[*act.to].code;
  for (const auto field : act.takes) out.takes.push_back(workflow.fields[field].code);
  out.evidence_required = act.evidence_required;
  out.reason_required = act.reason_required;
  out.subject_signs = act.subject_signs;
  if (act.endorsed_by) {
    out.endorsements = act.endorsed_by->count;
    out.endorser_roles = act.endorsed_by->roles;
  }
  return out;
}

std::vector<ChoiceView> choices_of(const Found& found) {
  std::vector<ChoiceView> out;
  const auto here = found.workflow->state(found.record.state);
  for (std::size_t i = 0; i < found.workflow->acts.size(); ++i) {
    const auto& act = found.workflow->acts[i];
    const bool fits = std::find(act.from.begin(), act.from.end(), *here) != act.from.end();
    if (fits && !(act.times && found.record.acts[i] >= *act.times)) out.push_back(choice_of(*found.workflow, act));
  }
  return out;
}

Result<WorkRow> row_of(const Queries& queries, const storage::Reader& reader, std::uint64_t number) {
  auto found = found_case(queries, reader, number);
  if (!found) return found.error();
  const auto& record = found->record;
  WorkRow out;
  out.number = number;
  out.rulebook = record.rulebook;
  out.workflow = record.workflow;
  out.title = found->workflow->title;
  out.subject = record.subject;
  out.state = record.state;
  out.state_title = found->state->title;
  out.over = record.over;
  out.opened = record.opened;
  if (!record.over) out.deadline = record.next();
  return out;
}

// Rows of the cases whose numbers end the keys of a range.
Result<Page<WorkRow>> rows_of(const Queries& queries, const storage::Reader& reader, const WalkRange& range,
                              bool open_only, const std::optional<std::string>& cursor, std::size_t rows) {
  auto found = walk(reader, range, cursor, bounded(rows), Direction::falling);
  if (!found) return found.error();
  Page<WorkRow> page;
  page.next = std::move(found->next);
  for (const auto& key : found->keys) {
    auto row = row_of(queries, reader, big_endian(ByteView(key).last(8)));
    if (!row) return row.error();
    if (!open_only || !row->over) page.rows.push_back(*std::move(row));
  }
  return page;
}

}  // namespace

Result<WorkRecord> Queries::work_record(const Reader& reader, std::uint64_t number) const {
  auto record = read_record<WorkRecord>(reader, work_key(number));
  if (!record) return record.error();
  if (!*record) return no_case(number);
  return **std::move(record);
}

Result<WorkView> Queries::work(const Reader& reader, std::uint64_t number) const {
  const auto found = found_case(*this, reader, number);
  if (!found) return found.error();
  const auto& record = found->record;
  const auto owner = subject(reader, record.subject);
  if (!owner) return owner.error();
  WorkView out;
  out.number = number;
  out.rulebook = record.rulebook;
  out.rulebook_version = record.rulebook_version;
  out.workflow = record.workflow;
  out.title = found->workflow->title;
  out.subject = record.subject;
  out.unit = owner->record.unit;
  out.state = record.state;
  out.state_title = found->state->title;
  out.over = record.over;
  out.opened = record.opened;
  out.entered = record.entered;
  out.next = next_of(*found);
  if (!record.over) out.term = due(*found, record.term, found->workflow->term.go);
  out.opener = record.opener;
  out.transaction = record.transaction;
  out.reason = record.reason;
  out.evidence = record.evidence;
  out.moves = record.moves;
  out.history = record.history;
  for (std::size_t i = 0; i < found->workflow->fields.size(); ++i) {
    auto field = field_view(reader, *found, i);
    if (!field) return field.error();
    out.fields.push_back(*std::move(field));
  }
  for (std::size_t i = 0; i < found->workflow->links.size(); ++i)
    out.links.push_back({found->workflow->links[i].code, found->workflow->links[i].workflow, record.links[i]});
  out.queues = record.queues;
  out.choices = choices_of(*found);
  return out;
}

Result<ActPage> Queries::work_acts(const Reader& reader, std::uint64_t number, std::optional<std::uint64_t> before,
                                   std::size_t rows) const {
  const auto found = found_case(*this, reader, number);
  if (!found) return found.error();
  ActPage page;
  page.scale = found->rulebook->scale;
  std::uint64_t index = std::min<std::uint64_t>(before.value_or(found->record.moves), found->record.moves);
  const Bytes list = work_history(number);
  for (std::size_t left = bounded(rows); left > 0 && index > 0; --left) {
    --index;
    auto bytes = reader.get(storage::Column::history, ledger::history_key(list, index));
    if (!bytes) return bytes.error();
    auto record = *bytes ? decode<ActRecord>(**bytes) : Result<ActRecord>(damaged("is missing"));
    if (!record) return damaged("act " + std::to_string(index) + " of a case: " + record.error().text());
    ActView view;
    view.index = index;
    const auto& flow = *found->workflow;
    const Act* act = record->act == "open" ? &flow.open : flow.act(record->act);
    if (const auto state = flow.state(record->state)) view.state_title = flow.states[*state].title;
    view.title = act != nullptr ? act->title : view.state_title;
    view.act = *std::move(record);
    page.acts.push_back(std::move(view));
  }
  if (index > 0) page.next = index;
  return page;
}

Result<Page<WorkRow>> Queries::work_of_unit(const Reader& reader, const UnitId& unit, bool open_only,
                                            std::optional<std::string> cursor, std::size_t rows) const {
  return rows_of(*this, reader, {unit_index_prefix(kWorkIndex, unit), unit_index_below(kWorkIndex, unit)}, open_only,
                 cursor, rows);
}

Result<Page<WorkRow>> Queries::work_of_subject(const Reader& reader, const SubjectHandle& subject, bool open_only,
                                               std::optional<std::string> cursor, std::size_t rows) const {
  return rows_of(*this, reader, {work_of_prefix(subject), {}}, open_only, cursor, rows);
}

Result<std::uint64_t> Queries::work_count(const Reader& reader, const RulebookId& rulebook, std::string_view workflow,
                                          std::string_view state, const SubjectHandle& subject) const {
  const auto count = read_record<std::uint64_t>(reader, work_count_key(rulebook, workflow, state, subject));
  if (!count) return count.error();
  return count->value_or(0);
}

Result<Page<QueueRow>> Queries::queue(const Reader& reader, const RulebookId& rulebook, std::string_view code,
                                      const UnitId& unit, TimestampMs now, const std::optional<std::string>& cursor,
                                      std::size_t rows) const {
  auto compiled = rulebook_at(reader, rulebook, now);
  if (!compiled) return compiled.error();
  const Queue* queue = (*compiled)->queue(code);
  if (queue == nullptr) {
    std::string all;
    for (const auto& one : (*compiled)->queues) all += (all.empty() ? "" : ", ") + one.code;
    return make_error(ErrorCode::not_found, "queue", "is \"" + excerpt(code, 80) + "\"",
                      all.empty() ? "a rulebook with queues" : "one of " + all);
  }
  std::uint64_t from = 0;
  if (cursor) {
    const auto* end = cursor->data() + cursor->size();
    const auto read = std::from_chars(cursor->data(), end, from);
    if (read.ec != std::errc() || read.ptr != end)
      return make_error(ErrorCode::invalid_field, "cursor", "is not a cursor of this list",
                        "the value of `next` of the page before");
  }
  const ReaderState state(reader);
  Shelf shelf;
  shelf.put(*compiled);
  const auto order = queue_order(state, shelf, **compiled, *queue, unit, now);
  if (!order) return order.error();
  Page<QueueRow> page;
  for (std::uint64_t place = from; place < order->size() && page.rows.size() < bounded(rows); ++place)
    page.rows.push_back({place + 1, (*order)[place]});
  if (from + page.rows.size() < order->size()) page.next = std::to_string(from + page.rows.size());
  return page;
}

Result<Page<ObligationView>> Queries::obligations(const Reader& reader, const SubjectHandle& subject,
                                                  std::optional<std::string> cursor, std::size_t rows) const {
  auto found = walk(reader, {obligations_of_prefix(subject), {}}, cursor, bounded(rows));
  if (!found) return found.error();
  Page<ObligationView> page;
  page.next = std::move(found->next);
  for (const auto& key : found->keys) {
    const auto number = big_endian(ByteView(key).last(8));
    auto record = read_record<Obligation>(reader, obligation_key(number));
    if (!record) return record.error();
    if (!*record) return damaged("obligation " + std::to_string(number) + " is missing");
    page.rows.push_back({number, **std::move(record)});
  }
  return page;
}

Result<Page<NoticeView>> Queries::notices(const Reader& reader, const SubjectHandle& subject,
                                          std::optional<std::string> cursor, std::size_t rows) const {
  auto found = walk(reader, {notices_prefix(subject), {}}, cursor, bounded(rows), Direction::falling);
  if (!found) return found.error();
  Page<NoticeView> page;
  page.next = std::move(found->next);
  for (const auto& key : found->keys) {
    auto record = read_record<Notice>(reader, key);
    if (!record) return record.error();
    if (*record) page.rows.push_back({big_endian(ByteView(key).last(8)), **std::move(record)});
  }
  return page;
}

}  // namespace tally::contracts
