#include "consensus/cluster_node.h"

#include <stdexcept>

#include "consensus/cluster.h"
#include "node/proposal_time.h"

namespace tally::consensus::test {

Node::Node(Cluster& cluster, std::uint32_t number, std::uint32_t own, std::uint64_t seed)
    : process(number),
      identity(own),
      disk(seed),
      clock_ms(Cluster::kStartMs),
      cluster_(cluster),
      signer_(cluster.everybody().members[own].key) {}

void Node::start() {
  crash();
  disk.open();
  stopped_because.clear();
  evidence_held.clear();
  behind_of.reset();
  lost_votes = false;
  voided = rejected = 0;
  asked.clear();
  store_.emplace(disk, cluster_.invariants(), ReplicaIndex{identity}, crash_plan);
  chain_.emplace(cluster_.genesis(), cluster_.everybody());
  const Status loaded = chain_->load(*store_);
  blocks = chain_->blocks();
  certificates = chain_->certificates();
  if (!loaded) {
    stopped_because = loaded.error().text();
    return;
  }
  node::EpochPosition where = position();
  fetcher_.executed(where.next ? BlockHeight{chain_->height().value - 1} : chain_->height());
  node::DriverOptions options;
  options.replica = cluster_.configuration();
  options.replica.signer = &signer_;
  options.key = signer_.public_key();
  auto opened = node::ReplicaDriver::open(*store_, options, std::move(where), chain_->height(), chain_->head(), *this);
  if (!opened) {
    stopped_because = opened.error().text();
    return;
  }
  driver_ = std::move(opened).value();
  settle();
}

void Node::crash() {
  driver_.reset();
  tasks_.clear();
  to_check_.clear();
  early_.clear();
  proposed_.clear();
  first_ticks.clear();
  served_at_tick_.clear();
  shown_end_.clear();
  handed_.clear();
  fetcher_ = {};
  ticks_ = 0;
  crash_plan = {};
  sent_ = false;
  disk.crash();
}

node::EpochPosition Node::position() const {
  node::EpochPosition out{chain_->validators()};
  if (!chain_->certificates().empty()) out.certified = chain_->certificates().rbegin()->second;
  const bool ended = !blocks.empty() && blocks.back().next;
  if (!ended || chain_->certified() >= chain_->height()) return out;
  out.next = out.current;
  out.current = *chain_->set_of(blocks.back().epoch);
  return out;
}

void Node::stop_if_bad(const Status& status) {
  if (!status && stopped_because.empty()) stopped_because = status.error().text();
}

void Node::halted(const std::string& reason) {
  stop_if_bad(make_error(ErrorCode::root_mismatch, "", reason));
}

void Node::flush() {
  sent_ = false;
  stop_if_bad(driver_->flush());
  if (sent_ && crash_plan.next == CrashPoint::after_send) store_->die();
}

void Node::settle() {
  if (driver_ == nullptr) return;
  if (running()) flush();
  while (running() && !dying() && !tasks_.empty()) {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    if (running() && !dying()) flush();
  }
  if (dying()) {
    stopped_because.clear();
    return crash();
  }
  if (replica() == nullptr) return;
  Invariants& invariants = cluster_.invariants();
  invariants.on_footprint({identity}, replica()->footprint(), driver_->validators().members.size());
  invariants.on_heights({identity}, replica()->stable(), replica()->last_executed());
}

void Node::tick() {
  clock_ms += Cluster::kTickMs;
  if (!running()) return;
  ++ticks_;
  shown_end_.clear();
  driver_->pending_work(pending_work());
  driver_->tick();
  release_held();
  if (cluster_.catches_up()) ask(fetcher_.tick());
  settle();
}

// --- the driver's host ---

bool Node::died_after_send() {
  if (sent_ && crash_plan.next == CrashPoint::after_send) store_->die();
  return dying();
}

void Node::send(const Outgoing& outgoing) {
  if (dying() || !running()) return;
  sent_ = true;
  Message message = outgoing.message;
  if (auto* report = std::get_if<StatusReport>(&message); report != nullptr && serving == Serving::claims_more)
    report->stable = report->executed = report->executed.plus(1000);
  cluster_.invariants().on_sent({identity}, message);
  cluster_.send(process, outgoing.to ? &driver_->validators().key_of(*outgoing.to) : nullptr, message);
}

void Node::check(const BodyToCheck& body) {
  if (died_after_send()) return;
  const std::string text(as_text(body.body->bytes));
  const auto transactions = transactions_of(text);
  const bool bad = text.starts_with("bad") || std::any_of(transactions.begin(), transactions.end(),
                                                          [&](const auto& one) { return refused.contains(one); });
  const Digest& digest = body.body->digest;
  if (bad)
    tasks_.push_back([this, digest] { driver_->batch_checked(digest, false); });
  else if (hold_checks)
    to_check_.push_back(digest);
  else
    tasks_.push_back([this, digest, text] { judge(digest, text); });
}

void Node::judge(const Digest& digest, const std::string& batch) {
  const TimestampMs proposed = proposed_time(batch);
  const auto* replica = driver_->replica();
  if (replica == nullptr || proposed == TimestampMs{}) return driver_->batch_checked(digest, true);
  const TimestampMs now{static_cast<std::uint64_t>(clock_ms)};
  const auto timely = node::timeliness(proposed, now, replica->view_timeout_ticks() * Cluster::kTickMs);
  if (timely == node::Timeliness::early)
    early_.insert_or_assign(digest, node::due_at(proposed));
  else
    driver_->batch_checked(digest, timely == node::Timeliness::due);
}

void Node::release_held() {
  for (auto held = early_.begin(); held != early_.end();) {
    const bool due = held->second.value <= static_cast<std::uint64_t>(clock_ms);
    if (due) driver_->batch_checked(held->first, true);
    held = due ? early_.erase(held) : std::next(held);
  }
}

void Node::answer_checks() {
  if (!running()) return;
  for (const auto& digest : std::exchange(to_check_, {})) driver_->batch_checked(digest, true);
  settle();
}

void Node::execute(const Decided& decided) {
  if (!handed_.emplace(decided.epoch, decided.seq).second) throw std::logic_error("a batch was handed over twice");
  cluster_.invariants().on_decided({identity}, replica()->stable(), decided.seq);
  if (!died_after_send()) tasks_.push_back([this, decided] { execute_now(decided); });
}

void Node::finalised(const CheckpointCertificate& certificate) {
  // Before the driver is there, it reads what was final already.
  if (driver_ != nullptr && died_after_send()) return;
  stop_if_bad(chain_->keep(*store_, certificate));
  certificates = chain_->certificates();
  cluster_.invariants().on_finalised({identity}, certificate);
}

void Node::behind(BlockHeight height) {
  behind_of = height;
  fetcher_.proved(height);
}

void Node::evidence(const Evidence& found) {
  if (died_after_send()) return;
  cluster_.invariants().on_evidence(driver_->validators().epoch, found);
  evidence_held.push_back(found);
}

void Node::epoch_began(const ValidatorSet& validators) {
  cluster_.invariants().add_set(validators);
  fetcher_.executed(validators.start);
  early_.clear();
}

// --- execution: one gate, by height ---

void Node::execute_now(const Decided& decided) {
  if (decided.epoch < chain_->validators().epoch) {
    ++voided;
    return;
  }
  if (decided.seq <= chain_->height()) return;
  if (decided.seq != chain_->height().next()) throw std::logic_error("a batch was handed over out of order");
  if ((decided.digest == kNullBatch) != (decided.body == nullptr)) throw std::logic_error("a batch without its body");
  const std::string text = decided.body ? std::string(as_text(decided.body->bytes)) : "";
  if (Status appended = chain_->append(*store_, decided.digest, text, computes_wrong); !appended)
    return stop_if_bad(appended);
  after_block();
  if (crash_plan.next == CrashPoint::after_execute) return store_->die();
  stop_if_bad(driver_->executed(decided.seq, blocks.back().header, blocks.back().next));
}

void Node::after_block() {
  blocks.push_back(chain_->blocks().back());
  const Block& block = blocks.back();
  cluster_.invariants().on_executed({identity}, block);
  cluster_.note(block.header.view());
  // The last block of an epoch counts once it has its certificate.
  if (!block.next) fetcher_.executed(block.height);
  for (const auto& transaction : transactions_of(block.text)) {
    first_ticks.erase(transaction);
    proposed_.erase(transaction);
    served_at_tick_[client_of(transaction)] = ticks_;
  }
}

// --- from the network ---

void Node::receive(std::uint32_t from, const Parcel& parcel) {
  if (!running()) return;
  if (const auto* message = std::get_if<Message>(&parcel))
    receive_message(from, *message);
  else if (const auto* request = std::get_if<BlocksRequest>(&parcel))
    serve(from, request->from);
  else
    take_blocks(from, std::get<BlocksResponse>(parcel));
  settle();
}

void Node::receive_message(std::uint32_t from, const Message& message) {
  const PublicKey& peer = cluster_.everybody().members[from].key;
  const Epoch about = epoch_of(message);
  const auto* set = chain_->set_of(about);
  if (const auto* report = std::get_if<StatusReport>(&message)) {
    fetcher_.peer_reports(peer, report->stable);
    const auto* next = chain_->set_of(Epoch{about.value + 1});
    if (next != nullptr && about < driver_->validators().epoch && shown_end_.insert(from).second) {
      const auto end = certificates.find(next->start);
      if (end != certificates.end()) cluster_.send(process, &peer, Message(end->second));
    }
    if (set != nullptr && (!set->has(report->replica) || set->key_of(report->replica) != peer)) return;
  }
  if (const auto* shown = std::get_if<CheckpointCertificate>(&message);
      shown != nullptr && shown->vote.height > chain_->certified())
    fetcher_.peer_reports(peer, shown->vote.height);
  if (set == nullptr || set->epoch != driver_->validators().epoch) return;
  if (const auto good = authenticate(message, *set, MockVerifier{}))
    driver_->deliver(*good);
  else
    ++rejected;
}

// --- proposing ---

void Node::propose(const std::string& batch) {
  const ByteView bytes = as_bytes(batch);
  driver_->propose(std::make_shared<const Body>(Body{batch_digest(bytes), Bytes(bytes.begin(), bytes.end())}));
  settle();
}

void Node::submit(const std::string& transaction) {
  if (running() && !chain_->executed(transaction) && !refused.contains(transaction))
    first_ticks.try_emplace(transaction, ticks_);
}

bool Node::propose_waiting(std::size_t transactions_max) {
  if (!can_propose()) return false;
  // What an earlier view took away with it waits again.
  if (replica()->view() != proposed_in_) proposed_.clear();
  proposed_in_ = replica()->view();
  // Clients take turns, so that none crowds out another.
  std::map<std::string, std::deque<std::string>> waiting;
  for (const auto& [transaction, since] : first_ticks)
    if (!proposed_.contains(transaction) && !censored.contains(client_of(transaction)))
      waiting[client_of(transaction)].push_back(transaction);
  std::string batch;
  std::size_t taken = 0;
  while (taken < transactions_max && !waiting.empty()) {
    for (auto client = waiting.begin(); client != waiting.end() && taken < transactions_max;) {
      batch += (taken++ == 0 ? "" : ",") + client->second.front();
      proposed_.insert(client->second.front());
      client->second.pop_front();
      client = client->second.empty() ? waiting.erase(client) : std::next(client);
    }
  }
  const std::string stamp = cluster_.stamps_times ? "at:" + std::to_string(clock_ms) + ":" : "";
  if (taken > 0) propose(stamp + batch);
  return taken > 0;
}

PendingWork Node::pending_work() const {
  PendingWork work;
  work.waiting = cluster_.working() || !first_ticks.empty();
  work.saturated = first_ticks.size() > cluster_.batch_transactions_max;
  work.operations = chain_->operations();
  for (const auto& [transaction, since] : first_ticks) {
    const auto served = served_at_tick_.find(client_of(transaction));
    const std::uint64_t from = std::max(since, served == served_at_tick_.end() ? 0 : served->second);
    work.starved_ticks = std::max(work.starved_ticks, ticks_ - from);
  }
  return work;
}

}  // namespace tally::consensus::test
