#include "node/repair.h"

#include "contracts/engine.h"
#include "node/data_directory.h"
#include "node/vote_store.h"
#include "storage/rocks_store.h"

namespace tally::node {

using ledger::ScrubClass;

namespace {

std::filesystem::path database(const RepairSetup& setup) {
  return setup.data_directory / "db";
}

ledger::Executor& executor_of(const RepairSetup& setup, std::unique_ptr<ledger::Executor>& own) {
  if (setup.executor) return *setup.executor;
  own = std::make_unique<contracts::RuleEngine>();
  return *own;
}

Result<storage::SalvagedStore> open_damaged(const RepairSetup& setup) {
  auto store = storage::salvage_rocks_store(database(setup));
  if (!store) return Error(store.error()).within("data_directory");
  return store;
}

std::uint64_t bytes_in(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure))
    if (entry.is_regular_file(failure)) bytes += entry.file_size(failure);
  return bytes;
}

// A name that nothing has.
std::filesystem::path place_to_keep(const RepairSetup& setup) {
  std::error_code failure;
  for (int number = 1;; ++number) {
    auto path = setup.data_directory / ("db.damaged-" + std::to_string(number));
    if (!std::filesystem::exists(path, failure)) return path;
  }
}

// Removes what was made unless it took its place.
struct Beside {
  std::filesystem::path path;
  explicit Beside(std::filesystem::path made) : path(std::move(made)) { remove(); }
  ~Beside() { remove(); }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  void remove() const {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
};

class Repair {
 public:
  Repair(const RepairSetup& setup, const Diagnosis& diagnosis, const RepairRequest& request)
      : setup_(setup),
        diagnosis_(diagnosis),
        request_(request),
        verifier_(crypto::make_verifier(ledger::chain_id(setup.genesis))),
        executor_(executor_of(setup, own_executor_)),
        made_(setup.data_directory / "db.repairing") {}

  Result<RepairReport> run() {
    auto damaged = open_damaged(setup_);
    if (!damaged) return damaged.error();
    damaged_ = std::move(damaged).value();
    if (Status made = make_ledger(); !made) return made.error();
    if (Status taken = take_own_records(); !taken) return taken.error();
    report_.bytes_before = bytes_in(database(setup_));
    report_.bytes_after = bytes_in(made_.path);
    report_.kept = place_to_keep(setup_);
    // The lock on the damaged store is held until the other one is in its place. From here on that name may be the
    // damaged store's.
    const auto made = std::exchange(made_.path, {});
    if (Status exchanged = exchange_directories(made, database(setup_), report_.kept); !exchanged)
      return exchanged.error();
    return std::move(report_);
  }

 private:
  Result<std::unique_ptr<storage::Store>> open_made(bool bulk_load) const {
    auto store =
        storage::open_rocks_store(made_.path, {.block_cache_bytes = setup_.block_cache_bytes, .bulk_load = bulk_load});
    if (!store) return Error(store.error()).within("data_directory");
    return store;
  }

  void say(const char* what, std::uint64_t done, std::uint64_t total) const {
    if (request_.progress) request_.progress(what, done, total);
  }

  Status make_ledger() {
    if (diagnosis_.ledger_whole && damaged_.reader != nullptr && !damaged_.damage && request_.snapshot.empty()) {
      auto store = open_made(false);
      if (!store) return store.error();
      report_.copied = true;
      return ledger::copy_ledger(*damaged_.reader, **store);
    }
    if (damaged_.reader == nullptr && request_.donors.empty() && request_.snapshot.empty())
      return make_error(ErrorCode::not_found, "data_directory",
                        "nothing of the store can be read, and no other source is given",
                        "--from with the address of another node, --file with a chain file or archive, or --snapshot");
    auto done = attempt(damaged_.reader.get());
    // Damage that agrees with itself leads astray: then all comes from elsewhere.
    if (!done && damaged_.reader != nullptr && !request_.donors.empty() && worth_again(done.error())) {
      const Error first = done.error();
      done = attempt(nullptr);
      if (done) done->notes.push_back("no block was taken from the store itself: " + first.text());
      if (!done && done.error().code == ErrorCode::not_found) return first;
    }
    if (!done) return done.error();
    report_.chain = std::move(done).value();
    return {};
  }

  static bool worth_again(const Error& error) {
    return error.code == ErrorCode::not_found || error.code == ErrorCode::root_mismatch ||
           error.code == ErrorCode::broken_chain || error.code == ErrorCode::pruned;
  }

  Result<ledger::SalvageReport> attempt(const storage::Reader* own) {
    made_.remove();
    if (!request_.snapshot.empty()) {
      auto store = open_made(true);
      if (!store) return store.error();
      const auto filled =
          ledger::fill_from_snapshot(request_.snapshot, **store, setup_.genesis, executor_, *verifier_,
                                     [&](std::size_t done, std::size_t all) { say("chunks", done, all); });
      if (!filled) return Error(filled.error()).within(request_.snapshot.string());
    }
    auto store = open_made(false);
    if (!store) return store.error();
    ledger::Salvage salvage{setup_.genesis, executor_, *verifier_, own, request_.donors, known_final(), nullptr};
    salvage.progress = [&](BlockHeight height) { say("blocks", height.value, salvage.known_final.value); };
    return ledger::salvage_chain(salvage, **store);
  }

