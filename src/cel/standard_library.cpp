// Operators are evaluated without a call (evaluate.cpp): their overloads are for the checker only.
#include <cstring>

#include "cel/arguments.h"
#include "cel/conversions.h"

namespace tally::cel {

namespace {

using Kinds = std::vector<TypeKind>;

const Type kA = Type::parameter("A");
const Type kB = Type::parameter("B");

void declare_operator(Library& library, const char* name, std::vector<Type> parameters, Type result) {
  library.push_back({name, false, std::move(parameters), std::move(result)});
}

void declare_logic(Library& library) {
  const Type boolean = TypeKind::boolean;
  declare_operator(library, "!_", {boolean}, boolean);
  declare_operator(library, "_&&_", {boolean, boolean}, boolean);
  declare_operator(library, "_||_", {boolean, boolean}, boolean);
  declare_operator(library, "_?_:_", {boolean, kA, kA}, kA);
  declare_operator(library, "@not_strictly_false", {boolean}, boolean);
  declare_operator(library, "_==_", {kA, kA}, boolean);
  declare_operator(library, "_!=_", {kA, kA}, boolean);
}

void declare_order(Library& library) {
  const Kinds numbers = {TypeKind::integer, TypeKind::unsigned_integer, TypeKind::floating};
  for (const char* name : {"_<_", "_<=_", "_>_", "_>=_"}) {
    for (const TypeKind kind :
         {TypeKind::boolean, TypeKind::text, TypeKind::bytes, TypeKind::timestamp, TypeKind::duration})
      declare_operator(library, name, {kind, kind}, TypeKind::boolean);
    for (const TypeKind left : numbers)
      for (const TypeKind right : numbers) declare_operator(library, name, {left, right}, TypeKind::boolean);
  }
}

void declare_arithmetic(Library& library) {
  const Kinds whole = {TypeKind::integer, TypeKind::unsigned_integer};
  const Kinds numbers = {TypeKind::integer, TypeKind::unsigned_integer, TypeKind::floating};
  for (const char* name : {"_+_", "_-_", "_*_", "_/_"})
    for (const TypeKind kind : numbers) declare_operator(library, name, {kind, kind}, kind);
  for (const TypeKind kind : whole) declare_operator(library, "_%_", {kind, kind}, kind);
  for (const TypeKind kind : {TypeKind::integer, TypeKind::floating}) declare_operator(library, "-_", {kind}, kind);

  for (const TypeKind kind : {TypeKind::text, TypeKind::bytes}) declare_operator(library, "_+_", {kind, kind}, kind);
  declare_operator(library, "_+_", {Type::list_of(kA), Type::list_of(kA)}, Type::list_of(kA));
  const TypeKind timestamp = TypeKind::timestamp;
  const TypeKind duration = TypeKind::duration;
  declare_operator(library, "_+_", {timestamp, duration}, timestamp);
  declare_operator(library, "_+_", {duration, timestamp}, timestamp);
  declare_operator(library, "_+_", {duration, duration}, duration);
  declare_operator(library, "_-_", {timestamp, timestamp}, duration);
  declare_operator(library, "_-_", {timestamp, duration}, timestamp);
  declare_operator(library, "_-_", {duration, duration}, duration);
}

void declare_containers(Library& library) {
  const Type list = Type::list_of(kA);
  const Type map = Type::map_of(kA, kB);
  declare_operator(library, "_[_]", {list, TypeKind::integer}, kA);
  declare_operator(library, "_[_]", {map, kA}, kB);
  declare_operator(library, "@in", {kA, list}, TypeKind::boolean);
  declare_operator(library, "@in", {kA, map}, TypeKind::boolean);
  declare_operator(library, "cel.@mapInsert", {map, kA, kB}, map);
  declare_operator(library, "cel.@mapInsert", {map, map}, map);
}

Value whole(std::size_t number) {
  return static_cast<std::int64_t>(number);
}

Value size_of_text(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  if (!charge_bytes(evaluation, text.size())) return out_of_budget();
  const auto first_of_point = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; };
  return whole(static_cast<std::size_t>(std::count_if(text.begin(), text.end(), first_of_point)));
}

void declare_sizes(Library& library) {
  struct Row {
    Type type;
    Implementation run;
  };
  const std::vector<Row> rows = {
      {TypeKind::text, size_of_text},
      {TypeKind::bytes,
       [](auto arguments, auto&) { return whole(boxed_argument<BytesBox>(arguments, 0).value.size()); }},
      {Type::list_of(kA),
       [](auto arguments, auto&) { return whole(boxed_argument<ListBox>(arguments, 0).elements.size()); }},
      {Type::map_of(kA, kB),
       [](auto arguments, auto&) { return whole(boxed_argument<MapBox>(arguments, 0).entries.size()); }}};
  for (const bool member : {false, true})
    for (const Row& row : rows) library.push_back({"size", member, {row.type}, TypeKind::integer, row.run});
}

using TextTest = bool (*)(std::string_view text, std::string_view part);

template <TextTest kTest>
Value tested(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  const std::string& part = text_argument(arguments, 1);
  if (!charge_bytes(evaluation, text.size() + part.size())) return out_of_budget();
  return kTest(text, part);
}

bool contains(std::string_view text, std::string_view part) {
  // Linear in the worst case, which std::string::find is not.
  return part.empty() || memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}
bool starts_with(std::string_view text, std::string_view part) {
  return text.starts_with(part);
}
bool ends_with(std::string_view text, std::string_view part) {
  return text.ends_with(part);
}

void declare_texts(Library& library) {
  const std::vector<Type> two = {TypeKind::text, TypeKind::text};
  library.push_back({"contains", true, two, TypeKind::boolean, tested<contains>});
  library.push_back({"startsWith", true, two, TypeKind::boolean, tested<starts_with>});
  library.push_back({"endsWith", true, two, TypeKind::boolean, tested<ends_with>});
}

}  // namespace

Library standard_library() {
  Library library;
  declare_logic(library);
  declare_order(library);
  declare_arithmetic(library);
  declare_containers(library);
  declare_sizes(library);
  declare_texts(library);
  declare_conversions(library);
  return library;
}

}  // namespace tally::cel
