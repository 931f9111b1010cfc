// Purpose: the small world that a scenario plays in: a chain under test on a test clock, and people with keys made from
// their names. Statements make operations and name who signs; each becomes a signed transaction. What they read is the
// state of the chain as this process executes it; what nodes answer over HTTP is confirmed by a node, if there are any.
// Thread rule: one thread. Deterministic: the same statements give the same transactions, but for the chain's id.
// Errors: Stopped is thrown by everything that a statement may get wrong, and caught where scenarios are run.
#pragma once

#include <functional>

#include "contracts/engine.h"
#include "contracts/queries.h"
#include "rulebook/memory_chain.h"
#include "rulebook/script.h"

namespace tally::rulebook {

// Why a statement ended its scenario.
struct Stopped {
  std::string expected;
  std::string seen;
  std::uint32_t column = 0;          // of the word at fault; 0: the statement as a whole
  const ScriptLine* line = nullptr;  // where it is not the statement that runs: setup shows only at the first `on`
};

// What a scenario has given a name to.
struct Officer {
  contracts::PersonId id;
};
struct Subject {
  SubjectHandle handle;
  contracts::UnitId unit;
  bool has_key = false;
};
using Account = contracts::AccountId;
// What an award, a deduction or a workflow's case was given with `as`.
struct Made {
  std::optional<Account> account;  // none: a workflow's case
  std::optional<std::uint64_t> case_number;
  std::optional<std::uint64_t> entry;  // of a case: only once it has one
};

class World {
 public:
  // `read_file` gives the text of a file in the rulebook's folder.
  using ReadFile = std::function<std::optional<std::string>(const std::string& name)>;
  World(std::string rulebook, contracts::RulebookId id, ReadFile read_file,
        std::unique_ptr<TestChain> chain = make_memory_chain());
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The statement that runs, for messages and for its expected refusal.
  void enter(const ScriptLine& line) { line_ = &line; }

  // Setup: an operation of the genesis.
  void set_up(contracts::Operation operation);
  [[nodiscard]] bool begun() const { return test_chain_->local().begun(); }
  // Begins the chain, or moves its clock; what falls due on the way happens at its time.
  void go_to(TimestampMs time);
  [[nodiscard]] TimestampMs now() const;
  [[nodiscard]] std::optional<TimestampMs> next_due();

  // Signs by WHO, and by every OFFICER where the statement names one, applies, and compares with the expected refusal.
  // What was made is named as the statement says.
  void act(const Match& match, contracts::Operation operation);

  // Names. `define_*` refuse a name that is taken.
  void define_unit(const Word& path);
  [[nodiscard]] contracts::UnitId unit(const Word& word) const;
  const Officer& define_officer(const Word& name);
  [[nodiscard]] const Officer& officer(const Word& name) const;
  const Subject& define_subject(const Word& name, contracts::UnitId unit, bool has_key);
  [[nodiscard]] const Subject& subject(const Word& name) const;
  [[nodiscard]] const Made& made(const Word& name) const;
  [[nodiscard]] std::uint64_t case_number(const Word& name) const;
  // Of an award, or of a deduction that took effect.
  [[nodiscard]] std::uint64_t entry(const Word& name) const;
  [[nodiscard]] std::uint64_t proposal_number(const Word& name) const;
  [[nodiscard]] crypto::SecretKey key_of(const std::string& name) const;
  // Which rulebook the statements are about.
  void use_rulebook(const Word& id);
  [[nodiscard]] const contracts::RulebookId& rulebook_id() const { return rulebook_id_; }
  // Adds the rulebook to those that statements may be about; the document as it is.
  std::string add_rulebook(const Word& file);
  [[nodiscard]] std::string file(const Word& name) const;

  // Reading: whatever is in the state. The rulebook is the version in force now.
  [[nodiscard]] const storage::Reader& reader() const { return test_chain_->local().store(); }
  [[nodiscard]] const contracts::Queries& queries() const { return queries_; }
  [[nodiscard]] contracts::RulebookPtr rulebook() const;

