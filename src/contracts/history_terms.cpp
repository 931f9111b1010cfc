#include "contracts/history_terms.h"

#include "common/invariant.h"
#include "contracts/consultations.h"
#include "contracts/unit.h"
#include "contracts/work_records.h"

namespace tally::contracts {

namespace {

bool starts_with(ByteView key, std::string_view name) {
  const std::string_view text = as_text(key);
  return text.size() > name.size() && text.starts_with(name) && text[name.size()] == '\0';
}

template <class Record>
Record decoded(ByteView value) {
  auto record = decode<Record>(value);
  invariant(record.has_value(), "a record in the state decodes");
  return *std::move(record);
}

Bytes term(char kind, ByteView part) {
  Bytes out{static_cast<Byte>(kind)};
  append(out, part);
  return out;
}

}  // namespace

std::optional<ledger::HistoryClaim> history_of(ByteView key, ByteView value) {
  if (starts_with(key, "account")) {
    if (const auto record = decode<AccountRecord>(value))
      return ledger::HistoryClaim{Bytes(key.begin(), key.end()), record->entries, record->history};
  } else if (starts_with(key, "consulted")) {
    if (const auto record = decode<ConsultedRecord>(value))
      return ledger::HistoryClaim{Bytes(key.begin(), key.end()), record->count, record->history};
  } else if (starts_with(key, "work")) {
    if (const auto record = decode<WorkRecord>(value); record && key.size() > 8)
      return ledger::HistoryClaim{work_history(big_endian(key.last(8))), record->moves, record->history};
  }
  return std::nullopt;
}

Bytes officer_term(const PersonId& person) {
  return term('o', person.view());
}
Bytes rule_term(const RulebookId& rulebook, const RuleCode& rule) {
  return term('r', as_bytes(rulebook + '\0' + rule));
}
Bytes unit_term(const UnitId& unit) {
  return term('u', as_bytes(unit));
}

std::optional<BlockHeight> index_terms(ByteView list, ByteView record, const ledger::State& state,
                                       const std::function<void(Bytes)>& add) {
  const auto account = account_in(list);
  if (!account) return std::nullopt;
  const auto entry = decoded<Entry>(record);
  if (!entry.proposer.is_zero()) add(officer_term(entry.proposer));
  if (entry.endorser && *entry.endorser != entry.proposer) add(officer_term(*entry.endorser));
  if (!entry.rule.empty()) add(rule_term(account->rulebook, entry.rule));
  const auto subject = state.get(subject_key(account->subject));
  invariant(subject.has_value(), "an account's subject is registered");
  for (UnitId unit = decoded<SubjectRecord>(*subject).unit; !unit.empty(); unit = parent_of(unit)) add(unit_term(unit));
  return entry.height;
}

}  // namespace tally::contracts
