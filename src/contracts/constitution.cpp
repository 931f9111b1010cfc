#include "contracts/constitution.h"

#include <boost/describe/enum_to_string.hpp>

#include "contracts/directory.h"
#include "contracts/query_reading.h"
#include "storage/storage_failure.h"

namespace tally::contracts {

namespace {

constexpr std::size_t kPostsMax = 16;

Error wrong(const std::string& field, std::string problem, std::string expected) {
  return make_error(ErrorCode::invalid_field, field, std::move(problem), std::move(expected));
}

Status check_terms(const std::vector<ApprovalTerm>& terms, const std::string& field) {
  if (terms.size() > kApprovalTermsMax)
    return wrong(field, "has " + std::to_string(terms.size()) + " terms",
                 "at most " + std::to_string(kApprovalTermsMax));
  for (std::size_t i = 0; i < terms.size(); ++i)
    if (terms[i].count < 1 || terms[i].count > kApprovalCountMax)
      return wrong(field + "[" + std::to_string(i) + "].count", "is " + std::to_string(terms[i].count),
                   "a whole number from 1 to " + std::to_string(kApprovalCountMax));
  return {};
}

Status check_procedure(const Procedure& procedure, const std::string& field) {
  if (procedure.proposers.empty() || procedure.proposers.size() > kPostsMax)
    return wrong(field + ".proposers", "names " + std::to_string(procedure.proposers.size()) + " posts",
                 "1 to " + std::to_string(kPostsMax));
  if (procedure.approvals.empty())
    return wrong(field + ".approvals", "is empty", "a term: nobody adopts what they proposed by themselves");
  if (auto terms = check_terms(procedure.approvals, field + ".approvals"); !terms) return terms;
  if (procedure.comment_days > kCommentDaysMax)
    return wrong(field + ".comment_days", "is " + std::to_string(procedure.comment_days),
                 "a whole number from 0 to " + std::to_string(kCommentDaysMax));
  if (procedure.open_days <= procedure.comment_days || procedure.open_days > kOpenDaysMax)
    return wrong(field + ".open_days", "is " + std::to_string(procedure.open_days),
                 "more than comment_days, which is " + std::to_string(procedure.comment_days) + ", and at most " +
                     std::to_string(kOpenDaysMax));
  return {};
}

bool same_people(const ApprovalTerm& left, const ApprovalTerm& right) {
  return left.role == right.role && left.unit_kind == right.unit_kind;
}

bool has_bank_officer(const std::vector<Role>& roles) {
  return std::find(roles.begin(), roles.end(), Role::bank_officer) != roles.end();
}

std::string kind_name(UnitKind kind) {
  return boost::describe::enum_to_string(kind, "unknown");
}

}  // namespace

const Constitution& default_constitution() {
  static const Constitution constitution{
      {{{Role::governor, std::nullopt}, {Role::recorder, UnitKind::village}},
       {{Role::governor, std::nullopt, 1, false}},
       7,
       31},
      {{Role::bank_officer, std::nullopt, 1, false}},
      {{{Role::governor, std::nullopt}}, {{Role::governor, std::nullopt, 1, false}}, 7, 31}};
  return constitution;
}

Status check_constitution(const Constitution& constitution) {
  if (auto rulebooks = check_procedure(constitution.rulebooks, "constitution.rulebooks"); !rulebooks) return rulebooks;
  if (auto banks = check_terms(constitution.bank_rules, "constitution.bank_rules"); !banks) return banks;
  return check_procedure(constitution.parameters, "constitution.parameters");
}

Constitution read_constitution(const ledger::State& state) {
  const auto bytes = state.get(as_bytes(kConstitutionKey));
  return bytes ? storage::value_or_throw(decode<Constitution>(*bytes)) : default_constitution();
}

Result<std::optional<Constitution>> read_constitution(const storage::Reader& reader) {
  return read_record<Constitution>(reader, as_bytes(kConstitutionKey));
}

bool concerns_banks(const Rulebook& rulebook) {
  for (const auto& book : rulebook.books)
    for (const auto& gate : book.gates)
      if (gate.grants || has_bank_officer(gate.asked_by)) return true;
  return std::any_of(rulebook.rules.begin(), rulebook.rules.end(), [](const Rule& rule) {
    return has_bank_officer(rule.proposer_roles) || has_bank_officer(rule.endorser_roles);
  });
}

std::vector<ApprovalTerm> terms_for(const Constitution& constitution, const Rulebook& next, const Rulebook* last) {
  std::vector<ApprovalTerm> out = constitution.rulebooks.approvals;
  if (concerns_banks(next) || (last != nullptr && concerns_banks(*last)))
    out.insert(out.end(), constitution.bank_rules.begin(), constitution.bank_rules.end());
  const auto& own = next.approval.terms;
  out.insert(out.end(), own.begin(), own.end());
  if (last == nullptr) return out;
  for (const auto& old : last->approval.terms) {
    const bool kept = std::any_of(own.begin(), own.end(), [&](const ApprovalTerm& term) {
      return same_people(term, old) && term.count >= old.count && (term.distinct_units || !old.distinct_units);
    });
    if (!kept) out.push_back(old);
  }
  return out;
}

std::string in_words(const Post& post) {
  std::string out = names_of({post.role});
  if (post.unit_kind) out += " of a " + kind_name(*post.unit_kind);
  return out;
}

std::string in_words(const std::vector<Post>& posts) {
  std::string out;
  for (const auto& post : posts) out += (out.empty() ? "" : " or ") + in_words(post);
  return out;
}

std::string in_words(const ApprovalTerm& term) {
  std::string out = std::to_string(term.count) + " x " + in_words(Post{term.role, term.unit_kind});
  if (term.distinct_units) out += ", each of another unit";
  return out;
}

}  // namespace tally::contracts
