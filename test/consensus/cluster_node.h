// Purpose: one machine of the cluster: a disk that fails, and while a process runs on it the node's own driver, vote
// store and block fetcher, unchanged, over a chain of batches in words. What node/ordering and node/execution do
// around them is done here at once and in a fixed order.
// Thread rule: one thread.
// Invariant: nothing leaves a process that died or whose storage failed.
#pragma once

#include <deque>
#include <functional>
#include <set>

#include "consensus/mock_crypto.h"
#include "consensus/node_disk.h"
#include "node/block_fetcher.h"
#include "node/replica_driver.h"

namespace tally::consensus::test {

struct BlocksRequest {
  BlockHeight from;
};
struct BlocksResponse {
  BlockHeight from;
  std::vector<ServedBlock> blocks;
};
// What travels between nodes.
using Parcel = std::variant<Message, BlocksRequest, BlocksResponse>;

// How a node answers those who ask it for blocks.
enum class Serving { honest, stalls, empty, altered_batch, altered_header, forged_certificate, gap, claims_more };

class Cluster;

class Node final : private node::DriverHost {
 public:
  // `process` numbers this machine among all; `identity` is its key's index among all offices.
  Node(Cluster& cluster, std::uint32_t process, std::uint32_t identity, std::uint64_t seed);

  void start();
  // The process ends: of what was not synced, any part is lost.
  void crash();
  // A process is there; it may have stopped itself.
  [[nodiscard]] bool alive() const { return driver_ != nullptr; }
  [[nodiscard]] bool running() const { return alive() && stopped_because.empty(); }
  [[nodiscard]] const node::ReplicaDriver& driver() const { return *driver_; }
  // Null while it is no member.
  [[nodiscard]] const Replica* replica() const { return driver_->replica(); }
  [[nodiscard]] bool can_propose() const {
    return running() && driver_->replica() != nullptr && driver_->replica()->can_propose();
  }

  // Each does all that follows from it.
  void tick();
  void receive(std::uint32_t from_identity, const Parcel& parcel);
  void propose(const std::string& batch);
  // From the pool, as much as a batch takes; false if it cannot, or nothing waits that it would take.
  bool propose_waiting(std::size_t transactions_max);
  void answer_checks();
  // A client's transaction came, or was forwarded.
  void submit(const std::string& transaction);

  const std::uint32_t process;
  const std::uint32_t identity;
  // The machine.
  sim::Disk disk;
  std::optional<sim::Disk> copy;  // of the disk, kept aside
  std::int64_t clock_ms = 0;      // of its clock
  // How it is to behave.
  CrashPlan crash_plan;
  bool hold_checks = false;          // verdicts on bodies wait for answer_checks()
  bool computes_wrong = false;       // executes to another header
  std::set<std::string> refused;     // transactions whose signature it finds bad
  std::set<std::string> censored;    // clients that it leaves out as primary
  std::uint64_t proposes_every = 1;  // rounds of a load, as primary
  Serving serving = Serving::honest;
  // Its chain, as its disk had it when the process began, and what was added since.
  std::vector<Block> blocks;
  std::map<BlockHeight, CheckpointCertificate> certificates;
  // What came out since the process began.
  std::vector<Evidence> evidence_held;
  std::optional<BlockHeight> behind_of;
  std::string stopped_because;  // empty: it runs
  bool lost_votes = false;
  std::uint64_t voided = 0;                          // batches of an epoch that had ended
  std::uint64_t rejected = 0;                        // messages that do not verify
  std::map<std::uint32_t, std::uint64_t> asked;      // for blocks, by identity
  std::map<std::string, std::uint64_t> first_ticks;  // in which a waiting transaction came
  [[nodiscard]] const LocalChain& chain() const { return *chain_; }
  [[nodiscard]] NodeDisk& store() { return *store_; }

 private:
  void send(const Outgoing& outgoing) override;
  void check(const BodyToCheck& body) override;
  void execute(const Decided& decided) override;
  void finalised(const CheckpointCertificate& certificate) override;
  void behind(BlockHeight height) override;
  void evidence(const Evidence& evidence) override;
  void halted(const std::string& reason) override;
  void epoch_began(const ValidatorSet& validators) override;
  void votes_lost() override { lost_votes = true; }

  void settle();
  void stop_if_bad(const Status& status);
  // Something killed it in the middle of what it did.
  [[nodiscard]] bool dying() const { return store_->died(); }
  void flush();
  // After the messages left, if it is to die there. True if it did.
  bool died_after_send();
  [[nodiscard]] node::EpochPosition position() const;
  [[nodiscard]] PendingWork pending_work() const;
  void judge(const Digest& digest, const std::string& batch);
  void release_held();
  void execute_now(const Decided& decided);
  void after_block();
  void receive_message(std::uint32_t from, const Message& message);
  void serve(std::uint32_t to, BlockHeight from);
  void distort(BlocksResponse& response) const;
  void take_blocks(std::uint32_t from, const BlocksResponse& response);
  [[nodiscard]] bool good_blocks(const BlocksResponse& response) const;
  void ask(const std::optional<node::BlockFetcher::Request>& request);

  Cluster& cluster_;
  const MockSigner signer_;

  // Of the process.
  std::optional<NodeDisk> store_;
  std::optional<LocalChain> chain_;
  std::unique_ptr<node::ReplicaDriver> driver_;
  node::BlockFetcher fetcher_;
  std::deque<std::function<void()>> tasks_;
  std::vector<Digest> to_check_;         // held verdicts
  std::map<Digest, TimestampMs> early_;  // bodies that are not due yet
  std::set<std::string> proposed_;       // in this view
  View proposed_in_;
  std::map<std::string, std::uint64_t> served_at_tick_;  // by client
  std::uint64_t ticks_ = 0;
  std::set<std::uint32_t> shown_end_;
  std::set<std::pair<Epoch, SeqNum>> handed_;  // by the driver, for execution
  bool sent_ = false;
};

}  // namespace tally::consensus::test
