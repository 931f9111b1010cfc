#include "contracts/rule_queries.h"

#include <charconv>

#include "common/limits.h"
#include "contracts/governance.h"
#include "contracts/proposal_pages.h"

namespace tally::contracts {

namespace {

Error unknown(std::uint64_t number) {
  return make_error(ErrorCode::not_found, "proposal", std::to_string(number) + " is no proposal about rules",
                    "a number that /v1/rule-proposals lists");
}

Result<RuleProposal> read_rule_proposal(const storage::Reader& reader, std::uint64_t number) {
  auto record = read_record<RuleProposal>(reader, rule_proposal_key(number));
  if (!record) return record.error();
  if (!*record) return unknown(number);
  return **std::move(record);
}

Result<UnitKind> kind_of(const storage::Reader& reader, const UnitId& unit) {
  const auto record = read_record<UnitRecord>(reader, unit_key(unit));
  if (!record) return record.error();
  return *record ? (*record)->kind : UnitKind::village;
}

// Where the page begins: below the number that the cursor names.
Result<std::uint64_t> below(const std::optional<std::string>& cursor, std::uint64_t last) {
  if (!cursor) return last + 1;
  std::uint64_t number = 0;
  const char* end = cursor->data() + cursor->size();
  const auto [stop, failure] = std::from_chars(cursor->data(), end, number);
  if (failure != std::errc{} || stop != end)
    return make_error(ErrorCode::invalid_field, "cursor", "is \"" + excerpt(*cursor, 40) + "\"",
                      "`next` of an earlier answer");
  return std::min(number, last + 1);
}

}  // namespace

Result<RuleProposalView> rule_proposal_view(const storage::Reader& reader, std::uint64_t number, TimestampMs now) {
  auto proposal = read_rule_proposal(reader, number);
  if (!proposal) return proposal.error();
  RuleProposalView out;
  out.proposal = *std::move(proposal);
  // What falls due is settled by the next block.
  if (out.proposal.state == ProposalState::open && now >= out.proposal.expires)
    out.proposal.state = ProposalState::expired;
  std::vector<Approver> counting;
  for (const auto& id : out.proposal.approvals) {
    auto record = read_record<OfficerRecord>(reader, officer_key(id));
    if (!record) return record.error();
    if (!*record) return make_error(ErrorCode::internal, "store", "an approver is not registered");
    const auto& post = **record;
    const auto kind = kind_of(reader, post.unit);
    if (!kind) return kind.error();
    if (!post.keys.empty()) counting.push_back({post.roles, post.unit, *kind});
    out.approvers.push_back({id, post.title, post.unit, post.roles, !post.keys.empty()});
  }
  const auto filled = fill_terms(out.proposal.terms, counting);
  for (std::size_t i = 0; i < filled.filled.size(); ++i)
    out.terms.push_back({out.proposal.terms[i], filled.filled[i], in_words(out.proposal.terms[i])});
  out.outcome = {number, out.proposal.state, filled.approvals, filled.needed};
  return out;
}

Result<Page<RuleProposalView>> rule_proposal_views(const storage::Reader& reader, bool open_only, TimestampMs now,
                                                   std::optional<std::string> cursor, std::size_t rows) {
  const auto index = read_record<ProposalIndex>(reader, as_bytes(kProposalIndexKey));
  if (!index) return index.error();
  const ProposalIndex known = index->value_or(ProposalIndex{});
  const auto from = below(cursor, known.last);
  if (!from) return from.error();
  return proposal_page<RuleProposalView>(
      {known.open_rules, open_only, *from, rows},
      [&](std::uint64_t number) { return rule_proposal_view(reader, number, now); },
      [](const RuleProposalView& view) { return view.proposal.state == ProposalState::open; });
}

Result<std::string> proposed_document(const storage::Reader& reader, std::uint64_t number) {
  const auto proposal = read_rule_proposal(reader, number);
  if (!proposal) return proposal.error();
  const auto* version = std::get_if<NewVersion>(&proposal->change);
  if (version == nullptr)
    return make_error(ErrorCode::not_found, "proposal", std::to_string(number) + " is about no document",
                      "a proposal of a rulebook");
  const Bytes key = proposal->state == ProposalState::adopted ? rulebook_text_key(version->rulebook, version->version)
                                                              : proposed_text_key(number);
  auto text = reader.get(storage::Column::state, key);
  if (!text) return text.error();
  if (!*text) return make_error(ErrorCode::internal, "store", "a proposed document is missing");
  return std::string(as_text(**text));
}

Result<std::vector<CommentRecord>> comments_on(const storage::Reader& reader, std::uint64_t number) {
  if (const auto proposal = read_rule_proposal(reader, number); !proposal) return proposal.error();
  std::vector<CommentRecord> out;
  std::optional<Error> damaged;
  const auto status = reader.scan(storage::Column::state, comment_prefix(number), {}, [&](ByteView, ByteView value) {
    auto record = decode<CommentRecord>(value);
    if (!record) {
      damaged = make_error(ErrorCode::internal, "store", "a comment does not decode");
      return false;
    }
    out.push_back(*std::move(record));
    return true;
  });
  if (!status) return status.error();
  if (damaged) return *damaged;
  return out;
}

Result<ParametersView> parameters_view(const storage::Reader& reader, BlockHeight height) {
  const auto plan = read_parameters(reader);
  if (!plan) return plan.error();
  const Parameters parameters = parameters_at(*plan, height.next());
  ParametersView out;
  for (std::size_t i = 0; i < kParameters; ++i) {
    const auto& info = parameter_infos()[i];
    out.parameters.push_back(
        {std::string(info.name), parameters.values[i], info.least, info.most, info.value, std::string(info.does)});
  }
  for (std::size_t i = 0; i < kFeatures; ++i)
    out.features.push_back(
        {std::string(feature_infos()[i].name), parameters.features[i], std::string(feature_infos()[i].does)});
  for (const auto& change : plan->planned)
    if (change.from > height.value + 1) out.planned.push_back(change);
  return out;
}

}  // namespace tally::contracts
