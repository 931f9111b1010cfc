// tally diff: stopped nodes, snapshots, chain files and nodes that are the same, behind or different; the first key,
// the transaction that wrote it, and who signed both.
#include <filesystem>
#include <fstream>

#include "contracts/genesis_json.h"
#include "crypto/digest.h"
#include "ledger/chain_file.h"
#include "storage/rocks_store.h"
#include "tally/diff_codes.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

using cli::ExitCode;

constexpr std::array kOffices = {"validator", "village", "county", "bank"};
const SubjectHandle kHousehold = *SubjectHandle::from_hex("5a000000000000000000000000000017");

// Chains of four members that are written side by side, each in a data directory and a chain file.
struct Council {
  Cli cli;
  ledger::Genesis genesis = council_genesis();
  ChainId chain = ledger::chain_id(genesis);

  Council() { cli.write("genesis.json", contracts::genesis_text(genesis)); }

  // Registers a household and opens its account in the first block, then awards it `awards` hours of service in turn.
  // `signers`: of each block; none: not certified.
  void make(const std::string& name, const std::vector<std::uint32_t>& awards,
            const std::vector<std::vector<std::uint32_t>>& signers = {}) {
    std::filesystem::create_directories(cli.path(name));
    cli.write(name + "/node.toml",
              "data_directory = \"data\"\ngenesis = \"../genesis.json\"\nkey_file = \"key.json\"\n"
              "passphrase_file = \"passphrase\"\napi = \"127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"\n");
    auto store = storage::open_rocks_store(cli.path(name + "/data/db"), {}).value();
    contracts::RuleEngine engine;
    const auto verifier = crypto::make_verifier(chain);
    const auto opened = ledger::Chain::open(*store, genesis, engine, *verifier).value();
    std::ofstream file(cli.path(name + ".tally"), std::ios::binary);
    ledger::ChainFileWriter writer(file);
    REQUIRE(writer.begin(genesis).has_value());
    for (std::size_t i = 0; i <= awards.size(); ++i) {
      std::vector<contracts::Operation> operations;
      if (i == 0) {
        operations = {contracts::RegisterSubject{kHousehold, contracts::SubjectKind::household, kUnit, Digest{{1}}, {}},
                      contracts::OpenAccount{"qingzhen", kHousehold}};
      } else {
        contracts::Award award;
        award.rulebook = "qingzhen";
        award.subject = kHousehold;
        award.rule = "QZ9";
        award.quantity = awards[i - 1];
        award.event_time = kGenesisTime;
        award.reason = Digest{{2}};
        award.evidence = Digest{{static_cast<Byte>(i)}};
        operations = {award};
      }
      add_block(*opened, static_cast<std::uint64_t>(i + 1), operations,
                i < signers.size() ? signers[i] : std::vector<std::uint32_t>{0, 1, 2});
      REQUIRE(writer.add(opened->block(opened->head().header.height).value().value()).has_value());
    }
    REQUIRE(writer.finish().has_value());
  }

  void add_block(ledger::Chain& to, std::uint64_t number, const std::vector<contracts::Operation>& operations,
                 const std::vector<std::uint32_t>& signers) {
    ledger::SignedTransaction transaction;
    transaction.body.chain = chain;
    transaction.body.author = named_key("accountant").public_key();
    transaction.body.client_id.bytes[0] = static_cast<Byte>(number);
    transaction.body.valid_until = kGenesisTime.plus(3'600'000);
    for (const auto& operation : operations)
      transaction.body.operations.push_back(contracts::encode_operation(operation));
    add_signature(transaction, named_key("accountant"));
    add_signature(transaction, named_key("secretary"));
    last = ledger::id_of(transaction.body);
    ledger::Batch batch;
    batch.proposed_time = kGenesisTime.plus(number * 1000);
    batch.transactions = {transaction};
    const Bytes bytes = encode(batch);
    const auto made = to.apply(BlockHeight{number}, &batch, bytes, crypto::digest(crypto::kBatchDomain, bytes)).value();
    INFO(made.receipts.receipts.front().message);
    for (const auto& result : made.receipts.receipts.front().results) {
      INFO(result.rule << ": " << result.message);
      REQUIRE(result.code == ErrorCode::ok);
    }
    if (signers.empty()) return;
    consensus::CheckpointCertificate certificate;
    certificate.vote = {made.header.epoch, made.header.height, made.digest};
    for (const auto replica : signers) {
      const auto signer = crypto::make_signer(named_key(kOffices[replica]), chain);
      certificate.signatures.push_back({ReplicaIndex{replica}, consensus::sign_checkpoint(certificate.vote, *signer)});
    }
    REQUIRE(to.record_certificate(certificate).has_value());
  }

  [[nodiscard]] std::string settings(const std::string& name) const { return cli.path(name + "/node.toml"); }
  [[nodiscard]] std::string file(const std::string& name) const { return cli.path(name + ".tally"); }
  std::string snapshot(const std::string& name) {
    const Run made =
        cli.run({"snapshot", "make", "--node-config", settings(name), "--out", cli.path(name + ".snapshot")});
    INFO(made.err);
    REQUIRE(made.exit == 0);
    return cli.path(name + ".snapshot");
  }
  Run diff(const std::string& left, const std::string& right, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"diff", left, right, "--genesis", cli.path("genesis.json")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Run out = cli.run(arguments);
    UNSCOPED_INFO(out.out << out.err);
    return out;
  }
  Json told(const std::string& left, const std::string& right, ExitCode exit, std::vector<std::string> more = {}) {
    more.push_back("--json");
    const Run out = diff(left, right, std::move(more));
    CHECK(out.exit == static_cast<int>(exit));
    return parse_json(out.out).value();
  }

  TransactionId last;
};

}  // namespace

