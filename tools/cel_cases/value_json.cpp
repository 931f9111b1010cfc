#include "cel_cases/value_json.h"

#include <charconv>

#include "cel/time_text.h"

namespace tally::cel_cases {

namespace {

using cel::Type;
using cel::TypeKind;
using cel::Value;

Error wrong(const Json& json, std::string expected) {
  return make_error(ErrorCode::invalid_field, "", "is " + json.dump(-1, ' ', false, Json::error_handler_t::replace),
                    std::move(expected));
}

template <class T>
Result<Value> number(const Json& json, const char* expected) {
  const std::string text = json.is_string() ? json.get<std::string>() : json.dump();
  T out{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size()) return wrong(json, expected);
  return Value(out);
}

Result<Value> floating(const Json& json) {
  if (json.is_number()) return Value(json.get<double>());
  if (json == "NaN") return Value(std::numeric_limits<double>::quiet_NaN());
  if (json == "Infinity") return Value(std::numeric_limits<double>::infinity());
  if (json == "-Infinity") return Value(-std::numeric_limits<double>::infinity());
  return wrong(json, "a number, NaN, Infinity or -Infinity");
}

std::optional<Bytes> from_base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  Bytes out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == kDigits.npos) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    if ((count += 6) < 8) continue;
    count -= 8;
    out.push_back(static_cast<Byte>(bits >> count));
  }
  return out;
}

std::string to_base64(const Bytes& bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) bits = bits << 8U | (i + j < bytes.size() ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out.push_back(i + j <= bytes.size() ? kDigits[bits >> (18 - 6 * j) & 63U] : '=');
  }
  return out;
}

// What a text stands for, by `parse`.
template <class Parse>
Result<Value> from_text(const Json& json, Parse parse, const char* expected) {
  if (json.is_string()) {
    if (auto value = parse(json.get_ref<const std::string&>())) return Value(std::move(*value));
  }
  return wrong(json, expected);
}

using Reader = Result<Value> (*)(const Json&);

// JSON's parser does not bound how deep texts nest.
class Depth {
 public:
  Depth() { ++depth(); }
  ~Depth() { --depth(); }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;
  static bool too_deep() { return depth() > 2 * cel::kValueDepthMax; }

 private:
  static std::size_t& depth() {
    thread_local std::size_t count = 0;
    return count;
  }
};

Result<Value> checked(Value value) {
  if (const auto* error = value.box<cel::ErrorBox>()) return make_error(ErrorCode::invalid_field, "", error->problem);
  return value;
}

Result<Value> list(const Json& json, Reader read) {
  if (!json.is_array()) return wrong(json, "an array");
  std::vector<Value> elements;
  for (std::size_t i = 0; i < json.size(); ++i) {
    auto element = read(json[i]);
    if (!element) return Error(element.error()).within("[" + std::to_string(i) + "]");
    elements.push_back(std::move(*element));
  }
  return checked(Value::list(std::move(elements)));
}

Result<Value> tagged_map(const Json& json) {
  if (!json.is_array()) return wrong(json, "an array of pairs");
  std::vector<std::pair<Value, Value>> entries;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (!json[i].is_array() || json[i].size() != 2) return wrong(json[i], "a pair of key and value");
    auto key = tagged_value(json[i][0]);
    if (!key) return key;
    auto value = tagged_value(json[i][1]);
    if (!value) return value;
    entries.emplace_back(std::move(*key), std::move(*value));
  }
  return checked(Value::map(std::move(entries)));
}

Result<Value> optional(const Json& json) {
  if (json.is_null()) return Value::optional(std::nullopt);
  auto value = tagged_value(json);
  return value ? checked(Value::optional(std::move(*value))) : value;
}

Result<Value> type_value(const Json& json) {
  if (!json.is_string()) return wrong(json, "the name of a type");
  auto type = type_of_text(json.get_ref<const std::string&>());
  if (!type) return type.error();
  return Value::type(*type);
}

