// Purpose: what one process sees of its machine's disk: hands everything on, tells the checkers which votes became
// durable, and dies in a write where the run asks for it.
// Thread rule: one thread.
// Errors: storage_failed.
#pragma once

#include "consensus/invariants.h"
#include "sim/disk.h"

namespace tally::consensus::test {

// Where a process dies.
enum class CrashPoint { none, before_persist, after_persist, after_send, after_execute };
struct CrashPlan {
  CrashPoint next = CrashPoint::none;
  std::uint64_t skips = 0;  // writes that go well before, for a death in a write
};

class NodeDisk final : public storage::Store {
 public:
  // `identity` is the node's index among all offices.
  NodeDisk(sim::Disk& disk, Invariants& invariants, ReplicaIndex identity, CrashPlan& plan)
      : disk_(disk), invariants_(invariants), identity_(identity), plan_(plan) {}

  Result<std::optional<Bytes>> get(storage::Column column, ByteView key) const override {
    return disk_.get(column, key);
  }
  Status scan(storage::Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const override {
    return disk_.scan(column, prefix, from, visit);
  }
  Status scan_back(storage::Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const override {
    return disk_.scan_back(column, prefix, from, visit);
  }
  Status write(const storage::WriteBatch& batch, storage::Sync sync) override;
  [[nodiscard]] std::shared_ptr<const storage::Reader> snapshot() const override { return disk_.snapshot(); }
  [[nodiscard]] std::uint64_t bytes_written() const override { return disk_.bytes_written(); }

  // From the write after so many others on there is no space.
  void fill_in(std::uint64_t writes) { full_in_ = writes; }
  [[nodiscard]] bool died() const { return died_; }
  // Nothing reaches the disk any more.
  void die() { died_ = true; }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }

 private:
  // The process is to die in this write.
  [[nodiscard]] bool dies_now();

  sim::Disk& disk_;
  Invariants& invariants_;
  ReplicaIndex identity_;
  CrashPlan& plan_;
  std::optional<std::uint64_t> full_in_;
  bool died_ = false;
  std::uint64_t writes_ = 0;
};

// What a record is: the kName of a durable record of consensus, "block" or "certificate".
std::string kind_of_record(storage::Column column, ByteView key, ByteView value);
// One readable record of that kind is damaged. False if the disk has none.
bool damage_record(sim::Disk& disk, const std::string& kind);
// All that consensus wrote is gone; the chain stays.
void erase_votes(sim::Disk& disk);

}  // namespace tally::consensus::test
