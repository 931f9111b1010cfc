// A ledger of one office that grows to seven by proposals, consents and votes of the command line, and shrinks to one
// again, the first member among those who leave: under load that does not give up, nothing that was final is lost.
#include <catch2/catch.hpp>
#include <map>

#include "common/json.h"
#include "consensus/quorum.h"
#include "ledger/block.h"
#include "village_network.h"

namespace tally::e2e {

namespace {

constexpr std::size_t kNodes = 7;

class Council {
 public:
  [[nodiscard]] const std::vector<std::size_t>& members() const { return members_; }
  // The network's members as a node tells them once it knows of the last change, by the index of their nodes.
  std::vector<std::size_t> members_seen_by(std::size_t node) {
    await_height(node, last_change_);
    const Json list = tally(node, {"validator", "list"});
    std::vector<std::size_t> out;
    for (const auto& row : list["validators"])
      for (std::size_t i = 0; i < kNodes; ++i)
        if (network->file().nodes[i].key.hex() == row["key"]) out.push_back(i);
    return out;
  }

  // All are proposed, each by another member, and follow the chain before anybody else votes; then they become members
  // one after the other, so that the later proposals outlive the epochs of the earlier ones.
  void add(const std::vector<std::size_t>& newcomers) {
    std::map<std::size_t, Proposed> proposals;
    for (const std::size_t newcomer : newcomers) proposals[newcomer] = propose(newcomer);
    for (const auto& [newcomer, proposed] : proposals) await_height(newcomer, height_of(proposed.answer));
    for (const auto& [newcomer, proposed] : proposals) {
      CAPTURE(newcomer, members_);
      decide(proposed.answer, proposed.by);
      members_.push_back(newcomer);
      await_validator(newcomer);
      CHECK(members_seen_by(newcomer) == members_);
      traffic.use(newcomer, true);
      traffic.await_progress(20);
    }
  }

  void remove(std::size_t leaving) {
    CAPTURE(leaving, members_);
    const std::size_t proposer = leaving == members_.back() ? members_.front() : members_.back();
    const BlockHeight last =
        decide(tally(proposer, {"validator", "remove", network->file().nodes[leaving].name}), proposer);
    std::erase(members_, leaving);
    // As docs/operations.md says: it stays until it has the last block of its epoch, and observes.
    await_height(leaving, last);
    left_[leaving] = last;
    traffic.use(leaving, false);
    CHECK(members_seen_by(proposer) == members_);
    traffic.await_progress(20);
  }

  // When the traffic has ended.
  void require_nothing_lost() {
    const auto acknowledged = traffic.stop();
    REQUIRE(acknowledged.size() > 100);
    REQUIRE(members_.size() == 1);
    const std::size_t survivor = members_[0];
    network.await_final(survivor, acknowledged);
    const BlockHeight head = status(survivor).final_height;
    const auto heights = heights_on(survivor, head);
    for (const auto& [node, left] : left_) {
      CAPTURE(node, left.value);
      const auto own = status(node);
      CHECK(own.failure.empty());
      CHECK(own.final_height >= left);
      // What it served until then is the same chain, and all of it.
      const auto here = header(node, own.final_height);
      CHECK(here == header(survivor, own.final_height));
      std::vector<TransactionId> until_then;
      for (const auto& id : acknowledged)
        if (heights.at(id.hex()) <= own.final_height.value) until_then.push_back(id);
      network.await_final(node, until_then);
      CHECK(evidence_at(node).empty());
    }
    CHECK(evidence_at(survivor).empty());
    audit(survivor, head, header(survivor, head).state_root);
  }

  Scratch scratch;
  VillageNetwork network = VillageNetwork::of_one_office(kNodes);
  Traffic traffic{network, 1};

