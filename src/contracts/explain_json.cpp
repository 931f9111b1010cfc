#include "contracts/explain_json.h"

namespace tally::contracts {

Json explanation_json(const Explanation& explanation) {
  return people_form(to_json(explanation), explanation.scale);
}

Result<Explanation> explanation_from_json(const Json& json) {
  std::optional<unsigned> scale;
  if (json.is_object() && json.contains("scale"))
    if (const auto number = from_json<std::uint32_t>(json["scale"]); number && *number <= kScaleMax) scale = *number;
  const auto plain = wire_form(json, scale);
  if (!plain) return plain.error();
  return from_json<Explanation>(*plain);
}

Json dry_run_json(const DryRunReport& report) {
  return people_form(to_json(report), report.scale);
}

Json consent_json(const ConsentView& view) {
  return people_form(to_json(view), std::nullopt);
}
Json standing_json(const StandingView& view) {
  return people_form(to_json(view), std::nullopt);
}
Json sum_json(const SumView& view, unsigned scale) {
  return people_form(to_json(view), scale);
}
Json consultation_json(const ConsultationView& view) {
  return people_form(to_json(view), std::nullopt);
}

}  // namespace tally::contracts
