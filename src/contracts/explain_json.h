// Purpose: explanations, dry runs, and what a subject sees of itself, as JSON for the API and the CLI. Times and
// amounts are as people_json.h says. Thread rule: pure functions. Errors: strict; each names the field's path. Included
// by edges only (API, CLI), because nlohmann-json is dear to compile.
#pragma once

#include "contracts/dry_run.h"
#include "contracts/explain.h"
#include "contracts/people_json.h"
#include "contracts/subject_queries.h"

namespace tally::contracts {

Json explanation_json(const Explanation& explanation);
Result<Explanation> explanation_from_json(const Json& json);
Json dry_run_json(const DryRunReport& report);

Json consent_json(const ConsentView& view);
Json standing_json(const StandingView& view);
Json sum_json(const SumView& view, unsigned scale);
Json consultation_json(const ConsultationView& view);

}  // namespace tally::contracts
