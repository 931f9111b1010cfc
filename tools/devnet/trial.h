// Purpose: what the fault trials share: a fresh network with households to award points to, and what is asked of it
// in the end.
// Thread rule: one thread.
// Errors: name the node and the transaction that is missing, or the two nodes that differ.
#pragma once

#include "devnet/steady_load.h"

namespace tally::devnet {

// What an audit of the exported chain found.
struct TrialAudit {
  std::uint64_t transactions = 0;
  BlockHeight verified_until;
  Digest state_root;
};

struct TrialSetup {
  std::filesystem::path tallyd;
  std::string name;
  std::size_t nodes = 4;
  std::size_t clients = 4;
  SteadyPace pace;
};

class Trial {
 public:
  static Result<Trial> start(const TrialSetup& setup);

  [[nodiscard]] TemporaryDevnet& network() { return network_; }
  [[nodiscard]] SteadyLoad& load() { return *load_; }
  // Whose key signs transactions beside the load.
  [[nodiscard]] const Seat& spare_seat() const { return spare_; }
  [[nodiscard]] std::vector<std::size_t> others(std::size_t index) const;

  // Ends the load, waits for agreement and asks every node for every acknowledged transaction.
  Result<AgreedHead> finish(Milliseconds limit);
  // The state root that all nodes' blocks name at this height.
  Result<Digest> state_root(const AgreedHead& head);
  // Exports the chain with `tally` and audits the file. Errors: broken_chain unless it holds up to `head` and has at
  // least the acknowledged transactions.
  Result<TrialAudit> audit(const std::filesystem::path& tally, const AgreedHead& head);
  // Why there is no progress: a line a node, and the load's last trouble.
  [[nodiscard]] std::string standing() const;

 private:
  Trial(TemporaryDevnet network, Seat spare) : network_(std::move(network)), spare_(std::move(spare)) {}
  Status check_final_everywhere();

  TemporaryDevnet network_;
  Seat spare_;
  std::unique_ptr<SteadyLoad> load_;
};

}  // namespace tally::devnet
