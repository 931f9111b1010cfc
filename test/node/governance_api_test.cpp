// What a node tells of its members, of proposals and of the protocol, while offices join and change keys over HTTP.
#include <catch2/catch.hpp>

#include "contracts/transaction_json.h"
#include "node/network.h"

namespace {

using namespace tally;
using test::Network;

// Four members and a fifth node that observes.
struct Offices {
  Network network{{.nodes = 5, .validators = 4}};

  // Signed by the node of the author first, then by the others' keys.
  Json submit(std::size_t at, const contracts::Operation& operation, const crypto::SecretKey& author,
              const std::vector<const crypto::SecretKey*>& others = {}) {
    ledger::SignedTransaction transaction = network.transaction({operation});
    transaction.signatures.clear();
    transaction.body.author = author.public_key();
    ledger::add_signature(transaction, author);
    for (const auto* key : others) ledger::add_signature(transaction, *key);
    return network.submit(at, transaction);
  }
  Json vote(std::size_t office, std::uint64_t proposal, bool approve = true) {
    return submit(office, contracts::VoteProposal{proposal, approve}, network.keys[office]);
  }
  // A node may learn of finality a moment later than the one that was asked.
  Json get(std::size_t at, const std::string& target, const std::function<bool(const Json&)>& until) {
    Json last;
    const bool seen = Network::eventually([&] {
      last = network.get(at, target);
      return until(last);
    });
    INFO(target << " at node " << at << ": " << last.dump() << "\n" << network.picture());
    REQUIRE(seen);
    return last;
  }
};

}  // namespace

TEST_CASE("validators, proposals and the protocol are read over HTTP while an office joins") {
  Offices offices;
  Network& network = offices.network;
  const auto& newcomer = network.keys[4];
  const contracts::AddValidator add{"office-4", newcomer.public_key(), "127.0.0.1:" + std::to_string(network.ports[4])};
  const Json opened = offices.submit(0, add, network.keys[0], {&newcomer});
  INFO(opened.dump());
  REQUIRE(opened["state"] == "final");
  CHECK(opened["receipt"]["results"][0]["output"]["proposal"] ==
        Json{{"number", "1"}, {"state", "open"}, {"approvals", 1}, {"needed", 3}});

  const auto has_candidate = [](const Json& answer) {
    return answer.contains("candidates") && answer["candidates"].size() == 1;
  };
  const Json before = offices.get(3, "/v1/validators", has_candidate);
  CHECK(before["epoch"] == "0");
  CHECK(before["quorum"] == Json{{"members", 4}, {"tolerated", 1}, {"quorum", 3}});
  CHECK(before["ending"].is_null());
  CHECK(before["candidates"][0]["name"] == "office-4");
  CHECK(before["validators"][2] ==
        Json{{"index", 2}, {"name", "office-2"}, {"key", network.keys[2].public_key().hex()}, {"address", nullptr}});

  const Json second = offices.vote(1, 1);
  CHECK(second["receipt"]["results"][0]["output"]["proposal"]["approvals"] == 2);
  const Json proposal = offices.get(1, "/v1/proposals/1", [](const Json& answer) { return answer["approvals"] == 2; });
  CHECK(proposal["change"] == Json{{"type", "add_validator"},
                                   {"validator", "office-4"},
                                   {"key", newcomer.public_key().hex()},
                                   {"address", add.address}});
  CHECK(proposal["missing"] == 1);
  CHECK(proposal["undecided"] == Json{"office-2", "office-3"});
  CHECK(proposal["ballots"][1] == Json{{"validator", "office-1"}, {"approve", true}, {"counts", true}});
  CHECK(network.get(1, "/v1/proposals")["rows"][0] == proposal);

  const Json adopted = offices.vote(2, 1);
  CHECK(adopted["receipt"]["results"][0]["output"]["proposal"]["state"] == "adopted");
  // On every node, the one that joined included.
  for (std::size_t i = 0; i < 5; ++i) {
    const Json after = offices.get(i, "/v1/validators", [](const Json& answer) { return answer["epoch"] == "1"; });
    CHECK(after["validators"].size() == 5);
    CHECK(after["validators"][4]["address"] == add.address);
    CHECK(after["candidates"].empty());
    CHECK(after["quorum"]["quorum"] == 4);
    CHECK(after["start"] == adopted["height"]);
  }
  REQUIRE(Network::eventually([&] { return network.nodes[4]->ordering_status().self.has_value(); }));
  CHECK(network.get(2, "/v1/proposals")["rows"].empty());
  CHECK(network.get(2, "/v1/proposals?all=true")["rows"][0]["state"] == "adopted");
  CHECK(network.get(2, "/v1/protocol")["version"] == 1);
  CHECK(network.get(2, "/v1/protocol")["supported"] == ledger::kProtocolVersion);
  CHECK(network.get(2, "/v1/protocol")["next"].is_null());
}

