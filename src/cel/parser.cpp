#include "cel/parser.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "cel/macros.h"
#include "cel/number_text.h"

namespace tally::cel {

namespace {

constexpr std::array<std::string_view, 21> kReserved = {
    "as",  "break", "const",   "continue",  "else",   "false", "for", "function", "if",    "import", "in",
    "let", "loop",  "package", "namespace", "return", "true",  "var", "void",     "while", "null"};

bool is_reserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

struct Operator {
  std::string_view sign;
  std::string_view function;
  int level;
};
constexpr std::array<Operator, 14> kBinary = {{{"||", "_||_", 1},
                                               {"&&", "_&&_", 2},
                                               {"<", "_<_", 3},
                                               {"<=", "_<=_", 3},
                                               {">", "_>_", 3},
                                               {">=", "_>=_", 3},
                                               {"==", "_==_", 3},
                                               {"!=", "_!=_", 3},
                                               {"in", "@in", 3},
                                               {"+", "_+_", 4},
                                               {"-", "_-_", 4},
                                               {"*", "_*_", 5},
                                               {"/", "_/_", 5},
                                               {"%", "_%_", 5}}};

class Parser {
 public:
  Parser(std::vector<Token> tokens, const ParseOptions& options) : tokens_(std::move(tokens)), options_(options) {}

  Parsed<ExprPtr> run() {
    auto out = expression();
    if (!out) return out;
    if (peek().kind != Kind::end) return unexpected("an operator, or the end of the expression");
    return out;
  }

 private:
  // Keeps the parser itself from running too deep, whatever tree comes of it.
  struct Deeper {
    explicit Deeper(Parser& of) : parser(of) { ++parser.depth_; }
    ~Deeper() { --parser.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& parser;
  };

  [[nodiscard]] const Token& peek() const { return tokens_[next_]; }
  [[nodiscard]] bool sees(std::string_view sign) const { return peek().kind == Kind::sign && peek().text == sign; }
  [[nodiscard]] bool sees_name(std::string_view name) const {
    return peek().kind == Kind::identifier && peek().text == name;
  }
  Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool took(std::string_view sign) {
    if (!sees(sign)) return false;
    take();
    return true;
  }
  [[nodiscard]] Mistake unexpected(std::string expected) const {
    const Token& token = peek();
    if (token.kind == Kind::end) return {token.at, "the expression ends", std::move(expected)};
    return {token.at, "\"" + token.text + "\" is not expected here", std::move(expected)};
  }
  [[nodiscard]] static Mistake too_deep(Position at) {
    return {at, "the expression is nested too deeply", "at most " + std::to_string(kDepthMax) + " levels"};
  }
  Parsed<void> expect(std::string_view sign) {
    if (took(sign)) return {};
    return unexpected("\"" + std::string(sign) + "\"");
  }

  // --- making nodes ---

  static void deepen(std::size_t& depth, const ExprPtr& child) {
    if (child) depth = std::max(depth, child->depth + 1);
  }
  template <class Node>
  static Parsed<ExprPtr> make(Position at, Node node, std::size_t depth) {
    if (depth > kDepthMax) return too_deep(at);
    auto out = std::make_unique<Expr>();
    out->at = at;
    out->node = std::move(node);
    out->depth = depth;
    return out;
  }
  static Parsed<ExprPtr> literal(Position at, Literal value) { return make(at, std::move(value), 1); }
  Parsed<ExprPtr> call(Position at, std::string function, ExprPtr target, std::vector<ExprPtr> arguments) const {
    Call out{std::move(function), std::move(target), std::move(arguments)};
    if (options_.macros) {
      auto expanded = expand_macro(out, at);
      if (!expanded) return expanded.error();
      if (*expanded) return (*expanded)->depth > kDepthMax ? Parsed<ExprPtr>(too_deep(at)) : std::move(expanded);
    }
    std::size_t depth = 1;
    deepen(depth, out.target);
    for (const auto& argument : out.arguments) deepen(depth, argument);
    return make(at, std::move(out), depth);
  }
  template <class... Arguments>
  Parsed<ExprPtr> operation(Position at, std::string_view function, Arguments... arguments) const {
    Call out{std::string(function), nullptr, {}};
    (out.arguments.push_back(std::move(arguments)), ...);
    std::size_t depth = 1;
    for (const auto& argument : out.arguments) deepen(depth, argument);
    return make(at, std::move(out), depth);
  }

  // --- the grammar ---

