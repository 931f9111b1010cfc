// Purpose: a small HTTP/1.1 server and client. The only place that knows Boost.Beast.
// Thread rule: handlers run on the server's worker threads, several at once; members are thread-safe.
// Limits (common/limits.h): sessions in all (503 beyond) and per address, header bytes and fields, body bytes, a time
// for the header, for the body, for idling and for writing. Content-Length together with Transfer-Encoding is refused.
// Errors: start answers io_failed with the address; malformed requests are answered with a problem document
// (RFC 9457) and never reach the handler. A handler that throws is answered 500 and logged.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"

namespace tally::node {

struct HttpRequest {
  std::string method;
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
  std::string target;  // as it came, path and query: what signed requests cover
  std::string remote_address;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Answers later, from any thread, exactly once; dropping it unanswered answers 500.
using Respond = std::function<void(HttpResponse)>;
// A handler either answers at once or keeps `respond` for later (long polls).
using HttpHandler = std::function<void(HttpRequest, Respond)>;

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  unsigned threads = 1;
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;  // stops accepting, ends sessions, joins
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

Result<std::unique_ptr<HttpServer>> start_http_server(const HttpServerOptions& options, HttpHandler handler);

// A problem document (RFC 9457) with the error's stable code.
HttpResponse problem(const Error& error);
// The HTTP status that stands for an error code.
int http_status_of(ErrorCode code);

// Blocking client with keep-alive; one thread at a time per client.
class HttpClient {
 public:
  // "http://127.0.0.1:8080"; invalid_field names what is wrong with it.
  static Result<HttpClient> open(const std::string& base_url);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // unreachable (names the address and what to try), timeout. Any HTTP status is a good result.
  Result<HttpResponse> request(const std::string& method, const std::string& target, const std::string& body = {},
                               const std::vector<std::pair<std::string, std::string>>& headers = {},
                               unsigned timeout_ms = 30000);
  // Receives a body as it arrives (chain export); false from `take` ends it.
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
