#include "contracts/rulebook_fields.h"

#include <set>

#include "cel/parser.h"
#include "contracts/work_values.h"

namespace tally::contracts {

namespace {

constexpr std::pair<std::string_view, FieldType> kTypes[] = {
    {"int", FieldType::integer}, {"decimal", FieldType::decimal}, {"bool", FieldType::boolean},
    {"text", FieldType::text},   {"time", FieldType::time},       {"subject", FieldType::subject}};

// What every case shows, and whom effects are for.
constexpr std::string_view kTaken[] = {"state", "number", "opened", "subject", "author"};

bool is_number(FieldType type) {
  return type == FieldType::integer || type == FieldType::decimal;
}

// All values stand as texts, which are exact.
std::optional<FieldValue> value_of(FieldType type, const std::string& text) {
  if (type == FieldType::subject && text.empty()) return FieldValue{};
  if (type == FieldType::text && text.size() > kWorkTextBytesMax) return std::nullopt;
  return read_as(type, text);
}

std::string form_of(FieldType type) {
  switch (type) {
    case FieldType::integer:
      return "a whole number in a text, such as \"6\"";
    case FieldType::decimal:
      return "a number of at most 6 decimals in a text, such as \"1.50\"";
    case FieldType::boolean:
      return "\"true\" or \"false\"";
    case FieldType::text:
      return "at most 64 bytes";
    case FieldType::time:
      return "a UTC time such as 2026-03-01 or 2026-03-01T08:00:00Z";
    case FieldType::subject:
      return "a subject's handle, 32 hexadecimal digits, or an empty text";
  }
  return {};
}

std::optional<FieldValue> read_value(DocumentReader& reader, std::string_view name, FieldType type) {
  const auto before = reader.mistakes();
  const std::string text = reader.text(name, false);
  if (reader.mistakes() != before) return std::nullopt;
  auto value = value_of(type, text);
  if (!value) reader.mistake(name, "is \"" + text + "\"", form_of(type));
  return value;
}

void read_bounds(DocumentReader& reader, WorkField& field) {
  for (const auto& [name, bound] : {std::pair{"min", &field.min}, std::pair{"max", &field.max}}) {
    if (!reader.given(name)) continue;
    if (!is_number(field.type)) {
      reader.mistake(name, "stands in a field that is no number", "a field of type int or decimal");
      continue;
    }
    if (const auto value = read_value(reader, name, field.type)) *bound = value->number;
  }
  if (field.min && field.max && *field.min > *field.max) reader.mistake("max", "is below min", "min or more");
}

void read_values(DocumentReader& reader, WorkField& field) {
  if (!reader.given("values")) return;
  const auto before = reader.mistakes();
  field.values = reader.texts("values");
  if (reader.mistakes() != before) return;
  if (field.type != FieldType::text)
    return reader.mistake("values", "stands in a field that is no text", "a field of type text");
  if (field.values.empty()) reader.mistake("values", "is empty", "the texts that the field may be");
  for (std::size_t i = 0; i < field.values.size(); ++i) {
    const std::string at = "values[" + std::to_string(i) + "]";
    const auto place = field.values.begin() + static_cast<std::ptrdiff_t>(i);
    if (place->empty() || place->size() > kWorkTextBytesMax)
      reader.mistake(at, "has " + std::to_string(place->size()) + " bytes", "1 to 64");
    if (std::find(field.values.begin(), place, *place) != place) reader.mistake(at, "stands twice", "each text once");
  }
}

void read_start(DocumentReader& reader, WorkField& field) {
  if (!reader.given("start")) return;
  if (field.list > 0) return reader.mistake("start", "stands in a list", "no start: a list begins empty");
  const auto value = read_value(reader, "start", field.type);
  if (!value) return;
  field.start = *value;
  if ((field.min && value->number < *field.min) || (field.max && value->number > *field.max))
    reader.mistake("start", "is outside min and max", "a value that the field may have");
  if (!field.values.empty() && std::find(field.values.begin(), field.values.end(), value->text) == field.values.end())
    reader.mistake("start", "is \"" + value->text + "\"", "one of the field's values");
}

// Fields and links stand side by side in `case`.
void check_code(DocumentReader& reader, const std::string& code, const Workflow& workflow) {
  if (std::find(std::begin(kTaken), std::end(kTaken), code) != std::end(kTaken))
    return reader.mistake("code", "is \"" + code + "\", which has a meaning of its own", "another code");
  if (!code.empty() && !cel::parse("case." + code))
    return reader.mistake("code", "is \"" + code + "\", a word of the language of expressions", "another code");
  if (workflow.field(code) || workflow.link(code)) reader.twice("code", code);
}

WorkField read_field(DocumentReader& reader, const Workflow& workflow) {
  WorkField field;
  const auto before = reader.mistakes();
  field.code = reader.field_code("code");
  if (reader.mistakes() == before) check_code(reader, field.code, workflow);
  const auto typed = reader.mistakes();
  field.type = reader.word("type", kTypes);
  const bool known = reader.mistakes() == typed;
  field.title = reader.title("title");
  if (reader.given("list")) field.list = static_cast<std::uint32_t>(reader.number("list", 1, kListValuesMax));
  if (known) {
    read_bounds(reader, field);
    read_values(reader, field);
    read_start(reader, field);
  } else {
    for (const char* name : {"min", "max", "values", "start"}) reader.find(name, false);
  }
  return field;
}

}  // namespace

void read_fields(DocumentReader& reader, Workflow& workflow) {
  reader.at_most("fields", kWorkPartsMax);
  reader.each("fields", false, [&](DocumentReader& inner) { workflow.fields.push_back(read_field(inner, workflow)); });
}

void read_links(DocumentReader& reader, Workflow& workflow, const WorkReading& work) {
  reader.at_most("links", kWorkLinksMax);
  reader.each("links", false, [&](DocumentReader& inner) {
    WorkLink link;
    auto before = inner.mistakes();
    link.code = inner.field_code("code");
    if (inner.mistakes() == before) check_code(inner, link.code, workflow);
    before = inner.mistakes();
    link.workflow = inner.slug("workflow");
    if (!work.declaring && inner.mistakes() == before && work.rulebook.workflow(link.workflow) == nullptr)
      inner.mistake("workflow", "is \"" + link.workflow + "\"", codes_of(work.rulebook.workflows));
    workflow.links.push_back(std::move(link));
  });
}

std::optional<std::size_t> field_named(DocumentReader& reader, std::string_view name, const std::string& code,
                                       const Workflow& workflow, const WantedField& wanted) {
  const auto field = workflow.field(code);
  if (field && wanted.good(workflow.fields[*field])) return field;
  std::vector<WorkField> good;
  std::copy_if(workflow.fields.begin(), workflow.fields.end(), std::back_inserter(good), wanted.good);
  reader.mistake(name, "is \"" + code + "\"",
                 std::string(wanted.words) + (good.empty() ? ", which has none" : ": " + codes_of(good)));
  return std::nullopt;
}

}  // namespace tally::contracts
