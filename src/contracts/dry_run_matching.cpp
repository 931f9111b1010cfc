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

struct Opened {
  std::uint64_t number = 0;
  SubjectHandle subject;
  std::string what;
};
// Cases and obligations that an operation brought about, each in its order.
struct Numbers {
  std::vector<Opened> cases;
  std::vector<std::uint64_t> obligations;
};

Numbers numbers_of(const Operation& operation, const Played& act) {
  Numbers out;
  const auto output = act.ok() ? decode_output(act.result.output) : Result<OperationOutput>(OperationOutput{});
  invariant(output.has_value(), "an output decodes");
  if (const auto* deduct = std::get_if<Deduct>(&operation); deduct != nullptr && output->case_number)
    out.cases.push_back({*output->case_number, deduct->subject, "its deduction under " + deduct->rule});
  if (const auto* open = std::get_if<OpenCase>(&operation); open != nullptr && output->case_number)
    out.cases.push_back({*output->case_number, open->subject, "its workflow " + open->workflow});
  if (!output->work) return out;
  for (const auto& one : output->work->consequences) {
    if (one.kind == ConsequenceKind::deduction)
      out.cases.push_back({one.number, one.subject, "its deduction under " + one.code});
    if (one.kind == ConsequenceKind::case_opened)
      out.cases.push_back({one.number, one.subject, "its workflow " + one.code});
    if (one.kind == ConsequenceKind::obligation) out.obligations.push_back(one.number);
  }
  return out;
}

bool made_by_operation(const Entry& entry) {
  return entry.kind == EntryKind::award || entry.kind == EntryKind::spending;
}

bool made_by_case(const Entry& entry) {
  return entry.kind == EntryKind::deduction && entry.case_number;
}

}  // namespace

void Matching::real_did(const OperationRef& ref, const Operation& operation, const Played& act, BlockHeight height) {
  const auto numbers = numbers_of(operation, act);
  for (std::uint32_t i = 0; i < numbers.cases.size(); ++i) {
    const auto& opened = numbers.cases[i];
    real_cases_[opened.number] = {{ref, i}, opened.subject, opened.what, height};
  }
  for (std::uint32_t i = 0; i < numbers.obligations.size(); ++i) real_obligations_[numbers.obligations[i]] = {ref, i};
  for (const auto& one : act.appended)
    if (made_by_operation(one.entry)) real_entries_[one.at] = {ref, 0};
  real_due(act.appended);
}

void Matching::tried_did(const OperationRef& ref, const Operation& operation, const Played& act) {
  const auto numbers = numbers_of(operation, act);
  for (std::uint32_t i = 0; i < numbers.cases.size(); ++i) tried_cases_[{ref, i}] = numbers.cases[i].number;
  for (std::uint32_t i = 0; i < numbers.obligations.size(); ++i) tried_obligations_[{ref, i}] = numbers.obligations[i];
  for (const auto& one : act.appended) {
    if (made_by_operation(one.entry)) tried_entries_[ref] = one.at;
    if (made_by_case(one.entry)) tried_case_entries_[*one.entry.case_number] = {one.at, ref};
  }
}

void Matching::tried_undid(const OperationRef& ref) {
  std::erase_if(tried_cases_, [&](const auto& pair) { return pair.first.by == ref; });
  std::erase_if(tried_obligations_, [&](const auto& pair) { return pair.first.by == ref; });
  tried_entries_.erase(ref);
  std::erase_if(tried_case_entries_, [&](const auto& pair) { return pair.second.by == ref; });
}

void Matching::real_due(const std::vector<Appended>& appended) {
  for (const auto& one : appended)
    if (made_by_case(one.entry)) real_entries_[one.at] = {{}, *one.entry.case_number};
}

void Matching::tried_due(const std::vector<Appended>& appended) {
  for (const auto& one : appended)
    if (made_by_case(one.entry)) tried_case_entries_[*one.entry.case_number] = {one.at, std::nullopt};
}

