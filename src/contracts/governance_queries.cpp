#include "contracts/governance_queries.h"

#include <charconv>

#include "contracts/proposal_pages.h"
#include "contracts/rule_proposals.h"

namespace tally::contracts {

namespace {

bool is_member(const ledger::Members& members, std::string_view name) {
  return std::any_of(members.list.begin(), members.list.end(),
                     [&](const consensus::Validator& member) { return member.name == name; });
}

std::optional<QuorumView> afterwards_of(const Change& change, std::size_t members) {
  if (std::holds_alternative<AddValidator>(change)) return quorum_view(members + 1);
  if (std::holds_alternative<RemoveValidator>(change) && members > 1) return quorum_view(members - 1);
  return std::nullopt;
}

ProposalView view_of(const ProposalRecord& record, const ledger::Members& members, TimestampMs now) {
  ProposalView out{record.number,
                   record.state,
                   record.change,
                   record.proposer,
                   record.opened,
                   expiry_of(record),
                   {},
                   std::nullopt,
                   0,
                   {},
                   std::nullopt};
  for (const auto& ballot : record.ballots)
    out.ballots.push_back({ballot.validator, ballot.approve, is_member(members, ballot.validator)});
  // Nothing touches an expired one until somebody proposes or votes.
  if (out.state == ProposalState::open && now >= out.expires) out.state = ProposalState::expired;
  if (out.state != ProposalState::open) return out;
  out.outcome = count_ballots(record, members);
  // After a removal enough may have approved: then the next vote adopts it, whoever's it is.
  out.missing = out.outcome->needed > out.outcome->approvals ? out.outcome->needed - out.outcome->approvals : 0;
  for (const auto& member : members.list)
    if (std::none_of(record.ballots.begin(), record.ballots.end(),
                     [&](const Ballot& ballot) { return ballot.validator == member.name; }))
      out.undecided.push_back(member.name);
  out.afterwards = afterwards_of(record.change, members.list.size());
  return out;
}

Result<ProposalIndex> index_of(const storage::Reader& reader) {
  auto index = read_record<ProposalIndex>(reader, as_bytes(kProposalIndexKey));
  if (!index) return index.error();
  return index->value_or(ProposalIndex{});
}

// Where the page begins: below the number that the cursor names.
Result<std::uint64_t> below(const std::optional<std::string>& cursor, std::uint64_t last) {
  if (!cursor) return last + 1;
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(cursor->data(), cursor->data() + cursor->size(), number);
  if (failure != std::errc{} || end != cursor->data() + cursor->size())
    return make_error(ErrorCode::invalid_field, "cursor", "is \"" + excerpt(*cursor, 40) + "\"",
                      "`next` of an earlier answer");
  return std::min(number, last + 1);
}

}  // namespace

QuorumView quorum_view(std::size_t members) {
  const consensus::Quorum quorum{static_cast<std::uint32_t>(members)};
  return {quorum.n, quorum.f(), quorum.q()};
}

Result<ValidatorsView> validators_view(const storage::Reader& reader, const consensus::ValidatorSet& members) {
  const auto nodes = ledger::read_nodes(reader);
  if (!nodes) return nodes.error();
  ValidatorsView out{members.epoch, members.start, quorum_view(members.members.size()), {}, {}};
  for (std::uint32_t i = 0; i < members.members.size(); ++i)
    out.validators.push_back({i, members.members[i].name, members.members[i].key, std::nullopt});
  for (const auto& node : nodes->list) {
    const auto member = std::find_if(out.validators.begin(), out.validators.end(),
                                     [&](const MemberView& one) { return one.key == node.key; });
    if (member == out.validators.end())
      out.candidates.push_back(node);
    else if (!node.address.empty())
      member->address = node.address;
  }
  return out;
}

Result<ProposalView> proposal_view(const storage::Reader& reader, std::uint64_t number, TimestampMs now) {
  const auto record = read_record<ProposalRecord>(reader, proposal_key(number));
  if (!record) return record.error();
  if (!*record) {
    const auto rules = reader.get(storage::Column::state, rule_proposal_key(number));
    const bool about_rules = rules && *rules;
    return make_error(ErrorCode::not_found, "proposal",
                      std::to_string(number) + (about_rules ? " is about rules" : " does not exist"),
                      about_rules ? "/v1/rule-proposals/" + std::to_string(number)
                                  : "the number of a proposal, as /v1/proposals lists them");
  }
  const auto members = ledger::read_members(reader);
  if (!members) return members.error();
  return view_of(**record, *members, now);
}

Result<Page<ProposalView>> proposal_views(const storage::Reader& reader, bool open_only, TimestampMs now,
                                          std::optional<std::string> cursor, std::size_t rows) {
  const auto index = index_of(reader);
  if (!index) return index.error();
  auto from = below(cursor, index->last);
  if (!from) return from.error();
  return proposal_page<ProposalView>(
      {index->open, open_only, *from, rows}, [&](std::uint64_t number) { return proposal_view(reader, number, now); },
      [](const ProposalView& view) { return view.state == ProposalState::open; });
}

Result<ProtocolView> protocol_view(const storage::Reader& reader, BlockHeight height) {
  const auto plan = ledger::read_protocol(reader);
  if (!plan) return plan.error();
  ProtocolView out{plan->at(height.next()), plan->next};
  if (out.next && height.next() >= out.next->from) out.next.reset();
  return out;
}

}  // namespace tally::contracts
