// Explanations, consents, standings, sums and consultations over HTTP: what they say, and who may read them.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "common/time.h"
#include "contracts/history_terms.h"
#include "contracts/transaction_json.h"
#include "ledger/light.h"
#include "ledger/proof_file.h"
#include "node/http_server.h"
#include "node/network.h"
#include "node/request_auth.h"

namespace {

using namespace tally;
using namespace tally::contracts;
using test::Network;

crypto::SecretKey key_named(Byte number) {
  crypto::initialise();
  return crypto::SecretKey::from_seed({number, 99});
}

std::string rulebook_text(const std::string& id) {
  std::ifstream in(std::string(TALLY_SOURCE_DIR) + "/rulebooks/" + id + "/rulebook.json");
  std::ostringstream text;
  text << in.rdbuf();
  // In force when these networks begin.
  std::string out = text.str();
  const std::string effective = "\"effective\": \"2026-01-01\"";
  const auto at = out.find(effective);
  REQUIRE(at != std::string::npos);
  return out.replace(at, effective.size(), "\"effective\": \"2020-01-01\"");
}

const SubjectHandle kDriver{{7, 7}};
const SubjectHandle kOther{{8, 8}};

std::vector<Operation> office() {
  const auto officer = [](Byte number, const UnitId& unit, std::vector<Role> roles, std::string title) {
    return RegisterOfficer{PersonId{{number}}, key_named(number).public_key(), unit, std::move(roles),
                           std::move(title)};
  };
  return {RegisterUnit{"county/town", UnitKind::town, "Town"},
          RegisterUnit{"county/other", UnitKind::town, "Other"},
          RegisterUnit{"county/bank", UnitKind::bank, "Bank"},
          officer(10, "county/town", {Role::recorder}, "inspector of the town"),
          officer(11, "county/town", {Role::endorser}, "chief of the town"),
          officer(12, "county/other", {Role::recorder}, "inspector elsewhere"),
          officer(13, "county", {Role::auditor}, "auditor"),
          DeployRulebook{rulebook_text("zhongshan-drivers")},
          RegisterSubject{kDriver, SubjectKind::person, "county/town", Digest{{1}}, key_named(20).public_key()},
          RegisterSubject{kOther, SubjectKind::person, "county/town", Digest{{2}}, key_named(21).public_key()},
          OpenAccount{"zhongshan-drivers", kDriver},
          OpenAccount{"zhongshan-drivers", kOther}};
}

struct Drivers {
  Network network{{.nodes = 1, .clock = ledger::ClockMode::test, .founding = office()}};

  // Signed by whoever is named, the first as the author.
  Json submit(const Operation& operation, const std::vector<Byte>& signers) {
    ledger::SignedTransaction transaction = network.transaction({operation});
    transaction.signatures.clear();
    transaction.body.author = key_named(signers.front()).public_key();
    for (const Byte signer : signers) ledger::add_signature(transaction, key_named(signer));
    return network.submit(0, transaction);
  }
  void done(const Operation& operation, const std::vector<Byte>& signers) {
    const Json answer = submit(operation, signers);
    INFO(answer.dump());
    REQUIRE(answer["state"] == "final");
  }
  [[nodiscard]] TimestampMs now() const { return network.nodes[0]->next_block_time(); }
  void advance(std::uint64_t days) {
    const Json answer = network.submit(0, network.transaction({AdvanceClock{now().plus(days * kDayMs)}}));
    REQUIRE(answer["state"] == "final");
    // The clock stands there from the next block on.
    REQUIRE(network.submit(0, network.registration(++registered))["state"] == "final");
  }
  std::uint32_t registered = 0;
  // 0: unsigned.
  [[nodiscard]] node::HttpResponse ask(const std::string& target, Byte reader) const {
    auto client = node::HttpClient::open("http://127.0.0.1:" + std::to_string(network.nodes[0]->api_port()));
    std::vector<std::pair<std::string, std::string>> headers;
    if (reader != 0) {
      const auto time =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
      headers = node::sign_request("GET", target, TimestampMs{static_cast<std::uint64_t>(time.count())},
                                   key_named(reader), network.chain);
    }
    const auto answer = client->request("GET", target, "", headers);
    REQUIRE(answer.has_value());
    return *answer;
  }
  [[nodiscard]] Json get(const std::string& what, Byte reader) const {
    return parse_json(ask("/v1/accounts/zhongshan-drivers/" + kDriver.hex() + "/" + what, reader).body).value();
  }
};

Deduct slip(TimestampMs when) {
  return {{"zhongshan-drivers", kDriver, "ZD1", 1, parse_amount("-5", 2).value(), when, Digest{{3}}, Digest{{4}}}};
}

}  // namespace

