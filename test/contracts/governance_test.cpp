// The members' own affairs: who may propose and vote, what is refused before anybody votes, and when it is adopted.
#include "contracts/governance.h"

#include "crypto/signature.h"
#include "ledger/governed.h"
#include "village.h"

namespace tally::contracts {

namespace {

// Four offices on the ground of the village; "new office" is none yet.
class Council {
 public:
  Council() {
    ledger::Members members;
    for (const char* name : {"a", "b", "c", "d"}) members.list.push_back({name, office(name)});
    write_members(village.state(), members);
    write_protocol(village.state(), {1, std::nullopt});
    write_nodes(village.state(), {});
  }
  static PublicKey office(const std::string& name) { return key_of("office " + name); }
  static Signers by_office(const std::string& name) { return {office(name), {}}; }
  static Signers with_new(const std::string& name, const PublicKey& key) { return {office(name), {key}}; }

  ProposalOutcome done(const Operation& operation, const Signers& signers) {
    return village.done(operation, signers).proposal.value();
  }
  [[nodiscard]] std::vector<std::string> members() {
    std::vector<std::string> out;
    for (const auto& member : ledger::read_members(village.state()).list) out.push_back(member.name);
    return out;
  }

  Village village;
};

const PublicKey kNew = key_of("new office");
const AddValidator kAdd{"e", kNew, "10.0.0.5:7001"};

}  // namespace

TEST_CASE("A validator is added by a quorum of the members, and its node is let in from the proposal on") {
  Council council;
  const auto opened = council.done(kAdd, Council::with_new("a", kNew));
  CHECK(opened == ProposalOutcome{1, ProposalState::open, 1, 3});
  CHECK(ledger::read_nodes(council.village.state()).list ==
        std::vector<ledger::NodeEntry>{{kNew, "e", "10.0.0.5:7001"}});
  CHECK(council.done(VoteProposal{1, true}, Council::by_office("b")).state == ProposalState::open);
  CHECK(council.members().size() == 4);
  CHECK(council.done(VoteProposal{1, true}, Council::by_office("c")) ==
        ProposalOutcome{1, ProposalState::adopted, 3, 3});
  CHECK(council.members() == std::vector<std::string>{"a", "b", "c", "d", "e"});
  CHECK(ledger::read_nodes(council.village.state()).list.size() == 1);
}

TEST_CASE("A removed validator's votes count no more, a new key keeps its organisation's vote") {
  Council council;
  council.done(RemoveValidator{"d"}, Council::by_office("a"));
  council.done(RotateValidatorKey{"b", kNew}, Council::with_new("b", kNew));
  council.done(VoteProposal{2, true}, Council::by_office("d"));
  council.done(VoteProposal{1, true}, Council::by_office("b"));
  CHECK(council.done(VoteProposal{1, true}, Council::by_office("c")).state == ProposalState::adopted);
  CHECK(council.members() == std::vector<std::string>{"a", "b", "c"});
  // d's approval of the other proposal is gone, and q of three is two.
  CHECK(council.done(VoteProposal{2, true}, Council::by_office("a")) ==
        ProposalOutcome{2, ProposalState::adopted, 2, 2});
  CHECK(ledger::read_members(council.village.state()).list[1] == consensus::Validator{"b", kNew});
}

TEST_CASE("Where removals lower the quorum to the approvals that stand, a repeated vote adopts") {
  Council council;
  council.done(RaiseProtocol{2, 1000}, Council::by_office("a"));
  council.done(VoteProposal{1, true}, Council::by_office("b"));
  for (const auto& [leaving, voters] : std::vector<std::pair<std::string, std::string>>{{"d", "bc"}, {"c", "b"}}) {
    const auto number = council.done(RemoveValidator{leaving}, Council::by_office("a")).number;
    for (const char voter : voters) council.done(VoteProposal{number, true}, Council::by_office(std::string(1, voter)));
  }
  CHECK(council.members() == std::vector<std::string>{"a", "b"});
  CHECK(council.done(VoteProposal{1, true}, Council::by_office("a")) ==
        ProposalOutcome{1, ProposalState::adopted, 2, 2});
}

TEST_CASE("Rejections close a proposal that can no longer be adopted, and time does") {
  Council council;
  council.done(kAdd, Council::with_new("a", kNew));
  council.done(VoteProposal{1, false}, Council::by_office("b"));
  CHECK(council.done(VoteProposal{1, false}, Council::by_office("c")).state == ProposalState::rejected);
  CHECK(ledger::read_nodes(council.village.state()).list.empty());
  council.done(kAdd, Council::with_new("a", kNew));
  council.village.after_days(31);
  const auto late = council.village.run(VoteProposal{2, true}, Council::by_office("b"));
  CHECK(late.message == "vote_proposal: proposal 2 is expired; expected an open proposal");
  // An expired one is in nobody's way.
  CHECK(council.done(kAdd, Council::with_new("a", kNew)).number == 3);
}

TEST_CASE("A wrong change is refused with the reason before anybody votes") {
  struct Row {
    const char* name;
    Operation operation;
    Signers signers;
    ErrorCode code;
    std::string text;
  };
  Council council;
  const std::string a = Council::office("a").short_hex();
  const std::string fresh = kNew.short_hex();
  const PublicKey zero{};
  const std::vector<Row> rows = {
      {"not a member",
       kAdd,
       {kNew, {}},
       ErrorCode::missing_role,
       "add_validator: key " + fresh + " is no validator's; expected the key of a validator's node"},
      {"known name", AddValidator{"b", kNew, "h:1"}, Council::with_new("a", kNew), ErrorCode::already_registered,
       "add_validator: validator \"b\" is a member already; expected another name"},
      {"known key", AddValidator{"e", Council::office("a"), "h:1"}, Council::by_office("a"),
       ErrorCode::already_registered, "add_validator: key " + a + " is the key of validator \"a\"; expected a new key"},
      {"zero key", AddValidator{"e", zero, "h:1"}, Council::with_new("a", zero), ErrorCode::invalid_field,
       "add_validator: key " + zero.short_hex() + " is not an Ed25519 public key; expected a key made by tally key"},
      {"no name", AddValidator{"", kNew, "h:1"}, Council::with_new("a", kNew), ErrorCode::invalid_field,
       "add_validator: validator's name has 0 bytes; expected 1 to 512"},
      {"bad address", AddValidator{"e", kNew, "nowhere"}, Council::with_new("a", kNew), ErrorCode::invalid_field,
       "add_validator: address is \"nowhere\"; expected host:port, such as 10.1.2.3:7001"},
      {"port 0", AddValidator{"e", kNew, "h:0"}, Council::with_new("a", kNew), ErrorCode::invalid_field,
       "add_validator: address is \"h:0\"; expected host:port, such as 10.1.2.3:7001"},
      {"new key did not sign", kAdd, Council::by_office("a"), ErrorCode::bad_signature,
       "add_validator: key " + fresh +
           " did not sign; expected the new key's signature beside the author's, so that nobody is named who cannot "
           "vote"},
      {"unknown validator", RemoveValidator{"z"}, Council::by_office("a"), ErrorCode::not_registered,
       "remove_validator: \"z\" is no validator; expected the name of a validator"},
      {"unknown proposal", VoteProposal{9, true}, Council::by_office("a"), ErrorCode::not_found,
       "vote_proposal: proposal 9 does not exist; expected the number of an open proposal"},
      {"old version", RaiseProtocol{1, 1000}, Council::by_office("a"), ErrorCode::wrong_state,
       "raise_protocol: version 1 is not above version 1, which is in force or planned; expected a higher version"},
      {"too soon", RaiseProtocol{2, 1}, Council::by_office("a"), ErrorCode::invalid_field,
       "raise_protocol: block 1 comes too soon; expected block " +
           std::to_string(council.village.block().height.value + 50) +
           " or later, so that every office can install what knows it"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    const auto result = council.village.run(row.operation, row.signers);
    CHECK(name_of(result.code) == name_of(row.code));
    CHECK(result.message == row.text);
  }
  council.done(kAdd, Council::with_new("a", kNew));
  CHECK(council.village.run(kAdd, Council::with_new("b", kNew)).message ==
        "add_validator: open proposal 1 is about the same; expected a vote on it");
  CHECK(council.village.run(VoteProposal{1, true}, Council::by_office("a")).message ==
        "vote_proposal: \"a\" has approved proposal 1 already; expected nothing more: the vote counts");
}

TEST_CASE("The last validator stays, and one alone adds a second by its own vote") {
  Council council;
  write_members(council.village.state(), {{{"a", Council::office("a")}}});
  CHECK(council.village.run(RemoveValidator{"a"}, Council::by_office("a")).message ==
        "remove_validator: \"a\" is the last validator; expected another validator beside it first");
  CHECK(council.done(kAdd, Council::with_new("a", kNew)).state == ProposalState::adopted);
  CHECK(council.members() == std::vector<std::string>{"a", "e"});
  CHECK(ledger::read_nodes(council.village.state()).list.size() == 1);
}

TEST_CASE("The protocol version is planned by vote") {
  Council council;
  council.done(RaiseProtocol{2, 1000}, Council::by_office("a"));
  council.done(VoteProposal{1, true}, Council::by_office("b"));
  council.done(VoteProposal{1, true}, Council::by_office("d"));
  CHECK(ledger::read_protocol(council.village.state()) ==
        ledger::ProtocolPlan{1, ledger::ProtocolChange{2, BlockHeight{1000}}});
}

}  // namespace tally::contracts
