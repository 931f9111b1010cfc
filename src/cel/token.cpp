#include "cel/token.h"

#include <array>
#include <stdexcept>

#include "cel/utf8.h"

namespace tally::cel {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_octal(char c) {
  return c >= '0' && c <= '7';
}
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool continues_name(char c) {
  return starts_name(c) || is_digit(c);
}

// The longest first.
constexpr std::array<std::string_view, 28> kSigns = {"<=", ">=", "==", "!=", "&&", "||", "<", ">", "!", "+",
                                                     "-",  "*",  "/",  "%",  "?",  ":",  ".", ",", "(", ")",
                                                     "[",  "]",  "{",  "}",  "=",  "&",  "|", ";"};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Parsed<std::vector<Token>> run() {
    std::vector<Token> out;
    for (;;) {
      skip_blank();
      auto token = next();
      if (!token) return token.error();
      out.push_back(std::move(*token));
      if (out.back().kind == Kind::end) return out;
    }
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const { return at_ >= source_.size(); }
  void step() {
    const auto byte = static_cast<unsigned char>(source_[at_++]);
    if (byte == '\n')
      place_ = {place_.line + 1, 1};
    else if ((byte & 0xC0U) != 0x80U)  // the first byte of a code point
      ++place_.column;
  }
  void step(std::size_t count) {
    while (count-- > 0) step();
  }
  [[nodiscard]] Mistake mistake(Position at, std::string problem, std::string expected = {}) const {
    return {at, std::move(problem), std::move(expected)};
  }

  void skip_blank() {
    while (!at_end()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        step();
      } else if (c == '/' && peek(1) == '/') {
        while (!at_end() && peek() != '\n') step();
      } else {
        return;
      }
    }
  }

  Parsed<Token> next() {
    const Position at = place_;
    if (at_end()) return Token{Kind::end, at, {}};
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number(at);
    if (const auto prefix = string_prefix()) return string(at, *prefix);
    if (starts_name(peek())) {
      std::string name;
      for (; continues_name(peek()); step()) name.push_back(peek());
      return Token{Kind::identifier, at, std::move(name)};
    }
    if (peek() == '`') return quoted(at);
    for (const auto sign : kSigns) {
      if (!source_.substr(at_).starts_with(sign)) continue;
      step(sign.size());
      return Token{Kind::sign, at, std::string(sign)};
    }
    return mistake(at, "an unexpected character", "an expression of CEL");
  }

  Parsed<Token> quoted(Position at) {
    step();
    std::string name;
    for (; !at_end() && peek() != '`' && peek() != '\n'; step()) name.push_back(peek());
    if (peek() != '`' || name.empty())
      return mistake(at, "a quoted field name does not end", "a closing ` on its line");
    step();
    return Token{Kind::quoted, at, std::move(name)};
  }

