// Purpose: a year in a village, made from a seed: households, officers with keys, and what happens month by month,
// both as transactions to sign and as plain events for an independent calculation. For demo, bench and tests.
// Thread rule: plain values; make_village_year is a pure function of its options.
// Times: each step says from when its transactions may run. On a test clock the driver advances the clock to
// Step::at, waits until that is final, and submits the drafts in order, each after the one before: case numbers and
// entry indexes in later operations follow from that order.
// Invariant: every operation succeeds on a chain that starts with genesis_operations(), except those that its draft
// lists as refused.
#pragma once

#include "contracts/operations.h"
#include "crypto/signature.h"
#include "ledger/transaction.h"
#include "scenario/plain_event.h"

namespace tally::scenario {

struct Options {
  std::uint64_t seed = 1;
  std::size_t households = 753;      // of Ludishao
  std::size_t household_keys = 12;   // the first so many can sign for themselves; locked memory is scarce
  TimestampMs start{1767225600000};  // 2026-01-01T00:00Z: a first of January
};

struct Officer {
  std::string name;  // of the post: "recorder"
  contracts::PersonId person;
  crypto::SecretKey key;
  contracts::UnitId unit;
  std::vector<contracts::Role> roles;
};

// Posts, in the order of VillageYear::officers.
enum class Post : std::size_t {
  governor,
  second_governor,
  county_registrar,
  registrar,
  recorder,
  second_recorder,
  endorser,
  arbiter,
  bank_officer,
  auditor,
  clock
};

struct Household {
  SubjectHandle handle;
  Digest commitment;
  std::optional<crypto::SecretKey> key;
};

struct Refused {
  std::size_t operation = 0;
  ErrorCode code = ErrorCode::ok;
};

// A transaction before it is signed for a chain.
struct Draft {
  std::string title;
  Post author = Post::recorder;
  std::optional<std::size_t> household;  // signs instead of an officer
  std::vector<Post> co_signers;
  ledger::Mode mode = ledger::Mode::all_or_nothing;
  ClientId client_id;
  std::vector<contracts::Operation> operations;
  std::vector<Refused> refused;  // which operations must fail, and how
};

struct Step {
  TimestampMs at;
  std::string title;
  std::vector<Draft> drafts;
};

struct VillageYear {
  Options options;
  contracts::UnitId village;
  std::vector<Officer> officers;
  std::vector<Household> households;
  std::vector<Step> steps;  // in time
  std::vector<PlainEvent> events;

  [[nodiscard]] const Officer& officer(Post post) const { return officers[static_cast<std::size_t>(post)]; }
};

VillageYear make_village_year(const Options& options);

// Units, officers and the rulebook; with households, also their subjects and accounts.
std::vector<contracts::Operation> genesis_operations(const VillageYear& year, std::string rulebook,
                                                     bool with_households);
// The households' subjects and accounts as the registrar's sheets, for a genesis without them.
std::vector<Draft> registration_drafts(const VillageYear& year);

// The clock officer's transaction that takes a test clock to `to`.
Draft clock_draft(const VillageYear& year, TimestampMs to);

// A sheet of season-contract awards, each with its own evidence, over the households in turn: load for the bench.
// Sheets with different numbers never collide.
Draft award_sheet(const VillageYear& year, std::uint64_t number, std::size_t operations, TimestampMs event_time);

// `valid_until` is the caller's, because it hangs on block time.
ledger::SignedTransaction sign(const VillageYear& year, const Draft& draft, const ChainId& chain,
                               TimestampMs valid_until);

}  // namespace tally::scenario
