// Purpose: a small HTTP/1.1 server and client. The only place that knows Boost.Beast.
// Thread rule: handlers run on the server's worker threads, several at once; members are thread-safe.
// Limits (common/limits.h): sessions in all (503 beyond) and per address, header bytes and fields, body bytes, a time
// for the header, for the body, for idling and for writing. Content-Length together with Transfer-Encoding is refused.
// Errors: start answers io_failed with the address; malformed requests are answered with a problem document
// (RFC 9457) and never reach the handler. A handler that throws is answered 500 and logged.
// HEAD reaches the handler as GET and loses the body of its answer; OPTIONS is answered by the server.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/limits.h"

namespace tally::node {

struct HttpRequest {
  std::string method;
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded; a name that stands twice is refused
  std::map<std::string, std::string> headers;  // lower-case names; values of repeated ones joined with ", "
  std::string body;
  std::string target;  // as it came, path and query: what signed requests cover
  std::string remote_address;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  // If set, called on a worker thread for one piece after the other until it returns an empty one; they follow `body`,
  // each sent before the next is asked for. The length need not be known. A throw cuts the connection, so that the
  // client does not take a part for the whole.
  std::function<std::string()> more = nullptr;
};

// Answers later, from any thread, exactly once (further answers are ignored, also those after the server's end);
// dropping it unanswered answers 500. After answer_timeout the server answers 504 by itself.
using Respond = std::function<void(HttpResponse)>;
// A handler either answers at once or keeps `respond` for later (long polls).
using HttpHandler = std::function<void(HttpRequest, Respond)>;

struct HttpLimits {
  std::size_t sessions_max = limits::kHttpSessionsMax;
  std::size_t sessions_per_address_max = limits::kHttpSessionsPerAddressMax;  // an IPv6 /64 is one address
  std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  std::size_t header_fields_max = limits::kHttpHeaderFieldsMax;
  std::size_t body_bytes_max = limits::kHttpBodyBytesMax;
  std::size_t bodies_bytes_max = limits::kHttpBodiesBytesMax;
  std::size_t body_bytes_per_second_min = limits::kHttpBodyBytesPerSecondMin;
  std::chrono::milliseconds body_grace = limits::kHttpBodyGrace;
  std::chrono::milliseconds header_timeout = limits::kHttpHeaderTimeout;  // from the connection or the first byte
  std::chrono::milliseconds body_timeout = limits::kHttpBodyTimeout;
  std::chrono::milliseconds idle_timeout = limits::kHttpIdleTimeout;    // between two requests
  std::chrono::milliseconds write_timeout = limits::kHttpWriteTimeout;  // for every 256 KiB of an answer
  std::chrono::milliseconds answer_timeout = limits::kHttpAnswerTimeout;
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  unsigned threads = 1;
  HttpLimits limits = {};
};

class HttpServer {
 public:
  // Stops accepting, answers what is outstanding with 503, ends sessions and joins, within half a second unless a
  // handler blocks. No handler runs afterwards. Not to be called from a handler.
  virtual ~HttpServer() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

Result<std::unique_ptr<HttpServer>> start_http_server(const HttpServerOptions& options, HttpHandler handler);

// A problem document (RFC 9457) with the error's stable code:
// {"type": "urn:tallystick:error:CODE", "title", "status", "code", "field", "detail", "expected", "title_zh",
//  "detail_zh"}. Every member is always there; all but status are strings, empty if nothing can be said.
HttpResponse problem(const Error& error);
// The same with another status than the code's own (405, 431 and the like).
HttpResponse problem(const Error& error, int status);
// The HTTP status that stands for an error code.
int http_status_of(ErrorCode code);
// Short titles of an error code; empty for a number that is no code.
struct ErrorTitles {
  std::string_view english;
  std::string_view chinese;
};
ErrorTitles titles_of(ErrorCode code);

// Blocking client with keep-alive; one thread at a time per client.
class HttpClient {
 public:
  // "http://127.0.0.1:8080"; invalid_field names what is wrong with it.
  static Result<HttpClient> open(const std::string& base_url);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // unreachable (names the address and what to try), timeout (for the whole exchange), too_large (an answer over
  // kHttpResponseBytesMax), invalid_encoding (the answer is not HTTP). Any HTTP status is a good result.
  // An idle connection that turns out closed is replaced once; what may have reached the node is sent again for GET
  // and HEAD only.
  Result<HttpResponse> request(const std::string& method, const std::string& target, const std::string& body = {},
                               const std::vector<std::pair<std::string, std::string>>& headers = {},
                               unsigned timeout_ms = 30000);
  // GET that receives a body as it arrives (chain export); false from `take` ends it. `timeout_ms` runs anew
  // with every piece. The body of an answer other than 2xx goes into the response, not to `take`.
  Result<HttpResponse> stream(const std::string& target,
                              const std::vector<std::pair<std::string, std::string>>& headers,
                              const std::function<bool(std::string_view piece)>& take, unsigned timeout_ms = 30000);
  [[nodiscard]] const std::string& base_url() const;

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tally::node
