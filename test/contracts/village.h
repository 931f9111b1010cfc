// Purpose: a county with two villages, its officers and a few households, on the rule engine alone: the ground on
// which the engine's tests stand. Names of officers say their roles.
#pragma once

#include <catch2/catch.hpp>

#include "contracts/engine.h"
#include "contracts/memory_state.h"
#include "contracts/rulebook.h"

namespace tally::contracts {

inline const UnitId kCounty = "yingshan";
inline const UnitId kTown = "yingshan/qingzhen";
inline const UnitId kLudishao = "yingshan/qingzhen/ludishao";
inline const UnitId kShizui = "yingshan/qingzhen/shizui";

TimestampMs at(std::string_view time);
Digest paper(std::string_view name);  // the digest of a document, by any name
PublicKey key_of(std::string_view name);
PersonId person_of(std::string_view name);
SubjectHandle household(std::string_view name);
std::string source_file(const std::string& path);  // of the repository
std::string qingzhen_text();
std::string text_of_rulebook(const RulebookId& rulebook);  // of those that ship
// The text with its first `from` replaced; fails the test if there is none.
std::string with(std::string text, std::string_view from, std::string_view to);

struct Signers {
  PublicKey author;
  std::vector<PublicKey> others;
};
inline Signers by(std::string_view name) {
  return {key_of(name), {}};
}
inline Signers by(std::string_view name, std::string_view second) {
  return {key_of(name), {key_of(second)}};
}

class Village {
 public:
  // Block time 2026-06-01T08:00Z after a genesis on 2026-01-01. Households "chen" and "li" of Ludishao and "wu" of
  // Shizui have accounts under qingzhen. "chen" can sign with key_of("chen").
  explicit Village(std::string rulebook = qingzhen_text());

  ledger::OperationResult genesis(const Operation& operation);
  // Checks that a refusal wrote nothing.
  ledger::OperationResult run(const Operation& operation, const Signers& signers);
  // Must succeed.
  OperationOutput done(const Operation& operation, const Signers& signers);
  // A rulebook comes into force as the default constitution says: a week later.
  void adopt(const std::string& document);
  // Block time moves, and what falls due happens.
  std::vector<DueEvent> go_to(TimestampMs time);
  std::vector<DueEvent> after_days(std::uint64_t days) { return go_to(now().plus(days * kDayLength)); }

  [[nodiscard]] TimestampMs now() const { return block_.time; }
  [[nodiscard]] AccountRecord account(const SubjectHandle& subject, const RulebookId& rulebook = "qingzhen",
                                      const BookCode& book = "credit") const;
  [[nodiscard]] std::string score(const SubjectHandle& subject) const;  // at scale 1
  [[nodiscard]] std::vector<Entry> entries(const SubjectHandle& subject, const RulebookId& rulebook = "qingzhen",
                                           const BookCode& book = "credit") const;
  [[nodiscard]] CaseRecord case_record(std::uint64_t number) const;

  // An award or deduction that passes: today, with evidence and reason.
  [[nodiscard]] Award award(const RuleCode& rule, const SubjectHandle& subject = household("chen"),
                            std::uint32_t quantity = 1);
  [[nodiscard]] Deduct deduct(const RuleCode& rule, const SubjectHandle& subject = household("chen"),
                              std::uint32_t quantity = 1);

  void add_officer(std::string_view name, const UnitId& unit, std::vector<Role> roles);
  void add_household(std::string_view name, const UnitId& unit, std::optional<PublicKey> key = std::nullopt,
                     std::optional<PersonId> person = std::nullopt);

  static constexpr std::uint64_t kDayLength = 24ULL * 3600 * 1000;
  MemoryState& state() { return state_; }
  RuleEngine& engine() { return engine_; }
  ledger::BlockContext& block() { return block_; }

 private:
  MemoryState state_;
  RuleEngine engine_;
  ledger::BlockContext block_;
  std::uint64_t papers_ = 0;
  std::uint64_t transactions_ = 0;
};

}  // namespace tally::contracts
