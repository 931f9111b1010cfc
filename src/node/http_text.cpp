#include "node/http_text.h"

#include <charconv>
#include <stdexcept>

#include "common/codec.h"

namespace tally::node {

namespace {

constexpr std::size_t kQuotedBytesMax = 60;  // of foreign text in a message

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool is_control(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code < 0x20 || code == 0x7f;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char character : text.substr(0, kQuotedBytesMax)) {
    const bool plain = !is_control(character) && static_cast<unsigned char>(character) < 0x80;
    out += plain ? character : '?';
  }
  return out + (text.size() > kQuotedBytesMax ? "...\"" : "\"");
}

Error bad_target(std::string problem, std::string expected) {
  return make_error(ErrorCode::invalid_field, "target", std::move(problem), std::move(expected));
}

// Decodes one part of a target and refuses what no path or parameter of ours contains.
Result<std::string> decode_part(std::string_view part, bool plus_is_space) {
  auto decoded = percent_decode(part, plus_is_space);
  if (!decoded) return bad_target("has a broken % escape in " + quoted(part), "% and two hexadecimal digits");
  if (std::any_of(decoded->begin(), decoded->end(), is_control))
    return bad_target("has a control character in " + quoted(part), "printable text");
  if (!codec_detail::valid_utf8(as_bytes(*decoded)))
    return bad_target("is not UTF-8 in " + quoted(part), "UTF-8, percent-encoded");
  return *std::move(decoded);
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

Result<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const auto piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    auto name = decode_part(piece.substr(0, equals), true);
    if (!name) return name.error();
    auto value = decode_part(equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1), true);
    if (!value) return value.error();
    if (!out.emplace(*name, std::move(value).value()).second)
      return make_error(ErrorCode::invalid_field, *name, "stands twice in the query", "each parameter once");
  }
  return Result<std::map<std::string, std::string>>(boost::system::in_place_value, std::move(out));
}

HttpRefusal refuse(int status, ErrorCode code, std::string field, std::string problem, std::string expected = {}) {
  return {status, make_error(code, std::move(field), std::move(problem), std::move(expected))};
}

bool is_plain_number(std::string_view text) {
  return !text.empty() && text.size() <= 19 &&
         std::all_of(text.begin(), text.end(), [](char digit) { return digit >= '0' && digit <= '9'; });
}

// Fields whose second occurrence would leave open which one counts.
bool must_be_single(std::string_view name) {
  return name == "content-length" || name == "content-type" || name == "host" || name == "authorization" ||
         name == "transfer-encoding" || name == "expect";
}

bool set_by_server(std::string_view name) {
  return name == "content-length" || name == "transfer-encoding" || name == "connection" || name == "content-type" ||
         name == "date";
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

Result<HttpTarget> parse_http_target(std::string_view target) {
  if (!is_http_target_text(target))
    return bad_target("is " + quoted(target), "visible ASCII characters, others percent-encoded");
  if (target.find('#') != std::string_view::npos) return bad_target("has a fragment", "no # in a request");
  constexpr std::string_view kScheme = "http://";
  if (lower_case(target.substr(0, kScheme.size())) == kScheme) {
    target.remove_prefix(kScheme.size());
    const auto slash = target.find('/');
    if (slash == std::string_view::npos || slash == 0) return bad_target("has no path", "http://host/path");
    target.remove_prefix(slash);
  }
  if (target.front() != '/') return bad_target("is " + quoted(target), "a path that begins with /");
  const auto question = target.find('?');
  auto path = decode_part(target.substr(0, question), false);
  if (!path) return path.error();
  if (has_dot_segment(*path)) return bad_target("has a . or .. segment", "the path itself");
  auto query = parse_query(question == std::string_view::npos ? std::string_view{} : target.substr(question + 1));
  if (!query) return query.error();
  return HttpTarget{std::move(path).value(), std::move(query).value()};
}

boost::system::result<HttpFieldFacts, HttpRefusal> check_http_fields(const HttpFields& fields, int version) {
  HttpFieldFacts facts;
  std::map<std::string_view, std::string_view> single;
  for (const auto& [name, value] : fields)
    if (must_be_single(name) && !single.emplace(name, value).second)
      return refuse(400, ErrorCode::invalid_field, name, "stands twice", "the field once");
  const bool has_length = single.contains("content-length");
  const auto encoding = single.find("transfer-encoding");
  if (encoding != single.end()) {
    if (has_length)
      return refuse(400, ErrorCode::invalid_field, "content-length", "comes with transfer-encoding", "one of the two");
    if (version < 11)
      return refuse(400, ErrorCode::invalid_field, "transfer-encoding", "comes with HTTP/1.0", "content-length");
    if (lower_case(encoding->second) != "chunked")
      return refuse(501, ErrorCode::invalid_field, "transfer-encoding", "is " + quoted(encoding->second), "chunked");
    facts.chunked = true;
  }
  if (has_length && !is_plain_number(single["content-length"]))
    return refuse(400, ErrorCode::invalid_field, "content-length", "is " + quoted(single["content-length"]),
                  "one decimal number");
  if (version >= 11 && !single.contains("host"))
    return refuse(400, ErrorCode::missing_field, "host", "is missing", "one host field, as HTTP/1.1 asks");
  const auto expect = single.find("expect");
  if (expect != single.end() && version >= 11) {
    if (lower_case(expect->second) != "100-continue")
      return refuse(417, ErrorCode::invalid_field, "expect", "is " + quoted(expect->second), "100-continue");
    facts.expects_continue = true;
  }
  return facts;
}

void throw_exception_from_error(const HttpRefusal& refusal, const boost::source_location& where) {
  tally::throw_exception_from_error(refusal.error, where);
}

std::map<std::string, std::string> join_http_fields(HttpFields fields) {
  std::map<std::string, std::string> out;
  for (auto& [name, value] : fields) {
    const auto [place, fresh] = out.try_emplace(std::move(name), std::move(value));
    if (!fresh) place->second += (place->first == "cookie" ? "; " : ", ") + value;
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& character : out)
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  return out;
}

bool is_http_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char character) {
    const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    const bool digit = character >= '0' && character <= '9';
    return letter || digit || std::string_view("!#$%&'*+-.^_`|~").find(character) != std::string_view::npos;
  });
}

