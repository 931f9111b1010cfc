#include "contracts/document_reader.h"

#include "common/limits.h"
#include "common/nearest.h"
#include "common/time.h"
#include "contracts/unit.h"

namespace tally::contracts {

namespace {
constexpr std::size_t kRuleCodeCharactersMax = 16;
constexpr std::size_t kFieldCodeCharactersMax = 32;
// Far from the ends of the range, so that sums of bounds and scores cannot overflow.
constexpr std::int64_t kPointsMax = 1'000'000'000'000'000;
}  // namespace

DocumentReader::DocumentReader(const Json& json, std::string path, std::vector<Error>& problems)
    : json_(json), path_(std::move(path)), problems_(problems), object_(json.is_object()) {
  if (!object_)
    problems_.push_back(make_error(ErrorCode::invalid_field, path_, "is " + json_detail::kind_of(json), "an object"));
}

bool DocumentReader::has(std::string_view name) const {
  return object_ && json_.contains(std::string(name));
}

std::vector<std::string> DocumentReader::names() const {
  std::vector<std::string> out;
  if (!object_) return out;
  for (const auto& [name, value] : json_.items()) out.push_back(name);
  return out;
}

const Json* DocumentReader::find(std::string_view name, bool required) {
  if (!object_) return nullptr;
  if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) asked_.emplace_back(name);
  const auto found = json_.find(std::string(name));
  if (found != json_.end()) return &*found;
  if (required) mistake(name, "is missing", "", ErrorCode::missing_field);
  return nullptr;
}

void DocumentReader::at_most(std::string_view name, std::size_t most) {
  if (!has(name)) return;
  const Json& list = json_.at(std::string(name));
  if (list.is_array() && list.size() > most)
    mistake(name, "has " + std::to_string(list.size()) + " elements", "at most " + std::to_string(most),
            ErrorCode::too_large);
}

std::vector<std::string> DocumentReader::codes_in(std::string_view name) const {
  std::vector<std::string> out;
  if (!has(name)) return out;
  const Json& list = json_.at(std::string(name));
  if (!list.is_array()) return out;
  for (const auto& item : list) {
    const auto code = item.is_object() ? item.find("code") : item.end();
    out.push_back(code != item.end() && code->is_string() ? code->get<std::string>() : std::string());
  }
  return out;
}

std::string DocumentReader::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void DocumentReader::mistake(std::string_view name, std::string problem, std::string expected, ErrorCode code) {
  problems_.push_back(make_error(code, path_of(name), std::move(problem), std::move(expected)));
}

void DocumentReader::twice(std::string_view name, const std::string& code) {
  mistake(name, "is \"" + code + "\", which stands twice", "another code");
}

void DocumentReader::mistake_inside(std::string_view name, TextPlace at, std::string problem, std::string expected) {
  const std::string place = "(" + std::to_string(at.line) + ":" + std::to_string(at.column) + ")";
  problems_.push_back(
      make_error(ErrorCode::invalid_field, path_of(name) + place, std::move(problem), std::move(expected)));
}

void DocumentReader::add(std::string_view name, Error error) {
  problems_.push_back(std::move(error).within(path_of(name)));
}

std::string DocumentReader::expression(std::string_view name) {
  const Json* json = find(name);
  if (json == nullptr) return {};
  if (json->is_string() && json->get<std::string>().size() <= limits::kExpressionBytesMax)
    return json->get<std::string>();
  if (json->is_string())
    mistake(name, "has more than " + std::to_string(limits::kExpressionBytesMax) + " bytes", "a shorter expression",
            ErrorCode::too_large);
  else
    mistake(name, "is " + json_detail::kind_of(*json), "an expression in a string");
  return {};
}

std::string DocumentReader::text(std::string_view name, bool required) {
  const Json* json = find(name, required);
  if (json == nullptr) return {};
  if (!json->is_string()) {
    mistake(name, "is " + json_detail::kind_of(*json), "a string");
    return {};
  }
  auto value = json->get<std::string>();
  if (value.size() > limits::kTextBytesMax)
    mistake(name, "has " + std::to_string(value.size()) + " bytes", "at most " + std::to_string(limits::kTextBytesMax),
            ErrorCode::too_large);
  if (required && value.empty()) mistake(name, "is empty", "a text");
  return value;
}

std::string DocumentReader::slug(std::string_view name) {
  const auto before = mistakes();
  auto value = text(name);
  if (mistakes() == before && has(name) && !is_slug(value))
    mistake(name, "is \"" + value + "\"", "1 to 32 characters out of a-z, 0-9 and -");
  return value;
}

