#include "consensus/cluster.h"

namespace tally::consensus::test {

namespace {

ValidatorSet first(const ValidatorSet& everybody, std::uint32_t count) {
  ValidatorSet out = everybody;
  out.members.resize(count);
  return out;
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

std::string kind_of(const Parcel& parcel) {
  if (const auto* message = std::get_if<Message>(&parcel)) return kind_of(*message);
  return std::holds_alternative<BlocksRequest>(parcel) ? "blocks_request" : "blocks";
}

Cluster::Cluster(ClusterOptions options)
    : options_(options),
      everybody_(make_validators(std::max(options.n, options.offices))),
      keys_(first(everybody_, options.n)),
      invariants_(everybody_, keys_.validators(), options.window),
      random_(options.seed) {
  isolated_.resize(everybody_.members.size(), false);
  for (std::uint32_t i = 0; i < everybody_.members.size(); ++i)
    nodes_.push_back(std::make_unique<Node>(*this, i, i, options_.seed * 64 + i));
  for (auto& node : nodes_) node->start();
}

void Cluster::set_wrong(std::uint32_t index) {
  nodes_[index]->computes_wrong = true;
  invariants_.set_wrong(ReplicaIndex{index});
}

std::uint32_t Cluster::add_twin(std::uint32_t identity) {
  set_liar(identity);
  isolated_.push_back(false);
  nodes_.push_back(std::make_unique<Node>(*this, size(), identity, options_.seed * 64 + 32 + size()));
  nodes_.back()->start();
  return size() - 1;
}

std::uint32_t Cluster::identity_of(const PublicKey& key) const {
  std::uint32_t identity = 0;
  while (everybody_.members[identity].key != key) ++identity;
  return identity;
}

Configuration Cluster::configuration() const {
  Configuration out;
  out.window = options_.window;
  out.status_every_ticks = options_.status_every_ticks;
  out.view_timeout_ticks = options_.view_timeout_ticks;
  out.view_timeout_max_ticks = options_.view_timeout_max_ticks;
  return out;
}

bool Cluster::lost(const Envelope& envelope) const {
  return isolated_[envelope.from.value] || isolated_[envelope.to.value] ||
         cut_.contains({envelope.from.value, envelope.to.value});
}

void Cluster::heal_links() {
  cut_.clear();
  std::fill(isolated_.begin(), isolated_.end(), false);
}

void Cluster::send(std::uint32_t process, const PublicKey* to, const Parcel& parcel) {
  const std::uint32_t identity = nodes_[process]->identity;
  if (const auto* message = std::get_if<Message>(&parcel); message != nullptr && keep_history)
    history.push_back(*message);
  for (const auto& node : nodes_) {
    if (node->identity == identity || (to != nullptr && everybody_.members[node->identity].key != *to)) continue;
    const Envelope envelope{{process}, {node->process}, parcel};
    if (!lost(envelope)) network_.push_back(envelope);
  }
}

bool Cluster::propose(std::uint32_t index, std::string_view batch) {
  if (!nodes_[index]->can_propose()) return false;
  nodes_[index]->propose(std::string(batch));
  return true;
}

void Cluster::tick_all() {
  for (auto& node : nodes_) node->tick();
}

// From whoever signed it, so that a STATUS comes over its sender's link.
void Cluster::inject(std::uint32_t to, const Message& message) {
  const auto* report = std::get_if<StatusReport>(&message);
  nodes_[to]->receive(report != nullptr ? report->replica.value : to, message);
}

void Cluster::handle(const Envelope& envelope) {
  if (lost(envelope)) return;
  const std::uint32_t from = nodes_[envelope.from.value]->identity;
  if (const auto* message = std::get_if<Message>(&envelope.message)) {
    const Bytes bytes = encode(*message);
    note(bytes);
    nodes_[envelope.to.value]->receive(from, decode<Message>(bytes).value());
  } else {
    nodes_[envelope.to.value]->receive(from, envelope.message);
  }
}

bool Cluster::deliver(const std::function<bool(const Envelope&)>& fits) {
  for (std::size_t i = 0; i < network_.size(); ++i) {
    if (!fits(network_[i])) continue;
    const Envelope envelope = std::move(network_[i]);
    network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(i));
    handle(envelope);
    return true;
  }
  return false;
}

void Cluster::deliver_all() {
  while (!network_.empty()) {
    const Envelope envelope = std::move(network_.front());
    network_.pop_front();
    handle(envelope);
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
      nodes_[index]->crash_plan.next = static_cast<CrashPoint>(1 + random_.below(4));
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
    const Envelope envelope = network_[at];
    if (!random_.chance(chaos.duplicate)) network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!random_.chance(chaos.lose)) handle(envelope);
  }
  if (nodes_[index]->hold_checks && random_.chance(20)) answer_checks(index);
}

bool Cluster::all_final(std::uint64_t height) {
  for (const auto& node : nodes_) {
    if (!node->alive() || invariants_.is_liar(ReplicaIndex{node->identity})) continue;
    if (node->chain().certified().value < height || node->blocks.size() < height) return false;
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
