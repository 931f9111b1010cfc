#include "contracts/dry_run_matching.h"

#include "common/invariant.h"

namespace tally::contracts {

void NotingState::append_history(ByteView list, std::uint64_t index, Bytes record) {
  if (auto account = account_in(list)) {
    auto entry = decode<Entry>(record);
    invariant(entry.has_value(), "an entry that is appended decodes");
    appended_.push_back({{*std::move(account), index}, *std::move(entry)});
  }
  state_.append_history(list, index, std::move(record));
}

namespace {

constexpr char kCase = 'c';
constexpr char kObligation = 'o';
constexpr char kProposal = 'p';

Source source_of(const OperationRef& ref) {
  return ref.transaction.hex() + ":" + std::to_string(ref.operation);
}

OperationOutput output_of(const Played& act) {
  if (!act.ok()) return {};
  auto output = decode_output(act.result.output);
  invariant(output.has_value(), "an output decodes");
  return *std::move(output);
}

bool opens_case(const Operation& operation) {
  return std::holds_alternative<Deduct>(operation) || std::holds_alternative<OpenCase>(operation);
}

// What names a proposal acts on one; whatever else has a proposal in its output made it.
bool proposes(const Operation& operation) {
  return !std::visit(
      [](const auto& act) {
        return requires {
          act.proposal;
        };
      },
      operation);
}

}  // namespace

Source Numbered::next(From& from, const std::string& what) {
  const Source plain = from.source + "/" + what;
  Source out = plain + "#" + std::to_string(from.seen[plain]++);
  if (from.by != nullptr) brought_[*from.by].push_back(out);
  return out;
}

void Numbered::add(From& from, char kind, const std::string& what, std::uint64_t number) {
  const Source source = next(from, kind + what);
  sources_[{kind, number}] = source;
  numbers_[source] = number;
}

void Numbered::add_consequences(From& from, const std::vector<Consequence>& consequences) {
  for (const auto& one : consequences) {
    const std::string what = one.subject.hex() + one.code;
    if (one.kind == ConsequenceKind::deduction || one.kind == ConsequenceKind::case_opened)
      add(from, kCase, what, one.number);
    if (one.kind == ConsequenceKind::obligation) add(from, kObligation, what, one.number);
  }
}

void Numbered::add_entry(From& from, const Appended& appended) {
  const Entry& entry = appended.entry;
  Source source;
  if (entry.kind == EntryKind::deduction && entry.case_number) {
    // There is one of a case, whoever or whatever brought it about.
    const auto of = source_of(kCase, *entry.case_number);
    if (!of) return;
    source = *of + "/d";
    if (from.by != nullptr) brought_[*from.by].push_back(source);
  } else if (entry.kind == EntryKind::award || entry.kind == EntryKind::spending) {
    source = next(from, "e" + appended.at.account.subject.hex() + entry.rule);
  } else {
    return;
  }
  entry_sources_[appended.at] = source;
  entries_[source] = appended.at;
}

void Numbered::did(const OperationRef& ref, const Operation& operation, const Played& act) {
  const auto output = output_of(act);
  From from{contracts::source_of(ref), &ref, {}};
  if (opens_case(operation) && output.case_number) add(from, kCase, {}, *output.case_number);
  if (output.proposal && proposes(operation)) add(from, kProposal, {}, output.proposal->number);
  if (output.work) add_consequences(from, output.work->consequences);
  for (const auto& one : act.appended) add_entry(from, one);
}

void Numbered::undid(const OperationRef& ref) {
  for (const auto& source : brought_[ref]) {
    if (const auto number = numbers_.find(source); number != numbers_.end()) {
      std::erase_if(sources_, [&](const auto& pair) { return pair.second == source; });
      numbers_.erase(number);
    }
    if (const auto entry = entries_.find(source); entry != entries_.end()) {
      entry_sources_.erase(entry->second);
      entries_.erase(entry);
    }
  }
  brought_.erase(ref);
}

void Numbered::due(const std::vector<DueEvent>& events, const std::vector<Appended>& appended) {
  std::map<std::uint64_t, From> moments;
  const auto moment = [&](std::uint64_t number) -> From& {
    const auto known = moments.find(number);
    if (known != moments.end()) return known->second;
    const auto of = source_of(kCase, number);
    return moments[number] = From{of.value_or("?") + "@" + std::to_string(moved_[number]), nullptr, {}};
  };
  for (const auto& event : events) {
    if (event.kind != TimerKind::work_term || !event.case_number) continue;
    ++moved_[*event.case_number];
    moments.erase(*event.case_number);
    add_consequences(moment(*event.case_number), event.consequences);
  }
  for (const auto& one : appended)
    if (one.entry.case_number) add_entry(moment(*one.entry.case_number), one);
}

std::optional<Source> Numbered::source_of(char kind, std::uint64_t number) const {
  const auto found = sources_.find({kind, number});
  return found == sources_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint64_t> Numbered::number_of(const Source& source) const {
  const auto found = numbers_.find(source);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Source> Numbered::source_of_entry(const EntryRef& entry) const {
  const auto found = entry_sources_.find(entry);
  return found == entry_sources_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<EntryRef> Numbered::entry_of(const Source& source) const {
  const auto found = entries_.find(source);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

void Matching::note_case(const Consequence& consequence, BlockHeight height) {
  if (consequence.kind == ConsequenceKind::deduction)
    real_cases_[consequence.number] = {consequence.subject, "its deduction under " + consequence.code, height};
  if (consequence.kind == ConsequenceKind::case_opened)
    real_cases_[consequence.number] = {consequence.subject, "its workflow " + consequence.code, height};
}

void Matching::real_did(const OperationRef& ref, const Operation& operation, const Played& act, BlockHeight height) {
  real_.did(ref, operation, act);
  const auto output = output_of(act);
  if (const auto* deduct = std::get_if<Deduct>(&operation); deduct != nullptr && output.case_number)
    note_case({ConsequenceKind::deduction, deduct->rule, deduct->subject, *output.case_number, {}}, height);
  if (const auto* open = std::get_if<OpenCase>(&operation); open != nullptr && output.case_number)
    note_case({ConsequenceKind::case_opened, open->workflow, open->subject, *output.case_number, {}}, height);
  if (!output.work) return;
  for (const auto& one : output.work->consequences) note_case(one, height);
}

void Matching::real_due(const std::vector<DueEvent>& events, const std::vector<Appended>& appended,
                        BlockHeight height) {
  real_.due(events, appended);
  for (const auto& event : events)
    for (const auto& one : event.consequences) note_case(one, height);
}

const Matching::RealCase* Matching::real_case(std::uint64_t number) const {
  const auto found = real_cases_.find(number);
  return found == real_cases_.end() ? nullptr : &found->second;
}

void Matching::match_number(Match& out, char kind, std::uint64_t& number) const {
  const auto source = real_.source_of(kind, number);
  if (!source) {
    out.unknown = true;
    return;
  }
  if (const auto tried = tried_.number_of(*source)) {
    number = *tried;
    return;
  }
  out.fate = Fate::no_case;
  if (kind != kCase) {
    out.message = (kind == kObligation ? "obligation " : "proposal ") + std::to_string(number) + " never comes about";
    return;
  }
  const RealCase* real = real_case(number);
  invariant(real != nullptr, "a case of the real history was noted");
  out.message = "case " + std::to_string(number) + " is never opened: " + real->what + " in block " +
                std::to_string(real->height.value) + " is refused";
}

Matching::Match Matching::match_reverse(Reverse operation, const Played& real, const BookCode& main_book) const {
  Match out;
  EntryRef about{{operation.rulebook, operation.book.empty() ? main_book : operation.book, operation.subject},
                 operation.entry};
  if (!real.appended.empty()) about.account = real.appended.front().at.account;
  const auto source = real_.source_of_entry(about);
  if (!source) {
    out.unknown = true;
    return out;
  }
  const auto tried = tried_.entry_of(*source);
  if (!tried) {
    out.fate = Fate::no_entry;
    out.message = "entry " + std::to_string(about.index) + " of book " + about.account.book + " is never made";
    return out;
  }
  operation.book = tried->account.book;
  operation.entry = tried->index;
  out.operation = std::move(operation);
  return out;
}

Matching::Match Matching::match(const Operation& operation, const Played& real, const BookCode& main_book) const {
  if (const auto* reverse = std::get_if<Reverse>(&operation)) return match_reverse(*reverse, real, main_book);
  Match out;
  Operation same = operation;
  std::visit(
      [&](auto& act) {
        if constexpr (requires { act.case_number; }) match_number(out, kCase, act.case_number);
        if constexpr (requires { act.obligation; }) match_number(out, kObligation, act.obligation);
        if constexpr (requires { act.proposal; }) match_number(out, kProposal, act.proposal);
        if constexpr (requires { act.links; })
          for (auto& link : act.links)
            if (!out.unknown && out.message.empty()) match_number(out, kCase, link.case_number);
      },
      same);
  if (!out.unknown && out.message.empty()) out.operation = std::move(same);
  return out;
}

}  // namespace tally::contracts
