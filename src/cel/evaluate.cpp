#include "cel/compiled.h"
#include "cel/operators.h"

namespace tally::cel {

namespace {

bool is_cost(const Value& value) {
  const auto* error = value.box<ErrorBox>();
  return error != nullptr && error->failure == Failure::cost;
}

Value no_overload(std::string_view function, const Value& one) {
  return no_such_overload(function, {&one, 1});
}

// Walks the nodes. Its stack is bounded by the depth of the expression.
class Machine {
 public:
  Machine(const Program& program, std::span<const Value> variables, Evaluation& evaluation)
      : program_(program), variables_(variables), evaluation_(evaluation), locals_(program.slots) {}

  Value run(NodeIndex at) {
    const Node& node = program_.nodes[at];
    if (!evaluation_.charge(1)) return out_of_budget();
    switch (node.op) {
      case Op::constant:
        return program_.constants[node.a];
      case Op::variable:
        return variable(node.a);
      case Op::local:
        return locals_[node.a];
      case Op::take:
        return std::move(locals_[node.a]);
      case Op::logical_and:
        return logical(node, false);
      case Op::logical_or:
        return logical(node, true);
      case Op::conditional:
        return conditional(node);
      case Op::call:
        return call(node);
      case Op::method:
        return method(node);
      case Op::list:
        return node.flag ? optional_list(node) : list(node);
      case Op::map:
        return map(node);
      case Op::fold:
        return fold(program_.folds[node.a]);
      case Op::bind:
        locals_[node.a] = run(node.b);
        return is_cost(locals_[node.a]) ? locals_[node.a] : run(node.c);
      case Op::append:
        return append(node);
      case Op::insert:
        return insert(node);
      case Op::insert_all:
        return insert_all(node);
      case Op::alternative:
        return alternative(node);
      case Op::logical_not:
      case Op::negate:
      case Op::not_false:
      case Op::select:
      case Op::optional_select:
      case Op::has:
        return unary(node);
      default:
        return binary(node);
    }
  }

 private:
  Value variable(std::size_t position) const {
    if (position < variables_.size()) return variables_[position];
    return Value::error(Failure::unknown_name, program_.variables[position].name + " has no value");
  }

  // A node's value: where it stands, if it is a leaf, so that nothing is copied.
  class Operand {
   public:
    Operand(Machine& machine, NodeIndex at)
        : found_(machine.leaf(at)), own_(found_ == nullptr ? machine.run(at) : Value()) {}
    Operand(const Operand&) = delete;
    Operand& operator=(const Operand&) = delete;
    const Value& operator*() const { return found_ == nullptr ? own_ : *found_; }

   private:
    const Value* found_;
    Value own_;
  };

  // Null pointer if the node is no leaf, or if nothing is left to pay for it.
  const Value* leaf(NodeIndex at) {
    const Node& node = program_.nodes[at];
    const Value* found = nullptr;
    if (node.op == Op::constant)
      found = &program_.constants[node.a];
    else if (node.op == Op::local)
      found = &locals_[node.a];
    else if (node.op == Op::variable && node.a < variables_.size())
      found = &variables_[node.a];
    return found != nullptr && evaluation_.charge(1) ? found : nullptr;
  }

  Value unary(const Node& node) {
    const Operand scratch(*this, node.a);
    const Value& it = *scratch;
    if (node.op == Op::not_false) {
      if (is_cost(it)) return it;
      return it.as<bool>() == nullptr || *it.as<bool>();
    }
    if (it.is_error()) return it;
    switch (node.op) {
      case Op::logical_not:
        return it.as<bool>() != nullptr ? Value(!*it.as<bool>()) : no_overload("!_", it);
      case Op::negate:
        return negate(it);
      case Op::select:
        return select(node, it);
      case Op::optional_select:
        return selected(it, program_.constants[node.b], true, evaluation_);
      default:
        return has_field(it, program_.constants[node.b], evaluation_);
    }
  }

  Value select(const Node& node, const Value& operand) {
    if (node.c != kNowhere) {
      const Expected& expected = program_.fields[node.c];
      const auto* object = operand.as<Shared<Object>>();
      if (object != nullptr && &(*object)->type() == expected.object)
        return (*object)->field(expected.position, evaluation_);
    }
    return selected(operand, program_.constants[node.b], false, evaluation_);
  }

