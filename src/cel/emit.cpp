#include <limits>

#include "cel/compiled.h"
#include "cel/names.h"

namespace tally::cel {

namespace {

// What a call of a function of constants may cost to be worked out before the program runs.
constexpr std::uint64_t kFoldingCostMax = 256;

struct Operator {
  std::string_view function;
  Op op;
  std::size_t arguments;
};
constexpr std::array<Operator, 22> kOperators = {{{"_&&_", Op::logical_and, 2},
                                                  {"_||_", Op::logical_or, 2},
                                                  {"!_", Op::logical_not, 1},
                                                  {"-_", Op::negate, 1},
                                                  {"_?_:_", Op::conditional, 3},
                                                  {"_==_", Op::equal, 2},
                                                  {"_!=_", Op::unequal, 2},
                                                  {"_<_", Op::less, 2},
                                                  {"_<=_", Op::less_equal, 2},
                                                  {"_>_", Op::greater, 2},
                                                  {"_>=_", Op::greater_equal, 2},
                                                  {"_+_", Op::add, 2},
                                                  {"_-_", Op::subtract, 2},
                                                  {"_*_", Op::multiply, 2},
                                                  {"_/_", Op::divide, 2},
                                                  {"_%_", Op::modulo, 2},
                                                  {"@in", Op::in, 2},
                                                  {"_[_]", Op::index, 2},
                                                  {"_[?_]", Op::optional_index, 2},
                                                  {"@not_strictly_false", Op::not_false, 1},
                                                  {"cel.@mapInsert", Op::insert, 3},
                                                  {"cel.@mapInsert", Op::insert_all, 2}}};

struct LiteralValue {
  Value operator()(const Null&) const { return {}; }
  Value operator()(const std::string& it) const { return Value::text(it); }
  Value operator()(const Bytes& it) const { return Value::bytes(it); }
  template <class T>
  Value operator()(T it) const {
    return it;
  }
};

class Emitter {
 public:
  Emitter(const Environment& environment, const Checked* checked) : names_(environment), checked_(checked) {
    out_->variables = environment.variables();
    out_->libraries = environment.libraries();
  }

  std::shared_ptr<const Program> run(const Expr& expr) {
    out_->root = emit(expr);
    return std::move(out_);
  }

 private:
  static std::uint32_t index(std::size_t size) { return static_cast<std::uint32_t>(size); }

  NodeIndex add(Op op, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0) {
    out_->nodes.push_back({op, false, 0, a, b, c});
    return index(out_->nodes.size() - 1);
  }
  std::uint32_t pooled(Value value) {
    out_->constants.push_back(std::move(value));
    return index(out_->constants.size() - 1);
  }
  NodeIndex constant(Value value) { return add(Op::constant, pooled(std::move(value))); }
  [[nodiscard]] const Value* constant_of(NodeIndex node) const {
    const Node& it = out_->nodes[node];
    return it.op == Op::constant ? &out_->constants[it.a] : nullptr;
  }
  NodeIndex add_listed(Op op, const std::vector<NodeIndex>& list, std::uint32_t a = 0, std::uint32_t c = 0) {
    const std::uint32_t at = index(out_->lists.size());
    out_->lists.insert(out_->lists.end(), list.begin(), list.end());
    const NodeIndex out = add(op, a, at, c);
    out_->nodes[out].count = static_cast<std::uint16_t>(list.size());
    return out;
  }
  [[nodiscard]] const Type* type_of(const Expr& expr) const {
    if (checked_ == nullptr) return nullptr;
    const auto at = checked_->types.find(&expr);
    return at == checked_->types.end() ? nullptr : &at->second;
  }

  NodeIndex emit(const Expr& expr) {
    return std::visit([&](const auto& node) { return of(expr, node); }, expr.node);
  }

  NodeIndex of(const Expr&, const Literal& literal) { return constant(std::visit(LiteralValue{}, literal)); }

  std::optional<NodeIndex> named(const Expr& expr) {
    const Meaning meaning = names_.find(expr);
    switch (meaning.kind) {
      case Meaning::Kind::local:
        return add(Op::local, index(meaning.position));
      case Meaning::Kind::variable:
        return add(Op::variable, index(meaning.position));
      case Meaning::Kind::type:
        return constant(Value::type(meaning.type));
      case Meaning::Kind::none:
        return std::nullopt;
    }
    return std::nullopt;
  }

  NodeIndex of(const Expr& expr, const Identifier& identifier) {
    if (const auto node = named(expr)) return *node;
    return constant(Value::error(Failure::unknown_name, "unknown name " + identifier.name));
  }

  NodeIndex of(const Expr& expr, const Select& select) {
    if (!select.test && !select.optional) {
      if (const auto node = named(expr)) return *node;
    }
    const Op op = select.test ? Op::has : select.optional ? Op::optional_select : Op::select;
    const NodeIndex operand = emit(*select.operand);
    const std::uint32_t name = pooled(Value::text(select.field));
    return add(op, operand, name, op == Op::select ? expected_field(select) : kNowhere);
  }

