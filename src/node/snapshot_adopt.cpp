// A joined database takes the place of the node's own.
#include "common/invariant.h"
#include "consensus/durable.h"
#include "contracts/engine.h"
#include "node/data_directory.h"
#include "node/node.h"
#include "node/snapshot_joiner.h"
#include "node/vote_store.h"
#include "storage/rocks_store.h"

namespace tally::node {

namespace {

constexpr std::string_view kReplacedDatabase = "db.replaced";

// A database and the chain in it.
struct Opened {
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<crypto::Verifier> verifier;
  std::unique_ptr<ledger::Executor> executor;
  std::unique_ptr<ledger::Chain> chain;
};

Result<Opened> open(const NodeSetup& setup, const std::filesystem::path& directory) {
  Opened out;
  auto store = storage::open_rocks_store(directory, {.env = setup.env});
  if (!store) return Error(store.error()).within("data_directory");
  out.store = std::move(store).value();
  out.verifier = crypto::make_verifier(ledger::chain_id(setup.genesis));
  out.executor = std::make_unique<contracts::RuleEngine>();
  ledger::ChainOptions options;
  options.final_views = false;
  auto chain = ledger::Chain::open(*out.store, setup.genesis, *out.executor, *out.verifier, options);
  if (!chain) return chain.error();
  out.chain = std::move(chain).value();
  return out;
}

Status remove_whole(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::remove_all(directory, failure);
  if (!failure) return {};
  return make_error(ErrorCode::io_failed, "data_directory",
                    "cannot remove " + directory.string() + ": " + failure.message());
}

// Whether the key was in a set of validators up to the joined block, whose votes there may be.
Result<bool> may_have_voted(const ledger::Chain& chain, const PublicKey& key) {
  for (Epoch epoch; epoch <= chain.validators().epoch; epoch = Epoch{epoch.value + 1}) {
    const auto set = chain.validators_of(epoch);
    if (!set) return set.error();
    if (!*set) continue;
    for (const auto& member : (*set)->members)
      if (member.key == key) return true;
  }
  return false;
}

// All votes go along; those that the snapshot's certificate covers can no longer matter. The mark of a new directory
// does not, if this node was a member and has executed nothing: it may be an emptied one, and by joining it comes to
// the heights of its lost votes before the peers have shown them (rule 10).
Status take_along(const Opened& own, Opened& joined, const PublicKey& key) {
  if (Status copied = copy_own_records(*own.store, *joined.store); !copied) return copied;
  if (own.chain->head().header.height.value == 0) {
    const auto voted = may_have_voted(*joined.chain, key);
    if (!voted) return voted.error();
    storage::WriteBatch batch;
    if (*voted) batch.erase(storage::Column::votes, consensus::storage_key(consensus::InitRecord{}));
    if (Status written = joined.store->write(batch, storage::Sync::yes); !written) return written;
  }
  const auto certificate = joined.chain->certificate(joined.chain->final_height());
  if (!certificate) return certificate.error();
  invariant(certificate->has_value(), "a snapshot is of a certified block");
  VoteStore votes(*joined.store);
  if (const auto loaded = votes.load(); !loaded) return loaded.error();
  return votes.persist({consensus::StableRecord{**certificate}});
}

}  // namespace

Result<std::optional<BlockHeight>> adopt_joined(const NodeSetup& setup) {
  const auto& directory = setup.config.data_directory;
  const auto current = directory / "db";
  const auto joining = directory / kJoiningDatabase;
  const auto replaced = directory / kReplacedDatabase;
  std::optional<BlockHeight> none;
  // Of an exchange that a crash came after.
  if (Status removed = remove_whole(replaced); !removed) return removed.error();
  std::error_code ignored;
  if (!std::filesystem::exists(joining, ignored)) return none;
  std::optional<BlockHeight> height;
  if (std::filesystem::exists(current, ignored)) {
    // A database that is not whole is refused here.
    auto joined = open(setup, joining);
    auto own = joined ? open(setup, current) : Result<Opened>(joined.error());
    if (joined && !own) return own.error();
    if (joined && joined->chain->head().header.height > own->chain->head().header.height) {
      height = joined->chain->head().header.height;
      if (Status taken = take_along(*own, *joined, setup.key.public_key()); !taken) return taken.error();
    }
  }
  if (!height) {
    if (Status removed = remove_whole(joining); !removed) return removed.error();
    return none;
  }
  if (Status exchanged = exchange_directories(joining, current, replaced); !exchanged) return exchanged.error();
  if (Status removed = remove_whole(replaced); !removed) return removed.error();
  return height;
}

}  // namespace tally::node
