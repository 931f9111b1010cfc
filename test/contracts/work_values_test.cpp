// Values of a case's fields: text, state, expression.
#include "contracts/work_values.h"

#include <catch2/catch.hpp>

namespace {

using namespace tally;
using namespace tally::contracts;

WorkField field(FieldType type) {
  WorkField out;
  out.code = "x";
  out.type = type;
  return out;
}

TEST_CASE("work values: every type is read from text, shown and given to expressions") {
  struct Row {
    FieldType type;
    const char* text;
    const char* shown;
    const char* cel;
  };
  const std::string handle(32, 'a');
  const Row rows[] = {
      {FieldType::integer, "-7", "-7", "-7"},
      {FieldType::decimal, "1.50", "1.5", "decimal('1.5')"},
      {FieldType::decimal, "0.000001", "0.000001", "decimal('0.000001')"},
      {FieldType::boolean, "true", "true", "true"},
      {FieldType::text, "cleaning", "cleaning", "\"cleaning\""},
      {FieldType::time, "2026-03-01", "2026-03-01T00:00:00Z", "timestamp('2026-03-01T00:00:00Z')"},
      {FieldType::time, "2026-03-01T08:30:00Z", "2026-03-01T08:30:00Z", "timestamp('2026-03-01T08:30:00Z')"},
      {FieldType::subject, handle.c_str(), handle.c_str(), nullptr}};
  for (const auto& row : rows) {
    INFO(row.text);
    const auto value = parse_field(field(row.type), row.text, "clause");
    REQUIRE(value.has_value());
    CHECK(show_field(row.type, *value) == row.shown);
    const auto cel = field_to_cel(row.type, *value);
    if (row.cel != nullptr) CHECK(cel::text_of(cel) == row.cel);
    CHECK(field_from_cel(field(row.type), cel, "clause").value() == *value);
  }
}

TEST_CASE("work values: what is no value is refused with what would be right") {
  struct Row {
    WorkField of;
    const char* text;
    const char* message;
  };
  WorkField hours = field(FieldType::decimal);
  hours.min = 500'000;
  hours.max = 8'000'000;
  WorkField post = field(FieldType::text);
  post.values = {"cleaning", "epidemic"};
  const std::string long_text(65, 'x');
  const Row rows[] = {{field(FieldType::integer), "1.5", "x is \"1.5\"; expected a whole number"},
                      {field(FieldType::integer), "", "a whole number"},
                      {field(FieldType::integer), "99999999999999999999", "a whole number"},
                      {field(FieldType::decimal), "0.0000001", "at most 6 decimals"},
                      {field(FieldType::decimal), "1e3", "at most 6 decimals"},
                      {field(FieldType::boolean), "yes", "true or false"},
                      {field(FieldType::time), "March", "2026-03-01T08:00:00Z"},
                      {field(FieldType::subject), "wang", "the handle of a subject"},
                      {field(FieldType::text), long_text.c_str(), "has 65 bytes; expected at most 64"},
                      {hours, "0.4", "x is 0.4; expected at least 0.5"},
                      {hours, "8.5", "x is 8.5; expected at most 8"},
                      {post, "office", "one of cleaning, epidemic"}};
  for (const auto& row : rows) {
    INFO(row.text);
    const auto value = parse_field(row.of, row.text, "duty/rate");
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().code == ErrorCode::invalid_field);
    CHECK(value.error().field == "duty/rate");
    CHECK_THAT(value.error().text(), Catch::Contains(row.message));
  }
}

}  // namespace