  Value binary(const Node& node) {
    const Operand first(*this, node.a);
    const Value& left = *first;
    if (left.is_error()) return left;
    const Operand second(*this, node.b);
    const Value& right = *second;
    if (right.is_error()) return right;
    switch (node.op) {
      case Op::equal:
        return equality(left, right, true, evaluation_);
      case Op::unequal:
        return equality(left, right, false, evaluation_);
      case Op::less:
        return ordered(Order::less, left, right, evaluation_);
      case Op::less_equal:
        return ordered(Order::less_equal, left, right, evaluation_);
      case Op::greater:
        return ordered(Order::greater, left, right, evaluation_);
      case Op::greater_equal:
        return ordered(Order::greater_equal, left, right, evaluation_);
      case Op::add:
        return add(left, right, evaluation_);
      case Op::subtract:
        return subtract(left, right);
      case Op::multiply:
        return multiply(left, right);
      case Op::divide:
        return divide(left, right);
      case Op::modulo:
        return modulo(left, right);
      case Op::in:
        return contained(left, right, evaluation_);
      case Op::index:
        return indexed(left, right, false, evaluation_);
      default:
        return indexed(left, right, true, evaluation_);
    }
  }

  // What the operands are if they do not decide: the one that is `decisive` decides whatever the other is, even an
  // error, unless the budget is used up.
  Value logical(const Node& node, bool decisive) {
    Value left = run(node.a);
    const bool* known = left.as<bool>();
    if ((known != nullptr && *known == decisive) || is_cost(left)) return left;
    Value right = run(node.b);
    const bool* other = right.as<bool>();
    if (other != nullptr && (known != nullptr || *other == decisive)) return right;
    if (is_cost(right)) return right;
    if (left.is_error()) return left;
    if (right.is_error() && known != nullptr) return right;
    return no_overload(decisive ? "_||_" : "_&&_", known != nullptr ? right : left);
  }

  Value conditional(const Node& node) {
    const Value condition = run(node.a);
    if (const bool* known = condition.as<bool>()) return run(*known ? node.b : node.c);
    return condition.is_error() ? condition : no_overload("_?_:_", condition);
  }

  Value alternative(const Node& node) {
    const Operand scratch(*this, node.a);
    const Value& it = *scratch;
    if (it.is_error()) return it;
    const auto* optional = it.box<OptionalBox>();
    if (optional == nullptr) return no_overload(node.flag ? "or" : "orValue", it);
    if (optional->value) return node.flag ? it : *optional->value;
    Value other = run(node.b);
    if (!node.flag || other.is_error() || other.box<OptionalBox>() != nullptr) return other;
    return no_overload("or", other);
  }

  // Calls `then` with the arguments, or returns the first that is an error.
  template <class Then>
  Value with_arguments(const Node& node, Then then) {
    const NodeIndex* nodes = program_.lists.data() + node.b;
    if (node.count == 1) {
      const Operand scratch(*this, *nodes);
      const Value& one = *scratch;
      return one.is_error() ? one : then(std::span<const Value>(&one, 1));
    }
    if (node.count == 2) {
      std::array<Value, 2> both;
      for (std::size_t i = 0; i < 2; ++i)
        if (both[i] = run(nodes[i]); both[i].is_error()) return both[i];
      return then(std::span<const Value>(both));
    }
    std::vector<Value> values(node.count);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] = run(nodes[i]); values[i].is_error()) return values[i];
    return then(std::span<const Value>(values));
  }

  Value call(const Node& node) {
    return with_arguments(node, [&](std::span<const Value> arguments) {
      return apply(program_.callees[node.a], arguments, evaluation_);
    });
  }

  Value method(const Node& node) {
    const Operand scratch(*this, node.c);
    const Value& target = *scratch;
    if (target.is_error()) return target;
    return with_arguments(node, [&](std::span<const Value> arguments) {
      return apply_method(program_.callees[node.a], target, arguments, evaluation_);
    });
  }

  Value list(const Node& node) {
    std::vector<Value> elements;
    elements.reserve(node.count);
    for (std::size_t i = 0; i < node.count; ++i) {
      elements.push_back(run(program_.lists[node.b + i]));
      if (elements.back().is_error()) return elements.back();
    }
    return Value::list(std::move(elements));
  }

  // What an optional has goes into `value`; false if it has nothing, or if it is none (then `value` is an error).
  static bool unwrap(Value& value) {
    const auto* box = value.box<OptionalBox>();
    if (box == nullptr) {
      value = no_overload("?", value);
      return false;
    }
    if (!box->value) return false;
    Value inner = *box->value;
    value = std::move(inner);
    return true;
  }

