// How long expressions take: guards as rulebooks have them, folds, and compiling.
#include <benchmark/benchmark.h>
#include <stdexcept>

#include "cel/program.h"

namespace {

using namespace tally::cel;

// A subject as a rulebook's host shows it.
class Subject : public Object {
 public:
  static std::shared_ptr<const ObjectType> declared() {
    static const auto kType = std::make_shared<const ObjectType>(
        ObjectType{"subject",
                   {{"score", TypeKind::decimal}, {"village", TypeKind::text}, {"standing", TypeKind::integer}},
                   {{"listed", {TypeKind::text}, TypeKind::boolean}}});
    return kType;
  }
  [[nodiscard]] const ObjectType& type() const override { return *type_; }
  [[nodiscard]] Value field(std::size_t position, Evaluation&) const override {
    switch (position) {
      case 0:
        return score_;
      case 1:
        return village_;
      default:
        return std::int64_t{3};
    }
  }
  [[nodiscard]] Value call(std::size_t, std::span<const Value> arguments, Evaluation&) const override {
    return arguments[0].box<TextBox>()->value == "red";
  }

 private:
  std::shared_ptr<const ObjectType> type_ = declared();
  Value score_ = *Decimal::parse("91.5");
  Value village_ = Value::text("qingzhen");
};

void evaluates(benchmark::State& state, const char* source) {
  Environment environment;
  environment.add_variable("subject", Type::object(Subject::declared()));
  environment.add_variable("n", TypeKind::integer);
  const auto compiled = compile(source, environment);
  if (!compiled.program) throw std::logic_error(compiled.mistakes.front().text());
  const std::vector<Value> variables = {Shared<Object>(new Subject()), std::int64_t{40}};
  for (auto _ : state) {
    Evaluation evaluation(1'000'000);
    benchmark::DoNotOptimize(evaluate(*compiled.program, variables, evaluation));
  }
}

void compiles(benchmark::State& state, const char* source) {
  Environment environment;
  environment.add_variable("subject", Type::object(Subject::declared()));
  for (auto _ : state) benchmark::DoNotOptimize(compile(source, environment).program);
}

constexpr const char* kGuard = "subject.score >= 85 && !subject.listed('black')";

BENCHMARK_CAPTURE(evaluates, guard, kGuard);
BENCHMARK_CAPTURE(evaluates, guard_of_decimals, "subject.score + decimal('0.5') >= decimal('85.5')");
BENCHMARK_CAPTURE(evaluates, constant, "true");
BENCHMARK_CAPTURE(evaluates, integers, "n * 3 + 2 > 100 ? n - 1 : n + 1");
BENCHMARK_CAPTURE(evaluates, text, "subject.village.startsWith('qing')");
BENCHMARK_CAPTURE(evaluates, membership, "subject.village in ['longmen', 'qingzhen', 'shuikou']");
BENCHMARK_CAPTURE(evaluates, exists_of_4, "[1, 2, 3, 4].exists(x, x * 10 == n)");
BENCHMARK_CAPTURE(evaluates, map_of_8, "[1, 2, 3, 4, 5, 6, 7, 8].map(x, x * n)");
BENCHMARK_CAPTURE(compiles, guard, kGuard);

}  // namespace

BENCHMARK_MAIN();
