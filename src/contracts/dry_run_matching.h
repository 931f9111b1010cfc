// Purpose: inside a dry run: what an operation did in a history, and which case and which entry of the tried history is
// the one that an operation of the real history is about.
// Thread rule: one thread.
#pragma once

#include <map>

#include "contracts/dry_run.h"

namespace tally::contracts {

// An operation of the chain; in the genesis the transaction's id is zero.
struct OperationRef {
  TransactionId transaction;
  std::uint32_t operation = 0;
  auto operator<=>(const OperationRef&) const = default;
};

struct EntryRef {
  AccountId account;
  std::uint64_t index = 0;
  auto operator<=>(const EntryRef&) const = default;
};

// An entry that was appended to an account.
struct Appended {
  EntryRef at;
  Entry entry;
};

struct Played {
  ledger::OperationResult result;
  std::vector<Appended> appended;

  [[nodiscard]] bool ok() const { return result.code == ErrorCode::ok; }
};

// Passes everything on and notes the entries that are appended.
class NotingState final : public ledger::State {
 public:
  explicit NotingState(ledger::State& state) : state_(state) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override { return state_.get(key); }
  void put(ByteView key, Bytes value) override { state_.put(key, std::move(value)); }
  void erase(ByteView key) override { state_.erase(key); }
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override {
    state_.scan(prefix, visit);
  }
  void append_history(ByteView list, std::uint64_t index, Bytes record) override;
  [[nodiscard]] std::optional<Bytes> history(ByteView list, std::uint64_t index) const override {
    return state_.history(list, index);
  }
  [[nodiscard]] std::vector<Appended> take() { return std::move(appended_); }

 private:
  ledger::State& state_;
  std::vector<Appended> appended_;
};

class Matching {
 public:
  // What became of an operation that stands.
  void real_did(const OperationRef& ref, const Operation& operation, const Played& act, BlockHeight height);
  void tried_did(const OperationRef& ref, const Operation& operation, const Played& act);
  // Its transaction was undone after all.
  void tried_undid(const OperationRef& ref);
  void real_due(const std::vector<Appended>& appended);
  void tried_due(const std::vector<Appended>& appended);

  // The operation as it is to be executed in the tried history.
  struct Match {
    std::optional<Operation> operation;  // absent: what it acts on is not there
    bool unknown = false;                // nor was it in the real history: it is refused as it was
    Fate fate = Fate::refused;
    std::string message;
  };
  // `real`: what it did in the real history. `main_book`: that a Reverse without a book is about.
  [[nodiscard]] Match match(const Operation& operation, const Played& real, const BookCode& main_book) const;

  // The how-manieth case, or obligation, that an operation brought about.
  struct Brought {
    OperationRef by;
    std::uint32_t place = 0;
    auto operator<=>(const Brought&) const = default;
  };
  struct RealCase {
    Brought opened;
    SubjectHandle subject;
    std::string what;  // "its deduction under QZ3", "its workflow duty"
    BlockHeight height;
  };
  // Null: no such case in the real history so far.
  [[nodiscard]] const RealCase* real_case(std::uint64_t number) const;

 private:
  // An entry of the real history comes from an operation, or from a case.
  struct Origin {
    OperationRef operation;
    std::uint64_t case_number = 0;  // 0: of the operation
  };
  struct CaseEntry {
    EntryRef at;
    std::optional<OperationRef> by;
  };
  [[nodiscard]] Match match_case(Operation operation, std::uint64_t number) const;
  [[nodiscard]] Match match_links(OpenCase operation) const;
  [[nodiscard]] Match match_settle(Settle operation) const;
  [[nodiscard]] Match match_reverse(Reverse operation, const Played& real, const BookCode& main_book) const;
  [[nodiscard]] std::optional<EntryRef> tried_entry(const Origin& origin) const;

  std::map<std::uint64_t, RealCase> real_cases_;
  std::map<EntryRef, Origin> real_entries_;
  std::map<Brought, std::uint64_t> tried_cases_;  // by what opened them
  std::map<std::uint64_t, Brought> real_obligations_;
  std::map<Brought, std::uint64_t> tried_obligations_;
  std::map<OperationRef, EntryRef> tried_entries_;
  std::map<std::uint64_t, CaseEntry> tried_case_entries_;
};

}  // namespace tally::contracts
