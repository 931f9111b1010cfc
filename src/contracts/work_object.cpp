#include <algorithm>

#include "common/invariant.h"
#include "contracts/work_case.h"
#include "contracts/work_type.h"
#include "contracts/work_values.h"

namespace tally::contracts {

namespace {

using cel::Value;

// A case as an expression reads it: of the type that its workflow declares, or, linked, of the type that the linking
// workflow's version declares. A linked case may run under another version, so its fields are found by their codes.
class WorkObject final : public cel::Object {
 public:
  WorkObject(const ledger::State& state, Shelf& shelf, const Work* work, const cel::ObjectType& type)
      : state_(state), shelf_(shelf), work_(work), type_(type) {}
  // A linked case, which it keeps.
  WorkObject(const ledger::State& state, Shelf& shelf, Work&& linked, const cel::ObjectType& type)
      : state_(state), shelf_(shelf), own_(std::move(linked)), work_(&*own_), type_(type) {}

  [[nodiscard]] const cel::ObjectType& type() const override { return type_; }
  [[nodiscard]] Value field(std::size_t position, cel::Evaluation& evaluation) const override;
  [[nodiscard]] Value call(std::size_t method, std::span<const Value> arguments,
                           cel::Evaluation& evaluation) const override;

 private:
  [[nodiscard]] Value linked(std::size_t link, const cel::ObjectType& type, cel::Evaluation& evaluation) const;
  // In the order they were given; nullopt: the budget is used up.
  [[nodiscard]] std::optional<std::vector<ListValue>> values_of(std::size_t field, cel::Evaluation& evaluation) const;

