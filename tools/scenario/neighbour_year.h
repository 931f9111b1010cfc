// Purpose: the same year in a village of another town, made from a seed: its people hold plots under
// yingshanhong-plots and do duties under yingshanhong-duty; both as transactions to sign and as plain events for an
// independent calculation. For demo and tests.
// Thread rule: plain values; make_neighbour_year is a pure function of its options.
// Times: as in village_year.h, but the drafts of one step do not need each other and may be sent together.
// Case numbers in operations are the scenario's own (case_numbers.h).
// Invariant: every operation succeeds on a chain that starts with genesis_operations() of both villages, except those
// that its draft lists as refused.
#pragma once

#include "scenario/neighbour_event.h"
#include "scenario/village_year.h"

namespace tally::scenario {

inline constexpr const char* kPlots = "yingshanhong-plots";
inline constexpr const char* kDuty = "yingshanhong-duty";
inline constexpr std::size_t kVillagers = 12;  // enough for the eleventh rating of a day

// Posts, in the order of NeighbourYear::officers.
enum class Office : std::size_t { registrar, clerk, leader, inspector, agronomist, endorser, arbiter, keeper };

struct Villager {
  SubjectHandle handle;
  SubjectHandle plot;
  crypto::SecretKey key;
};

// An officer or a villager, whoever signs.
struct Signer {
  std::optional<Office> office;
  std::size_t villager = 0;  // without an office
};

struct NeighbourDraft {
  std::string title;
  Signer author;
  std::vector<std::size_t> villagers;  // who sign as well
  ClientId client_id;
  std::vector<contracts::Operation> operations;
  std::vector<Refused> refused;
};

struct NeighbourStep {
  TimestampMs at;
  std::string title;
  std::vector<NeighbourDraft> drafts;  // none: time passes
};

struct NeighbourYear {
  std::uint64_t seed = 1;
  TimestampMs start;
  contracts::UnitId village;
  std::vector<Officer> officers;
  std::vector<Villager> villagers;
  SubjectHandle field;               // the land that is shared out
  SubjectHandle post;                // where duties are done
  std::vector<NeighbourStep> steps;  // in time
  NeighbourEvents events;
  std::vector<std::uint64_t> listing_cases;  // by listing, the scenario's numbers

  [[nodiscard]] const Officer& officer(Office office) const { return officers[static_cast<std::size_t>(office)]; }
};

NeighbourYear make_neighbour_year(std::uint64_t seed, TimestampMs start);

// The town, the village, its officers and both rulebooks; the county is the first village's.
std::vector<contracts::Operation> genesis_operations(const NeighbourYear& year, std::string plots, std::string duty);

// `operations`: those of the draft with the chain's case numbers.
ledger::SignedTransaction sign(const NeighbourYear& year, const NeighbourDraft& draft,
                               const std::vector<contracts::Operation>& operations, const ChainId& chain,
                               TimestampMs valid_until);

}  // namespace tally::scenario
