#include "contracts/situation.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "contracts/accounts.h"
#include "contracts/ratings.h"
#include "contracts/standing.h"
#include "contracts/sums.h"
#include "contracts/work_records.h"

namespace tally::contracts {

namespace {

using cel::Type;
using cel::TypeKind;
using cel::Value;

Value decimal_of(Amount amount, unsigned scale) {
  const auto decimal = cel::Decimal::make(amount.value, scale);
  invariant(decimal.has_value(), "an amount is a decimal");
  return *decimal;
}

Value timestamp_of(TimestampMs time) {
  return cel::Timestamp{static_cast<std::int64_t>(time.value / 1000),
                        static_cast<std::int32_t>(time.value % 1000 * 1'000'000)};
}

// Text that a method was asked with; the checker saw to its type.
const std::string& text_in(std::span<const Value> arguments, std::size_t position = 0) {
  return arguments[position].box<cel::TextBox>()->value;
}

class SubjectObject final : public cel::Object {
 public:
  explicit SubjectObject(const SituationOf& of)
      : state_(of.state),
        rulebook_(of.rulebook),
        subject_(of.subject),
        record_(of.record),
        now_(of.now),
        pending_(of.pending) {}

  [[nodiscard]] const cel::ObjectType& type() const override { return *subject_type(); }
  [[nodiscard]] Value field(std::size_t position, cel::Evaluation&) const override;
  [[nodiscard]] Value call(std::size_t method, std::span<const Value> arguments,
                           cel::Evaluation& evaluation) const override;

  // --- what subject_type() lists ---
  [[nodiscard]] Value score() const { return decimal_of(main_score(), rulebook_.scale); }
  [[nodiscard]] Value stars() const {
    const Book* main = rulebook_.book(record_.kind);
    return std::int64_t{main == nullptr ? 0 : main->band_of(main_score()).stars};
  }
  [[nodiscard]] Value kind() const { return Value::text(boost::describe::enum_to_string(record_.kind, "unknown")); }
  [[nodiscard]] Value unit() const { return Value::text(record_.unit); }
  [[nodiscard]] Value book(std::span<const Value> arguments) const {
    const Book* book = rulebook_.book(text_in(arguments));
    if (book == nullptr)
      return Value::error(cel::Failure::bad_argument, "the rulebook has no book `" + text_in(arguments) + "`");
    return decimal_of(score_in(*book), rulebook_.scale);
  }
  [[nodiscard]] Value rated(std::span<const Value> arguments) const {
    const auto rating = last_rating(state_, {rulebook_.id, text_in(arguments), subject_});
    return std::int64_t{rating ? rating->stars : 0};
  }
  [[nodiscard]] Value has_standing(std::span<const Value> arguments) const {
    return standing_of(state_, rulebook_.id, subject_, text_in(arguments)).has_value();
  }
  [[nodiscard]] Value sum(std::span<const Value> arguments) const {
    const Sum* sum = rulebook_.sum(text_in(arguments));
    if (sum == nullptr)
      return Value::error(cel::Failure::bad_argument, "the rulebook has no sum `" + text_in(arguments) + "`");
    return decimal_of(sum_of(state_, rulebook_.id, *sum, subject_, now_), rulebook_.scale);
  }
  [[nodiscard]] Value cases(std::span<const Value> arguments) const { return cases_of(subject_, arguments); }
  [[nodiscard]] Value unit_cases(std::span<const Value> arguments) const { return cases_of(record_.unit, arguments); }

 private:
  // Whose: a subject or a unit.
  template <class Whose>
  [[nodiscard]] Value cases_of(const Whose& whose, std::span<const Value> arguments) const {
    const auto& state = text_in(arguments, 1);
    const Workflow* workflow = rulebook_.workflow(text_in(arguments));
    if (workflow == nullptr || !workflow->state(state))
      return Value::error(cel::Failure::bad_argument,
                          "the rulebook has no state `" + state + "` of a workflow `" + text_in(arguments) + "`");
    const auto bytes = state_.get(work_count_key(rulebook_.id, workflow->code, state, whose));
    if (!bytes) return std::int64_t{0};
    const auto count = decode<std::uint64_t>(*bytes);
    invariant(count.has_value(), "a count of cases decodes");
    return static_cast<std::int64_t>(*count);
  }
  [[nodiscard]] Amount score_in(const Book& book) const {
    const auto bytes = state_.get(account_key({rulebook_.id, book.code, subject_}));
    if (!bytes) return Amount{0};
    const auto account = decode<AccountRecord>(*bytes);
    invariant(account.has_value(), "an account in the state decodes");
    return account->score;
  }
  // Read once: guards ask for it again and again.
  [[nodiscard]] Amount main_score() const {
    if (!main_score_) {
      const Book* main = rulebook_.book(record_.kind);
      const Amount score = main == nullptr ? Amount{0} : score_in(*main);
      main_score_ = checked_add(score, pending_).value_or(score);
    }
    return *main_score_;
  }

