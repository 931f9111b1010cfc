#include "node/http_parse.h"

#include <boost/beast/http/basic_parser.hpp>

namespace tally::node {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using Text = boost::beast::string_view;

constexpr int kHttp10 = 10;
// A line with a chunk's size must fit, with its extensions.
constexpr std::size_t kChunkLineBytesMax = limits::kKiB;
constexpr std::size_t kTrailerBytesMax = 4 * limits::kKiB;
// The shortest rest of a chunked body ("0\r\n\r\n"). The parser asserts in its last state that it sees no less.
constexpr std::size_t kChunkedRestBytesMin = 5;
constexpr std::size_t kClientHeaderBytesMax = 4 * limits::kHttpHeaderBytesMax;

Error malformed(std::string_view what, const error_code& error) {
  return make_error(ErrorCode::invalid_encoding, "", std::string(what) + " is malformed: " + error.message(),
                    "HTTP/1.1 as in RFC 9112");
}

}  // namespace

struct HttpRequestReader::Impl final : http::basic_parser<true> {
  explicit Impl(const HttpLimits& limits_in) : limits(limits_in) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max + 1));
    body_limit(limits.body_bytes_max);
  }

  HttpFed feed(std::string_view bytes);
  HttpRefusal refusal_for(const error_code& error) const;
  [[nodiscard]] HttpRefusal header_too_large(std::string problem) const {
    return {431, make_error(ErrorCode::too_large, "header", std::move(problem),
                            "at most " + std::to_string(limits.header_bytes_max) + " bytes and " +
                                std::to_string(limits.header_fields_max) + " fields")};
  }
  [[nodiscard]] bool waits_for_chunk(std::size_t size) const {
    return is_header_done() && chunked() && size < kChunkedRestBytesMin;
  }

  void on_request_impl(http::verb, Text method, Text target, int version_in, error_code& error) override;
  void on_field_impl(http::field, Text name, Text value, error_code& error) override;
  void on_header_impl(error_code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& error) override { error = {}; }
  std::size_t on_body_impl(Text piece, error_code& error) override {
    error = {};
    request.body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, error_code& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, Text piece, error_code& error) override {
    return on_body_impl(piece, error);
  }
  void on_finish_impl(error_code& error) override { error = {}; }
  void on_response_impl(int, Text, int, error_code& error) override { error = http::error::bad_version; }

  // A callback's own refusal, with an error that stops the parser.
  void stop(error_code& error, HttpRefusal why) {
    refusal = std::move(why);
    error = http::error::bad_value;
  }

  HttpLimits limits;
  HttpRequest request;
  HttpFields fields;
  HttpFieldFacts facts;
  std::optional<HttpRefusal> refusal;
  std::size_t header_bytes = 0;
  int version = 11;
};

void HttpRequestReader::Impl::on_request_impl(http::verb, Text method, Text target, int version_in, error_code& error) {
  error = {};
  version = version_in;
  request.method.assign(method.data(), method.size());
  request.target.assign(target.data(), target.size());
}

void HttpRequestReader::Impl::on_field_impl(http::field, Text name, Text value, error_code& error) {
  error = {};
  if (is_header_done()) return;  // trailers mean nothing here
  if (fields.size() == limits.header_fields_max) return stop(error, header_too_large("has too many fields"));
  fields.emplace_back(lower_case({name.data(), name.size()}), std::string(value.data(), value.size()));
}

void HttpRequestReader::Impl::on_header_impl(error_code& error) {
  error = {};
  auto checked = check_http_fields(fields, version);
  if (!checked) return stop(error, checked.error());
  facts = *checked;
  // OPTIONS may ask about the server as a whole.
  if (request.method == "OPTIONS" && request.target == "*") {
    request.path = "*";
  } else {
    auto target = parse_http_target(request.target);
    if (!target) return stop(error, {http_status_of(target.error().code), target.error()});
    request.path = std::move(target->path);
    request.query = std::move(target->query);
  }
  request.headers = join_http_fields(std::move(fields));
}

