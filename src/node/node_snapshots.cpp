// The part of Node that makes snapshots, gives them to peers and takes one from them.
#include <spdlog/spdlog.h>

#include "node/node.h"

namespace tally::node {

void Node::start_snapshots() {
  const auto& config = setup_.config;
  shelf_ = std::make_unique<SnapshotShelf>(config.data_directory / "snapshots", chain_id_);
  const auto info = [this](const std::string& text) { log_->info("{}", text); };
  const auto warn = [this](const std::string& text) { log_->warn("{}", text); };
  maker_ = std::make_unique<SnapshotMaker>(
      SnapshotMakerOptions{config.snapshot_every_blocks, config.snapshots_kept, config.keep_blocks}, *chain_, *store_,
      *shelf_, SnapshotMaker::Services{info, warn});
  SnapshotJoiner::Services services;
  const auto bytes_of = [](const SyncMessage& message) { return std::make_shared<const Bytes>(encode(message)); };
  services.send = [this, bytes_of](const PublicKey& peer, const SyncMessage& message) {
    transport_->send(peer, p2p::MessageClass::sync, bytes_of(message));
  };
  services.broadcast = [this, bytes_of](const SyncMessage& message) {
    transport_->broadcast(p2p::MessageClass::sync, bytes_of(message));
  };
  services.penalise = [this](const PublicKey& peer, const std::string& reason) {
    log_->warn("peer {}: {}", peer.short_hex(), reason);
    transport_->penalise(peer, reason);
  };
  services.info = info;
  services.warn = warn;
  services.joined = [this](BlockHeight height) {
    if (setup_.restart) return setup_.restart(height);
    log_->warn("start this node again: it then goes on from block {}", height.value);
  };
  joiner_ = std::make_unique<SnapshotJoiner>(
      JoinerOptions{config.data_directory, setup_.genesis, std::chrono::milliseconds(config.tick_ms)}, *verifier_,
      std::move(services));
}

// On a worker.
void Node::on_snapshot_message(const PublicKey& from, SyncMessage message, p2p::Credit credit) {
  const auto answer = [&](const SyncMessage& out) {
    transport_->send(from, p2p::MessageClass::sync, std::make_shared<const Bytes>(encode(out)));
  };
  if (const auto* request = std::get_if<SnapshotRequest>(&message)) {
    const auto newest = shelf_->newest();
    const bool good = newest && newest->height > request->above;
    answer(good ? SnapshotOffer{newest->height, newest->id, newest->manifest_bytes} : SnapshotOffer{});
  } else if (const auto* piece_request = std::get_if<SnapshotPieceRequest>(&message)) {
    auto piece = shelf_->piece(*piece_request);
    if (piece) return answer(std::move(*piece));
    // The peer asks another; this node goes on without that snapshot.
    log_->error("{}", piece.error().text());
    answer(SnapshotPiece{piece_request->id, piece_request->part, piece_request->offset, {}});
  } else if (const auto* offer = std::get_if<SnapshotOffer>(&message)) {
    joiner_->offered(from, *offer);
  } else if (auto* piece = std::get_if<SnapshotPiece>(&message)) {
    joiner_->piece(from, std::move(*piece), std::move(credit));
  }
}

}  // namespace tally::node
