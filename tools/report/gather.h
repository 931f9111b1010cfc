// Purpose: gathers, while a chain is audited, what a report tells. Operations are counted as they come; entries, cases
// and marks are read once through at the end, from the state as it was after the last block that was observed.
// Thread rule: one thread. Errors: storage_failed; internal (a record of the store does not decode).
// Memory: grows with officers, rules, gates, days (to a bound) and raters, not with blocks, operations, entries or
// cases. Invariant: the same blocks give the same facts.
#pragma once

#include <map>
#include <set>

#include "contracts/queries.h"
#include "contracts/work_records.h"
#include "report/facts.h"

namespace tally::report {

// In the order in which a report has them.
enum class List : std::size_t { single_signer, same_person, no_evidence, late_objection, past_term, officer, rater };
inline constexpr std::size_t kLists = 7;
std::vector<FindingList> empty_lists();

struct OfficerTally {
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;
  std::uint64_t night = 0;
  std::uint64_t awards = 0;
  std::uint64_t deductions = 0;
  std::uint64_t chosen = 0;
  std::uint64_t at_limit = 0;
  std::uint64_t endorsed = 0;
  std::uint64_t most_by_one = 0;  // of endorsed, by one person
  std::vector<std::uint64_t> hours = std::vector<std::uint64_t>(24);
};

// What somebody gave in one list of numbers of a workflow.
struct Marks {
  std::uint64_t count = 0;
  std::uint64_t permilles = 0;  // sum, of the range that the field allows; no range: 0
  std::int64_t first = 0;
  bool same = true;
};
struct MarksOf {
  std::string rulebook;
  std::string workflow;
  std::string field;
  auto operator<=>(const MarksOf&) const = default;
};
struct Rated {
  std::string title;
  std::string range;  // "1 to 5"; empty: none
  std::int64_t first = 0;
  bool differ = false;  // the marks of all, among themselves
  std::map<std::string, Marks> raters;
};

class Gatherer {
 public:
  Gatherer() { facts_.lists = empty_lists(); }

  // Blocks in order; `store` holds the state after the block.
  Status observe(const ledger::AuditedBlock& block, const storage::Store& store);
  // After the last.
  Result<Facts> finish(const ledger::AuditVerdict& verdict);

 private:
  struct At {  // an operation and where it stands
    const ledger::BlockHeader& header;
    const ledger::SignedTransaction& transaction;
    const TransactionId& id;
    const contracts::Operation& operation;
    const ledger::OperationResult& result;
  };
  struct Asked {
    GateLine line;
    std::set<contracts::PersonId> askers;
  };

  // gather.cpp: as blocks come.
  Status one_transaction(const ledger::BlockHeader& header, const ledger::SignedTransaction& transaction,
                         const ledger::Receipt& receipt);
  Status count(const At& at, const std::optional<contracts::PersonId>& person, Activity& day);
  Status refused(const At& at);
  Status late_objection(const At& at, const contracts::Object& operation);
  Status consulted(const At& at, const std::optional<contracts::PersonId>& person);
  Result<std::optional<contracts::PersonId>> person_of(const PublicKey& key);
  Result<std::string> signer_of(const PublicKey& key);
  Result<Finding> finding_at(const At& at);
  Activity& day_of(TimestampMs time);
  void list(List which, Finding finding);
  [[nodiscard]] const storage::Reader& state() const { return *state_; }
  Result<contracts::RulebookPtr> rulebook(const contracts::RulebookId& id, std::uint32_t version);

  // gather_state.cpp: at the end.
  Status read_state();
  Status read_entries();
  Status one_entry(const contracts::AccountId& account, std::uint64_t index, const contracts::Entry& entry);
  Status past_term(const contracts::AccountId& account, std::uint64_t index, const contracts::Entry& entry,
                   const contracts::Rule& rule);
  Status read_cases();
  Status one_case(std::uint64_t number, const contracts::CaseRecord& record);
  Status read_marks(std::uint64_t number, const contracts::WorkRecord& record);
  void proposed(const contracts::PersonId& proposer, const contracts::Rule* rule, std::uint32_t quantity, Amount asked,
                std::uint64_t OfficerTally::*what);
  void endorsed(const contracts::PersonId& proposer, const std::optional<contracts::PersonId>& endorser);

  // conclude.cpp: tables and judgements.
  void fill_activity();
  void fill_tables();
  Status fill_officers();
  Status fill_posts();
  Result<std::string> post_of(const std::string& person);
  void judge_officers();
  void judge_raters();
  void judge_marks(const MarksOf& of, const Rated& rated);

  Facts facts_;
  TimestampMs last_;
  std::shared_ptr<const storage::Reader> state_;  // after the last block observed
  contracts::Queries queries_;
  bool months_ = false;  // days_ holds months: there were too many days
  std::map<std::string, Activity> days_;
  std::map<std::pair<std::string, std::string>, RuleLine> rules_;
  std::map<std::pair<contracts::PersonId, contracts::PersonId>, std::uint64_t> pairs_;
  std::map<std::pair<std::string, std::string>, Asked> gates_;
  std::map<contracts::PersonId, OfficerTally> officers_;
  std::map<std::uint32_t, ReplicaLine> replicas_;
  std::map<MarksOf, Rated> marks_;
  std::map<PublicKey, contracts::PersonId> people_;
  std::map<std::pair<contracts::RulebookId, std::uint32_t>, contracts::RulebookPtr> rulebooks_;
};

}  // namespace tally::report
