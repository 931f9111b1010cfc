#include "cel/ast.h"

#include <charconv>

namespace tally::cel {

namespace {

ExprPtr copied(const ExprPtr& expr) {
  return expr ? copy(*expr) : nullptr;
}

struct Copier {
  using Node = decltype(Expr::node);

  Node operator()(const Literal& it) const { return it; }
  Node operator()(const Identifier& it) const { return it; }
  Node operator()(const Select& it) const { return Select{copied(it.operand), it.field, it.test, it.optional}; }
  Node operator()(const Call& it) const {
    Call out{it.function, copied(it.target), {}};
    for (const auto& argument : it.arguments) out.arguments.push_back(copied(argument));
    return out;
  }
  Node operator()(const ListExpr& it) const {
    ListExpr out;
    for (const auto& element : it.elements) out.elements.push_back({copied(element.value), element.optional});
    return out;
  }
  Node operator()(const MapExpr& it) const {
    MapExpr out;
    for (const auto& entry : it.entries)
      out.entries.push_back({copied(entry.key), copied(entry.value), entry.optional});
    return out;
  }
  Node operator()(const MessageExpr& it) const {
    MessageExpr out{it.name, {}};
    for (const auto& field : it.fields) out.fields.push_back({field.name, copied(field.value), field.optional});
    return out;
  }
  Node operator()(const Comprehension& it) const {
    return Comprehension{it.variable,          it.second,       copied(it.range), it.accumulator, copied(it.initial),
                         copied(it.condition), copied(it.step), copied(it.result)};
  }
};

struct LiteralText {
  std::string operator()(const Null&) const { return "null"; }
  std::string operator()(bool it) const { return it ? "true" : "false"; }
  std::string operator()(std::int64_t it) const { return std::to_string(it); }
  std::string operator()(std::uint64_t it) const { return std::to_string(it) + "u"; }
  std::string operator()(double it) const {
    char text[40];
    const auto [end, failure] = std::to_chars(text, text + sizeof text, it);
    std::string out(text, failure == std::errc{} ? end : text);
    if (out.find_first_of(".einf") == out.npos) out += ".0";
    return out;
  }
  std::string operator()(const std::string& it) const { return "\"" + it + "\""; }
  std::string operator()(const Bytes& it) const { return "b\"" + to_hex(it) + "\""; }
};

std::string joined(const std::vector<ExprPtr>& list) {
  std::string out;
  for (const auto& one : list) out += (out.empty() ? "" : ", ") + text_of(*one);
  return out;
}

struct Text {
  std::string operator()(const Literal& it) const { return std::visit(LiteralText{}, it); }
  std::string operator()(const Identifier& it) const { return it.name; }
  std::string operator()(const Select& it) const {
    const std::string out = text_of(*it.operand) + (it.optional ? ".?" : ".") + it.field;
    return it.test ? "has(" + out + ")" : out;
  }
  std::string operator()(const Call& it) const {
    const std::string out = it.function + "(" + joined(it.arguments) + ")";
    return it.target ? text_of(*it.target) + "." + out : out;
  }
  std::string operator()(const ListExpr& it) const {
    std::string out;
    for (const auto& element : it.elements)
      out += (out.empty() ? "" : ", ") + std::string(element.optional ? "?" : "") + text_of(*element.value);
    return "[" + out + "]";
  }
  std::string operator()(const MapExpr& it) const {
    std::string out;
    for (const auto& entry : it.entries)
      out += (out.empty() ? "" : ", ") + std::string(entry.optional ? "?" : "") + text_of(*entry.key) + ": " +
             text_of(*entry.value);
    return "{" + out + "}";
  }
  std::string operator()(const MessageExpr& it) const {
    std::string out;
    for (const auto& field : it.fields)
      out += (out.empty() ? "" : ", ") + std::string(field.optional ? "?" : "") + field.name + ": " +
             text_of(*field.value);
    return it.name + "{" + out + "}";
  }
  std::string operator()(const Comprehension& it) const {
    return "fold(" + it.variable + (it.second.empty() ? "" : ", " + it.second) + " in " + text_of(*it.range) + "; " +
           it.accumulator + " = " + text_of(*it.initial) + "; while " + text_of(*it.condition) + "; " +
           text_of(*it.step) + "; " + text_of(*it.result) + ")";
  }
};

}  // namespace

ExprPtr copy(const Expr& expr) {
  auto out = std::make_unique<Expr>();
  out->at = expr.at;
  out->node = std::visit(Copier{}, expr.node);
  out->depth = expr.depth;
  return out;
}

std::string text_of(const Expr& expr) {
  return std::visit(Text{}, expr.node);
}

}  // namespace tally::cel