TEST_CASE("diff: two of everything that hold the same are the same") {
  Council council;
  council.make("a", {4, 8, 12});
  council.make("b", {4, 8, 12});
  const std::vector<std::string> places = {council.settings("a"), council.settings("b"), council.file("a"),
                                           council.snapshot("a"), council.snapshot("b")};
  for (const auto& left : places) {
    for (const auto& right : places) {
      INFO(left << " and " << right);
      if (left == right) {
        CHECK(council.diff(left, right).exit == static_cast<int>(ExitCode::usage));
        continue;
      }
      const Json told = council.told(left, right, ExitCode::ok);
      CHECK(told["verdict"] == "same");
      CHECK(told["common_height"] == "4");
    }
  }
}

TEST_CASE("diff: one that lacks blocks is behind and named") {
  Council council;
  council.make("a", {4, 8, 12});
  council.make("b", {4, 8});
  const Json told = council.told(council.settings("a"), council.file("b"), cli::kBehind);
  CHECK(told["verdict"] == "behind");
  CHECK(told["says"] == council.file("b") + " is behind, and the same so far");
  CHECK(told["common_height"] == "3");
  // States of two heights are not compared, and it says so.
  const Json stores = council.told(council.settings("b"), council.settings("a"), cli::kBehind);
  CHECK(stores["state"]["compared"] == false);
  const Json snapshots = council.told(council.snapshot("b"), council.settings("a"), cli::kBehind);
  CHECK(snapshots["common_height"] == "3");
  const Run nothing = council.diff(council.snapshot("a"), council.cli.path("b.snapshot"));
  CHECK(nothing.exit == static_cast<int>(ExitCode::not_found));
  CHECK(nothing.err.find("no height in common") != std::string::npos);
}

TEST_CASE("diff: the first block, the account and the transaction that wrote it") {
  Council council;
  council.make("a", {4, 8, 12, 16});
  const TransactionId of_left = council.last;
  council.make("b", {4, 8, 16, 16});
  const TransactionId of_right = council.last;
  const Json told = council.told(council.settings("a"), council.settings("b"), cli::kDiffer, {"--keys", "100"});
  CHECK(told["first_difference"]["height"] == "4");
  std::string fields;
  for (const auto& field : told["first_difference"]["fields"]) fields += field["field"].get<std::string>() + " ";
  CHECK(fields == "batch transactions_root receipts_root state_root ");
  CHECK(told["first_difference"]["transaction"]["index"] == 0);
  CHECK(told["state"]["height"] == "5");
  CHECK(told["state"]["all"] == true);
  bool account = false;
  for (const auto& key : told["state"]["keys"]) {
    if (key["words"] != "account of household " + kHousehold.hex() + " of " + kUnit + " in book credit of qingzhen")
      continue;
    account = true;
    CHECK(key["left"]["record"]["entries"] == key["right"]["record"]["entries"]);
    CHECK(key["left"]["record"]["score"] != key["right"]["record"]["score"]);
    CHECK(key["left"]["transaction"] == of_left.hex());
    CHECK(key["right"]["transaction"] == of_right.hex());
    CHECK(key["left"]["which"] == "wrote its last entry");
  }
  CHECK(account);
  // For people, and of snapshots.
  const Run people = council.diff(council.snapshot("a"), council.snapshot("b"), {"--keys", "100"});
  CHECK(people.exit == static_cast<int>(cli::kDiffer));
  CHECK(people.out.find("account of household") != std::string::npos);
  CHECK(people.err.find("part at block 5") != std::string::npos);
  CHECK(council.told(council.file("a"), council.file("b"), cli::kDiffer)["first_difference"]["height"] == "4");
  CHECK(council.diff(council.settings("a"), council.settings("b"), {"--keys", "1"}).out.find("another key") ==
        std::string::npos);
}