TEST_CASE("a score is explained over HTTP, now and at a moment of the past") {
  Drivers drivers;
  const auto when = drivers.now();
  drivers.done(slip(when), {10, 11});
  const Json open = drivers.get("explanation", 10);
  INFO(open.dump());
  REQUIRE(open["open_cases"].size() == 1);
  CHECK(open["pending_points"] == "-5.00");
  CHECK(open["open_cases"][0]["words"]["en"].get<std::string>().starts_with("would take 5.00; takes effect at "));
  const std::string before = open["time"];
  drivers.advance(8);

  const Json now = drivers.get("explanation", 20);
  INFO(now.dump());
  REQUIRE(now["steps"].size() == 2);
  const Json& step = now["steps"][1];
  CHECK(step["entry"]["change_points"] == "-5.00");
  CHECK(step["rule_title"]["en"] == "blacklist behaviour (such as raising the price offline)");
  CHECK(step["how"]["en"].get<std::string>().starts_with("named by the proposer"));
  CHECK(step["proposed_by"]["title"] == "inspector of the town");
  CHECK(step["endorsed_by"]["title"] == "chief of the town");
  CHECK(step["entry"]["evidence"] == Digest{{4}}.hex());
  CHECK(now["open_cases"].empty());

  const Json then = drivers.get("explanation?at=" + before, 20);
  CHECK(then["steps"].size() == 1);
  CHECK(then["time"] == before);
  CHECK(then["pending"].is_null());

  // In pages.
  const Json first = drivers.get("explanation?limit=1", 20);
  CHECK(first["next"] == "1");
  const Json second = drivers.get("explanation?limit=1&from=1", 20);
  CHECK(second["carried"] == first["steps"][0]["entry"]["score"]);
  CHECK(second["steps"][0] == step);
}

TEST_CASE("consents, standings, sums and consultations are served") {
  Drivers drivers;
  drivers.done(GiveConsent{"zhongshan-drivers", kDriver, "county/bank", drivers.now().plus(30 * kDayMs), {}}, {20});
  drivers.done(slip(drivers.now()), {10, 11});
  drivers.advance(8);

  const Json consents = drivers.get("consents", 20);
  REQUIRE(consents["rows"].size() == 1);
  CHECK(consents["rows"][0]["unit"] == "county/bank");
  CHECK(consents["rows"][0]["runs"] == true);
  CHECK(parse_time(consents["rows"][0]["until"].get<std::string>()).has_value());

  const Json standings = drivers.get("standings", 10);
  INFO(standings.dump());
  REQUIRE(standings["rows"].size() == 1);
  CHECK(standings["rows"][0]["code"] == "dispatch");
  CHECK(standings["rows"][0]["grounds"][0]["rule"] == "ZD1");

  const Json sums = drivers.get("sums", 13);
  REQUIRE(sums["rows"].size() == 1);
  CHECK(sums["rows"][0]["value_points"] == "5.00");

  CHECK(drivers.get("consultations", 20)["rows"].empty());
}

TEST_CASE("who may not read the account may not read what stands beside it") {
  Drivers drivers;
  struct Row {
    const char* who;
    Byte reader;
    int status;
  };
  for (const char* what : {"explanation", "consents", "standings", "sums", "consultations"}) {
    for (const Row& row : {Row{"nobody", 0, 401}, Row{"another subject", 21, 403}, Row{"an officer elsewhere", 12, 403},
                           Row{"a stranger", 77, 403}}) {
      const Json answer = drivers.get(what, row.reader);
      INFO(what << " by " << row.who << ": " << answer.dump());
      CHECK(answer["status"] == row.status);
    }
    for (const Row& row :
         {Row{"the subject", 20, 200}, Row{"an officer of the unit", 10, 200}, Row{"an auditor", 13, 200}}) {
      const Json answer = drivers.get(what, row.reader);
      INFO(what << " by " << row.who << ": " << answer.dump());
      CHECK_FALSE(answer.contains("status"));
    }
  }
  CHECK(drivers.get("explanation?at=never", 20)["field"] == "at");
  CHECK(drivers.get("explanation?at=2999-01-01", 20)["field"] == "at");
  CHECK(drivers.get("explanation?from=9", 20)["field"] == "from");
  CHECK(drivers.get("explanation?book=none", 20)["field"] == "book");
  CHECK(drivers.get("consultations?limit=x", 20)["field"] == "limit");
}

