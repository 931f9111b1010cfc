// Purpose: STATUS and its answers (rule 15): what a peer lacks is sent again, however it was lost.
// Thread rule: belongs to one replica.
// Bound: one tick per replica is remembered, and for each slot and replica when a batch was sent last. An answer holds
// at most kAnswerBytesMax of messages (and one body more, so that a large one always gets through), and a replica is
// answered once in half a STATUS period, so that a liar cannot make much of little. Invariant: sends only what was
// signed and persisted before, or what others signed. Source: Castro & Liskov, TOCS 2002, section 5.2 (retransmission
// on status messages); rule 15.
#pragma once

#include <map>
#include <vector>

#include "consensus/checkpoint.h"
#include "consensus/context.h"
#include "consensus/message_log.h"
#include "consensus/safety.h"
#include "consensus/view_change.h"

namespace tally::consensus {

inline constexpr std::size_t kAnswerBytesMax = 1 * limits::kMiB;

class Retransmission {
 public:
  Retransmission(Context& context, const MessageLog& log, const Safety& safety, const Checkpoints& checkpoints,
                 const ViewChanges& view_changes);

  // Sends STATUS when it is due. It is due at the first tick after a restart.
  void tick();
  void answer(const StatusReport& report);

 private:
  class Answer;

  [[nodiscard]] StatusReport report() const;
  [[nodiscard]] SlotStatus status_of(const Slot& slot) const;
  void answer_slot(Answer& answer, const Slot& slot, const SlotStatus* theirs, bool same_view);
  void answer_votes(Answer& answer, const Slot& slot, const SlotStatus* theirs) const;
  void answer_view(Answer& answer, const StatusReport& report) const;
  void answer_wanted(Answer& answer, const Slot& slot, const Digest& wanted);
  void send_body(Answer& answer, const Slot& slot, const Candidate& candidate);
  void answer_checkpoints(Answer& answer, const StatusReport& report) const;
  // Of several holders, some send what is not their own: enough that a loss is repaired, few enough that the
  // peer does not get it from everyone at once.
  [[nodiscard]] bool our_turn(SeqNum seq) const;
  // In flight too lately to be lost.
  [[nodiscard]] bool fresh(const Slot& slot) const;

  Context& context_;
  const MessageLog& log_;
  const Safety& safety_;
  const Checkpoints& checkpoints_;
  const ViewChanges& view_changes_;
  std::vector<std::optional<std::uint64_t>> answered_at_;  // by replica, in ticks
  struct Sent {
    std::uint64_t tick = 0;
    std::uint32_t times = 0;
  };
  std::map<SeqNum, std::vector<Sent>> bodies_sent_;  // by replica
};

}  // namespace tally::consensus