  const ledger::State& state_;
  Shelf& shelf_;
  std::optional<Work> own_;
  const Work* work_;
  const cel::ObjectType& type_;
};

__extension__ using Wide = __int128;

constexpr std::uint64_t kReadCost = 20;  // of the state, next to a node of an expression
constexpr std::int64_t kUnit = 1'000'000;

Value missing(std::string problem) {
  return Value::error(cel::Failure::no_such_field, std::move(problem));
}

Value WorkObject::field(std::size_t position, cel::Evaluation& evaluation) const {
  const auto& declared = type_.fields[position];
  const auto& record = work_->record;
  if (const auto field = work_->workflow->field(declared.name)) {
    const auto& own = work_->workflow->fields[*field];
    if (own.list > 0 || !(type_of_field(own.type) == declared.type))
      return missing("field " + declared.name + " has another type in version " +
                     std::to_string(work_->rulebook->version));
    return field_to_cel(own.type, record.fields[*field]);
  }
  if (declared.type.declared() != nullptr) {
    const auto link = work_->workflow->link(declared.name);
    invariant(link.has_value(), "a case's own type names its own links");
    return linked(*link, *declared.type.declared(), evaluation);
  }
  if (declared.name == "state") return Value::text(record.state);
  if (declared.name == "number") return static_cast<std::int64_t>(work_->number);
  if (declared.name == "opened")
    return field_to_cel(FieldType::time, {static_cast<std::int64_t>(record.opened.value), {}});
  if (declared.name == "subject") return Value::text(record.subject.hex());
  return missing("the case has no field " + declared.name + " in version " + std::to_string(work_->rulebook->version));
}

Value WorkObject::linked(std::size_t link, const cel::ObjectType& type, cel::Evaluation& evaluation) const {
  if (!evaluation.charge(kReadCost)) return cel::out_of_budget();
  auto other = find_work(state_, shelf_, work_->record.links[link]);
  if (!other) return missing("link " + work_->workflow->links[link].code + " names no case");
  return cel::Shared<cel::Object>(new WorkObject(state_, shelf_, *std::move(other), type));
}

std::optional<std::vector<ListValue>> WorkObject::values_of(std::size_t field, cel::Evaluation& evaluation) const {
  const std::uint32_t count = work_->record.counts[field];
  if (!evaluation.charge(kReadCost + 2 * std::uint64_t{count})) return std::nullopt;
  std::vector<ListValue> out;
  out.reserve(count + 1);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto bytes = state_.get(work_list_key(work_->number, field, i));
    invariant(bytes.has_value(), "a list has as many values as its count says");
    auto value = decode<ListValue>(*bytes);
    invariant(value.has_value(), "a value of a list decodes");
    out.push_back(*std::move(value));
  }
  for (const auto& [of, value] : work_->fresh)
    if (of == field) out.push_back({value, work_->fresh_by, {}});
  return out;
}

// Different people, whatever their number.
std::int64_t givers_of(const std::vector<ListValue>& values) {
  std::vector<std::pair<Bytes, bool>> who;
  for (const auto& value : values) {
    const ByteView id = value.by.person    ? value.by.person->view()
                        : value.by.subject ? value.by.subject->view()
                                           : ByteView{};
    who.emplace_back(Bytes(id.begin(), id.end()), value.by.person.has_value());
  }
  std::sort(who.begin(), who.end());
  return std::unique(who.begin(), who.end()) - who.begin();
}

bool has_text(const std::vector<ListValue>& values, const std::string& text) {
  return std::any_of(values.begin(), values.end(), [&](const auto& value) { return value.value.text == text; });
}

// Sums of at most 1001 numbers of 64 bits fit easily.
Wide sum_of(std::span<const std::int64_t> values) {
  Wide sum = 0;
  for (const auto value : values) sum += value;
  return sum;
}

Value decimal_of(Wide units) {
  if (units > std::numeric_limits<std::int64_t>::max() || units < std::numeric_limits<std::int64_t>::min())
    return Value::error(cel::Failure::overflow, "the result is too large for a decimal");
  return *cel::Decimal::make(static_cast<std::int64_t>(units), kWorkScale);
}

// Half to even.
Wide divided(Wide sum, std::int64_t count) {
  const bool negative = sum < 0;
  const Wide magnitude = negative ? -sum : sum;
  Wide quotient = magnitude / count;
  const Wide twice = magnitude % count * 2;
  if (twice > count || (twice == count && quotient % 2 == 1)) ++quotient;
  return negative ? -quotient : quotient;
}

Value mean_of(std::span<const std::int64_t> values, Wide unit) {
  if (values.empty()) return decimal_of(0);
  return decimal_of(divided(sum_of(values) * unit, static_cast<std::int64_t>(values.size())));
}

Value WorkObject::call(std::size_t method, std::span<const Value> arguments, cel::Evaluation& evaluation) const {
  const auto& name = arguments[0].box<cel::TextBox>()->value;
  const auto field = work_->workflow->field(name);
  if (!field || work_->workflow->fields[*field].list == 0)
    return Value::error(cel::Failure::bad_argument, "the case has no list `" + name + "`");
  const auto type = work_->workflow->fields[*field].type;
  const auto& called = type_.methods[method].name;
  const auto values = values_of(*field, evaluation);
  if (!values) return cel::out_of_budget();
  if (called == "count") return static_cast<std::int64_t>(values->size());
  if (called == "givers") return givers_of(*values);
  if (called == "has") {
    if (type != FieldType::text && type != FieldType::subject)
      return Value::error(cel::Failure::bad_argument, "list `" + name + "` holds no texts");
    return has_text(*values, arguments[1].box<cel::TextBox>()->value);
  }
  if (type != FieldType::integer && type != FieldType::decimal)
    return Value::error(cel::Failure::bad_argument, "list `" + name + "` holds no numbers");
  const Wide unit = type == FieldType::integer ? kUnit : 1;
  std::vector<std::int64_t> numbers;
  for (const auto& value : *values) numbers.push_back(value.value.number);
  if (called == "total") return decimal_of(sum_of(numbers) * unit);
  if (called == "mean") return mean_of(numbers, unit);
  const auto* percent = arguments[1].as<std::int64_t>();
  if (*percent < 0 || *percent > 49)
    return Value::error(cel::Failure::bad_argument, "a trimmed mean leaves out 0 to 49 in a hundred on each side");
  std::sort(numbers.begin(), numbers.end());
  const std::size_t cut = numbers.size() * static_cast<std::size_t>(*percent) / 100;
  return mean_of(std::span(numbers).subspan(cut, numbers.size() - 2 * cut), unit);
}

}  // namespace

cel::Value work_object(const ledger::State& state, Shelf& shelf, const Work& work) {
  return cel::Shared<cel::Object>(new WorkObject(state, shelf, &work, *work.workflow->type));
}

}  // namespace tally::contracts
