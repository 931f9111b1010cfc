// Purpose: makes the store of a stopped node whole again (`tally repair`): damage is found as by scrub, a new store is
// made beside the old one ("db.repairing"), own records go along under consensus rule 10, and the two change places.
// Thread rule: one thread; the node does not run.
// Errors: already_running; not_found (no store, or blocks that nobody has); those of ledger/salvage.h and snapshot.h;
// io_failed. Nothing is changed then, and nothing is left beside the store.
// Invariant: what was in the data directory stays beside it, as "db.damaged-1" and so on. Records that were not whole
// are reported, never dropped in silence.
#pragma once

#include <filesystem>

#include "ledger/salvage.h"
#include "node/config.h"
#include "node/own_records.h"

namespace tally::node {

struct RepairSetup {
  std::filesystem::path data_directory;
  ledger::Genesis genesis;
  std::size_t block_cache_bytes = 32 * limits::kMiB;
  std::optional<PublicKey> self = std::nullopt;          // this node's key, if it is known
  std::unique_ptr<ledger::Executor> executor = nullptr;  // null: the rule engine
};

// What a look at the store finds; reads only.
struct Diagnosis {
  std::vector<ledger::ScrubClass> classes;
  std::uint64_t damaged = 0;  // of all classes
  bool readable = true;       // false: the store does not open, and nothing of it can be read
  bool votes_whole = true;
  bool ledger_whole = true;  // all that the ledger keeps
};
Result<Diagnosis> diagnose(const RepairSetup& setup);

struct RepairRequest {
  std::vector<ledger::BlockDonor*> donors;
  std::filesystem::path snapshot;  // a snapshot's directory to begin with; empty: none
  // Hears what is done, and how far it is of how much (0: not known).
  std::function<void(const char* what, std::uint64_t done, std::uint64_t total)> progress;
};

struct RepairReport {
  ledger::SalvageReport chain;
  bool copied = false;  // the ledger's records were whole and were copied
  OwnRecords own;
  std::uint64_t members = 0;  // of the epoch in which the chain goes on
  Digest state_root;          // at the head
  std::filesystem::path kept;
  std::uint64_t bytes_before = 0;  // of the two stores' files
  std::uint64_t bytes_after = 0;
};
// Required: a diagnosis of this store.
Result<RepairReport> repair(const RepairSetup& setup, const Diagnosis& diagnosis, const RepairRequest& request);

}  // namespace tally::node
