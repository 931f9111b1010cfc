#include "common/json.h"

#include <set>
#include <vector>

#include "common/json_places.h"
#include "common/limits.h"

namespace tally {

namespace json_detail {

std::string kind_of(const Json& json) {
  if (json.is_null()) return "null";
  if (json.is_boolean()) return "a boolean";
  if (json.is_number()) return "a number";
  if (json.is_string()) return "a string";
  if (json.is_array()) return "an array";
  return "an object";
}

Error wrong_kind(const Json& json, std::string expected) {
  return make_error(ErrorCode::invalid_field, "", "is " + kind_of(json), std::move(expected));
}

Result<Bytes> read_hex(const Json& json) {
  if (!json.is_string()) return wrong_kind(json, "a string of hexadecimal digits");
  auto bytes = from_hex(json.get_ref<const std::string&>());
  if (!bytes)
    return make_error(ErrorCode::invalid_field, "", "is not hexadecimal", "an even number of lower-case hex digits");
  return *std::move(bytes);
}

}  // namespace json_detail

namespace {

Error not_json(std::string_view text, std::string otherwise) {
  const auto mistake = JsonPlaces::first_mistake(text);
  if (!mistake) return make_error(ErrorCode::invalid_encoding, "", std::move(otherwise));
  std::string problem =
      "is not JSON at line " + std::to_string(mistake->at.line) + ", column " + std::to_string(mistake->at.column);
  if (const auto why = mistake->problem.find(": "); why != std::string::npos) problem += mistake->problem.substr(why);
  return make_error(ErrorCode::invalid_encoding, "", std::move(problem), mistake->expected);
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  std::optional<Error> refused;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (refused) return false;
    if (depth > static_cast<int>(limits::kJsonDepthMax))
      refused = make_error(ErrorCode::too_large, "", "is nested deeper than " + std::to_string(limits::kJsonDepthMax));
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      refused = make_error(ErrorCode::invalid_field, parsed.get<std::string>(), "stands twice in one object");
    return !refused;
  };
  try {
    Json json = Json::parse(text, watch);
    if (refused) return *refused;
    return Result<Json>(boost::system::in_place_value, std::move(json));
  } catch (const nlohmann::json::parse_error&) {
    if (refused) return *refused;
    return not_json(text, "is not JSON");
  } catch (const nlohmann::json::out_of_range&) {
    // A number such as 1e999, which no binary floating point holds.
    return make_error(ErrorCode::invalid_encoding, "", "holds a number that is out of range");
  }
}

}  // namespace tally
