#include "ledger/chain.h"

#include "common/invariant.h"
#include "ledger/governed.h"
#include "ledger/history_index.h"
#include "ledger/prune.h"
#include "ledger/store_marks.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using consensus::CheckpointCertificate;
using storage::Column;
using storage::StorageFailure;
using storage::Sync;
using storage::value_or_throw;

namespace {

using Clock = std::chrono::steady_clock;

Error damaged(std::string problem) {
  return make_error(
      ErrorCode::storage_failed, "", "the data directory is damaged: " + std::move(problem),
      "an undamaged disk; `tally scrub` says what else is damaged, and `tally repair` makes the store whole");
}

std::string number(BlockHeight height) {
  return std::to_string(height.value);
}

}  // namespace

Chain::Chain(storage::Store& store, const Genesis& genesis, Executor& executor, const crypto::Verifier& verifier,
             const ChainOptions& options)
    : store_(store),
      genesis_(genesis),
      id_(chain_id(genesis)),
      executor_(executor),
      verifier_(verifier),
      options_(options),
      state_(store, options.state_cache_bytes, options.write_back),
      tree_(store, options.tree_cache_bytes, options.write_back),
      replays_(state_),
      validators_(validator_set(genesis)) {}

// Execution reports a failing store by throwing; everything else that is thrown is a mistake of ours, after which
// no result may leave this process.
template <class Work>
auto Chain::guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const StorageFailure& failure) {
    discard();
    return failure.error;
  } catch (const std::exception& exception) {
    invariant(false, std::string("executing a block threw: ") + exception.what());
    throw;
  }
}

Result<std::unique_ptr<Chain>> Chain::open(storage::Store& store, const Genesis& genesis, Executor& executor,
                                           const crypto::Verifier& verifier, const ChainOptions& options) {
  if (auto good = check_genesis(genesis); !good) return Error(good.error()).within("genesis");
  std::unique_ptr<Chain> chain(new Chain(store, genesis, executor, verifier, options));
  executor.forget_cached();
  const auto stored = store.get(Column::meta, as_bytes(kGenesisMark));
  if (!stored) return stored.error();
  const auto installing = store.get(Column::meta, as_bytes(kInstallingMark));
  if (!installing) return installing.error();
  if (*installing)
    return make_error(ErrorCode::storage_failed, "",
                      "the data directory holds a part of a snapshot, whose installation was cut off",
                      "the directory to be removed: it holds nothing else; then the snapshot to be installed again");
  auto opened = chain->guarded([&] { return *stored ? chain->load() : chain->start(); });
  if (!opened) return opened.error();
  return chain;
}

Status Chain::start() {
  Pending pending;
  BlockHeader& header = pending.block.header;
  header.time = genesis_.time;
  write_members(state_, {genesis_.validators});
  write_protocol(state_, {genesis_.protocol, std::nullopt});
  write_nodes(state_, {});
  const BlockContext context{header.height, header.time, header.epoch, genesis_.clock, genesis_.protocol};
  if (auto done = BlockExecution(executor_, state_, replays_).run_genesis(context, genesis_.operations); !done) {
    discard();
    return Error(done.error()).within("genesis");
  }
  if (read_members(state_).list != genesis_.validators) {
    discard();
    return make_error(ErrorCode::invalid_field, "genesis.operations", "change the members",
                      "the first members in `validators`");
  }
  header.transactions_root = crypto::merkle_root({});
  complete(pending, {});
  pending.batch.put(Column::meta, as_bytes(kGenesisMark), encode(genesis_));
  pending.batch.put(Column::meta, as_bytes(kFormatMark), encode(kStoreFormat));
  const auto persisted = persist(std::move(pending), {});
  if (!persisted) return persisted.error();
  return {};
}

