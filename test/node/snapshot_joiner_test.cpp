#include "node/snapshot_joiner.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "node/network.h"
#include "node/snapshot_shelf.h"

using namespace tally;
using namespace tally::test;
using node::SnapshotJoiner;
using node::SyncMessage;

namespace {

PublicKey peer(Byte number) {
  PublicKey key;
  key.bytes.fill(number);
  return key;
}

// What a peer answers to a request for a piece; nullopt: nothing.
using Answers = std::function<std::optional<node::SnapshotPiece>(const node::SnapshotPieceRequest&)>;

// A snapshot in several chunks, and a joiner whose peers are functions.
class Joining {
 public:
  Joining() : network_({.nodes = 1}), verifier_(crypto::make_verifier(network_.chain)) {
    for (std::uint32_t i = 0; i < 24; ++i) REQUIRE(network_.submit(0, network_.registration(i))["state"] == "final");
    const auto view = network_.nodes[0]->chain().final_view();
    height_ = view->height;
    std::filesystem::create_directories(directory() / "snapshots");
    const contracts::RuleEngine executor;
    const auto written = ledger::write_snapshot(network_.chain, *view, {}, executor,
                                                directory() / "snapshots" / std::to_string(height_.value), nullptr,
                                                {.chunk_bytes = 1024, .sort_bytes = limits::kMiB});
    REQUIRE(written.has_value());
    REQUIRE(written->chunks() > 2);
    chunks_ = written->chunks();
    shelf_.emplace(directory() / "snapshots", network_.chain);
    std::filesystem::create_directories(data());
  }

  [[nodiscard]] std::filesystem::path directory() const { return network_.directory / "joining"; }
  [[nodiscard]] std::filesystem::path data() const { return directory() / "data"; }
  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] std::size_t chunks() const { return chunks_; }
  [[nodiscard]] BlockHeight height() const { return height_; }

  // As the shelf has it.
  [[nodiscard]] Answers honest() const {
    return [this](const node::SnapshotPieceRequest& request) { return shelf_->piece(request).value(); };
  }

  // Runs until the join is done; false after the deadline.
  bool run(const std::map<PublicKey, Answers>& peers, unsigned seconds = 20) {
    SnapshotJoiner::Services services;
    services.send = [&](const PublicKey& to, const SyncMessage& message) {
      const std::lock_guard lock(mutex_);
      asked_.insert(to);
      if (auto piece = peers.at(to)(std::get<node::SnapshotPieceRequest>(message)))
        joiner_->piece(to, std::move(*piece));
    };
    services.broadcast = [&](const SyncMessage& message) {
      REQUIRE(std::holds_alternative<node::SnapshotRequest>(message));
      const auto newest = shelf_->newest();
      for (const auto& [key, answers] : peers)
        joiner_->offered(key, {newest->height, newest->id, newest->manifest_bytes});
    };
    services.penalise = [&](const PublicKey& it, const std::string&) {
      const std::lock_guard lock(mutex_);
      penalised_.insert(it);
    };
    services.info = [](const std::string&) {};
    services.warn = [](const std::string&) {};
    services.joined = [&](BlockHeight height) {
      CHECK(height == height_);
      joined_.store(true);
    };
    joiner_ = std::make_unique<SnapshotJoiner>(
        node::JoinerOptions{data(), network_.genesis, std::chrono::milliseconds(2)}, *verifier_, std::move(services));
    joiner_->start();
    joiner_->want(BlockHeight{0});
    const bool done = Network::eventually([&] { return joined_.load(); }, seconds);
    joiner_->stop();
    joiner_.reset();
    return done;
  }

  [[nodiscard]] std::set<PublicKey> penalised() const { return penalised_; }
  [[nodiscard]] std::set<PublicKey> asked() const { return asked_; }
  [[nodiscard]] bool stands() const { return std::filesystem::exists(data() / node::kJoiningDatabase); }

 private:
  Network network_;
  std::unique_ptr<crypto::Verifier> verifier_;
  BlockHeight height_;
  std::size_t chunks_ = 0;
  std::optional<node::SnapshotShelf> shelf_;
  std::mutex mutex_;
  std::set<PublicKey> penalised_;
  std::set<PublicKey> asked_;
  std::atomic<bool> joined_{false};
  std::unique_ptr<SnapshotJoiner> joiner_;
};

// Flips a bit of whatever is given for these parts.
Answers lying(Answers honest, std::function<bool(std::uint32_t part)> about) {
  return [honest = std::move(honest), about = std::move(about)](const node::SnapshotPieceRequest& request) {
    auto piece = honest(request);
    if (about(request.part) && !piece->bytes.empty()) piece->bytes[piece->bytes.size() / 2] ^= Byte{1};
    return piece;
  };
}

}  // namespace

TEST_CASE("SnapshotJoiner: a database is filled from peers and opens at the snapshot's block") {
  Joining joining;
  REQUIRE(joining.run({{peer(1), joining.honest()}, {peer(2), joining.honest()}}));
  CHECK(joining.penalised().empty());
  CHECK(joining.asked().size() == 2);
  CHECK(joining.stands());
}

TEST_CASE("SnapshotJoiner: false chunks cost their peer the link and the join finishes from another") {
  Joining joining;
  const auto about_chunks = [](std::uint32_t part) { return part > 0; };
  REQUIRE(joining.run({{peer(1), lying(joining.honest(), about_chunks)},
                       {peer(2), lying(joining.honest(), about_chunks)},
                       {peer(3), joining.honest()}}));
  CHECK(joining.penalised() == std::set{peer(1), peer(2)});
}

TEST_CASE("SnapshotJoiner: a false manifest too") {
  Joining joining;
  const auto about_manifests = [](std::uint32_t part) { return part == 0; };
  REQUIRE(joining.run({{peer(1), lying(joining.honest(), about_manifests)}, {peer(2), joining.honest()}}));
  CHECK(joining.penalised() == std::set{peer(1)});
}

TEST_CASE("SnapshotJoiner: a peer that stops answering is passed over") {
  Joining joining;
  const auto silent_about_chunks = [&](const node::SnapshotPieceRequest& request) {
    return request.part == 0 ? joining.honest()(request) : std::nullopt;
  };
  REQUIRE(joining.run({{peer(1), silent_about_chunks}, {peer(2), joining.honest()}}));
  CHECK(joining.penalised().empty());
}

TEST_CASE("SnapshotJoiner: with liars alone nothing is left behind") {
  Joining joining;
  const auto about_the_last = [&](std::uint32_t part) { return part == joining.chunks(); };
  REQUIRE_FALSE(joining.run({{peer(1), lying(joining.honest(), about_the_last)}}, 2));
  CHECK(joining.penalised() == std::set{peer(1)});
  CHECK_FALSE(joining.stands());
}
