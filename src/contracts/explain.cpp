#include "contracts/explain.h"

#include "common/time.h"
#include "contracts/query_reading.h"
#include "ledger/working_state.h"

namespace tally::contracts {

namespace {

// An account and its entries, as they stand in the store.
struct Account {
  const Queries& queries;
  const storage::Reader& reader;
  IndexedAccount found;
  AccountId id;
  Bytes list;

  [[nodiscard]] Result<Entry> entry(std::uint64_t index) const {
    auto bytes = reader.get(storage::Column::history, ledger::history_key(list, index));
    if (!bytes) return bytes.error();
    auto entry = *bytes ? decode<Entry>(**bytes) : Result<Entry>(make_error(ErrorCode::internal, "", "is missing"));
    if (!entry)
      return make_error(ErrorCode::internal, "store", "entry " + std::to_string(index) + " " + entry.error().text());
    return entry;
  }
  // How many entries there were at a moment: block times never fall from one to the next.
  [[nodiscard]] Result<std::uint64_t> entries_at(TimestampMs at) const {
    std::uint64_t low = 0;
    std::uint64_t high = found.record.entries;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      const auto one = entry(middle);
      if (!one) return one.error();
      if (one->block_time <= at)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
};

Error damaged(const Account& account, std::uint64_t index) {
  return make_error(ErrorCode::internal, "store",
                    "entry " + std::to_string(index) + " of subject " + account.id.subject.hex() + " in book " +
                        account.id.book + " does not add up with those before it");
}

Result<std::optional<ActorView>> actor_of(const Account& account, const PersonId& person) {
  if (person == PersonId{}) return std::optional<ActorView>{};
  const auto record = read_record<OfficerRecord>(account.reader, officer_key(person));
  if (!record) return record.error();
  if (!*record) return std::optional<ActorView>(ActorView{person, {}, {}});
  return std::optional<ActorView>(ActorView{person, (*record)->title, (*record)->unit});
}

Result<std::optional<ActorView>> actor_of(const Account& account, const std::optional<PersonId>& person) {
  if (!person) return std::optional<ActorView>{};
  return actor_of(account, *person);
}

Status add_people(const Account& account, ExplainedStep& step) {
  const auto proposed = actor_of(account, step.entry.proposer);
  if (!proposed) return proposed.error();
  step.proposed_by = *proposed;
  const auto endorsed = actor_of(account, step.entry.endorser);
  if (!endorsed) return endorsed.error();
  step.endorsed_by = *endorsed;
  if (step.entry.kind != EntryKind::deduction || !step.entry.case_number) return {};
  // What was objected stands in the case, and was there before the entry.
  const auto record = account.queries.case_of(account.reader, *step.entry.case_number);
  if (!record) return record.error();
  step.objection = record->record.objection;
  const auto objected = actor_of(account, record->record.objector);
  if (!objected) return objected.error();
  step.objected_for = *objected;
  return {};
}

// Step `index`; `entries` is how many there are at the moment.
Result<ExplainedStep> step_of(const Account& account, std::uint64_t index, std::uint64_t entries) {
  auto entry = account.entry(index);
  if (!entry) return entry.error();
  ExplainedStep step;
  step.index = index;
  step.entry = *std::move(entry);
  const auto taken = read_record<std::uint64_t>(account.reader, taken_back_key(account.id, index));
  if (!taken) return taken.error();
  if (*taken && **taken < entries) step.taken_back_by = **taken;
  if (auto people = add_people(account, step); !people) return people.error();
  const auto rulebook =
      account.queries.rulebook_version(account.reader, account.id.rulebook, step.entry.rulebook_version);
  if (!rulebook) return rulebook.error();
  const Book* book = (*rulebook)->book(account.id.book);
  if (book == nullptr) return damaged(account, index);
  if (const Rule* rule = (*rulebook)->rule(step.entry.rule)) step.rule_title = rule->title;
  put_words(step, **rulebook, *book);
  return step;
}

Status add_steps(const Account& account, const ExplainRequest& request, Explanation& out) {
  if (request.from > out.entries)
    return make_error(ErrorCode::invalid_field, "from", "is " + std::to_string(request.from),
                      "at most " + std::to_string(out.entries) + ", the number of entries then");
  if (request.from > 0) {
    const auto before = account.entry(request.from - 1);
    if (!before) return before.error();
    out.carried = before->score;
  }
  Amount running = out.carried;
  const std::uint64_t end = std::min<std::uint64_t>(out.entries, request.from + bounded(request.rows));
  for (std::uint64_t index = request.from; index < end; ++index) {
    auto step = step_of(account, index, out.entries);
    if (!step) return step.error();
    const auto next = checked_add(running, step->entry.change);
    if (!next || *next != step->entry.score) return damaged(account, index);
    running = *next;
    out.steps.push_back(*std::move(step));
  }
  if (end < out.entries)
    out.next = end;
  else if (running != out.score)
    return damaged(account, end);
  return {};
}

bool is_open(CaseState state) {
  return state == CaseState::proposed || state == CaseState::endorsed || state == CaseState::disputed;
}

Status add_open_cases(const Account& account, Explanation& out) {
  out.pending = account.found.record.pending;
  if (account.found.record.open_cases == 0) return {};
  const auto cases = account.queries.cases_of_subject(account.reader, out.subject);
  if (!cases) return cases.error();
  for (const auto& item : *cases) {
    const CaseRecord& record = item.record;
    if (record.rulebook != out.rulebook || !is_open(record.state)) continue;
    const auto rulebook = account.queries.rulebook_version(account.reader, out.rulebook, record.rulebook_version);
    if (!rulebook) return rulebook.error();
    const Rule* rule = (*rulebook)->rule(record.rule);
    const Book* book = rule == nullptr ? nullptr : (*rulebook)->book_for(*rule, out.kind);
    if (book == nullptr || book->code != out.book) continue;
    out.open_cases.push_back({item.number, record, rule->title, words_for_case(**rulebook, record)});
  }
  return {};
}

Status add_moment(const Account& account, const ExplainRequest& request, TimestampMs now, Explanation& out) {
  out.time = request.at.value_or(now);
  if (out.time > now)
    return make_error(ErrorCode::invalid_field, "at", "is " + format_time(out.time) + ", which is still to come",
                      "at the latest " + format_time(now) + ", the time of the last final block");
  const auto entries = account.entries_at(out.time);
  if (!entries) return entries.error();
  out.entries = *entries;
  if (out.entries == 0) {
    const auto first = account.entry(0);
    if (!first) return first.error();
    return make_error(ErrorCode::not_found, "at", "is " + format_time(out.time) + ", when the account was not open yet",
                      "a time from " + format_time(first->block_time) + " on");
  }
  const auto last = account.entry(out.entries - 1);
  if (!last) return last.error();
  out.score = last->score;
  if (out.entries == account.found.record.entries && out.score != account.found.record.score)
    return damaged(account, out.entries);
  return {};
}

Status add_band(const Account& account, const Book& present, Explanation& out) {
  const auto then = account.queries.rulebook_at(account.reader, out.rulebook, out.time);
  if (!then) return then.error();
  out.version = (*then)->version;
  const Book* book = (*then)->book(out.book);
  const Band& band = (book == nullptr ? present : *book).band_of(out.score);
  out.stars = band.stars;
  out.band = band.title;
  return {};
}

}  // namespace

Result<Explanation> explain(const Queries& queries, const storage::Reader& reader, const ExplainRequest& request,
                            TimestampMs now) {
  const auto rulebook = queries.rulebook_at(reader, request.rulebook, now);
  if (!rulebook) return rulebook.error();
  auto found = read_indexed(reader, **rulebook, request.subject, request.book);
  if (!found) return found.error();
  const Book& book = *found->book;
  AccountId id{request.rulebook, book.code, request.subject};
  Bytes list = history_list(id);
  const Account account{queries, reader, *std::move(found), std::move(id), std::move(list)};
  Explanation out;
  out.rulebook = request.rulebook;
  out.scale = (*rulebook)->scale;
  out.subject = request.subject;
  out.kind = account.found.kind;
  out.unit = account.found.unit;
  out.book = book.code;
  if (auto moment = add_moment(account, request, now, out); !moment) return moment.error();
  if (auto band = add_band(account, book, out); !band) return band.error();
  if (auto steps = add_steps(account, request, out); !steps) return steps.error();
  if (out.time == now)
    if (auto cases = add_open_cases(account, out); !cases) return cases.error();
  return out;
}

}  // namespace tally::contracts
