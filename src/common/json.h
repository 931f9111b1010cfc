// Purpose: the JSON form of the same described structs that codec.h encodes. For people and APIs only:
// JSON is never hashed or signed.
//   64-bit integers: decimal strings · smaller ones: numbers · FixedBytes and Bytes: lower-case hex
//   optional: null · enum: its name · variant: {"type": T::kName, ...fields of T}
// Thread rule: pure functions.
// Errors: from_json names the field's path, the value's problem and what would be right;
// unknown and missing fields are errors (an optional may be left out).
// Included by edges only (API, CLI, configuration), because nlohmann-json is dear to compile.
#pragma once

#include <boost/describe/enum_to_string.hpp>
#include <charconv>
#include <nlohmann/json.hpp>

#include "common/codec.h"

namespace tally {

using Json = nlohmann::ordered_json;

// Parses text; the error gives line and column. Nesting is limited (limits.h), duplicate keys are refused.
Result<Json> parse_json(std::string_view text);

template <class T>
Json to_json(const T& item);
template <class T>
Result<T> from_json(const Json& json);

namespace json_detail {

std::string kind_of(const Json& json);
Error wrong_kind(const Json& json, std::string expected);

template <std::integral T>
Result<T> integer_from_text(const std::string& text) {
  T number{};
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || stop != end || std::to_string(number) != text)
    return make_error(ErrorCode::invalid_field, "", "is \"" + text + "\"",
                      std::string(sizeof(T) * 8 == 64 ? "a 64-bit" : "an") +
                          (std::is_signed_v<T> ? " integer" : " unsigned integer") + " in decimal");
  return number;
}

template <std::integral T>
Result<T> read_integer(const Json& json) {
  if constexpr (sizeof(T) == 8) {
    if (json.is_string()) return integer_from_text<T>(json.get_ref<const std::string&>());
  }
  if (json.is_number_integer()) return integer_from_text<T>(json.dump());
  return wrong_kind(json, sizeof(T) == 8 ? "a 64-bit integer as a string" : "an integer");
}

template <class T>
Result<T> read_struct(const Json& json, bool tagged) {
  if (!json.is_object()) return wrong_kind(json, "an object");
  T item{};
  Error error;
  bool good = true;
  std::size_t used = tagged ? 1 : 0;
  boost::mp11::mp_for_each<codec_detail::Members<T>>([&](auto member) {
    if (!good) return;
    using Field = std::remove_reference_t<decltype(item.*member.pointer)>;
    const auto found = json.find(member.name);
    if (found == json.end()) {
      if constexpr (!codec_detail::is_optional<Field>::value) {
        good = false;
        error = make_error(ErrorCode::missing_field, member.name, "is missing");
      }
      return;
    }
    ++used;
    auto field = from_json<Field>(*found);
    if (field.has_value()) {
      item.*member.pointer = std::move(field).value();
    } else {
      good = false;
      error = Error(field.error()).within(member.name);
    }
  });
  if (!good) return error;
  if (used != json.size()) {
    for (const auto& [key, value] : json.items()) {
      bool known = tagged && key == "type";
      std::string names;
      boost::mp11::mp_for_each<codec_detail::Members<T>>([&](auto member) {
        known = known || key == member.name;
        names += (names.empty() ? "" : ", ") + std::string(member.name);
      });
      if (!known) return make_error(ErrorCode::unknown_field, key, "is not a known field", "one of " + names);
    }
  }
  return item;
}

template <class... T>
Result<std::variant<T...>> read_variant(const Json& json) {
  using Variant = std::variant<T...>;
  if (!json.is_object()) return wrong_kind(json, "an object with a \"type\"");
  std::string names;
  ((names += (names.empty() ? "" : ", ") + std::string(T::kName)), ...);
  const auto type = json.find("type");
  if (type == json.end()) return make_error(ErrorCode::missing_field, "type", "is missing", "one of " + names);
  if (!type->is_string()) return wrong_kind(*type, "one of " + names).within("type");
  const auto& wanted = type->template get_ref<const std::string&>();
  std::optional<Result<Variant>> out;
  const auto attempt = [&]<class One>() {
    if (out || wanted != One::kName) return;
    auto item = read_struct<One>(json, true);
    if (item.has_value())
      out.emplace(Variant(std::move(item).value()));
    else
      out.emplace(item.error());
  };
  (attempt.template operator()<T>(), ...);
  if (out) return *std::move(out);
  return make_error(ErrorCode::invalid_field, "type", "is \"" + wanted + "\"", "one of " + names);
}

template <class T>
struct VariantReader;
template <class... T>
struct VariantReader<std::variant<T...>> {
  static Result<std::variant<T...>> read(const Json& json) { return read_variant<T...>(json); }
};

template <class E>
Result<E> read_enum(const Json& json) {
  std::string names;
  std::optional<E> found;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
    names += (names.empty() ? "" : ", ") + std::string(enumerator.name);
    if (json.is_string() && json.get_ref<const std::string&>() == enumerator.name) found = enumerator.value;
  });
  if (found) return *found;
  if (!json.is_string()) return wrong_kind(json, "one of " + names);
  return make_error(ErrorCode::invalid_field, "", "is " + json.dump(), "one of " + names);
}

