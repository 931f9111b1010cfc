#include "contracts/work_people.h"

#include <algorithm>

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/unit.h"

namespace tally::contracts {

namespace {

std::string who_may(const Act& act) {
  std::string out = act.roles.empty() ? "" : "an officer who is " + names_of(act.roles);
  if (act.by_subject) out += std::string(out.empty() ? "" : ", or ") + "the subject with its own key";
  if (act.by_others) out += std::string(out.empty() ? "" : ", or ") + "another subject with its own key";
  return out.empty() ? "nobody: an allocation or another case does it" : out;
}

Status check_near(const ActFor& of, const Person& officer) {
  const Reach reach = of.act.reach.value_or(Reach::above);
  if (reach == Reach::anywhere) return {};
  if (reach == Reach::above) return check_reach(officer, of.record.unit, of.clause);
  if (officer.post.unit == of.record.unit) return {};
  return refusal(ErrorCode::outside_unit, of.clause,
                 "person " + officer.id.short_hex() + " belongs to " + officer.post.unit,
                 "an officer of " + of.record.unit + " itself");
}

Status check_officer(const ActFor& of, const Person& officer, const std::vector<Role>& roles) {
  if (auto role = check_role(officer, roles, of.clause); !role) return role;
  if (auto near = check_near(of, officer); !near) return near;
  return check_no_stake(of.call, officer, of.record, of.clause);
}

Status check_other(const ActFor& of, const SubjectHandle& other) {
  if (of.act.reach != Reach::same) return {};
  const auto record = subject_of(of.call, other, of.clause);
  if (!record) return record.error();
  if (record->unit == of.record.unit) return {};
  return refusal(ErrorCode::outside_unit, of.clause, "subject " + other.short_hex() + " belongs to " + record->unit,
                 "a subject of " + of.record.unit);
}

std::optional<SubjectHandle> subject_with(const Call& call, const PublicKey& key) {
  const auto bytes = call.state.get(subject_of_key(key));
  if (!bytes) return std::nullopt;
  return SubjectHandle::from_view(*bytes);
}

Result<Performer> as_subject(const ActFor& of, const SubjectHandle& handle) {
  const bool own = handle == of.subject;
  if (own && !of.act.by_subject)
    return refusal(ErrorCode::same_person, of.clause, "the subject does not do this in its own case", who_may(of.act));
  if (!own && !of.act.by_others)
    return refusal(ErrorCode::missing_role, of.clause, "subject " + handle.short_hex() + " is not the case's own",
                   who_may(of.act));
  if (!own)
    if (auto near = check_other(of, handle); !near) return near.error();
  return Performer{{std::nullopt, handle}, nullptr};
}

// The key's holder, as whatever the act allows: one key may belong to an officer and to a household.
Result<Performer> holder(const ActFor& of) {
  const auto& key = of.call.context.transaction->body.author;
  const auto officer = of.call.people.by_key(of.call.state, key);
  const auto subject = subject_with(of.call, key);
  if (officer != nullptr && !of.act.roles.empty() && (!subject || officer->has_any(of.act.roles))) {
    if (auto checked = check_officer(of, *officer, of.act.roles); !checked) return checked.error();
    return Performer{{officer->id, std::nullopt}, officer};
  }
  if (subject) return as_subject(of, *subject);
  if (officer == nullptr)
    return refusal(ErrorCode::not_registered, of.clause, "key " + key.short_hex() + " belongs to nobody who is known",
                   who_may(of.act));
  return refusal(ErrorCode::missing_role, of.clause, "person " + officer->id.short_hex() + " may not do this",
                 who_may(of.act));
}

std::optional<DoneRecord> done_by(const ActFor& of, std::string_view act, const Signer& signer) {
  if (of.number == 0) return std::nullopt;
  const auto bytes = of.call.state.get(work_done_key(of.number, act, signer));
  if (!bytes) return std::nullopt;
  auto record = decode<DoneRecord>(*bytes);
  invariant(record.has_value(), "a mark of an act decodes");
  return *record;
}

Status check_history(const ActFor& of, const Signer& signer) {
  for (const auto& act : of.act.not_by)
    if (done_by(of, act, signer))
      return refusal(ErrorCode::same_person, of.clause, "whoever did " + act + " does not do this in the same case",
                     "somebody else");
  if (of.act.once == Once::never) return {};
  const auto done = done_by(of, of.act.code, signer);
  if (!done) return {};
  if (of.act.once == Once::per_case)
    return refusal(ErrorCode::limit_reached, of.clause, "they did this in this case already", "once in a case");
  if (done->last.value / kDayMs != of.call.now().value / kDayMs) return {};
  return refusal(ErrorCode::limit_reached, of.clause, "they did this in this case today already", "once a day");
}

}  // namespace

Result<Performer> performer_of(const ActFor& of) {
  if (auto people = check_signed(of.call, of.clause); !people) return people.error();
  auto found = holder(of);
  if (!found) return found;
  if (auto history = check_history(of, found->signer); !history) return history.error();
  return found;
}

Result<Signer> subject_signature(const ActFor& of, const Performer& performer) {
  if (of.record.key) {
    const auto& signatures = of.call.context.transaction->signatures;
    const auto signed_by = std::any_of(signatures.begin(), signatures.end(),
                                       [&](const auto& signature) { return signature.key == *of.record.key; });
    if (signed_by) return Signer{std::nullopt, of.subject};
    return refusal(ErrorCode::missing_role, of.clause, "the subject has not signed",
                   "the subject's own key on the same transaction");
  }
  std::vector<PersonId> others;
  if (performer.officer != nullptr) others.push_back(performer.officer->id);
  const auto second = second_person(of.call, {others, of.act.roles, of.record.unit, &of.record}, of.clause);
  if (!second) return second.error();
  return Signer{(*second)->id, std::nullopt};
}

namespace {

class Gathering {
 public:
  Gathering(const ActFor& of, const std::vector<PersonId>& waiting) : of_(of), wanted_(*of.act.endorsed_by) {
    for (const auto& id : waiting) {
      const auto person = of.call.people.by_id(of.call.state, id);
      invariant(person != nullptr, "whoever signed is registered");
      take(*person);
    }
  }