  Parsed<ExprPtr> expression() {
    const Deeper deeper(*this);
    if (depth_ > kDepthMax) return too_deep(peek().at);
    auto condition = binary(1);
    if (!condition || !sees("?")) return condition;
    const Position at = take().at;
    auto yes = binary(1);
    if (!yes) return yes;
    if (auto colon = expect(":"); !colon) return colon.error();
    auto no = expression();
    if (!no) return no;
    return operation(at, "_?_:_", std::move(*condition), std::move(*yes), std::move(*no));
  }

  [[nodiscard]] const Operator* binary_here() const {
    if (peek().kind != Kind::sign && !sees_name("in")) return nullptr;
    for (const auto& one : kBinary)
      if (one.sign == peek().text) return &one;
    return nullptr;
  }

  Parsed<ExprPtr> binary(int level) {
    auto left = unary();
    if (!left) return left;
    return binary_from(std::move(*left), level);
  }

  // Precedence climbing; all of them bind to the left.
  Parsed<ExprPtr> binary_from(ExprPtr left, int level) {
    for (const Operator* one = binary_here(); one != nullptr && one->level >= level; one = binary_here()) {
      const Position at = take().at;
      auto right = unary();
      if (!right) return right;
      const Operator* next = binary_here();
      if (next != nullptr && next->level > one->level) {
        const Deeper deeper(*this);
        if (depth_ > kDepthMax) return too_deep(at);
        right = binary_from(std::move(*right), one->level + 1);
        if (!right) return right;
      }
      auto joined = operation(at, one->function, std::move(left), std::move(*right));
      if (!joined) return joined;
      left = std::move(*joined);
    }
    return left;
  }

  Parsed<ExprPtr> unary() {
    std::vector<Position> signs;
    const bool minus = sees("-");
    while (sees(minus ? "-" : "!")) signs.push_back(take().at);
    if (signs.size() > kDepthMax) return too_deep(signs.back());
    // The least integer has no positive counterpart.
    const bool negative = minus && (peek().kind == Kind::integer || peek().kind == Kind::floating);
    auto out = member(negative);
    if (negative && !signs.empty()) signs.pop_back();
    while (out && !signs.empty()) {
      out = operation(signs.back(), minus ? "-_" : "!_", std::move(*out));
      signs.pop_back();
    }
    return out;
  }

  Parsed<ExprPtr> member(bool negative) {
    auto out = primary(negative);
    while (out && (sees(".") || sees("["))) {
      const Position at = take().at;
      out = tokens_[next_ - 1].text == "." ? selected(at, std::move(*out)) : indexed(at, std::move(*out));
    }
    return out;
  }

  Parsed<ExprPtr> selected(Position at, ExprPtr operand) {
    const bool optional = took("?");
    if (peek().kind != Kind::identifier && peek().kind != Kind::quoted) return unexpected("the name of a field");
    if (sees_name("in")) return unexpected("the name of a field");
    const Token field = take();
    if (!optional && field.kind == Kind::identifier && took("(")) {
      auto arguments = list_of_expressions(")");
      if (!arguments) return arguments.error();
      return call(at, field.text, std::move(operand), std::move(*arguments));
    }
    const std::size_t depth = operand->depth + 1;
    // A message's name may be qualified.
    if (!optional && sees("{")) {
      if (auto name = qualified(*operand)) return message(at, *name + "." + field.text);
    }
    return make(at, Select{std::move(operand), field.text, false, optional}, depth);
  }

  static std::optional<std::string> qualified(const Expr& expr) {
    if (const auto* name = std::get_if<Identifier>(&expr.node)) return name->name;
    const auto* select = std::get_if<Select>(&expr.node);
    if (select == nullptr || select->optional || select->test) return std::nullopt;
    auto outer = qualified(*select->operand);
    if (outer) *outer += "." + select->field;
    return outer;
  }

  Parsed<ExprPtr> indexed(Position at, ExprPtr operand) {
    const bool optional = took("?");
    auto index = expression();
    if (!index) return index;
    if (auto end = expect("]"); !end) return end.error();
    return operation(at, optional ? "_[?_]" : "_[_]", std::move(operand), std::move(*index));
  }

  Parsed<ExprPtr> primary(bool negative) {
    const Token& token = peek();
    switch (token.kind) {
      case Kind::integer:
      case Kind::unsigned_integer:
      case Kind::floating:
        return number(take(), negative);
      case Kind::text: {
        Token text = take();
        return literal(text.at, std::move(text.text));
      }
      case Kind::bytes: {
        const Token bytes = take();
        return literal(bytes.at, Bytes(bytes.text.begin(), bytes.text.end()));
      }
      case Kind::identifier:
        return named(false);
      case Kind::sign:
        return bracketed();
      default:
        return unexpected("a value");
    }
  }