TEST_CASE("proofs of an account are served to whom may read it and hold with the genesis") {
  Drivers drivers;
  drivers.done(slip(drivers.now()), {10, 11});
  drivers.advance(8);
  const auto check = [&](const std::string& target, Byte reader) {
    const auto answer = drivers.ask(target, reader);
    INFO(target << " " << answer.body.substr(0, 200));
    REQUIRE(answer.status == 200);
    const auto document = ledger::decode_proof_file(as_bytes(answer.body));
    REQUIRE(document.has_value());
    const auto verified = ledger::verify_proof(*document, drivers.network.genesis, contracts::history_of);
    if (!verified) FAIL(verified.error().text());
    return *document;
  };
  const std::string subject = "/zhongshan-drivers/" + kDriver.hex();
  (void)check("/v1/proofs/account" + subject, 20);
  const auto history = check("/v1/proofs/history" + subject + "?from=1", 13);
  CHECK(std::get<ledger::StateContent>(history.content).history->records.size() == 1);
  (void)check("/v1/proofs/gate" + subject + "/dispatch", 10);
  CHECK(drivers.ask("/v1/proofs/account" + subject, 0).status == 401);
  CHECK(drivers.ask("/v1/proofs/account" + subject, 12).status == 403);
  CHECK(drivers.ask("/v1/proofs/gate" + subject + "/departure", 10).status == 404);

  const Json rows = parse_json(drivers.ask("/v1/entries?rulebook=zhongshan-drivers&rule=ZD1", 13).body).value()["rows"];
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["entry"]["change_points"] == "-5.00");
  const auto proven = check(rows[0]["proof"], 13);
  CHECK(std::get<ledger::StateContent>(proven.content).history->first == 1);
  // A transaction is proven to whoever knows its id.
  const auto receipt = check("/v1/proofs/transaction/" + rows[0]["entry"]["transaction"].get<std::string>(), 0);
  CHECK(std::get<ledger::ReceiptContent>(receipt.content).transaction.has_value());
}

TEST_CASE("officers ask for entries within their unit and headers are open to all") {
  Drivers drivers;
  drivers.done(slip(drivers.now()), {10, 11});
  drivers.advance(8);
  const auto rows = [&](const std::string& query, Byte reader) {
    return parse_json(drivers.ask("/v1/entries?" + query, reader).body).value()["rows"].size();
  };
  const std::string rule = "rulebook=zhongshan-drivers&rule=ZD1";
  CHECK(rows(rule, 10) == 1);
  // The inspector elsewhere asks about its own unit, where there are none.
  CHECK(rows(rule, 12) == 0);
  CHECK(rows("unit=county", 13) == 3);
  CHECK(drivers.ask("/v1/entries?unit=county", 10).status == 403);
  CHECK(drivers.ask("/v1/entries?" + rule, 0).status == 401);
  CHECK(drivers.ask("/v1/entries", 13).status == 400);

  const auto answer = drivers.ask("/v1/headers?from=1", 0);
  const auto headers = decode<std::vector<ledger::CertifiedHeader>>(as_bytes(answer.body));
  REQUIRE(headers.has_value());
  const auto first =
      decode<std::vector<ledger::CertifiedHeader>>(as_bytes(drivers.ask("/v1/headers?from=0&limit=1", 0).body));
  REQUIRE(first.has_value());
  const auto head =
      ledger::advance(ledger::trust_genesis(drivers.network.genesis, first->front().header), *headers, {});
  if (!head) FAIL(head.error().text());
  CHECK(head->header.height == headers->back().header.height);
}
