// Purpose: HTTP/1.1 messages out of bytes, with every limit that depends on bytes alone. No sockets, no clock.
// Thread rule: one thread at a time per reader; a reader serves one message.
// Invariant: what a reader holds is bounded by its limits, whatever the other side sends.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "node/http_text.h"

namespace tally::node {

struct HttpFed {
  std::size_t used = 0;  // bytes taken from the front; the rest is to be offered again with more
  std::optional<HttpRefusal> refusal;
};

class HttpRequestReader {
 public:
  explicit HttpRequestReader(const HttpLimits& limits);
  ~HttpRequestReader();
  HttpRequestReader(HttpRequestReader&&) noexcept;

  // Offers bytes; stops at the end of the header once, and at the end of the message. After a refusal the
  // connection cannot be used further.
  HttpFed feed(std::string_view bytes);
  [[nodiscard]] bool header_done() const;
  [[nodiscard]] bool done() const;
  [[nodiscard]] bool expects_continue() const;
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool http10() const;
  // Bytes of the body that have arrived so far.
  [[nodiscard]] std::size_t body_bytes() const;
  // Requires done(). All but remote_address is filled in.
  HttpRequest take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class HttpResponseReader {
 public:
  // `take` receives the body of a 2xx answer piece by piece and ends it by returning false; without it, and for other
  // statuses, the body goes into the response. `body_bytes_max` bounds what goes into the response.
  HttpResponseReader(bool answers_head, std::size_t body_bytes_max, std::function<bool(std::string_view)> take);
  ~HttpResponseReader();
  HttpResponseReader(HttpResponseReader&&) noexcept;

  // Number of bytes used; invalid_encoding or too_large. Skips 1xx answers.
  Result<std::size_t> feed(std::string_view bytes);
  // The other side has closed: true if that ends the message properly.
  bool finish();
  [[nodiscard]] bool done() const;
  [[nodiscard]] bool stopped() const;  // `take` returned false
  [[nodiscard]] bool keep_alive() const;
  HttpResponse take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tally::node
