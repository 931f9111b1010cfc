#include "ledger/salvage.h"

#include <deque>

#include "ledger/prune.h"
#include "ledger/store_marks.h"

namespace tally::ledger {

using consensus::CheckpointCertificate;
using consensus::ValidatorSet;
using std::to_string;
using storage::Column;
using storage::Sync;

namespace {

std::string block_name(BlockHeight height) {
  return "block " + to_string(height.value);
}

// What is left of one block of the damaged store.
struct OwnBlock {
  CertifiedBlock block;
  bool certificate_whole = true;
  bool header_whole = true;
};

// The damaged store's blocks. Whatever does not read or decode counts as absent.
class OwnBlocks {
 public:
  explicit OwnBlocks(const storage::Reader& store) : store_(store) {}

  [[nodiscard]] std::optional<OwnBlock> at(BlockHeight height) const {
    OwnBlock out;
    auto batch = store_.get(Column::blocks, block_key('b', height));
    if (!batch || !*batch) return std::nullopt;
    out.block.batch = std::move(**batch);
    auto header = read_header(store_, height);
    out.header_whole = header && *header && (*header)->height == height;
    if (out.header_whole) out.block.header = std::move(**header);
    auto certificate = read_certificate(store_, height);
    out.certificate_whole = certificate.has_value();
    if (certificate) out.block.certificate = std::move(*certificate);
    for (Epoch epoch = out.block.header.epoch; out.header_whole && epoch > Epoch{}; --epoch.value) {
      auto recovery = read_recovery(store_, epoch);
      if (!recovery || !*recovery || (*recovery)->statement.height.next() != height) break;
      out.block.recoveries.insert(out.block.recoveries.begin(), std::move(**recovery));
    }
    return out;
  }

  // The highest block with a certificate for its header; that of a damaged one still tells the height.
  [[nodiscard]] BlockHeight certified() const {
    BlockHeight out;
    const Byte prefix = 'c';
    (void)store_.scan_back(Column::blocks, {&prefix, 1}, {}, [&](ByteView, ByteView value) {
      const auto certificate = decode<CheckpointCertificate>(value);
      if (!certificate) return true;
      const auto header = read_header(store_, certificate->vote.height);
      if (header && *header && digest_of(**header) != certificate->vote.header) return true;
      out = certificate->vote.height;
      return false;
    });
    return out;
  }

  // What a header made anew must hash to: the next block's parent, or what its own certificate is for.
  [[nodiscard]] std::optional<Digest> digest_at(BlockHeight height) const {
    const auto next = read_header(store_, height.next());
    if (next && *next) return (*next)->parent;
    const auto certificate = read_certificate(store_, height);
    if (certificate && *certificate) return (*certificate)->vote.header;
    return std::nullopt;
  }

  // Holds the first header of all; an empty store does not.
  [[nodiscard]] bool begins() const {
    const auto header = read_header(store_, BlockHeight{});
    return header && *header;
  }

  [[nodiscard]] BlockHeight first() const {
    const auto first = read_first_block(store_);
    return first ? *first : BlockHeight{1};
  }

 private:
  const storage::Reader& store_;
};

// That a quorum certified the last block of the run, and that the others lead to it from the chain's head.
Status check_run(const std::vector<CertifiedBlock>& run, const Chain& chain, const crypto::Verifier& verifier) {
  const ChainHead head = chain.head();
  ValidatorSet validators = chain.validators();
  const BlockHeader* before = &head.header;
  Digest parent = head.digest;
  for (const auto& block : run) {
    const auto in_block = [&](const Error& error) { return Error(error).within(block_name(block.header.height)); };
    if (auto follows = check_follows(*before, parent, block.header); !follows) return in_block(follows.error());
    for (const auto& recovery : block.recoveries) {
      auto next = follow_epoch(validators, EpochLink(recovery), verifier);
      if (!next) return in_block(next.error());
      validators = std::move(next).value();
    }
    if (block.header.epoch != validators.epoch)
      return in_block(make_error(ErrorCode::broken_chain, "epoch", "is " + to_string(block.header.epoch.value),
                                 to_string(validators.epoch.value) + ", or a certificate of the block before"));
    const Digest batch = block.batch.empty() ? consensus::kNullBatch : consensus::batch_digest(block.batch);
    if (batch != block.header.batch)
      return in_block(make_error(ErrorCode::root_mismatch, "batch", "has digest " + batch.hex(),
                                 block.header.batch.hex() + ", which the header names"));
    before = &block.header;
    parent = digest_of(block.header);
  }
  const auto& last = run.back();
  if (!last.certificate)
    return make_error(ErrorCode::bad_certificate, block_name(last.header.height), "comes last and has no certificate",
                      "blocks up to one with a certificate");
  if (auto final = check_final(last.header, *last.certificate, validators, verifier); !final)
    return Error(final.error()).within(block_name(last.header.height));
  return {};
}

class Salvager {
 public:
  Salvager(const Salvage& salvage, storage::Store& to) : salvage_(salvage), to_(to), donors_(salvage.donors) {
    if (salvage.own != nullptr) own_.emplace(*salvage.own);
  }