  std::uint32_t expected_field(const Select& select) {
    const Type* type = type_of(*select.operand);
    if (type == nullptr || !type->is(TypeKind::object)) return kNowhere;
    const auto& fields = type->declared()->fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name != select.field) continue;
      out_->fields.push_back({type->declared(), i});
      return index(out_->fields.size() - 1);
    }
    return kNowhere;
  }

  NodeIndex of(const Expr&, const ListExpr& list) {
    std::vector<NodeIndex> nodes;
    bool optional = false;
    for (const auto& element : list.elements) optional = optional || element.optional;
    for (const auto& element : list.elements) {
      nodes.push_back(emit(*element.value));
      if (optional) nodes.push_back(element.optional ? 1 : 0);
    }
    if (!optional) {
      std::vector<Value> values;
      for (const NodeIndex node : nodes)
        if (const Value* value = constant_of(node); value != nullptr && !value->is_error()) values.push_back(*value);
      if (values.size() == nodes.size()) return foldable(Value::list(std::move(values)), Op::list, nodes);
    }
    const NodeIndex out = add_listed(Op::list, nodes);
    out_->nodes[out].flag = optional;
    return out;
  }

  // The value, unless it is an error: that is found when the program runs.
  NodeIndex foldable(Value value, Op op, const std::vector<NodeIndex>& nodes) {
    return value.is_error() ? add_listed(op, nodes) : constant(std::move(value));
  }

  NodeIndex of(const Expr&, const MapExpr& map) {
    std::vector<NodeIndex> nodes;
    std::vector<std::pair<Value, Value>> values;
    for (const auto& entry : map.entries) {
      nodes.push_back(emit(*entry.key));
      nodes.push_back(emit(*entry.value));
      const Value* key = constant_of(nodes[nodes.size() - 2]);
      const Value* value = constant_of(nodes.back());
      const bool known = key && value && !key->is_error() && !value->is_error() && !entry.optional;
      if (known) values.emplace_back(*key, *value);
      nodes.push_back(entry.optional ? 1 : 0);
    }
    if (values.size() == map.entries.size()) return foldable(Value::map(std::move(values)), Op::map, nodes);
    return add_listed(Op::map, nodes);
  }

  NodeIndex of(const Expr&, const MessageExpr& message) {
    return constant(Value::error(Failure::unknown_name, "there is no message " + message.name));
  }

  NodeIndex of(const Expr&, const Call& call) {
    if (!call.target) {
      for (const Operator& one : kOperators)
        if (one.function == call.function && one.arguments == call.arguments.size()) return operation(one.op, call);
    }
    const Callees callees = names_.callees(call);
    std::vector<NodeIndex> nodes;
    std::vector<const Expr*> arguments;
    if (callees.member) arguments.push_back(call.target.get());
    for (const auto& argument : call.arguments) arguments.push_back(argument.get());
    if (callees.overloads.empty() && !callees.member)
      return constant(Value::error(Failure::unknown_name, "unknown function " + call.function));
    for (const Expr* argument : arguments) nodes.push_back(emit(*argument));

    Callee callee{callees.name, callees.member, nullptr, callees.overloads};
    if (callees.member) {
      if (const Type* type = type_of(*call.target); type != nullptr && type->is(TypeKind::object))
        return method(std::move(callee), *type->declared(), nodes);
    }
    if (callees.member && !callees.overloads.empty() && nodes.size() == 2 &&
        (callees.name == "or" || callees.name == "orValue")) {
      const NodeIndex out = add(Op::alternative, nodes[0], nodes[1]);
      out_->nodes[out].flag = callees.name == "or";
      return out;
    }
    callee.first = first_of(callees.overloads, arguments);
    if (auto value = worked_out(callee, nodes)) return constant(std::move(*value));
    out_->callees.push_back(std::move(callee));
    return add_listed(Op::call, nodes, index(out_->callees.size() - 1));
  }

  NodeIndex operation(Op op, const Call& call) {
    std::array<NodeIndex, 3> nodes{};
    for (std::size_t i = 0; i < call.arguments.size(); ++i) nodes[i] = emit(*call.arguments[i]);
    return add(op, nodes[0], nodes[1], nodes[2]);
  }

  NodeIndex method(Callee callee, const ObjectType& object, std::vector<NodeIndex> nodes) {
    callee.object = &object;
    for (std::size_t i = 0; i < object.methods.size(); ++i)
      if (object.methods[i].name == callee.name) callee.position = i;
    out_->callees.push_back(std::move(callee));
    const NodeIndex target = nodes.front();
    nodes.erase(nodes.begin());
    return add_listed(Op::method, nodes, index(out_->callees.size() - 1), target);
  }

