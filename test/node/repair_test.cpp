// Damage to the store of one of four real nodes, in each class of records and in its files: found, refused by the node,
// repaired, and the node votes again or signs nothing for as long as it must.
#include "node/repair.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "node/network.h"
#include "node/vote_store.h"
#include "storage/rocks_store.h"

namespace {

using namespace tally;
using storage::Column;
using test::Network;
namespace fs = std::filesystem;

constexpr std::size_t kVictim = 3;

// What another node of the same process holds.
class NodeDonor final : public ledger::BlockDonor {
 public:
  explicit NodeDonor(const node::Node& node) : node_(node) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  Result<std::vector<ledger::CertifiedBlock>> run(BlockHeight from) override {
    std::vector<ledger::CertifiedBlock> out;
    for (BlockHeight height = from; height <= node_.chain().final_height(); height = height.next()) {
      auto block = node_.chain().block(height);
      if (!block) return block.error();
      if (!*block) break;
      out.push_back(std::move(**block));
      if (out.back().certificate) return out;
    }
    return std::vector<ledger::CertifiedBlock>{};
  }

 private:
  const node::Node& node_;
  std::string name_ = "office-0";
};

// A network with some blocks; the victim stands still, the others go on.
struct Damaged {
  Network network{4};
  std::uint32_t number = 0;

  Damaged() {
    submit(12);
    // One that lags behind may hold nothing that could be damaged.
    const bool caught_up = Network::eventually(
        [&] { return network.nodes[kVictim]->chain().final_height() == network.nodes[0]->chain().final_height(); });
    INFO(network.picture());
    REQUIRE(caught_up);
    network.stop(kVictim);
  }
  void submit(int count) {
    for (int i = 0; i < count; ++i) {
      const Json answer = network.submit(0, network.registration(number++));
      INFO(answer.dump() << "\n" << network.picture());
      REQUIRE(answer["state"] == "final");
    }
  }
  [[nodiscard]] fs::path data() const { return network.directory / std::to_string(kVictim); }
  [[nodiscard]] fs::path db() const { return data() / "db"; }
  [[nodiscard]] node::RepairSetup setup() const {
    node::RepairSetup out{data(), network.genesis};
    out.executor = network.executor(kVictim);
    return out;
  }
  [[nodiscard]] node::Diagnosis diagnose() const {
    auto found = node::diagnose(setup());
    if (!found) FAIL(found.error().text());
    return std::move(found).value();
  }
  [[nodiscard]] Result<node::RepairReport> repair(const fs::path& snapshot = {}, bool with_donor = true) const {
    NodeDonor donor(*network.nodes[0]);
    node::RepairRequest request;
    if (with_donor) request.donors = {&donor};
    request.snapshot = snapshot;
    return node::repair(setup(), diagnose(), request);
  }
  // Its name in what the diagnosis tells, or nothing.
  [[nodiscard]] std::string damaged_classes() const {
    std::string out;
    for (const auto& found : diagnose().classes)
      if (found.damaged > 0) out += (out.empty() ? "" : " ") + found.name;
    return out;
  }
  void write(const std::function<void(storage::Store&, storage::WriteBatch&)>& change) const {
    const auto store = storage::open_rocks_store(db(), {}).value();
    storage::WriteBatch batch;
    change(*store, batch);
    REQUIRE(store->write(batch, storage::Sync::yes).has_value());
  }
  // A byte in the middle of the last value under this prefix that has any.
  void flip(Column column, const Bytes& prefix) const {
    write([&](storage::Store& store, storage::WriteBatch& batch) {
      const Status scanned = store.scan_back(column, prefix, {}, [&](ByteView key, ByteView value) {
        Bytes bytes(value.begin(), value.end());
        if (bytes.empty()) return true;  // the batch of an empty block
        bytes[bytes.size() / 2] ^= 1;
        batch.put(column, key, bytes);
        return false;
      });
      REQUIRE(scanned.has_value());
      REQUIRE_FALSE(batch.empty());
    });
  }
  // Takes the end off the last record under this prefix.
  void cut(Column column, const Bytes& prefix) const {
    write([&](storage::Store& store, storage::WriteBatch& batch) {
      const Status scanned = store.scan_back(column, prefix, {}, [&](ByteView key, ByteView value) {
        batch.put(column, key, value.first(value.size() - 1));
        return false;
      });
      REQUIRE(scanned.has_value());
      REQUIRE_FALSE(batch.empty());
    });
  }
  // The victim is whole, follows, and the others need it: its vote counts.
  void require_it_votes() {
    network.start(kVictim);
    network.stop(2);
    submit(1);
    const bool caught_up = Network::eventually([&] { return same_head(0); });
    INFO(network.picture());
    REQUIRE(caught_up);
    CHECK(network.nodes[kVictim]->failure().empty());
  }
  [[nodiscard]] bool same_head(std::size_t other) const {
    const auto mine = network.nodes[kVictim]->chain().final_view();
    const auto theirs = network.nodes[other]->chain().final_view();
    return mine && theirs && mine->height == theirs->height && mine->header.state_root == theirs->header.state_root;
  }
  [[nodiscard]] bool recovering() const { return network.nodes[kVictim]->ordering_status().recovering; }
};

std::string start_error(const Network& network) {
  auto log = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  const auto started = node::Node::start(network.setup(kVictim), log);
  return started ? std::string() : started.error().text();
}

void flip_file(const fs::path& file, double at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto place = static_cast<std::streamoff>(static_cast<double>(fs::file_size(file)) * at);
  stream.seekg(place);
  const int byte = stream.get();
  stream.seekp(place);
  stream.put(static_cast<char>(byte ^ 0x55));
}

fs::path file_like(const fs::path& directory, const std::string& part) {
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().filename().string().find(part) != std::string::npos && entry.file_size() > 0) return entry.path();
  FAIL("no file like " << part);
  return {};
}

