#include "node/snapshot_maker.h"

#include "common/time.h"
#include "contracts/engine.h"
#include "ledger/prune.h"

namespace tally::node {

SnapshotMaker::SnapshotMaker(SnapshotMakerOptions options, ledger::Chain& chain, const storage::Store& store,
                             SnapshotShelf& shelf, Services services)
    : options_(options),
      chain_(chain),
      store_(store),
      shelf_(shelf),
      services_(std::move(services)),
      executor_(std::make_unique<contracts::RuleEngine>()) {
  if (const auto newest = shelf_.newest()) last_ = newest->height;
}

void SnapshotMaker::start() {
  if (options_.every_blocks != 0) thread_ = std::thread([this] { run(); });
}

void SnapshotMaker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// The first final block at or after a multiple: mostly that block itself, and then it is the same on every node.
void SnapshotMaker::final_reached(BlockHeight height) {
  if (options_.every_blocks == 0) return;
  if (height.value / options_.every_blocks <= last_.value / options_.every_blocks) return;
  auto view = chain_.final_view();
  if (view == nullptr || view->height != height) return;
  last_ = height;
  {
    const std::lock_guard lock(mutex_);
    due_ = std::move(view);
  }
  wake_.notify_all();
}

void SnapshotMaker::run() {
  for (;;) {
    std::shared_ptr<const ledger::FinalView> view;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || due_ != nullptr; });
      if (stopping_) return;
      view = std::exchange(due_, nullptr);
    }
    Status done = make(*view);
    const BlockHeight height = view->height;
    // What the view holds on to could not be freed.
    view.reset();
    if (done) done = prune(height);
    if (!done && !stopping_)
      services_.warn("snapshot of block " + std::to_string(height.value) + ": " + done.error().text());
  }
}

Status SnapshotMaker::make(const ledger::FinalView& view) {
  const auto place = shelf_.place(view.height);
  std::error_code failure;
  std::filesystem::create_directories(place.parent_path(), failure);
  if (failure)
    return make_error(ErrorCode::io_failed, "data_directory",
                      "cannot create " + place.parent_path().string() + ": " + failure.message());
  // Of an attempt that a crash ended.
  std::filesystem::remove_all(place.string() + ".part", failure);
  auto epochs = ledger::epoch_links(store_, view.header.epoch);
  if (!epochs) return epochs.error();
  const auto go_on = [this](const ledger::SnapshotWork&) { return !stopping_; };
  const auto manifest = ledger::write_snapshot(chain_.id(), view, std::move(*epochs), *executor_, place, go_on);
  if (!manifest) return manifest.error();
  if (Status added = shelf_.add(view.height); !added) return added;
  services_.info("made a snapshot of block " + std::to_string(view.height.value) + ": " +
                 std::to_string(manifest->chunks()) + " chunks, " + std::to_string(manifest->bytes()) + " bytes");
  return shelf_.keep(options_.kept);
}

Status SnapshotMaker::prune(BlockHeight final) {
  const auto held = shelf_.held();
  if (options_.keep_blocks == 0 || held.empty() || final.value <= options_.keep_blocks) return {};
  ledger::PruneOptions options;
  options.keep_from = std::min(BlockHeight{final.value - options_.keep_blocks + 1}, held.front().height);
  const auto report = chain_.prune(options);
  if (!report) return report.error();
  if (report->blocks > 0)
    services_.info("let go of the batches of " + std::to_string(report->blocks) + " blocks, " +
                   std::to_string(report->bytes) + " bytes; all from block " + std::to_string(report->first.value) +
                   " on are kept");
  return {};
}

}  // namespace tally::node
