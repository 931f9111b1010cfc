// Purpose: one of the two sides that `tally diff` compares: a node's URL, a snapshot's directory, the settings of a
// stopped node, a chain file or an archive's directory, each as headers by height and, where it holds one, a state.
// Thread rule: one thread. Nothing is changed: stores are opened for reading only.
// Errors: unreachable, already_running, io_failed, those of the files. What a side says is compared, not believed:
// certificates are checked where something is concluded from them.
#pragma once

#include "ledger/light.h"
#include "storage/store.h"
#include "tally/app.h"

namespace tally::cli {

class DiffSide {
 public:
  virtual ~DiffSide() = default;

  struct Facts {
    std::string name;  // as it was given
    std::string kind;  // "node", "snapshot", "stopped node", "chain file", "archive"
    ChainId chain;
    BlockHeight lowest;  // of the headers that it has
    BlockHeight head;
    BlockHeight final;  // the highest with a certificate
  };
  [[nodiscard]] const Facts& facts() const { return facts_; }

  // Required: lowest <= height <= head.
  virtual Outcome<ledger::CertifiedHeader> header(BlockHeight height) = 0;
  virtual Outcome<Digest> digest(BlockHeight height);
  // From the genesis to this epoch; a failure if it does not hold them.
  virtual Outcome<std::vector<ledger::EpochLink>> epochs(Epoch epoch) = 0;
  // nullopt: it does not hold them.
  virtual Outcome<std::optional<ledger::BlockReceipts>> receipts(BlockHeight /*height*/) {
    return std::optional<ledger::BlockReceipts>{};
  }

  // The height whose state it holds.
  [[nodiscard]] virtual std::optional<BlockHeight> state_height() const { return std::nullopt; }
  // Required: state_height(). Lives as long as the side.
  virtual Outcome<const storage::Reader*> state();

 protected:
  Facts facts_;
};

struct DiffPlaces {
  const ledger::Genesis& genesis;  // of the chain that both should be of
  std::string work_directory;      // for the state of a snapshot, while the command runs; empty: the system's
};
// `context` outlives the side.
Outcome<std::unique_ptr<DiffSide>> open_diff_side(Context& context, const std::string& place, const DiffPlaces& places);

}  // namespace tally::cli