  Value optional_list(const Node& node) {
    std::vector<Value> elements;
    for (std::size_t i = 0; i < node.count; i += 2) {
      Value value = run(program_.lists[node.b + i]);
      const bool kept = value.is_error() || program_.lists[node.b + i + 1] == 0 || unwrap(value);
      if (value.is_error()) return value;
      if (kept) elements.push_back(std::move(value));
    }
    return Value::list(std::move(elements));
  }

  Value map(const Node& node) {
    std::vector<std::pair<Value, Value>> entries;
    entries.reserve(node.count / 3);
    for (std::size_t i = 0; i < node.count; i += 3) {
      const NodeIndex* nodes = program_.lists.data() + node.b + i;
      Value key = run(nodes[0]);
      if (key.is_error()) return key;
      Value value = run(nodes[1]);
      const bool kept = value.is_error() || nodes[2] == 0 || unwrap(value);
      if (value.is_error()) return value;
      if (kept) entries.emplace_back(std::move(key), std::move(value));
    }
    return Value::map(std::move(entries));
  }

  Value fold(const Fold& it) {
    const Value range = run(it.range);
    if (range.is_error()) return range;
    const auto* list = range.box<ListBox>();
    const auto* map = range.box<MapBox>();
    if (list == nullptr && map == nullptr) return no_overload("a macro over", range);
    locals_[it.accumulator] = run(it.initial);
    const std::size_t count = list != nullptr ? list->elements.size() : map->entries.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (it.second == kNowhere) {
        locals_[it.variable] = list != nullptr ? list->elements[i] : map->entries[i].first;
      } else {
        locals_[it.variable] = list != nullptr ? Value(static_cast<std::int64_t>(i)) : map->entries[i].first;
        locals_[it.second] = list != nullptr ? list->elements[i] : map->entries[i].second;
      }
      if (it.condition != kNowhere) {
        const Value condition = run(it.condition);
        if (condition.is_error()) return condition;
        if (condition.as<bool>() == nullptr || !*condition.as<bool>()) break;
      }
      Value next = run(it.step);
      // Where nothing asks whether to go on, nothing absorbs an error either.
      if (next.is_error() && (it.condition == kNowhere || is_cost(next))) return next;
      locals_[it.accumulator] = std::move(next);
    }
    return run(it.result);
  }

  Value append(const Node& node) {
    Value element = run(node.b);
    if (element.is_error()) return element;
    Value list = std::move(locals_[node.a]);
    const auto* box = list.box<ListBox>();
    if (box == nullptr) return list.is_error() ? list : no_overload("_+_", list);
    if (box->use_count() > 1 && !evaluation_.charge(box->elements.size())) return out_of_budget();
    return appended(std::move(list), std::move(element));
  }

  Value insert(const Node& node) {
    Value key = run(node.b);
    if (key.is_error()) return key;
    Value value = run(node.c);
    if (value.is_error()) return value;
    return put(std::move(locals_[node.a]), std::move(key), std::move(value));
  }

  Value put(Value map, Value key, Value value) {
    if (map.box<MapBox>() == nullptr) return map.is_error() ? map : no_overload("cel.@mapInsert", map);
    if (!evaluation_.charge(weight(key))) return out_of_budget();
    std::size_t moved = 0;
    Value out = inserted(std::move(map), std::move(key), std::move(value), moved);
    return evaluation_.charge(moved / 2) ? out : out_of_budget();
  }

  Value insert_all(const Node& node) {
    const Value added = run(node.b);
    if (added.is_error()) return added;
    Value map = std::move(locals_[node.a]);
    const auto* box = added.box<MapBox>();
    if (box == nullptr) return no_overload("cel.@mapInsert", added);
    for (const auto& [key, value] : box->entries) {
      map = put(std::move(map), key, value);
      if (map.is_error()) return map;
    }
    return map;
  }

  const Program& program_;
  const std::span<const Value> variables_;
  Evaluation& evaluation_;
  std::vector<Value> locals_;
};

}  // namespace

Value evaluate(const Program& program, std::span<const Value> variables, Evaluation& evaluation) {
  Value out = Machine(program, variables, evaluation).run(program.root);
  // Whoever gets the value may walk it.
  if (const std::uint64_t cost = weight(out) - 1; cost > 0 && !evaluation.charge(cost)) return out_of_budget();
  return out;
}

}  // namespace tally::cel
