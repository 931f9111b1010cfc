#include "consensus/cluster.h"

#include <stdexcept>

namespace tally::consensus::test {

namespace {

const Digest kGenesisHeader = digest_of_text("genesis");

Digest header_of(const std::vector<ExecutedBlock>& parents, const Digest& batch, bool wrong) {
  const Digest& parent = parents.empty() ? kGenesisHeader : parents.back().header;
  const Digest right = crypto::digest(crypto::kHeaderDomain, parent.view(), batch.view());
  return wrong ? crypto::digest(crypto::kHeaderDomain, right.view()) : right;
}

}  // namespace

std::string kind_of(const Message& message) {
  if (const auto* vote = std::get_if<SignedVote>(&message)) {
    switch (vote->vote.phase) {
      case Phase::pre_prepare:
        return "pre_prepare";
      case Phase::prepare:
        return "prepare";
      case Phase::commit:
        return "commit";
    }
  }
  return std::visit([]<class One>(const One&) { return std::string(One::kName); }, message);
}

Cluster::Cluster(ClusterOptions options)
    : options_(options),
      validators_(make_validators(options.n)),
      keys_(validators_),
      invariants_(validators_, options.window),
      random_(options.seed),
      nodes_(options.n),
      isolated_(options.n, false) {
  for (std::uint32_t i = 0; i < options_.n; ++i) {
    nodes_[i].signer = std::make_unique<MockSigner>(validators_.members[i].key);
    start(i);
  }
}

void Cluster::set_wrong(std::uint32_t index) {
  nodes_[index].computes_wrong = true;
  invariants_.set_wrong(ReplicaIndex{index});
}

void Cluster::start(std::uint32_t index) {
  Node& node = nodes_[index];
  Configuration configuration;
  configuration.validators = validators_;
  configuration.self = ReplicaIndex{index};
  configuration.window = options_.window;
  configuration.status_every_ticks = options_.status_every_ticks;
  configuration.view_timeout_ticks = options_.view_timeout_ticks;
  configuration.signer = node.signer.get();
  Restored restored;
  if (node.disk.empty()) node.disk.emplace(storage_key(InitRecord{}), InitRecord{});
  for (const auto& [key, record] : node.disk) restored.records.push_back(record);
  // The core takes them in any order.
  if (!restored.records.empty())
    std::rotate(restored.records.begin(), restored.records.begin() + random_.below(restored.records.size()),
                restored.records.end());
  restored.executed = BlockHeight{node.blocks.size()};
  restored.executed_header = node.blocks.empty() ? kGenesisHeader : node.blocks.back().header;
  node.to_check.clear();
  node.replica.emplace(std::move(configuration), std::move(restored));
  pump(index);
}

void Cluster::crash(std::uint32_t index) {
  nodes_[index].replica.reset();
  nodes_[index].crash_next = CrashPoint::none;
}

void Cluster::restart(std::uint32_t index) {
  crash(index);
  start(index);
}

void Cluster::pump(std::uint32_t index) {
  Node& node = nodes_[index];
  const ReplicaIndex self{index};
  while (node.replica) {
    const Ready ready = node.replica->take_ready();
    if (ready.empty()) break;
    const CrashPoint point = std::exchange(node.crash_next, CrashPoint::none);
    if (point == CrashPoint::before_persist) return crash(index);
    persist(index, ready.persist);
    if (point == CrashPoint::after_persist) return crash(index);
    send(index, ready.send);
    for (const auto& evidence : ready.evidence) {
      invariants_.on_evidence(evidence);
      node.evidence.push_back(evidence);
    }
    for (const auto& certificate : ready.finalised) {
      invariants_.on_finalised(self, certificate);
      if (!node.finalised || node.finalised->vote.height < certificate.vote.height) node.finalised = certificate;
    }
    if (ready.halted) node.halted = ready.halted;
    if (ready.diverged) node.diverged = ready.diverged;
    if (point == CrashPoint::after_send) return crash(index);
    for (const auto& check : ready.check) node.to_check.push_back(check.body->digest);
    for (const auto& check : ready.check) {
      const bool good = !as_text(check.body->bytes).starts_with("bad");
      if (!good || !node.hold_checks) node.replica->batch_checked(check.body->digest, good);
    }
    if (!execute(index, ready.execute, point == CrashPoint::after_execute)) return crash(index);
    if (ready.behind) {
      node.behind = ready.behind;
      if (options_.catch_up) catch_up(index, *ready.behind);
    }
    invariants_.on_footprint(self, node.replica->footprint());
    invariants_.on_heights(self, node.replica->stable(), node.replica->last_executed());
  }
}

void Cluster::persist(std::uint32_t index, const std::vector<DurableRecord>& records) {
  Node& node = nodes_[index];
  for (const auto& record : records) {
    invariants_.on_persisted(ReplicaIndex{index}, record);
    node.disk.insert_or_assign(storage_key(record), record);
  }
  for (const auto& record : records) {
    if (const auto* stable = std::get_if<StableRecord>(&record))
      node.disk.erase(node.disk.begin(), node.disk.lower_bound(storage_prune_end(stable->certificate.vote.height)));
  }
}

void Cluster::send(std::uint32_t index, const std::vector<Outgoing>& messages) {
  const ReplicaIndex self{index};
  for (const auto& outgoing : messages) {
    invariants_.on_sent(self, outgoing.message);
    for (std::uint32_t to = 0; to < options_.n; ++to) {
      if (to != index && (!outgoing.to || outgoing.to->value == to)) post({self, ReplicaIndex{to}, outgoing.message});
    }
  }
}

void Cluster::post(Envelope envelope) {
  if (isolated_[envelope.from.value] || isolated_[envelope.to.value]) return;
  network_.push_back(std::move(envelope));
}

bool Cluster::execute(std::uint32_t index, const std::vector<Decided>& decided, bool crash_after_first) {
  Node& node = nodes_[index];
  for (const auto& one : decided) {
    if (one.seq.value != node.blocks.size() + 1) throw std::logic_error("a batch was handed over out of order");
    if ((one.digest == kNullBatch) != (one.body == nullptr)) throw std::logic_error("a batch without its body");
    node.blocks.push_back({one.digest, header_of(node.blocks, one.digest, node.computes_wrong)});
    node.decided.push_back(one);
    invariants_.on_executed(ReplicaIndex{index}, one.seq, node.blocks.back());
    note(node.blocks.back().header.view());
    if (crash_after_first) return false;
    node.replica->executed(one.seq, node.blocks.back().header);
  }
  return true;
}

// Blocks up to a peer's newest final one, as the ledger's catch-up would bring and check them.
void Cluster::catch_up(std::uint32_t index, BlockHeight wanted) {
  Node& node = nodes_[index];
  for (std::uint32_t i = 0; i < options_.n; ++i) {
    const std::uint32_t peer = (index + 1 + i) % options_.n;
    if (peer == index || !alive(peer) || isolated_[peer] || isolated_[index]) continue;
    const auto& source = nodes_[peer];
    if (!source.finalised || source.finalised->vote.height < wanted || source.computes_wrong) continue;
    const std::size_t height = source.finalised->vote.height.value;
    if (height <= node.blocks.size()) return;
    // Blocks follow each other by the parent's digest.
    if (!node.blocks.empty() && source.blocks[node.blocks.size() - 1].header != node.blocks.back().header) return;
    for (std::size_t at = node.blocks.size(); at < height; ++at) {
      node.blocks.push_back(source.blocks[at]);
      invariants_.on_executed(ReplicaIndex{index}, BlockHeight{at + 1}, node.blocks.back());
    }
    node.replica->installed(*source.finalised);
    return;
  }
}

bool Cluster::propose(std::uint32_t index, std::string_view batch) {
  if (!alive(index) || !replica(index).can_propose()) return false;
  const ByteView bytes = as_bytes(batch);
  replica(index).propose(std::make_shared<const Body>(Body{batch_digest(bytes), Bytes(bytes.begin(), bytes.end())}));
  pump(index);
  return true;
}

void Cluster::tick(std::uint32_t index) {
  if (!alive(index)) return;
  PendingWork work;
  work.waiting = work_;
  replica(index).pending_work(work);
  replica(index).tick();
  pump(index);
}

void Cluster::tick_all() {
  for (std::uint32_t i = 0; i < options_.n; ++i) tick(i);
}

void Cluster::inject(std::uint32_t to, const Message& message) {
  if (!alive(to)) return;
  const auto checked = authenticate(message, validators_, MockVerifier{});
  if (!checked) return;
  replica(to).step(*checked);
  pump(to);
}

void Cluster::answer_checks(std::uint32_t index) {
  for (const auto& digest : std::exchange(nodes_[index].to_check, {})) {
    if (!alive(index)) return;
    replica(index).batch_checked(digest, true);
    pump(index);
  }
}

void Cluster::handle(Envelope envelope) {
  if (isolated_[envelope.from.value] || isolated_[envelope.to.value]) return;
  const Bytes bytes = encode(envelope.message);
  note(bytes);
  inject(envelope.to.value, decode<Message>(bytes).value());
}

bool Cluster::deliver(const std::function<bool(const Envelope&)>& fits) {
  for (std::size_t i = 0; i < network_.size(); ++i) {
    if (!fits(network_[i])) continue;
    Envelope envelope = std::move(network_[i]);
    network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(i));
    handle(std::move(envelope));
    return true;
  }
  return false;
}

