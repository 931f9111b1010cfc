#include "cel/value.h"

#include <algorithm>
#include <limits>

#include "cel/number.h"

namespace tally::cel {

namespace {

template <class Box, class... Arguments>
boost::intrusive_ptr<Box> make(Arguments&&... arguments) {
  return boost::intrusive_ptr<Box>(new Box(std::forward<Arguments>(arguments)...));
}

// Null to durations: what has no box.
constexpr std::size_t kScalarIndexMax = 7;
static_assert(std::is_same_v<std::variant_alternative_t<kScalarIndexMax, Value::Data>, Duration>);

Extent extent_of(const Value& value) {
  if (value.data().index() <= kScalarIndexMax) return {};
  if (const auto* list = value.box<ListBox>()) return list->extent;
  if (const auto* map = value.box<MapBox>()) return map->extent;
  if (const auto* optional = value.box<OptionalBox>()) return optional->extent;
  if (const auto* text = value.box<TextBox>()) return {1, 1 + text->value.size() / 16};
  if (const auto* bytes = value.box<BytesBox>()) return {1, 1 + bytes->value.size() / 16};
  return {};
}

// False: too deep.
bool grow(Extent& outer, const Value& part) {
  const Extent inner = extent_of(part);
  outer.depth = std::max(outer.depth, inner.depth + 1);
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  outer.weight = inner.weight > kMost - outer.weight ? kMost : outer.weight + inner.weight;
  return outer.depth <= kValueDepthMax;
}

Value too_deep() {
  return Value::error(Failure::bad_argument, "a value nests deeper than " + std::to_string(kValueDepthMax) + " levels");
}

Value repeated(const Value& key) {
  return Value::error(Failure::bad_argument, "two entries of a map have the key " + text_of(key, kShownBytesMax));
}

Value no_key(const Value& key) {
  return Value::error(Failure::bad_argument, text_of(key, kShownBytesMax) + " cannot be a key of a map");
}

bool entry_less(const std::pair<Value, Value>& entry, const Value& key) {
  return key_less(entry.first, key);
}

bool equal_lists(const ListBox& left, const ListBox& right) {
  return std::equal(left.elements.begin(), left.elements.end(), right.elements.begin(), right.elements.end(), equal);
}

bool equal_maps(const MapBox& left, const MapBox& right) {
  return std::equal(left.entries.begin(), left.entries.end(), right.entries.begin(), right.entries.end(),
                    [](const auto& one, const auto& other) {
                      return equal(one.first, other.first) && equal(one.second, other.second);
                    });
}

bool equal_optionals(const OptionalBox& left, const OptionalBox& right) {
  if (!left.value || !right.value) return !left.value && !right.value;
  return equal(*left.value, *right.value);
}

struct EqualSame {
  template <class T>
  bool operator()(const T& left, const Value& right) const {
    return left == *right.as<T>();
  }
  bool operator()(const Shared<TextBox>& left, const Value& right) const {
    return left->value == right.box<TextBox>()->value;
  }
  bool operator()(const Shared<BytesBox>& left, const Value& right) const {
    return left->value == right.box<BytesBox>()->value;
  }
  bool operator()(const Shared<ListBox>& left, const Value& right) const {
    return equal_lists(*left, *right.box<ListBox>());
  }
  bool operator()(const Shared<MapBox>& left, const Value& right) const {
    return equal_maps(*left, *right.box<MapBox>());
  }
  bool operator()(const Shared<OptionalBox>& left, const Value& right) const {
    return equal_optionals(*left, *right.box<OptionalBox>());
  }
  bool operator()(const Shared<TypeBox>& left, const Value& right) const {
    return left->type == right.box<TypeBox>()->type;
  }
  bool operator()(const Shared<ErrorBox>&, const Value&) const { return false; }
};

// By index of Value::Data.
constexpr std::array<TypeKind, 16> kKinds = {
    TypeKind::null,     TypeKind::boolean, TypeKind::integer,   TypeKind::unsigned_integer,
    TypeKind::floating, TypeKind::decimal, TypeKind::timestamp, TypeKind::duration,
    TypeKind::text,     TypeKind::bytes,   TypeKind::list,      TypeKind::map,
    TypeKind::optional, TypeKind::type,    TypeKind::object,    TypeKind::dyn};
static_assert(kKinds.size() == std::variant_size_v<Value::Data>);

}  // namespace

Value Value::text(std::string text) {
  return Shared<TextBox>(make<TextBox>(std::move(text)));
}

Value Value::bytes(Bytes bytes) {
  return Shared<BytesBox>(make<BytesBox>(std::move(bytes)));
}

Value Value::list(std::vector<Value> elements) {
  auto box = make<ListBox>();
  for (const Value& element : elements)
    if (!grow(box->extent, element)) return too_deep();
  box->elements = std::move(elements);
  return Shared<ListBox>(std::move(box));
}

Value Value::map(std::vector<std::pair<Value, Value>> entries) {
  auto box = make<MapBox>();
  for (const auto& [key, value] : entries) {
    if (!is_key(key)) return no_key(key);
    if (!grow(box->extent, key) || !grow(box->extent, value)) return too_deep();
  }
  const auto less = [](const auto& one, const auto& other) { return key_less(one.first, other.first); };
  std::stable_sort(entries.begin(), entries.end(), less);
  const auto twin = std::adjacent_find(entries.begin(), entries.end(),
                                       [&](const auto& one, const auto& other) { return !less(one, other); });
  if (twin != entries.end()) return repeated(twin->first);
  box->entries = std::move(entries);
  return Shared<MapBox>(std::move(box));
}

Value Value::optional(std::optional<Value> value) {
  auto box = make<OptionalBox>();
  if (value && !grow(box->extent, *value)) return too_deep();
  box->value = std::move(value);
  return Shared<OptionalBox>(std::move(box));
}

Value Value::type(const Type& type) {
  auto box = make<TypeBox>();
  switch (type.kind()) {
    case TypeKind::list:
      box->type = Type::list_of({});
      break;
    case TypeKind::map:
      box->type = Type::map_of({}, {});
      break;
    case TypeKind::optional:
      box->type = Type::optional_of({});
      break;
    default:
      box->type = type;
  }
  return Shared<TypeBox>(std::move(box));
}

Value Value::error(Failure failure, std::string problem) {
  auto box = make<ErrorBox>();
  box->failure = failure;
  box->problem = std::move(problem);
  return Shared<ErrorBox>(std::move(box));
}

TypeKind Value::kind() const {
  return kKinds[data_.index()];
}

Type Value::runtime_type() const {
  if (const auto* object = as<Shared<Object>>())
    return Type::object({std::shared_ptr<const ObjectType>(), &(*object)->type()});
  switch (kind()) {
    case TypeKind::list:
      return Type::list_of({});
    case TypeKind::map:
      return Type::map_of({}, {});
    case TypeKind::optional:
      return Type::optional_of({});
    default:
      return kind();
  }
}

const Value* MapBox::find(const Value& key) const {
  Value whole;  // a double is looked up as the number that it is
  const Value* wanted = &key;
  if (const auto* number = key.as<double>()) {
    if (*number >= 0 && *number < 18446744073709551616.0)
      whole = static_cast<std::uint64_t>(*number);
    else if (*number < 0 && *number >= -9223372036854775808.0)
      whole = static_cast<std::int64_t>(*number);
    if (!equal(whole, key)) return nullptr;
    wanted = &whole;
  }
  if (!is_key(*wanted)) return nullptr;
  const auto at = std::lower_bound(entries.begin(), entries.end(), *wanted, entry_less);
  return at != entries.end() && !key_less(*wanted, at->first) ? &at->second : nullptr;
}

std::uint64_t weight(const Value& value) {
  return extent_of(value).weight;
}

bool equal(const Value& left, const Value& right) {
  if (left.data().index() == right.data().index())
    return std::visit([&](const auto& held) { return EqualSame{}(held, right); }, left.data());
  const auto one = number_of(left);
  const auto other = number_of(right);
  return one && other && equal_numbers(*one, *other);
}

std::optional<std::partial_ordering> compare(const Value& left, const Value& right) {
  const auto one = number_of(left);
  const auto other = number_of(right);
  if (one && other) return compare_numbers(*one, *other);
  if (left.data().index() != right.data().index()) return std::nullopt;
  if (const auto* text = left.box<TextBox>()) return text->value <=> right.box<TextBox>()->value;
  if (const auto* bytes = left.box<BytesBox>()) return bytes->value <=> right.box<BytesBox>()->value;
  if (const auto* it = left.as<bool>()) return *it <=> *right.as<bool>();
  if (const auto* it = left.as<Timestamp>()) return *it <=> *right.as<Timestamp>();
  if (const auto* it = left.as<Duration>()) return *it <=> *right.as<Duration>();
  return std::nullopt;
}

bool is_key(const Value& value) {
  return value.as<bool>() || value.as<std::int64_t>() || value.as<std::uint64_t>() || value.box<TextBox>();
}

bool key_less(const Value& left, const Value& right) {
  const auto rank = [](const Value& key) { return key.as<bool>() ? 0 : key.box<TextBox>() ? 2 : 1; };
  if (rank(left) != rank(right)) return rank(left) < rank(right);
  return compare(left, right) == std::partial_ordering::less;
}

Value appended(Value list, Value element) {
  const auto* held = list.as<Shared<ListBox>>();
  if ((*held)->use_count() > 1) {
    std::vector<Value> elements = (*held)->elements;
    elements.push_back(std::move(element));
    return Value::list(std::move(elements));
  }
  // Nobody else holds it: what is shared stays immutable.
  auto& box = const_cast<ListBox&>(**held);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  if (!grow(box.extent, element)) return too_deep();
  box.elements.push_back(std::move(element));
  return list;
}

Value inserted(Value map, Value key, Value value, std::size_t& moved) {
  const auto* held = map.as<Shared<MapBox>>();
  const auto& old = (*held)->entries;
  if (!is_key(key)) return no_key(key);
  const auto at = std::lower_bound(old.begin(), old.end(), key, entry_less);
  if (at != old.end() && !key_less(key, at->first)) return repeated(key);
  const auto position = at - old.begin();
  moved = old.size() - static_cast<std::size_t>(position);
  if ((*held)->use_count() > 1) {
    moved = old.size();
    auto copy = make<MapBox>();
    copy->entries = old;
    copy->extent = (*held)->extent;
    map = Shared<MapBox>(std::move(copy));
    held = map.as<Shared<MapBox>>();
  }
  auto& box = const_cast<MapBox&>(**held);  // NOLINT(cppcoreguidelines-pro-type-const-cast): see appended()
  if (!grow(box.extent, key) || !grow(box.extent, value)) return too_deep();
  box.entries.emplace(box.entries.begin() + position, std::move(key), std::move(value));
  return map;
}

}  // namespace tally::cel