  Status add(const Person& person) {
    if (std::find(out_.signers.begin(), out_.signers.end(), person.id) != out_.signers.end())
      return refusal(ErrorCode::same_person, of_.clause, "person " + person.id.short_hex() + " has signed this already",
                     "a different person, not another key or role of the same one");
    if (auto checked = check_officer(of_, person, wanted_.roles); !checked) return checked;
    if (auto history = check_history(of_, {person.id, std::nullopt}); !history) return history;
    if (wanted_.different_units && std::find(units_.begin(), units_.end(), person.post.unit) != units_.end())
      return refusal(ErrorCode::outside_unit, of_.clause,
                     "somebody of " + person.post.unit + " has signed this already", "a person of another unit");
    take(person);
    return {};
  }
  void take(const Person& person) {
    out_.signers.push_back(person.id);
    units_.push_back(person.post.unit);
  }
  [[nodiscard]] Signatures result() {
    const std::size_t needed = std::size_t{wanted_.count} + 1;
    const std::size_t have = out_.signers.size();
    out_.missing = have >= needed ? 0 : static_cast<std::uint32_t>(needed - have);
    return std::move(out_);
  }

 private:
  const ActFor& of_;
  const EndorsedBy& wanted_;
  Signatures out_;
  std::vector<UnitId> units_;
};

}  // namespace

Result<Signatures> gather_signatures(const ActFor& of, const std::vector<PersonId>& waiting) {
  Gathering gathering(of, waiting);
  const Call& call = of.call;
  if (waiting.empty()) {
    const auto first = performer_of(of);
    if (!first) return first.error();
    if (first->officer == nullptr)
      return refusal(ErrorCode::missing_role, of.clause, "a subject signed", "an officer, whom others endorse");
    gathering.take(*first->officer);
  } else {
    const auto author = author_of(call, of.clause);
    if (!author) return author.error();
    if (auto added = gathering.add(**author); !added) return added.error();
  }
  const auto& signatures = call.context.transaction->signatures;
  for (std::size_t i = 1; i < signatures.size(); ++i) {
    const auto person = call.people.by_key(call.state, signatures[i].key);
    if (person == nullptr) continue;  // the subject's own, where it signs
    if (auto added = gathering.add(*person); !added) return added.error();
  }
  return gathering.result();
}

void mark_done(const Call& call, std::uint64_t number, const Act& act, const std::vector<Signer>& signers) {
  for (const auto& signer : signers) {
    const Bytes key = work_done_key(number, act.code, signer);
    DoneRecord record;
    if (const auto bytes = call.state.get(key)) {
      const auto before = decode<DoneRecord>(*bytes);
      invariant(before.has_value(), "a mark of an act decodes");
      record = *before;
    }
    ++record.times;
    record.last = call.now();
    call.state.put(key, encode(record));
  }
}

}  // namespace tally::contracts