std::string DocumentReader::rule_code(std::string_view name) {
  const auto before = mistakes();
  auto value = text(name);
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (mistakes() == before && (value.size() > kRuleCodeCharactersMax || !std::all_of(value.begin(), value.end(), good)))
    mistake(name, "is \"" + value + "\"", "1 to 16 letters, digits and -, such as QZ7");
  return value;
}

std::string DocumentReader::field_code(std::string_view name) {
  const auto before = mistakes();
  auto value = text(name);
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  const bool code = !value.empty() && value.size() <= kFieldCodeCharactersMax && value[0] >= 'a' && value[0] <= 'z' &&
                    std::all_of(value.begin(), value.end(), good);
  if (mistakes() == before && has(name) && !code)
    mistake(name, "is \"" + value + "\"", "1 to 32 characters out of a-z, 0-9 and _, a letter first");
  return value;
}

std::string DocumentReader::decimal(std::string_view name) {
  const Json* json = find(name);
  if (json == nullptr) return {};
  if (!json->is_string() || !parse_amount(json->get_ref<const std::string&>(), kScaleMax)) {
    mistake(name, "is " + excerpt(json->dump(), 40), "a decimal number as a string, such as \"0.5\"");
    return {};
  }
  return json->get<std::string>();
}

Title DocumentReader::title(std::string_view name) {
  Title out;
  object(name, true, [&](DocumentReader& reader) {
    out.zh = reader.text("zh");
    out.en = reader.text("en");
  });
  return out;
}

Amount DocumentReader::points(std::string_view name, unsigned scale) {
  const Json* json = find(name);
  if (json == nullptr) return {};
  if (!json->is_string()) {
    const std::string shown = json->is_number() ? "is the number " + json->dump() : "is " + json_detail::kind_of(*json);
    mistake(name, shown, "points as a string, such as \"2.5\": points are exact");
    return {};
  }
  auto value = parse_amount(json->get_ref<const std::string&>(), scale);
  if (!value) {
    add(name, value.error());
    return {};
  }
  if (value->value <= kPointsMax && value->value >= -kPointsMax) return *value;
  mistake(name, "is " + excerpt(json->dump(), 40), "fewer points", ErrorCode::too_large);
  return {};
}

std::uint64_t DocumentReader::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
  const Json* json = find(name);
  if (json == nullptr) return least;
  const std::string wanted = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!json->is_number()) {
    mistake(name, "is " + json_detail::kind_of(*json), wanted);
    return least;
  }
  if (!json->is_number_unsigned() || json->get<std::uint64_t>() < least || json->get<std::uint64_t>() > most) {
    mistake(name, "is " + json->dump(), wanted);
    return least;
  }
  return json->get<std::uint64_t>();
}

bool DocumentReader::flag(std::string_view name) {
  const Json* json = find(name);
  if (json == nullptr) return false;
  if (json->is_boolean()) return json->get<bool>();
  mistake(name, "is " + json_detail::kind_of(*json), "true or false");
  return false;
}

TimestampMs DocumentReader::time(std::string_view name) {
  const Json* json = find(name);
  if (json == nullptr) return {};
  if (!json->is_string()) {
    mistake(name, "is " + json_detail::kind_of(*json), "a UTC time as text, such as \"2026-03-01\"");
    return {};
  }
  auto value = parse_time(json->get_ref<const std::string&>());
  if (value) return *value;
  add(name, value.error());
  return {};
}

std::vector<Role> DocumentReader::roles(std::string_view name) {
  const Json* json = find(name);
  if (json == nullptr) return {};
  auto value = from_json<std::vector<Role>>(*json);
  if (!value) {
    add(name, value.error());
    return {};
  }
  for (std::size_t i = 0; i < value->size(); ++i)
    if (std::find(value->begin(), value->begin() + static_cast<std::ptrdiff_t>(i), (*value)[i]) !=
        value->begin() + static_cast<std::ptrdiff_t>(i))
      mistake(std::string(name) + "[" + std::to_string(i) + "]", "stands twice", "each role once");
  return *value;
}

std::vector<std::string> DocumentReader::texts(std::string_view name) {
  const Json* json = find(name);
  if (json == nullptr) return {};
  auto value = from_json<std::vector<std::string>>(*json);
  if (value) return *value;
  add(name, value.error());
  return {};
}

void DocumentReader::close() {
  if (!object_) return;
  std::string known;
  for (const auto& name : asked_) known += (known.empty() ? "" : ", ") + name;
  for (const auto& [key, value] : json_.items()) {
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    const auto near = nearest_word(key, asked_);
    mistake(key, "is not a known field", near.empty() ? "one of " + known : "perhaps \"" + near + "\"",
            ErrorCode::unknown_field);
  }
}

}  // namespace tally::contracts
