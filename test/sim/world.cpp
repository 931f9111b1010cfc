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

constexpr std::uint64_t kTickUs = 100'000;
constexpr std::uint32_t kClients = 4;
// Once all is healed, everything must be done within so many of the longest time-outs.
constexpr std::uint64_t kHealTimeoutsMax = 40;
constexpr std::uint64_t kAgainUs = 2'000'000;
constexpr OfficeSettings kSettings{};

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
      client_random_(stream(plan_.seed, kClientPart)),
      office_random_(stream(plan_.seed, kOfficePart)),
      links_(swarm_, stream(plan_.seed, kLinkPart)),
      judged_(swarm_.offices(), true),
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
  OfficeSettings settings = kSettings;
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
      judged_[identity] = false;
      offices_.push_back(
          std::make_unique<Office>(world, identity, signer(identity), plan_.seed * 64 + 32 + identity, settings));
    } else if (swarm_.has(Fault::liar)) {
      exercised(Fault::liar);
      judged_[identity] = false;
      signers_.push_back(signer(identity));
      liars_.try_emplace(identity, *signers_.back(), stream(plan_.seed, kLiarPart + 16 * identity));
    } else if (swarm_.has(Fault::wrong_state)) {
      exercised(Fault::wrong_state);
      judged_[identity] = false;
      offices_[identity]->computes_wrong = true;
    }
  }
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
  const auto liar = liars_.find(from.identity);
  const auto* message = std::get_if<Message>(&parcel->content);
  for (std::uint32_t identity = 0; identity < swarm_.offices(); ++identity) {
    if (identity == from.identity || (to && *to != identity)) continue;
    if (liar == liars_.end() || message == nullptr) {
      deliver(from.identity, identity, parcel);
      continue;
    }
    for (auto& said : liar->second.distort(*message))
      deliver(from.identity, identity,
              said == *message ? parcel : std::make_shared<Parcel>(from.identity, std::move(said)));
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
    if (trace_.wanted() && office.running() && message != nullptr)
      trace_.arrow(event.parcel->from, office.identity, consensus::test::text_of(*message));
    office.receive(*event.parcel);
  } else if (office.running()) {
    event.what();
    office.settle();
  }
  after(office);
  return true;
}

void World::after(Office& office) {
  if (office.started() && office.dying()) {
    note(office, "dies");
    office.crash();
  }
  if (judged(office) && office.running()) bounds_.look(office, kSettings.window);
}

