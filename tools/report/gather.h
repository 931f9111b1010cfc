// Purpose: gathers, while a chain is replayed, what a report tells. Memory grows with officers, rules, gates and days,
// not with entries: those are read from the state at the end, once through.
// Thread rule: one thread. Errors: storage_failed, internal (a record of the store does not decode).
// Invariant: the same blocks give the same facts.
#pragma once

#include <map>
#include <set>

#include "contracts/queries.h"
#include "report/facts.h"

namespace tally::report {

struct OfficerTally {
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;
  std::uint64_t awards = 0;
  std::uint64_t deductions = 0;
  Amount awarded;
  std::uint64_t night = 0;
  std::vector<std::uint64_t> hours = std::vector<std::uint64_t>(24);
};

class Gatherer {
 public:
  Gatherer();

  void begin(const ledger::Genesis& genesis);
  // Blocks in order; `state` as it is after the block.
  Status observe(const ledger::AuditedBlock& block, const storage::Reader& state);
  // After the last.
  Result<Facts> finish(const storage::Reader& state, const ledger::AuditVerdict& verdict);

 private:
  struct At {  // an operation and where it stands
    const ledger::BlockHeader& header;
    const ledger::SignedTransaction& transaction;
    const TransactionId& id;
    const contracts::Operation& operation;
    const ledger::OperationResult& result;
    const storage::Reader& state;
    std::string who;
  };
  struct Asked {
    GateLine line;
    std::set<std::string> askers;
  };

  Status one_transaction(const ledger::BlockHeader& header, const ledger::SignedTransaction& transaction,
                         const ledger::Receipt& receipt, const storage::Reader& state);
  Status count(const At& at, Activity& day);
  Status watch_case(const At& at);
  void refused(const At& at);
  Status consulted(const At& at);
  Result<std::string> person_of(const storage::Reader& state, const PublicKey& key);
  void list(std::size_t which, Finding finding);

  // At the end (gather_end.cpp).
  Status read_accounts(const storage::Reader& state);
  Status read_entries(const storage::Reader& state, const contracts::AccountId& account, bool second);
  Status one_entry(const contracts::AccountId& account, const contracts::Entry& entry,
                   const contracts::Rulebook& rules);
  void count_evidence(const contracts::Entry& entry, const contracts::AccountId& account, bool second);
  void keep_large(const contracts::AccountId& account, const contracts::Entry& entry, const std::string& points);
  Status read_cases(const storage::Reader& state);
  Status fill_officers(const storage::Reader& state);
  void fill_tables();
  void judge_officers();

  Facts facts_;
  TimestampMs last_;
  contracts::Queries queries_;
  std::map<std::string, Activity> days_;
  std::map<std::pair<std::string, std::string>, RuleLine> rules_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> pairs_;
  std::map<std::pair<std::string, std::string>, Asked> gates_;
  std::map<std::string, OfficerTally> officers_;
  std::map<std::uint32_t, ReplicaLine> replicas_;
  std::map<PublicKey, std::string> people_;
  std::map<std::uint64_t, TimestampMs> windows_;  // of endorsed cases: when they close
  std::vector<std::uint32_t> evidence_seen_;      // by hash: an upper bound of each document's uses
  struct Reuse {
    std::uint64_t uses = 0;
    Finding first;
  };
  std::map<Digest, Reuse> reused_;
  std::multimap<std::uint64_t, Finding> large_;  // by size
};

}  // namespace tally::report
