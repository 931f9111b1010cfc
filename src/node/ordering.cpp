#include "node/ordering.h"

#include "common/limits.h"

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

Status Ordering::start(storage::Store& store) {
  const auto head = chain_.head();
  auto driver = ReplicaDriver::open(store, options_.replica, head.header.height, head.digest, *this);
  if (!driver) return driver.error();
  driver_ = std::move(driver).value();
  fetcher_.executed(head.header.height);
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
        if (!still_useful(*decoded)) return;
        const auto* report = std::get_if<consensus::StatusReport>(&*decoded);
        const auto& validators = options_.replica.validators;
        if (report != nullptr && (!validators.has(report->replica) || validators.key_of(report->replica) != held->from))
          return services_.penalise(held->from, "STATUS in another replica's name");
        const std::optional<BlockHeight> peer_stable = report != nullptr ? std::optional(report->stable) : std::nullopt;
        auto authentic = consensus::authenticate(std::move(decoded).value(), validators, verifier_);
        if (!authentic) {
          // A message of another epoch is late or early, not a lie.
          if (authentic.error().field != "epoch") services_.penalise(held->from, authentic.error().text());
          return;
        }
        loop_.post([this, held, peer_stable, message = std::move(authentic).value()] {
          if (failed_) return;
          if (peer_stable) fetcher_.peer_reports(held->from, *peer_stable);
          driver_->deliver(message);
        });
      },
      true);
}

// Votes for what is stable already are not worth a signature check.
bool Ordering::still_useful(const consensus::Message& message) const {
  const SeqNum stable{stable_.load(std::memory_order_relaxed)};
  if (const auto* vote = std::get_if<consensus::SignedVote>(&message)) return vote->vote.seq > stable;
  if (const auto* checkpoint = std::get_if<consensus::SignedCheckpoint>(&message))
    return checkpoint->vote.height > stable;
  return true;
}

void Ordering::peer_gone(const PublicKey& peer) {
  loop_.post([this, peer] { fetcher_.peer_gone(peer); });
}

void Ordering::work_arrived() {
  if (!work_posted_.exchange(true)) loop_.post([this] { work_posted_.store(false); });
}

void Ordering::block_executed(BlockHeight height, const Digest& header) {
  loop_.post([this, height, header] {
    if (!failed_) driver_->executed(height, header);
  });
}

void Ordering::block_applied(const Applied& block) {
  loop_.post([this, height = block.height, next_due = block.next_due, next_time = block.next_time] {
    fetcher_.executed(height);
    next_due_ = next_due;
    next_time_ = next_time;
    last_block_ = std::chrono::steady_clock::now();
  });
}

void Ordering::certificate_installed(const consensus::CheckpointCertificate& certificate) {
  loop_.post([this, certificate] {
    if (!failed_) driver_->installed(certificate);
  });
}

void Ordering::tick() {
  if (failed_) return;
  driver_->tick();
  release_held();
  if (const auto request = fetcher_.tick()) ask(*request);
}

void Ordering::stop_voting() {
  stop_voting_.store(true);
  loop_.post([this] { failed_ = true; });
}

void Ordering::settle() {
  if (stop_voting_.load()) failed_ = true;
  if (failed_) return;
  consensus::PendingWork work;
  work.waiting = pool_.sizes().pending > 0 || block_is_due();
  driver_->pending_work(work);
  maybe_propose();
  if (Status flushed = driver_->flush(); !flushed) {
    failed_ = true;
    services_.failed(flushed.error());
    return;
  }
  publish_status();
}

void Ordering::publish_status() {
  const auto& replica = driver_->replica();
  stable_.store(replica.stable().value, std::memory_order_relaxed);
  const std::lock_guard lock(status_mutex_);
  status_ = {replica.view(), options_.replica.validators.primary(replica.view()), replica.stable(),
             replica.last_executed(), fetcher_.in_flight()};
}

OrderingStatus Ordering::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

std::vector<consensus::Evidence> Ordering::evidence() const {
  const std::lock_guard lock(status_mutex_);
  return evidence_;
}

void Ordering::send(const consensus::Outgoing& outgoing) {
  const auto payload = std::make_shared<const Bytes>(encode(outgoing.message));
  const auto message_class = class_of(outgoing.message);
  if (outgoing.to)
    services_.send(options_.replica.validators.key_of(*outgoing.to), message_class, payload);
  else
    services_.broadcast(message_class, payload);
}

