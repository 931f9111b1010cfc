// Purpose: one simulated office: the node's own driver, vote store and block fetcher, unchanged, over a disk that
// fails and a network that loses; around them what node/ordering and node/execution do, in virtual time. The disk
// and the identity outlive the process.
// Thread rule: one thread.
// Invariant: nothing leaves a process after its storage failed or it was killed.
#pragma once

#include <deque>

#include "node/block_fetcher.h"
#include "node/replica_driver.h"
#include "sim/parcel.h"

namespace tally::sim {

class Office;

// What an office asks of the world around it.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  // To everyone if `to` is absent.
  virtual void post(Office& from, std::optional<std::uint32_t> to, ParcelPtr parcel) = 0;
  // `what` happens to this process some moments later, unless it has ended by then.
  virtual void later(Office& office, std::uint64_t delay_us, std::function<void()> what) = 0;
  [[nodiscard]] virtual std::uint64_t now_ms(const Office& office) const = 0;
  [[nodiscard]] virtual bool issued(const Transaction& transaction) const = 0;
  [[nodiscard]] virtual const crypto::Verifier& verifier() const = 0;
  [[nodiscard]] virtual const consensus::ValidatorSet& everybody() const = 0;
  [[nodiscard]] virtual const consensus::ValidatorSet& genesis() const = 0;
  [[nodiscard]] virtual std::uint32_t identity_of(const PublicKey& key) const = 0;

  // For the checkers and the trace.
  virtual void on_sent(Office& office, const consensus::Message& message) = 0;
  virtual void on_decided(Office& office, const consensus::Decided& decided) = 0;
  virtual void on_loaded(Office& office) = 0;  // the chain that its disk holds
  virtual void on_view_entered(Office& office, const consensus::NewView& view) = 0;
  virtual void on_block(Office& office, const Block& block) = 0;
  virtual void on_final(Office& office, const consensus::CheckpointCertificate& certificate) = 0;
  virtual void on_evidence(Office& office, const consensus::Evidence& evidence) = 0;
  virtual void on_halted(Office& office, const std::string& reason) = 0;
  virtual void on_votes_lost(Office& office) = 0;
  virtual void on_stopped(Office& office, const Error& error) = 0;
};

struct OfficeSettings {
  std::uint64_t window = 16;
  std::uint32_t view_timeout_ticks = 10;
  std::uint32_t view_timeout_max_ticks = 60;
  std::size_t batch_transactions_max = 4;
  std::uint64_t proposals_in_flight_max = 3;
  [[no_unique_address]] consensus::Planted planted = {};
};

class Office final : private node::DriverHost {
 public:
  Office(Surroundings& world, std::uint32_t identity, std::unique_ptr<crypto::Signer> signer, std::uint64_t seed,
         OfficeSettings settings);

  // A process of this office begins; false if the disk does not let it (it says so with on_stopped).
  bool start();
  // The process ends, now.
  void crash();
  [[nodiscard]] bool running() const { return driver_ != nullptr && !failed_; }
  [[nodiscard]] bool started() const { return driver_ != nullptr; }
  [[nodiscard]] std::uint64_t incarnation() const { return incarnation_; }
  // Something killed it in the middle of what it did.
  [[nodiscard]] bool dying() const { return dying_ || disk.killed(); }

  void receive(const Parcel& parcel);
  void tick();
  void submit(const Transaction& transaction);
  void settle();

  // The process dies when it has sent this many more messages.
  void arm_death_by_sends(std::uint64_t sends) { sends_left_ = sends; }
  // No fault that was armed happens any more.
  void heal() {
    sends_left_.reset();
    disk.heal();
    paused = false;
    clock_skew_ms = 0;
  }

  [[nodiscard]] const node::ReplicaDriver* driver() const { return driver_.get(); }
  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }
  [[nodiscard]] bool waits_for(std::uint64_t transaction) const { return pool_.contains(transaction); }
  [[nodiscard]] std::size_t pool_size() const { return pool_.size(); }

  const std::uint32_t identity;
  Disk disk;
  // Set by whoever directs the run.
  bool computes_wrong = false;
  bool proposes_nothing = false;
  std::optional<std::uint32_t> censored_client;
  std::int64_t clock_skew_ms = 0;
  bool paused = false;

 private:
  struct Pooled {
    Transaction transaction;
    std::uint64_t since_tick = 0;
  };

  void send(const consensus::Outgoing& outgoing) override;
  void check(const consensus::BodyToCheck& body) override;
  void execute(const consensus::Decided& decided) override;
  void finalised(const consensus::CheckpointCertificate& certificate) override;
  void behind(BlockHeight height) override { fetcher_.proved(height); }
  void evidence(const consensus::Evidence& evidence) override { world_.on_evidence(*this, evidence); }
  void halted(const std::string& reason) override;
  void view_entered(const consensus::NewView& view) override { world_.on_view_entered(*this, view); }
  void epoch_began(const consensus::ValidatorSet& validators) override;
  void votes_lost() override { world_.on_votes_lost(*this); }

  void stop_if_bad(const Status& status);
  [[nodiscard]] node::EpochPosition position() const;
  void receive_message(const Parcel& parcel, const consensus::Message& message);
  void receive_gossip(const Gossip& gossip);
  void serve(std::uint32_t to, BlockHeight from);
  void take_blocks(std::uint32_t from, const BlocksResponse& response);
  [[nodiscard]] bool good_blocks(const BlocksResponse& response) const;
  void ask(const std::optional<node::BlockFetcher::Request>& request);
  void execute_next();
  void after_block();
  void propose_waiting();
  [[nodiscard]] Batch next_batch();
  [[nodiscard]] consensus::PendingWork pending_work() const;
  [[nodiscard]] std::optional<bool> judge(const consensus::BodyToCheck& body) const;

  Surroundings& world_;
  const std::unique_ptr<crypto::Signer> signer_;
  const OfficeSettings settings_;
  std::uint64_t incarnation_ = 0;

  // Of the process.
  std::optional<Ledger> ledger_;
  std::unique_ptr<node::ReplicaDriver> driver_;
  node::BlockFetcher fetcher_;
  std::deque<consensus::Decided> to_execute_;
  bool execution_planned_ = false;
  std::map<std::uint64_t, Pooled> pool_;
  std::set<std::uint64_t> proposed_;  // in this view
  View proposed_in_;
  std::map<std::uint32_t, std::uint64_t> served_at_tick_;  // by client
  std::uint64_t ticks_ = 0;
  std::set<std::uint32_t> shown_end_;
  std::optional<std::uint64_t> sends_left_;
  bool dying_ = false;
  bool failed_ = false;
};

}  // namespace tally::sim
