// Purpose: chains for tests of reports: what a scenario plays, as a chain file, and what an audit of it gathers.
#pragma once

#include <catch2/catch.hpp>

#include "report/gather.h"

namespace tally::test {

// The bytes of the chain file that the scenario (docs/scenarios.md) plays; the test fails where it does not pass.
// `document`: the rulebook; empty: that of Qingzhen.
std::string played(const std::string& scenario, const std::string& document = {});

// Qingzhen's rulebook with a workflow in which others rate a plot with 1 to 5 stars, once a day.
std::string with_ratings();
// Qingzhen's rulebook with this in place of a rule's English title; as it stands between the quotes of JSON.
std::string with_title(const std::string& title);

// What an audit of the chain file gathers, in memory.
report::Facts facts_of(const std::string& chain);

// The last `count` blocks without their certificates, or, `damaged`, with one bit of a signature flipped.
std::string without_certificates(const std::string& chain, std::uint64_t count, bool damaged);

// As archives hold it: the last block's certificate covers all.
std::string with_last_certificate_only(const std::string& chain);

struct PlacedEntry {
  Bytes key;  // in Column::history
  contracts::AccountId account;
  std::string subject;
  std::uint64_t index = 0;
  contracts::Entry entry;
};

// The state that an audit leaves behind, to be altered and looked at again.
struct Replayed {
  explicit Replayed(const std::string& chain);

  [[nodiscard]] std::vector<PlacedEntry> deduction_entries() const;
  [[nodiscard]] contracts::CaseRecord deduction_case(std::uint64_t number) const;
  // A report of the same chain over the state as it stands now.
  [[nodiscard]] report::Facts look_again() const;

  std::string bytes;
  std::unique_ptr<storage::Store> store;
  TimestampMs last;
};

}  // namespace tally::test
