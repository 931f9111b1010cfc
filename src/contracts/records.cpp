#include "contracts/records.h"

#include "contracts/state_key.h"

namespace tally::contracts {

Bytes big_endian(std::uint64_t number) {
  Bytes out(8);
  for (std::size_t i = 8; i-- > 0; number >>= 8) out[i] = static_cast<Byte>(number);
  return out;
}

std::uint64_t big_endian(ByteView eight_bytes) {
  std::uint64_t out = 0;
  for (const Byte byte : eight_bytes) out = out << 8 | byte;
  return out;
}

Bytes unit_key(const UnitId& unit) {
  return StateKey("unit").text(unit).take();
}
Bytes officer_key(const PersonId& person) {
  return StateKey("officer").fixed(person.view()).take();
}
Bytes person_of_key(const PublicKey& key) {
  return StateKey("person_of").fixed(key.view()).take();
}
Bytes subject_key(const SubjectHandle& subject) {
  return StateKey("subject").fixed(subject.view()).take();
}
Bytes subject_of_key(const PublicKey& key) {
  return StateKey("subject_of").fixed(key.view()).take();
}
Bytes account_key(const AccountId& account) {
  return StateKey("account").text(account.rulebook).text(account.book).fixed(account.subject.view()).take();
}
Bytes account_prefix(const RulebookId& rulebook) {
  return StateKey("account").text(rulebook).take();
}
std::optional<AccountId> account_in(ByteView key) {
  std::string_view rest = as_text(key);
  const auto part = [&rest]() -> std::optional<std::string> {
    const auto end = rest.find('\0');
    if (end == rest.npos) return std::nullopt;
    std::string out(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    return out;
  };
  if (part() != "account") return std::nullopt;
  auto rulebook = part();
  auto book = part();
  const auto subject = SubjectHandle::from_view(as_bytes(rest));
  if (!rulebook || !book || !subject) return std::nullopt;
  return AccountId{*std::move(rulebook), *std::move(book), *subject};
}
Bytes rating_key(const AccountId& account) {
  return StateKey("rating").text(account.rulebook).text(account.book).fixed(account.subject.view()).take();
}
Bytes case_key(std::uint64_t case_number) {
  return StateKey("case").number(case_number).take();
}
Bytes rulebook_key(const RulebookId& rulebook) {
  return StateKey("rulebook").text(rulebook).take();
}
Bytes rulebook_text_key(const RulebookId& rulebook, std::uint32_t version) {
  return StateKey("rulebook_text").text(rulebook).number(version).take();
}
Bytes counter_key(const RulebookId& rulebook, const SubjectHandle& subject, const RuleCode& rule) {
  return StateKey("count").text(rulebook).fixed(subject.view()).text(rule).take();
}
Bytes evidence_key(const RulebookId& rulebook, const SubjectHandle& subject, const RuleCode& rule,
                   const Digest& evidence) {
  return StateKey("evidence").text(rulebook).fixed(subject.view()).text(rule).fixed(evidence.view()).take();
}
Bytes taken_back_key(const AccountId& account, std::uint64_t entry) {
  return StateKey("taken_back")
      .text(account.rulebook)
      .text(account.book)
      .fixed(account.subject.view())
      .number(entry)
      .take();
}

Bytes account_index_prefix(const RulebookId& rulebook, const UnitId& unit) {
  return StateKey(kAccountIndex).text(rulebook).text(unit).take();
}
Bytes account_index_below(const RulebookId& rulebook, const UnitId& unit) {
  return StateKey(kAccountIndex).text(rulebook).open_text(unit + "/").take();
}
Bytes account_index_key(const RulebookId& rulebook, const UnitId& unit, const SubjectHandle& subject) {
  return StateKey(kAccountIndex).text(rulebook).text(unit).fixed(subject.view()).take();
}
Bytes unit_index_prefix(std::string_view index, const UnitId& unit) {
  return StateKey(index).text(unit).take();
}
Bytes unit_index_below(std::string_view index, const UnitId& unit) {
  return StateKey(index).open_text(unit + "/").take();
}
Bytes unit_index_key(std::string_view index, const UnitId& unit, ByteView item) {
  return StateKey(index).text(unit).fixed(item).take();
}
Bytes subject_case_prefix(const SubjectHandle& subject) {
  return StateKey(kSubjectCaseIndex).fixed(subject.view()).take();
}
Bytes subject_case_key(const SubjectHandle& subject, std::uint64_t case_number) {
  return StateKey(kSubjectCaseIndex).fixed(subject.view()).number(case_number).take();
}

}  // namespace tally::contracts
