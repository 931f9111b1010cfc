#include "contracts/approvals.h"

#include <algorithm>

namespace tally::contracts {

namespace {

// A greatest flow from people through (term, unit) to terms, by augmenting paths.
class Seating {
 public:
  Seating(const std::vector<ApprovalTerm>& terms, const std::vector<Approver>& approvers)
      : terms_(terms), approvers_(approvers), seat_(approvers.size(), kNone) {}

  FilledTerms run() {
    for (std::size_t person = 0; person < approvers_.size(); ++person) {
      tried_.assign(approvers_.size(), false);
      (void)place(person);
    }
    FilledTerms out;
    out.filled.assign(terms_.size(), 0);
    for (const std::size_t term : seat_)
      if (term != kNone) ++out.filled[term];
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      out.approvals += out.filled[i];
      out.needed += terms_[i].count;
    }
    return out;
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  // True if the person got a place, others having moved to other terms where needed.
  bool place(std::size_t person) {
    tried_[person] = true;
    for (std::size_t term = 0; term < terms_.size(); ++term) {
      if (!fits(terms_[term], approvers_[person])) continue;
      if (free_in(term, person)) {
        seat_[person] = term;
        return true;
      }
    }
    return false;
  }

  bool free_in(std::size_t term, std::size_t person) {
    // Of a term of distinct units, only whoever speaks for the same unit can make room.
    if (terms_[term].distinct_units)
      for (std::size_t other = 0; other < seat_.size(); ++other)
        if (seat_[other] == term && approvers_[other].unit == approvers_[person].unit)
          return !tried_[other] && place(other);
    if (static_cast<std::uint32_t>(std::count(seat_.begin(), seat_.end(), term)) < terms_[term].count) return true;
    for (std::size_t other = 0; other < seat_.size(); ++other)
      if (seat_[other] == term && !tried_[other] && place(other)) return true;
    return false;
  }

  const std::vector<ApprovalTerm>& terms_;
  const std::vector<Approver>& approvers_;
  std::vector<std::size_t> seat_;  // of each person: the term they count for
  std::vector<bool> tried_;
};

}  // namespace

bool fits(const Post& post, const Approver& approver) {
  return (!post.unit_kind || *post.unit_kind == approver.kind) &&
         std::find(approver.roles.begin(), approver.roles.end(), post.role) != approver.roles.end();
}

bool fits(const ApprovalTerm& term, const Approver& approver) {
  return fits(Post{term.role, term.unit_kind}, approver);
}

FilledTerms fill_terms(const std::vector<ApprovalTerm>& terms, const std::vector<Approver>& approvers) {
  return Seating(terms, approvers).run();
}

}  // namespace tally::contracts