  Parsed<ExprPtr> bracketed() {
    const Position at = peek().at;
    if (took("(")) {
      auto out = expression();
      if (!out) return out;
      if (auto end = expect(")"); !end) return end.error();
      return out;
    }
    if (took("[")) return list(at);
    if (took("{")) return map(at);
    if (took(".")) return named(true);
    return unexpected("a value");
  }

  // An identifier, a call, a message or a word that is a value.
  Parsed<ExprPtr> named(bool rooted) {
    if (peek().kind != Kind::identifier) return unexpected("a name");
    const Token token = take();
    if (!rooted && token.text == "true") return literal(token.at, true);
    if (!rooted && token.text == "false") return literal(token.at, false);
    if (!rooted && token.text == "null") return literal(token.at, Null{});
    if (is_reserved(token.text)) return Mistake{token.at, "\"" + token.text + "\" is a reserved word", "another name"};
    const std::string name = (rooted ? "." : "") + token.text;
    if (took("(")) {
      auto arguments = list_of_expressions(")");
      if (!arguments) return arguments.error();
      return call(token.at, name, nullptr, std::move(*arguments));
    }
    if (sees("{")) return message(token.at, name);
    return make(token.at, Identifier{name}, 1);
  }

  Parsed<ExprPtr> number(const Token& token, bool negative) const {
    const Mistake range{token.at, "the number " + token.text + " is out of range", "a 64-bit number"};
    const char* first = token.text.data();
    const char* last = first + token.text.size();
    if (token.kind == Kind::floating) {
      const auto value = parse_double(token.text);
      if (!value || std::isinf(*value)) return range;
      return literal(token.at, negative ? -*value : *value);
    }
    const bool hex = token.text.size() > 2 && (token.text[1] == 'x' || token.text[1] == 'X');
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(hex ? first + 2 : first, last, value, hex ? 16 : 10);
    if (failure != std::errc{} || end != last) return range;
    if (token.kind == Kind::unsigned_integer) return literal(token.at, value);
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value > kMost + (negative ? 1 : 0)) return range;
    return literal(token.at, static_cast<std::int64_t>(negative ? ~value + 1 : value));
  }

  Parsed<std::vector<ExprPtr>> list_of_expressions(std::string_view end) {
    std::vector<ExprPtr> out;
    while (!took(end)) {
      if (!out.empty()) {
        if (auto comma = expect(","); !comma) return comma.error();
      }
      auto one = expression();
      if (!one) return one.error();
      out.push_back(std::move(*one));
    }
    return out;
  }

  // After the opening bracket; a comma may stand before the closing one.
  Parsed<ExprPtr> list(Position at) {
    ListExpr out;
    std::size_t depth = 1;
    while (!took("]")) {
      if (!out.elements.empty()) {
        if (auto comma = expect(","); !comma) return comma.error();
        if (took("]")) break;
      }
      const bool optional = took("?");
      auto value = expression();
      if (!value) return value;
      deepen(depth, *value);
      out.elements.push_back({std::move(*value), optional});
    }
    return make(at, std::move(out), depth);
  }

  Parsed<ExprPtr> map(Position at) {
    MapExpr out;
    std::size_t depth = 1;
    while (!took("}")) {
      if (!out.entries.empty()) {
        if (auto comma = expect(","); !comma) return comma.error();
        if (took("}")) break;
      }
      const bool optional = took("?");
      auto key = expression();
      if (!key) return key;
      if (auto colon = expect(":"); !colon) return colon.error();
      auto value = expression();
      if (!value) return value;
      deepen(depth, *key);
      deepen(depth, *value);
      out.entries.push_back({std::move(*key), std::move(*value), optional});
    }
    return make(at, std::move(out), depth);
  }

  Parsed<ExprPtr> message(Position at, std::string name) {
    take();
    MessageExpr out{std::move(name), {}};
    std::size_t depth = 1;
    while (!took("}")) {
      if (!out.fields.empty()) {
        if (auto comma = expect(","); !comma) return comma.error();
        if (took("}")) break;
      }
      const bool optional = took("?");
      if (peek().kind != Kind::identifier && peek().kind != Kind::quoted) return unexpected("the name of a field");
      std::string field = take().text;
      if (auto colon = expect(":"); !colon) return colon.error();
      auto value = expression();
      if (!value) return value;
      deepen(depth, *value);
      out.fields.push_back({std::move(field), std::move(*value), optional});
    }
    return make(at, std::move(out), depth);
  }

  std::vector<Token> tokens_;
  const ParseOptions options_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Parsed<ExprPtr> parse(std::string_view source, const ParseOptions& options) {
  auto tokens = tokenize(source);
  if (!tokens) return tokens.error();
  return Parser(std::move(*tokens), options).run();
}

}  // namespace tally::cel
