#include "cel/type.h"

#include <array>

namespace tally::cel {

namespace {

// By TypeKind; those that have a name or arguments of their own say more.
constexpr std::array<std::string_view, 17> kNames = {"dyn",
                                                     "null_type",
                                                     "bool",
                                                     "int",
                                                     "uint",
                                                     "double",
                                                     "decimal",
                                                     "string",
                                                     "bytes",
                                                     "google.protobuf.Timestamp",
                                                     "google.protobuf.Duration",
                                                     "type",
                                                     "list",
                                                     "map",
                                                     "optional_type",
                                                     "object",
                                                     "parameter"};
static_assert(kNames.size() == static_cast<std::size_t>(TypeKind::parameter) + 1);

}  // namespace

Type Type::make(TypeKind kind, std::string name, std::vector<Type> arguments) {
  std::size_t count = 1;
  for (const Type& one : arguments) count += one.parts_ ? one.parts_->count : 1;
  if (count > kTypePartsMax) return {};
  Type out(kind);
  out.parts_ = std::make_shared<const Parts>(Parts{std::move(name), std::move(arguments), count});
  return out;
}

Type Type::list_of(Type element) {
  return make(TypeKind::list, {}, {std::move(element)});
}

Type Type::map_of(Type key, Type value) {
  return make(TypeKind::map, {}, {std::move(key), std::move(value)});
}

Type Type::optional_of(Type value) {
  return make(TypeKind::optional, {}, {std::move(value)});
}

Type Type::parameter(std::string name) {
  return make(TypeKind::parameter, std::move(name), {});
}

Type Type::object(std::shared_ptr<const ObjectType> declared) {
  Type out = make(TypeKind::object, declared->name, {});
  out.declared_ = std::move(declared);
  return out;
}

const std::vector<Type>& Type::arguments() const {
  static const std::vector<Type> kNone;
  return parts_ ? parts_->arguments : kNone;
}

const std::string& Type::name() const {
  static const std::string kNone;
  return parts_ ? parts_->name : kNone;
}

std::string_view Type::kind_name() const {
  return kNames[static_cast<std::size_t>(kind_)];
}

std::string Type::text() const {
  if (!name().empty()) return name();
  std::string out(kind_name());
  if (arguments().empty()) return out;
  out += "(";
  for (const Type& one : arguments()) out += (&one == arguments().data() ? "" : ", ") + one.text();
  return out + ")";
}

bool Type::operator==(const Type& other) const {
  if (kind_ != other.kind_) return false;
  return parts_ == other.parts_ || (name() == other.name() && arguments() == other.arguments());
}

}  // namespace tally::cel
