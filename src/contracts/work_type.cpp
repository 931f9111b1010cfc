#include "contracts/work_type.h"

#include "common/invariant.h"

namespace tally::contracts {

namespace {

using cel::TypeKind;

// What every case and every linked case shows.
void add_plain_fields(cel::ObjectType& type, const Workflow& workflow) {
  for (const auto& field : workflow.fields)
    if (field.list == 0) type.fields.push_back({field.code, type_of_field(field.type)});
  type.fields.push_back({"state", TypeKind::text});
  type.fields.push_back({"number", TypeKind::integer});
  type.fields.push_back({"opened", TypeKind::timestamp});
  type.fields.push_back({"subject", TypeKind::text});
}

// What a case's lists are asked for by name.
std::vector<cel::ObjectType::Method> list_methods() {
  return {{"count", {TypeKind::text}, TypeKind::integer},
          {"givers", {TypeKind::text}, TypeKind::integer},
          {"has", {TypeKind::text, TypeKind::text}, TypeKind::boolean},
          {"total", {TypeKind::text}, TypeKind::decimal},
          {"mean", {TypeKind::text}, TypeKind::decimal},
          {"trimmed_mean", {TypeKind::text, TypeKind::integer}, TypeKind::decimal}};
}

}  // namespace

cel::Type type_of_field(FieldType type) {
  switch (type) {
    case FieldType::integer:
      return TypeKind::integer;
    case FieldType::decimal:
      return TypeKind::decimal;
    case FieldType::boolean:
      return TypeKind::boolean;
    case FieldType::text:
    case FieldType::subject:
      return TypeKind::text;
    case FieldType::time:
      return TypeKind::timestamp;
  }
  invariant(false, "a field has one of the types above");
  return {};
}

std::shared_ptr<const cel::ObjectType> work_type(const Workflow& workflow, const Rulebook& rulebook) {
  auto out = std::make_shared<cel::ObjectType>();
  out->name = "case of " + workflow.code;
  add_plain_fields(*out, workflow);
  for (const auto& link : workflow.links) {
    const Workflow* other = rulebook.workflow(link.workflow);
    if (other == nullptr) continue;
    auto linked = std::make_shared<cel::ObjectType>();
    // Another name than that of the workflow's own cases, which show more.
    linked->name = "linked case of " + other->code;
    add_plain_fields(*linked, *other);
    linked->methods = list_methods();
    out->fields.push_back({link.code, cel::Type::object(std::move(linked))});
  }
  out->methods = list_methods();
  return out;
}

}  // namespace tally::contracts