Result<Bytes> read_hex(const Json& json);

}  // namespace json_detail

template <class T>
Json to_json(const T& item) {
  using namespace codec_detail;
  if constexpr (std::same_as<T, bool> || std::same_as<T, std::string>) {
    return item;
  } else if constexpr (std::integral<T>) {
    if constexpr (sizeof(T) == 8) return std::to_string(item);
    return item;
  } else if constexpr (is_strong<T>::value) {
    return to_json(item.value);
  } else if constexpr (is_fixed<T>::value) {
    return item.hex();
  } else if constexpr (std::same_as<T, Bytes>) {
    return to_hex(item);
  } else if constexpr (is_vector<T>::value) {
    Json out = Json::array();
    for (const auto& element : item) out.push_back(to_json(element));
    return out;
  } else if constexpr (is_optional<T>::value) {
    return item ? to_json(*item) : Json(nullptr);
  } else if constexpr (is_variant<T>::value) {
    return std::visit(
        []<class One>(const One& alternative) {
          Json out = {{"type", One::kName}};
          out.update(to_json(alternative));
          return out;
        },
        item);
  } else if constexpr (DescribedEnum<T>) {
    return boost::describe::enum_to_string(item, "unknown");
  } else {
    Json out = Json::object();
    boost::mp11::mp_for_each<Members<T>>([&](auto member) { out[member.name] = to_json(item.*member.pointer); });
    return out;
  }
}

template <class T>
Result<T> from_json(const Json& json) {
  using namespace codec_detail;
  using namespace json_detail;
  if constexpr (std::same_as<T, bool>) {
    if (!json.is_boolean()) return wrong_kind(json, "true or false");
    return json.get<bool>();
  } else if constexpr (std::same_as<T, std::string>) {
    if (!json.is_string()) return wrong_kind(json, "a string");
    return json.get<std::string>();
  } else if constexpr (std::integral<T>) {
    return read_integer<T>(json);
  } else if constexpr (is_strong<T>::value) {
    auto number = read_integer<typename T::rep>(json);
    if (!number) return number.error();
    return T{*number};
  } else if constexpr (is_fixed<T>::value) {
    const auto fixed = json.is_string() ? T::from_hex(json.get_ref<const std::string&>()) : std::nullopt;
    if (!fixed)
      return make_error(ErrorCode::invalid_field, "", "is " + json.dump().substr(0, 80),
                        std::to_string(2 * T::kSize) + " lower-case hexadecimal digits");
    return *fixed;
  } else if constexpr (std::same_as<T, Bytes>) {
    return read_hex(json);
  } else if constexpr (is_vector<T>::value) {
    if (!json.is_array()) return wrong_kind(json, "an array");
    T out;
    for (std::size_t i = 0; i < json.size(); ++i) {
      auto element = from_json<typename T::value_type>(json[i]);
      if (!element) return Error(element.error()).within("[" + std::to_string(i) + "]");
      out.push_back(std::move(element).value());
    }
    return out;
  } else if constexpr (is_optional<T>::value) {
    if (json.is_null()) return T{};
    auto inner = from_json<typename T::value_type>(json);
    if (!inner) return inner.error();
    return T{std::move(inner).value()};
  } else if constexpr (is_variant<T>::value) {
    return VariantReader<T>::read(json);
  } else if constexpr (DescribedEnum<T>) {
    return read_enum<T>(json);
  } else {
    return read_struct<T>(json, false);
  }
}

}  // namespace tally
