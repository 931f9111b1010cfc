#include "contracts/rulebook_expressions.h"

#include "common/limits.h"
#include "contracts/expression_cost.h"

namespace tally::contracts {

namespace {

constexpr std::int64_t kTrimmedPercentMax = 49;

std::optional<cel::Mistake> check_cases(const NamedThing& named, const Rulebook& rulebook) {
  const Workflow* workflow = rulebook.workflow(named.name);
  if (workflow == nullptr)
    return cel::Mistake{named.at, "the rulebook has no workflow \"" + named.name + "\"", codes_of(rulebook.workflows)};
  if (!named.second || workflow->state(*named.second)) return std::nullopt;
  return cel::Mistake{named.second_at, "workflow \"" + named.name + "\" has no state \"" + *named.second + "\"",
                      codes_of(workflow->states)};
}

// What a method is asked for by name must be declared in the rulebook.
std::optional<cel::Mistake> check_name(const NamedThing& named, const Rulebook& rulebook) {
  const auto unknown = [&](std::string what, std::string expected) {
    return cel::Mistake{named.at, "the rulebook has no " + std::move(what) + " \"" + named.name + "\"",
                        std::move(expected)};
  };
  if (named.method == "cases" || named.method == "unit_cases") return check_cases(named, rulebook);
  if (named.method == "book" && rulebook.book(named.name) == nullptr) return unknown("book", codes_of(rulebook.books));
  if (named.method == "rated") {
    const Book* book = rulebook.book(named.name);
    if (book == nullptr) return unknown("book", codes_of(rulebook.books));
    return std::nullopt;
  }
  if (named.method == "sum" && rulebook.sum(named.name) == nullptr) return unknown("sum", codes_of(rulebook.sums));
  if (named.method != "listed" && named.method != "suspended") return std::nullopt;
  const StandingTerms* standing = rulebook.standing(named.name);
  if (standing == nullptr)
    return unknown(named.method == "listed" ? "list" : "suspension", codes_of(rulebook.standings));
  const bool suspension = standing->kind == StandingKind::suspension;
  if (suspension != (named.method == "suspended"))
    return cel::Mistake{named.at, "\"" + named.name + "\" is a " + (suspension ? "suspension" : "list"),
                        std::string("subject.") + (suspension ? "suspended" : "listed") + "('" + named.name + "')"};
  return std::nullopt;
}

bool of_numbers(const WorkField& field) {
  return field.list > 0 && (field.type == FieldType::integer || field.type == FieldType::decimal);
}

bool of_texts(const WorkField& field) {
  return field.list > 0 && (field.type == FieldType::text || field.type == FieldType::subject);
}

bool of_anything(const WorkField& field) {
  return field.list > 0;
}

struct ListsAskedFor {
  bool (*fits)(const WorkField&);
  std::string_view of;
};
ListsAskedFor lists_for(std::string_view method) {
  if (method == "count" || method == "givers") return {of_anything, ""};
  if (method == "has") return {of_texts, "of texts "};
  return {of_numbers, "of numbers "};
}

// Lists that a case is asked for.
std::optional<cel::Mistake> check_list(const NamedThing& named, const Workflow& workflow) {
  constexpr std::string_view kMethods[] = {"count", "givers", "has", "total", "mean", "trimmed_mean"};
  if (named.target != "case" || std::find(std::begin(kMethods), std::end(kMethods), named.method) == std::end(kMethods))
    return std::nullopt;
  const auto field = workflow.field(named.name);
  const ListsAskedFor asked = lists_for(named.method);
  if (!field || !asked.fits(workflow.fields[*field])) {
    std::vector<WorkField> lists;
    std::copy_if(workflow.fields.begin(), workflow.fields.end(), std::back_inserter(lists), asked.fits);
    return cel::Mistake{named.at, "the workflow has no list " + std::string(asked.of) + "\"" + named.name + "\"",
                        codes_of(lists)};
  }
  if (named.method == "trimmed_mean" && named.number && (*named.number < 0 || *named.number > kTrimmedPercentMax))
    return cel::Mistake{named.second_at, std::to_string(*named.number) + " in a hundred are left out on each side",
                        "0 to 49"};
  return std::nullopt;
}

void tell(DocumentReader& reader, std::string_view name, const std::vector<cel::Mistake>& mistakes) {
  for (const auto& mistake : mistakes)
    reader.mistake_inside(name, {mistake.at.line, mistake.at.column}, mistake.problem, mistake.expected);
}

}  // namespace

namespace {

// What no budget that governance may give could pay for.
void check_cost(DocumentReader& reader, std::string_view name, const std::string& source,
                const std::vector<cel::Mistake>& mistakes) {
  if (!mistakes.empty()) return;
  if (const auto cost = most_cost(source); cost > limits::kExpressionCostMax)
    reader.mistake(name, "can cost " + std::to_string(cost),
                   "at most " + std::to_string(limits::kExpressionCostMax) +
                       ", the highest budget that governance may give: fewer loops inside loops");
}

}  // namespace

Expression read_expression(DocumentReader& reader, std::string_view name, const Rulebook& rulebook, Scope scope,
                           const cel::Type& wanted) {
  const auto before = reader.mistakes();
  const std::string source = reader.expression(name);
  if (reader.mistakes() != before) return {};
  auto compiled = compile_expression(source, scope, wanted);
  for (const auto& named : things_named_in(source))
    if (auto mistake = check_name(named, rulebook)) compiled.mistakes.push_back(*std::move(mistake));
  check_cost(reader, name, source, compiled.mistakes);
  tell(reader, name, compiled.mistakes);
  return std::move(compiled.expression);
}

CompiledExpression compile_work(DocumentReader& reader, std::string_view name, const WorkReading& work, Scope scope,
                                const cel::Type& wanted) {
  const auto before = reader.mistakes();
  const std::string source = reader.expression(name);
  if (reader.mistakes() != before || work.declaring) return {};
  auto compiled = compile_work_expression(source, scope, work.workflow.type, wanted);
  for (const auto& named : things_named_in(source)) {
    if (auto mistake = check_name(named, work.rulebook)) compiled.mistakes.push_back(*std::move(mistake));
    if (auto mistake = check_list(named, work.workflow)) compiled.mistakes.push_back(*std::move(mistake));
  }
  check_cost(reader, name, source, compiled.mistakes);
  tell(reader, name, compiled.mistakes);
  return compiled;
}

namespace {

template <class Read>
std::vector<Condition> conditions_with(DocumentReader& reader, Read&& read) {
  std::vector<Condition> out;
  reader.each("conditions", false, [&](DocumentReader& inner) {
    Condition condition;
    condition.when = read(inner);
    condition.otherwise = inner.title("otherwise");
    out.push_back(std::move(condition));
  });
  return out;
}

}  // namespace

std::vector<Condition> read_conditions(DocumentReader& reader, const Rulebook& rulebook, Scope scope) {
  return conditions_with(reader, [&](DocumentReader& inner) {
    return read_expression(inner, "when", rulebook, scope, cel::TypeKind::boolean);
  });
}

std::vector<Condition> read_work_conditions(DocumentReader& reader, const WorkReading& work) {
  return conditions_with(reader, [&](DocumentReader& inner) {
    return read_work_expression(inner, "when", work, Scope::act, cel::TypeKind::boolean);
  });
}

}  // namespace tally::contracts