TEST_CASE("repair: damage in each class that others can make up for, and the replica goes on voting") {
  struct Row {
    const char* name;
    Column column;
    Bytes prefix;
    const char* says;  // of the diagnosis
  };
  const std::vector<Row> rows = {{"batch", Column::blocks, {'b'}, "blocks"},
                                 {"state", Column::state, {}, "state"},
                                 {"tree", Column::tree, {'p'}, "tree"},
                                 {"place", Column::index, {'t'}, "index"}};
  Damaged damaged;
  for (const auto& row : rows) {
    INFO(row.name);
    damaged.flip(row.column, row.prefix);
    CHECK_THAT(damaged.damaged_classes(), Catch::Contains(row.says));
  }
  const auto before = damaged.network.nodes[0]->chain().final_height();
  const auto done = damaged.repair();
  if (!done) FAIL(done.error().text());
  CHECK_FALSE(done->own.votes_lost);
  CHECK(done->own.left_out.empty());
  CHECK(done->own.kept > 0);
  CHECK(done->chain.final == before);
  CHECK(fs::exists(damaged.data() / "db.damaged-1" / "CURRENT"));
  CHECK_FALSE(fs::exists(damaged.data() / "db.repairing"));
  CHECK(damaged.diagnose().damaged == 0);
  damaged.require_it_votes();
  CHECK_FALSE(damaged.recovering());
}

TEST_CASE("repair: with a damaged vote the replica signs nothing until that is safe, and then votes again") {
  Damaged damaged;
  damaged.cut(Column::votes, {});
  CHECK(damaged.damaged_classes() == "votes");
  CHECK_THAT(start_error(damaged.network), Catch::Contains("votes[") && Catch::Contains("tally repair"));
  const auto done = damaged.repair();
  if (!done) FAIL(done.error().text());
  CHECK(done->copied);
  CHECK(done->own.votes_lost);
  REQUIRE(done->own.left_out.size() == 1);
  // The others are whole and came along; what the last certificate covers is pruned. The loss is written down.
  {
    const auto store = storage::open_rocks_store(damaged.db(), {}).value();
    const auto records = node::VoteStore(*store).load();
    REQUIRE(records.has_value());
    bool lost = false;
    for (const auto& record : *records) {
      CHECK_FALSE(std::holds_alternative<consensus::InitRecord>(record));
      if (const auto* it = std::get_if<consensus::LostRecord>(&record)) lost = !it->over();
    }
    CHECK(lost);
  }
  damaged.network.start(kVictim);
  REQUIRE(damaged.recovering());
  const BlockHeight resumed_after = damaged.network.nodes[0]->chain().final_height();
  for (int i = 0; damaged.recovering() && i < 200; ++i) damaged.submit(1);
  CHECK_FALSE(damaged.recovering());
  CHECK(damaged.network.nodes[0]->chain().final_height().value >= resumed_after.value + 64);
  damaged.network.stop(2);
  damaged.submit(1);
}

TEST_CASE("repair: a damaged signature and a missing mark are lost votes too") {
  for (const bool signature : {true, false}) {
    Damaged damaged;
    damaged.write([&](storage::Store& store, storage::WriteBatch& batch) {
      const auto records = node::VoteStore(store).load();
      REQUIRE(records.has_value());
      for (const auto& record : *records) {
        if (signature && std::holds_alternative<consensus::StableRecord>(record)) {
          auto changed = std::get<consensus::StableRecord>(record);
          changed.certificate.signatures[0].signature.bytes[9] ^= 1;
          batch.put(Column::votes, consensus::storage_key(record), encode(consensus::DurableRecord(changed)));
        }
        if (!signature && std::holds_alternative<consensus::InitRecord>(record))
          batch.erase(Column::votes, consensus::storage_key(record));
      }
      REQUIRE_FALSE(batch.empty());
    });
    CHECK(damaged.damaged_classes() == "votes");
    const auto done = damaged.repair();
    if (!done) FAIL(done.error().text());
    CHECK(done->own.votes_lost);
    damaged.network.start(kVictim);
    CHECK(damaged.recovering());
  }
}

