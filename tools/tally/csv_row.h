// Purpose: one line of CSV as print_csv (table.h) writes it, for rows that are not held in a table.
// Thread rule: plain values.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace tally::cli {

void print_csv_row(std::ostream& out, const std::vector<std::string>& cells);

}  // namespace tally::cli
