#include "tally/diff_side.h"

#include <fstream>

#include "contracts/engine.h"
#include "ledger/archive_directory.h"
#include "ledger/block_records.h"
#include "ledger/chain_file.h"
#include "ledger/prune.h"
#include "ledger/salvage.h"
#include "ledger/scrub.h"
#include "node/own_records.h"
#include "storage/rocks_store.h"
#include "tally/block_source.h"
#include "tally/chain_source.h"
#include "tally/node_directory.h"
#include "tally/replay_store.h"

namespace tally::cli {

namespace {

using ledger::CertifiedHeader;

Failure does_not_hold(const std::string& name, BlockHeight height) {
  return make_error(ErrorCode::not_found, name, "does not hold the header of block " + std::to_string(height.value));
}

class NodeSide final : public DiffSide {
 public:
  static Outcome<std::unique_ptr<DiffSide>> open(Context& context, const std::string& url) {
    auto client = NodeClient::connect_to(context, url);
    if (!client) return client.error();
    auto status = client->status();
    if (!status) return status.error();
    auto side = std::unique_ptr<NodeSide>(new NodeSide(*std::move(client)));
    const BlockHeight final{status->final_height};
    side->facts_ = {url, "node", status->chain, BlockHeight{}, final, final};
    // A node that began with a snapshot knows no block before it.
    if (!side->fetch(BlockHeight{}))
      if (auto lowest = side->find_lowest(); !lowest) return lowest.error();
    return std::unique_ptr<DiffSide>(std::move(side));
  }

  Outcome<CertifiedHeader> header(BlockHeight height) override {
    auto fetched = fetch(height);
    if (!fetched) return fetched.error();
    return std::move(*fetched);
  }
  Outcome<std::vector<ledger::EpochLink>> epochs(Epoch) override {
    const auto answer = client_.get_raw("/v1/epochs", Access::open);
    if (!answer) return answer.error();
    auto links = decode<std::vector<ledger::EpochLink>>(as_bytes(answer->body));
    if (!links) return Failure(Error(links.error()).within(facts_.name));
    return std::move(links).value();
  }

 private:
  explicit NodeSide(NodeClient client) : client_(std::move(client)) {}

  Outcome<CertifiedHeader> fetch(BlockHeight height) {
    const auto answer = client_.get_raw("/v1/headers?limit=1&from=" + std::to_string(height.value), Access::open);
    if (!answer) return answer.error();
    auto headers = decode<std::vector<CertifiedHeader>>(as_bytes(answer->body));
    if (!headers) return Failure(Error(headers.error()).within(facts_.name));
    if (headers->empty() || headers->front().header.height != height) return does_not_hold(facts_.name, height);
    return std::move(headers->front());
  }

  // Headers are held from some height on.
  Outcome<void> find_lowest() {
    std::uint64_t missing = 0;
    std::uint64_t held = facts_.head.value;
    if (auto last = fetch(facts_.head); !last) return last.error();
    while (held - missing > 1) {
      const std::uint64_t middle = missing + (held - missing) / 2;
      (fetch(BlockHeight{middle}) ? held : missing) = middle;
    }
    facts_.lowest = BlockHeight{held};
    return {};
  }

  NodeClient client_;
};

class SnapshotSide final : public DiffSide {
 public:
  static Outcome<std::unique_ptr<DiffSide>> open(const std::string& directory, const DiffPlaces& places) {
    auto manifest = ledger::read_manifest(directory);
    if (!manifest) return Failure(manifest.error()).during(directory + " is no snapshot");
    auto side = std::unique_ptr<SnapshotSide>(new SnapshotSide(*std::move(manifest), places));
    const BlockHeight height = side->manifest_.header.height;
    side->facts_ = {directory, "snapshot", side->manifest_.chain, height, height, height};
    return std::unique_ptr<DiffSide>(std::move(side));
  }

  Outcome<CertifiedHeader> header(BlockHeight height) override {
    if (height != facts_.head) return does_not_hold(facts_.name, height);
    return CertifiedHeader{manifest_.header, manifest_.certificate};
  }
  Outcome<std::vector<ledger::EpochLink>> epochs(Epoch) override { return manifest_.epochs; }
  [[nodiscard]] std::optional<BlockHeight> state_height() const override { return facts_.head; }
  // Filled into a store of its own, which checks every pair on the way.
  Outcome<const storage::Reader*> state() override {
    if (store_) return static_cast<const storage::Reader*>(&store_->store());
    auto store = ReplayStore::open(places_.work_directory);
    if (!store) return store.error();
    store_.emplace(*std::move(store));
    const contracts::RuleEngine engine;
    const auto verifier = crypto::make_verifier(ledger::chain_id(places_.genesis));
    const auto filled = ledger::fill_from_snapshot(facts_.name, store_->store(), places_.genesis, engine, *verifier);
    if (!filled) return Failure(ExitCode::verification_failed, filled.error()).during(facts_.name + " does not hold");
    return static_cast<const storage::Reader*>(&store_->store());
  }

