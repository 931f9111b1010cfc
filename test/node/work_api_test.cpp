// Cases of workflows over HTTP: who may read them, and what everybody may see of a queue.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "node/network.h"
#include "node/request_auth.h"

namespace {

using namespace tally;
using namespace tally::contracts;
using test::Network;

crypto::SecretKey key_of(std::string_view name) {
  static constexpr crypto::Domain kTestKeys{"test.keys"};
  return crypto::SecretKey::from_seed(crypto::digest(kTestKeys, as_bytes(name)).bytes);
}

SubjectHandle family(Byte number) {
  return SubjectHandle{{number}};
}

std::vector<Operation> founding() {
  std::ifstream in(std::string(TALLY_SOURCE_DIR) + "/test/support/relief_rulebook.json");
  std::ostringstream rulebook;
  rulebook << in.rdbuf();
  const UnitId village = "county/village";
  const Digest commitment{{1}};
  return {RegisterUnit{village, UnitKind::village, "Village"},
          RegisterUnit{"county/other", UnitKind::village, "Other"},
          RegisterOfficer{PersonId{{2}}, key_of("recorder").public_key(), village, {Role::recorder}, "recorder"},
          RegisterOfficer{PersonId{{3}}, key_of("other").public_key(), "county/other", {Role::recorder}, "other"},
          RegisterSubject{family(1), SubjectKind::household, village, commitment, key_of("wang").public_key()},
          RegisterSubject{family(2), SubjectKind::household, village, commitment, key_of("li").public_key()},
          DeployRulebook{rulebook.str()}};
}

struct Answer {
  int status = 0;
  Json json;
};

struct Relief {
  Network network{{.nodes = 1, .founding = founding()}};

  Json submit(const std::string& who, const Operation& operation) {
    auto transaction = network.transaction({operation});
    const auto key = key_of(who);
    transaction.signatures.clear();
    transaction.body.author = key.public_key();
    ledger::add_signature(transaction, key);
    Json out = network.submit(0, transaction);
    INFO(out.dump());
    REQUIRE(out["state"] == "final");
    return out["receipt"]["results"][0]["output"];
  }
  // Signed by `who`; unsigned if nobody.
  [[nodiscard]] Answer get(const std::string& who, const std::string& target) const {
    auto client = node::HttpClient::open("http://127.0.0.1:" + std::to_string(network.nodes[0]->api_port()));
    std::vector<std::pair<std::string, std::string>> headers;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const TimestampMs now{
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count())};
    if (!who.empty()) headers = node::sign_request("GET", target, now, key_of(who), network.chain);
    const auto answer = client->request("GET", target, "", headers);
    REQUIRE(answer.has_value());
    return {answer->status, parse_json(answer->body).value()};
  }
};

}  // namespace

TEST_CASE("cases, queues and what is owed are read by those whom they concern") {
  Relief relief;
  const auto claim = [&](const char* who, Byte subject, const char* loss) {
    return relief.submit(who, OpenCase{"relief", "claim", family(subject), {{"loss", loss}}, {}, {}, {}});
  };
  CHECK(claim("wang", 1, "100")["case_number"] == "1");
  const Json opened = claim("li", 2, "200.50");
  CHECK(opened["work"] == Json{{"state", "waiting"}, {"missing", 0}, {"consequences", Json::array()}});

  const std::string queue = "/v1/queues/relief/relief?unit=county%2Fvillage";
  CHECK(relief.get("", queue).status == 401);
  CHECK(relief.get("stranger", queue).status == 403);
  const auto seen = relief.get("wang", queue);
  CHECK(seen.json["rows"] == Json{{{"place", "1"}, {"case_number", "2"}}, {{"place", "2"}, {"case_number", "1"}}});
  CHECK(relief.get("other", queue).json == seen.json);
  const auto officers = relief.get("recorder", queue);
  CHECK(officers.json["rows"][0] ==
        Json{{"place", "1"}, {"case_number", "2"}, {"subject", family(2).hex()}, {"state", "waiting"}});
  CHECK(relief.get("wang", "/v1/queues/relief/belief?unit=county").status == 404);

  const auto own = relief.get("wang", "/v1/cases/1");
  CHECK(own.status == 200);
  CHECK(own.json["work"]["fields"][0]["value"] == "100");
  for (const char* path : {"/v1/cases/1", "/v1/cases/1/acts"}) {
    INFO(path);
    CHECK(relief.get("recorder", path).status == 200);
    CHECK(relief.get("", path).status == 401);
    CHECK(relief.get("li", path).status == 403);
    CHECK(relief.get("other", path).status == 403);
  }
  CHECK(relief.get("recorder", "/v1/cases/1/acts").json["acts"][0]["act"]["act"] == "open");
  CHECK(relief.get("", "/v1/cases/77").status == 401);
  CHECK(relief.get("recorder", "/v1/cases/77").status == 404);
  CHECK(relief.get("recorder", "/v1/cases/one").status == 400);

  CHECK(relief.get("recorder", "/v1/work?unit=county%2Fvillage&limit=1").json["rows"].size() == 1);
  CHECK(relief.get("other", "/v1/work?unit=county%2Fvillage").status == 403);
  const std::string of_li = "/v1/subjects/" + family(2).hex();
  CHECK(relief.get("li", of_li + "/work").json["rows"][0]["number"] == "2");
  CHECK(relief.get("li", of_li + "/deductions").json["rows"].empty());

  const Json served = relief.submit(
      "recorder", Allocate{"relief", "relief", "county/village", Amount{25000}, {}, {}})["work"]["consequences"];
  REQUIRE(served.size() == 2);
  CHECK(served[0]["amount_money"] == "200.50");
  for (const char* list : {"/work", "/deductions", "/obligations", "/notices"}) {
    INFO(list);
    CHECK(relief.get("recorder", of_li + list).status == 200);
    CHECK(relief.get("wang", of_li + list).status == 403);
    CHECK(relief.get("", of_li + list).status == 401);
  }
  const auto owed = relief.get("li", of_li + "/obligations").json["rows"][0];
  CHECK(owed["record"]["amount_money"] == "200.50");
  CHECK(owed["record"]["state"] == "owed");
  CHECK(relief.get("li", "/v1/subjects/1/obligations").status == 400);
}