  const ledger::State& state_;
  const Rulebook& rulebook_;
  const SubjectHandle subject_;
  const SubjectRecord& record_;
  TimestampMs now_;
  Amount pending_;
  mutable std::optional<Amount> main_score_;
};

struct FieldOf {
  const char* name;
  Type type;
  Value (SubjectObject::*read)() const;
};
struct MethodOf {
  const char* name;
  std::vector<Type> parameters;
  Type result;
  Value (SubjectObject::*run)(std::span<const Value>) const;
};

// One line gives an expression's name, its type, and what answers.
const std::vector<FieldOf>& fields() {
  static const std::vector<FieldOf> list = {{"score", TypeKind::decimal, &SubjectObject::score},
                                            {"stars", TypeKind::integer, &SubjectObject::stars},
                                            {"kind", TypeKind::text, &SubjectObject::kind},
                                            {"unit", TypeKind::text, &SubjectObject::unit}};
  return list;
}

const std::vector<MethodOf>& methods() {
  static const std::vector<MethodOf> list = {
      {"book", {TypeKind::text}, TypeKind::decimal, &SubjectObject::book},
      {"rated", {TypeKind::text}, TypeKind::integer, &SubjectObject::rated},
      {"listed", {TypeKind::text}, TypeKind::boolean, &SubjectObject::has_standing},
      {"suspended", {TypeKind::text}, TypeKind::boolean, &SubjectObject::has_standing},
      {"sum", {TypeKind::text}, TypeKind::decimal, &SubjectObject::sum},
      {"cases", {TypeKind::text, TypeKind::text}, TypeKind::integer, &SubjectObject::cases},
      {"unit_cases", {TypeKind::text, TypeKind::text}, TypeKind::integer, &SubjectObject::unit_cases}};
  return list;
}

Value SubjectObject::field(std::size_t position, cel::Evaluation&) const {
  return (this->*fields()[position].read)();
}

Value SubjectObject::call(std::size_t method, std::span<const Value> arguments, cel::Evaluation& evaluation) const {
  constexpr std::uint64_t kReadCost = 20;  // of the state, next to a node of an expression
  if (!evaluation.charge(kReadCost)) return cel::out_of_budget();
  return (this->*methods()[method].run)(arguments);
}

}  // namespace

const std::shared_ptr<const cel::ObjectType>& subject_type() {
  static const std::shared_ptr<const cel::ObjectType> type = [] {
    auto out = std::make_shared<cel::ObjectType>();
    out->name = "subject";
    for (const auto& field : fields()) out->fields.push_back({field.name, field.type});
    for (const auto& method : methods()) out->methods.push_back({method.name, method.parameters, method.result});
    return std::shared_ptr<const cel::ObjectType>(std::move(out));
  }();
  return type;
}

Situation::Situation(const SituationOf& of, cel::Evaluation& budget) : scale_(of.rulebook.scale), budget_(budget) {
  set(Variable::subject, cel::Shared<cel::Object>(new SubjectObject(of)));
  set(Variable::now, timestamp_of(of.now));
}

void Situation::set(Variable variable, Value value) {
  values_[static_cast<std::size_t>(variable)] = std::move(value);
}

void Situation::set_claim(std::uint32_t quantity, std::optional<Amount> amount, TimestampMs event_time) {
  set(Variable::quantity, std::int64_t{quantity});
  set(Variable::amount, decimal_of(amount.value_or(Amount{0}), scale_));
  set(Variable::event_time, timestamp_of(event_time));
}

void Situation::set_points(Amount points) {
  set(Variable::points, decimal_of(points, scale_));
}

void Situation::set_work(cel::Value work, std::string author) {
  set(Variable::work, std::move(work));
  set(Variable::author, Value::text(std::move(author)));
}

Result<Value> Situation::value(const Expression& expression, std::string_view clause) {
  invariant(expression.program != nullptr, "an expression of a deployed rulebook is compiled");
  Value out = cel::evaluate(*expression.program, values_, budget_);
  if (const auto* error = out.box<cel::ErrorBox>())
    return refusal(ErrorCode::expression_failed, clause, "`" + expression.source + "` has no value: " + error->problem);
  return out;
}

Result<bool> Situation::holds(const Expression& expression, std::string_view clause) {
  const auto out = value(expression, clause);
  if (!out) return out.error();
  const auto* flag = out->as<bool>();
  invariant(flag != nullptr, "a condition was checked to be a bool");
  return *flag;
}

Result<std::int64_t> Situation::number(const Expression& expression, std::string_view clause) {
  const auto out = value(expression, clause);
  if (!out) return out.error();
  const auto* number = out->as<std::int64_t>();
  invariant(number != nullptr, "a number was checked to be an int");
  return *number;
}

Result<Amount> Situation::points(const Expression& expression, std::string_view clause) {
  return decimal(expression, scale_, clause);
}

Result<Amount> Situation::decimal(const Expression& expression, unsigned scale, std::string_view clause) {
  const auto out = value(expression, clause);
  if (!out) return out.error();
  const auto* decimal = out->as<cel::Decimal>();
  invariant(decimal != nullptr, "points were checked to be a decimal");
  const auto units = decimal->at_scale(scale);
  if (!units)
    return refusal(
        ErrorCode::expression_failed, clause,
        "`" + expression.source + "` is " + decimal->text() + ", which is no whole number of the smallest unit",
        "round(..., " + std::to_string(scale) + ")");
  return Amount{*units};
}

}  // namespace tally::contracts
