// Purpose: the text rules of HTTP/1.1 (RFC 9110, 9112) that the server and the client share.
// Thread rule: pure functions, no sockets and no clock.
#pragma once

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"
#include "node/http_server.h"

namespace tally::node {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

// Why a request is not served.
struct HttpRefusal {
  int status = 400;
  Error error;
};

// nullopt if a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

struct HttpTarget {
  std::string path;
  std::map<std::string, std::string> query;
};
// Accepts "/path?query" and "http://host/path?query". Refused: fragments, control characters, text that is not UTF-8,
// "." and ".." as segments (after decoding), and query names that stand twice.
Result<HttpTarget> parse_http_target(std::string_view target);

// What one look at a request's header fields tells. Names are in lower case.
struct HttpFieldFacts {
  bool chunked = false;
  bool expects_continue = false;
};
// Refused: Content-Length with Transfer-Encoding, an encoding other than chunked, a length that is not one plain
// number, no or several hosts with HTTP/1.1, repeated fields that must be single, unknown expectations.
// `version` is 10 or 11.
boost::system::result<HttpFieldFacts, HttpRefusal> check_http_fields(const HttpFields& fields, int version);
[[noreturn]] void throw_exception_from_error(const HttpRefusal& refusal, const boost::source_location& where);

// Repeated fields are joined with ", " (cookies with "; ").
std::map<std::string, std::string> join_http_fields(HttpFields fields);

std::string lower_case(std::string_view text);
// Token of RFC 9110 section 5.6.2: methods and field names.
bool is_http_token(std::string_view text);
// No line ends or other control characters than tab: what may stand in a field's value.
bool is_http_value(std::string_view text);
// Visible ASCII only and not empty.
bool is_http_target_text(std::string_view text);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::time_t time);
std::string_view http_reason(int status);

struct HttpHeadOptions {
  bool keep_alive = true;
  bool http10 = false;  // the client speaks HTTP/1.0: no chunks
  std::time_t date = 0;
};
// Status line and fields with the empty line. invalid_field if the response's own fields could not be sent safely
// (line ends in values, fields that the server sets itself).
Result<std::string> format_response_head(const HttpResponse& response, const HttpHeadOptions& options);
// One piece of a chunked body; the empty piece is the end.
std::string format_chunk(std::string_view piece);
// 204, 304 and 1xx never carry a body.
bool status_allows_body(int status);

struct HttpBaseUrl {
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string authority;  // for the Host field
  std::string text;       // "http://127.0.0.1:8080", for messages
};
// "http://host[:port][/]"; invalid_field says what is wrong with it.
Result<HttpBaseUrl> parse_base_url(const std::string& url);

}  // namespace tally::node