  Result<SalvageReport> run() {
    ChainOptions options;
    options.final_views = false;
    options.sync = false;
    auto chain = Chain::open(to_, salvage_.genesis, salvage_.executor, salvage_.verifier, options);
    if (!chain) return chain.error();
    chain_ = std::move(chain).value();
    report_.began = chain_->head().header.height;
    wanted_ = salvage_.known_final;
    if (own_) wanted_ = std::max(wanted_, own_->certified());
    for (;;) {
      const auto more = next_block();
      if (!more) return more.error();
      if (!*more) break;
      if (salvage_.progress) salvage_.progress(chain_->head().header.height);
    }
    if (chain_->head().header.height.value == 0 && donors_.empty() && !(own_ && own_->begins()))
      return make_error(ErrorCode::not_found, "", "no block of this chain is held here, and no source gives any",
                        "--from with the address of a node, --file with a chain file or archive, or --snapshot");
    begin_own_epochs();
    if (auto agreed = compare_donors(); !agreed) return agreed.error();
    if (report_.began.value > 0 && own_) put_older_back();
    return finish();
  }

 private:
  // False: there is no next block, and none is needed.
  Result<bool> next_block() {
    const BlockHeight next = chain_->head().header.height.next();
    const bool was_final = next <= wanted_;
    if (own_ && was_final && apply_own(next, false)) return true;
    const auto given = apply_donated(next);
    if (!given) return given.error();
    if (*given) return true;
    if (own_ && apply_own(next, true)) return true;
    if (!was_final) return false;
    if (own_ && made_again(next)) return true;
    return nobody_has(next);
  }

  Error nobody_has(BlockHeight height) const {
    const BlockHeight first = own_ ? own_->first() : BlockHeight{1};
    std::string asked = salvage_.donors.empty() ? "" : ", and none of the sources has it whole";
    for (const auto& reason : dropped_) asked += "; " + reason;
    if (height < first)
      return make_error(ErrorCode::pruned, block_name(height),
                        "is not held here: the blocks below " + to_string(first.value) +
                            " were pruned, or came before the snapshot that this store began with" + asked,
                        "--snapshot with a snapshot of another node (`tally snapshot make`), or a chain file or "
                        "archive from block " +
                            to_string(height.value) + " on");
    return make_error(ErrorCode::not_found, block_name(height),
                      (last_refusal_.empty() ? std::string("is damaged or missing here") : last_refusal_) + asked +
                          "; blocks up to " + to_string(wanted_.value) + " were final here",
                      "--from with the address of a node that has it, or --file with a chain file or archive");
  }

  // `lenient`: without a certificate that is damaged, which a later one makes up for.
  bool apply_own(BlockHeight height, bool lenient) {
    auto held = own_->at(height);
    if (!held || !held->header_whole || (!lenient && !held->certificate_whole)) return false;
    auto applied = chain_->apply_certified(held->block);
    if (!applied && lenient && held->block.certificate && applied.error().code == ErrorCode::bad_certificate) {
      held->block.certificate.reset();
      held->certificate_whole = false;
      applied = chain_->apply_certified(held->block);
    }
    if (!applied) {
      last_refusal_ = "of this store does not hold: " + applied.error().text();
      return false;
    }
    if (!held->certificate_whole)
      report_.notes.push_back("the certificate of block " + to_string(height.value) +
                              " is lost; a later one covers the block");
    note(std::string(kOwnShare), held->block.batch.size());
    return true;
  }

