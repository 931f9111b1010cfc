// Catch-up by certified blocks: the part of Ordering that asks peers, serves peers and checks answers.
#include "common/limits.h"
#include "node/ordering.h"

namespace tally::node {

void Ordering::receive_sync(p2p::Received message) {
  auto held = std::make_shared<p2p::Received>(std::move(message));
  workers_.post([this, held] {
    auto decoded = decode<SyncMessage>(held->payload);
    if (!decoded) return services_.penalise(held->from, "sync message: " + decoded.error().text());
    if (const auto* request = std::get_if<BlocksRequest>(&*decoded))
      serve(held->from, *request);
    else if (auto* recovery = std::get_if<consensus::EpochRecovery>(&*decoded))
      take_recovery(held->from, std::move(*recovery));
    else if (auto* response = std::get_if<BlocksResponse>(&*decoded))
      take_blocks(held->from, std::move(*response));
    else if (const auto* pruned = std::get_if<BlocksPruned>(&*decoded))
      take_pruned(held->from, *pruned);
    else
      services_.snapshot_message(held->from, std::move(decoded).value(), std::move(held->credit));
  });
}

// Whoever lacks too much joins anew by a snapshot. The distance is the peers' own word: it is only asked by it, what
// comes is checked.
void Ordering::follow_distance() {
  const BlockHeight executed = chain_.head().header.height;
  const std::uint64_t best = fetcher_.best_known().value;
  const std::uint64_t lacks = best - std::min(best, executed.value);
  // Of the peers that say so, one at least is honest; or nobody else is there.
  const std::size_t faulty = (driver_->validators().members.size() - 1) / 3;
  const bool pruned = !pruned_by_.empty() && pruned_by_.size() >= std::min(faulty + 1, linked_.size());
  const bool far = options_.join_above != 0 && lacks > options_.join_above;
  if (pruned || far) {
    services_.far_behind(pruned ? executed : executed.plus(options_.join_above / 2));
  } else if (far_behind_) {
    services_.far_behind(std::nullopt);
  }
  far_behind_ = pruned || far;
}

void Ordering::fetch_next() {
  if (services_.joining()) return;
  if (const auto request = fetcher_.next()) ask(*request);
}

void Ordering::take_pruned(const PublicKey& peer, const BlocksPruned& pruned) {
  loop_.post([this, peer, pruned] {
    if (failed_ || !fetcher_.awaits(peer, pruned.from)) return;
    fetcher_.failed(peer);
    pruned_by_.insert(peer);
  });
}

void Ordering::ask(const BlockFetcher::Request& request) {
  const SyncMessage message = BlocksRequest{request.from};
  services_.send(request.peer, p2p::MessageClass::sync, std::make_shared<const Bytes>(encode(message)));
}

// On a worker: reads of the chain are thread-safe.
void Ordering::serve(const PublicKey& peer, const BlocksRequest& request) {
  BlocksResponse response{request.from, {}};
  const BlockHeight final = chain_.final_height();
  const auto answer = [&](const SyncMessage& message) {
    services_.send(peer, p2p::MessageClass::sync, std::make_shared<const Bytes>(encode(message)));
  };
  if (const BlockHeight first = chain_.first_block(); request.from < first && request.from <= final)
    return answer(BlocksPruned{request.from, first});
  std::size_t bytes = 0;
  std::size_t certified = 0;  // how many blocks, up to the last that carries a certificate
  for (BlockHeight height = request.from; height <= final && height.value > 0; height = height.next()) {
    auto block = chain_.block(height);
    if (!block || !*block) break;
    // Whoever has not heard of the recovery cannot check what follows it.
    if (!response.blocks.empty() && !(*block)->recoveries.empty()) break;
    bytes += (*block)->batch.size() + 4 * limits::kKiB;
    if (!response.blocks.empty() && bytes > limits::kSyncBytesMax - limits::kKiB) break;
    response.blocks.push_back(**std::move(block));
    if (response.blocks.back().certificate) certified = response.blocks.size();
    // The next epoch's set is known to whoever has executed this block, not before.
    if (ends_epoch(response.blocks.back().header)) break;
  }
  response.blocks.resize(certified);
  answer(std::move(response));
}

// On a worker: nobody's word is trusted, so everything is checked before the execution gate sees it.
void Ordering::take_blocks(const PublicKey& peer, BlocksResponse response) {
  const Status good = check_blocks(response);
  loop_.post([this, peer, good, response = std::move(response)]() mutable {
    if (failed_ || !fetcher_.awaits(peer, response.from)) return;
    if (!good || response.blocks.empty()) {
      fetcher_.failed(peer);
      if (!good) services_.penalise(peer, good.error().text());
      return;
    }
    const ledger::BlockHeader last = response.blocks.back().header;
    fetcher_.arrived(peer, last.height);
    execution_.install(std::move(response.blocks),
                       [this](const Status& installed) { loop_.post([this, installed] { install_done(installed); }); });
    // The line works while these are executed. What follows an epoch's end cannot be checked before that.
    if (ends_epoch(last)) return;
    fetch_next();
  });
}

void Ordering::install_done(const Status& good) {
  if (failed_) return;
  if (good) {
    fetcher_.installed();
    fetch_next();
    return;
  }
  // The certificate was good and the links too, so it is this node that computes something else.
  halted("a certified block cannot be reproduced here: " + good.error().text());
}

// The header before the first of an epoch names another set than its own.
bool Ordering::ends_epoch(const ledger::BlockHeader& header) const {
  const auto validators = validators_of(header.epoch);
  return !validators || header.next_validators != ledger::digest_of(*validators);
}

// On a worker. The members' decision after a halt; checked again where it is carried out.
void Ordering::take_recovery(const PublicKey& peer, consensus::EpochRecovery recovery) {
  // Known here already: not worth its signatures.
  if (recovery.statement.ended < chain_.validators().epoch) return;
  const auto ended = validators_of(recovery.statement.ended);
  // Of an epoch that has not begun here: it comes again.
  if (!ended) return;
  if (Status good = check_recovery(recovery, *ended, verifier_); !good)
    return services_.penalise(peer, "recovery: " + good.error().text());
  loop_.post([this, recovery = std::move(recovery)] {
    if (!failed_ && recovery.statement.ended == driver_->validators().epoch) recover(recovery);
  });
}

void Ordering::recover(const consensus::EpochRecovery& recovery) {
  const BlockHeight height = recovery.statement.height;
  const BlockHeight executed = chain_.head().header.height;
  if (executed < height) return fetcher_.proved(height);
  if (executed == height)
    return execution_.recover(recovery, [this](const Status& begun) {
      if (!begun) services_.warn("a recovery did not begin an epoch here: " + begun.error().text());
    });
  failed_ = true;
  services_.failed(make_error(ErrorCode::broken_chain, "",
                              "after a halt the members went on from block " + std::to_string(height.value) +
                                  ", and this node has executed block " + std::to_string(executed.value),
                              "`tally recovery apply` with the members' document, while the node is stopped"));
}

Result<std::shared_ptr<const consensus::ValidatorSet>> Ordering::validators_for(
    const ledger::CertifiedBlock& first) const {
  if (auto known = validators_of(first.header.epoch)) return known;
  std::shared_ptr<const consensus::ValidatorSet> validators;
  for (const auto& recovery : first.recoveries) {
    if (!validators) validators = validators_of(recovery.statement.ended);
    if (!validators) break;
    if (Status good = check_recovery(recovery, *validators, verifier_); !good)
      return Error(good.error()).within("recoveries");
    validators = std::make_shared<const consensus::ValidatorSet>(next_epoch(recovery, *validators));
  }
  return validators;
}

Status Ordering::check_blocks(const BlocksResponse& response) const {
  if (response.blocks.empty()) return {};
  const auto known = validators_for(response.blocks.front());
  if (!known) return known.error();
  const auto& validators = *known;
  if (!validators)
    return make_error(ErrorCode::broken_chain, "blocks", "are of an epoch whose validators are not known here");
  BlockHeight expected = response.from;
  const Digest* parent = nullptr;
  Digest previous;
  for (const auto& block : response.blocks) {
    if (block.header.height != expected || (parent != nullptr && block.header.parent != *parent))
      return make_error(ErrorCode::broken_chain, "blocks", "do not follow each other");
    if (block.header.epoch != validators->epoch)
      return make_error(ErrorCode::broken_chain, "blocks", "go on past the end of their epoch");
    if (consensus::batch_digest(block.batch) != block.header.batch &&
        !(block.batch.empty() && block.header.batch == consensus::kNullBatch))
      return make_error(ErrorCode::root_mismatch, "batch", "is not the one its header names");
    previous = ledger::digest_of(block.header);
    parent = &previous;
    expected = expected.next();
    if (!block.certificate) continue;
    const auto& vote = block.certificate->vote;
    if (vote.height != block.header.height || vote.header != previous)
      return make_error(ErrorCode::bad_certificate, "certificate", "is for another block");
    if (Status good = consensus::check_certificate(*block.certificate, *validators, verifier_); !good) return good;
  }
  if (!response.blocks.back().certificate)
    return make_error(ErrorCode::bad_certificate, "blocks", "end without a certificate");
  return {};
}

}  // namespace tally::node
