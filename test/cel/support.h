// Purpose: what tests of expressions share: a host's object, and compiling and evaluating in one step.
// Thread rule: one thread.
#pragma once

#include <catch2/catch.hpp>

#include "cel/program.h"

namespace tally::cel {

// `subject` of a rulebook: fields score (decimal), level (int), village (string), born (timestamp), missing (null);
// methods listed(string) and points(int, string).
class Subject : public Object {
 public:
  static std::shared_ptr<const ObjectType> declared() {
    static const auto kType = std::make_shared<const ObjectType>(
        ObjectType{"subject",
                   {{"score", TypeKind::decimal},
                    {"level", TypeKind::integer},
                    {"village", TypeKind::text},
                    {"born", TypeKind::timestamp},
                    {"missing", TypeKind::dyn}},
                   {{"listed", {TypeKind::text}, TypeKind::boolean},
                    {"points", {TypeKind::integer, TypeKind::text}, TypeKind::decimal}}});
    return kType;
  }
  [[nodiscard]] const ObjectType& type() const override { return *declared(); }
  [[nodiscard]] Value field(std::size_t position, Evaluation&) const override {
    switch (position) {
      case 0:
        return *Decimal::parse("91.5");
      case 1:
        return std::int64_t{4};
      case 2:
        return Value::text("qingzhen");
      case 3:
        return Timestamp{0, 0};
      default:
        return {};
    }
  }
  [[nodiscard]] Value call(std::size_t method, std::span<const Value> arguments, Evaluation&) const override {
    if (method == 0) return arguments[0].box<TextBox>()->value == "red";
    return Decimal::whole(*arguments[0].as<std::int64_t>());
  }
};

// Variables: subject, n (int, 40), u (uint, 7), d (double, 2.5), score (decimal, 85.5), name (string, "ana"), flag
// (bool, true), list (list(int), [1, 2, 3]), map (map(string, int), {"a": 1}), any (dyn, 5), now (timestamp, 0).
struct Host {
  Host() {
    add("subject", Type::object(Subject::declared()), Shared<Object>(new Subject()));
    add("n", TypeKind::integer, std::int64_t{40});
    add("u", TypeKind::unsigned_integer, std::uint64_t{7});
    add("d", TypeKind::floating, 2.5);
    add("score", TypeKind::decimal, *Decimal::parse("85.5"));
    add("name", TypeKind::text, Value::text("ana"));
    add("flag", TypeKind::boolean, true);
    add("list", Type::list_of(TypeKind::integer), Value::list({std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}));
    add("map", Type::map_of(TypeKind::text, TypeKind::integer), Value::map({{Value::text("a"), std::int64_t{1}}}));
    add("any", TypeKind::dyn, std::int64_t{5});
    add("now", TypeKind::timestamp, Timestamp{0, 0});
  }
  void add(const char* name, Type type, Value value) {
    environment.add_variable(name, std::move(type));
    values.push_back(std::move(value));
  }

  [[nodiscard]] Compiled compiled(std::string_view source, bool check = true) const {
    CompileOptions options;
    options.check = check;
    return compile(source, environment, options);
  }
  // Every mistake on its own line, or "type value", with the cost in `used`.
  std::string run(std::string_view source, bool check = true, std::uint64_t budget = 100'000) {
    const Compiled program = compiled(source, check);
    if (!program.program) {
      std::string out;
      for (const Mistake& mistake : program.mistakes) out += (out.empty() ? "" : "\n") + mistake.text();
      return out;
    }
    Evaluation evaluation(budget);
    const Value value = evaluate(*program.program, values, evaluation);
    used = budget - evaluation.left();
    return text_of(value);
  }

  Environment environment;
  std::vector<Value> values;
  std::uint64_t used = 0;
};

}  // namespace tally::cel