  // A header is made by executing the batch, where something whole tells what it must be.
  bool made_again(BlockHeight height) {
    const auto held = own_->at(height);
    const auto wanted = own_->digest_at(height);
    if (!held || !wanted) return false;
    std::optional<Batch> batch;
    if (!held->block.batch.empty()) {
      auto decoded = decode<Batch>(held->block.batch);
      if (!decoded) return false;
      batch = std::move(decoded).value();
    }
    const Digest digest = batch ? consensus::batch_digest(held->block.batch) : consensus::kNullBatch;
    const auto applied = chain_->apply(height, batch ? &*batch : nullptr, held->block.batch, digest);
    if (!applied || applied->digest != *wanted) {
      last_refusal_ = "of this store does not hold: its header is damaged, and its batch does not make it again";
      return false;
    }
    if (held->block.certificate) (void)chain_->record_certificate(*held->block.certificate);
    note(std::string(kOwnShare), held->block.batch.size());
    return true;
  }

  Result<bool> apply_donated(BlockHeight height) {
    while (!run_.empty() && run_.front().header.height < height) run_.pop_front();
    if (run_.empty() || run_.front().header.height != height) {
      const auto fetched = fetch(height);
      if (!fetched) return fetched.error();
      if (!*fetched) return false;
    }
    const auto applied = chain_->apply_certified(run_.front());
    // Its batch, its links and its certificate were checked: it is this machine that makes another block of it.
    if (!applied) return Error(applied.error()).within("a certified block of " + run_of_ + " cannot be executed here");
    note(run_of_, run_.front().batch.size());
    run_.pop_front();
    return true;
  }