 private:
  SnapshotSide(ledger::SnapshotManifest manifest, const DiffPlaces& places)
      : manifest_(std::move(manifest)), places_(places) {}

  ledger::SnapshotManifest manifest_;
  const DiffPlaces& places_;
  std::optional<ReplayStore> store_;
};

class DirectorySide final : public DiffSide {
 public:
  static Outcome<std::unique_ptr<DiffSide>> open(Context& context, const std::string& settings) {
    auto files = read_node_files(settings, context.world());
    if (!files) return files.error();
    auto store = storage::salvage_rocks_store(files->database());
    if (!store) return Failure(Error(store.error()).within("data_directory")).during(settings + " cannot be compared");
    if (store->reader == nullptr)
      return Failure(*store->damage)
          .during(settings + " cannot be compared")
          .then("tally scrub --node-config " + settings + " tells more");
    if (store->damage) context.warn(settings + ": " + store->damage->text());
    auto side = std::unique_ptr<DirectorySide>(new DirectorySide(std::move(store->reader)));
    const auto& reader = *side->store_;
    const auto head = ledger::marked_head(reader);
    if (!head) return Failure(Error(head.error()).within("the mark of the head"));
    const auto snapshot = ledger::read_snapshot_block(reader);
    if (!snapshot) return Failure(snapshot.error());
    side->facts_ = {settings, "stopped node", ledger::chain_id(files->genesis), snapshot->value_or(BlockHeight{}),
                    *head,    BlockHeight{}};
    if (auto found = side->find_final(files->genesis); !found) return found.error();
    return std::unique_ptr<DiffSide>(std::move(side));
  }

  Outcome<CertifiedHeader> header(BlockHeight height) override {
    auto header = ledger::read_header(*store_, height);
    if (!header) return Failure(header.error());
    if (!*header) return does_not_hold(facts_.name, height);
    auto certificate = ledger::read_certificate(*store_, height);
    if (!certificate) return Failure(certificate.error());
    if (!*certificate && stable_ && stable_->vote.height == height) *certificate = stable_;
    return CertifiedHeader{std::move(**header), std::move(*certificate)};
  }
  Outcome<std::vector<ledger::EpochLink>> epochs(Epoch epoch) override {
    auto links = ledger::epoch_links(*store_, epoch);
    if (!links) return Failure(links.error());
    return std::move(links).value();
  }
  Outcome<std::optional<ledger::BlockReceipts>> receipts(BlockHeight height) override {
    auto receipts = ledger::read_receipts(*store_, height);
    if (!receipts) return Failure(receipts.error());
    return std::move(receipts).value();
  }
  [[nodiscard]] std::optional<BlockHeight> state_height() const override { return facts_.head; }
  Outcome<const storage::Reader*> state() override { return store_.get(); }

 private:
  explicit DirectorySide(std::unique_ptr<const storage::Reader> store) : store_(std::move(store)) {}

  // The chain writes certificates unsynced; the votes know the last for certain.
  Outcome<void> find_final(const ledger::Genesis& genesis) {
    const auto last = ledger::read_last_certificate(*store_);
    if (!last) return Failure(last.error());
    if (*last) facts_.final = (*last)->vote.height;
    const auto verifier = crypto::make_verifier(facts_.chain);
    for (auto& certificate : node::certificates_of_votes(*store_, node::validators_in(*store_, genesis), *verifier)) {
      if (certificate.vote.height <= facts_.final || certificate.vote.height > facts_.head) continue;
      facts_.final = certificate.vote.height;
      stable_ = std::move(certificate);
    }
    return {};
  }

  std::unique_ptr<const storage::Reader> store_;
  std::optional<consensus::CheckpointCertificate> stable_;
};

// Read through once for the digests, and again for each header that is asked for.
class FileSide final : public DiffSide {
 public:
  using Open = std::function<Result<ledger::BlockSource>()>;

