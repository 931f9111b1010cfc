#include "common/json.h"

#include <set>
#include <vector>

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

// Where in the text a byte offset lies, for people.
std::string position_of(std::string_view text, std::size_t offset) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
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
  } catch (const nlohmann::json::parse_error& failure) {
    if (refused) return *refused;
    const std::size_t offset = failure.byte > 0 ? failure.byte - 1 : 0;
    return make_error(ErrorCode::invalid_encoding, "", "is not JSON at " + position_of(text, offset));
  } catch (const nlohmann::json::out_of_range&) {
    // A number such as 1e999, which no binary floating point holds.
    return make_error(ErrorCode::invalid_encoding, "", "holds a number that is out of range");
  }
}

}  // namespace tally
