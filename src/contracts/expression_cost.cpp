#include "contracts/expression_cost.h"

#include <algorithm>

#include "cel/parser.h"

namespace tally::contracts {

namespace {

std::uint64_t plus(std::uint64_t left, std::uint64_t right) {
  return left > UINT64_MAX - right ? UINT64_MAX : left + right;
}

std::uint64_t times(std::uint64_t left, std::uint64_t right) {
  return left != 0 && right > UINT64_MAX / left ? UINT64_MAX : left * right;
}

// What walking over a value takes: elements of a list that is written out, or that a loop builds over one.
std::uint64_t size_of(const cel::ExprPtr& expr) {
  if (!expr) return 0;
  if (const auto* list = std::get_if<cel::ListExpr>(&expr->node)) return list->elements.size();
  if (const auto* map = std::get_if<cel::MapExpr>(&expr->node)) return map->entries.size();
  if (const auto* loop = std::get_if<cel::Comprehension>(&expr->node))
    return std::max<std::uint64_t>(1, size_of(loop->range));
  if (const auto* call = std::get_if<cel::Call>(&expr->node)) {
    // Of a choice, and of lists that are put together.
    std::uint64_t out = size_of(call->target);
    for (const auto& argument : call->arguments) out = plus(out, size_of(argument));
    return std::max<std::uint64_t>(1, out);
  }
  return 1;
}

struct Cost {
  std::uint64_t operator()(const cel::Literal&) const { return 1; }
  std::uint64_t operator()(const cel::Identifier&) const { return 1; }
  std::uint64_t operator()(const cel::Select& node) const { return plus(1, most_cost(node.operand)); }
  std::uint64_t operator()(const cel::Call& node) const {
    std::uint64_t out = plus(1, most_cost(node.target));
    for (const auto& argument : node.arguments) out = plus(out, most_cost(argument));
    return out;
  }
  std::uint64_t operator()(const cel::ListExpr& node) const {
    std::uint64_t out = 1;
    for (const auto& element : node.elements) out = plus(out, most_cost(element.value));
    return out;
  }
  std::uint64_t operator()(const cel::MapExpr& node) const {
    std::uint64_t out = 1;
    for (const auto& entry : node.entries) out = plus(out, plus(most_cost(entry.key), most_cost(entry.value)));
    return out;
  }
  std::uint64_t operator()(const cel::MessageExpr& node) const {
    std::uint64_t out = 1;
    for (const auto& field : node.fields) out = plus(out, most_cost(field.value));
    return out;
  }
  std::uint64_t operator()(const cel::Comprehension& node) const {
    const std::uint64_t round = plus(most_cost(node.condition), most_cost(node.step));
    std::uint64_t out = plus(1, times(size_of(node.range), round));
    for (const auto* part : {&node.range, &node.initial, &node.result}) out = plus(out, most_cost(*part));
    return out;
  }
};

}  // namespace

std::uint64_t most_cost(const cel::ExprPtr& expr) {
  return expr ? std::visit(Cost{}, expr->node) : 0;
}

std::uint64_t most_cost(std::string_view source) {
  const auto tree = cel::parse(source);
  return tree ? most_cost(*tree) : 0;
}

}  // namespace tally::contracts