struct Tag {
  std::string_view name;
  Reader read;
};
const std::array<Tag, 14> kTags = {
    {{"int", [](const Json& json) { return number<std::int64_t>(json, "a 64-bit integer in decimal"); }},
     {"uint", [](const Json& json) { return number<std::uint64_t>(json, "a 64-bit unsigned integer in decimal"); }},
     {"double", floating},
     {"decimal", [](const Json& json) { return from_text(json, cel::Decimal::parse, "a decimal such as \"1.5\""); }},
     {"string",
      [](const Json& json) -> Result<Value> {
        if (!json.is_string()) return wrong(json, "a string");
        return Value::text(json.get<std::string>());
      }},
     {"bytes",
      [](const Json& json) -> Result<Value> {
        auto bytes = json.is_string() ? from_base64(json.get_ref<const std::string&>()) : std::nullopt;
        if (!bytes) return wrong(json, "base64");
        return Value::bytes(std::move(*bytes));
      }},
     {"bool",
      [](const Json& json) -> Result<Value> {
        if (!json.is_boolean()) return wrong(json, "true or false");
        return Value(json.get<bool>());
      }},
     {"null", [](const Json&) -> Result<Value> { return Value(); }},
     {"list", [](const Json& json) { return list(json, tagged_value); }},
     {"map", tagged_map},
     {"optional", optional},
     {"type", type_value},
     {"timestamp", [](const Json& json) { return from_text(json, cel::parse_timestamp, "a time as in RFC 3339"); }},
     {"duration",
      [](const Json& json) { return from_text(json, cel::parse_duration, "a duration such as \"1.5s\""); }}}};

const Tag* tag_of(const Json& json) {
  if (!json.is_object() || json.size() != 1) return nullptr;
  for (const Tag& tag : kTags)
    if (tag.name == json.begin().key()) return &tag;
  return nullptr;
}

Result<Value> plain_map(const Json& json) {
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [key, inner] : json.items()) {
    auto value = any_value(inner);
    if (!value) return Error(value.error()).within(key);
    entries.emplace_back(Value::text(key), std::move(*value));
  }
  return checked(Value::map(std::move(entries)));
}

struct Tagger {
  Json operator()(const cel::NullValue&) const { return {{"null", nullptr}}; }
  Json operator()(bool it) const { return {{"bool", it}}; }
  Json operator()(std::int64_t it) const { return {{"int", std::to_string(it)}}; }
  Json operator()(std::uint64_t it) const { return {{"uint", std::to_string(it)}}; }
  Json operator()(double it) const {
    if (it != it) return {{"double", "NaN"}};
    if (it - it != 0) return {{"double", it > 0 ? "Infinity" : "-Infinity"}};
    return {{"double", it}};
  }
  Json operator()(const cel::Decimal& it) const { return {{"decimal", it.text()}}; }
  Json operator()(const cel::Timestamp& it) const { return {{"timestamp", cel::format_timestamp(it)}}; }
  Json operator()(const cel::Duration& it) const { return {{"duration", cel::format_duration(it)}}; }
  Json operator()(const cel::Shared<cel::TextBox>& it) const { return {{"string", it->value}}; }
  Json operator()(const cel::Shared<cel::BytesBox>& it) const { return {{"bytes", to_base64(it->value)}}; }
  Json operator()(const cel::Shared<cel::ListBox>& it) const {
    Json out = Json::array();
    for (const Value& element : it->elements) out.push_back(to_tagged(element));
    return {{"list", std::move(out)}};
  }
  Json operator()(const cel::Shared<cel::MapBox>& it) const {
    Json out = Json::array();
    for (const auto& [key, value] : it->entries) out.push_back(Json::array({to_tagged(key), to_tagged(value)}));
    return {{"map", std::move(out)}};
  }
  Json operator()(const cel::Shared<cel::OptionalBox>& it) const {
    return {{"optional", it->value ? to_tagged(*it->value) : Json(nullptr)}};
  }
  Json operator()(const cel::Shared<cel::TypeBox>& it) const { return {{"type", cel::text_of(Value(it))}}; }
  Json operator()(const cel::Shared<cel::Object>& it) const { return {{"object", it->type().name}}; }
  Json operator()(const cel::Shared<cel::ErrorBox>& it) const { return {{"error", it->problem}}; }
};