bool is_http_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char character) { return is_control(character) && character != '\t'; });
}

bool is_http_target_text(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char character) { return character > 0x20 && character < 0x7f; });
}

std::string http_date(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  // Not strftime: its names follow the process's locale.
  std::array<char, 64> out{};
  const int size = std::snprintf(out.data(), out.size(), "%.3s, %02d %.3s %d %02d:%02d:%02d GMT",
                                 kDays.data() + 3 * parts.tm_wday, parts.tm_mday, kMonths.data() + 3 * parts.tm_mon,
                                 parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {out.data(), static_cast<std::size_t>(size)};
}

std::string_view http_reason(int status) {
  static constexpr std::pair<int, std::string_view> kReasons[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };
  for (const auto& [code, reason] : kReasons)
    if (code == status) return reason;
  return "Status";
}

bool status_allows_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

Result<std::string> format_response_head(const HttpResponse& response, const HttpHeadOptions& options) {
  if (response.status < 200 || response.status > 599)
    return make_error(ErrorCode::invalid_field, "status", "is " + std::to_string(response.status), "200 to 599");
  if (!is_http_value(response.content_type))
    return make_error(ErrorCode::invalid_field, "content_type", "is " + quoted(response.content_type));
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out.append(http_reason(response.status)).append("\r\n");
  const bool body = status_allows_body(response.status);
  if (body && !response.content_type.empty()) out.append("Content-Type: ").append(response.content_type).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (!is_http_token(name) || !is_http_value(value))
      return make_error(ErrorCode::invalid_field, "headers", quoted(name) + " has a value or name that breaks lines");
    if (set_by_server(lower_case(name)))
      return make_error(ErrorCode::invalid_field, "headers", quoted(name) + " is set by the server");
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (body && !response.more) {
    out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  } else if (body && !options.http10) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
  out.append("Date: ").append(http_date(options.date)).append("\r\n");
  if (!options.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (options.http10) {
    out.append("Connection: keep-alive\r\n");
  }
  return out.append("\r\n");
}

std::string format_chunk(std::string_view piece) {
  std::array<char, 16> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
  std::string out(size.data(), end);
  return out.append("\r\n").append(piece).append("\r\n");
}

Result<HttpBaseUrl> parse_base_url(const std::string& url) {
  const auto wrong = [&](std::string problem) {
    return make_error(ErrorCode::invalid_field, "url", std::move(problem), "http://host:port");
  };
  constexpr std::string_view kScheme = "http://";
  const std::string scheme = lower_case(url.substr(0, kScheme.size()));
  if (scheme == "https:/") return wrong("asks for https, which nodes leave to a proxy in front of them");
  if (scheme != kScheme || !is_http_target_text(url)) return wrong("is " + quoted(url));
  std::string_view rest = std::string_view(url).substr(kScheme.size());
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos) return wrong("has a path in " + quoted(url));
  if (rest.find('@') != std::string_view::npos) return wrong("has a user name, which nodes do not know");
  HttpBaseUrl out;
  out.authority = rest;
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto bracket = rest.find(']');
    if (bracket == std::string_view::npos) return wrong("has no closing ] in " + quoted(url));
    out.host = rest.substr(1, bracket - 1);
    port = rest.substr(bracket + 1);
  } else {
    out.host = rest.substr(0, rest.find(':'));
    port = rest.substr(out.host.size());
  }
  if (out.host.empty()) return wrong("has no host in " + quoted(url));
  if (!port.empty()) {
    const char* end = port.data() + port.size();
    const auto parsed = std::from_chars(port.data() + 1, end, out.port);
    if (port.front() != ':' || parsed.ec != std::errc{} || parsed.ptr != end || out.port == 0)
      return wrong("has the port " + quoted(port.substr(1)));
  }
  out.text = std::string(kScheme) + out.authority;
  return out;
}

}  // namespace tally::node
