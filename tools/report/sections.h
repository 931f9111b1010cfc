// Purpose: inside the report library: the facts as titled tables, from which text and page are made; the plots.
// Thread rule: pure functions.
#pragma once

#include "report/facts.h"

namespace tally::report {

struct Section {
  std::string id;  // of its place in the page
  std::string title;
  std::string note;  // what the table shows, with units and bounds
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::uint64_t left_out = 0;
};

// "The chain holds until height 12" or that it does not: the first thing that a reader must know.
std::string headline(const Facts& facts);
// Of a chain that does not hold: what is wrong where, and what the figures cover. Empty otherwise.
std::string failure_words(const Facts& facts);
// What two people compare who audited the same chain.
Section identity_section(const Facts& facts);
Section checked_section(const Facts& facts);
// How much is on each list; as many rows as facts.lists.
Section overview_section(const Facts& facts);
// Activity, rules, pairs, gates: those with a plot; in this order.
std::vector<Section> plotted_sections(const Facts& facts);
std::vector<Section> list_sections(const Facts& facts);
// Deductions' course, officers, validators.
std::vector<Section> further_sections(const Facts& facts);

// The title of something in both languages.
std::string both_words(const std::string& zh, const std::string& en);

// plots.cpp: inline SVG with title and description; empty if there is nothing to draw.
std::string activity_plot(const Facts& facts);
std::string rules_plot(const Facts& facts);
std::string pairs_plot(const Facts& facts);
std::string gates_plot(const Facts& facts);

}  // namespace tally::report
