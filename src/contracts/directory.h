// Purpose: people as the chain knows them: signer key -> person -> post, roles and unit.
// Thread rule: the executing thread only.
// Errors: every refusal names the clause (an operation or a rule) as its field.
// Invariant: what is cached equals what the state holds; whoever writes an officer calls forget().
#pragma once

#include <memory>

#include "contracts/records.h"
#include "ledger/executor.h"

namespace tally::contracts {

struct Person {
  PersonId id;
  OfficerRecord post;

  [[nodiscard]] bool has_any(const std::vector<Role>& roles) const;
  [[nodiscard]] bool has_key(const PublicKey& key) const;
};
using PersonPtr = std::shared_ptr<const Person>;

class Directory {
 public:
  // Null if nobody holds the key now. A revoked key is nobody's.
  PersonPtr by_key(const ledger::State& state, const PublicKey& key);
  PersonPtr by_id(const ledger::State& state, const PersonId& id);
  void forget() {
    by_key_.clear();
    by_id_.clear();
  }

 private:
  std::unordered_map<PublicKey, PersonPtr> by_key_;
  std::unordered_map<PersonId, PersonPtr> by_id_;
};

// "recorder or endorser".
std::string names_of(const std::vector<Role>& roles);
Status check_role(const Person& person, const std::vector<Role>& roles, std::string_view clause);
// The unit must be the person's own or lie below it.
Status check_reach(const Person& person, const UnitId& unit, std::string_view clause);

}  // namespace tally::contracts
