// Any bytes as an expression: compiling and evaluating it ends, within its budget, the same way twice.
#include "cel/program.h"
#include "fuzz_support.h"

namespace {

using namespace tally::cel;
using tally::fuzz::require;

constexpr std::uint64_t kBudget = 20'000;

struct Host {
  Host() {
    environment.add_variable("a", TypeKind::integer);
    environment.add_variable("b", Type::list_of(TypeKind::text));
    environment.add_variable("c", TypeKind::decimal);
    environment.add_variable("x", {});
    values = {std::int64_t{3}, Value::list({Value::text("a"), Value::text("bc")}), *Decimal::parse("1.5"),
              Value::map({{Value::text("a"), 1.5}})};
  }
  Environment environment;
  std::vector<Value> values;
};

void run(const Host& host, std::string_view source, bool check) {
  CompileOptions options;
  options.check = check;
  const Compiled compiled = compile(source, host.environment, options);
  require((compiled.program != nullptr) == compiled.mistakes.empty(), "there is a program or a mistake");
  for (const Mistake& mistake : compiled.mistakes) require(!mistake.problem.empty(), "a mistake says what is wrong");
  if (!compiled.program) return;
  Evaluation one(kBudget);
  const Value value = evaluate(*compiled.program, host.values, one);
  Evaluation other(kBudget);
  const Value again = evaluate(*compiled.program, host.values, other);
  require(one.left() == other.left(), "the cost is the same");
  require(text_of(value) == text_of(again), "the value is the same");
  require(value.is_error() || weight(value) <= kBudget, "what comes out is paid for");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Host kHost;
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  run(kHost, source, true);
  run(kHost, source, false);
  // Bytes by chance are seldom an expression: as numbers of words they are one more often.
  static constexpr std::string_view kWords[] = {"a",
                                                "b",
                                                "c",
                                                "x",
                                                "1",
                                                "2u",
                                                "'a'",
                                                "(",
                                                ")",
                                                "[",
                                                "]",
                                                "{",
                                                "}",
                                                ",",
                                                ":",
                                                "?",
                                                ".",
                                                "+",
                                                "-",
                                                "*",
                                                "==",
                                                "<",
                                                "&&",
                                                "||",
                                                " in ",
                                                ".map(x, ",
                                                "has(",
                                                "size(",
                                                "1.5",
                                                "!",
                                                "int(",
                                                "b.all(x, ",
                                                "cel.bind(x, ",
                                                "optional.of(",
                                                "true",
                                                "null"};
  std::string words;
  for (const char byte : source.substr(0, 200)) words += kWords[static_cast<unsigned char>(byte) % std::size(kWords)];
  run(kHost, words, true);
  run(kHost, words, false);
  return 0;
}