HttpRefusal HttpRequestReader::Impl::refusal_for(const error_code& error) const {
  if (refusal) return *refusal;
  if (error == http::error::header_limit) return header_too_large("is too large");
  if (error == http::error::body_limit)
    return {413, make_error(ErrorCode::too_large, "body", "is too large",
                            "at most " + std::to_string(limits.body_bytes_max) + " bytes")};
  return {400, malformed("the request", error)};
}

HttpFed HttpRequestReader::Impl::feed(std::string_view bytes) {
  HttpFed fed;
  // Empty lines before a request are skipped, as RFC 9112 section 2.2 advises.
  if (!got_some())
    while (bytes.substr(fed.used, 2) == "\r\n") fed.used += 2;
  const bool in_header = !is_header_done();
  while (fed.used < bytes.size() && !is_done() && is_header_done() != in_header) {
    const auto rest = bytes.substr(fed.used);
    if (!got_some() && rest == "\r") break;
    if (!got_some() && !is_http_token(rest.substr(0, 1))) {
      fed.refusal = HttpRefusal{400, make_error(ErrorCode::invalid_encoding, "", "the bytes received are not HTTP",
                                                "an HTTP/1.1 request; this port does not speak TLS")};
      break;
    }
    if (waits_for_chunk(rest.size())) break;
    error_code error;
    const std::size_t used = put({rest.data(), rest.size()}, error);
    fed.used += used;
    if (in_header) header_bytes += used;
    if (error && error != http::error::need_more) {
      fed.refusal = refusal_for(error);
      break;
    }
    const std::size_t left = bytes.size() - fed.used;
    if (in_header && header_bytes + (is_header_done() ? 0 : left) > limits.header_bytes_max)
      fed.refusal = header_too_large("is too large");
    if (error == http::error::need_more) {
      if (!in_header && left > kChunkLineBytesMax + kTrailerBytesMax)
        fed.refusal = HttpRefusal{400, make_error(ErrorCode::too_large, "body", "has an overlong chunk header")};
      break;
    }
    if (fed.refusal) break;
  }
  return fed;
}

