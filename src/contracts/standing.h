// Purpose: lists that a subject stands on and suspensions that it is under: each for a term, each with its grounds, so
// that what takes an entry back takes back what the entry brought.
// Thread rule: the executing thread only.
// Invariants: a record has at least one ground; one timer runs for it, at the last term of its grounds.
#pragma once

#include "contracts/accounts.h"

namespace tally::contracts {

// Why, since when and until when: an entry of an account.
struct Ground {
  BookCode book;
  std::uint64_t entry = 0;
  TimestampMs since;
  TimestampMs until;
  bool operator==(const Ground&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ground, (), (book, entry, since, until))

struct StandingRecord {
  std::vector<Ground> grounds;
  bool operator==(const StandingRecord&) const = default;

  [[nodiscard]] TimestampMs until() const;
};
BOOST_DESCRIBE_STRUCT(StandingRecord, (), (grounds))

inline constexpr std::size_t kGroundsMax = 64;  // the one that ends first gives way to a further one

// A list and a suspension of one rulebook have different codes.
Bytes standing_key(const RulebookId& rulebook, const SubjectHandle& subject, std::string_view code);
// Who stands on a list or under a suspension, by unit: rulebook and code, unit, subject.
Bytes standing_index_prefix(const RulebookId& rulebook, std::string_view code, const UnitId& unit);
Bytes standing_index_below(const RulebookId& rulebook, std::string_view code, const UnitId& unit);

std::optional<StandingRecord> standing_of(const ledger::State& state, const RulebookId& rulebook,
                                          const SubjectHandle& subject, std::string_view code);

struct StandingAt {
  ledger::State& state;
  const RulebookId& rulebook;
  const SubjectHandle& subject;
  const UnitId& unit;
};
void add_ground(const StandingAt& at, std::string_view code, const Ground& ground);
// Ends it, whatever the grounds were.
void end_standing(const StandingAt& at, std::string_view code);
// The entry was taken back: what rested on it alone ends.
void remove_grounds(const StandingAt& at, const Rulebook& rulebook, std::string_view book, std::uint64_t entry);

struct StandingId {
  RulebookId rulebook;
  SubjectHandle subject;
  std::string code;
};
BOOST_DESCRIBE_STRUCT(StandingId, (), (rulebook, subject, code))
// The last term is over.
DueEvent end_term(ledger::State& state, const StandingId& id);

}  // namespace tally::contracts
