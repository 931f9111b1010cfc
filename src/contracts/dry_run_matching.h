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

// Where something of a history comes from: the operation, or the n-th time that block time moved a case, and which of
// what that brought it is. The same in both histories, whatever numbers they give.
using Source = std::string;

// What one history numbered, by its sources.
class Numbered {
 public:
  void did(const OperationRef& ref, const Operation& operation, const Played& act);
  // Its transaction was undone after all.
  void undid(const OperationRef& ref);
  void due(const std::vector<DueEvent>& events, const std::vector<Appended>& appended);

  [[nodiscard]] std::optional<Source> source_of(char kind, std::uint64_t number) const;
  [[nodiscard]] std::optional<std::uint64_t> number_of(const Source& source) const;
  [[nodiscard]] std::optional<Source> source_of_entry(const EntryRef& entry) const;
  [[nodiscard]] std::optional<EntryRef> entry_of(const Source& source) const;

 private:
  // What one operation, or one moment of block time, brought.
  struct From {
    Source source;
    const OperationRef* by = nullptr;  // null: block time
    std::map<Source, std::uint32_t> seen;
  };
  Source next(From& from, const std::string& what);
  void add(From& from, char kind, const std::string& what, std::uint64_t number);
  void add_consequences(From& from, const std::vector<Consequence>& consequences);
  void add_entry(From& from, const Appended& appended);

  std::map<std::pair<char, std::uint64_t>, Source> sources_;  // of cases, obligations, proposals
  std::map<Source, std::uint64_t> numbers_;
  std::map<EntryRef, Source> entry_sources_;
  std::map<Source, EntryRef> entries_;
  std::map<std::uint64_t, std::uint32_t> moved_;  // how often block time moved a case
  std::map<OperationRef, std::vector<Source>> brought_;
};

class Matching {
 public:
  void real_did(const OperationRef& ref, const Operation& operation, const Played& act, BlockHeight height);
  void tried_did(const OperationRef& ref, const Operation& operation, const Played& act) {
    tried_.did(ref, operation, act);
  }
  void tried_undid(const OperationRef& ref) { tried_.undid(ref); }
  void real_due(const std::vector<DueEvent>& events, const std::vector<Appended>& appended, BlockHeight height);
  void tried_due(const std::vector<DueEvent>& events, const std::vector<Appended>& appended) {
    tried_.due(events, appended);
  }

  // The operation as it is to be executed in the tried history.
  struct Match {
    std::optional<Operation> operation;  // absent: what it acts on is not there
    bool unknown = false;                // nor was it in the real history: it is refused as it was
    Fate fate = Fate::refused;
    std::string message;
  };
  // `real`: what it did in the real history. `main_book`: that a Reverse without a book is about.
  [[nodiscard]] Match match(const Operation& operation, const Played& real, const BookCode& main_book) const;

  struct RealCase {
    SubjectHandle subject;
    std::string what;  // "its deduction under QZ3", "its workflow duty"
    BlockHeight height;
  };
  // Null: no such case in the real history so far.
  [[nodiscard]] const RealCase* real_case(std::uint64_t number) const;

 private:
  // What has the real number in the tried history, into `number`.
  void match_number(Match& out, char kind, std::uint64_t& number) const;
  [[nodiscard]] Match match_reverse(Reverse operation, const Played& real, const BookCode& main_book) const;
  void note_case(const Consequence& consequence, BlockHeight height);

  Numbered real_;
  Numbered tried_;
  std::map<std::uint64_t, RealCase> real_cases_;
};

}  // namespace tally::contracts