  // Reading what nodes answer over HTTP, too: confirmed by a node, if there are any.
  // In the book of that code; empty: in the main book of the subject's kind.
  [[nodiscard]] contracts::AccountView account(const Word& subject, std::string_view book = {}) const;
  // The same for a statement about SUBJECT that may name a BOOK.
  [[nodiscard]] contracts::AccountView account(const Match& match) const;
  [[nodiscard]] contracts::Entry last_entry(const Account& account) const;
  [[nodiscard]] contracts::CaseView case_view(std::uint64_t number) const;
  [[nodiscard]] std::vector<contracts::BoardRow> notice_board(const contracts::UnitId& unit) const;
  [[nodiscard]] std::vector<contracts::UnderGateRow> under_gate(const contracts::UnitId& unit, const Word& gate) const;
  [[nodiscard]] std::uint32_t version_in_force() const;
  [[nodiscard]] std::vector<contracts::Entry> entries(const Account& account) const;  // oldest first
  [[nodiscard]] Amount points(const Word& word) const;
  [[nodiscard]] std::string points_text(Amount points) const;
  [[nodiscard]] std::string name_of(const SubjectHandle& subject) const;
  // A message of the engine with names in place of ids.
  [[nodiscard]] std::string with_names(std::string message) const;
  // Cases of workflows (world_work.cpp). All rows, however many.
  [[nodiscard]] contracts::WorkView work_view(const Word& name) const;
  [[nodiscard]] std::vector<contracts::ObligationView> obligations(const Word& subject) const;  // oldest first
  [[nodiscard]] std::vector<contracts::NoticeView> notices(const Word& subject) const;
  [[nodiscard]] std::vector<std::uint64_t> queue(const Word& code, const contracts::UnitId& unit) const;
  [[nodiscard]] std::string name_of_case(std::uint64_t number) const;
  void name_case(const Word& name, std::uint64_t number);
  [[nodiscard]] const std::vector<contracts::RulebookId>& rulebooks() const { return rulebooks_; }
  // Every account that was opened, by rulebook, name of the subject, and book.
  [[nodiscard]] std::vector<Account> accounts() const;
  // The account that a statement is about, if it is about one.
  [[nodiscard]] std::optional<Account> account_of(const Match& match) const;
  [[nodiscard]] const ledger::Chain& chain() const { return test_chain_->local().chain(); }
  [[nodiscard]] TestChain& test_chain() const { return *test_chain_; }

  // Ends the statement: nothing was as expected.
  [[noreturn]] static void stop(std::string expected, std::string seen);
  [[noreturn]] static void stop_at(const Word& word, std::string expected, std::string seen);
  // For expectations: stops unless they are equal.
  static void expect_equal(const std::string& wanted, const std::string& seen, const std::string& what);
  template <class T>
  static T must(Result<T> result) {
    if (!result) stop("the ledger to answer", result.error().text());
    return std::move(result).value();
  }

 private:
  void begin(TimestampMs time);
  ledger::OperationResult submit(const contracts::Operation& operation, const std::vector<std::string>& signers);
  void move_clock(TimestampMs time);
  void advance(TimestampMs time);
  // What `read` gives, confirmed. `json` is the form in which nodes answer.
  template <class Read, class ToJson>
  auto asked(const Question& question, const Read& read, const ToJson& json) const -> decltype(read());
  // What was refused as expected gives no output.
  [[nodiscard]] std::optional<contracts::OperationOutput> judge(const ledger::OperationResult& result) const;
  [[nodiscard]] Made made_by_work(const Match& match, const contracts::OperationOutput& output) const;
  void check_free(const Word& name) const;
  void check_signer(const Word& name) const;

  ReadFile read_file_;
  std::unique_ptr<TestChain> test_chain_;
  contracts::Queries queries_;
  std::vector<Bytes> genesis_;
  std::vector<const ScriptLine*> genesis_lines_;  // which statement each operation of the genesis is from
  contracts::RulebookId rulebook_id_;
  std::vector<contracts::RulebookId> rulebooks_;
  std::map<std::string, contracts::UnitId, std::less<>> units_;
  std::map<std::string, Officer, std::less<>> officers_;
  std::map<std::string, Subject, std::less<>> subjects_;
  std::map<std::string, Made, std::less<>> made_;
  std::map<std::string, std::uint64_t, std::less<>> proposals_;
  mutable std::map<std::string, crypto::SecretKey, std::less<>> keys_;
  std::uint64_t transactions_ = 0;
  const ScriptLine* line_ = nullptr;
};

}  // namespace tally::rulebook
