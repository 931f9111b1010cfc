// Purpose: machines in one process with a network and disks of our own, deterministic for a seed: what travels, who
// reaches whom, and time. What a machine does is cluster_node.h.
// Thread rule: one thread.
#pragma once

#include "consensus/cluster_node.h"
#include "consensus/random.h"

namespace tally::consensus::test {

// Numbers machines; of the genesis set, it is the replica's index too.
using Process = Strong<struct ProcessTag, std::uint32_t>;

struct Envelope {
  Process from;
  Process to;
  Parcel message;
};

// "proposal", "pre_prepare", "prepare", "commit", "checkpoint", "commit_certificate", "checkpoint_certificate",
// "status", "view_change", "new_view".
std::string kind_of(const Message& message);
// And "blocks_request", "blocks".
std::string kind_of(const Parcel& parcel);

struct ClusterOptions {
  std::uint32_t n = 4;  // members at genesis
  std::uint64_t window = 8;
  std::uint64_t seed = 1;
  bool catch_up = true;  // nodes ask each other for blocks
  std::uint32_t status_every_ticks = 5;
  std::uint32_t view_timeout_ticks = 40;
  std::uint32_t view_timeout_max_ticks = 300;
  std::uint32_t offices = 0;  // nodes in all; the others observe. 0: n
};

class Cluster {
 public:
  // Of every clock, to begin with; and what a tick adds.
  static constexpr std::int64_t kStartMs = 1'000'000'000;
  static constexpr std::uint64_t kTickMs = 100;

  explicit Cluster(ClusterOptions options = {});
  Cluster(const Cluster&) = delete;

  // Processes, second copies included.
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
  [[nodiscard]] Node& node(std::uint32_t index) { return *nodes_[index]; }
  // Required: it is alive, and a member.
  [[nodiscard]] const Replica& replica(std::uint32_t index) const { return *nodes_[index]->replica(); }
  [[nodiscard]] bool alive(std::uint32_t index) const { return nodes_[index]->alive(); }
  // Signs for any member of the genesis set.
  [[nodiscard]] const Keyring& keys() const { return keys_; }
  [[nodiscard]] std::deque<Envelope>& network() { return network_; }
  [[nodiscard]] Invariants& invariants() { return invariants_; }
  [[nodiscard]] const ValidatorSet& everybody() const { return everybody_; }
  [[nodiscard]] const ValidatorSet& genesis() const { return keys_.validators(); }
  [[nodiscard]] std::uint32_t identity_of(const PublicKey& key) const;
  [[nodiscard]] Configuration configuration() const;
  [[nodiscard]] const ClusterOptions& options() const { return options_; }
  [[nodiscard]] bool catches_up() const { return options_.catch_up; }
  [[nodiscard]] bool working() const { return work_; }

  // From here on the replica's signature may stand under anything; evidence may name it.
  void set_liar(std::uint32_t index) { invariants_.set_liar(ReplicaIndex{index}); }
  void set_wrong(std::uint32_t index);
  // A second process under this key, with an empty disk. Both may contradict each other.
  std::uint32_t add_twin(std::uint32_t identity);

  // False if the replica cannot propose now. A batch whose text starts with "bad" is refused by every node.
  bool propose(std::uint32_t index, std::string_view batch);
  void tick(std::uint32_t index) { nodes_[index]->tick(); }
  // From here on every replica believes that work waits: view timers run.
  void set_work(bool waiting) { work_ = waiting; }
  void tick_all();
  // The message as if a verified link had brought it; what does not verify is dropped.
  void inject(std::uint32_t to, const Message& message);
  void answer_checks(std::uint32_t index) { nodes_[index]->answer_checks(); }
  // To every process of this key, or to all but those of the sender's key.
  void send(std::uint32_t process, const PublicKey* to, const Parcel& parcel);

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
  // Messages from one to the other are lost.
  void cut(std::uint32_t from, std::uint32_t to) { cut_.emplace(from, to); }
  void heal_links();

  void crash(std::uint32_t index) { nodes_[index]->crash(); }
  void restart(std::uint32_t index) { nodes_[index]->start(); }

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
  void note(ByteView bytes);
  // All breaches as one text; empty if none.
  [[nodiscard]] std::string breaches() const;

  std::size_t batch_transactions_max = 4;  // more that wait saturate a primary
  bool stamps_times = false;               // what a primary orders from its pool carries its clock's time
  bool keep_history = false;
  std::vector<Message> history;  // every message that was sent, if it is kept

 private:
  [[nodiscard]] bool lost(const Envelope& envelope) const;
  void handle(const Envelope& envelope);

  ClusterOptions options_;
  ValidatorSet everybody_;
  Keyring keys_;
  Invariants invariants_;
  Random random_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<bool> isolated_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> cut_;
  std::deque<Envelope> network_;
  Digest trace_;
  std::uint64_t next_batch_ = 0;
  bool work_ = false;
};

}  // namespace tally::consensus::test
