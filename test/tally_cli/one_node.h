// Purpose: a node of one validator inside the test: a real chain with the rule engine behind the part of the HTTP API
// that the command line uses. No sockets, no threads, no waiting.
#pragma once

#include <set>

#include "common/json.h"
#include "contracts/engine.h"
#include "contracts/queries.h"
#include "ledger/chain.h"
#include "storage/store.h"
#include "tally/surroundings.h"

namespace tally::test {

inline constexpr TimestampMs kGenesisTime{1772352000000};  // 2026-03-01T08:00:00Z
inline constexpr const char* kUnit = "yingshan/ludishao";

crypto::SecretKey named_key(std::string_view name);
std::string qingzhen_document();
// Units, an accountant (registrar, recorder, clock), a secretary (endorser), an auditor and the Qingzhen rulebook.
ledger::Genesis village_genesis(ledger::ClockMode clock = ledger::ClockMode::test);

// The same with four validators: townhall (key "validator"), village, county and bank.
ledger::Genesis council_genesis();

// The village with two governors ("governor", "deputy") of the county and a bank's officer ("banker").
ledger::Genesis rules_genesis();

// A parameter of a target's query, decoded; empty if it is absent.
std::string parameter(const std::string& target, const std::string& name);

class OneNode {
 public:
  explicit OneNode(const ledger::Genesis& genesis = village_genesis());

  node::HttpResponse handle(const std::string& method, const std::string& target, const std::string& body,
                            const cli::Transport::Headers& headers);
  [[nodiscard]] std::string chain_id() const { return ledger::chain_id(genesis_).hex(); }
  [[nodiscard]] const ledger::Genesis& genesis() const { return genesis_; }

  bool takes_but_never_orders = false;  // transactions stay pending
  bool ready = true;
  std::uint64_t hidden_blocks = 0;                     // of the last, in its status
  std::uint64_t forked_at = ~0ULL;                     // whose header it serves with another state root
  bool signs_forks = false;                            // and a certificate over it
  bool lies_in_proofs = false;                         // one bit of what it proves is wrong
  bool shows_another_document = false;                 // than the one that is proposed
  Json evidence = Json::array();                       // what GET /v1/evidence answers with, in one page
  std::uint32_t supported = ledger::kProtocolVersion;  // what its software claims to know
  std::size_t explained_rows = 1000;                   // steps of an explanation in one page
  std::uint64_t posts = 0;
  std::vector<std::string> targets;  // asked for so far

 private:
  node::HttpResponse submit(const std::string& body);
  node::HttpResponse transaction(const std::string& id);
  node::HttpResponse account(const std::string& path, const cli::Transport::Headers& headers);
  node::HttpResponse rulebook(const std::string& id);
  // What is asked below an account's path: explanation, consents and so on; nullopt: something else.
  std::optional<node::HttpResponse> of_subject(const std::string& path, const std::string& target);
  node::HttpResponse chain_bytes(std::uint64_t from);
  node::HttpResponse status();
  std::optional<node::HttpResponse> work(const std::string& target,
                                         const cli::Transport::Headers& headers);                // one_node_work.cpp
  std::optional<node::HttpResponse> proofs(const std::string& path, const std::string& target);  // one_node_proofs.cpp
  std::optional<node::HttpResponse> header_feed(const std::string& path,
                                                const std::string& target);  // one_node_headers.cpp
  std::optional<node::HttpResponse> rules(const std::string& path, const std::string& target);
  std::optional<node::HttpResponse> governance(const std::string& path, const std::string& target);
  [[nodiscard]] TimestampMs test_clock() const;
  void order(const ledger::SignedTransaction& transaction);

  ledger::Genesis genesis_;
  std::unique_ptr<storage::Store> store_;
  contracts::RuleEngine engine_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<ledger::Chain> chain_;
  contracts::Queries queries_;
  std::set<std::string> pending_;
};

}  // namespace tally::test
