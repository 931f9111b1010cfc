#include "contracts/unit.h"

namespace tally::contracts {

std::string excerpt(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  // Bytes 10xxxxxx continue a character.
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes)) + "...";
}

bool is_slug(std::string_view text) {
  if (text.empty() || text.size() > kSegmentCharactersMax) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Status check_unit(const UnitId& unit) {
  const auto refuse = [&] {
    return make_error(ErrorCode::invalid_field, "unit", "is \"" + excerpt(unit, 80) + "\"",
                      "1 to " + std::to_string(kUnitSegmentsMax) + " segments of 1 to " +
                          std::to_string(kSegmentCharactersMax) +
                          " characters out of a-z, 0-9 and -, joined by /, such as yingshan/qingzhen");
  };
  std::size_t segments = 0;
  std::string_view rest = unit;
  while (true) {
    const auto slash = rest.find('/');
    if (++segments > kUnitSegmentsMax || !is_slug(rest.substr(0, slash))) return refuse();
    if (slash == rest.npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

bool in_unit(const UnitId& unit, const UnitId& officer_unit) {
  if (!unit.starts_with(officer_unit)) return false;
  return unit.size() == officer_unit.size() || unit[officer_unit.size()] == '/';
}

UnitId parent_of(const UnitId& unit) {
  const auto slash = unit.rfind('/');
  return slash == unit.npos ? UnitId{} : unit.substr(0, slash);
}

}  // namespace tally::contracts
