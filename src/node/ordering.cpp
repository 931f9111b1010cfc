#include "node/ordering.h"

#include "common/limits.h"
#include "node/proposal_time.h"

namespace tally::node {

Ordering::Ordering(OrderingOptions options, const crypto::Verifier& verifier, ledger::Chain& chain,
                   ledger::Mempool& pool, Execution& execution, DecodedBatches& decoded, WorkerPool& workers,
                   Services services)
    : options_(std::move(options)),
      verifier_(verifier),
      chain_(chain),
      pool_(pool),
      execution_(execution),
      decoded_(decoded),
      workers_(workers),
      services_(std::move(services)),
      last_block_(std::chrono::steady_clock::now()) {}

// In the epoch of the head, until the block that ended it has its certificate.
EpochPosition Ordering::position() const {
  EpochPosition out{chain_.validators()};
  if (const auto certificate = chain_.certificate(chain_.final_height())) out.certified = *certificate;
  const auto ending = chain_.ending();
  if (ending && chain_.final_height() < chain_.head().header.height) out.next = std::exchange(out.current, *ending);
  return out;
}

Status Ordering::start(storage::Store& store) {
  const auto head = chain_.head();
  EpochPosition where = position();
  // The certificate of an epoch's last block comes with the block.
  fetcher_.executed(where.next ? BlockHeight{head.header.height.value - 1} : head.header.height);
  auto driver = ReplicaDriver::open(store, options_.driver, std::move(where), head.header.height, head.digest, *this);
  if (!driver) return driver.error();
  driver_ = std::move(driver).value();
  const auto applied = execution_.head();
  if (!applied) return applied.error();
  next_due_ = applied->next_due;
  next_time_ = applied->next_time;
  publish_status();
  loop_.start({[this] { settle(); }, [this] { tick(); }, options_.tick_every});
  // Also flushes what the restart itself leads to: decided batches to execute, votes to send again.
  loop_.post([] {});
  return {};
}

void Ordering::receive_consensus(p2p::Received message) {
  auto held = std::make_shared<p2p::Received>(std::move(message));
  workers_.post(
      [this, held] {
        auto decoded = decode<consensus::Message>(held->payload);
        if (!decoded) return services_.penalise(held->from, "consensus message: " + decoded.error().text());
        if (class_of(*decoded) != held->message_class)
          return services_.penalise(held->from, "consensus message in the wrong class");
        if (still_useful(*decoded)) authenticate(*held, std::move(decoded).value());
      },
      true);
}

// On a worker. A message is checked with the validator set of its own epoch.
void Ordering::authenticate(const p2p::Received& received, consensus::Message message) {
  const auto validators = validators_of(consensus::epoch_of(message));
  const auto* report = std::get_if<consensus::StatusReport>(&message);
  if (const auto* certificate = std::get_if<consensus::CheckpointCertificate>(&message))
    loop_.post([this, from = received.from, height = certificate->vote.height, epoch = certificate->vote.epoch] {
      if (height > chain_.final_height()) fetcher_.peer_reports(from, height);
      // An observer shows where it stands by its last certificate.
      if (!failed_ && epoch < driver_->validators().epoch) show_end(from, epoch);
    });
  if (validators && report != nullptr &&
      (!validators->has(report->replica) || validators->key_of(report->replica) != received.from))
    return services_.penalise(received.from, "STATUS in another replica's name");
  if (report != nullptr) receive_status(received.from, *report);
  // A message of an epoch that is not known here is early, not a lie.
  if (!validators) return;
  auto authentic = consensus::authenticate(std::move(message), *validators, verifier_);
  if (!authentic) return services_.penalise(received.from, authentic.error().text());
  loop_.post([this, epoch = validators->epoch, checked = std::move(authentic).value()] {
    if (!failed_ && epoch == driver_->validators().epoch) driver_->deliver(checked);
  });
}

void Ordering::receive_status(const PublicKey& from, const consensus::StatusReport& report) {
  loop_.post([this, from, epoch = report.epoch, stable = report.stable] {
    if (failed_) return;
    fetcher_.peer_reports(from, stable);
    if (epoch < driver_->validators().epoch) show_end(from, epoch);
  });
}

void Ordering::show_end(const PublicKey& peer, Epoch ended) {
  const auto next = validators_of(Epoch{ended.value + 1});
  if (!next || !shown_end_.insert(peer).second) return;
  if (const auto recovery = chain_.recovery_of(next->epoch); recovery && *recovery) {
    const SyncMessage message = **recovery;
    return services_.send(peer, p2p::MessageClass::sync, std::make_shared<const Bytes>(encode(message)));
  }
  const auto certificate = chain_.certificate(next->start);
  if (!certificate || !*certificate) return;
  const consensus::Message message = **certificate;
  services_.send(peer, class_of(message), std::make_shared<const Bytes>(encode(message)));
}

std::shared_ptr<const consensus::ValidatorSet> Ordering::validators_of(Epoch epoch) const {
  static constexpr std::size_t kEpochsKept = 8;
  const std::lock_guard lock(epochs_mutex_);
  if (const auto found = epochs_.find(epoch); found != epochs_.end()) return found->second;
  const auto stored = chain_.validators_of(epoch);
  if (!stored || !*stored) return nullptr;
  const auto held = std::make_shared<const consensus::ValidatorSet>(**stored);
  epochs_.emplace(epoch, held);
  if (epochs_.size() > kEpochsKept) epochs_.erase(epochs_.begin());
  return held;
}

// Votes for what is stable already are not worth a signature check, and whoever only observes waits for certificates.
bool Ordering::still_useful(const consensus::Message& message) const {
  if (!member_.load(std::memory_order_relaxed) && !std::holds_alternative<consensus::StatusReport>(message) &&
      !std::holds_alternative<consensus::CheckpointCertificate>(message))
    return false;
  const SeqNum stable{stable_.load(std::memory_order_relaxed)};
  if (const auto* vote = std::get_if<consensus::SignedVote>(&message)) return vote->vote.seq > stable;
  if (const auto* checkpoint = std::get_if<consensus::SignedCheckpoint>(&message))
    return checkpoint->vote.height > stable;
  return true;
}

void Ordering::work_arrived() {
  if (!work_posted_.exchange(true)) loop_.post([this] { work_posted_.store(false); });
}

void Ordering::block_executed(BlockHeight height, const Digest& header, std::optional<consensus::ValidatorSet> next) {
  loop_.post([this, height, header, next = std::move(next)] {
    if (!failed_) settle_status(driver_->executed(height, header, next));
  });
}

void Ordering::block_applied(const Applied& block) {
  loop_.post([this, height = block.height, ends_epoch = block.ends_epoch, next_due = block.next_due,
              next_time = block.next_time, operations = block.operations] {
    pool_.abandon(in_flight_.executed(height));
    operations_ += operations;
    // The last block of an epoch counts once it is final: until then it is asked for again, for its certificate.
    if (!ends_epoch) fetcher_.executed(height);
    pruned_by_.clear();
    next_due_ = next_due;
    next_time_ = next_time;
    last_block_ = std::chrono::steady_clock::now();
  });
}

void Ordering::certificate_installed(const consensus::CheckpointCertificate& certificate,
                                     std::optional<consensus::ValidatorSet> next) {
  loop_.post([this, certificate, next = std::move(next)] {
    if (failed_) return;
    fetcher_.executed(certificate.vote.height);
    settle_status(driver_->installed(certificate, next));
  });
}

void Ordering::epoch_recovered(const consensus::ValidatorSet& next, const Digest& header) {
  loop_.post([this, next, header] {
    if (!failed_) settle_status(driver_->recovered(next, header));
  });
}

void Ordering::tick() {
  if (failed_) return;
  shown_end_.clear();
  forward_waiting();
  driver_->tick();
  release_held();
  follow_distance();
  if (services_.joining()) return;
  if (const auto request = fetcher_.tick()) ask(*request);
}

void Ordering::epoch_began(const consensus::ValidatorSet& validators) {
  held_.clear();
  sealing_.reset();
  pool_.abandon(in_flight_.end_epoch());
  fetcher_.executed(validators.start);
  if (validators.epoch.value > 0)
    services_.warn("epoch " + std::to_string(validators.epoch.value) + " began after block " +
                   std::to_string(validators.start.value) + " with " + std::to_string(validators.members.size()) +
                   " validators");
}

void Ordering::votes_lost() {
  services_.warn(
      "votes of this node are missing here: it signs nothing until two windows of new blocks are final; see "
      "docs/operations.md");
}

void Ordering::settle_status(const Status& status) {
  if (status || failed_) return;
  failed_ = true;
  services_.failed(status.error());
}

void Ordering::stop_voting() {
  stop_voting_.store(true);
  loop_.post([this] { failed_ = true; });
}

void Ordering::settle() {
  if (stop_voting_.load()) failed_ = true;
  if (failed_) return;
  driver_->pending_work(pending_work());
  maybe_propose();
  settle_status(driver_->flush());
  if (!failed_) publish_status();
}

void Ordering::publish_status() {
  OrderingStatus status;
  const auto& validators = driver_->validators();
  status.epoch = validators.epoch;
  status.stable = chain_.final_height();
  status.executed = chain_.head().header.height;
  status.fetching = fetcher_.in_flight();
  if (const auto* replica = driver_->replica()) {
    status.self = driver_->self();
    status.view = replica->view();
    status.changing_view = replica->changing_view();
    status.views_failed = replica->views_failed();
    status.recovering = replica->recovering();
    status.stable = replica->stable();
    status.executed = replica->last_executed();
    status.counters = replica->counters();
  }
  status.primary = validators.primary(status.view);
  status.primary_name = validators.members[status.primary.value].name;
  stable_.store(status.stable.value, std::memory_order_relaxed);
  member_.store(status.self.has_value(), std::memory_order_relaxed);
  const std::lock_guard lock(status_mutex_);
  status_ = status;
}

OrderingStatus Ordering::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

void Ordering::send(const consensus::Outgoing& outgoing) {
  const auto payload = std::make_shared<const Bytes>(encode(outgoing.message));
  const auto message_class = class_of(outgoing.message);
  if (outgoing.to)
    services_.send(driver_->validators().key_of(*outgoing.to), message_class, payload);
  else
    services_.broadcast(message_class, payload);
}

void Ordering::evidence(const consensus::Evidence& evidence) {
  const auto misconduct = consensus::misconduct_of(evidence);
  const auto& members = driver_->validators().members;
  services_.warn("replica " + std::to_string(evidence.replica.value) + " (" + members[evidence.replica.value].name +
                 ") " + consensus::describe(misconduct));
  settle_status(services_.keep_evidence(misconduct));
}

void Ordering::halt_proven(Epoch epoch, const consensus::Halt& halt) {
  settle_status(services_.keep_halt({epoch, halt.votes}));
}

void Ordering::halted(const std::string& reason) {
  failed_ = true;
  services_.failed(make_error(ErrorCode::root_mismatch, "", reason, "an operator's decision; see docs/operations.md"));
}

// --- proposing, as primary ---

// The primary's line carries a copy for every backup, so with many of them batches are smaller.
std::size_t batch_bytes_for(std::size_t members) {
  return std::min(limits::kBatchBytesMax - limits::kKiB,
                  limits::kBatchUplinkBytes / std::max<std::size_t>(members - 1, 1));
}

void Ordering::maybe_propose() {
  for (const auto* replica = driver_->replica(); replica != nullptr && replica->can_propose();) {
    const std::uint64_t in_flight = replica->next_seq().value - 1 - replica->last_executed().value;
    if (in_flight >= options_.proposals_in_flight_max) return;
    const auto seal = seal_to_propose();
    const std::size_t room = batch_bytes_for(driver_->validators().members.size()) - (seal ? encode(*seal).size() : 0);
    const auto transactions = pool_.take(room, limits::kBatchOperationsMax);
    // A block for a deadline or the heartbeat alone is made only when nothing is in flight that may serve it.
    if (transactions.empty() && (in_flight > 0 || !block_is_due())) return;
    propose(transactions, seal);
  }
}

// Again only when the batch that carried it is executed or lost.
std::optional<consensus::CheckpointCertificate> Ordering::seal_to_propose() {
  const auto* replica = driver_->replica();
  if (sealing_ && replica->view() == sealing_->view && replica->last_executed() < sealing_->seq) return std::nullopt;
  sealing_.reset();
  auto seal = chain_.seal_due();
  if (seal) return std::move(*seal);
  settle_status(seal.error());
  return std::nullopt;
}

bool Ordering::block_is_due() const {
  if (options_.test_clock) return next_due_ && *next_due_ <= next_time_;
  if (next_due_ && *next_due_ <= services_.now()) return true;
  return std::chrono::steady_clock::now() - last_block_ >= options_.heartbeat;
}

void Ordering::propose(const std::vector<ledger::PooledPointer>& transactions,
                       const std::optional<consensus::CheckpointCertificate>& seal) {
  auto batch = std::make_shared<ledger::Batch>();
  batch->proposer = driver_->self();
  batch->proposed_time = options_.test_clock ? TimestampMs{0} : services_.now();
  auto body = std::make_shared<consensus::Body>();
  Encoder encoder(body->bytes);
  encoder.put(batch->proposer);
  encoder.put(batch->proposed_time);
  // The pooled bytes are canonical already.
  encoder.uleb128(static_cast<std::uint32_t>(transactions.size()));
  std::vector<TransactionId> ids;
  for (const auto& pooled : transactions) {
    ids.push_back(pooled->id);
    encoder.raw(pooled->encoded);
    batch->transactions.push_back(pooled->transaction);
  }
  batch->seal = seal;
  encoder.put(batch->seal);
  if (seal) sealing_ = {driver_->replica()->view(), driver_->replica()->next_seq()};
  body->digest = consensus::batch_digest(body->bytes);
  decoded_.put(body->digest, std::move(batch));
  in_flight_.add(driver_->replica()->next_seq(), body->digest, std::move(ids));
  driver_->propose(std::move(body));
}

// --- checking, as backup ---

void Ordering::check(const consensus::BodyToCheck& body) {
  workers_.post(
      [this, body] {
        Checked checked{body.body->digest, body.seq, {}, {}, {}};
        const auto verified = [&](const TransactionId& id, const ledger::SignedTransaction& transaction) {
          checked.transactions.push_back(id);
          const auto pooled = pool_.find(id);
          return pooled && pooled->transaction.signatures == transaction.signatures;
        };
        auto batch = check_batch(body.body->bytes, body.proposer, options_.chain, verified);
        if (batch) {
          checked.proposed = (*batch)->proposed_time;
          decoded_.put(checked.digest, std::move(batch).value());
        } else {
          checked.why = batch.error().text();
        }
        loop_.post([this, checked = std::move(checked)]() mutable { batch_checked(std::move(checked)); });
      },
      true);
}

void Ordering::batch_checked(Checked checked) {
  if (failed_) return;
  const auto* replica = driver_->replica();
  if (checked.why.empty() && replica != nullptr && checked.seq > replica->last_executed()) {
    pool_.mark_in_flight(checked.transactions);
    in_flight_.add(checked.seq, checked.digest, std::move(checked.transactions));
  }
  if (checked.why.empty() && !options_.test_clock && replica != nullptr) {
    const TimestampMs now = services_.now();
    const auto timeout_ms = replica->view_timeout_ticks() *
                            static_cast<std::uint64_t>(std::max<std::int64_t>(options_.tick_every.count(), 1));
    switch (timeliness(checked.proposed, now, timeout_ms)) {
      case Timeliness::due:
        break;
      case Timeliness::early:
        held_[checked.digest] = {due_at(checked.proposed), checked.seq};
        return;
      case Timeliness::stale:
        checked.why = "its time is " + std::to_string(now.value - checked.proposed.value) +
                      " ms behind this node's clock, more than the view's time-out of " + std::to_string(timeout_ms) +
                      " ms";
    }
  }
  verdict(checked.digest, checked.seq, checked.why);
}

void Ordering::verdict(const Digest& digest, SeqNum seq, const std::string& why) {
  if (!why.empty()) services_.warn("refused the batch for height " + std::to_string(seq.value) + ": " + why);
  driver_->batch_checked(digest, why.empty());
}

void Ordering::release_held() {
  for (auto it = held_.begin(); it != held_.end();) {
    const bool stale = driver_->replica() == nullptr || it->second.seq <= driver_->replica()->stable();
    if (!stale && it->second.due > services_.now()) {
      ++it;
      continue;
    }
    if (!stale) verdict(it->first, it->second.seq, {});
    it = held_.erase(it);
  }
}

}  // namespace tally::node
