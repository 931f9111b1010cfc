#include "contracts/call.h"

#include "common/invariant.h"
#include "common/time.h"

namespace tally::contracts {

Status check_signed(const Call& call, std::string_view clause) {
  if (!call.genesis()) return {};
  return refusal(ErrorCode::wrong_state, clause, "stands in a genesis, where nobody signs",
                 "units, officers, subjects, accounts and rulebooks only");
}

namespace {

Result<PersonPtr> holder_of(const Call& call, const PublicKey& key, std::string_view clause) {
  auto person = call.people.by_key(call.state, key);
  if (person != nullptr) return person;
  const bool revoked = call.state.get(person_of_key(key)).has_value();
  return refusal(ErrorCode::not_registered, clause,
                 "key " + key.short_hex() + (revoked ? " was revoked" : " belongs to no officer"),
                 revoked ? "the person's key in force" : "a registered officer's key");
}

}  // namespace

Result<PersonPtr> author_of(const Call& call, std::string_view clause) {
  if (auto signed_by_people = check_signed(call, clause); !signed_by_people) return signed_by_people.error();
  return holder_of(call, call.context.transaction->body.author, clause);
}

Result<PersonPtr> authority_of(const Call& call, const std::vector<Role>& roles, const UnitId& unit,
                               std::string_view clause) {
  auto author = author_of(call, clause);
  if (!author) return author;
  if (auto role = check_role(**author, roles, clause); !role) return role.error();
  if (auto reach = check_reach(**author, unit, clause); !reach) return reach.error();
  return author;
}

bool has_co_signers(const Call& call) {
  return !call.genesis() && call.context.transaction->signatures.size() > 1;
}

Result<PersonPtr> second_person(const Call& call, const SecondPerson& wanted, std::string_view clause) {
  if (!has_co_signers(call))
    return refusal(ErrorCode::missing_role, clause, "has one signer",
                   "the signature of a second person, who is " + names_of(wanted.roles));
  const auto qualify = [&](const PublicKey& key) -> Result<PersonPtr> {
    auto person = holder_of(call, key, clause);
    if (!person) return person;
    if (std::find(wanted.others.begin(), wanted.others.end(), (*person)->id) != wanted.others.end())
      return refusal(ErrorCode::same_person, clause, "person " + (*person)->id.short_hex() + " would act twice",
                     "a different person, not another key or role of the same one");
    if (auto role = check_role(**person, wanted.roles, clause); !role) return role.error();
    if (auto reach = check_reach(**person, wanted.unit, clause); !reach) return reach.error();
    if (wanted.without_stake_in != nullptr)
      if (auto stake = check_no_stake(call, **person, *wanted.without_stake_in, clause); !stake) return stake.error();
    return person;
  };
  std::optional<Error> first;
  const auto& signatures = call.context.transaction->signatures;
  for (std::size_t i = 1; i < signatures.size(); ++i) {
    auto person = qualify(signatures[i].key);
    if (person) return person;
    if (!first) first = person.error();
  }
  return *std::move(first);
}

Status check_no_stake(const Call& call, const Person& person, const SubjectRecord& subject, std::string_view clause) {
  bool own = subject.person == person.id;
  if (!own && subject.key) {
    // A revoked key still says whose it was.
    const auto holder = call.state.get(person_of_key(*subject.key));
    own = holder && PersonId::from_view(*holder) == person.id;
  }
  if (!own) return {};
  return refusal(ErrorCode::same_person, clause, "the subject is person " + person.id.short_hex() + "'s own",
                 "somebody who does not belong to the subject");
}

Status check_not_retired(const Call& call, const RulebookId& rulebook, TimestampMs time, std::string_view clause) {
  const auto* record = call.shelf.record(call.state, rulebook);
  if (record == nullptr || !record->retired || time < *record->retired) return {};
  return refusal(ErrorCode::wrong_state, clause,
                 "rulebook " + rulebook + " is retired from " + format_time(*record->retired) + " on",
                 "an event before that, or another rulebook");
}

Result<SubjectRecord> subject_of(const Call& call, const SubjectHandle& subject, std::string_view clause) {
  const auto bytes = call.state.get(subject_key(subject));
  if (!bytes)
    return refusal(ErrorCode::not_registered, clause, "subject " + subject.hex() + " is not registered",
                   "a registered subject");
  auto record = decode<SubjectRecord>(*bytes);
  invariant(record.has_value(), "a subject in the state decodes");
  return record;
}

}  // namespace tally::contracts
