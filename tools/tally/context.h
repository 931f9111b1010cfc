// Purpose: what a command works with: settings, streams, and the one way to give results and report failures.
// Thread rule: one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json.h"
#include "tally/settings.h"
#include "tally/table.h"

namespace tally::cli {

// A table of a result, with a heading for people where a result has several.
struct Section {
  std::string heading;
  Table table;
};

// A result in both its forms. `csv` names the section that --output csv prints.
struct Report {
  Json json;
  std::vector<Section> sections;
  std::size_t csv = 0;
};

// Rows of a name and a value.
class Facts {
 public:
  Facts& add(std::string name, std::string value) {
    table_.rows.push_back({std::move(name), std::move(value)});
    return *this;
  }
  [[nodiscard]] const Table& table() const { return table_; }

 private:
  Table table_{{{"", Align::left}, {"", Align::left}}, {}};
};

class Context {
 public:
  Context(const Surroundings& world, Settings settings) : world_(world), settings_(std::move(settings)) {}

  [[nodiscard]] const Surroundings& world() const { return world_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] bool json() const { return settings_.value("output") == "json"; }
  [[nodiscard]] bool csv() const { return settings_.value("output") == "csv"; }

  // The result, on standard output: one JSON document, one CSV table, or tables for people.
  void emit(const Report& report);
  // A result that is text in every format (a document, a script).
  void emit_text(std::string_view text);
  // For people, on standard error; not shown with --output json, whose standard error holds errors only.
  void note(const std::string& text);
  // Always shown, on standard error.
  void warn(const std::string& text);

 private:
  const Surroundings& world_;
  Settings settings_;
};

// "error: what / why / next" for people, or one JSON object.
void print_failure(std::ostream& err, const Failure& failure, bool as_json);

}  // namespace tally::cli
