#include "contracts/directory.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "contracts/unit.h"

namespace tally::contracts {

namespace {
constexpr std::size_t kCachedPeopleMax = 65536;
}

bool Person::has_any(const std::vector<Role>& roles) const {
  return std::any_of(roles.begin(), roles.end(), [&](Role role) {
    return std::find(post.roles.begin(), post.roles.end(), role) != post.roles.end();
  });
}

bool Person::has_key(const PublicKey& key) const {
  return std::find(post.keys.begin(), post.keys.end(), key) != post.keys.end();
}

PersonPtr Directory::by_id(const ledger::State& state, const PersonId& id) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) return found->second;
  const auto bytes = state.get(officer_key(id));
  if (!bytes) return nullptr;
  auto record = decode<OfficerRecord>(*bytes);
  invariant(record.has_value(), "an officer in the state decodes");
  if (by_id_.size() >= kCachedPeopleMax) forget();
  auto person = std::make_shared<Person>(Person{id, *std::move(record)});
  by_id_[id] = person;
  return person;
}

PersonPtr Directory::by_key(const ledger::State& state, const PublicKey& key) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second;
  const auto bytes = state.get(person_of_key(key));
  if (!bytes) return nullptr;
  const auto id = PersonId::from_view(*bytes);
  invariant(id.has_value(), "a key in the state names a person");
  auto person = by_id(state, *id);
  if (person == nullptr || !person->has_key(key)) return nullptr;
  by_key_[key] = person;
  return person;
}

std::string names_of(const std::vector<Role>& roles) {
  std::string out;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (i > 0) out += i + 1 == roles.size() ? " or " : ", ";
    out += boost::describe::enum_to_string(roles[i], "unknown");
  }
  return out;
}

Status check_role(const Person& person, const std::vector<Role>& roles, std::string_view clause) {
  if (person.has_any(roles)) return {};
  return make_error(ErrorCode::missing_role, std::string(clause),
                    "person " + person.id.short_hex() + " is " + names_of(person.post.roles),
                    "the role " + names_of(roles));
}

Status check_reach(const Person& person, const UnitId& unit, std::string_view clause) {
  if (in_unit(unit, person.post.unit)) return {};
  return make_error(
      ErrorCode::outside_unit, std::string(clause),
      "person " + person.id.short_hex() + " acts for " + person.post.unit + ", which " + unit + " is not in",
      "an officer of " + unit + " or of a unit above it");
}

}  // namespace tally::contracts