void Cluster::deliver_all() {
  while (!network_.empty()) {
    Envelope envelope = std::move(network_.front());
    network_.pop_front();
    handle(std::move(envelope));
  }
}

void Cluster::run(std::uint32_t rounds) {
  for (std::uint32_t i = 0; i < rounds; ++i) {
    deliver_all();
    tick_all();
  }
  deliver_all();
}

void Cluster::run_with_work(std::uint32_t rounds) {
  set_work(true);
  for (std::uint32_t i = 0; i < rounds; ++i) {
    for (std::uint32_t index = 0; index < size(); ++index) propose(index, "batch " + std::to_string(next_batch_++));
    run(1);
  }
}

std::size_t Cluster::drop(const std::function<bool(const Envelope&)>& fits) {
  return static_cast<std::size_t>(std::erase_if(network_, fits));
}

void Cluster::step_random(const Chaos& chaos) {
  const std::uint32_t index = static_cast<std::uint32_t>(random_.below(options_.n));
  if (random_.below(1000) < chaos.crash) {
    if (alive(index) && random_.chance(50))
      nodes_[index].crash_next = static_cast<CrashPoint>(1 + random_.below(4));
    else if (alive(index))
      crash(index);
    else
      restart(index);
  } else if (random_.chance(chaos.propose)) {
    bool proposed = false;
    for (std::uint32_t i = 0; i < size() && !proposed; ++i)
      proposed = propose(i, "batch " + std::to_string(next_batch_));
    ++next_batch_;
  } else if (random_.chance(10) || network_.empty()) {
    tick(index);
  } else {
    const std::size_t at = random_.below(network_.size());
    Envelope envelope = network_[at];
    if (!random_.chance(chaos.duplicate)) network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!random_.chance(chaos.lose)) handle(std::move(envelope));
  }
  if (nodes_[index].hold_checks && random_.chance(20)) answer_checks(index);
}

bool Cluster::all_final(std::uint64_t height) {
  for (std::uint32_t i = 0; i < options_.n; ++i) {
    if (!alive(i) || invariants_.is_liar(ReplicaIndex{i})) continue;
    if (replica(i).stable().value < height || nodes_[i].blocks.size() < height) return false;
  }
  return true;
}

std::string Cluster::breaches() const {
  std::string out;
  for (const auto& line : invariants_.breaches()) out += line + "\n";
  return out;
}

void Cluster::note(ByteView bytes) {
  trace_ = crypto::digest(crypto::kHistoryDomain, trace_.view(), bytes);
}

}  // namespace tally::consensus::test
