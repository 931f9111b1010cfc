#include "contracts/rulebook_queues.h"

#include "contracts/rulebook_fields.h"
#include "contracts/rulebook_rules.h"
#include "contracts/rulebook_work_effects.h"

namespace tally::contracts {

namespace {

using cel::TypeKind;

constexpr std::size_t kOrdersMax = 8;
constexpr WantedField kDecimalField{"a field of type decimal that is no list", [](const WorkField& field) {
                                      return field.type == FieldType::decimal && field.list == 0;
                                    }};

void read_order(DocumentReader& reader, const WorkReading& work, Queue& queue) {
  reader.at_most("order", kOrdersMax);
  reader.each("order", true, [&](DocumentReader& inner) {
    OrderBy out;
    auto by = compile_work(inner, "by", work, Scope::work, {});
    constexpr TypeKind kGood[] = {TypeKind::integer, TypeKind::decimal, TypeKind::timestamp};
    if (by.expression && std::find(std::begin(kGood), std::end(kGood), by.type.kind()) == std::end(kGood))
      inner.mistake_inside("by", {}, "is " + by.type.text(), "int, decimal or timestamp");
    out.by = std::move(by.expression);
    if (inner.given("descending")) out.descending = inner.flag("descending");
    queue.order.push_back(std::move(out));
  });
}

// `demand`, `weight` and `percent` go with one way to serve each.
bool belongs(DocumentReader& reader, std::string_view name, bool good, std::string_view serve) {
  if (!reader.given(name)) return false;
  if (good) return true;
  reader.mistake(name, "stands in a queue that is served otherwise", "serve to be " + std::string(serve));
  return false;
}

void read_serving(DocumentReader& reader, const WorkReading& work, Queue& queue) {
  const auto before = reader.mistakes();
  queue.serve = reader.choice<Serve>("serve");
  if (reader.mistakes() != before) {
    for (const char* name : {"demand", "weight", "percent"}) reader.find(name, false);
    return;
  }
  if (belongs(reader, "demand", queue.serve == Serve::in_order, "in_order"))
    queue.demand = read_work_expression(reader, "demand", work, Scope::work, TypeKind::decimal);
  if (belongs(reader, "weight", queue.serve == Serve::by_share, "by_share"))
    queue.weight = read_work_expression(reader, "weight", work, Scope::work, TypeKind::decimal);
  else if (queue.serve == Serve::by_share)
    reader.mistake("weight", "is missing", "what the pool is divided by", ErrorCode::missing_field);
  if (belongs(reader, "percent", queue.serve == Serve::top, "top"))
    queue.percent = static_cast<std::uint32_t>(reader.number("percent", 1, 100));
  else if (queue.serve == Serve::top)
    reader.mistake("percent", "is missing", "how many in a hundred are served", ErrorCode::missing_field);
}

// What depends on the workflow whose cases wait.
void read_about(DocumentReader& reader, const Rulebook& rulebook, const Workflow& workflow, Queue& queue) {
  const WorkReading work{rulebook, workflow, false};
  read_order(reader, work, queue);
  read_serving(reader, work, queue);
  auto before = reader.mistakes();
  queue.act = reader.slug("act");
  if (reader.mistakes() == before) check_queue_act_named(reader, "act", queue.act, workflow);
  if (!reader.given("gives")) return;
  before = reader.mistakes();
  const auto code = reader.text("gives");
  if (reader.mistakes() == before) queue.gives = field_named(reader, "gives", code, workflow, kDecimalField);
}

}  // namespace

Queue declared_queue(DocumentReader& reader) {
  Queue out;
  out.code = reader.slug("code");
  out.workflow = reader.slug("workflow");
  return out;
}

Queue read_queue(DocumentReader& reader, const Rulebook& rulebook, const Queue& known) {
  Queue out;
  auto before = reader.mistakes();
  out.code = reader.slug("code");
  if (reader.mistakes() == before && rulebook.queue(out.code) != &known) reader.twice("code", out.code);
  out.title = reader.title("title");
  before = reader.mistakes();
  out.workflow = reader.slug("workflow");
  const Workflow* workflow = rulebook.workflow(out.workflow);
  if (reader.mistakes() == before && workflow == nullptr)
    reader.mistake("workflow", "is \"" + out.workflow + "\"", codes_of(rulebook.workflows));
  out.roles = reader.roles("roles");
  if (reader.has("roles") && out.roles.empty()) reader.mistake("roles", "names nobody", "a role that may allocate");
  if (workflow != nullptr)
    read_about(reader, rulebook, *workflow, out);
  else
    for (const char* name : {"order", "serve", "demand", "weight", "percent", "act", "gives"}) reader.find(name, false);
  out.provenance = read_provenance(reader);
  return out;
}

}  // namespace tally::contracts