Status Chain::load() {
  const auto format = value_or_throw(store_.get(Column::meta, as_bytes(kFormatMark)));
  if (!format || *format != encode(kStoreFormat))
    return make_error(ErrorCode::storage_failed, "", "the data directory has another format",
                      "format " + std::to_string(kStoreFormat) + ", or an empty directory");
  const auto genesis = value_or_throw(store_.get(Column::meta, as_bytes(kGenesisMark)));
  if (*genesis != encode(genesis_)) {
    const auto theirs = decode<Genesis>(*genesis);
    return make_error(ErrorCode::wrong_chain, "genesis",
                      "has chain id " + id_.hex() + " but the data directory holds chain " +
                          (theirs ? chain_id(*theirs).hex() : std::string("of unknown form")),
                      "the genesis that the data directory was made with, or an empty directory");
  }
  const auto mark = value_or_throw(store_.get(Column::meta, as_bytes(kHeadMark)));
  if (!mark) return damaged("it has a genesis but no head");
  const auto height = decode<BlockHeight>(*mark);
  if (!height) return damaged("its head: " + height.error().text());
  const auto header = value_or_throw(read_header(store_, *height));
  if (!header) return damaged("the header of its head, block " + number(*height) + ", is missing");
  if (tree_.root() != header->state_root)
    return damaged("its state has root " + tree_.root().hex() + " but block " + number(*height) + " has " +
                   header->state_root.hex());
  head_ = {*header, digest_of(*header)};
  if (auto loaded = load_validators(); !loaded) return loaded;
  first_block_ = value_or_throw(read_first_block(store_));
  hold_view(head_);
  if (const auto certificate = value_or_throw(read_last_certificate(store_))) {
    if (certificate->vote.height > head_.header.height)
      return damaged("it has a certificate for block " + number(certificate->vote.height) + " above its head");
    make_final(*certificate);
  }
  return {};
}

Status Chain::load_validators() {
  const Epoch epoch = head_.header.epoch;
  const auto own = validators_of(epoch);
  if (!own) return own.error();
  if (!*own) return damaged("the validator set of epoch " + std::to_string(epoch.value) + " is missing");
  validators_ = **own;
  if (digest_of(validators_) == head_.header.next_validators) return load_recoveries();
  const auto next = validators_of(Epoch{epoch.value + 1});
  if (!next) return next.error();
  if (!*next || digest_of(**next) != head_.header.next_validators)
    return damaged("the validator set that block " + number(head_.header.height) + " names is missing");
  ending_ = std::exchange(validators_, **next);
  return load_recoveries();
}

Result<std::uint32_t> Chain::protocol() const {
  const BlockHeight height = head_.header.height.next();
  const std::uint32_t version = read_protocol(state_).at(height);
  if (version > options_.protocol_max)
    return make_error(ErrorCode::protocol_unsupported, "protocol",
                      "version " + std::to_string(version) + " begins at block " + number(height) +
                          ", and this software knows versions up to " + std::to_string(options_.protocol_max),
                      "a newer version of this software; nothing is lost, the node goes on from here with it");
  return version;
}

Result<AppliedBlock> Chain::apply(SeqNum height, const Batch* batch, ByteView bytes, const Digest& digest,
                                  const BatchFacts* facts) {
  invariant((batch == nullptr) == bytes.empty() && bytes.empty() == digest.is_zero(),
            "only the null batch has no bytes and the zero digest");
  if (height != head_.header.height.next())
    return make_error(ErrorCode::broken_chain, "height", "is " + number(height), number(head_.header.height.next()));
  return guarded([&]() -> Result<AppliedBlock> {
    const auto version = protocol();
    if (!version) return version.error();
    return persist(execute(batch, bytes, digest, facts != nullptr ? *facts : facts_of(batch), *version), {});
  });
}

Status Chain::check_next(const CertifiedBlock& block, const std::optional<Batch>& batch) const {
  if (auto follows = check_follows(head_.header, head_.digest, block.header); !follows) return follows;
  const Digest digest = batch ? consensus::batch_digest(block.batch) : consensus::kNullBatch;
  if (block.header.batch != digest)
    return make_error(ErrorCode::root_mismatch, "header.batch", "is " + block.header.batch.hex(),
                      digest.hex() + ", the digest of its batch");
  if (batch) {
    if (auto good = check_batch(*batch, block.batch.size(), id_, validators_.quorum()); !good) return good;
  }
  if (block.certificate) return check_final(block.header, *block.certificate, validators_, verifier_);
  return {};
}