  // The first donor that has it, and shows that it is final.
  Result<bool> fetch(BlockHeight height) {
    for (std::size_t i = 0; i < donors_.size();) {
      auto run = donors_[i]->run(height);
      Status good;
      if (!run)
        good = run.error();
      else if (!run->empty())
        good = check_run(*run, *chain_, salvage_.verifier);
      if (!good) {
        dropped_.push_back(donors_[i]->name() + " was not used any further: " + good.error().text());
        report_.notes.push_back(dropped_.back());
        donors_.erase(donors_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      if (!run->empty()) {
        run_.assign(std::make_move_iterator(run->begin()), std::make_move_iterator(run->end()));
        run_of_ = donors_[i]->name();
        return true;
      }
      ++i;
    }
    return false;
  }

  void note(const std::string& source, std::size_t bytes) {
    last_refusal_.clear();
    for (auto& share : report_.taken) {
      if (share.name != source) continue;
      ++share.blocks;
      share.bytes += bytes;
      return;
    }
    report_.taken.push_back({source, 1, bytes});
  }

  // The members may have begun an epoch after the head, and no block of it stands yet. Peers tell it again if not.
  void begin_own_epochs() {
    while (own_) {
      const auto recovery = read_recovery(*salvage_.own, Epoch{chain_->validators().epoch.value + 1});
      if (!recovery || !*recovery || !chain_->begin_epoch(**recovery)) return;
    }
  }

  // Whoever holds another certified block at the final height shows a fork, and nobody is to be believed.
  Status compare_donors() {
    const BlockHeight final = chain_->final_height();
    const auto ours = chain_->header(final);
    if (!ours) return ours.error();
    if (!*ours || final.value == 0) return {};
    const Digest digest = digest_of(**ours);
    // Those that were dropped too: one whose blocks do not follow ours may hold the other branch.
    for (auto* donor : salvage_.donors) {
      const auto theirs = donor->header(final);
      if (!theirs || !*theirs || digest_of((*theirs)->header) == digest) continue;
      const auto validators = chain_->validators_of((*theirs)->header.epoch);
      const bool certified = (*theirs)->certificate && validators && *validators &&
                             check_final((*theirs)->header, *(*theirs)->certificate, **validators, salvage_.verifier);
      if (!certified) {
        report_.notes.push_back(donor->name() + " holds another " + block_name(final) + ", without a certificate");
        continue;
      }
      return make_error(ErrorCode::broken_chain, block_name(final),
                        "is certified twice: " + donor->name() + " holds " + digest_of((*theirs)->header).hex() +
                            ", and the blocks from here and elsewhere lead to " + digest.hex(),
                        "one chain; `tally diff --blame` between the sources names who signed both");
    }
    return {};
  }

  // Of a store that begins with a snapshot now, the blocks before it that were whole; without them it is whole too.
  void put_older_back() {
    BlockHeight lowest = report_.began.next();
    while (lowest.value > 1) {
      const auto held = own_->at(BlockHeight{lowest.value - 1});
      if (!held || !held->header_whole || !held->certificate_whole) break;
      --lowest.value;
    }
    if (lowest > report_.began) return;
    const auto open = [&]() -> Result<BlockSource> {
      return BlockSource([this, next = lowest]() mutable -> Result<std::optional<CertifiedBlock>> {
        if (next > report_.began) return std::optional<CertifiedBlock>{};
        auto held = own_->at(next);
        if (!held) return make_error(ErrorCode::storage_failed, block_name(next), "cannot be read any more");
        next = next.next();
        return std::optional(std::move(held->block));
      });
    };
    const auto restored = restore_blocks(to_, salvage_.genesis, salvage_.verifier, open);
    if (!restored)
      report_.notes.push_back("the blocks before the snapshot were not kept: " + restored.error().text());
    else if (restored->restored > 0)
      report_.taken.push_back({std::string(kOwnShare) + ", before the snapshot", restored->restored, restored->bytes});
  }

  Result<SalvageReport> finish() {
    report_.head = chain_->head().header.height;
    report_.final = chain_->final_height();
    // Nothing was synced so far.
    storage::WriteBatch last;
    last.put(Column::meta, as_bytes(kHeadMark), encode(report_.head));
    if (auto written = to_.write(last, Sync::yes); !written) return written.error();
    return std::move(report_);
  }

  const Salvage& salvage_;
  storage::Store& to_;
  std::optional<OwnBlocks> own_;
  std::vector<BlockDonor*> donors_;  // that are still trusted to answer
  std::unique_ptr<Chain> chain_;
  std::deque<CertifiedBlock> run_;  // checked
  std::string run_of_;
  BlockHeight wanted_;  // blocks up to here have to come back
  std::string last_refusal_;
  std::vector<std::string> dropped_;  // donors, and why
  SalvageReport report_;
};

}  // namespace

Result<SalvageReport> salvage_chain(const Salvage& salvage, storage::Store& to) {
  return Salvager(salvage, to).run();
}

Result<BlockHeight> fill_from_snapshot(const std::filesystem::path& directory, storage::Store& to,
                                       const Genesis& genesis, const Executor& executor,
                                       const crypto::Verifier& verifier,
                                       const std::function<void(std::size_t, std::size_t)>& progress) {
  const auto manifest = read_manifest(directory);
  if (!manifest) return manifest.error();
  if (auto good = check_manifest(*manifest, genesis, verifier); !good) return good.error();
  auto installer = SnapshotInstaller::begin(to, genesis, *manifest, executor);
  if (!installer) return installer.error();
  for (std::size_t i = 0; i < manifest->chunks(); ++i) {
    const auto chunk = read_chunk(directory, *manifest, i);
    if (!chunk) return chunk.error();
    if (auto added = installer->add(i, *chunk); !added) return added.error();
    if (progress) progress(i + 1, manifest->chunks());
  }
  if (auto finished = installer->finish(); !finished) return finished.error();
  return manifest->header.height;
}

Status copy_ledger(const storage::Reader& from, storage::Store& to) {
  static constexpr std::size_t kPieceBytes = 4 * limits::kMiB;
  static constexpr std::string_view kOfTheLedger = "ledger/";
  storage::WriteBatch batch;
  Status written;
  for (const auto column :
       {Column::blocks, Column::state, Column::tree, Column::history, Column::index, Column::meta}) {
    const Status scanned = from.scan(column, {}, {}, [&](ByteView key, ByteView value) {
      if (column == Column::meta && !as_text(key).starts_with(kOfTheLedger)) return true;
      batch.put(column, key, value);
      if (batch.bytes() < kPieceBytes) return true;
      written = to.write(batch, Sync::no);
      batch.clear();
      return written.has_value();
    });
    if (!scanned) return scanned;
    if (!written) return written;
  }
  return to.write(batch, Sync::yes);
}

}  // namespace tally::ledger
