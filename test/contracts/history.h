// Purpose: random histories on a real chain in memory: a rulebook with everything that moves a score (floors, caps,
// deductions that expire, periods, points that lapse and are spent), people who use it at random, one transaction a
// block. Everything is made from a seed.
#pragma once

#include <random>

#include "contracts/dry_run.h"
#include "contracts/village.h"
#include "ledger/chain.h"

namespace tally::contracts {

// Version 1. Books of persons: "score" from 0 to 40, starting at 20; "season", back to its start with each month;
// "coins", which lapse. With `with()` a test makes other versions of it.
std::string tiny_rulebook();
// The same as a later version, in force from a time on.
std::string later_version(std::string document, std::uint32_t version, TimestampMs effective);

// With another floor and cap of the first book.
std::string with_bounds(std::string document, const std::string& floor, const std::string& cap);

inline const char* const kPeople[] = {"hua", "ming", "bo"};  // hua has a key
inline const char* const kTinyBooks[] = {"score", "season", "coins"};

class History {
 public:
  explicit History(const std::string& rulebook = tiny_rulebook(), std::uint64_t seed = 1);

  // One transaction, in a block of its own.
  ledger::Receipt run(const std::vector<Operation>& operations, const Signers& signers,
                      ledger::Mode mode = ledger::Mode::all_or_nothing);
  // Must succeed.
  OperationOutput done(const Operation& operation, const Signers& signers);
  // Two governors bring a rulebook into force; whether they could.
  bool adopted(const std::string& document);
  ledger::OperationResult refused(const Operation& operation, const Signers& signers);
  // The last transaction once more, as it was signed.
  ledger::Receipt repeat();
  void pass(std::uint64_t ms);
  void pass_days(std::uint64_t days) { pass(days * Village::kDayLength); }

  // One random act; refusals are part of the game.
  void act() { act(true); }
  void act_without_deployments() { act(false); }

  [[nodiscard]] TimestampMs now() const { return now_; }  // of the next block
  [[nodiscard]] TimestampMs head_time() const { return chain_->head().header.time; }
  [[nodiscard]] const storage::Store& store() const { return *store_; }
  [[nodiscard]] AccountRecord account(std::string_view name, const BookCode& book = "score") const;
  [[nodiscard]] std::string points(std::string_view name, const BookCode& book = "score") const;
  [[nodiscard]] Entry entry(std::string_view name, std::uint64_t index, const BookCode& book = "score") const;

  // Today, with evidence and reason.
  [[nodiscard]] Award award(const RuleCode& rule, std::string_view name, std::uint32_t quantity = 1);
  [[nodiscard]] Deduct deduct(const RuleCode& rule, std::string_view name, std::string_view points = {});

  // Replays everything so far with a proposal.
  [[nodiscard]] Result<DryRunReport> dry_run(const std::string& proposal, TimestampMs since) const;
  // The same acts from the beginning under another version 1.
  [[nodiscard]] std::unique_ptr<History> again_under(const std::string& rulebook) const;

  std::mt19937_64 random;

 private:
  std::size_t pick(std::size_t bound) { return static_cast<std::size_t>(random() % bound); }
  void act(bool deploys);
  void act_on_case();
  void act_on_entry(std::string_view name);
  void deploy_next();
  ledger::AppliedBlock apply(const ledger::Batch* batch);

  std::string rulebook_;
  ledger::Genesis genesis_;
  std::unique_ptr<storage::Store> store_;
  RuleEngine engine_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<ledger::Chain> chain_;
  std::vector<std::pair<ledger::BlockHeader, std::optional<ledger::Batch>>> blocks_;
  TimestampMs now_;
  std::uint64_t papers_ = 0;
  std::uint64_t transactions_ = 0;
  std::uint64_t cases_ = 0;
  std::uint32_t version_ = 1;
};

}  // namespace tally::contracts