HttpRequestReader::HttpRequestReader(const HttpLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
HttpRequestReader::~HttpRequestReader() = default;
HttpRequestReader::HttpRequestReader(HttpRequestReader&&) noexcept = default;
HttpFed HttpRequestReader::feed(std::string_view bytes) {
  return impl_->feed(bytes);
}
bool HttpRequestReader::header_done() const {
  return impl_->is_header_done();
}
bool HttpRequestReader::done() const {
  return impl_->is_done();
}
bool HttpRequestReader::expects_continue() const {
  return impl_->facts.expects_continue;
}
bool HttpRequestReader::keep_alive() const {
  return impl_->keep_alive();
}
bool HttpRequestReader::http10() const {
  return impl_->version == kHttp10;
}
std::size_t HttpRequestReader::body_bytes() const {
  return impl_->request.body.size();
}
HttpRequest HttpRequestReader::take() {
  return std::move(impl_->request);
}

struct HttpResponseReader::Impl {
  // One message; a 1xx answer is followed by another one.
  struct Parser final : http::basic_parser<false> {
    explicit Parser(Impl& owner_in) : owner(owner_in) {
      header_limit(static_cast<std::uint32_t>(kClientHeaderBytesMax));
      body_limit(boost::none);
      skip(owner.answers_head);
    }
    void on_request_impl(http::verb, Text, Text, int, error_code& error) override { error = http::error::bad_version; }
    void on_response_impl(int status, Text, int, error_code& error) override {
      error = {};
      owner.response.status = status;
    }
    void on_field_impl(http::field, Text name, Text value, error_code& error) override;
    void on_header_impl(error_code& error) override { error = {}; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& error) override { error = {}; }
    std::size_t on_body_impl(Text piece, error_code& error) override;
    void on_chunk_header_impl(std::uint64_t, Text, error_code& error) override { error = {}; }
    std::size_t on_chunk_body_impl(std::uint64_t, Text piece, error_code& error) override {
      return on_body_impl(piece, error);
    }
    void on_finish_impl(error_code& error) override { error = {}; }
    Impl& owner;
  };

  Impl(bool head, std::size_t bytes_max, std::function<bool(std::string_view)> take_in)
      : answers_head(head), body_bytes_max(bytes_max), take(std::move(take_in)) {
    restart();
  }
  void restart() {
    response = {};
    response.content_type.clear();
    parser.emplace(*this);
  }
  Result<std::size_t> feed(std::string_view bytes);

  bool answers_head;
  std::size_t body_bytes_max;
  std::function<bool(std::string_view)> take;
  HttpResponse response;
  std::optional<Parser> parser;
  bool stopped = false;
  bool too_large = false;
};

void HttpResponseReader::Impl::Parser::on_field_impl(http::field, Text name, Text value, error_code& error) {
  error = {};
  if (is_header_done()) return;
  std::string lower = lower_case({name.data(), name.size()});
  std::string text(value.data(), value.size());
  if (lower == "content-type") owner.response.content_type = text;
  owner.response.headers.emplace_back(std::move(lower), std::move(text));
}

std::size_t HttpResponseReader::Impl::Parser::on_body_impl(Text piece, error_code& error) {
  error = {};
  if (owner.take && owner.response.status / 100 == 2) {
    owner.stopped = !owner.take({piece.data(), piece.size()});
    if (owner.stopped) error = http::error::end_of_stream;
    return piece.size();
  }
  owner.too_large = piece.size() > owner.body_bytes_max - owner.response.body.size();
  if (owner.too_large) {
    error = http::error::body_limit;
    return 0;
  }
  owner.response.body.append(piece.data(), piece.size());
  return piece.size();
}

Result<std::size_t> HttpResponseReader::Impl::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !parser->is_done()) {
    const auto rest = bytes.substr(used);
    if (parser->is_header_done() && parser->chunked() && rest.size() < kChunkedRestBytesMin) break;
    error_code error;
    used += parser->put({rest.data(), rest.size()}, error);
    if (stopped) break;
    if (too_large)
      return make_error(ErrorCode::too_large, "", "the answer is too large",
                        "at most " + std::to_string(body_bytes_max) + " bytes");
    if (error == http::error::need_more) {
      if (bytes.size() - used > kClientHeaderBytesMax)
        return make_error(ErrorCode::too_large, "", "the answer's header is too large");
      break;
    }
    if (error) return malformed("the answer", error);
    if (parser->is_done() && response.status / 100 == 1) restart();
  }
  return used;
}

HttpResponseReader::HttpResponseReader(bool answers_head, std::size_t body_bytes_max,
                                       std::function<bool(std::string_view)> take)
    : impl_(std::make_unique<Impl>(answers_head, body_bytes_max, std::move(take))) {}
HttpResponseReader::~HttpResponseReader() = default;
HttpResponseReader::HttpResponseReader(HttpResponseReader&&) noexcept = default;
Result<std::size_t> HttpResponseReader::feed(std::string_view bytes) {
  return impl_->feed(bytes);
}
bool HttpResponseReader::finish() {
  if (impl_->parser->is_done()) return true;
  if (!impl_->parser->got_some()) return false;
  error_code error;
  impl_->parser->put_eof(error);
  return !error && impl_->parser->is_done();
}
bool HttpResponseReader::done() const {
  return impl_->parser->is_done();
}
bool HttpResponseReader::stopped() const {
  return impl_->stopped;
}
bool HttpResponseReader::keep_alive() const {
  return impl_->parser->is_done() && impl_->parser->keep_alive();
}
HttpResponse HttpResponseReader::take() {
  return std::move(impl_->response);
}

}  // namespace tally::node