  static Outcome<std::unique_ptr<DiffSide>> open(Facts facts, Open open_source) {
    auto side = std::unique_ptr<FileSide>(new FileSide(std::move(open_source)));
    side->facts_ = std::move(facts);
    auto read = side->scan([&](const ledger::CertifiedBlock& block) {
      if (side->digests_.empty()) side->facts_.lowest = block.header.height;
      side->digests_.push_back(ledger::digest_of(block.header));
      side->facts_.head = block.header.height;
      if (block.certificate) side->facts_.final = block.header.height;
      return true;
    });
    if (!read) return read.error();
    if (side->digests_.empty())
      return input_failure(side->facts_.name, "holds no block", "a chain with at least one block");
    return std::unique_ptr<DiffSide>(std::move(side));
  }

  Outcome<CertifiedHeader> header(BlockHeight height) override {
    std::optional<CertifiedHeader> found;
    auto read = scan([&](const ledger::CertifiedBlock& block) {
      if (block.header.height == height) found = CertifiedHeader{block.header, block.certificate};
      return !found;
    });
    if (!read) return read.error();
    if (!found) return does_not_hold(facts_.name, height);
    return *std::move(found);
  }
  Outcome<Digest> digest(BlockHeight height) override { return digests_[height.value - facts_.lowest.value]; }
  Outcome<std::vector<ledger::EpochLink>> epochs(Epoch epoch) override {
    if (epoch == Epoch{}) return std::vector<ledger::EpochLink>{};
    return Failure(make_error(ErrorCode::not_found, facts_.name, "does not hold the validators of later epochs",
                              "a node, a snapshot or a stopped node's settings in its place"));
  }

 private:
  explicit FileSide(Open open_source) : open_(std::move(open_source)) {}

  Outcome<void> scan(const std::function<bool(const ledger::CertifiedBlock&)>& visit) const {
    auto source = open_();
    if (!source) return Failure(ExitCode::bad_input, source.error());
    for (;;) {
      const auto block = (*source)();
      if (!block) return Failure(ExitCode::verification_failed, Error(block.error()).within(facts_.name));
      if (!*block || !visit(**block)) return {};
    }
  }

  Open open_;
  std::vector<Digest> digests_;
};

Outcome<std::unique_ptr<DiffSide>> open_chain_file(const std::string& file) {
  const auto open = [file]() -> Result<std::shared_ptr<ledger::ChainFileReader>> {
    auto in = std::make_shared<std::ifstream>(file, std::ios::binary);
    if (!*in) return make_error(ErrorCode::io_failed, file, "is absent or cannot be read", "a chain file");
    auto reader = ledger::ChainFileReader::open(*in);
    if (!reader) return Error(reader.error()).within(file);
    // The stream lives as long as its reader.
    return std::shared_ptr<ledger::ChainFileReader>(new ledger::ChainFileReader(std::move(*reader)),
                                                    [in](ledger::ChainFileReader* held) { delete held; });
  };
  const auto first = open();
  if (!first) return Failure(ExitCode::bad_input, first.error());
  return FileSide::open({file, "chain file", ledger::chain_id((*first)->genesis()), {}, {}, {}},
                        [open]() -> Result<ledger::BlockSource> {
                          auto reader = open();
                          if (!reader) return reader.error();
                          return ledger::BlockSource([kept = std::move(reader).value()] { return kept->next(); });
                        });
}

Outcome<std::unique_ptr<DiffSide>> open_archive(const std::string& directory, const ChainId& chain) {
  return FileSide::open({directory, "archive", chain, {}, {}, {}}, [=]() -> Result<ledger::BlockSource> {
    auto blocks = ledger::ArchiveBlocks::open(directory, chain);
    if (!blocks) return blocks.error();
    auto kept = std::make_shared<ledger::ArchiveBlocks>(std::move(*blocks));
    return ledger::BlockSource([kept] { return kept->next(); });
  });
}

}  // namespace

Outcome<Digest> DiffSide::digest(BlockHeight height) {
  const auto held = header(height);
  if (!held) return held.error();
  return ledger::digest_of(held->header);
}

Outcome<const storage::Reader*> DiffSide::state() {
  return Failure(make_error(ErrorCode::not_found, facts_.name, "holds no state"));
}

Outcome<std::unique_ptr<DiffSide>> open_diff_side(Context& context, const std::string& place,
                                                  const DiffPlaces& places) {
  if (place.starts_with("http://") || place.starts_with("https://")) return NodeSide::open(context, place);
  std::error_code ignored;
  if (std::filesystem::exists(ledger::manifest_path(place), ignored)) return SnapshotSide::open(place, places);
  if (is_archive(place)) return open_archive(place, ledger::chain_id(places.genesis));
  if (std::filesystem::path(place).extension() == ".toml") return DirectorySide::open(context, place);
  return open_chain_file(place);
}

}  // namespace tally::cli