Result<AppliedBlock> Chain::apply_certified(const CertifiedBlock& block) {
  const auto in_block = [&](Error error) { return std::move(error).within("block " + number(block.header.height)); };
  std::optional<Batch> batch;
  if (!block.batch.empty()) {
    auto decoded = decode<Batch>(block.batch);
    if (!decoded) return in_block(Error(decoded.error()).within("batch"));
    batch = std::move(decoded).value();
  }
  for (const auto& recovery : block.recoveries) {
    if (auto begun = begin_epoch(recovery); !begun) return in_block(Error(begun.error()).within("recoveries"));
  }
  if (auto good = check_next(block, batch); !good) return in_block(good.error());
  return guarded([&]() -> Result<AppliedBlock> {
    const auto version = protocol();
    if (!version) return version.error();
    const Batch* decoded = batch ? &*batch : nullptr;
    Pending pending = execute(decoded, block.batch, block.header.batch, facts_of(decoded), *version);
    if (auto same = check_same(block.header, pending.block.header); !same) {
      discard();
      return in_block(same.error());
    }
    return persist(std::move(pending), block.certificate);
  });
}

Chain::Pending Chain::execute(const Batch* batch, ByteView bytes, const Digest& digest, const BatchFacts& facts,
                              std::uint32_t protocol) {
  const auto started = Clock::now();
  Pending pending;
  BlockHeader& header = pending.block.header;
  header.height = head_.header.height.next();
  header.epoch = validators_.epoch;
  header.parent = head_.digest;
  header.batch = digest;
  header.time = block_time(genesis_.clock, head_.header.time, batch, state_);
  if (batch != nullptr) header.proposer = batch->proposer;
  header.transactions_root = facts.transactions_root;
  ProtocolPlan plan = read_protocol(state_);
  if (plan.next && header.height >= plan.next->from) write_protocol(state_, {plan.next->version, std::nullopt});
  settle_seal(pending, batch, bytes.size());
  const BlockContext context{header.height, header.time, header.epoch, genesis_.clock, protocol};
  pending.block.receipts = BlockExecution(executor_, state_, replays_).run(context, batch, facts.ids);
  pending.block.timings.execution = Clock::now() - started;
  complete(pending, bytes);
  return pending;
}

// From executed to ready for the disk: roots, header, and everything that one write persists.
void Chain::complete(Pending& pending, ByteView bytes) {
  const auto started = Clock::now();
  AppliedBlock& block = pending.block;
  if (auto members = read_members(state_).list; members != validators_.members) {
    invariant(check_members(members).has_value(), "the executor adopts only members that can make an epoch");
    block.next_epoch = {Epoch{validators_.epoch.value + 1}, block.header.height, std::move(members)};
    put_validators(pending.batch, *block.next_epoch);
  }
  const auto changes = state_.collect(pending.batch);
  block.header.state_root = tree_.update(changes, pending.batch);
  block.timings.tree = Clock::now() - started;
  block.header.receipts_root = crypto::merkle_root(receipt_leaves(block.receipts));
  block.header.next_validators = digest_of(block.next_epoch ? *block.next_epoch : validators_);
  block.digest = digest_of(block.header);
  if (options_.keep_blocks) {
    put_block(pending.batch, block.header, bytes, block.receipts);
    put_places(pending);
    write_history_index(pending.batch, state_, executor_);
  }
  pending.batch.put(Column::meta, as_bytes(kHeadMark), encode(block.header.height));
}

// A transaction's place is where it was executed. Where it was only refused counts while nothing better is known.
// Backwards, so that of several places in one block the first is kept.
void Chain::put_places(Pending& pending) const {
  const auto& receipts = pending.block.receipts.receipts;
  for (std::size_t i = receipts.size(); i-- > 0;) {
    const bool refused = receipts[i].results.empty();
    // A repetition: the first one's place stands. An operation may be refused with the same code.
    if (refused && receipts[i].code == ErrorCode::duplicate) continue;
    if (refused && value_or_throw(read_place(store_, receipts[i].transaction))) continue;
    put_place(pending.batch, receipts[i].transaction,
              {pending.block.header.height, static_cast<std::uint32_t>(i), receipts[i].code});
  }
}

