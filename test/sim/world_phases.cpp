// The clients, and the phases of a run.
#include <algorithm>

#include "sim/invariant/broken_invariant.h"
#include "sim/nemesis.h"
#include "sim/world.h"

namespace tally::sim {

namespace {

constexpr std::uint32_t kClients = 4;
// Once enough is healed, everything must be done within so many of the longest time-outs.
constexpr std::uint64_t kHealTimeoutsMax = 40;
constexpr std::uint64_t kAgainUs = 2'000'000;
constexpr std::array kConducts = {"", " (forgetful)", " (lying)"};

}  // namespace

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
  if (office.start() || honest(office)) return;
  // Its operator gives it an empty disk.
  lose_votes(office);
  office.disk.wipe();
  office.start();
}

void World::lose_votes(Office& office) {
  auto& conduct = conduct_[office.identity];
  if (conduct == Conduct::honest) conduct = Conduct::forgetful;
  votes_.forget(office.identity);
  views_.forget(office.identity);
  recoveries_.on_disk_lost(office);
}

// A write that failed may have reached the disk: then the block is found there now.
void World::on_loaded(Office& office) {
  if (!executes_rightly(office)) return;
  const Ledger& ledger = office.ledger();
  for (BlockHeight height = std::max(agreement_.height(), BlockHeight{1}); height <= ledger.height();
       height = height.next()) {
    agreement_.on_block(office, ledger.block(height));
    transactions_.on_block(office, ledger.block(height));
  }
}

void World::heal(const std::vector<bool>& which) {
  calm_ = true;
  links_.calm(which);
  if (trace_.wanted()) {
    std::string text = "* healed:";
    for (std::uint32_t i = 0; i < which.size(); ++i) text += which[i] ? " " + std::to_string(i) : "";
    trace_.event(text);
  }
  for (auto& office : offices_) {
    if (!which[office->identity]) continue;
    office->heal();
    if (!office->running()) start(*office);
  }
}

std::vector<bool> World::draw_core() {
  std::vector<std::uint32_t> members;
  for (std::uint32_t i = 0; i < swarm_.n; ++i)
    if (conduct_[i] == Conduct::honest) members.push_back(i);
  std::vector<bool> core(swarm_.offices(), false);
  for (std::uint32_t left = genesis_.quorum().q(); left > 0; --left) {
    const auto at = static_cast<std::ptrdiff_t>(office_random_.below(members.size()));
    core[members[at]] = true;
    members.erase(members.begin() + at);
  }
  return core;
}

bool World::done(const std::vector<bool>& which) const {
  for (const auto& office : offices_) {
    if (!which[office->identity] || !executes_rightly(*office)) continue;
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
    out += "\n    office " + std::to_string(office->identity) +
           kConducts[static_cast<std::size_t>(conduct_[office->identity])] + ": height " +
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

std::uint64_t World::finish(const std::vector<bool>& which) {
  const std::uint64_t healed_us = now_us_;
  const std::uint64_t limit_us = healed_us + kHealTimeoutsMax * OfficeSettings{}.view_timeout_max_ticks * kTickUs;
  bool finished = false;
  for (std::uint64_t steps = 0; !finished && now_us_ < limit_us && step(); ++steps)
    finished = steps % 64 == 0 && done(which);
  if (breaches_.none() && !finished)
    breaches_.add("liveness", "not everything was done within " + std::to_string(kHealTimeoutsMax) +
                                  " of the longest time-outs after " +
                                  (std::count(which.begin(), which.end(), false) > 0 ? "a quorum" : "all") +
                                  " was healed" + missing());
  return (now_us_ - healed_us) / 1000;
}

// Clients whose transactions did not take effect ask again, everywhere.
void World::ask_again() {
  for (const auto& [id, transaction] : issued_)
    for (auto& office : offices_)
      if (office->running() && !office->paused && !office->ledger().executed(id)) {
        office->submit(transaction);
        after(*office);
      }
  world_event(kAgainUs, [this] { ask_again(); });
}

void World::begin() {
  for (std::uint32_t slot = 0; slot < offices_.size(); ++slot) {
    start(*offices_[slot]);
    world_event(kTickUs * (slot + 1) / (offices_.size() + 1), [this, slot] { plan_ticks(slot); });
  }
  world_event(1000, [this] { client(); });
  world_event(500'000, [this] { direct(); });
}

void World::direct() {
  if (!calm_) world_event(nemesis_->act_us(), [this] { direct(); });
}

void World::run_phases() {
  begin();
  const std::uint64_t safety_us = 1000 * plan_.safety_ms.value_or(kSafetyMs);
  while (now_us_ < safety_us && step()) {
  }
  world_event(100'000, [this] { ask_again(); });
  // Which members a later epoch has is not known here: then all are healed at once.
  if (swarm_.core_first && !swarm_.has(Fault::membership)) {
    const std::vector<bool> core = draw_core();
    heal(core);
    outcome_.core_ms = finish(core);
    if (!breaches_.none()) return;
  }
  const std::vector<bool> all(swarm_.offices(), true);
  heal(all);
  outcome_.healed_ms = finish(all);
}

Outcome World::run() {
  try {
    run_phases();
  } catch (const BrokenInvariant& broken) {
    breaches_.add("invariant", broken.what());
  }
  conclude();
  return outcome_;
}

void World::conclude() {
  outcome_.breaches = breaches_.list();
  outcome_.blocks = agreement_.height().value;
  outcome_.transactions = issued_.size();
  outcome_.decisions = nemesis_->decisions();
  outcome_.virtual_ms = now_us_ / 1000;
  for (const auto& office : offices_)
    if (office->started()) outcome_.epochs = std::max(outcome_.epochs, office->driver()->validators().epoch.value);
  for (const auto& [identity, liar] : liars_) outcome_.lies += liar.lies();
  for (const Fault fault : {Fault::loss, Fault::duplication, Fault::reordering})
    if (swarm_.has(fault)) exercised(fault);
  outcome_.digest = trace_.digest();
  if (trace_.wanted()) outcome_.trace = trace_.text();
}

}  // namespace tally::sim
