// tally audit --blame: who is named, who is not, and what the exit code says.
#include "consensus/authentic.h"
#include "consensus/evidence.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

using consensus::Phase;

// Two COMMITs of the village's one validator.
consensus::Misconduct two_commits(const ledger::Genesis& genesis) {
  const auto signer = crypto::make_signer(named_key("validator"), ledger::chain_id(genesis));
  const auto commit = [&](Byte digest) {
    const consensus::Vote vote{Epoch{0}, Phase::commit, View{3}, SeqNum{7}, Digest{{digest}}};
    return consensus::SignedVote{vote, ReplicaIndex{0}, consensus::sign_vote(vote, *signer)};
  };
  return {Epoch{0}, ReplicaIndex{0}, consensus::TwoVotes{commit(1), commit(2)}};
}

Json piece(const consensus::Misconduct& misconduct) {
  return {{"bytes", to_hex(encode(misconduct))}};
}

struct Blame {
  Cli cli;
  OneNode node;
  std::string organisation = node.genesis().validators[0].name;
  Blame() {
    cli.node = &node;
    cli.environment["TALLY_KEY"] = cli.key_file("auditor");
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
  }
  Run run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"audit", "--chain-id", node.chain_id(), "--blame"});
    return cli.run(arguments);
  }
};

}  // namespace

TEST_CASE("blame: whoever signed two COMMITs is named, with the organisation") {
  Blame blame;
  blame.node.evidence.push_back(piece(two_commits(blame.node.genesis())));
  const Run run = blame.run({});
  INFO(run.out << run.err);
  CHECK(run.exit == 0);
  CHECK(run.out.find("replicas that contradicted themselves") != std::string::npos);
  CHECK(run.out.find("signed two different COMMITs for height 7 in view 3") != std::string::npos);
  const auto json = parse_json(blame.run({"--json"}).out).value();
  REQUIRE(json["blame"]["proven"].size() == 1);
  CHECK(json["blame"]["proven"][0]["organisation"] == blame.organisation);
  CHECK(json["blame"]["proven"][0]["key"] == named_key("validator").public_key().hex());
}

TEST_CASE("blame: without evidence nobody is named") {
  Blame blame;
  const Run run = blame.run({});
  INFO(run.out << run.err);
  CHECK(run.exit == 0);
  CHECK(run.out.find("no replica is proven to have contradicted itself") != std::string::npos);
}

TEST_CASE("blame: what is forged or malformed is refused with the reason, and names nobody") {
  Blame blame;
  auto misconduct = two_commits(blame.node.genesis());
  auto& second = std::get<consensus::TwoVotes>(misconduct.messages).second;
  std::string says;
  Json bad;
  SECTION("a forged signature") {
    second.signature.bytes[9] ^= 1;
    bad = piece(misconduct);
    says = "messages.second.signature: does not verify";
  }
  SECTION("no contradiction") {
    second = std::get<consensus::TwoVotes>(misconduct.messages).first;
    bad = piece(misconduct);
    says = "messages: say the same";
  }
  SECTION("an epoch that the chain does not reach") {
    misconduct.epoch = Epoch{5};
    bad = piece(misconduct);
    says = "epoch: is 5, which the audited chain does not reach";
  }
  SECTION("another chain's") {
    auto genesis = blame.node.genesis();
    genesis.name = "another village";
    bad = piece(two_commits(genesis));
    says = "messages.first.signature: does not verify";
  }
  SECTION("no bytes of evidence") {
    bad = {{"bytes", "00ff"}};
    says = "evidence[0] proves nothing";
  }
  const std::string file = blame.cli.write("evidence.json", Json{{"evidence", {bad}}}.dump());
  const Run run = blame.run({"--evidence", file});
  INFO(run.out << run.err);
  CHECK(run.exit == 6);
  CHECK(run.err.find(says) != std::string::npos);
  CHECK(run.out.find("no replica is proven") != std::string::npos);
}

TEST_CASE("blame: works on files alone, and says what is missing") {
  Blame blame;
  const std::string chain = blame.cli.path("chain.tally");
  REQUIRE(blame.cli.run({"export", "--file", chain}).exit == 0);
  blame.cli.node = nullptr;
  const Json good = {{"evidence", {piece(two_commits(blame.node.genesis()))}}};
  const std::string evidence = blame.cli.write("evidence.json", good.dump());
  CHECK(blame.run({"--file", chain, "--evidence", evidence}).exit == 0);
  CHECK(blame.run({"--file", chain}).exit == 2);
  CHECK(blame.cli.run({"audit", "--file", chain, "--evidence", evidence}).exit == 2);
  CHECK(blame.run({"--file", chain, "--evidence", blame.cli.path("absent.json")}).exit == 7);
  CHECK(blame.run({"--file", chain, "--evidence", blame.cli.write("a.json", "{}")}).exit == 7);
  CHECK(blame.run({"--file", chain, "--evidence", blame.cli.write("b.json", "[")}).exit == 7);
  CHECK(blame.run({"--file", chain, "--evidence", blame.cli.write("c.json", R"({"evidence":[{}]})")}).exit == 7);
}

}  // namespace tally::test