const Matching::RealCase* Matching::real_case(std::uint64_t number) const {
  const auto found = real_cases_.find(number);
  return found == real_cases_.end() ? nullptr : &found->second;
}

Matching::Match Matching::match_case(Operation operation, std::uint64_t number) const {
  Match out;
  const RealCase* real = real_case(number);
  if (real == nullptr) {
    out.unknown = true;
    return out;
  }
  const auto tried = tried_cases_.find(real->opened);
  if (tried == tried_cases_.end()) {
    out.fate = Fate::no_case;
    out.message = "case " + std::to_string(number) + " is never opened: " + real->what + " in block " +
                  std::to_string(real->height.value) + " is refused";
    return out;
  }
  std::visit(
      [&](auto& act) {
        if constexpr (requires { act.case_number; }) act.case_number = tried->second;
      },
      operation);
  out.operation = std::move(operation);
  return out;
}

Matching::Match Matching::match_links(OpenCase operation) const {
  for (auto& link : operation.links) {
    auto other = match_case(ActCase{}, link.case_number);
    if (!other.operation) return other;
    link.case_number = std::get<ActCase>(*other.operation).case_number;
  }
  Match out;
  out.operation = std::move(operation);
  return out;
}

Matching::Match Matching::match_settle(Settle operation) const {
  Match out;
  const auto real = real_obligations_.find(operation.obligation);
  const auto tried = real == real_obligations_.end() ? tried_obligations_.end() : tried_obligations_.find(real->second);
  if (real == real_obligations_.end()) {
    out.unknown = true;
  } else if (tried == tried_obligations_.end()) {
    out.fate = Fate::no_case;
    out.message = "obligation " + std::to_string(operation.obligation) + " never comes about";
  } else {
    operation.obligation = tried->second;
    out.operation = std::move(operation);
  }
  return out;
}

std::optional<EntryRef> Matching::tried_entry(const Origin& origin) const {
  if (origin.case_number == 0) {
    const auto made = tried_entries_.find(origin.operation);
    return made == tried_entries_.end() ? std::nullopt : std::optional(made->second);
  }
  const RealCase* real = real_case(origin.case_number);
  if (real == nullptr) return std::nullopt;
  const auto tried = tried_cases_.find(real->opened);
  if (tried == tried_cases_.end()) return std::nullopt;
  const auto made = tried_case_entries_.find(tried->second);
  return made == tried_case_entries_.end() ? std::nullopt : std::optional(made->second.at);
}

Matching::Match Matching::match_reverse(Reverse operation, const Played& real, const BookCode& main_book) const {
  Match out;
  EntryRef about{{operation.rulebook, operation.book.empty() ? main_book : operation.book, operation.subject},
                 operation.entry};
  if (!real.appended.empty()) about.account = real.appended.front().at.account;
  const auto origin = real_entries_.find(about);
  if (origin == real_entries_.end()) {
    out.unknown = true;
    return out;
  }
  const auto tried = tried_entry(origin->second);
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
  if (const auto* endorse = std::get_if<Endorse>(&operation)) return match_case(operation, endorse->case_number);
  if (const auto* object = std::get_if<Object>(&operation)) return match_case(operation, object->case_number);
  if (const auto* resolve = std::get_if<Resolve>(&operation)) return match_case(operation, resolve->case_number);
  if (const auto* reverse = std::get_if<Reverse>(&operation)) return match_reverse(*reverse, real, main_book);
  if (const auto* act = std::get_if<ActCase>(&operation)) return match_case(operation, act->case_number);
  if (const auto* open = std::get_if<OpenCase>(&operation)) return match_links(*open);
  if (const auto* settle = std::get_if<Settle>(&operation)) return match_settle(*settle);
  Match out;
  out.operation = operation;
  return out;
}

}  // namespace tally::contracts
