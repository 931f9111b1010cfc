#include "contracts/work_values.h"

#include <algorithm>
#include <charconv>

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/call.h"
#include "contracts/unit.h"

namespace tally::contracts {

namespace {

Error wrong(const WorkField& field, std::string_view clause, std::string problem, std::string expected) {
  return refusal(ErrorCode::invalid_field, clause, field.code + " " + std::move(problem), std::move(expected));
}

std::string quoted(std::string_view text) {
  return "is \"" + excerpt(text, 80) + "\"";
}

std::string one_of(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "one of " : ", ") + value;
  return out;
}

// Bounds, lists of texts, handles: what a value must keep to whatever its origin.
Result<FieldValue> check_value(const WorkField& field, FieldValue value, std::string_view clause) {
  if (field.min && value.number < *field.min)
    return wrong(field, clause, "is " + show_field(field.type, value),
                 "at least " + show_field(field.type, {*field.min, {}}));
  if (field.max && value.number > *field.max)
    return wrong(field, clause, "is " + show_field(field.type, value),
                 "at most " + show_field(field.type, {*field.max, {}}));
  if (field.type == FieldType::text && value.text.size() > kWorkTextBytesMax)
    return wrong(field, clause, "has " + std::to_string(value.text.size()) + " bytes",
                 "at most " + std::to_string(kWorkTextBytesMax));
  if (!field.values.empty() && std::find(field.values.begin(), field.values.end(), value.text) == field.values.end())
    return wrong(field, clause, quoted(value.text), one_of(field.values));
  return value;
}

std::optional<FieldValue> read_number(std::string_view text) {
  FieldValue value;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value.number);
  return read.ec == std::errc() && read.ptr == end && !text.empty() ? std::optional(value) : std::nullopt;
}

std::optional<FieldValue> read_decimal(std::string_view text) {
  const auto decimal = cel::Decimal::parse(text);
  const auto units = decimal ? decimal->at_scale(kWorkScale) : std::nullopt;
  return units ? std::optional(FieldValue{*units, {}}) : std::nullopt;
}

const char* form_of(FieldType type) {
  switch (type) {
    case FieldType::integer:
      return "a whole number";
    case FieldType::decimal:
      return "a number of at most 6 decimals, such as 1.50";
    case FieldType::boolean:
      return "true or false";
    case FieldType::time:
      return "a time such as 2026-03-01T08:00:00Z or 2026-03-01";
    case FieldType::text:
      return "a text";
    case FieldType::subject:
      return "the handle of a subject";
  }
  return "";
}

}  // namespace

std::optional<FieldValue> read_as(FieldType type, std::string_view text) {
  switch (type) {
    case FieldType::integer:
      return read_number(text);
    case FieldType::decimal:
      return read_decimal(text);
    case FieldType::boolean:
      if (text != "true" && text != "false") return std::nullopt;
      return FieldValue{text == "true" ? 1 : 0, {}};
    case FieldType::time:
      if (const auto time = parse_time(text)) return FieldValue{static_cast<std::int64_t>(time->value), {}};
      return std::nullopt;
    case FieldType::subject:
      if (!SubjectHandle::from_hex(text)) return std::nullopt;
      return FieldValue{0, std::string(text)};
    case FieldType::text:
      return FieldValue{0, std::string(text)};
  }
  return std::nullopt;
}

Result<FieldValue> parse_field(const WorkField& field, std::string_view text, std::string_view clause) {
  auto value = read_as(field.type, text);
  if (!value) return wrong(field, clause, quoted(text), form_of(field.type));
  return check_value(field, *std::move(value), clause);
}

std::string show_field(FieldType type, const FieldValue& value) {
  switch (type) {
    case FieldType::integer:
      return std::to_string(value.number);
    case FieldType::decimal:
      return cel::Decimal::make(value.number, kWorkScale)->text();
    case FieldType::boolean:
      return value.number != 0 ? "true" : "false";
    case FieldType::time:
      return format_time(TimestampMs{static_cast<std::uint64_t>(value.number)});
    case FieldType::text:
    case FieldType::subject:
      return value.text;
  }
  return {};
}

cel::Value field_to_cel(FieldType type, const FieldValue& value) {
  switch (type) {
    case FieldType::integer:
      return value.number;
    case FieldType::decimal:
      return *cel::Decimal::make(value.number, kWorkScale);
    case FieldType::boolean:
      return value.number != 0;
    case FieldType::time:
      return cel::Timestamp{value.number / 1000, static_cast<std::int32_t>(value.number % 1000 * 1'000'000)};
    case FieldType::text:
    case FieldType::subject:
      return cel::Value::text(value.text);
  }
  return {};
}

Result<FieldValue> field_from_cel(const WorkField& field, const cel::Value& value, std::string_view clause) {
  FieldValue out;
  if (field.type == FieldType::integer) {
    out.number = *value.as<std::int64_t>();
  } else if (field.type == FieldType::decimal) {
    const auto* decimal = value.as<cel::Decimal>();
    const auto units = decimal->at_scale(kWorkScale);
    if (!units) return wrong(field, clause, "is " + decimal->text(), "at most 6 decimals: round(..., 6)");
    out.number = *units;
  } else if (field.type == FieldType::boolean) {
    out.number = *value.as<bool>() ? 1 : 0;
  } else if (field.type == FieldType::time) {
    const auto* time = value.as<cel::Timestamp>();
    if (time->seconds < 0) return wrong(field, clause, "is before 1970", "a later time");
    out.number = time->seconds * 1000 + time->nanos / 1'000'000;
  } else {
    const auto* text = value.box<cel::TextBox>();
    invariant(text != nullptr, "a field's expression was checked to have its type");
    if (field.type == FieldType::subject && !text->value.empty() && !SubjectHandle::from_hex(text->value))
      return wrong(field, clause, quoted(text->value), "the handle of a subject");
    out.text = text->value;
  }
  return check_value(field, std::move(out), clause);
}

}  // namespace tally::contracts
