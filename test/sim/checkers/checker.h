// Purpose: what a checker is: it watches from outside of the offices and says in words what must never have happened.
// Every checker costs little a step, so that all of them watch every step.
// Thread rule: one thread.
#pragma once

#include <string>
#include <vector>

#include "common/codec.h"
#include "sim/office.h"

namespace tally::sim {

// Collects breaches; the first is what a run is judged by.
class Breaches {
 public:
  void add(const std::string& checker, const std::string& what) {
    if (list_.size() < kKept) list_.push_back(checker + ": " + what);
  }
  [[nodiscard]] bool none() const { return list_.empty(); }
  [[nodiscard]] const std::vector<std::string>& list() const { return list_; }

 private:
  static constexpr std::size_t kKept = 16;
  std::vector<std::string> list_;
};

inline std::string name_of(const Office& office) {
  return "office " + std::to_string(office.identity);
}

// "PREPARE at epoch 0, view 1, number 7"
std::string text_of(const consensus::Vote& vote);

// It signs for itself in the epoch in which it stands. What it passes on of others does not count.
inline bool own(const Office& office, ReplicaIndex replica, Epoch epoch) {
  return office.driver() != nullptr && office.driver()->replica() != nullptr &&
         office.driver()->validators().epoch == epoch && office.driver()->self() == replica;
}

// The vote in a PRE-PREPARE (with its batch or without), PREPARE or COMMIT; null in other messages.
inline const consensus::SignedVote* vote_in(const consensus::Message& message) {
  if (const auto* vote = std::get_if<consensus::SignedVote>(&message)) return vote;
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message)) return &proposal->pre_prepare;
  return nullptr;
}

// What lies under the key of `like` on this office's disk, safe from any crash; nullopt if nothing does.
template <class Record>
std::optional<Record> on_disk(const Office& office, const Record& like) {
  constexpr bool body = std::is_same_v<Record, consensus::BodyRecord>;
  const auto column = body ? storage::Column::bodies : storage::Column::votes;
  const Bytes key = storage_key(consensus::DurableRecord(like));
  const Bytes* stored = office.disk.find(column, key);
  if (stored == nullptr || !office.disk.durable(column, key)) return std::nullopt;
  auto record = decode<consensus::DurableRecord>(*stored);
  auto* found = record ? std::get_if<Record>(&*record) : nullptr;
  if (found == nullptr) return std::nullopt;
  return std::move(*found);
}

}  // namespace tally::sim
