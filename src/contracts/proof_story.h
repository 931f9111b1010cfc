// Purpose: what a proof of state proves, in the rule engine's words: an account with its last entries, or a gate's
// decision. The maker says which pairs of the state answer the question; the reader works the answer out from those
// pairs alone, which ledger::verify_proof has found to be true.
// Thread rule: pure functions.
// Errors: not_registered, rule_unknown (no such gate), invalid_field (pairs that are missing or stand for something
// else), not_found (the rulebook's text is not at hand; the message names its digest), expression_failed.
// Invariant: maker and reader judge a gate with the same code over the same keys; a key that the judgement reads and
// the proof lacks ends it.
#pragma once

#include <map>
#include <variant>

#include "contracts/queries.h"
#include "ledger/proof_maker.h"

namespace tally::contracts {

struct AccountQuestion {
  static constexpr std::string_view kName = "account";
  AccountId account;
  bool operator==(const AccountQuestion&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccountQuestion, (), (account))

struct GateQuestion {
  static constexpr std::string_view kName = "gate";
  AccountId account;
  std::string gate;
  bool operator==(const GateQuestion&) const = default;
};
BOOST_DESCRIBE_STRUCT(GateQuestion, (), (account, gate))

using ProofQuestion = std::variant<AccountQuestion, GateQuestion>;

// Rulebooks by the digest of their document. Null: the text is not at hand.
using RulebookByDigest = std::function<RulebookPtr(const Digest& document)>;

// Texts that a verifier has: those that the genesis deploys, and whatever else it is given.
class RulebookTexts {
 public:
  explicit RulebookTexts(const ledger::Genesis& genesis);
  // Errors: the first mistake of the document.
  Status add(std::string_view document);
  [[nodiscard]] RulebookPtr find(const Digest& document) const;

 private:
  std::map<Digest, RulebookPtr> compiled_;
};

ledger::StateWanted account_wanted(const AccountId& account, const std::optional<ledger::HistoryWanted>& history);
// Judges the gate once to learn what it reads.
Result<ledger::StateWanted> gate_wanted(const Queries& queries, const storage::Reader& reader, const AccountId& account,
                                        const std::string& gate, TimestampMs now);

struct ProvenEntry {
  std::uint64_t index = 0;
  Entry entry;
  Title rule_title;  // empty where the text of its version is not at hand
};
BOOST_DESCRIBE_STRUCT(ProvenEntry, (), (index, entry, rule_title))

struct ProvenGate {
  std::string code;
  Title title;
  bool passes = false;
  bool passes_after_pending = false;
  std::vector<Title> reasons;
  std::optional<Amount> value;  // what it grants
  std::string value_unit;
};
BOOST_DESCRIBE_STRUCT(ProvenGate, (), (code, title, passes, passes_after_pending, reasons, value, value_unit))

struct ProofStory {
  AccountId account;
  AccountRecord record;
  std::uint32_t rulebook_version = 1;  // in force at the block's time
  Digest rulebook_document;
  RulebookPtr rulebook;  // null: its text is not at hand, amounts are raw
  std::vector<ProvenEntry> entries;
  std::optional<ProvenGate> gate;
};

// Required: verify_proof accepted the document that the content is of, whose header's time `now` is.
Result<ProofStory> read_story(const ledger::StateContent& content, TimestampMs now, const RulebookByDigest& rulebooks);

}  // namespace tally::contracts
