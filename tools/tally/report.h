// Purpose: the report of an audit: made from a replay, written as text, JSON or one HTML file.
// Thread rule: one thread. Errors: those of the replay; usage (existing files, endings).
// Invariant: a report begins with the verdict, and holds nothing of a block that was not verified.
#pragma once

#include "report/facts.h"
#include "tally/block_source.h"

namespace tally::cli {

enum class ReportForm { text, json, html };
// By the ending: .txt, .json, .html.
Outcome<ReportForm> report_form(const std::string& option, const std::string& file);
std::string report_text(const report::Facts& facts, ReportForm form);

// Replays the source and gathers. A chain that does not hold is no failure here: the facts' verdict says it.
Outcome<report::Facts> gather_report(Context& context, const SourceOptions& source, const std::string& scratch);

void register_report(Program& program);

}  // namespace tally::cli
