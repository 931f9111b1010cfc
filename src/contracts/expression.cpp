#include "contracts/expression.h"

#include "cel/parser.h"
#include "contracts/situation.h"

namespace tally::contracts {

namespace {

cel::Environment environment(Scope scope, const std::shared_ptr<const cel::ObjectType>& work = nullptr) {
  using cel::TypeKind;
  cel::Environment out;
  // In the order of Variable.
  out.add_variable("subject", cel::Type::object(subject_type()));
  out.add_variable("now", TypeKind::timestamp);
  if (scope == Scope::subject) return out;
  if (scope == Scope::work || scope == Scope::act) {
    out.add_variable("case", cel::Type::object(work));
    if (scope == Scope::act) out.add_variable("author", TypeKind::text);
    return out;
  }
  out.add_variable("quantity", TypeKind::integer);
  out.add_variable("amount", TypeKind::decimal);
  out.add_variable("event_time", TypeKind::timestamp);
  if (scope == Scope::rule) return out;
  out.add_variable("points", TypeKind::decimal);
  return out;
}

const cel::Environment& environment_of(Scope scope) {
  static const std::array<cel::Environment, 3> all = {environment(Scope::subject), environment(Scope::rule),
                                                      environment(Scope::effect)};
  return all[static_cast<std::size_t>(scope)];
}

// Walks a tree for calls of the form target.method('literal').
class Finder {
 public:
  void visit(const cel::ExprPtr& expr) {
    if (expr) std::visit([&](const auto& node) { look(node, expr->at); }, expr->node);
  }
  std::vector<NamedThing> found;

 private:
  void look(const cel::Literal&, cel::Position) {}
  void look(const cel::Identifier&, cel::Position) {}
  void look(const cel::Select& node, cel::Position) { visit(node.operand); }
  void look(const cel::Call& node, cel::Position) {
    visit(node.target);
    for (const auto& argument : node.arguments) visit(argument);
    if (!node.target || node.arguments.empty()) return;
    const auto* name = literal_at<std::string>(node, 0);
    if (name == nullptr) return;
    NamedThing thing;
    if (const auto* target = std::get_if<cel::Identifier>(&node.target->node)) thing.target = target->name;
    thing.method = node.function;
    thing.name = *name;
    thing.at = node.arguments[0]->at;
    if (const auto* second = literal_at<std::string>(node, 1)) thing.second = *second;
    if (const auto* number = literal_at<std::int64_t>(node, 1)) thing.number = *number;
    if (node.arguments.size() > 1) thing.second_at = node.arguments[1]->at;
    found.push_back(std::move(thing));
  }
  template <class T>
  static const T* literal_at(const cel::Call& node, std::size_t position) {
    if (position >= node.arguments.size()) return nullptr;
    const auto* literal = std::get_if<cel::Literal>(&node.arguments[position]->node);
    return literal == nullptr ? nullptr : std::get_if<T>(literal);
  }
  void look(const cel::ListExpr& node, cel::Position) {
    for (const auto& element : node.elements) visit(element.value);
  }
  void look(const cel::MapExpr& node, cel::Position) {
    for (const auto& entry : node.entries) {
      visit(entry.key);
      visit(entry.value);
    }
  }
  void look(const cel::MessageExpr& node, cel::Position) {
    for (const auto& field : node.fields) visit(field.value);
  }
  void look(const cel::Comprehension& node, cel::Position) {
    for (const auto* part : {&node.range, &node.initial, &node.condition, &node.step, &node.result}) visit(*part);
  }
};

}  // namespace

namespace {

CompiledExpression compile_in(std::string_view source, const cel::Environment& names, const cel::Type& wanted) {
  cel::CompileOptions options;
  options.wanted = wanted;
  auto compiled = cel::compile(source, names, options);
  return {{std::string(source), std::move(compiled.program)}, std::move(compiled.type), std::move(compiled.mistakes)};
}

}  // namespace

CompiledExpression compile_expression(std::string_view source, Scope scope, const cel::Type& wanted) {
  return compile_in(source, environment_of(scope), wanted);
}

CompiledExpression compile_work_expression(std::string_view source, Scope scope,
                                           const std::shared_ptr<const cel::ObjectType>& work,
                                           const cel::Type& wanted) {
  return compile_in(source, environment(scope, work), wanted);
}

std::vector<NamedThing> things_named_in(std::string_view source) {
  auto tree = cel::parse(source);
  if (!tree) return {};
  Finder finder;
  finder.visit(*tree);
  return std::move(finder.found);
}

}  // namespace tally::contracts
