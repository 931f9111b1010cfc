// Purpose: a sheet of awards and deductions, read whole against a rulebook before anything is sent.
// Columns: subject, rule, event_time are required; quantity, amount, reason, evidence, kind may be left out. The rule
// decides whether a row awards or deducts; a column kind only confirms it. Reasons are digested, never sent. Evidence
// is a digest (64 hexadecimal digits), file:NAME (digested), or the name of a document (digested).
// Thread rule: blocking reads of evidence files; one thread.
#pragma once

#include <functional>

#include "contracts/operations.h"
#include "contracts/rulebook.h"
#include "tally/csv.h"
#include "tally/failure.h"

namespace tally::cli {

struct SheetRow {
  std::size_t row = 0;
  contracts::Operation operation;
  Amount change;  // that the rule asks for, before floor and cap
};

struct Sheet {
  std::vector<SheetRow> rows;
  std::vector<CsvMistake> mistakes;  // by row
  std::vector<std::string> doubts;   // rows that look entered twice
};

// `block_time` bounds event times. `read_file` resolves file:NAME.
Sheet read_sheet(std::string_view text, const contracts::Rulebook& rulebook, TimestampMs block_time,
                 const std::function<Result<std::string>(const std::string& name)>& read_file);

// What is wrong with the sheet, if anything: the first mistakes by row, and how many there are in all.
std::optional<Failure> failure_of(const Sheet& sheet, const std::string& name);

}  // namespace tally::cli