  // The overload that the kinds of the arguments' types select; null if they say too little.
  [[nodiscard]] const Overload* first_of(const std::vector<const Overload*>& overloads,
                                         const std::vector<const Expr*>& arguments) const {
    if (overloads.size() == 1) return overloads[0];
    for (const Overload* one : overloads) {
      bool good = one->parameters.size() == arguments.size();
      for (std::size_t i = 0; good && i < arguments.size(); ++i) {
        const Type* type = type_of(*arguments[i]);
        const TypeKind wanted = one->parameters[i].kind();
        good = type != nullptr && (wanted == type->kind() || wanted == TypeKind::dyn || wanted == TypeKind::parameter);
      }
      if (good) return one;
    }
    return nullptr;
  }

  // decimal('85.5') and the like need not be parsed each time.
  std::optional<Value> worked_out(const Callee& callee, const std::vector<NodeIndex>& nodes) const {
    std::vector<Value> arguments;
    for (const NodeIndex node : nodes) {
      const Value* value = constant_of(node);
      if (value == nullptr || value->is_error()) return std::nullopt;
      arguments.push_back(*value);
    }
    Evaluation evaluation(kFoldingCostMax);
    Value out = apply(callee, arguments, evaluation);
    return out.is_error() ? std::nullopt : std::optional(std::move(out));
  }

  // --- folds ---

  std::uint32_t enter(const std::string& name) {
    const std::uint32_t slot = index(names_.depth());
    names_.enter(name);
    out_->slots = std::max(out_->slots, names_.depth());
    return slot;
  }

  NodeIndex of(const Expr&, const Comprehension& fold) {
    const auto* range = std::get_if<ListExpr>(&fold.range->node);
    if (range != nullptr && range->elements.empty()) return bound(fold);
    Fold out;
    out.range = emit(*fold.range);
    out.initial = emit(*fold.initial);
    out.accumulator = enter(fold.accumulator);
    out.variable = enter(fold.variable);
    if (!fold.second.empty()) out.second = enter(fold.second);
    const auto* always = std::get_if<Literal>(&fold.condition->node);
    if (always == nullptr || *always != Literal(true)) out.condition = emit(*fold.condition);
    out.step = step(*fold.step, fold.accumulator, out.accumulator);
    names_.leave(fold.second.empty() ? 1 : 2);
    out.result = is_name(*fold.result, fold.accumulator) ? add(Op::take, out.accumulator) : emit(*fold.result);
    names_.leave(1);
    out_->folds.push_back(out);
    return add(Op::fold, index(out_->folds.size() - 1));
  }

  // Over nothing: what is left is its accumulator, a name for a value.
  NodeIndex bound(const Comprehension& fold) {
    const NodeIndex initial = emit(*fold.initial);
    const std::uint32_t slot = enter(fold.accumulator);
    const NodeIndex result = emit(*fold.result);
    names_.leave(1);
    return add(Op::bind, slot, initial, result);
  }

  static bool is_name(const Expr& expr, const std::string& name) {
    const auto* identifier = std::get_if<Identifier>(&expr.node);
    return identifier != nullptr && identifier->name == name;
  }

  // What becomes of the accumulator: nobody needs its old value once this is worked out, so that lists and maps grow in
  // place.
  NodeIndex step(const Expr& expr, const std::string& name, std::uint32_t slot) {
    if (is_name(expr, name)) return add(Op::take, slot);
    const auto* call = std::get_if<Call>(&expr.node);
    if (call == nullptr || call->target) return emit(expr);
    const auto& arguments = call->arguments;
    if (call->function == "_?_:_") {
      const NodeIndex condition = emit(*arguments[0]);
      const NodeIndex yes = step(*arguments[1], name, slot);
      return add(Op::conditional, condition, yes, step(*arguments[2], name, slot));
    }
    if (arguments.empty() || !is_name(*arguments[0], name)) return emit(expr);
    if (call->function == "cel.@mapInsert" && arguments.size() == 2)
      return add(Op::insert_all, slot, emit(*arguments[1]));
    if (call->function == "cel.@mapInsert" && arguments.size() == 3) {
      const NodeIndex key = emit(*arguments[1]);
      return add(Op::insert, slot, key, emit(*arguments[2]));
    }
    const auto* list = call->function == "_+_" ? std::get_if<ListExpr>(&arguments[1]->node) : nullptr;
    if (list != nullptr && list->elements.size() == 1 && !list->elements[0].optional)
      return add(Op::append, slot, emit(*list->elements[0].value));
    return emit(expr);
  }

  Names names_;
  const Checked* checked_;
  std::shared_ptr<Program> out_ = std::make_shared<Program>();
};

}  // namespace

std::shared_ptr<const Program> emit(const Expr& expr, const Environment& environment, const Checked* checked) {
  return Emitter(environment, checked).run(expr);
}

}  // namespace tally::cel
