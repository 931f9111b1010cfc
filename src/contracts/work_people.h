// Purpose: who may do an act of a workflow's case, and whose signatures it still needs.
// Thread rule: the executing thread only.
// Errors: not_registered; missing_role; outside_unit; same_person (own affairs, not_by, signing twice); limit_reached
// (once).
#pragma once

#include "contracts/work_case.h"
#include "contracts/work_effects.h"

namespace tally::contracts {

struct Performer {
  Signer signer;
  PersonPtr officer;  // null: a subject
};

// What a performer is measured by; `number` is 0 while the case is being opened.
struct ActFor {
  const Call& call;
  const Act& act;
  const SubjectHandle& subject;
  const SubjectRecord& record;
  std::uint64_t number = 0;
  std::string_view clause;
};

// The transaction's author, who may do the act.
Result<Performer> performer_of(const ActFor& of);

// Where the subject must sign too: its key does, or a second officer if it has none. Returns the further signer.
Result<Signer> subject_signature(const ActFor& of, const Performer& performer);

// Who signed so far, the author first; `missing`: how many further persons are needed.
struct Signatures {
  std::vector<PersonId> signers;
  std::uint32_t missing = 0;
};
// `waiting`: who signed the same act before. The transaction's author and co-signers come to them.
Result<Signatures> gather_signatures(const ActFor& of, const std::vector<PersonId>& waiting);

// Remembers that they did the act.
void mark_done(const Call& call, std::uint64_t number, const Act& act, const std::vector<Signer>& signers);

}  // namespace tally::contracts
