// Purpose: whether approvals fill the terms that are asked for. Each person counts for one term only; where somebody
// fits several, people are set so that the most terms are filled.
// Thread rule: pure functions. The result does not depend on the order of the approvers.
// Bounds: terms x people steps for each person, both of which are bounded by kApprovalTermsMax and the approvals kept.
#pragma once

#include "contracts/operations.h"

namespace tally::contracts {

struct Approver {
  std::vector<Role> roles;
  UnitId unit;
  UnitKind kind = UnitKind::village;
};

[[nodiscard]] bool fits(const ApprovalTerm& term, const Approver& approver);
[[nodiscard]] bool fits(const Post& post, const Approver& approver);

struct FilledTerms {
  std::vector<std::uint32_t> filled;  // of each term
  std::uint32_t approvals = 0;        // together
  std::uint32_t needed = 0;
  [[nodiscard]] bool complete() const { return approvals >= needed; }
};
FilledTerms fill_terms(const std::vector<ApprovalTerm>& terms, const std::vector<Approver>& approvers);

}  // namespace tally::contracts