// "name" or "name(type, type)".
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : text_(text) {}
  std::optional<Type> run() {
    auto out = read(0);
    return at_ == text_.size() ? out : std::nullopt;
  }

 private:
  std::optional<Type> read(std::size_t depth) {
    const auto end = std::min(text_.find_first_of("(), ", at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    at_ = end;
    std::vector<Type> arguments;
    if (at_ < text_.size() && text_[at_] == '(') {
      do {
        for (++at_; at_ < text_.size() && text_[at_] == ' '; ++at_) continue;
        auto one = depth < 64 ? read(depth + 1) : std::nullopt;
        if (!one) return one;
        arguments.push_back(std::move(*one));
      } while (at_ < text_.size() && text_[at_] == ',');
      if (at_ >= text_.size() || text_[at_++] != ')') return std::nullopt;
    }
    return make(name, std::move(arguments));
  }

  static std::optional<Type> make(std::string_view name, std::vector<Type> arguments) {
    const std::size_t wanted = name == "map" ? 2 : name == "list" || name == "optional_type" ? 1 : 0;
    if (arguments.empty()) arguments.resize(wanted);
    if (name == "type" && arguments.size() <= 1) return Type(TypeKind::type);
    if (arguments.size() != wanted) return std::nullopt;
    if (name == "list") return Type::list_of(arguments[0]);
    if (name == "map") return Type::map_of(arguments[0], arguments[1]);
    if (name == "optional_type") return Type::optional_of(arguments[0]);
    for (int kind = 0; kind <= static_cast<int>(TypeKind::type); ++kind)
      if (const Type type(static_cast<TypeKind>(kind)); type.kind_name() == name) return type;
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Type common(const Type& one, const Type& other) {
  return one == other ? one : Type();
}

}  // namespace

Result<Value> tagged_value(const Json& json) {
  const Depth depth;
  if (Depth::too_deep()) return make_error(ErrorCode::invalid_field, "", "nests too deeply");
  if (const Tag* tag = tag_of(json)) return tag->read(json.begin().value());
  return wrong(json, "an object with one tag, such as {\"int\": \"42\"}");
}

Result<Value> any_value(const Json& json) {
  const Depth depth;
  if (Depth::too_deep()) return make_error(ErrorCode::invalid_field, "", "nests too deeply");
  if (tag_of(json) != nullptr) return tagged_value(json);
  switch (json.type()) {
    case Json::value_t::null:
      return Value();
    case Json::value_t::boolean:
      return Value(json.get<bool>());
    case Json::value_t::number_integer:
      return Value(json.get<std::int64_t>());
    case Json::value_t::number_unsigned: {
      const auto it = json.get<std::uint64_t>();
      const bool fits = it <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      return fits ? Value(static_cast<std::int64_t>(it)) : Value(it);
    }
    case Json::value_t::number_float:
      return Value(json.get<double>());
    case Json::value_t::string:
      return Value::text(json.get<std::string>());
    case Json::value_t::array:
      return list(json, any_value);
    case Json::value_t::object:
      return plain_map(json);
    default:
      return wrong(json, "a value");
  }
}

Json to_tagged(const Value& value) {
  return std::visit(Tagger{}, value.data());
}

Result<Type> type_of_text(std::string_view text) {
  if (auto type = TypeReader(text).run()) return std::move(*type);
  return make_error(ErrorCode::invalid_field, "", "is \"" + std::string(text) + "\"",
                    "a type, such as int or map(string, list(dyn))");
}

Type type_of_value(const Value& value) {
  if (const auto* elements = value.box<cel::ListBox>()) {
    std::optional<Type> element;
    for (const Value& one : elements->elements)
      element = element ? common(*element, type_of_value(one)) : type_of_value(one);
    return Type::list_of(element.value_or(Type()));
  }
  if (const auto* map = value.box<cel::MapBox>()) {
    std::optional<Type> key;
    std::optional<Type> of_value;
    for (const auto& entry : map->entries) {
      key = key ? common(*key, type_of_value(entry.first)) : type_of_value(entry.first);
      of_value = of_value ? common(*of_value, type_of_value(entry.second)) : type_of_value(entry.second);
    }
    return Type::map_of(key.value_or(Type()), of_value.value_or(Type()));
  }
  return value.runtime_type();
}

}  // namespace tally::cel_cases
