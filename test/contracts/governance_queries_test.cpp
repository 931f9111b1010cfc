// What is read about proposals: pages, who has voted, what a removal does to a count, and expiry by block time.
#include "contracts/governance_queries.h"

#include "ledger/governed.h"
#include "village.h"

namespace tally::contracts {

namespace {

PublicKey office(const std::string& name) {
  return key_of("office " + name);
}

struct Readers {
  Readers() {
    ledger::Members members;
    for (const char* name : {"a", "b", "c", "d"}) members.list.push_back({name, office(name)});
    write_members(village.state(), members);
    write_protocol(village.state(), {1, std::nullopt});
    write_nodes(village.state(), {});
  }
  void propose(const Operation& operation, const std::string& by_office, std::vector<PublicKey> others = {}) {
    village.done(operation, {office(by_office), std::move(others)});
  }
  void vote(std::uint64_t number, const std::string& by_office, bool approve = true) {
    village.done(VoteProposal{number, approve}, {office(by_office), {}});
  }
  ProposalView view(std::uint64_t number) {
    const auto store = village.state().to_store();
    return proposal_view(*store, number, village.now()).value();
  }
  std::vector<std::uint64_t> numbers(bool open_only) {
    const auto store = village.state().to_store();
    std::vector<std::uint64_t> out;
    std::optional<std::string> cursor;
    do {
      const auto page = proposal_views(*store, open_only, village.now(), cursor, 2);
      REQUIRE(page.has_value());
      CHECK(page->rows.size() <= 2);
      for (const auto& row : page->rows) out.push_back(row.number);
      cursor = page->next;
    } while (cursor);
    return out;
  }

  Village village;
};

}  // namespace

TEST_CASE("Proposals come newest first, page by page, the open ones or all") {
  Readers readers;
  CHECK(readers.numbers(false).empty());
  readers.propose(RemoveValidator{"a"}, "a");
  readers.propose(RemoveValidator{"b"}, "a");
  readers.propose(RemoveValidator{"c"}, "a");
  readers.propose(RaiseProtocol{2, 1000}, "a");
  readers.vote(2, "b", false);
  readers.vote(2, "c", false);
  CHECK(readers.numbers(true) == std::vector<std::uint64_t>{4, 3, 1});
  CHECK(readers.numbers(false) == std::vector<std::uint64_t>{4, 3, 2, 1});
  const auto store = readers.village.state().to_store();
  CHECK(proposal_views(*store, true, readers.village.now(), "x", 2).error().text() ==
        "cursor: is \"x\"; expected `next` of an earlier answer");
  CHECK(proposal_views(*store, false, readers.village.now(), "18446744073709551615", 1)->rows[0].number == 4);
  CHECK(proposal_views(*store, false, readers.village.now(), "0", 1)->rows.empty());
  CHECK(proposal_view(*store, 9, readers.village.now()).error().text() ==
        "proposal: 9 does not exist; expected the number of a proposal, as /v1/proposals lists them");
}

TEST_CASE("A proposal says who has voted, what is missing, and what the members would be") {
  Readers readers;
  readers.propose(RemoveValidator{"d"}, "a");
  readers.propose(RaiseProtocol{2, 1000}, "d");
  readers.vote(1, "b", false);
  auto view = readers.view(1);
  CHECK(view.outcome == ProposalOutcome{1, ProposalState::open, 1, 3});
  CHECK(view.missing == 2);
  CHECK(view.undecided == std::vector<std::string>{"c", "d"});
  CHECK(view.afterwards == QuorumView{3, 0, 2});
  readers.vote(1, "b", true);
  readers.vote(1, "c");
  view = readers.view(1);
  CHECK(view.state == ProposalState::adopted);
  CHECK_FALSE(view.outcome);
  CHECK(view.missing == 0);
  CHECK(view.undecided.empty());
  // The removed proposer's approval counts no more.
  view = readers.view(2);
  CHECK(view.outcome == ProposalOutcome{2, ProposalState::open, 0, 2});
  REQUIRE(view.ballots.size() == 1);
  CHECK(view.ballots[0].validator == "d");
  CHECK_FALSE(view.ballots[0].counts);
  CHECK_FALSE(view.afterwards);
}

TEST_CASE("A proposal that nobody touched is shown as expired from its time on") {
  Readers readers;
  readers.propose(RemoveValidator{"d"}, "a");
  const auto view = readers.view(1);
  const auto store = readers.village.state().to_store();
  CHECK(proposal_view(*store, 1, TimestampMs{view.expires.value - 1})->state == ProposalState::open);
  CHECK(proposal_view(*store, 1, view.expires)->state == ProposalState::expired);
  CHECK(proposal_views(*store, true, view.expires, std::nullopt, 9)->rows.empty());
}

TEST_CASE("A planned version is shown until it begins, then it is the one in force") {
  Readers readers;
  write_protocol(readers.village.state(), {1, ledger::ProtocolChange{2, BlockHeight{100}}});
  const auto store = readers.village.state().to_store();
  const auto before = protocol_view(*store, BlockHeight{98}).value();
  CHECK(before.version == 1);
  CHECK(before.next == ledger::ProtocolChange{2, BlockHeight{100}});
  const auto after = protocol_view(*store, BlockHeight{99}).value();
  CHECK(after.version == 2);
  CHECK_FALSE(after.next);
}

TEST_CASE("Members show the address that governance named, candidates stand apart") {
  Readers readers;
  const PublicKey fresh = key_of("new office");
  readers.propose(AddValidator{"e", fresh, "10.0.0.5:7001"}, "a", {fresh});
  readers.propose(RotateValidatorKey{"b", key_of("new b")}, "b", {key_of("new b")});
  consensus::ValidatorSet set{Epoch{3}, BlockHeight{7}, ledger::read_members(readers.village.state()).list};
  auto store = readers.village.state().to_store();
  auto view = validators_view(*store, set).value();
  CHECK(view.quorum == QuorumView{4, 1, 3});
  CHECK(view.epoch == Epoch{3});
  REQUIRE(view.validators.size() == 4);
  CHECK_FALSE(view.validators[0].address);
  CHECK(view.candidates == std::vector<ledger::NodeEntry>{{fresh, "e", "10.0.0.5:7001"}, {key_of("new b"), "b", ""}});
  readers.vote(1, "b");
  readers.vote(1, "c");
  store = readers.village.state().to_store();
  set.members = ledger::read_members(readers.village.state()).list;
  view = validators_view(*store, set).value();
  REQUIRE(view.validators.size() == 5);
  CHECK(view.validators[4].address == "10.0.0.5:7001");
  CHECK(view.candidates.size() == 1);
}

}  // namespace tally::contracts