TEST_CASE("diff: states that differ under the same headers are found") {
  Council council;
  council.make("a", {4, 8});
  council.make("b", {4, 8});
  council.make("c", {4, 12});
  // What a bad memory does: a state that its head does not certify.
  {
    auto from = storage::open_rocks_store(council.cli.path("c/data/db"), {}).value();
    auto to = storage::open_rocks_store(council.cli.path("b/data/db"), {}).value();
    storage::WriteBatch batch;
    for (const auto column : {storage::Column::state, storage::Column::tree}) {
      REQUIRE(to->scan(column, {}, {}, [&](ByteView key, ByteView) {
                  batch.erase(column, key);
                  return true;
                }).has_value());
      REQUIRE(from->scan(column, {}, {},
                         [&](ByteView key, ByteView value) {
                           batch.put(column, key, value);
                           return true;
                         })
                  .has_value());
    }
    REQUIRE(to->write(batch, storage::Sync::yes).has_value());
  }
  const Json told = council.told(council.settings("a"), council.settings("b"), cli::kDiffer);
  CHECK(told["says"] == "the blocks are the same, and the states differ");
  CHECK_FALSE(told.contains("first_difference"));
  CHECK_FALSE(told["state"]["keys"].empty());
}

TEST_CASE("diff: blame names whose signatures stand under both and writes what proves it") {
  Council council;
  council.make("a", {4, 8}, {{0, 1, 2}, {0, 1, 2}, {0, 1, 2}});
  council.make("b", {4, 12}, {{0, 1, 2}, {0, 1, 2}, {1, 2, 3}});
  const std::string evidence = council.cli.path("fork.json");
  const Json told =
      council.told(council.file("a"), council.settings("b"), cli::kDiffer, {"--blame", "--evidence", evidence});
  REQUIRE(told["blame"].size() == 2);
  CHECK(told["blame"][0]["office"] == "village");
  CHECK(told["blame"][0]["replica"] == 1);
  CHECK(told["blame"][0]["key"] == named_key("village").public_key().hex());
  CHECK(told["blame"][1]["office"] == "county");
  // The auditor takes it.
  const Run judged = council.cli.run({"audit", "--file", council.file("a"), "--genesis",
                                      council.cli.path("genesis.json"), "--blame", "--evidence", evidence, "--json"});
  INFO(judged.out << judged.err);
  CHECK(judged.out.find("county") != std::string::npos);
  CHECK(council.diff(council.file("a"), council.file("b"), {"--evidence", evidence}).exit ==
        static_cast<int>(ExitCode::usage));
}

TEST_CASE("diff: without two certificates nobody is blamed and the odd one is named") {
  Council council;
  council.make("a", {4, 8});
  council.make("b", {4, 12}, {{0, 1, 2}, {0, 1, 2}, {}});
  const Json told = council.told(council.settings("a"), council.settings("b"), cli::kDiffer, {"--blame"});
  CHECK(told["blame"].empty());
  CHECK(told["odd_one"] == council.settings("b"));
  council.make("c", {4, 16}, {{0, 1, 2}, {0, 1, 2}, {}});
  const Json neither = council.told(council.settings("c"), council.settings("b"), cli::kDiffer, {"--blame"});
  CHECK_FALSE(neither.contains("odd_one"));
  CHECK(neither["blame_says"].get<std::string>().find("nobody is to blame") != std::string::npos);
}

TEST_CASE("diff: a node over HTTP against a chain of another genesis and against itself") {
  Council council;
  council.make("a", {4});
  OneNode node(council.genesis);
  council.cli.node = &node;
  const Json behind = council.told("http://127.0.0.1:1", council.settings("a"), cli::kBehind);
  CHECK(behind["common_height"] == "0");
  CHECK(behind["sides"][0]["kind"] == "node");
  CHECK(council.told("http://127.0.0.1:1", "http://127.0.0.1:2", ExitCode::ok)["verdict"] == "same");
  OneNode other;
  council.cli.node = &other;
  const Json foreign = council.told("http://127.0.0.1:1", council.settings("a"), cli::kDiffer);
  CHECK(foreign["says"].get<std::string>().find("is of chain") != std::string::npos);
  council.cli.node = nullptr;
  CHECK(council.diff("http://127.0.0.1:1", council.file("a")).exit == static_cast<int>(ExitCode::unreachable));
  CHECK(council.diff(council.cli.path("nothing"), council.file("a")).exit == static_cast<int>(ExitCode::bad_input));
}

}  // namespace tally::test
