// Purpose: what every operation of the engine works with: its context, the state, people and rulebooks; and the
// checks on people that operations share.
// Thread rule: the executing thread only.
// Errors: an Outcome's error is the refusal: its field is the clause (a rule's code or the operation's name).
#pragma once

#include "cel/function.h"
#include "contracts/directory.h"
#include "contracts/parameters.h"
#include "contracts/shelf.h"
#include "ledger/executor.h"

namespace tally::contracts {

using Outcome = Result<OperationOutput>;

struct Call {
  const ledger::OperationContext& context;
  ledger::State& state;
  Directory& people;
  Shelf& shelf;
  cel::Evaluation& budget;  // of the operation's expressions
  ParameterShelf& settings;

  [[nodiscard]] bool genesis() const { return context.genesis(); }
  [[nodiscard]] TimestampMs now() const { return context.block.time; }
  [[nodiscard]] std::uint64_t parameter(Parameter parameter) const {
    return settings.at(state, context.block.height).of(parameter);
  }
};

inline Error refusal(ErrorCode code, std::string_view clause, std::string problem, std::string expected = {}) {
  return make_error(code, std::string(clause), std::move(problem), std::move(expected));
}

// Operations that need people are refused at genesis, where nobody signs.
Status check_signed(const Call& call, std::string_view clause);
// The person who holds the author's key.
Result<PersonPtr> author_of(const Call& call, std::string_view clause);
// The author, who must hold one of the roles and whose unit must cover `unit`.
Result<PersonPtr> authority_of(const Call& call, const std::vector<Role>& roles, const UnitId& unit,
                               std::string_view clause);

// What a co-signer must be: somebody other than `others`, with a role, in reach of a unit, without a stake.
struct SecondPerson {
  std::vector<PersonId> others;
  std::vector<Role> roles;
  const UnitId& unit;
  const SubjectRecord* without_stake_in = nullptr;
};
[[nodiscard]] bool has_co_signers(const Call& call);
// The first co-signer who qualifies; else the refusal of the first co-signer.
Result<PersonPtr> second_person(const Call& call, const SecondPerson& wanted, std::string_view clause);

// Nobody acts in the affairs of a subject that is their own: by declaration, or because its key is theirs.
Status check_no_stake(const Call& call, const Person& person, const SubjectRecord& subject, std::string_view clause);

// A retired rulebook takes nothing that happens from its retirement on.
Status check_not_retired(const Call& call, const RulebookId& rulebook, TimestampMs time, std::string_view clause);

Result<SubjectRecord> subject_of(const Call& call, const SubjectHandle& subject, std::string_view clause);

}  // namespace tally::contracts