TEST_CASE("refused votes are receipts with the reason, and wrong queries name the field") {
  Offices offices;
  Network& network = offices.network;
  REQUIRE(offices.submit(0, contracts::RemoveValidator{"office-3"}, network.keys[0])["state"] == "final");
  // Voting twice is found where it was refused: whoever waits for the receipt gets it.
  const Json twice = offices.vote(0, 1);
  INFO(twice.dump());
  CHECK(twice["state"] == "rejected");
  CHECK(twice["receipt"]["code"] == "duplicate");
  CHECK(twice["receipt"]["results"][0]["message"] ==
        "vote_proposal: \"office-0\" has approved proposal 1 already; expected nothing more: the vote counts");
  const Json observer = offices.vote(4, 1);
  CHECK(observer["receipt"]["code"] == "missing_role");

  struct Row {
    std::string target;
    int status;
    std::string field;
  };
  for (const Row& row : std::vector<Row>{{"/v1/proposals?limit=x", 400, "limit"},
                                         {"/v1/proposals?limit=1001", 400, "limit"},
                                         {"/v1/proposals?all=perhaps", 400, "all"},
                                         {"/v1/proposals?cursor=x", 400, "cursor"},
                                         {"/v1/proposals/one", 400, "proposal"},
                                         {"/v1/proposals/9", 404, "proposal"}}) {
    const Json answer = network.get(0, row.target);
    INFO(row.target << ": " << answer.dump());
    CHECK(answer["status"] == row.status);
    CHECK(answer["field"] == row.field);
  }
}

TEST_CASE("the constitution, proposals about rules and parameters are read over HTTP") {
  Network network{1};
  const Json constitution = network.get(0, "/v1/constitution");
  CHECK(constitution["adopted"] == false);
  CHECK(constitution["constitution"]["rulebooks"]["approvals"][0]["role"] == "governor");
  CHECK(network.get(0, "/v1/rule-proposals")["rows"].empty());

  const contracts::ProposeParameters change{{{"consent_days", 100}}, {{"spending", false}}, 1'000'000, {}};
  const Json proposed = network.submit(0, network.transaction({change}));
  INFO(proposed.dump());
  REQUIRE(proposed["state"] == "final");
  CHECK(proposed["receipt"]["results"][0]["output"]["proposal"] ==
        Json{{"number", "1"}, {"state", "open"}, {"approvals", 0}, {"needed", 1}});
  const Json row = network.get(0, "/v1/rule-proposals/1");
  CHECK(row["change"] == Json{{"type", "parameters"},
                              {"from", "1000000"},
                              {"values", Json::array({Json{{"name", "consent_days"}, {"value", "100"}}})},
                              {"features", Json::array({Json{{"name", "spending"}, {"on", false}}})}});
  CHECK(row["terms"][0]["words"] == "1 x governor");
  CHECK(row["closed"].is_null());
  CHECK(network.get(0, "/v1/rule-proposals")["rows"] == Json::array({row}));
  CHECK(network.get(0, "/v1/rule-proposals/1/comments")["rows"].empty());
  CHECK(network.get(0, "/v1/parameters")["parameters"][6]["value"] == "366");
  // Numbers are shared; each list has its own.
  CHECK(network.get(0, "/v1/proposals?all=true")["rows"].empty());

  struct Row {
    std::string target;
    int status;
    std::string field;
  };
  for (const Row& wrong : std::vector<Row>{{"/v1/rule-proposals?limit=x", 400, "limit"},
                                           {"/v1/rule-proposals?all=perhaps", 400, "all"},
                                           {"/v1/rule-proposals?cursor=x", 400, "cursor"},
                                           {"/v1/rule-proposals/one", 400, "proposal"},
                                           {"/v1/rule-proposals/9", 404, "proposal"},
                                           {"/v1/rule-proposals/1/document", 404, "proposal"},
                                           {"/v1/rule-proposals/9/comments", 404, "proposal"},
                                           {"/v1/proposals/1", 404, "proposal"}}) {
    const Json answer = network.get(0, wrong.target);
    INFO(wrong.target << ": " << answer.dump());
    CHECK(answer["status"] == wrong.status);
    CHECK(answer["field"] == wrong.field);
  }
}
