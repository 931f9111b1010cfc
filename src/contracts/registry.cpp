#include "contracts/registry.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/limits.h"
#include "common/time.h"
#include "contracts/accounts.h"
#include "contracts/consents.h"
#include "contracts/unit.h"
#include "crypto/signature.h"

namespace tally::contracts {

namespace {

const Bytes kPresent{1};

Status check_text(std::string_view text, std::string_view what, std::string_view clause) {
  if (!text.empty() && text.size() <= limits::kTextBytesMax) return {};
  return refusal(ErrorCode::invalid_field, clause, std::string(what) + " has " + std::to_string(text.size()) + " bytes",
                 "1 to " + std::to_string(limits::kTextBytesMax));
}

Status check_unit_exists(const Call& call, const UnitId& unit, std::string_view clause) {
  if (call.state.get(unit_key(unit))) return {};
  return refusal(ErrorCode::not_registered, clause, "unit \"" + excerpt(unit, 80) + "\" is not registered",
                 "a registered unit");
}

Status check_new_key(const Call& call, const PublicKey& key, std::string_view clause) {
  if (!crypto::valid_public_key(key))
    return refusal(ErrorCode::invalid_field, clause, "key " + key.short_hex() + " is not an Ed25519 public key",
                   "a key made by tally keygen");
  if (call.state.get(person_of_key(key)))
    return refusal(ErrorCode::already_registered, clause, "key " + key.short_hex() + " is or was an officer's key",
                   "a new key");
  return {};
}

void put_officer(Call& call, const PersonId& person, const OfficerRecord& record) {
  call.state.put(officer_key(person), encode(record));
  call.people.forget();
}

}  // namespace

Outcome register_unit(Call& call, const RegisterUnit& operation) {
  constexpr auto clause = RegisterUnit::kName;
  if (auto form = check_unit(operation.unit); !form)
    return refusal(ErrorCode::invalid_field, clause, "unit " + form.error().problem, form.error().expected);
  if (auto title = check_text(operation.title, "title", clause); !title) return title.error();
  const UnitId parent = parent_of(operation.unit);
  if (!call.genesis()) {
    if (parent.empty())
      return refusal(ErrorCode::wrong_state, clause, "unit \"" + operation.unit + "\" is a root",
                     "a unit below a registered one: roots stand in the genesis");
    if (auto authority = authority_of(call, {Role::registrar}, parent, clause); !authority) return authority.error();
  }
  if (!parent.empty())
    if (auto exists = check_unit_exists(call, parent, clause); !exists) return exists.error();
  if (call.state.get(unit_key(operation.unit)))
    return refusal(ErrorCode::already_registered, clause, "unit \"" + operation.unit + "\" is registered already",
                   "another path");
  call.state.put(unit_key(operation.unit), encode(UnitRecord{operation.kind, operation.title}));
  return OperationOutput{};
}

namespace {

Status check_officer(const Call& call, const RegisterOfficer& operation) {
  constexpr auto clause = RegisterOfficer::kName;
  if (operation.person.is_zero())
    return refusal(ErrorCode::invalid_field, clause, "person is zero", "a random 128-bit id");
  if (operation.roles.empty()) return refusal(ErrorCode::invalid_field, clause, "roles are empty", "at least one role");
  for (std::size_t i = 1; i < operation.roles.size(); ++i)
    if (operation.roles[i] <= operation.roles[i - 1])
      return refusal(ErrorCode::invalid_field, clause,
                     "role " + names_of({operation.roles[i]}) + " stands after " + names_of({operation.roles[i - 1]}),
                     "each role once, in the order registrar, recorder, endorser, arbiter, bank_officer, auditor, "
                     "governor, clock, leader, inspector, specialist, shopkeeper, oracle");
  if (auto title = check_text(operation.title, "title", clause); !title) return title;
  return check_unit_exists(call, operation.unit, clause);
}

}  // namespace

Outcome register_officer(Call& call, const RegisterOfficer& operation) {
  constexpr auto clause = RegisterOfficer::kName;
  if (auto form = check_officer(call, operation); !form) return form.error();
  if (!call.genesis()) {
    const auto author = authority_of(call, {Role::registrar}, operation.unit, clause);
    if (!author) return author.error();
    const SecondPerson wanted{{(*author)->id}, {Role::registrar, Role::governor}, operation.unit};
    if (auto second = second_person(call, wanted, clause); !second) return second.error();
  }
  if (call.state.get(officer_key(operation.person)))
    return refusal(ErrorCode::already_registered, clause,
                   "person " + operation.person.short_hex() + " is registered already", "change_keys for a new key");
  if (auto key = check_new_key(call, operation.key, clause); !key) return key.error();
  call.state.put(person_of_key(operation.key), Bytes(operation.person.bytes.begin(), operation.person.bytes.end()));
  call.state.put(unit_index_key(kOfficerIndex, operation.unit, operation.person.view()), kPresent);
  put_officer(call, operation.person, {operation.unit, operation.roles, operation.title, {operation.key}});
  return OperationOutput{};
}

namespace {

// Who may change these keys, and how.
Status check_key_authority(const Call& call, const ChangeKeys& operation, const OfficerRecord& record) {
  constexpr auto clause = ChangeKeys::kName;
  const auto author = author_of(call, clause);
  if (!author) return author.error();
  if ((*author)->id == operation.person) {
    const auto& own = call.context.transaction->body.author;
    if (!operation.added)
      return refusal(ErrorCode::missing_role, clause, "a person would only revoke an own key",
                     "a new key with it, or a registrar and a second person");
    // Whoever stole one key must not shut out the owner of the others.
    if (operation.revoked && *operation.revoked != own)
      return refusal(ErrorCode::missing_role, clause, "the revoked key is not the one that signs",
                     "the signing key, or a registrar and a second person");
    return {};
  }
  if (auto role = check_role(**author, {Role::registrar}, clause); !role) return role;
  if (auto reach = check_reach(**author, record.unit, clause); !reach) return reach;
  const SecondPerson wanted{{(*author)->id, operation.person},
                            {Role::registrar, Role::recorder, Role::endorser, Role::arbiter, Role::governor},
                            record.unit};
  if (auto second = second_person(call, wanted, clause); !second) return second.error();
  return {};
}

}  // namespace

Outcome change_keys(Call& call, const ChangeKeys& operation) {
  constexpr auto clause = ChangeKeys::kName;
  if (auto people = check_signed(call, clause); !people) return people.error();
  if (!operation.added && !operation.revoked)
    return refusal(ErrorCode::invalid_field, clause, "neither adds nor revokes a key", "added, revoked or both");
  const auto person = call.people.by_id(call.state, operation.person);
  if (person == nullptr)
    return refusal(ErrorCode::not_registered, clause, "person " + operation.person.short_hex() + " is not registered",
                   "a registered officer");
  OfficerRecord record = person->post;
  if (auto authority = check_key_authority(call, operation, record); !authority) return authority.error();
  if (operation.revoked) {
    const auto found = std::find(record.keys.begin(), record.keys.end(), *operation.revoked);
    if (found == record.keys.end())
      return refusal(
          ErrorCode::not_registered, clause,
          "key " + operation.revoked->short_hex() + " is not a key of person " + operation.person.short_hex(),
          "one of the person's keys in force");
    record.keys.erase(found);
  }
  if (operation.added) {
    if (auto key = check_new_key(call, *operation.added, clause); !key) return key.error();
    if (const auto most = call.parameter(Parameter::keys_per_person); record.keys.size() >= most)
      return refusal(ErrorCode::limit_reached, clause,
                     "person " + operation.person.short_hex() + " has " + std::to_string(record.keys.size()) + " keys",
                     "at most " + std::to_string(most) + ": revoke one with it");
    record.keys.push_back(*operation.added);
    call.state.put(person_of_key(*operation.added),
                   Bytes(operation.person.bytes.begin(), operation.person.bytes.end()));
  }
  put_officer(call, operation.person, record);
  return OperationOutput{};
}

namespace {

Status check_subject(const Call& call, const RegisterSubject& operation) {
  constexpr auto clause = RegisterSubject::kName;
  if (operation.subject.is_zero())
    return refusal(ErrorCode::invalid_field, clause, "subject is zero", "a random 128-bit handle");
  if (operation.commitment.is_zero())
    return refusal(ErrorCode::invalid_field, clause, "commitment is zero",
                   "the salted digest of what the office's vault holds");
  if (auto unit = check_unit_exists(call, operation.unit, clause); !unit) return unit;
  if (call.genesis()) return {};
  auto authority = authority_of(call, {Role::registrar}, operation.unit, clause);
  if (!authority) return authority.error();
  return {};
}

}  // namespace

Outcome register_subject(Call& call, const RegisterSubject& operation) {
  constexpr auto clause = RegisterSubject::kName;
  if (auto form = check_subject(call, operation); !form) return form.error();
  if (call.state.get(subject_key(operation.subject)))
    return refusal(ErrorCode::already_registered, clause,
                   "subject " + operation.subject.hex() + " is registered already", "a new handle");
  if (operation.person && call.people.by_id(call.state, *operation.person) == nullptr)
    return refusal(ErrorCode::not_registered, clause, "person " + operation.person->short_hex() + " is not registered",
                   "a registered officer, or none");
  if (operation.key) {
    if (!crypto::valid_public_key(*operation.key))
      return refusal(ErrorCode::invalid_field, clause,
                     "key " + operation.key->short_hex() + " is not an Ed25519 public key",
                     "a key made by tally keygen");
    if (call.state.get(subject_of_key(*operation.key)))
      return refusal(ErrorCode::already_registered, clause,
                     "key " + operation.key->short_hex() + " is another subject's key", "a new key");
    call.state.put(subject_of_key(*operation.key),
                   Bytes(operation.subject.bytes.begin(), operation.subject.bytes.end()));
  }
  call.state.put(unit_index_key(kSubjectIndex, operation.unit, operation.subject.view()), kPresent);
  call.state.put(
      subject_key(operation.subject),
      encode(SubjectRecord{operation.kind, operation.unit, operation.commitment, operation.key, operation.person}));
  return OperationOutput{};
}

Outcome open_account(Call& call, const OpenAccount& operation) {
  constexpr auto clause = OpenAccount::kName;
  const auto subject = subject_of(call, operation.subject, clause);
  if (!subject) return subject.error();
  PersonId opener;
  if (!call.genesis()) {
    const auto author = authority_of(call, {Role::registrar}, subject->unit, clause);
    if (!author) return author.error();
    opener = (*author)->id;
  }
  const auto rulebook = call.shelf.in_force(call.state, operation.rulebook, call.now());
  if (rulebook == nullptr)
    return refusal(ErrorCode::not_registered, clause,
                   "rulebook \"" + excerpt(operation.rulebook, 80) + "\" is not in force on " + format_day(call.now()),
                   "a deployed rulebook whose effective time has come");
  if (auto taken = check_not_retired(call, operation.rulebook, call.now(), clause); !taken) return taken.error();
  const Book* main = rulebook->book(subject->kind);
  if (main == nullptr)
    return refusal(ErrorCode::invalid_field, clause,
                   rulebook->id + " keeps no book for a subject of kind " +
                       boost::describe::enum_to_string(subject->kind, "unknown"),
                   "a kind of subject that the rulebook scores");
  if (auto agreed = check_agreed(call, *rulebook, operation.subject, clause); !agreed) return agreed.error();
  if (call.state.get(account_key({operation.rulebook, main->code, operation.subject})))
    return refusal(ErrorCode::already_registered, clause,
                   "subject " + operation.subject.hex() + " has an account under " + operation.rulebook + " already");
  OperationOutput output;
  for (const auto& book : rulebook->books) {
    if (book.subject != subject->kind) continue;
    AccountRecord account;
    Entry entry;
    entry.rulebook_version = rulebook->version;
    entry.event_time = call.now();
    entry.block_time = call.now();
    entry.height = call.context.block.height;
    entry.transaction = call.context.transaction_id;
    entry.proposer = opener;
    const auto index = open({call.state, *rulebook, book, operation.subject}, account, entry);
    if (&book != main) continue;
    output.entry = index;
    output.change = entry.change;
    output.score = entry.score;
  }
  call.state.put(account_index_key(operation.rulebook, subject->unit, operation.subject), kPresent);
  return output;
}

}  // namespace tally::contracts