Result<AppliedBlock> Chain::persist(Pending&& pending, const std::optional<CheckpointCertificate>& certificate) {
  const auto started = Clock::now();
  if (certificate) put_certificate(pending.batch, *certificate);
  if (auto written = store_.write(pending.batch, options_.sync ? Sync::yes : Sync::no); !written) {
    discard();
    return written.error();
  }
  state_.persisted();
  const ChainHead head{pending.block.header, pending.block.digest};
  {
    const std::lock_guard lock(mutex_);
    ending_.reset();
    if (pending.block.next_epoch) ending_ = std::exchange(validators_, *pending.block.next_epoch);
  }
  hold_view(head);
  if (certificate) make_final(*certificate);
  pending.block.timings.write = Clock::now() - started;
  return std::move(pending.block);
}

// What was executed in memory is not on disk and must not be built upon.
void Chain::discard() {
  state_.discard();
  tree_.forget();
  replays_.forget();
  executor_.forget_cached();
}

// The state of the new head, to be shown once it is final.
void Chain::hold_view(const ChainHead& head) {
  std::shared_ptr<FinalView> view;
  if (options_.final_views)
    view = std::make_shared<FinalView>(
        FinalView{head.header.height, head.header, head.digest, std::nullopt, store_.snapshot()});
  const std::lock_guard lock(mutex_);
  head_ = head;
  if (view == nullptr) return;
  if (head.header.height.value == 0) {
    final_view_ = std::move(view);
    return;
  }
  held_.push_back({head.header.height, std::move(view)});
  // Consensus never runs further ahead than its window. Catch-up may, towards a certificate higher up.
  if (held_.size() > 2 * genesis_.window) held_.pop_front();
}

void Chain::make_final(const CheckpointCertificate& certificate) {
  const BlockHeight height = certificate.vote.height;
  // Snapshots are released outside the lock.
  std::deque<HeldView> dropped;
  std::shared_ptr<const FinalView> replaced;
  const std::lock_guard lock(mutex_);
  if (height <= final_height_) return;
  final_height_ = height;
  while (!held_.empty() && held_.front().height < height) {
    dropped.push_back(std::move(held_.front()));
    held_.pop_front();
  }
  if (held_.empty() || held_.front().height != height) return;
  held_.front().view->certificate = certificate;
  replaced = std::exchange(final_view_, std::move(held_.front().view));
  held_.pop_front();
}

Status Chain::record_certificate(const CheckpointCertificate& certificate) {
  const auto& vote = certificate.vote;
  if (vote.height > head_.header.height)
    return make_error(ErrorCode::not_found, "certificate.height", "is " + number(vote.height),
                      "a block that was executed here, at most " + number(head_.header.height));
  const auto header = read_header(store_, vote.height);
  if (!header) return header.error();
  // Of a block before the snapshot that this store began with: what is final here covers it already.
  if (!*header && vote.height < first_block()) return {};
  if (!*header) return damaged("the header of block " + number(vote.height) + " is missing");
  const Digest ours = digest_of(**header);
  if (vote.header != ours || vote.epoch != (*header)->epoch)
    return make_error(ErrorCode::broken_chain, "certificate.header",
                      "is " + vote.header.hex() + " at height " + number(vote.height), ours.hex() + ", our own block");
  const auto held = read_certificate(store_, vote.height);
  if (!held) return held.error();
  if (!*held) {
    storage::WriteBatch batch;
    put_certificate(batch, certificate);
    if (auto written = store_.write(batch, Sync::no); !written) return written;
  }
  make_final(certificate);
  return {};
}

Result<std::optional<TimestampMs>> Chain::next_due() {
  return guarded([&]() -> Result<std::optional<TimestampMs>> { return executor_.next_due(state_); });
}

}  // namespace tally::ledger
