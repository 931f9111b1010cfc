#include "contracts/governance.h"

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <charconv>

#include "common/limits.h"
#include "contracts/rule_proposals.h"
#include "contracts/unit.h"
#include "crypto/signature.h"
#include "storage/storage_failure.h"

namespace tally::contracts {

using consensus::Validator;
using ledger::Members;

namespace {

constexpr std::uint64_t kDayLengthMs = 24ULL * 3600 * 1000;
constexpr std::size_t kAddressBytesMax = 255;

std::string_view clause_of(const Change& change) {
  return std::visit([](const auto& it) { return std::decay_t<decltype(it)>::kName; }, change);
}

std::string quoted(std::string_view text) {
  return "\"" + excerpt(text, 80) + "\"";
}

const Validator* member_named(const Members& members, std::string_view name) {
  const auto found = std::find_if(members.list.begin(), members.list.end(),
                                  [&](const Validator& member) { return member.name == name; });
  return found == members.list.end() ? nullptr : &*found;
}

const Validator* member_with_key(const Members& members, const PublicKey& key) {
  const auto found = std::find_if(members.list.begin(), members.list.end(),
                                  [&](const Validator& member) { return member.key == key; });
  return found == members.list.end() ? nullptr : &*found;
}

// The organisation whose node's key signs as the author.
Result<std::string> organisation_of(const Call& call, const Members& members, std::string_view clause) {
  if (call.genesis())
    return refusal(ErrorCode::wrong_state, clause, "stands in the genesis", "the first members in its validators");
  const PublicKey& author = call.context.transaction->body.author;
  if (const auto* member = member_with_key(members, author)) return member->name;
  return refusal(ErrorCode::missing_role, clause, "key " + author.short_hex() + " is no validator's",
                 "the key of a validator's node");
}

std::optional<ProposalRecord> read_proposal(const ledger::State& state, std::uint64_t number) {
  const auto bytes = state.get(proposal_key(number));
  if (!bytes) return std::nullopt;
  return storage::value_or_throw(decode<ProposalRecord>(*bytes));
}

bool has_expired(const ProposalRecord& proposal, TimestampMs now) {
  return now >= expiry_of(proposal);
}

// The candidates of proposals that still stand, beside the members.
struct Standing {
  std::vector<ProposalRecord> open;
};

Standing standing(const Call& call, const ProposalIndex& index) {
  Standing out;
  for (const std::uint64_t number : index.open) {
    auto proposal = read_proposal(call.state, number);
    if (proposal && proposal->state == ProposalState::open && !has_expired(*proposal, call.now()))
      out.open.push_back(std::move(*proposal));
  }
  return out;
}

// --- is this change possible? ---

struct Possible {
  const Call& call;
  const Members& members;
  std::string_view clause;

  Status name_is_free(const std::string& name) const {
    if (name.empty() || name.size() > limits::kTextBytesMax)
      return refusal(ErrorCode::invalid_field, clause, "validator's name has " + std::to_string(name.size()) + " bytes",
                     "1 to " + std::to_string(limits::kTextBytesMax));
    if (member_named(members, name) != nullptr)
      return refusal(ErrorCode::already_registered, clause, "validator " + quoted(name) + " is a member already",
                     "another name");
    return {};
  }
  Status key_is_free(const PublicKey& key) const {
    if (!crypto::valid_public_key(key))
      return refusal(ErrorCode::invalid_field, clause, "key " + key.short_hex() + " is not an Ed25519 public key",
                     "a key made by tally key");
    if (const auto* member = member_with_key(members, key))
      return refusal(ErrorCode::already_registered, clause,
                     "key " + key.short_hex() + " is the key of validator " + quoted(member->name), "a new key");
    return {};
  }
  Status is_member(const std::string& name) const {
    if (member_named(members, name) != nullptr) return {};
    return refusal(ErrorCode::not_registered, clause, quoted(name) + " is no validator", "the name of a validator");
  }

