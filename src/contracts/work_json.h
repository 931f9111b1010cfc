// Purpose: what people see of workflows as JSON for the API and the CLI, in the form of people_json.h.
// Thread rule: pure functions.
// Included by edges only (API, CLI), because nlohmann-json is dear to compile.
#pragma once

#include "contracts/people_json.h"
#include "contracts/work_views.h"

namespace tally::contracts {

Json work_json(const WorkView& view);
Json work_row_json(const WorkRow& row);
Json act_page_json(const ActPage& page);
Json obligation_json(const ObligationView& view);
Json notice_json(const NoticeView& view);

}  // namespace tally::contracts
