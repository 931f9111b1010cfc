#include "node/http_text.h"

#include <catch2/catch.hpp>

#include "common/json.h"

namespace {

using namespace tally;
using namespace tally::node;

TEST_CASE("http: percent escapes decode, broken ones do not") {
  CHECK(percent_decode("a%20b%2fC", false) == "a b/C");
  CHECK(percent_decode("a+b", false) == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  for (const auto* broken : {"%", "%4", "%4g", "%g4", "a%"}) CHECK_FALSE(percent_decode(broken, false));
}

TEST_CASE("http: targets are split and decoded") {
  const auto target = parse_http_target("/v1/%E5%BC%A0%E4%B8%89?q=a+b%26c&empty=&flag&&z=1").value();
  CHECK(target.path == "/v1/张三");
  CHECK(target.query == std::map<std::string, std::string>{{"q", "a b&c"}, {"empty", ""}, {"flag", ""}, {"z", "1"}});
  CHECK(parse_http_target("http://node:80/x?y=1").value().path == "/x");
  CHECK(parse_http_target("/a..b/...").value().path == "/a..b/...");
}

TEST_CASE("http: bad targets are refused with the reason") {
  struct Row {
    std::string target;
    std::string text;
  };
  const auto row = GENERATE(values<Row>({
      {"", "visible ASCII"},
      {"x", "begins with /"},
      {"*", "begins with /"},
      {"/a b", "visible ASCII"},
      {"/\xe5\xbc\xa0", "visible ASCII"},
      {"/%zz", "broken % escape"},
      {"/%00", "control character"},
      {"/?a=%0a", "control character"},
      {"/%ff", "not UTF-8"},
      {"/a/../b", ". or .. segment"},
      {"/%2e%2e/b", ". or .. segment"},
      {"/a/.", ". or .. segment"},
      {"/a#b", "fragment"},
      {"http://host", "no path"},
      {"http:///x", "no path"},
      {"/?a=1&a=2", "stands twice"},
  }));
  CAPTURE(row.target);
  const auto target = parse_http_target(row.target);
  REQUIRE_FALSE(target.has_value());
  CHECK(target.error().code == ErrorCode::invalid_field);
  CHECK_THAT(target.error().text(), Catch::Contains(row.text));
}

TEST_CASE("http: field rules") {
  struct Row {
    HttpFields fields;
    int version;
    int status;  // 0: accepted
  };
  const auto row = GENERATE(values<Row>({
      {{{"host", "h"}}, 11, 0},
      {{{"host", "h"}, {"content-length", "12"}}, 11, 0},
      {{{"host", "h"}, {"transfer-encoding", "Chunked"}}, 11, 0},
      {{{"host", "h"}, {"expect", "100-continue"}}, 11, 0},
      {{}, 10, 0},
      {{}, 11, 400},
      {{{"host", "a"}, {"host", "a"}}, 11, 400},
      {{{"host", "h"}, {"content-length", "1"}, {"transfer-encoding", "chunked"}}, 11, 400},
      {{{"host", "h"}, {"content-length", "1"}, {"transfer-encoding", "gzip"}}, 11, 400},
      {{{"host", "h"}, {"content-length", "1"}, {"content-length", "1"}}, 11, 400},
      {{{"host", "h"}, {"content-length", "1, 1"}}, 11, 400},
      {{{"host", "h"}, {"content-length", "+1"}}, 11, 400},
      {{{"host", "h"}, {"content-length", ""}}, 11, 400},
      {{{"host", "h"}, {"content-length", "99999999999999999999"}}, 11, 400},
      {{{"host", "h"}, {"transfer-encoding", "gzip, chunked"}}, 11, 501},
      {{{"transfer-encoding", "chunked"}}, 10, 400},
      {{{"host", "h"}, {"expect", "cake"}}, 11, 417},
      {{{"host", "h"}, {"authorization", "a"}, {"authorization", "b"}}, 11, 400},
  }));
  const auto facts = check_http_fields(row.fields, row.version);
  CAPTURE(row.status);
  CHECK((facts ? 0 : facts.error().status) == row.status);
}

TEST_CASE("http: repeated fields are joined") {
  const auto joined = join_http_fields({{"accept", "a"}, {"cookie", "x=1"}, {"accept", "b"}, {"cookie", "y=2"}});
  CHECK(joined == std::map<std::string, std::string>{{"accept", "a, b"}, {"cookie", "x=1; y=2"}});
}

TEST_CASE("http: response heads") {
  HttpResponse response{200, "text/plain", "hello", {{"X-A", "1"}}};
  CHECK(format_response_head(response, {true, false, 784111777}).value() ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\nContent-Length: 5\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  response.status = 204;
  CHECK(format_response_head(response, {false, false, 0}).value() ==
        "HTTP/1.1 204 No Content\r\nX-A: 1\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: close\r\n\r\n");
  response.status = 200;
  response.more = [] { return std::string(); };
  CHECK_THAT(format_response_head(response, {}).value(), Catch::Contains("Transfer-Encoding: chunked\r\n"));
  CHECK_THAT(format_response_head(response, {true, true, 0}).value(),
             !Catch::Contains("chunked") && Catch::Contains("Connection: keep-alive"));
  CHECK(format_chunk("0123456789abcdefg") == "11\r\n0123456789abcdefg\r\n");
  CHECK(format_chunk("") == "0\r\n\r\n");
}

TEST_CASE("http: responses that would break their own lines are refused") {
  CHECK_FALSE(format_response_head({200, "a\r\nX: y", ""}, {}).has_value());
  CHECK_FALSE(format_response_head({200, "a", "", {{"X", "y\nZ: 1"}}}, {}).has_value());
  CHECK_FALSE(format_response_head({200, "a", "", {{"X Y", "1"}}}, {}).has_value());
  CHECK_FALSE(format_response_head({200, "a", "", {{"Content-length", "1"}}}, {}).has_value());
  CHECK_FALSE(format_response_head({100, "a", ""}, {}).has_value());
}

TEST_CASE("http: base URLs") {
  const auto plain = parse_base_url("http://127.0.0.1:8080/").value();
  CHECK(plain.host == "127.0.0.1");
  CHECK(plain.port == 8080);
  CHECK(plain.text == "http://127.0.0.1:8080");
  CHECK(parse_base_url("HTTP://node").value().port == 80);
  const auto six = parse_base_url("http://[::1]:81").value();
  CHECK(six.host == "::1");
  CHECK(six.authority == "[::1]:81");
  for (const auto* bad : {"", "node:80", "https://node", "ftp://x", "http://", "http://:80", "http://a:0", "http://a:",
                          "http://a:65536", "http://a:1x", "http://a/b", "http://u@a", "http://[::1", "http://a b"}) {
    CAPTURE(bad);
    const auto url = parse_base_url(bad);
    REQUIRE_FALSE(url.has_value());
    CHECK(url.error().code == ErrorCode::invalid_field);
    CHECK(url.error().field == "url");
  }
}

TEST_CASE("http: every error code has a status and both titles") {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<ErrorCode>>([](auto enumerator) {
    CAPTURE(enumerator.name);
    const ErrorTitles titles = titles_of(enumerator.value);
    CHECK_FALSE(titles.english.empty());
    CHECK_FALSE(titles.chinese.empty());
    const int status = http_status_of(enumerator.value);
    CHECK((status == 200) == (enumerator.value == ErrorCode::ok));
    CHECK((status == 200 || (status >= 400 && status < 600)));
    CHECK(http_reason(status) != "Status");
  });
  CHECK(titles_of(static_cast<ErrorCode>(9999)).english.empty());
  CHECK(http_status_of(static_cast<ErrorCode>(9999)) == 500);
}

TEST_CASE("http: problem documents") {
  const auto response =
      problem(make_error(ErrorCode::amount_out_of_range, "operations[0].amount", "is 12", "at most 10"));
  CHECK(response.status == 422);
  CHECK(response.content_type == "application/problem+json");
  const Json document = parse_json(response.body).value();
  CHECK(document == Json{{"type", "urn:tallystick:error:amount_out_of_range"},
                         {"title", "Amount out of range"},
                         {"status", 422},
                         {"code", "amount_out_of_range"},
                         {"field", "operations[0].amount"},
                         {"detail", "is 12"},
                         {"expected", "at most 10"},
                         {"title_zh", "分值超出范围"},
                         {"detail_zh", "分值超出范围（字段：operations[0].amount）：is 12"}});
  // Foreign bytes in a text do not make the answer fail.
  CHECK(parse_json(problem(make_error(ErrorCode::invalid_field, "\xff", "\xc0")).body).has_value());
  CHECK(problem(make_error(ErrorCode::busy, "", "")).headers.front().first == "Retry-After");
}

}  // namespace