 private:
  struct Proposed {
    Json answer;
    std::size_t by = 0;
  };
  Proposed propose(std::size_t newcomer) {
    const std::size_t proposer = members_[newcomer % members_.size()];
    const auto& entry = network->file().nodes[newcomer];
    const std::string consent = (scratch.path() / (entry.name + ".json")).string();
    // The new office has no node yet that could answer it: it asks the proposer's.
    REQUIRE(run(newcomer, proposer,
                {"validator", "consent", "--name", entry.name, "--address", entry.p2p, "--proposer",
                 network->file().nodes[proposer].name, "--out", consent})
                .exit_code == 0);
    REQUIRE(network->start_node(newcomer).has_value());
    return {
        tally(proposer, {"validator", "add", "--consent", consent, "--new-key", entry.key.hex(), "--name", entry.name}),
        proposer};
  }
  void await_validator(std::size_t node) {
    const bool votes = devnet::poll_until(kFinalLimit, [&] {
      const auto status = network.client(node).get("/v1/status");
      return status && (*status)["node"]["validator"] == true;
    });
    INFO(network->standing());
    REQUIRE(votes);
  }
  // `tally` against a node, with the key of a node.
  devnet::Finished run(std::size_t key, std::size_t at, std::vector<std::string> arguments) {
    const auto directory = network->node_directory(key);
    for (const auto& more :
         {std::string("--node"), network->url(at), std::string("--key"), (directory / "validator.key").string(),
          std::string("--passphrase-file"), (directory / "validator.pass").string(), std::string("--json")})
      arguments.push_back(more);
    return run_tally(std::move(arguments));
  }
  Json tally(std::size_t office, std::vector<std::string> arguments) {
    const auto finished = run(office, office, std::move(arguments));
    REQUIRE(finished.exit_code == 0);
    return parse_json(finished.output).value();
  }
  static BlockHeight height_of(const Json& submitted) {
    return devnet::member<BlockHeight>(submitted["transactions"][0], "height").value();
  }
  // The others vote, in the order of the members, until it is adopted; the height where it was.
  BlockHeight decide(const Json& opened, std::size_t proposer) {
    Json last = opened["transactions"][0];
    for (const std::size_t member : members_) {
      if (last["proposal"]["state"] != "open") break;
      if (member == proposer) continue;
      const auto approvals = last["proposal"]["approvals"].get<int>();
      last = tally(
          member, {"validator", "vote", last["proposal"]["number"].get<std::string>(), "--approve"})["transactions"][0];
      // How many are needed may have changed meanwhile: it is the quorum of those who are members now.
      CHECK(last["proposal"]["approvals"].get<int>() == approvals + 1);
      CHECK(last["proposal"]["needed"] == consensus::Quorum{static_cast<std::uint32_t>(members_.size())}.q());
    }
    INFO(last.dump());
    REQUIRE(last["proposal"]["state"] == "adopted");
    last_change_ = devnet::member<BlockHeight>(last, "height").value();
    return last_change_;
  }

  devnet::NodeStatus status(std::size_t node) {
    auto status = network.client(node).status();
    if (!status) FAIL(status.error().text());
    return std::move(status).value();
  }
  void await_height(std::size_t node, BlockHeight height) {
    const bool reached = devnet::poll_until(kFinalLimit, [&] {
      const auto status = network.client(node).status();
      return status && status->final_height >= height;
    });
    INFO(network->standing());
    REQUIRE(reached);
  }
  Json block(std::size_t node, std::uint64_t height) {
    auto block = network.client(node).get("/v1/blocks/" + std::to_string(height));
    if (!block) FAIL(block.error().text());
    return std::move(block).value();
  }
  ledger::BlockHeader header(std::size_t node, BlockHeight height) {
    return devnet::member<ledger::BlockHeader>(block(node, height.value), "header").value();
  }
  // Where each transaction was applied.
  std::map<std::string, std::uint64_t> heights_on(std::size_t node, BlockHeight up_to) {
    std::map<std::string, std::uint64_t> out;
    Client asker = network.client(node);
    for (std::uint64_t height = 1; height <= up_to.value; ++height) {
      const auto block = asker.get("/v1/blocks/" + std::to_string(height));
      if (!block) FAIL(block.error().text());
      for (const auto& receipt : (*block)["receipts"])
        if (receipt["code"] == "ok") out[receipt["transaction"].get<std::string>()] = height;
    }
    return out;
  }
  Json evidence_at(std::size_t node) { return network.client(node).get("/v1/evidence").value()["evidence"]; }

  void audit(std::size_t node, BlockHeight head, const Digest& root) {
    const std::string file = (scratch.path() / "chain.tally").string();
    REQUIRE(network.tally(node, scenario::Post::auditor, {"export", "--file", file}).exit_code == 0);
    const std::string genesis = (network->directory() / "genesis.json").string();
    const auto finished = run_tally({"audit", "--file", file, "--genesis", genesis, "--json"});
    REQUIRE(finished.exit_code == 0);
    const auto verdict = parse_json(finished.output).value();
    CHECK(verdict["passed"] == true);
    CHECK(verdict["verified_until"] == std::to_string(head.value));
    CHECK(verdict["state_root"] == root.hex());
  }

  std::vector<std::size_t> members_{0};
  std::map<std::size_t, BlockHeight> left_;
  BlockHeight last_change_;
};

}  // namespace

TEST_CASE("by votes of the command line one office becomes four, seven, four and one again, under load") {
  Council council;
  council.traffic.await_progress(20);
  // One alone decides at once, so the second is a member as soon as it is proposed.
  for (const std::size_t newcomer : {1, 2, 3}) council.add({newcomer});
  CHECK(council.members_seen_by(0) == std::vector<std::size_t>{0, 1, 2, 3});
  council.add({4, 5, 6});
  CHECK(council.members_seen_by(0).size() == kNodes);
  // The primary of view 0 leaves first; at last an office remains that the genesis does not know.
  for (const std::size_t leaving : {0, 6, 3}) council.remove(leaving);
  CHECK(council.members_seen_by(1) == std::vector<std::size_t>{1, 2, 4, 5});
  for (const std::size_t leaving : {1, 5, 2}) council.remove(leaving);
  CHECK(council.members_seen_by(4) == std::vector<std::size_t>{4});
  council.require_nothing_lost();
}

}  // namespace tally::e2e
