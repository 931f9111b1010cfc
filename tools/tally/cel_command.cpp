// Expressions from the command line: what one is worth, and whether this engine agrees with CEL's conformance suite.
#include <algorithm>

#include "cel/program.h"
#include "cel_cases/cases.h"
#include "cel_cases/value_json.h"
#include "tally/commands.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

constexpr std::size_t kCasesBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kBindingsBytesMax = 1024 * 1024;

Outcome<Json> read_json(Context& context, const std::string& path, std::size_t bytes_max) {
  auto text = read_input(path, bytes_max, context.world());
  if (!text) return text.error();
  // Cases nest deeper than what parse_json() takes from peers.
  Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded()) return input_failure(path, "is no JSON");
  return json;
}

// --- tally cel eval ---

struct EvalOptions {
  std::string expression;
  std::string bindings;
  std::uint64_t budget = 1'000'000;
};

struct Bound {
  cel::Environment environment;
  std::vector<cel::Value> values;
};

Outcome<Bound> bound_by(Context& context, const EvalOptions& options) {
  Bound out;
  if (options.bindings.empty()) return out;
  auto json = read_json(context, options.bindings, kBindingsBytesMax);
  if (!json) return json.error();
  if (!json->is_object()) return input_failure(options.bindings, "is no object", "{\"name\": value}");
  for (const auto& [name, written] : json->items()) {
    auto value = cel_cases::any_value(written);
    if (!value) return Failure(ExitCode::bad_input, Error(value.error()).within(name)).during(options.bindings);
    const std::size_t position = out.environment.add_variable(name, cel_cases::type_of_value(*value));
    out.values.resize(std::max(out.values.size(), position + 1));
    out.values[position] = std::move(*value);
  }
  return out;
}

Failure mistaken(const std::vector<cel::Mistake>& mistakes) {
  Failure out =
      input_failure("", mistakes.size() == 1 ? "the expression has a mistake"
                                             : "the expression has " + std::to_string(mistakes.size()) + " mistakes");
  for (const auto& mistake : mistakes) out.details.push_back(mistake.text());
  return out;
}

Outcome<void> run_eval(Context& context, const EvalOptions& options) {
  auto bound = bound_by(context, options);
  if (!bound) return bound.error();
  const auto compiled = cel::compile(options.expression, bound->environment);
  if (!compiled.program) return mistaken(compiled.mistakes);
  cel::Evaluation evaluation(options.budget);
  const auto value = cel::evaluate(*compiled.program, bound->values, evaluation);
  if (const auto* error = value.box<cel::ErrorBox>()) return input_failure("", error->problem);
  const std::string cost = std::to_string(options.budget - evaluation.left());
  Report report;
  report.json = {{"value", cel_cases::to_tagged(value)}, {"type", compiled.type.text()}, {"cost", cost}};
  report.sections.push_back(
      {"", Facts().add("value", cel::text_of(value)).add("type", compiled.type.text()).add("cost", cost).table()});
  context.emit(report);
  return {};
}

// --- tally cel conformance ---

struct ConformanceOptions {
  std::string file;
  std::vector<std::string> only;
  bool core = false;
};

bool is_selected(const ConformanceOptions& options, const std::string& file) {
  const auto core = cel_cases::core_files();
  if (options.core && std::find(core.begin(), core.end(), file) == core.end()) return false;
  return options.only.empty() || std::find(options.only.begin(), options.only.end(), file) != options.only.end();
}

Outcome<void> run_conformance(Context& context, const ConformanceOptions& options) {
  auto cases = read_json(context, options.file, kCasesBytesMax);
  if (!cases) return cases.error();
  if (!cases->is_array()) return input_failure(options.file, "is no array", "an array of cases");
  std::size_t passed = 0;
  std::string text;
  Json failures = Json::array();
  for (const Json& one : *cases) {
    if (!one.is_object()) return input_failure(options.file, "holds something that is no case", "objects");
    if (!is_selected(options, cel_cases::text_at(one, "file"))) continue;
    const auto verdict = cel_cases::run_case(one);
    if (verdict.passed) {
      ++passed;
      continue;
    }
    const std::string name = cel_cases::name_of(one);
    const std::string expression = cel_cases::text_at(one, "expr");
    text += name + "\n  " + expression + "\n  got    " + verdict.got + "\n  wanted " + verdict.wanted + "\n";
    failures.push_back({{"case", name}, {"expr", expression}, {"got", verdict.got}, {"wanted", verdict.wanted}});
  }
  const std::size_t failed = failures.size();
  if (passed + failed == 0) return usage_failure("", "no case of " + options.file + " is selected");
  if (context.json()) {
    context.emit({{{"passed", passed}, {"failed", failed}, {"failures", std::move(failures)}}, {}, 0});
  } else {
    context.emit_text(text + std::to_string(passed) + " passed, " + std::to_string(failed) + " failed");
  }
  if (failed == 0) return {};
  return Failure(ExitCode::verification_failed,
                 make_error(ErrorCode::invalid_field, "",
                            std::to_string(failed) + (failed == 1 ? " case failed" : " cases failed")));
}

}  // namespace

void register_cel(Program& program) {
  Command group = program.root().group("cel", "Work with expressions of rulebooks (CEL)");

  auto eval = std::make_shared<EvalOptions>();
  group
      .command("eval", "Check an expression and print its value, its type and what it cost",
               {"tally cel eval '[1, 2, 3].map(x, x * x)'",
                "tally cel eval 'score >= 85 && village in [\"qingzhen\"]' --bindings values.json --json"},
               [eval](Context& context) { return run_eval(context, *eval); })
      .argument("EXPR", eval->expression, "The expression")
      .text("--bindings", "FILE", eval->bindings,
            "JSON object of variables: plain values, or tagged ones such as {\"decimal\": \"85.5\"}; - reads standard "
            "input")
      .number("--budget", "COST", eval->budget, 1, UINT64_MAX, "What evaluating may cost; each node costs 1");

  auto conformance = std::make_shared<ConformanceOptions>();
  group
      .command("conformance", "Run cases of CEL's conformance suite, written as JSON",
               {"tally cel conformance cel-conformance.json", "tally cel conformance cel-conformance.json --core"},
               [conformance](Context& context) { return run_conformance(context, *conformance); })
      .argument("FILE", conformance->file, "JSON array of cases (docs/cel.md); - reads standard input")
      .texts("--file", "NAME", conformance->only, "Only cases of this file of the suite; may stand several times")
      .flag("--core", conformance->core, "Only cases of the language itself, none of its extensions");
}

}  // namespace tally::cli
