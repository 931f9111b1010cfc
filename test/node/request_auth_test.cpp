#include "node/request_auth.h"

#include <catch2/catch.hpp>

#include "crypto/digest.h"

namespace {

using namespace tally;

struct Fixture {
  Fixture() { crypto::initialise(); }
  crypto::SecretKey key = crypto::SecretKey::from_seed({7});
  ChainId chain{{1, 2, 3}};
  TimestampMs now{1'000'000'000};
  node::HttpRequest signed_request() const {
    node::HttpRequest request;
    request.method = "GET";
    request.target = "/v1/accounts/qingzhen/00?x=1";
    for (const auto& [name, value] : node::sign_request("GET", request.target, now, key, chain))
      request.headers[name] = value;
    return request;
  }
};

TEST_CASE("a signed request names its signer") {
  const Fixture it;
  CHECK(node::authenticate_request(it.signed_request(), it.now, it.chain).value() == it.key.public_key());
}

TEST_CASE("an unsigned request is anonymous, not an error") {
  const Fixture it;
  CHECK_FALSE(node::authenticate_request({}, it.now, it.chain).value());
}

TEST_CASE("whatever is altered is refused, naming the header") {
  const Fixture it;
  auto request = it.signed_request();
  TimestampMs now = it.now;
  ChainId chain = it.chain;
  std::string field = "tally-signature";
  SECTION("target") {
    request.target += "2";
  }
  SECTION("method") {
    request.method = "POST";
  }
  SECTION("chain") {
    chain.bytes[0] = 9;
  }
  SECTION("signature") {
    request.headers["tally-signature"][0] ^= 1;
  }
  SECTION("no signature") {
    request.headers.erase("tally-signature");
  }
  SECTION("time") {
    request.headers["tally-time"] = "1000000001";
  }
  SECTION("age") {
    now = now.plus(node::kRequestAgeMsMax + 1);
    field = "tally-time";
  }
  SECTION("time is text") {
    request.headers["tally-time"] = "soon";
    field = "tally-time";
  }
  SECTION("key") {
    request.headers["tally-key"] = "00";
    field = "tally-key";
  }
  const auto result = node::authenticate_request(request, now, chain);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::unauthorised);
  CHECK(result.error().field == field);
}

}  // namespace
