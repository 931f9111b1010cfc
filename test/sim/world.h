// Purpose: one run of the simulator: offices, their disks and links, clients, liars and whoever directs the faults, in
// virtual time, all from one seed; first anything may happen, then a quorum is healed, then all are, and each time
// everything must be done within a bounded time; checkers watch every step.
// Thread rule: one thread; several worlds may run on several threads.
// Invariant: a run is a pure function of its plan.
// Errors: a broken invariant of the node is a breach too, in programs that link sim/invariant/broken_invariant.cpp.
#pragma once

#include <algorithm>
#include <queue>

#include "sim/checkers/accusations.h"
#include "sim/checkers/agreement.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/epochs.h"
#include "sim/checkers/locks.h"
#include "sim/checkers/proposals.h"
#include "sim/checkers/recoveries.h"
#include "sim/checkers/stops.h"
#include "sim/checkers/transactions.h"
#include "sim/checkers/views.h"
#include "sim/checkers/votes.h"
#include "sim/liar.h"
#include "sim/links.h"
#include "sim/trace.h"

namespace tally::sim {

// How long anything may happen, unless the plan says otherwise.
inline constexpr std::uint64_t kSafetyMs = 20'000;

// What is run: a seed, and what a schedule takes out of it.
struct Plan {
  std::uint64_t seed = 1;
  std::set<Fault> off;
  std::set<std::uint64_t> skipped;         // decisions of the nemesis, by number
  std::optional<std::uint64_t> safety_ms;  // how long anything may happen
  std::size_t trace_lines = 0;
  [[no_unique_address]] consensus::Planted planted = {};  // in builds with planted bugs
};

struct Outcome {
  std::vector<std::string> breaches;
  Swarm swarm;
  std::uint64_t blocks = 0;
  std::uint64_t transactions = 0;
  std::uint64_t decisions = 0;  // of the nemesis
  std::uint64_t epochs = 0;
  std::uint64_t views = 0;
  std::uint64_t lies = 0;
  std::uint64_t events = 0;
  std::uint64_t evidence = 0;
  std::uint64_t virtual_ms = 0;
  std::uint64_t healed_ms = 0;  // from the (last) healing until everything was done
  std::uint64_t core_ms = 0;    // the same where only a quorum was healed; 0 otherwise
  std::uint64_t digest = 0;
  std::array<std::uint64_t, kFaults> exercised{};
  std::vector<std::string> directed;  // the decisions in words, by number
  std::string trace;
  [[nodiscard]] bool good() const { return breaches.empty(); }
};

class Nemesis;

// What an office may be expected to do.
enum class Conduct : std::uint8_t {
  honest,
  forgetful,  // its disk lost what it had signed; it executes as it should
  lying
};

class World final : private Surroundings {
 public:
  static constexpr std::uint64_t kTickUs = 100'000;

  explicit World(Plan plan);
  ~World() override;
  Outcome run();

 private:
  friend class Nemesis;
  struct Event {
    std::uint64_t at_us;
    std::uint64_t order;
    std::uint32_t slot;
    std::uint64_t incarnation;  // of the process that it is for; 0: of whichever runs then
    ParcelPtr parcel;
    std::function<void()> what;  // if there is no parcel
    bool operator>(const Event& other) const {
      return at_us != other.at_us ? at_us > other.at_us : order > other.order;
    }
  };

