#include "tally/context.h"

#include <ostream>
#include <stdexcept>

namespace tally::cli {

void throw_exception_from_error(const Failure& failure, const boost::source_location& where) {
  throw std::logic_error("value taken of a failure at " + where.to_string() + ": " + failure.what);
}

void Context::emit(const Report& report) {
  std::ostream& out = *world_.out;
  if (json()) {
    out << report.json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return;
  }
  if (csv()) {
    if (report.csv >= report.sections.size()) return;
    Table table = report.sections[report.csv].table;
    // Facts have no titles on screen, but a CSV file always has its header row.
    if (table.columns.size() == 2 && table.columns[0].title.empty()) {
      table.columns[0].title = "name";
      table.columns[1].title = "value";
    }
    print_csv(out, table);
    return;
  }
  bool first = true;
  for (const Section& section : report.sections) {
    if (!first) out << '\n';
    first = false;
    if (!section.heading.empty()) out << section.heading << '\n';
    print_table(out, section.table);
  }
}

void Context::emit_text(std::string_view text) {
  *world_.out << text;
  if (!text.ends_with('\n')) *world_.out << '\n';
}

void Context::note(const std::string& text) {
  if (!json()) *world_.err << text << '\n' << std::flush;
}

void Context::warn(const std::string& text) {
  if (json())
    *world_.err << Json{{"warning", text}}.dump() << '\n' << std::flush;
  else
    *world_.err << "warning: " << text << '\n' << std::flush;
}

void print_failure(std::ostream& err, const Failure& failure, bool as_json) {
  if (as_json) {
    Json error = {{"code", name_of(failure.code)}, {"exit", static_cast<int>(failure.exit)},
                  {"what", failure.what},          {"why", failure.why},
                  {"expected", failure.expected},  {"next", failure.next},
                  {"details", failure.details}};
    err << Json{{"error", std::move(error)}}.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return;
  }
  err << "error: " << printable(failure.what) << " [" << name_of(failure.code) << "]\n";
  for (const auto& detail : failure.details) err << "  " << printable(detail) << '\n';
  if (!failure.why.empty()) err << "  why: " << printable(failure.why) << '\n';
  if (!failure.expected.empty()) err << "  expected: " << printable(failure.expected) << '\n';
  if (!failure.next.empty()) err << "  next: " << printable(failure.next) << '\n';
}

}  // namespace tally::cli