  Parsed<Token> number(Position at) {
    std::string text;
    const auto take = [&] {
      text.push_back(peek());
      step();
    };
    Kind kind = Kind::integer;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && hex_value(peek(2)) >= 0) {
      take();
      take();
      while (hex_value(peek()) >= 0) take();
    } else {
      while (is_digit(peek())) take();
      if (peek() == '.' && is_digit(peek(1))) {
        kind = Kind::floating;
        take();
        while (is_digit(peek())) take();
      }
      const bool sign = peek(1) == '+' || peek(1) == '-';
      if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
        kind = Kind::floating;
        take();
        if (sign) take();
        while (is_digit(peek())) take();
      }
    }
    if (kind == Kind::integer && (peek() == 'u' || peek() == 'U')) {
      kind = Kind::unsigned_integer;
      step();
    }
    if (continues_name(peek()))
      return mistake(place_, "a number runs into a name", "a space or an operator between them");
    return Token{kind, at, std::move(text)};
  }

  struct Prefix {
    bool raw = false;
    bool bytes = false;
    std::size_t size = 0;
  };
  [[nodiscard]] std::optional<Prefix> string_prefix() const {
    Prefix out;
    for (;; ++out.size) {
      const char c = peek(out.size);
      if (c == '"' || c == '\'') return out;
      if ((c == 'r' || c == 'R') && !out.raw)
        out.raw = true;
      else if ((c == 'b' || c == 'B') && !out.bytes)
        out.bytes = true;
      else
        return std::nullopt;
    }
  }

  Parsed<Token> string(Position at, const Prefix& prefix) {
    step(prefix.size);
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    const std::size_t quotes = triple ? 3 : 1;
    step(quotes);
    Token out{prefix.bytes ? Kind::bytes : Kind::text, at, {}};
    for (;;) {
      if (at_end() || (!triple && (peek() == '\n' || peek() == '\r')))
        return mistake(at, "a string does not end", triple ? "three closing quotes" : "a closing quote on its line");
      if (peek() == quote && (!triple || (peek(1) == quote && peek(2) == quote))) break;
      if (peek() != '\\' || prefix.raw) {
        out.text.push_back(peek());
        step();
        continue;
      }
      if (auto read = escape(out.text, prefix.bytes); !read) return read.error();
    }
    step(quotes);
    return out;
  }

  // \\ and what follows it.
  Parsed<void> escape(std::string& out, bool bytes) {
    static constexpr std::string_view kNames = "abfnrtv\\?\"'`";
    static constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\?\"'`";
    const Position at = place_;
    step();
    const char c = peek();
    if (const auto found = kNames.find(c); found != kNames.npos && !at_end()) {
      step();
      out.push_back(kValues[found]);
      return {};
    }
    if (c == 'x' || c == 'X') return code(out, at, 2, bytes);
    if (c == 'u' && !bytes) return code(out, at, 4, false);
    if (c == 'U' && !bytes) return code(out, at, 8, false);
    if (c >= '0' && c <= '3' && is_octal(peek(1)) && is_octal(peek(2))) {
      const auto value = static_cast<std::uint32_t>((c - '0') * 64 + (peek(1) - '0') * 8 + (peek(2) - '0'));
      step(3);
      put(out, value, bytes);
      return {};
    }
    return mistake(at, "an unknown escape sequence",
                   bytes ? R"(one of \a \b \f \n \r \t \v \\ \? \" \' \` \xHH \OOO)"
                         : R"(one of \a \b \f \n \r \t \v \\ \? \" \' \` \xHH \OOO \uHHHH \UHHHHHHHH)");
  }

  Parsed<void> code(std::string& out, Position at, std::size_t digits, bool bytes) {
    step();
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i, step()) {
      const int digit = hex_value(peek());
      if (digit < 0)
        return mistake(at, "an escape sequence is too short", std::to_string(digits) + " hexadecimal digits");
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
      return mistake(at, "an escape sequence names no character", "a Unicode scalar value");
    put(out, value, bytes);
    return {};
  }

  static void put(std::string& out, std::uint32_t value, bool bytes) {
    if (bytes)
      out.push_back(static_cast<char>(value));
    else
      append_utf8(out, value);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  Position place_;
};

}  // namespace

void throw_exception_from_error(const Mistake& mistake, const boost::source_location& /*where*/) {
  throw std::logic_error("value taken of a failed result: " + mistake.text());
}

std::string Mistake::text() const {
  std::string out = std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + problem;
  if (!expected.empty()) out += "; expected " + expected;
  return out;
}

Parsed<std::vector<Token>> tokenize(std::string_view source) {
  if (source.size() > kExpressionBytesMax)
    return Mistake{{},
                   "the expression has " + std::to_string(source.size()) + " bytes",
                   "at most " + std::to_string(kExpressionBytesMax)};
  if (!is_utf8(source)) return Mistake{{}, "the expression is no UTF-8", "text in UTF-8"};
  return Lexer(source).run();
}

}  // namespace tally::cel
