#include "node/snapshot_joiner.h"

#include "contracts/engine.h"
#include "storage/rocks_store.h"

namespace tally::node {

namespace {

constexpr std::uint64_t kAskEveryTicks = 10;
constexpr std::uint64_t kSearchTicks = 30;

}  // namespace

SnapshotJoiner::SnapshotJoiner(JoinerOptions options, const crypto::Verifier& verifier, Services services)
    : options_(std::move(options)),
      database_(options_.directory / kJoiningDatabase),
      verifier_(verifier),
      services_(std::move(services)),
      executor_(std::make_unique<contracts::RuleEngine>()) {}

SnapshotJoiner::~SnapshotJoiner() {
  stop();
  // An unfinished database is of no use to the next start.
  if (!done_) discard();
}

void SnapshotJoiner::start() {
  loop_.start({{}, [this] { tick(); }, options_.tick_every});
}

void SnapshotJoiner::want(std::optional<BlockHeight> above) {
  loop_.post([this, above] {
    if (done_) return;
    if (above) {
      fetcher_.want(*above);
    } else {
      fetcher_.leave();
      searching_ticks_ = 0;
    }
    follow_target();
    publish();
  });
}

void SnapshotJoiner::offered(const PublicKey& peer, const SnapshotOffer& offer) {
  loop_.post([this, peer, offer] {
    if (done_ || !fetcher_.wanting()) return;
    fetcher_.offered(peer, offer);
    follow_target();
  });
}

void SnapshotJoiner::peer_gone(const PublicKey& peer) {
  loop_.post([this, peer] {
    if (done_) return;
    fetcher_.peer_gone(peer);
    follow_target();
    ask(fetcher_.next());
  });
}

void SnapshotJoiner::piece(const PublicKey& peer, SnapshotPiece piece, p2p::Credit credit) {
  loop_.post([this, peer, piece = std::move(piece), credit = std::move(credit)]() mutable {
    if (done_) return;
    auto part = fetcher_.arrived(peer, std::move(piece));
    if (!part) services_.penalise(peer, part.error().text());
    // The line works while what came is checked and written.
    ask(fetcher_.next());
    if (part && *part) take(**std::move(part));
    follow_target();
  });
}

void SnapshotJoiner::tick() {
  if (done_ || !fetcher_.wanting()) return;
  const bool choosing = !fetcher_.target();
  if (choosing && searching_ticks_++ % kAskEveryTicks == 0) services_.broadcast(SnapshotRequest{fetcher_.above()});
  const auto requests = fetcher_.tick();
  follow_target();
  ask(requests);
  publish();
}

void SnapshotJoiner::ask(const std::vector<SnapshotFetcher::Request>& requests) {
  for (const auto& request : requests) services_.send(request.peer, request.piece);
}

// The snapshot that store_ was for may be nobody's any more.
void SnapshotJoiner::follow_target() {
  const auto& target = fetcher_.target();
  if (filling_ && (!target || target->id != *filling_)) {
    services_.warn("no peer gives the rest of the snapshot that was being fetched: another is looked for");
    discard();
  }
}

void SnapshotJoiner::take(SnapshotFetcher::Part part) {
  const Status good =
      part.index == 0 ? take_manifest(part.bytes) : installer_->add(part.index - std::size_t{1}, part.bytes);
  if (!good && good.error().code == ErrorCode::storage_failed) return failed(good.error());
  if (!good) {
    fetcher_.refused(part.peer, part.index);
    services_.penalise(part.peer, "snapshot: " + good.error().text());
    return ask(fetcher_.next());
  }
  if (part.index != 0) fetcher_.chunk_accepted();
  publish();
  if (fetcher_.complete()) return finish();
  ask(fetcher_.next());
}

Status SnapshotJoiner::take_manifest(ByteView bytes) {
  auto manifest = ledger::decode_manifest(bytes);
  if (!manifest) return manifest.error();
  if (ledger::snapshot_id(*manifest) != fetcher_.target()->id)
    return make_error(ErrorCode::invalid_field, "manifest", "is of another snapshot than was offered");
  if (Status good = ledger::check_manifest(*manifest, options_.genesis, verifier_); !good) return good;
  const std::vector<std::uint64_t> sizes = manifest->sizes;
  if (Status begun = begin(std::move(*manifest)); !begun) return begun;
  fetcher_.manifest_accepted(sizes);
  return {};
}

Status SnapshotJoiner::begin(ledger::SnapshotManifest manifest) {
  discard();
  services_.info("joining by a snapshot of block " + std::to_string(manifest.header.height.value) + ": " +
                 std::to_string(manifest.chunks()) + " chunks, " + std::to_string(manifest.bytes()) + " bytes");
  filling_ = ledger::snapshot_id(manifest);
  const auto own = [](const Error& error) {
    // Whatever goes wrong here is this node's, not the peer's.
    Error out = error;
    out.code = ErrorCode::storage_failed;
    return out;
  };
  auto store = storage::open_rocks_store(database_, {.bulk_load = true});
  if (!store) return own(store.error());
  store_ = std::move(store).value();
  auto installer = ledger::SnapshotInstaller::begin(*store_, options_.genesis, std::move(manifest), *executor_);
  if (!installer) return own(installer.error());
  installer_.emplace(std::move(installer).value());
  return {};
}

void SnapshotJoiner::finish() {
  const BlockHeight height = installer_->manifest().header.height;
  if (Status closed = close(); !closed) return failed(closed.error());
  done_ = joined_ = true;
  publish();
  services_.info("the snapshot of block " + std::to_string(height.value) + " is whole and checked");
  services_.joined(height);
}

// As the node will open it.
Status SnapshotJoiner::close() {
  if (Status finished = installer_->finish(); !finished) return finished;
  installer_.reset();
  store_.reset();
  auto store = storage::open_rocks_store(database_, {});
  if (!store) return store.error();
  ledger::ChainOptions options;
  options.final_views = false;
  const auto chain = ledger::Chain::open(**store, options_.genesis, *executor_, verifier_, options);
  if (!chain) return chain.error();
  return {};
}

void SnapshotJoiner::failed(const Error& error) {
  services_.warn("joining by a snapshot is given up: " + error.text());
  fetcher_.leave();
  discard();
  done_ = true;
}

void SnapshotJoiner::discard() {
  installer_.reset();
  store_.reset();
  filling_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(database_, ignored);
  publish();
}

void SnapshotJoiner::publish() {
  JoinProgress progress;
  if (installer_)
    progress = {installer_->manifest().header.height, installer_->manifest().chunks(), installer_->missing()};
  const bool searching = fetcher_.wanting() && searching_ticks_ < kSearchTicks;
  busy_.store(installer_.has_value() || searching || joined_, std::memory_order_relaxed);
  const std::lock_guard lock(progress_mutex_);
  progress_ = progress;
}

JoinProgress SnapshotJoiner::progress() const {
  const std::lock_guard lock(progress_mutex_);
  return progress_;
}

}  // namespace tally::node