TEST_CASE("repair: files that are flipped, cut off or gone") {
  struct Row {
    const char* name;
    std::function<void(const fs::path&)> damage;
    const char* says;
    bool enough_left;
  };
  const std::vector<Row> rows = {
      {"the list", [](const fs::path& db) { std::ofstream(db / "CURRENT") << "garbage\n"; }, "the list of its files",
       false},
      {"the log", [](const fs::path& db) { flip_file(file_like(db, ".log"), 0.5); }, "the write-ahead log", true},
      {"everything",
       [](const fs::path& db) {
         fs::remove_all(db);
         fs::create_directory(db);
       },
       "is empty", false}};
  Damaged damaged;
  for (const auto& row : rows) {
    INFO(row.name);
    row.damage(damaged.db());
    CHECK_THAT(start_error(damaged.network), Catch::Contains(row.says) && Catch::Contains("tally repair"));
    CHECK(damaged.diagnose().damaged > 0);
    // What the tables hold is enough of a chain, if only the log is damaged; the votes may have been in the log.
    const auto without = damaged.repair({}, false);
    CHECK(without.has_value() == row.enough_left);
    CHECK_FALSE(fs::exists(damaged.data() / "db.repairing"));
    if (without) {
      CHECK(without->own.votes_lost);
      CHECK(damaged.diagnose().damaged == 0);
      continue;
    }
    const auto done = damaged.repair();
    if (!done) FAIL(done.error().text());
    CHECK(done->own.votes_lost);
    CHECK(damaged.diagnose().damaged == 0);
    const auto root = damaged.network.nodes[0]->chain().final_view()->header.state_root;
    CHECK(done->state_root == root);
  }
  damaged.network.start(kVictim);
  CHECK(damaged.recovering());
  CHECK(Network::eventually([&] { return damaged.same_head(0); }));
}

TEST_CASE("repair: evidence that is damaged is left out and said, a signed recovery that is damaged stays") {
  Damaged damaged;
  const auto text = [](std::string_view name) { return Bytes(name.begin(), name.end()); };
  damaged.write([&](storage::Store&, storage::WriteBatch& batch) {
    batch.put(Column::meta, text("evidence/12345678901"), text("nonsense"));
    batch.put(Column::meta, text("node/recovery/0"), text("nonsense"));
  });
  CHECK(damaged.damaged_classes() == "evidence");
  const auto done = damaged.repair();
  if (!done) FAIL(done.error().text());
  CHECK_FALSE(done->own.votes_lost);
  CHECK(done->own.left_out.size() == 2);
  const auto store = storage::open_rocks_store(damaged.db(), {}).value();
  CHECK_FALSE(store->get(Column::meta, text("evidence/12345678901")).value().has_value());
  CHECK(store->get(Column::meta, text("node/recovery/0")).value() == text("nonsense"));
}

TEST_CASE("repair: a node that runs is refused, and so is a directory without a store") {
  Damaged damaged;
  damaged.network.start(kVictim);
  const auto running = node::diagnose(damaged.setup());
  REQUIRE_FALSE(running.has_value());
  CHECK(running.error().code == ErrorCode::already_running);
  damaged.network.stop(kVictim);
  fs::remove_all(damaged.data());
  CHECK(node::diagnose(damaged.setup()).error().code == ErrorCode::not_found);
}

TEST_CASE("a read that fails while the node runs stops its voting and says what to do") {
  Damaged damaged;
  // More blocks than one piece of a table file holds.
  damaged.network.start(kVictim);
  damaged.submit(60);
  damaged.network.stop(kVictim);
  // Everything into table files, then damage to those of the blocks.
  {
    const auto store = storage::open_rocks_store(damaged.db(), {}).value();
    REQUIRE(store->compact(Column::blocks, {}, {}).has_value());
  }
  // The blocks take most room, and batches come first among them; to start, none is read.
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(damaged.db()))
    if (entry.path().extension() == ".sst" && (largest.empty() || entry.file_size() > fs::file_size(largest)))
      largest = entry.path();
  flip_file(largest, 0.05);
  damaged.network.start(kVictim);
  const bool stopped = Network::eventually([&] {
    for (int height = 1; height <= 12; ++height)
      (void)damaged.network.nodes[kVictim]->chain().block(BlockHeight{static_cast<std::uint64_t>(height)});
    return !damaged.network.nodes[kVictim]->failure().empty();
  });
  REQUIRE(stopped);
  CHECK_THAT(damaged.network.nodes[kVictim]->failure(),
             Catch::Contains("a read of column") && Catch::Contains("tally scrub") && Catch::Contains("tally repair"));
  CHECK(damaged.network.get(kVictim, "/healthz")["status"] != "ok");
  damaged.submit(2);
}

}  // namespace