  Status operator()(const AddValidator& change) const {
    if (auto name = name_is_free(change.validator); !name) return name;
    if (auto key = key_is_free(change.key); !key) return key;
    if (members.list.size() >= limits::kReplicasMax)
      return refusal(ErrorCode::limit_reached, clause,
                     "there are " + std::to_string(members.list.size()) + " validators",
                     "at most " + std::to_string(limits::kReplicasMax));
    return {};
  }
  Status operator()(const RemoveValidator& change) const {
    if (auto member = is_member(change.validator); !member) return member;
    if (members.list.size() == 1)
      return refusal(ErrorCode::wrong_state, clause, quoted(change.validator) + " is the last validator",
                     "another validator beside it first");
    return {};
  }
  Status operator()(const RotateValidatorKey& change) const {
    if (auto member = is_member(change.validator); !member) return member;
    return key_is_free(change.key);
  }
  Status operator()(const RaiseProtocol& change) const {
    const auto plan = ledger::read_protocol(call.state);
    const std::uint32_t current = std::max(plan.version, plan.next ? plan.next->version : 0);
    if (change.version <= current)
      return refusal(ErrorCode::wrong_state, clause,
                     "version " + std::to_string(change.version) + " is not above version " + std::to_string(current) +
                         ", which is in force or planned",
                     "a higher version");
    if (plan.next && change.from <= plan.next->from.value)
      return refusal(ErrorCode::wrong_state, clause,
                     "block " + std::to_string(change.from) + " is not after block " +
                         std::to_string(plan.next->from.value) + ", where version " +
                         std::to_string(plan.next->version) + " begins",
                     "a later block");
    return {};
  }
};

// --- may it be proposed? ---

Status check_address(const std::string& address, std::string_view clause) {
  const auto colon = address.rfind(':');
  unsigned port = 0;
  bool good = colon != std::string::npos && colon > 0 && address.size() <= kAddressBytesMax;
  if (good) {
    const auto [end, failure] = std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
    good = failure == std::errc{} && end == address.data() + address.size() && port > 0 && port < 65536;
  }
  const bool printable = std::all_of(address.begin(), address.end(), [](char c) { return c > ' ' && c < 127; });
  if (good && printable) return {};
  return refusal(ErrorCode::invalid_field, clause, "address is " + quoted(address), "host:port, such as 10.1.2.3:7001");
}

Status check_new_key_signs(const Call& call, const PublicKey& key, std::string_view clause) {
  for (const auto& signature : call.context.transaction->signatures)
    if (signature.key == key) return {};
  return refusal(ErrorCode::bad_signature, clause, "key " + key.short_hex() + " did not sign",
                 "the new key's signature beside the author's, so that nobody is named who cannot vote");
}

// What is needed of the transaction, beyond what must hold of the members.
struct Proposable {
  const Call& call;
  std::string_view clause;

  Status operator()(const AddValidator& change) const {
    if (auto address = check_address(change.address, clause); !address) return address;
    return check_new_key_signs(call, change.key, clause);
  }
  Status operator()(const RemoveValidator&) const { return {}; }
  Status operator()(const RotateValidatorKey& change) const { return check_new_key_signs(call, change.key, clause); }
  Status operator()(const RaiseProtocol& change) const {
    const std::uint64_t earliest = call.context.block.height.value + limits::kProtocolLeadBlocks;
    if (change.from >= earliest) return {};
    return refusal(ErrorCode::invalid_field, clause, "block " + std::to_string(change.from) + " comes too soon",
                   "block " + std::to_string(earliest) + " or later, so that every office can install what knows it");
  }
};

// Names and keys that an open proposal speaks for already.
Status check_not_proposed(const Standing& now, const Change& change, std::string_view clause) {
  const auto names = [](const Change& it) {
    return std::visit(
        []<class One>(const One& one) -> std::string {
          if constexpr (requires { one.validator; }) return one.validator;
          return "";
        },
        it);
  };
  const auto key = [](const Change& it) {
    return std::visit(
        []<class One>(const One& one) -> std::optional<PublicKey> {
          if constexpr (requires { one.key; }) return one.key;
          return std::nullopt;
        },
        it);
  };
  for (const auto& open : now.open) {
    const std::string where = "open proposal " + std::to_string(open.number);
    if (open.change.index() == change.index() && names(open.change) == names(change))
      return refusal(ErrorCode::already_registered, clause, where + " is about the same", "a vote on it");
    if (key(change) && key(open.change) == key(change))
      return refusal(ErrorCode::already_registered, clause, "key " + key(change)->short_hex() + " stands in " + where,
                     "a new key");
  }
  return {};
}

Status check_room(const Standing& now, const std::string& proposer, std::string_view clause) {
  if (now.open.size() >= limits::kOpenProposalsMax)
    return refusal(ErrorCode::limit_reached, clause, std::to_string(now.open.size()) + " proposals are open",
                   "at most " + std::to_string(limits::kOpenProposalsMax) + ": vote on those first");
  const auto own = std::count_if(now.open.begin(), now.open.end(),
                                 [&](const ProposalRecord& open) { return open.proposer == proposer; });
  if (static_cast<std::size_t>(own) < limits::kOpenProposalsPerMemberMax) return {};
  return refusal(ErrorCode::limit_reached, clause, quoted(proposer) + " has " + std::to_string(own) + " open proposals",
                 "at most " + std::to_string(limits::kOpenProposalsPerMemberMax));
}

// --- adoption ---

struct Adopt {
  ledger::State& state;
  Members members;

