#include "contracts/people_json.h"

#include "common/time.h"
#include "contracts/workflow.h"

namespace tally::contracts {

namespace {

constexpr std::string_view kTimes[] = {"event_time", "block_time", "time",    "valid_until",  "deadline", "effective",
                                       "to",         "opened",     "entered", "created",      "due",      "paid",
                                       "since",      "until",      "given",   "proposed_time"};
constexpr std::string_view kAmounts[] = {"change", "score", "amount",  "pending", "at_least",
                                         "asked",  "value", "carried", "bound",   "would_grant"};
constexpr std::string_view kPoints = "_points";
constexpr std::string_view kMoney = "_money";

template <std::size_t N>
bool names(const std::string_view (&list)[N], std::string_view key) {
  return std::find(std::begin(list), std::end(list), key) != std::end(list);
}

// What an allocation shares out, obligations, and what acts say of them.
bool is_money(const Json& object, std::string_view key) {
  if (key == "pool") return true;
  const auto kind = object.find("kind");
  const bool shared = kind != object.end() && (*kind == "obligation" || *kind == "case_moved");
  return key == "amount" && (object.contains("unit") || shared);
}

// The value of something that is named, or has a unit of its own, is a text.
bool is_points(const Json& object, std::string_view key) {
  if (!names(kAmounts, key) || is_money(object, key)) return false;
  return key != "value" || !(object.contains("name") || object.contains("unit"));
}

// The raw amount that a key shows for people, and its decimals.
struct Shown {
  std::string_view raw;
  std::optional<unsigned> scale;
};
std::optional<Shown> shown_name(std::string_view key, std::optional<unsigned> scale) {
  const bool money = key.ends_with(kMoney);
  if (!money && !key.ends_with(kPoints)) return std::nullopt;
  key.remove_suffix((money ? kMoney : kPoints).size());
  if (money) return key == "pool" || key == "amount" ? std::optional(Shown{key, kMoneyScale}) : std::nullopt;
  return names(kAmounts, key) ? std::optional(Shown{key, scale}) : std::nullopt;
}

bool is_decimal(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string path_to(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

// The raw amount that is meant, checked against the raw amount beside it.
Result<Json> raw_amount(const Json& object, const Shown& shown, const std::string& key, const Json& points,
                        const std::string& path) {
  const auto& [raw, scale] = shown;
  const auto found = object.find(std::string(raw));
  const bool has_raw = found != object.end() && !found->is_null();
  if (!scale) {
    if (has_raw) return Result<Json>(boost::system::in_place_value, *found);
    return make_error(ErrorCode::missing_field, path_to(path, raw),
                      "is missing, and the scale of the points is unknown", "the raw amount");
  }
  auto amount = points.is_string() ? parse_amount(points.get_ref<const std::string&>(), *scale)
                                   : Result<Amount>(json_detail::wrong_kind(points, "points as a string"));
  const std::string points_path = path_to(path, key);
  if (!amount) return Error(amount.error()).within(points_path);
  const Json plain = to_json(*amount);
  if (has_raw && *found != plain)
    return make_error(ErrorCode::invalid_field, points_path,
                      "is " + points.dump() + ", but the raw amount is " + found->dump(),
                      "two forms of one amount, or only one of them");
  return Result<Json>(boost::system::in_place_value, plain);
}

Result<Json> wire_at(const Json& shown, std::optional<unsigned> scale, const std::string& path);

Result<Json> wire_object(const Json& shown, std::optional<unsigned> scale, const std::string& path) {
  Json out = Json::object();
  for (const auto& [key, value] : shown.items()) {
    if (const auto amount = shown_name(key, scale)) {
      if (value.is_null()) continue;
      auto plain = raw_amount(shown, *amount, key, value, path);
      if (!plain) return plain;
      out[std::string(amount->raw)] = *std::move(plain);
      continue;
    }
    if (names(kTimes, key) && value.is_string() && !is_decimal(value.get_ref<const std::string&>())) {
      auto time = parse_time(value.get_ref<const std::string&>());
      if (!time) return Error(time.error()).within(path_to(path, key));
      out[key] = to_json(*time);
      continue;
    }
    auto inner = wire_at(value, scale, path_to(path, key));
    if (!inner) return inner;
    out[key] = *std::move(inner);
  }
  return Result<Json>(boost::system::in_place_value, std::move(out));
}

Result<Json> wire_at(const Json& shown, std::optional<unsigned> scale, const std::string& path) {
  if (shown.is_object()) return wire_object(shown, scale, path);
  if (!shown.is_array()) return Result<Json>(boost::system::in_place_value, shown);
  Json out = Json::array();
  for (std::size_t i = 0; i < shown.size(); ++i) {
    auto inner = wire_at(shown[i], scale, path + "[" + std::to_string(i) + "]");
    if (!inner) return inner;
    out.push_back(*std::move(inner));
  }
  return Result<Json>(boost::system::in_place_value, std::move(out));
}

Json show_object(const Json& plain, std::optional<unsigned> scale) {
  Json out = Json::object();
  for (const auto& [key, value] : plain.items()) {
    if (names(kTimes, key) && value.is_string()) {
      const auto time = from_json<TimestampMs>(value);
      out[key] = time ? Json(time_text(*time)) : value;
    } else {
      out[key] = people_form(value, scale);
    }
    const bool money = is_money(plain, key);
    if (!value.is_string() || !(money || (scale && is_points(plain, key)))) continue;
    if (const auto amount = from_json<Amount>(value))
      out[key + std::string(money ? kMoney : kPoints)] = format_amount(*amount, money ? kMoneyScale : *scale);
  }
  return out;
}

}  // namespace

std::string time_text(TimestampMs time) {
  auto text = format_time(time);
  const auto back = parse_time(text);
  return back && *back == time ? text : std::to_string(time.value);
}

Json people_form(Json plain, std::optional<unsigned> scale) {
  if (plain.is_object()) return show_object(plain, scale);
  if (plain.is_array())
    for (auto& element : plain) element = people_form(std::move(element), scale);
  return plain;
}

Result<Json> wire_form(const Json& shown, std::optional<unsigned> scale) {
  return wire_at(shown, scale, "");
}

}  // namespace tally::contracts
