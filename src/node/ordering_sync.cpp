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
    else
      take_blocks(held->from, std::get<BlocksResponse>(std::move(decoded).value()));
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
  std::size_t bytes = 0;
  std::size_t certified = 0;  // how many blocks, up to the last that carries a certificate
  for (BlockHeight height = request.from; height <= final && height.value > 0; height = height.next()) {
    auto block = chain_.block(height);
    if (!block || !*block) break;
    bytes += (*block)->batch.size() + 4 * limits::kKiB;
    if (!response.blocks.empty() && bytes > limits::kSyncBytesMax - limits::kKiB) break;
    response.blocks.push_back(**std::move(block));
    if (response.blocks.back().certificate) certified = response.blocks.size();
    // The next epoch's set is known to whoever has executed this block, not before.
    if (ends_epoch(response.blocks.back().header)) break;
  }
  response.blocks.resize(certified);
  const SyncMessage message = std::move(response);
  services_.send(peer, p2p::MessageClass::sync, std::make_shared<const Bytes>(encode(message)));
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
    execution_.install(std::move(response.blocks), [this, peer](const Status& installed) {
      loop_.post([this, peer, installed] { install_done(peer, installed); });
    });
  });
}

void Ordering::install_done(const PublicKey& peer, const Status& good) {
  if (failed_) return;
  if (good) {
    fetcher_.succeeded(peer);
    if (const auto request = fetcher_.next()) ask(*request);
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

Status Ordering::check_blocks(const BlocksResponse& response) const {
  if (response.blocks.empty()) return {};
  const auto validators = validators_of(response.blocks.front().header.epoch);
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