  void operator()(const AddValidator& change) {
    members.list.push_back({change.validator, change.key});
    write_members(state, members);
  }
  void operator()(const RemoveValidator& change) {
    std::erase_if(members.list, [&](const Validator& member) { return member.name == change.validator; });
    write_members(state, members);
  }
  void operator()(const RotateValidatorKey& change) {
    for (auto& member : members.list)
      if (member.name == change.validator) member.key = change.key;
    write_members(state, members);
  }
  void operator()(const RaiseProtocol& change) {
    auto plan = ledger::read_protocol(state);
    // A version that has begun and was not written down yet, because no block followed.
    if (plan.next) plan.version = plan.next->version;
    plan.next = ledger::ProtocolChange{change.version, BlockHeight{change.from}};
    write_protocol(state, plan);
  }
};

// Nodes of members and of open proposals, and no others.
void settle_nodes(Call& call, const ProposalIndex& index) {
  const Members members = ledger::read_members(call.state);
  const ledger::Nodes before = ledger::read_nodes(call.state);
  ledger::Nodes after;
  const auto address_of = [&](const std::string& name) -> std::string {
    for (const auto& node : before.list)
      if (node.name == name) return node.address;
    return "";
  };
  for (const auto& member : members.list)
    if (const std::string address = address_of(member.name); !address.empty())
      after.list.push_back({member.key, member.name, address});
  for (const auto& open : standing(call, index).open) {
    if (const auto* added = std::get_if<AddValidator>(&open.change))
      after.list.push_back({added->key, added->validator, added->address});
    if (const auto* rotated = std::get_if<RotateValidatorKey>(&open.change))
      after.list.push_back({rotated->key, rotated->validator, address_of(rotated->validator)});
  }
  if (after != before) write_nodes(call.state, after);
}

// Adopts or closes what its ballots decide, and writes it.
Outcome decide(Call& call, ProposalRecord proposal, ProposalIndex index) {
  const Members members = ledger::read_members(call.state);
  ProposalOutcome outcome = count_ballots(proposal, members);
  if (outcome.approvals >= outcome.needed) {
    const bool possible = std::visit(Possible{call, members, clause_of(proposal.change)}, proposal.change).has_value();
    proposal.state = possible ? ProposalState::adopted : ProposalState::outdated;
  } else if (members.list.size() - count_rejections(proposal, members) < outcome.needed) {
    proposal.state = ProposalState::rejected;
  }
  outcome.state = proposal.state;
  if (proposal.state != ProposalState::open) std::erase(index.open, proposal.number);
  call.state.put(proposal_key(proposal.number), encode(proposal));
  call.state.put(as_bytes(kProposalIndexKey), encode(index));
  // A candidate whose own vote is enough has not been listed yet.
  if (const auto* added = std::get_if<AddValidator>(&proposal.change);
      added != nullptr && proposal.state == ProposalState::adopted) {
    ledger::Nodes nodes = ledger::read_nodes(call.state);
    nodes.list.push_back({added->key, added->validator, added->address});
    write_nodes(call.state, nodes);
  }
  if (proposal.state == ProposalState::adopted) std::visit(Adopt{call.state, members}, proposal.change);
  settle_nodes(call, index);
  OperationOutput output;
  output.proposal = outcome;
  return output;
}

void cast_ballot(ProposalRecord& proposal, const std::string& validator, bool approve) {
  for (auto& ballot : proposal.ballots) {
    if (ballot.validator != validator) continue;
    ballot.approve = approve;
    return;
  }
  proposal.ballots.push_back({validator, approve});
}

}  // namespace

ProposalIndex read_proposal_index(const ledger::State& state) {
  const auto bytes = state.get(as_bytes(kProposalIndexKey));
  return bytes ? storage::value_or_throw(decode<ProposalIndex>(*bytes)) : ProposalIndex{};
}

Bytes proposal_key(std::uint64_t number) {
  Bytes key;
  append(key, as_bytes("proposal"));
  key.push_back(0);
  append(key, big_endian(number));
  return key;
}

TimestampMs expiry_of(const ProposalRecord& proposal) {
  return proposal.opened.plus(limits::kProposalMsMax);
}

ProposalOutcome count_ballots(const ProposalRecord& proposal, const Members& members) {
  ProposalOutcome out{proposal.number, proposal.state, 0,
                      consensus::Quorum{static_cast<std::uint32_t>(members.list.size())}.q()};
  for (const auto& ballot : proposal.ballots)
    out.approvals += ballot.approve && member_named(members, ballot.validator) != nullptr ? 1 : 0;
  return out;
}

std::uint32_t count_rejections(const ProposalRecord& proposal, const Members& members) {
  std::uint32_t out = 0;
  for (const auto& ballot : proposal.ballots)
    out += !ballot.approve && member_named(members, ballot.validator) != nullptr ? 1 : 0;
  return out;
}

Outcome propose(Call& call, const Change& change) {
  const std::string_view clause = clause_of(change);
  const bool early = call.genesis();
  const Members members = early ? Members{} : ledger::read_members(call.state);
  const auto proposer = organisation_of(call, members, clause);
  if (!proposer) return proposer.error();
  if (auto possible = std::visit(Possible{call, members, clause}, change); !possible) return possible.error();
  if (auto proposable = std::visit(Proposable{call, clause}, change); !proposable) return proposable.error();
  ProposalIndex index = read_proposal_index(call.state);
  const Standing now = standing(call, index);
  if (auto fresh = check_not_proposed(now, change, clause); !fresh) return fresh.error();
  if (auto room = check_room(now, *proposer, clause); !room) return room.error();
  // Whatever expired meanwhile is closed now, at most kOpenProposalsMax of them.
  for (const std::uint64_t number : std::vector<std::uint64_t>(index.open)) {
    auto old = read_proposal(call.state, number);
    if (!old || !has_expired(*old, call.now())) continue;
    old->state = ProposalState::expired;
    call.state.put(proposal_key(number), encode(*old));
    std::erase(index.open, number);
  }
  ProposalRecord proposal{++index.last, change, *proposer, call.now(), ProposalState::open, {}};
  index.open.push_back(proposal.number);
  cast_ballot(proposal, *proposer, true);
  return decide(call, std::move(proposal), std::move(index));
}

Outcome vote(Call& call, const VoteProposal& operation) {
  constexpr auto clause = VoteProposal::kName;
  const Members members = call.genesis() ? Members{} : ledger::read_members(call.state);
  const auto voter = organisation_of(call, members, clause);
  if (!voter) return voter.error();
  auto proposal = read_proposal(call.state, operation.proposal);
  const std::string name = "proposal " + std::to_string(operation.proposal);
  if (!proposal && call.state.get(rule_proposal_key(operation.proposal)))
    return refusal(ErrorCode::not_found, clause, name + " is about rules", "an officer's approve_proposal");
  if (!proposal)
    return refusal(ErrorCode::not_found, clause, name + " does not exist", "the number of an open proposal");
  if (proposal->state == ProposalState::open && has_expired(*proposal, call.now()))
    proposal->state = ProposalState::expired;
  if (proposal->state != ProposalState::open)
    return refusal(ErrorCode::wrong_state, clause,
                   name + " is " + boost::describe::enum_to_string(proposal->state, "closed"), "an open proposal");
  // Where removals lowered the quorum to the approvals that stand, anybody's vote adopts it, a repeated one too.
  const ProposalOutcome before = count_ballots(*proposal, members);
  for (const auto& ballot : proposal->ballots)
    if (ballot.validator == *voter && ballot.approve == operation.approve && before.approvals < before.needed)
      return refusal(ErrorCode::duplicate, clause,
                     quoted(*voter) + " has " + (operation.approve ? "approved " : "rejected ") + name + " already",
                     "nothing more: the vote counts");
  cast_ballot(*proposal, *voter, operation.approve);
  return decide(call, std::move(*proposal), read_proposal_index(call.state));
}

}  // namespace tally::contracts
