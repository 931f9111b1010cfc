#include "sim/office.h"

#include "common/codec.h"
#include "common/limits.h"

namespace tally::sim {

using consensus::CheckpointCertificate;
using consensus::Message;
using consensus::StatusReport;

namespace {

constexpr std::uint64_t kCheckUs = 2'000;
constexpr std::uint64_t kHeldUs = 100'000;
constexpr std::uint64_t kExecutionUs = 3'000;
constexpr std::uint64_t kGossipAgainTicks = 10;
constexpr std::size_t kBlocksPerAnswer = 8;
constexpr std::uint64_t kAheadMsMax = limits::kBlockTimeAheadMsMax;

}  // namespace

Office::Office(Surroundings& world, std::uint32_t own, std::unique_ptr<crypto::Signer> signer, std::uint64_t seed,
               OfficeSettings settings)
    : identity(own),
      disk(seed),
      world_(world),
      signer_(std::move(signer)),
      settings_(settings),
      fetcher_(settings.planted) {}

bool Office::start() {
  crash();
  disk.open();
  dying_ = failed_ = false;
  ledger_.emplace(disk, world_.genesis(), world_.everybody());
  if (Status loaded = ledger_->load(); !loaded) {
    world_.on_stopped(*this, loaded.error());
    return false;
  }
  world_.on_loaded(*this);
  node::EpochPosition where = position();
  fetcher_.executed(where.next ? BlockHeight{ledger_->height().value - 1} : ledger_->height());
  node::DriverOptions options;
  options.replica.window = settings_.window;
  options.replica.view_timeout_ticks = settings_.view_timeout_ticks;
  options.replica.view_timeout_max_ticks = settings_.view_timeout_max_ticks;
  options.replica.signer = signer_.get();
  options.replica.planted = settings_.planted;
  options.key = world_.everybody().members[identity].key;
  auto opened = node::ReplicaDriver::open(disk, options, std::move(where), ledger_->height(), ledger_->head(), *this);
  if (!opened) {
    world_.on_stopped(*this, opened.error());
    return false;
  }
  driver_ = std::move(opened).value();
  settle();
  return true;
}

void Office::crash() {
  ++incarnation_;
  driver_.reset();
  ledger_.reset();
  fetcher_ = node::BlockFetcher(settings_.planted);
  to_execute_.clear();
  execution_planned_ = false;
  pool_.clear();
  proposed_.clear();
  served_at_tick_.clear();
  sends_left_.reset();
  ticks_ = 0;
  disk.crash();
}

node::EpochPosition Office::position() const {
  node::EpochPosition out{ledger_->validators()};
  if (!ledger_->certificates().empty()) out.certified = ledger_->certificates().rbegin()->second;
  if (!ledger_->ended() || ledger_->certified() >= ledger_->height()) return out;
  out.next = out.current;
  out.current = *ledger_->set_of(ledger_->block(ledger_->height()).epoch);
  return out;
}

void Office::stop_if_bad(const Status& status) {
  if (status || failed_) return;
  failed_ = true;
  if (!dying()) world_.on_stopped(*this, status.error());
}

void Office::halted(const std::string& reason) {
  failed_ = true;
  world_.on_halted(*this, reason);
}

void Office::settle() {
  if (!running() || dying()) return;
  driver_->pending_work(pending_work());
  propose_waiting();
  stop_if_bad(driver_->flush());
}

void Office::tick() {
  if (!running()) return;
  ++ticks_;
  shown_end_.clear();
  driver_->tick();
  ask(fetcher_.tick());
  Gossip again;
  for (const auto& [id, pooled] : pool_)
    if ((ticks_ - pooled.since_tick) % kGossipAgainTicks == kGossipAgainTicks - 1)
      again.transactions.push_back(pooled.transaction);
  if (!again.transactions.empty()) world_.post(*this, std::nullopt, std::make_shared<Parcel>(identity, again));
  settle();
}

// --- the driver's host ---

void Office::send(const consensus::Outgoing& outgoing) {
  if (sends_left_ && (*sends_left_)-- == 0) {
    sends_left_.reset();
    dying_ = true;
  }
  if (dying() || failed_) return;
  world_.on_sent(*this, outgoing.message);
  std::optional<std::uint32_t> to;
  if (outgoing.to) to = world_.identity_of(driver_->validators().key_of(*outgoing.to));
  world_.post(*this, to, std::make_shared<Parcel>(identity, outgoing.message));
}

// Bad for ever, good, or, for a time too far ahead, not yet.
std::optional<bool> Office::judge(const consensus::BodyToCheck& body) const {
  const auto batch = decode<Batch>(body.body->bytes);
  if (!batch) return false;
  for (const auto& transaction : batch->transactions)
    if (!world_.issued(transaction)) return false;
  if (batch->time_ms > world_.now_ms(*this) + kAheadMsMax) return std::nullopt;
  return true;
}

void Office::check(const consensus::BodyToCheck& body) {
  world_.later(*this, kCheckUs, [this, body] {
    const auto verdict = judge(body);
    if (verdict) return driver_->batch_checked(body.body->digest, *verdict);
    // Not due yet, by the clock of this office.
    world_.later(*this, kHeldUs, [this, body] { check(body); });
  });
}

void Office::execute(const consensus::Decided& decided) {
  if (!dying()) world_.on_decided(*this, decided);
  to_execute_.push_back(decided);
  if (std::exchange(execution_planned_, true)) return;
  world_.later(*this, kExecutionUs, [this] { execute_next(); });
}

void Office::finalised(const CheckpointCertificate& certificate) {
  stop_if_bad(ledger_->keep(certificate));
  if (!dying()) world_.on_final(*this, certificate);
}

void Office::epoch_began(const consensus::ValidatorSet& validators) {
  fetcher_.executed(validators.start);
}

// --- execution: one gate, by height ---

void Office::execute_next() {
  execution_planned_ = false;
  if (to_execute_.empty()) return;
  const consensus::Decided decided = std::move(to_execute_.front());
  to_execute_.pop_front();
  if (!to_execute_.empty()) {
    execution_planned_ = true;
    world_.later(*this, kExecutionUs, [this] { execute_next(); });
  }
  // Void, because a block below it ended its epoch; its transactions are in the pool still.
  if (decided.epoch < ledger_->validators().epoch) return;
  if (decided.seq <= ledger_->height()) return;
  const ByteView body = decided.body ? ByteView(decided.body->bytes) : ByteView{};
  if (Status appended = ledger_->append(decided.digest, body, computes_wrong); !appended) return stop_if_bad(appended);
  after_block();
  const Block& block = ledger_->block(decided.seq);
  stop_if_bad(driver_->executed(block.height, block.header, block.next));
}

void Office::after_block() {
  const Block& block = ledger_->block(ledger_->height());
  world_.on_block(*this, block);
  // The last block of an epoch counts once it has its certificate.
  if (!block.next) fetcher_.executed(block.height);
  if (block.body.empty()) return;
  for (const auto& transaction : decode<Batch>(block.body).value().transactions) {
    pool_.erase(transaction.id());
    proposed_.erase(transaction.id());
    served_at_tick_[transaction.client] = ticks_;
  }
}

// --- from the network ---

void Office::receive(const Parcel& parcel) {
  if (!running()) return;
  if (const auto* message = std::get_if<Message>(&parcel.content))
    receive_message(parcel, *message);
  else if (const auto* gossip = std::get_if<Gossip>(&parcel.content))
    receive_gossip(*gossip);
  else if (const auto* request = std::get_if<BlocksRequest>(&parcel.content))
    serve(parcel.from, request->from);
  else
    take_blocks(parcel.from, std::get<BlocksResponse>(parcel.content));
  settle();
}

void Office::receive_message(const Parcel& parcel, const Message& message) {
  const PublicKey& peer = world_.everybody().members[parcel.from].key;
  const auto* set = ledger_->set_of(consensus::epoch_of(message));
  if (const auto* report = std::get_if<StatusReport>(&message)) {
    fetcher_.peer_reports(peer, report->stable);
    const auto* next = ledger_->set_of(Epoch{report->epoch.value + 1});
    if (next != nullptr && report->epoch < driver_->validators().epoch && shown_end_.insert(parcel.from).second) {
      const auto end = ledger_->certificates().find(next->start);
      if (end != ledger_->certificates().end())
        world_.post(*this, parcel.from, std::make_shared<Parcel>(identity, Message(end->second)));
    }
    if (set != nullptr && (!set->has(report->replica) || set->key_of(report->replica) != peer)) return;
  }
  if (const auto* certificate = std::get_if<CheckpointCertificate>(&message);
      certificate != nullptr && certificate->vote.height > ledger_->certified())
    fetcher_.peer_reports(peer, certificate->vote.height);
  if (set == nullptr || set->epoch != driver_->validators().epoch) return;
  if (const auto* good = parcel.authentic(*set, world_.verifier())) driver_->deliver(*good);
}

void Office::submit(const Transaction& transaction) {
  if (!running() || ledger_->executed(transaction.id())) return;
  pool_.try_emplace(transaction.id(), Pooled{transaction, ticks_});
  world_.post(*this, std::nullopt, std::make_shared<Parcel>(identity, Gossip{{transaction}}));
  settle();
}

void Office::receive_gossip(const Gossip& gossip) {
  for (const auto& transaction : gossip.transactions)
    if (world_.issued(transaction) && !ledger_->executed(transaction.id()))
      pool_.try_emplace(transaction.id(), Pooled{transaction, ticks_});
}

// --- catch-up ---

void Office::ask(const std::optional<node::BlockFetcher::Request>& request) {
  if (!request) return;
  world_.post(*this, world_.identity_of(request->peer),
              std::make_shared<Parcel>(identity, BlocksRequest{request->from}));
}

void Office::serve(std::uint32_t to, BlockHeight from) {
  BlocksResponse response{from, {}};
  std::size_t certified = 0;
  for (BlockHeight at = from; at <= ledger_->certified() && at.value > 0; at = at.next()) {
    if (response.blocks.size() == kBlocksPerAnswer && certified > 0) break;
    const auto certificate = ledger_->certificates().find(at);
    response.blocks.push_back({ledger_->block(at), std::nullopt});
    if (certificate != ledger_->certificates().end()) {
      response.blocks.back().certificate = certificate->second;
      certified = response.blocks.size();
    }
    if (response.blocks.back().block.next) break;
  }
  response.blocks.resize(certified);
  world_.post(*this, to, std::make_shared<Parcel>(identity, std::move(response)));
}

bool Office::good_blocks(const BlocksResponse& response) const {
  if (response.blocks.empty() || !response.blocks.back().certificate) return false;
  const auto* set = ledger_->set_of(response.blocks.front().block.epoch);
  if (set == nullptr) return false;
  BlockHeight expected = response.from;
  const Digest* parent = nullptr;
  for (const auto& [block, certificate] : response.blocks) {
    if (block.height != expected || block.epoch != set->epoch) return false;
    if (parent != nullptr && header_of(*parent, block, block.next ? *block.next : *set) != block.header) return false;
    parent = &block.header;
    const Digest digest = block.body.empty() ? consensus::kNullBatch : consensus::batch_digest(block.body);
    if (block.batch != digest) return false;
    expected = expected.next();
    if (!certificate) continue;
    if (certificate->vote.height != block.height || certificate->vote.header != block.header) return false;
    if (!consensus::check_certificate(*certificate, *set, world_.verifier())) return false;
  }
  return true;
}

void Office::take_blocks(std::uint32_t from, const BlocksResponse& response) {
  const PublicKey& peer = world_.everybody().members[from].key;
  if (!fetcher_.awaits(peer, response.from)) return;
  if (!good_blocks(response)) return fetcher_.failed(peer);
  for (const auto& [block, certificate] : response.blocks) {
    if (block.height < ledger_->height() || failed_) continue;
    if (block.height > ledger_->height()) {
      if (Status appended = ledger_->append(block.batch, block.body, computes_wrong); !appended)
        return stop_if_bad(appended);
      after_block();
    }
    const Block& made = ledger_->block(block.height);
    // A link that does not hold, or a state that differs: the certificate of a later block decides who is wrong.
    if (made.header != block.header) return halted("a certified block cannot be reproduced here");
    if (!certificate || block.height <= ledger_->certified()) continue;
    stop_if_bad(ledger_->keep(*certificate));
    world_.on_final(*this, *certificate);
    fetcher_.executed(block.height);
    if (!failed_) stop_if_bad(driver_->installed(*certificate, made.next));
  }
  fetcher_.succeeded(peer);
  ask(fetcher_.next());
}

// --- proposing ---

consensus::PendingWork Office::pending_work() const {
  consensus::PendingWork work;
  work.waiting = !pool_.empty();
  work.saturated = pool_.size() > settings_.batch_transactions_max;
  work.operations = ledger_->operations();
  for (const auto& [id, pooled] : pool_) {
    const auto served = served_at_tick_.find(pooled.transaction.client);
    const std::uint64_t since = std::max(pooled.since_tick, served == served_at_tick_.end() ? 0 : served->second);
    work.starved_ticks = std::max(work.starved_ticks, ticks_ - since);
  }
  return work;
}

Batch Office::next_batch() {
  const auto* replica = driver_->replica();
  // What an earlier view took away with it waits again.
  if (replica->view() != proposed_in_) proposed_.clear();
  proposed_in_ = replica->view();
  Batch batch{identity, world_.now_ms(*this), {}};
  for (const auto& [id, pooled] : pool_) {
    if (batch.transactions.size() == settings_.batch_transactions_max) break;
    if (proposed_.contains(id) || pooled.transaction.client == censored_client) continue;
    batch.transactions.push_back(pooled.transaction);
  }
  return batch;
}

void Office::propose_waiting() {
  while (driver_->replica() != nullptr && driver_->replica()->can_propose() && !proposes_nothing) {
    const auto* replica = driver_->replica();
    const std::uint64_t in_flight = replica->next_seq().value - 1 - replica->last_executed().value;
    if (in_flight >= settings_.proposals_in_flight_max) return;
    const Batch batch = next_batch();
    if (batch.transactions.empty()) return;
    for (const auto& transaction : batch.transactions) proposed_.insert(transaction.id());
    Bytes bytes = encode(batch);
    const Digest digest = consensus::batch_digest(bytes);
    driver_->propose(std::make_shared<const consensus::Body>(consensus::Body{digest, std::move(bytes)}));
  }
}

}  // namespace tally::sim