void World::plan_ticks(std::uint32_t slot) {
  at(now_us_ + kTickUs, static_cast<std::uint32_t>(offices_.size()), 0, nullptr, [this, slot] {
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
  if (!judged(office)) return;
  votes_.on_sent(office, message);
  if (const auto* new_view = std::get_if<consensus::SignedNewView>(&message)) locks_.on_new_view(office, *new_view);
}

void World::on_decided(Office& office, const consensus::Decided& decided) {
  outcome_.views = std::max(outcome_.views, decided.view.value);
  if (judged(office)) locks_.on_decided(office, decided);
}

void World::on_block(Office& office, const Block& block) {
  trace_.mix(block.header.bytes[0] | (std::uint64_t{block.header.bytes[1]} << 8));
  note(office, "executes " + std::to_string(block.height.value) + (block.next ? ", the last of its epoch" : ""));
  if (judged(office)) agreement_.on_block(office, block);
}

void World::on_final(Office& office, const consensus::CheckpointCertificate& certificate) {
  if (judged(office)) agreement_.on_final(office, certificate, *verifier_);
}

void World::on_evidence(Office& office, const consensus::Evidence& evidence) {
  if (!judged(office)) return;
  const auto& validators = office.driver()->validators();
  const std::uint32_t identity = identity_of(validators.key_of(evidence.replica));
  ++outcome_.evidence;
  if (judged_[identity]) breaches_.add("evidence", "names honest office " + std::to_string(identity));
}

void World::on_halted(Office& office, const std::string& reason) {
  note(office, "halts: " + reason);
  if (judged(office)) breaches_.add("halt", name_of(office) + " halted although no more than f lie: " + reason);
}

void World::on_votes_lost(Office& office) {
  note(office, "learns that its votes were lost");
  if (judged(office)) breaches_.add("lost votes", name_of(office) + " believes that its votes were lost");
}

void World::on_stopped(Office& office, const Error& error) {
  note(office, "stops: " + error.text());
}

// --- clients ---

void World::issue(Transaction transaction) {
  issued_.emplace(transaction.id(), transaction);
  // A client asks another office until it is served.
  const std::size_t first = client_random_.below(offices_.size());
  for (std::size_t i = 0; i < offices_.size(); ++i) {
    Office& office = *offices_[(first + i) % offices_.size()];
    if (!office.running() || office.paused) continue;
    office.submit(transaction);
    after(office);
    break;
  }
}

void World::client() {
  Transaction transaction;
  transaction.client = static_cast<std::uint32_t>(client_random_.below(kClients));
  transaction.number = next_number_++;
  transaction.from = static_cast<std::uint8_t>(client_random_.below(kAccounts));
  transaction.to = static_cast<std::uint8_t>(client_random_.below(kAccounts));
  transaction.amount = static_cast<std::int64_t>(client_random_.below(1000));
  issue(transaction);
  if (!calm_) world_event(1000 * (1 + client_random_.below(2 * swarm_.transaction_ms_mean)), [this] { client(); });
}

// --- phases ---

void World::start(Office& office) {
  note(office, "starts");
  if (office.start() || judged(office)) return;
  // Its operator gives it an empty disk.
  office.disk.wipe();
  office.start();
}

// A write that failed may have reached the disk: then the block is found there now.
void World::on_loaded(Office& office) {
  if (!judged(office)) return;
  const Ledger& ledger = office.ledger();
  for (BlockHeight height = std::max(agreement_.height(), BlockHeight{1}); height <= ledger.height();
       height = height.next())
    agreement_.on_block(office, ledger.block(height));
}

void World::heal() {
  calm_ = true;
  links_.heal();
  links_.calm();
  if (trace_.wanted()) trace_.event("* all is healed");
  for (auto& office : offices_) {
    office->heal();
    if (!office->running()) start(*office);
  }
}

bool World::done() const {
  for (const auto& office : offices_) {
    if (!judged(*office)) continue;
    if (!office->running() || office->ledger().height() != agreement_.height()) return false;
    if (office->ledger().certified() != office->ledger().height()) return false;
    if (office->ledger().operations() != issued_.size()) return false;
  }
  return true;
}

std::string World::missing() const {
  std::string out;
  for (const auto& office : offices_) {
    if (!office->started()) continue;
    out += "\n    office " + std::to_string(office->identity) + (judged(*office) ? "" : " (unreliable)") + ": height " +
           std::to_string(office->ledger().height().value) + ", certified " +
           std::to_string(office->ledger().certified().value) + ", " + std::to_string(office->ledger().operations()) +
           " of " + std::to_string(issued_.size()) + " transactions";
    const auto* replica = office->driver()->replica();
    if (!office->running()) out += ", stopped";
    out += ", epoch " + std::to_string(office->driver()->validators().epoch.value);
    if (replica == nullptr) continue;
    out += ", view " + std::to_string(replica->view().value) + (replica->changing_view() ? " to come" : "") +
           ", stable " + std::to_string(replica->stable().value) + (replica->recovering() ? ", recovering" : "");
  }
  return out;
}

Outcome World::run() {
  for (std::uint32_t slot = 0; slot < offices_.size(); ++slot) {
    start(*offices_[slot]);
    world_event(kTickUs * (slot + 1) / (offices_.size() + 1), [this, slot] { plan_ticks(slot); });
  }
  world_event(1000, [this] { client(); });
  std::function<void()> act = [&] {
    if (!calm_) world_event(nemesis_->act_us(), act);
  };
  world_event(500'000, act);
  const std::uint64_t safety_us = 1000 * plan_.safety_ms.value_or(12'000);
  while (now_us_ < safety_us && step()) {
  }
  heal();
  const std::uint64_t healed_us = now_us_;
  // Clients whose transactions did not take effect ask again, everywhere.
  std::function<void()> again = [&] {
    for (const auto& [id, transaction] : issued_)
      for (auto& office : offices_)
        if (office->running() && !office->ledger().executed(id)) office->submit(transaction);
    world_event(kAgainUs, again);
  };
  world_event(100'000, again);
  const std::uint64_t limit_us = healed_us + kHealTimeoutsMax * kSettings.view_timeout_max_ticks * kTickUs;
  bool finished = false;
  for (std::uint64_t steps = 0; !finished && now_us_ < limit_us && step(); ++steps)
    finished = steps % 64 == 0 && done();
  if (breaches_.none() && !finished)
    breaches_.add("liveness", "not everything was done within " + std::to_string(kHealTimeoutsMax) +
                                  " of the longest time-outs after all was healed" + missing());
  outcome_.breaches = breaches_.list();
  outcome_.blocks = agreement_.height().value;
  outcome_.transactions = issued_.size();
  outcome_.decisions = nemesis_->decisions();
  outcome_.virtual_ms = now_us_ / 1000;
  outcome_.healed_ms = (now_us_ - healed_us) / 1000;
  for (const auto& office : offices_)
    if (office->started()) outcome_.epochs = std::max(outcome_.epochs, office->driver()->validators().epoch.value);
  for (const auto& [identity, liar] : liars_) outcome_.lies += liar.lies();
  for (const Fault fault : {Fault::loss, Fault::duplication, Fault::reordering})
    if (swarm_.has(fault)) exercised(fault);
  outcome_.digest = trace_.digest();
  if (trace_.wanted()) outcome_.trace = trace_.text();
  return outcome_;
}

}  // namespace tally::sim
