// Purpose: a chain as a node serves it: the genesis, then certified blocks from height 1 on.
// Thread rule: one thread.
// Errors: unreachable; what a node serves is not believed: the auditor judges it.
#pragma once

#include <deque>

#include "ledger/block.h"
#include "tally/node_client.h"

namespace tally::cli {

// The blocks in an answer of GET /v1/chain. Errors: invalid_encoding.
Result<std::deque<ledger::CertifiedBlock>> blocks_of_answer(std::string_view body);

class ChainSource {
 public:
  // Asks for the genesis and checks that its digest is the chain that the node names.
  static Outcome<ChainSource> open(NodeClient& client);

  [[nodiscard]] const ledger::Genesis& genesis() const { return genesis_; }
  // The last final height when the source was opened, later if the node has moved on.
  [[nodiscard]] std::uint64_t final_height() const { return final_height_; }
  // nullopt after the last block that the node can certify.
  Outcome<std::optional<ledger::CertifiedBlock>> next();

 private:
  ChainSource(NodeClient& client, ledger::Genesis genesis, std::uint64_t final_height)
      : client_(&client), genesis_(std::move(genesis)), final_height_(final_height) {}
  Outcome<void> fetch();

  NodeClient* client_;
  ledger::Genesis genesis_;
  std::uint64_t final_height_;
  std::uint64_t from_ = 1;
  bool finished_ = false;
  std::deque<ledger::CertifiedBlock> blocks_;
};

// A line on standard error that is drawn over itself; silent unless standard error is a terminal or it is asked for.
class Progress {
 public:
  Progress(const Surroundings& world, bool forced) : world_(world), shown_(forced || world.err_is_terminal) {}
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Drawn at most ten times a second. `total` of 0: not known.
  void show(std::uint64_t done, std::uint64_t total, const std::string& unit);
  void finish();

 private:
  const Surroundings& world_;
  bool shown_;
  std::string line_;  // the latest, drawn or not
  TimestampMs drawn_at_;
};

}  // namespace tally::cli
