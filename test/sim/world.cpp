#include "sim/world.h"

#include <algorithm>

#include "common/codec.h"
#include "consensus/message_text.h"
#include "consensus/mock_crypto.h"
#include "crypto/digest.h"
#include "sim/nemesis.h"

namespace tally::sim {

using consensus::Message;

namespace {

// Parts of the seed's streams.
enum Part : std::uint64_t { kClientPart = 1, kOfficePart, kLinkPart, kNemesisPart, kLiarPart, kDiskPart };

crypto::SecretKey secret_of(std::uint32_t identity) {
  const Digest digest = crypto::digest(crypto::kHandleDomain, as_bytes("office " + std::to_string(identity)));
  return crypto::SecretKey::from_seed(digest.bytes);
}

}  // namespace

World::World(Plan plan)
    : plan_(std::move(plan)),
      swarm_(draw_swarm(plan_.seed, plan_.off)),
      trace_(plan_.trace_lines, swarm_.offices()),
      transactions_(breaches_, [this](const Transaction& transaction) { return issued(transaction); }),
      proposals_(breaches_, [this](const Transaction& transaction) { return issued(transaction); }),
      recoveries_(breaches_, swarm_.window),
      client_random_(stream(plan_.seed, kClientPart)),
      office_random_(stream(plan_.seed, kOfficePart)),
      links_(swarm_, stream(plan_.seed, kLinkPart)),
      conduct_(swarm_.offices(), Conduct::honest),
      nemesis_(std::make_unique<Nemesis>(*this, stream(plan_.seed, kNemesisPart))) {
  outcome_.swarm = swarm_;
  make_offices();
}

World::~World() = default;

void World::make_offices() {
  const ChainId chain{};
  Surroundings& world = *this;
  everybody_ = consensus::test::make_validators(swarm_.offices());
  if (swarm_.real_signatures)
    for (std::uint32_t i = 0; i < swarm_.offices(); ++i) everybody_.members[i].key = secret_of(i).public_key();
  genesis_ = everybody_;
  genesis_.members.resize(swarm_.n);
  OfficeSettings settings;
  settings.window = swarm_.window;
  settings.batch_transactions_max = swarm_.batch_transactions_max;
  settings.proposals_in_flight_max = swarm_.proposals_in_flight_max;
  settings.planted = plan_.planted;
  verifier_ = swarm_.real_signatures ? crypto::make_verifier(chain) : std::make_unique<consensus::test::MockVerifier>();
  const auto signer = [&](std::uint32_t identity) -> std::unique_ptr<crypto::Signer> {
    if (swarm_.real_signatures) return crypto::make_signer(secret_of(identity), chain);
    return std::make_unique<consensus::test::MockSigner>(everybody_.members[identity].key);
  };
  for (std::uint32_t i = 0; i < swarm_.offices(); ++i) {
    identities_.emplace(everybody_.members[i].key, i);
    offices_.push_back(std::make_unique<Office>(world, i, signer(i), plan_.seed * 64 + i + kDiskPart, settings));
  }
  for (const auto identity : swarm_.unreliable) {
    if (swarm_.has(Fault::twin)) {
      exercised(Fault::twin);
      conduct_[identity] = Conduct::lying;
      offices_.push_back(
          std::make_unique<Office>(world, identity, signer(identity), plan_.seed * 64 + 32 + identity, settings));
    } else if (swarm_.has(Fault::liar)) {
      exercised(Fault::liar);
      conduct_[identity] = Conduct::lying;
      signers_.push_back(signer(identity));
      liars_.try_emplace(identity, *signers_.back(), stream(plan_.seed, kLiarPart + 16 * identity));
    } else if (swarm_.has(Fault::wrong_state)) {
      exercised(Fault::wrong_state);
      conduct_[identity] = Conduct::lying;
      offices_[identity]->computes_wrong = true;
    }
  }
  for (std::size_t slot = 0; slot < offices_.size(); ++slot)
    tick_us_.push_back(swarm_.has(Fault::clock_skew) ? kTickUs * (70 + office_random_.below(71)) / 100 : kTickUs);
}

// --- events ---

void World::at(std::uint64_t at_us, std::uint32_t slot, std::uint64_t incarnation, ParcelPtr parcel,
               std::function<void()> what) {
  events_.push({at_us, next_order_++, slot, incarnation, std::move(parcel), std::move(what)});
}

void World::world_event(std::uint64_t delay_us, std::function<void()> what) {
  at(now_us_ + delay_us, static_cast<std::uint32_t>(offices_.size()), 0, nullptr, std::move(what));
}

void World::later(Office& office, std::uint64_t delay_us, std::function<void()> what) {
  std::uint32_t slot = 0;
  while (offices_[slot].get() != &office) ++slot;
  // The worker and the execution thread take their own time.
  at(now_us_ + delay_us + office_random_.below(delay_us), slot, office.incarnation(), nullptr, std::move(what));
}

void World::post(Office& from, std::optional<std::uint32_t> to, ParcelPtr parcel) {
  std::vector<std::uint32_t> receivers;
  for (std::uint32_t identity = 0; identity < swarm_.offices(); ++identity)
    if (identity != from.identity && (!to || *to == identity)) receivers.push_back(identity);
  const auto liar = liars_.find(from.identity);
  const auto* message = std::get_if<Message>(&parcel->content);
  const auto* blocks = std::get_if<BlocksResponse>(&parcel->content);
  if (liar != liars_.end() && message != nullptr) {
    const auto told = liar->second.tell(parcel, receivers.size());
    for (std::size_t i = 0; i < receivers.size(); ++i)
      for (const auto& said : told[i]) deliver(from.identity, receivers[i], said);
    return;
  }
  for (const auto identity : receivers) {
    if (liar == liars_.end() || blocks == nullptr)
      deliver(from.identity, identity, parcel);
    else if (auto said = liar->second.distort(*blocks))
      deliver(from.identity, identity, std::make_shared<Parcel>(from.identity, std::move(*said)));
  }
}

// To every process of the identity: a key that runs twice hears everything twice, but not itself.
void World::deliver(std::uint32_t from, std::uint32_t to, const ParcelPtr& parcel) {
  for (std::uint32_t slot = 0; slot < offices_.size(); ++slot) {
    if (offices_[slot]->identity != to) continue;
    for (const std::uint64_t delay_us : links_.travel(from, to)) at(now_us_ + delay_us, slot, 0, parcel, {});
  }
}

bool World::step() {
  if (events_.empty() || !breaches_.none()) return false;
  const Event event = events_.top();
  events_.pop();
  now_us_ = event.at_us;
  trace_.at(now_us_);
  ++outcome_.events;
  trace_.mix(event.at_us);
  trace_.mix(event.slot);
  if (event.slot == offices_.size()) {
    event.what();
    return true;
  }
  Office& office = *offices_[event.slot];
  if (event.incarnation != 0 && event.incarnation != office.incarnation()) return true;
  if (office.paused && event.parcel) {
    // What comes meanwhile waits in the socket.
    at(now_us_ + kTickUs, event.slot, 0, event.parcel, {});
    return true;
  }
  if (office.paused) {
    at(now_us_ + kTickUs, event.slot, event.incarnation, nullptr, event.what);
    return true;
  }
  if (event.parcel) {
    const auto* message = std::get_if<Message>(&event.parcel->content);
    trace_.mix(event.parcel->fingerprint());
    if (trace_.wanted() && office.running() && message != nullptr)
      trace_.arrow(event.parcel->from, office.identity, consensus::test::text_of(*message));
    const auto liar = liars_.find(office.identity);
    if (liar == liars_.end() || message == nullptr || answer(office, liar->second, *message))
      office.receive(*event.parcel);
  } else if (office.running()) {
    event.what();
    office.settle();
  }
  after(office);
  return true;
}

// False: it said so itself, and knows that it lies. Its core would believe that it had lost its votes, and be silent.
bool World::answer(Office& office, Liar& liar, const Message& message) {
  if (!office.running() || office.driver()->replica() == nullptr) return true;
  const auto& validators = office.driver()->validators();
  const ReplicaIndex self = office.driver()->self();
  const auto by = signed_in(message);
  if (by && by->epoch == validators.epoch && by->replica == self) return false;
  for (auto& said : liar.hears(message, validators, self)) {
    const auto parcel = std::make_shared<Parcel>(office.identity, std::move(said));
    for (std::uint32_t to = 0; to < swarm_.offices(); ++to)
      if (to != office.identity) deliver(office.identity, to, parcel);
  }
  return true;
}

void World::after(Office& office) {
  if (office.started() && office.dying()) {
    note(office, "dies");
    office.crash();
  }
  if (executes_rightly(office) && office.running()) bounds_.look(office, swarm_.window);
}

void World::plan_ticks(std::uint32_t slot) {
  world_event(tick_us_[slot], [this, slot] {
    Office& office = *offices_[slot];
    if (!office.paused) office.tick();
    after(office);
    plan_ticks(slot);
  });
}

// --- what offices tell ---

std::uint64_t World::now_ms(const Office& office) const {
  constexpr std::int64_t kEpochMs = 1'700'000'000'000;
  return static_cast<std::uint64_t>(kEpochMs + static_cast<std::int64_t>(now_us_ / 1000) + office.clock_skew_ms);
}

bool World::issued(const Transaction& transaction) const {
  const auto found = issued_.find(transaction.id());
  return found != issued_.end() && found->second == transaction;
}

std::uint32_t World::identity_of(const PublicKey& key) const {
  return identities_.at(key);
}

void World::note(const Office& office, const std::string& text) {
  if (trace_.wanted()) trace_.event("office " + std::to_string(office.identity) + " " + text);
}

void World::on_sent(Office& office, const Message& message) {
  if (executes_rightly(office) && unreliable(office.identity)) recoveries_.on_sent(office, message);
  if (!honest(office)) return;
  votes_.on_sent(office, message);
  proposals_.on_sent(office, message, *verifier_);
  views_.on_sent(office, message);
  epochs_.on_sent(office, message);
  if (const auto* new_view = std::get_if<consensus::SignedNewView>(&message)) locks_.on_new_view(office, *new_view);
}

void World::on_decided(Office& office, const consensus::Decided& decided) {
  outcome_.views = std::max(outcome_.views, decided.view.value);
  if (!executes_rightly(office)) return;
  locks_.on_decided(office, decided);
  bounds_.on_decided(office, decided, swarm_.window);
}

void World::on_view_entered(Office& office, const consensus::NewView& view) {
  if (honest(office)) views_.on_entered(office, view, *verifier_);
}

void World::on_block(Office& office, const Block& block) {
  trace_.mix(block.header.bytes[0] | (std::uint64_t{block.header.bytes[1]} << 8));
  note(office, "executes " + std::to_string(block.height.value) + (block.next ? ", the last of its epoch" : ""));
  if (!executes_rightly(office)) return;
  agreement_.on_block(office, block);
  transactions_.on_block(office, block);
}

void World::on_final(Office& office, const consensus::CheckpointCertificate& certificate) {
  if (executes_rightly(office)) agreement_.on_final(office, certificate, *verifier_);
}

void World::on_evidence(Office& office, const consensus::Evidence& evidence) {
  if (!executes_rightly(office)) return;
  const auto& validators = office.driver()->validators();
  const std::uint32_t identity = identity_of(validators.key_of(evidence.replica));
  ++outcome_.evidence;
  accusations_.on_evidence(office, evidence, conduct_[identity] != Conduct::honest, validators, *verifier_);
}

void World::on_halted(Office& office, const std::string& reason) {
  note(office, "halts: " + reason);
  if (executes_rightly(office)) stops_.on_halted(office, reason);
}

void World::on_votes_lost(Office& office) {
  note(office, "learns that its votes were lost");
  if (honest(office)) stops_.on_votes_lost(office);
  if (executes_rightly(office)) recoveries_.on_votes_lost(office);
}

void World::on_stopped(Office& office, const Error& error) {
  note(office, "stops: " + error.text());
  if (honest(office)) stops_.on_stopped(office, error);
}

}  // namespace tally::sim