  void post(Office& from, std::optional<std::uint32_t> to, ParcelPtr parcel) override;
  void later(Office& office, std::uint64_t delay_us, std::function<void()> what) override;
  [[nodiscard]] std::uint64_t now_ms(const Office& office) const override;
  [[nodiscard]] bool issued(const Transaction& transaction) const override;
  [[nodiscard]] const crypto::Verifier& verifier() const override { return *verifier_; }
  [[nodiscard]] const consensus::ValidatorSet& everybody() const override { return everybody_; }
  [[nodiscard]] const consensus::ValidatorSet& genesis() const override { return genesis_; }
  [[nodiscard]] std::uint32_t identity_of(const PublicKey& key) const override;
  void on_sent(Office& office, const consensus::Message& message) override;
  void on_decided(Office& office, const consensus::Decided& decided) override;
  void on_loaded(Office& office) override;
  void on_view_entered(Office& office, const consensus::NewView& view) override;
  void on_block(Office& office, const Block& block) override;
  void on_final(Office& office, const consensus::CheckpointCertificate& certificate) override;
  void on_evidence(Office& office, const consensus::Evidence& evidence) override;
  void on_halted(Office& office, const std::string& reason) override;
  void on_votes_lost(Office& office) override;
  void on_stopped(Office& office, const Error& error) override;

  void make_offices();
  void at(std::uint64_t at_us, std::uint32_t slot, std::uint64_t incarnation, ParcelPtr parcel,
          std::function<void()> what);
  void world_event(std::uint64_t delay_us, std::function<void()> what);
  void deliver(std::uint32_t from_slot, std::uint32_t to_identity, const ParcelPtr& parcel);
  bool step();
  void after(Office& office);
  void plan_ticks(std::uint32_t slot);
  void client();
  void issue(Transaction transaction);
  void ask_again();
  void begin();
  void direct();
  void run_phases();
  // Heals these offices and the links between them.
  void heal(const std::vector<bool>& which);
  // A quorum of honest members of the first epoch.
  [[nodiscard]] std::vector<bool> draw_core();
  // Until these offices have done everything; the time that it took, in milliseconds. A breach if it is too long.
  std::uint64_t finish(const std::vector<bool>& which);
  void start(Office& office);
  // What this office signed is about to be lost.
  void lose_votes(Office& office);
  // What this liar says of its own accord on hearing a message; false: its core must not hear it.
  bool answer(Office& office, Liar& liar, const consensus::Message& message);
  [[nodiscard]] bool unreliable(std::uint32_t identity) const {
    return std::find(swarm_.unreliable.begin(), swarm_.unreliable.end(), identity) != swarm_.unreliable.end();
  }
  [[nodiscard]] bool honest(const Office& office) const { return conduct_[office.identity] == Conduct::honest; }
  [[nodiscard]] bool executes_rightly(const Office& office) const {
    return conduct_[office.identity] != Conduct::lying;
  }
  [[nodiscard]] bool done(const std::vector<bool>& which) const;
  [[nodiscard]] std::string missing() const;
  void conclude();
  void note(const Office& office, const std::string& text);
  void exercised(Fault fault) { ++outcome_.exercised[static_cast<std::size_t>(fault)]; }

  const Plan plan_;
  Outcome outcome_;
  const Swarm swarm_;
  Trace trace_;
  Breaches breaches_;
  Agreement agreement_{breaches_};
  Votes votes_{breaches_};
  Locks locks_{breaches_};
  Bounds bounds_{breaches_};
  Stops stops_{breaches_};
  Accusations accusations_{breaches_};
  Views views_{breaches_};
  Epochs epochs_{breaches_};
  Transactions transactions_;
  Proposals proposals_;
  Recoveries recoveries_;

  Random client_random_;
  Random office_random_;
  Links links_;
  consensus::ValidatorSet everybody_;
  consensus::ValidatorSet genesis_;
  std::map<PublicKey, std::uint32_t> identities_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::vector<std::unique_ptr<crypto::Signer>> signers_;  // of the liars
  std::vector<std::unique_ptr<Office>> offices_;          // identities in order, then second copies
  std::map<std::uint32_t, Liar> liars_;                   // by identity
  std::vector<Conduct> conduct_;                          // by identity
  std::unique_ptr<Nemesis> nemesis_;

  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t next_order_ = 1;
  std::uint64_t now_us_ = 0;
  std::vector<std::uint64_t> tick_us_;  // by slot
  bool calm_ = false;
  std::map<std::uint64_t, Transaction> issued_;
  std::uint32_t next_number_ = 0;
};

}  // namespace tally::sim
