// Purpose: inside the report library: the facts as titled tables, from which text and page are made.
// Thread rule: pure functions.
#pragma once

#include "report/facts.h"

namespace tally::report {

struct Section {
  std::string title;
  std::string note;  // what the table shows, with units and bounds
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::uint64_t left_out = 0;
};

// "The chain holds until height 12" or that it does not: the first thing that a reader must know.
std::string headline(const Facts& facts);
Section verdict_section(const Facts& facts);
// All but the verdict.
std::vector<Section> sections_of(const Facts& facts);

// The title of a rule in both languages.
std::string rule_words(const RuleLine& line);

// plots.cpp: inline SVG with title and description; empty if there is nothing to draw.
std::string activity_plot(const Facts& facts);
std::string rules_plot(const Facts& facts);
std::string pairs_plot(const Facts& facts);
std::string gates_plot(const Facts& facts);

// Text for HTML and for attributes: nothing in it is markup any more.
std::string escaped(std::string_view text);
// At most so many characters (not bytes), with "…" where it was cut.
std::string shortened(std::string_view text, std::size_t characters);

}  // namespace tally::report
