#include "node/replica_driver.h"

namespace tally::node {

namespace {

std::string describe(const consensus::Divergence& diverged) {
  return "this node executed block " + std::to_string(diverged.certificate.vote.height.value) + " to header " +
         diverged.own.hex() + ", but a quorum certified " + diverged.certificate.vote.header.hex();
}

std::string describe(const consensus::Halt& halt) {
  std::string out = "no header of block " + std::to_string(halt.height.value) + " can reach a quorum:";
  for (const auto& checkpoint : halt.votes)
    out += " replica " + std::to_string(checkpoint.replica.value) + " has " + checkpoint.vote.header.hex() + ",";
  out.pop_back();
  return out;
}

std::optional<ReplicaIndex> index_of(const consensus::ValidatorSet& validators, const PublicKey& key) {
  for (std::uint32_t i = 0; i < validators.members.size(); ++i)
    if (validators.members[i].key == key) return ReplicaIndex{i};
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<ReplicaDriver>> ReplicaDriver::open(storage::Store& store, DriverOptions options,
                                                           EpochPosition position, BlockHeight executed,
                                                           const Digest& executed_header, DriverHost& host) {
  std::unique_ptr<ReplicaDriver> driver(new ReplicaDriver(store, std::move(options), host));
  const auto records = driver->votes_.load();
  if (!records) return records.error();
  // A new data directory: from here on, a missing mark means missing votes.
  if (records->empty() && executed.value == 0) {
    if (Status marked = driver->votes_.persist({consensus::InitRecord{}}); !marked) return marked.error();
  }
  // The chain writes certificates unsynced; the votes know the last for certain.
  for (const auto& record : *records) {
    const auto* lost = std::get_if<consensus::LostRecord>(&record);
    if (lost != nullptr && lost->epoch < position.current.epoch) driver->votes_lost_ = !lost->over();
    const auto* stable = std::get_if<consensus::StableRecord>(&record);
    if (stable != nullptr && stable->certificate.vote.height <= executed) {
      host.finalised(stable->certificate);
      driver->remember(stable->certificate);
    }
  }
  if (position.certified) driver->remember(*position.certified);
  const bool ended = position.next.has_value();
  if (ended) driver->ending_ = Ending{std::move(*position.next), executed_header};
  if (Status begun = driver->begin(std::move(position.current), executed, executed_header, ended); !begun)
    return begun.error();
  return driver;
}

Status ReplicaDriver::begin(consensus::ValidatorSet validators, BlockHeight executed, const Digest& header,
                            bool ended) {
  if (replica_) votes_lost_ = replica_->recovering();
  replica_.reset();
  validators_ = std::move(validators);
  const auto self = index_of(validators_, options_.key);
  if (self) {
    auto records = votes_.load();
    if (!records) return records.error();
    if (votes_lost_) {
      // What was lost may have been votes of this epoch.
      records->emplace_back(consensus::LostRecord{validators_.epoch, std::nullopt});
      if (Status marked = votes_.persist({records->back()}); !marked) return marked;
    }
    self_ = *self;
    consensus::Configuration configuration = options_.replica;
    configuration.validators = validators_;
    configuration.self = *self;
    replica_.emplace(std::move(configuration),
                     consensus::Restored{std::move(records).value(), executed, header, ended});
  }
  host_.epoch_began(validators_);
  return {};
}

// All that the ended epoch still asks for is done first.
Status ReplicaDriver::begin_next() {
  Ending ending = *std::exchange(ending_, std::nullopt);
  const BlockHeight last = ending.next.start;
  return begin(std::move(ending.next), last, ending.header, false);
}

void ReplicaDriver::deliver(const consensus::Authentic& message) {
  if (replica_) replica_->step(message);
}

void ReplicaDriver::tick() {
  ++ticks_;
  if (replica_)
    replica_->tick();
  else if (certified_ && ticks_ % (2 * std::max(options_.replica.status_every_ticks, 1U)) == 0)
    host_.send({std::nullopt, *certified_});
}

void ReplicaDriver::remember(const consensus::CheckpointCertificate& certificate) {
  if (!certified_ || certified_->vote.height < certificate.vote.height) certified_ = certificate;
}

void ReplicaDriver::batch_checked(const Digest& digest, bool good) {
  if (replica_) replica_->batch_checked(digest, good);
}

void ReplicaDriver::pending_work(const consensus::PendingWork& work) {
  if (replica_) replica_->pending_work(work);
}

Status ReplicaDriver::executed(BlockHeight height, const Digest& header, std::optional<consensus::ValidatorSet> next) {
  const bool ends = next.has_value();
  if (ends) ending_ = Ending{std::move(*next), header};
  if (replica_ && height > replica_->last_executed()) replica_->executed(height, header, ends);
  return ends ? flush() : Status{};
}

Status ReplicaDriver::installed(const consensus::CheckpointCertificate& certificate,
                                std::optional<consensus::ValidatorSet> next) {
  // What a certificate of an epoch that ended here proves is known.
  if (certificate.vote.epoch != validators_.epoch) return {};
  remember(certificate);
  const bool ends = next.has_value();
  if (ends) ending_ = Ending{std::move(*next), certificate.vote.header};
  if (replica_) replica_->installed(certificate, ends);
  if (!ending_ || certificate.vote.height < ending_->next.start) return {};
  // The certificates that follow belong to the next epoch's replica.
  if (Status flushed = flush(); !flushed) return flushed;
  return ending_ ? begin_next() : Status{};
}

Status ReplicaDriver::recovered(consensus::ValidatorSet next, const Digest& header) {
  if (next.epoch <= validators_.epoch) return {};
  if (Status flushed = flush(); !flushed) return flushed;
  ending_.reset();
  const BlockHeight last = next.start;
  return begin(std::move(next), last, header, false);
}

Status ReplicaDriver::flush() {
  for (bool idle = false; !idle;) {
    if (Status flushed = flush_once(idle); !flushed) return flushed;
    // The certificate may also have come before the block was executed here.
    const bool early = planted(options_.replica.planted, consensus::Bug::next_epoch_early);
    if (idle && ending_ && replica_ && (early || replica_->stable() >= ending_->next.start)) {
      if (Status begun = begin_next(); !begun) return begun;
      idle = false;
    }
  }
  return {};
}

Status ReplicaDriver::flush_once(bool& idle) {
  idle = true;
  if (!replica_) return {};
  consensus::Ready ready = replica_->take_ready();
  // Said again as long as it holds, so it is no reason to go round again.
  if (ready.behind) host_.behind(*std::exchange(ready.behind, std::nullopt));
  if (ready.empty()) return {};
  idle = false;
  if (planted(options_.replica.planted, consensus::Bug::sends_before_persist))
    for (const auto& outgoing : std::exchange(ready.send, {})) host_.send(outgoing);
  if (Status persisted = votes_.persist(ready.persist); !persisted) return persisted;
  for (const auto& record : ready.persist)
    if (const auto* entered = std::get_if<consensus::NewViewRecord>(&record))
      host_.view_entered(entered->new_view.body);
  for (const auto& outgoing : ready.send) host_.send(outgoing);
  for (const auto& body : ready.check) host_.check(body);
  for (const auto& decided : ready.execute) host_.execute(decided);
  for (const auto& certificate : ready.finalised) host_.finalised(certificate);
  if (!ready.finalised.empty()) remember(ready.finalised.back());
  for (const auto& evidence : ready.evidence) host_.evidence(evidence);
  if (ready.votes_lost) host_.votes_lost();
  if (ready.diverged) host_.halted(describe(*ready.diverged));
  if (ready.halted) {
    host_.halt_proven(validators_.epoch, *ready.halted);
    host_.halted(describe(*ready.halted));
  }
  return {};
}

}  // namespace tally::node
