// Purpose: consensus messages in words, for traces.
// Thread rule: pure functions.
#pragma once

#include <string>

#include "consensus/messages.h"

namespace tally::consensus::test {

inline std::string text_of(const Vote& vote) {
  static constexpr const char* kPhases[] = {"PRE-PREPARE", "PREPARE", "COMMIT"};
  return std::string(kPhases[static_cast<std::size_t>(vote.phase)]) + "(view " + std::to_string(vote.view.value) +
         ", seq " + std::to_string(vote.seq.value) + ", " + vote.digest.short_hex() + ")";
}

inline std::string text_of(const Message& message) {
  if (const auto* it = std::get_if<SignedVote>(&message)) return text_of(it->vote);
  if (const auto* it = std::get_if<Proposal>(&message)) return text_of(it->pre_prepare.vote) + " with batch";
  if (const auto* it = std::get_if<SignedCheckpoint>(&message))
    return "CHECKPOINT(" + std::to_string(it->vote.height.value) + ", " + it->vote.header.short_hex() + ")";
  if (const auto* it = std::get_if<SignedViewChange>(&message))
    return "VIEW-CHANGE(" + std::to_string(it->body.new_view.value) + ", h " + std::to_string(it->body.stable.value) +
           ", " + std::to_string(it->body.prepared.size()) + " prepared)";
  if (const auto* it = std::get_if<SignedNewView>(&message))
    return "NEW-VIEW(" + std::to_string(it->body.view.value) + ", O of " +
           std::to_string(it->body.pre_prepares.size()) + ")";
  if (const auto* it = std::get_if<CommitCertificate>(&message)) return "certificate of " + text_of(it->commit);
  if (const auto* it = std::get_if<CheckpointCertificate>(&message))
    return "certificate of CHECKPOINT(" + std::to_string(it->vote.height.value) + ")";
  const auto& status = std::get<StatusReport>(message);
  std::string lacks;
  for (const auto& slot : status.slots)
    if (!slot.has_body)
      lacks += " " + std::to_string(slot.seq.value) + (slot.wanted ? " (" + slot.wanted->short_hex() + ")" : "");
  return "STATUS(view " + std::to_string(status.view.value) + (status.changing ? " to come" : "") + ", stable " +
         std::to_string(status.stable.value) + ", executed " + std::to_string(status.executed.value) +
         (lacks.empty() ? "" : ", without the batch of" + lacks) + ")";
}

}  // namespace tally::consensus::test