void Ordering::evidence(const consensus::Evidence& evidence) {
  services_.warn("replica " + std::to_string(evidence.replica.value) + " signed two conflicting votes");
  static constexpr std::size_t kEvidenceMax = 256;
  const std::lock_guard lock(status_mutex_);
  if (evidence_.size() < kEvidenceMax) evidence_.push_back(evidence);
}

void Ordering::halted(const std::string& reason) {
  failed_ = true;
  services_.failed(make_error(ErrorCode::root_mismatch, "", reason, "an operator's decision; see docs/operations.md"));
}

// --- proposing, as primary ---

void Ordering::maybe_propose() {
  while (driver_->replica().can_propose()) {
    const auto& replica = driver_->replica();
    const std::uint64_t in_flight = replica.next_seq().value - 1 - replica.last_executed().value;
    if (in_flight >= options_.proposals_in_flight_max) return;
    const auto transactions = pool_.take(limits::kBatchBytesMax - limits::kKiB, limits::kBatchOperationsMax);
    // A block for a deadline or the heartbeat alone is made only when nothing is in flight that may serve it.
    if (transactions.empty() && (in_flight > 0 || !block_is_due())) return;
    propose(transactions);
  }
}

bool Ordering::block_is_due() const {
  if (options_.test_clock) return next_due_ && *next_due_ <= next_time_;
  if (next_due_ && *next_due_ <= services_.now()) return true;
  return std::chrono::steady_clock::now() - last_block_ >= options_.heartbeat;
}

void Ordering::propose(const std::vector<ledger::PooledPointer>& transactions) {
  auto batch = std::make_shared<ledger::Batch>();
  batch->proposer = options_.replica.self;
  batch->proposed_time = options_.test_clock ? TimestampMs{0} : services_.now();
  auto body = std::make_shared<consensus::Body>();
  Encoder encoder(body->bytes);
  encoder.put(batch->proposer);
  encoder.put(batch->proposed_time);
  // The pooled bytes are canonical already.
  encoder.uleb128(static_cast<std::uint32_t>(transactions.size()));
  for (const auto& pooled : transactions) {
    encoder.raw(pooled->encoded);
    batch->transactions.push_back(pooled->transaction);
  }
  body->digest = consensus::batch_digest(body->bytes);
  decoded_.put(body->digest, std::move(batch));
  driver_->propose(std::move(body));
}

// --- checking, as backup ---

void Ordering::check(const consensus::BodyToCheck& body) {
  workers_.post(
      [this, body] {
        const auto verified = [this](const TransactionId& id, const ledger::SignedTransaction& transaction) {
          const auto pooled = pool_.find(id);
          return pooled && pooled->transaction.signatures == transaction.signatures;
        };
        auto batch = check_batch(body.body->bytes, body.proposer, options_.chain, verified);
        const bool good = batch.has_value();
        const std::string why = good ? "" : batch.error().text();
        const TimestampMs proposed = good ? (*batch)->proposed_time : TimestampMs{0};
        if (good) decoded_.put(body.body->digest, std::move(batch).value());
        loop_.post([this, digest = body.body->digest, seq = body.seq, good, why, proposed] {
          if (failed_) return;
          const TimestampMs due{proposed.value - std::min(proposed.value, limits::kBlockTimeAheadMsMax)};
          if (good && !options_.test_clock && due > services_.now())
            held_[digest] = {due, seq};
          else
            verdict(digest, seq, good, why);
        });
      },
      true);
}

void Ordering::verdict(const Digest& digest, SeqNum seq, bool good, const std::string& why) {
  if (!good) services_.warn("refused the batch for height " + std::to_string(seq.value) + ": " + why);
  driver_->batch_checked(digest, good);
}

void Ordering::release_held() {
  for (auto it = held_.begin(); it != held_.end();) {
    const bool stale = it->second.seq <= driver_->replica().stable();
    if (!stale && it->second.due > services_.now()) {
      ++it;
      continue;
    }
    if (!stale) verdict(it->first, it->second.seq, true, "");
    it = held_.erase(it);
  }
}

}  // namespace tally::node
