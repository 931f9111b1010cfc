// Purpose: replicas in one process with a network and disks of our own, deterministic for a seed. Each replica
// is driven by the contract of replica.h: persist, then send, then check, then execute; a crash may come between.
// Thread rule: one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/invariants.h"
#include "consensus/mock_crypto.h"
#include "consensus/replica.h"

namespace tally::consensus::test {

// xorshift64*: the same numbers everywhere for a seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  std::uint64_t below(std::uint64_t bound) { return (next() >> 16) % bound; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

struct Envelope {
  ReplicaIndex from;
  ReplicaIndex to;
  Message message;
};

// "proposal", "pre_prepare", "prepare", "commit", "checkpoint", "commit_certificate", "checkpoint_certificate",
// "status", "view_change", "new_view".
std::string kind_of(const Message& message);

// Where in the handling of a Ready a crash comes.
enum class CrashPoint { none, before_persist, after_persist, after_send, after_execute };

// One replica with its disk and ledger, which outlive it.
struct Node {
  std::unique_ptr<MockSigner> signer;
  std::map<Bytes, DurableRecord> disk;
  std::vector<ExecutedBlock> blocks;  // blocks[i] has height i + 1
  std::optional<CheckpointCertificate> finalised;
  std::optional<Replica> replica;  // absent while crashed
  CrashPoint crash_next = CrashPoint::none;
  bool hold_checks = false;      // verdicts on bodies wait for answer_checks()
  bool computes_wrong = false;   // executes to another header
  std::vector<Digest> to_check;  // held verdicts
  // What came out since the start.
  std::vector<Evidence> evidence;
  std::vector<Decided> decided;
  std::optional<BlockHeight> behind;
  std::optional<Halt> halted;
  std::optional<Divergence> diverged;
};

struct ClusterOptions {
  std::uint32_t n = 4;
  std::uint64_t window = 8;
  std::uint64_t seed = 1;
  bool catch_up = true;  // answer `behind` with blocks of a peer
  std::uint32_t status_every_ticks = 5;
  std::uint32_t view_timeout_ticks = 40;
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  Cluster(const Cluster&) = delete;

  [[nodiscard]] std::uint32_t size() const { return options_.n; }
  [[nodiscard]] Node& node(std::uint32_t index) { return nodes_[index]; }
  [[nodiscard]] Replica& replica(std::uint32_t index) { return *nodes_[index].replica; }
  [[nodiscard]] bool alive(std::uint32_t index) const { return nodes_[index].replica.has_value(); }
  [[nodiscard]] const Keyring& keys() const { return keys_; }
  [[nodiscard]] std::deque<Envelope>& network() { return network_; }
  [[nodiscard]] Invariants& invariants() { return invariants_; }

  // From here on the replica's signature may stand under anything; evidence may name it.
  void set_liar(std::uint32_t index) { invariants_.set_liar(ReplicaIndex{index}); }
  void set_wrong(std::uint32_t index);

  // False if the replica cannot propose now. A batch whose text starts with "bad" is refused by every node.
  bool propose(std::uint32_t index, std::string_view batch);
  void tick(std::uint32_t index);
  // From here on every replica believes that work waits: view timers run.
  void set_work(bool waiting) { work_ = waiting; }
  void tick_all();
  // The message as if a verified link had brought it; what does not verify is dropped.
  void inject(std::uint32_t to, const Message& message);
  void answer_checks(std::uint32_t index);

  // The oldest message that fits; false if there is none.
  bool deliver(const std::function<bool(const Envelope&)>& fits);
  // Until nothing is in flight.
  void deliver_all();
  // Ticks and deliveries, `rounds` times.
  void run(std::uint32_t rounds);
  // The same, and whoever can proposes.
  void run_with_work(std::uint32_t rounds);
  std::size_t drop(const std::function<bool(const Envelope&)>& fits);
  // Messages from and to it are lost.
  void set_isolated(std::uint32_t index, bool isolated) { isolated_[index] = isolated; }

  void crash(std::uint32_t index);
  void restart(std::uint32_t index);

  // One random step: deliver, lose, duplicate, tick, propose, crash or restart.
  struct Chaos {
    std::uint64_t lose = 0;  // per cent
    std::uint64_t duplicate = 0;
    std::uint64_t crash = 0;  // per mille of steps
    std::uint64_t propose = 5;
  };
  void step_random(const Chaos& chaos);
  [[nodiscard]] Random& random() { return random_; }

  // Every live honest replica has executed and finalised `height`.
  [[nodiscard]] bool all_final(std::uint64_t height);
  // A digest of everything that was delivered and decided, for comparing runs.
  [[nodiscard]] const Digest& trace() const { return trace_; }
  // All breaches as one text; empty if none.
  [[nodiscard]] std::string breaches() const;

 private:
  void start(std::uint32_t index);
  void pump(std::uint32_t index);
  void persist(std::uint32_t index, const std::vector<DurableRecord>& records);
  void send(std::uint32_t index, const std::vector<Outgoing>& messages);
  void post(Envelope envelope);
  bool execute(std::uint32_t index, const std::vector<Decided>& decided, bool crash_after_first);
  void catch_up(std::uint32_t index, BlockHeight wanted);
  void handle(Envelope envelope);
  void note(ByteView bytes);

  ClusterOptions options_;
  ValidatorSet validators_;
  Keyring keys_;
  Invariants invariants_;
  Random random_;
  std::vector<Node> nodes_;
  std::vector<bool> isolated_;
  std::deque<Envelope> network_;
  Digest trace_;
  std::uint64_t next_batch_ = 0;
  bool work_ = false;
};

}  // namespace tally::consensus::test
