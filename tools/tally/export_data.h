// Purpose: tally export of accounts, entries, cases and gates: CSV or newline JSON of a chain that was replayed and
// holds. The state lies in a scratch store on disk while it is made, so that memory does not grow with the chain.
// Thread rule: one thread. Errors: usage (existing files, endings, options that do not fit); those of the replay.
// Invariant: a file appears whole or not at all, and never takes the place of another.
#pragma once

#include "tally/block_source.h"

namespace tally::cli {

struct DataExport {
  std::string accounts;
  std::string entries;
  std::string cases;
  std::string gates;
  std::string rulebook;
  std::string unit;
  std::string since;
  std::string until;
  SourceOptions source;

  [[nodiscard]] bool wanted() const {
    return !accounts.empty() || !entries.empty() || !cases.empty() || !gates.empty();
  }
};
// All but --progress.
void add_data_export_options(Command& command, DataExport& options);

// If none is wanted: checks only that no option for them was given.
Outcome<void> export_data(Context& context, const DataExport& options);

}  // namespace tally::cli
