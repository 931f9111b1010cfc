// Purpose: CHECKPOINT votes and certificates per height; which block is stable; whether this replica, or the
// whole cluster, computed something else than it should have.
// Thread rule: belongs to one replica.
// Bound: for each height in (h, h+L], and for the last executed, one vote per replica, one certificate, one header of
// ours; above h+L the highest vote of each replica and the highest certificate; the certificates of the last L stable
// heights.
// Source: Castro & Liskov, OSDI 1999, section 4.3; rules 6, 11 and 13.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "consensus/context.h"

namespace tally::consensus {

class Checkpoints {
 public:
  explicit Checkpoints(Context& context);

  // What a restart knows: the last stable checkpoint, and the last block executed.
  void restore(const CheckpointCertificate& stable);
  void restore(BlockHeight executed, const Digest& header);

  // A verified vote of any replica, this one included. False if it told nothing new.
  bool add(const SignedCheckpoint& checkpoint);
  void add(const CheckpointCertificate& certificate);
  // With what was final here at its height. Another header means that more than f lie: divergence() is set, and those
  // who signed both are named.
  void compare(const CheckpointCertificate& certificate);
  // The block of `height` was executed here with this header.
  void executed(BlockHeight height, const Digest& header);
  // The certificate's block was installed; its height becomes stable.
  void install(const CheckpointCertificate& certificate);

  // Certificates that became stable, rising; h moves to the last. Stops at the first that contradicts a block
  // of ours, which divergence() then tells.
  std::vector<CheckpointCertificate> take_stable();
  [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }
  // Set when no header of some height can still gather q votes.
  [[nodiscard]] const std::optional<Halt>& halt() const { return halt_; }

  [[nodiscard]] BlockHeight stable() const { return stable_; }
  [[nodiscard]] BlockHeight last_executed() const { return executed_; }
  // Of stable(); absent at genesis.
  [[nodiscard]] const CheckpointCertificate* stable_certificate() const;
  // The highest certificate held for heights in (above, at_most], or nullptr.
  [[nodiscard]] const CheckpointCertificate* certificate_in(BlockHeight above, BlockHeight at_most) const;
  // The highest certificate held, stable or not.
  [[nodiscard]] const CheckpointCertificate* highest_certificate() const;
  // The highest height that a certificate or f+1 replicas prove.
  [[nodiscard]] BlockHeight highest_proven() const;
  // The votes held for a height, by replica; nullptr if none.
  [[nodiscard]] const std::vector<std::optional<SignedCheckpoint>>* votes(BlockHeight height) const;
  void count(Replica::Footprint& into) const;

 private:
  using Votes = std::vector<std::optional<SignedCheckpoint>>;
  struct Height {
    explicit Height(std::uint32_t n) : votes(n), accused(n, false) {}
    Votes votes;
    std::vector<bool> accused;
    std::optional<CheckpointCertificate> certificate;
    std::optional<Digest> own;  // header of the block executed here
  };

  // In the window, or the last executed: a crash during catch-up can leave that beyond the window.
  [[nodiscard]] bool keeps(BlockHeight height) const;
  [[nodiscard]] Height& at(BlockHeight height);
  bool add_above(const SignedCheckpoint& checkpoint);
  void accuse(const SignedCheckpoint& first, const SignedCheckpoint& second);
  void tally(BlockHeight height);
  void move_to(const CheckpointCertificate& certificate);

  Context& context_;
  BlockHeight stable_;
  BlockHeight executed_;
  std::map<BlockHeight, CheckpointCertificate> history_;  // the last stable heights
  std::map<BlockHeight, Height> heights_;
  Votes above_;                       // by replica
  std::vector<BlockHeight> highest_;  // by replica: the highest height it ever vouched for
  std::optional<CheckpointCertificate> certificate_above_;
  std::optional<Divergence> divergence_;
  std::optional<Halt> halt_;
};

}  // namespace tally::consensus