  [[nodiscard]] BlockHeight known_final() const {
    BlockHeight out;
    if (damaged_.reader == nullptr) return out;
    const auto validators = validators_in(*damaged_.reader, setup_.genesis);
    for (const auto& certificate : certificates_of_votes(*damaged_.reader, validators, *verifier_))
      out = std::max(out, certificate.vote.height);
    return out;
  }

  // As the node will open it: a store that it would refuse takes nobody's place.
  Status take_own_records() {
    auto store = open_made(false);
    if (!store) return store.error();
    ledger::ChainOptions options;
    options.final_views = false;
    auto opened = ledger::Chain::open(**store, setup_.genesis, executor_, *verifier_, options);
    if (!opened) return opened.error();
    ledger::Chain& chain = **opened;
    const auto current = chain.validators();
    report_.members = current.members.size();
    const bool complete = !damaged_.damage && diagnosis_.votes_whole;
    auto own = salvage_own_records(damaged_.reader.get(), complete, **store, {current, setup_.self},
                                   known_here_or_there(chain), *verifier_);
    if (!own) return own.error();
    report_.own = std::move(own).value();
    for (const auto& certificate : report_.own.certificates) {
      if (certificate.vote.height > chain.head().header.height) continue;
      if (Status recorded = chain.record_certificate(certificate); !recorded) return recorded;
    }
    if (Status settled = settle_votes(chain, **store); !settled) return settled;
    const auto head = chain.head();
    if (report_.copied) report_.chain.began = BlockHeight{chain.first_block().value - 1};
    report_.chain.head = head.header.height;
    report_.chain.final = chain.final_height();
    report_.state_root = head.header.state_root;
    return {};
  }

  // The chain may have come further than the votes know: what its last certificate covers can no longer matter.
  Status settle_votes(const ledger::Chain& chain, storage::Store& store) const {
    auto certificate = chain.certificate(chain.final_height());
    if (!certificate) return certificate.error();
    if (!*certificate) return {};
    for (const auto& known : report_.own.certificates)
      if (known.vote.height >= (*certificate)->vote.height) return {};
    VoteStore votes(store);
    if (const auto loaded = votes.load(); !loaded) return loaded.error();
    return votes.persist({consensus::StableRecord{std::move(**certificate)}});
  }

  // Sets of the chain that was made whole, else those that the damaged store claims.
  [[nodiscard]] ValidatorsOf known_here_or_there(const ledger::Chain& chain) const {
    const auto there = damaged_.reader ? validators_in(*damaged_.reader, setup_.genesis) : nullptr;
    return [&chain, there](Epoch epoch) -> std::optional<consensus::ValidatorSet> {
      auto set = chain.validators_of(epoch);
      if (set && *set) return std::move(**set);
      return there ? there(epoch) : std::nullopt;
    };
  }

  const RepairSetup& setup_;
  const Diagnosis& diagnosis_;
  const RepairRequest& request_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<ledger::Executor> own_executor_;
  ledger::Executor& executor_;
  Beside made_;
  storage::SalvagedStore damaged_;
  RepairReport report_;
};

}  // namespace

Result<Diagnosis> diagnose(const RepairSetup& setup) {
  auto store = open_damaged(setup);
  if (!store) return store.error();
  Diagnosis out;
  ScrubClass files{"files", 1, 0, {}};
  if (store->damage) files.add("the files of the database", store->damage->text());
  out.readable = store->reader != nullptr;
  out.classes.push_back(std::move(files));
  if (out.readable) {
    std::unique_ptr<ledger::Executor> own_executor;
    const auto verifier = crypto::make_verifier(ledger::chain_id(setup.genesis));
    for (auto& found : ledger::scrub_ledger(*store->reader, setup.genesis, *verifier, executor_of(setup, own_executor)))
      out.classes.push_back(std::move(found));
    for (const auto& found : out.classes) out.ledger_whole = out.ledger_whole && found.damaged == 0;
    const auto validators = validators_in(*store->reader, setup.genesis);
    out.classes.push_back(scrub_votes(*store->reader, validators, *verifier));
    out.votes_whole = out.classes.back().damaged == 0;
    out.classes.push_back(scrub_evidence(*store->reader, validators, *verifier));
  } else {
    out.votes_whole = out.ledger_whole = false;
  }
  for (const auto& found : out.classes) out.damaged += found.damaged;
  return out;
}

Result<RepairReport> repair(const RepairSetup& setup, const Diagnosis& diagnosis, const RepairRequest& request) {
  return Repair(setup, diagnosis, request).run();
}

}  // namespace tally::node
