// How a node of the cluster asks for blocks, serves them, honestly or not, and checks what it gets: nobody's word is
// trusted (rule 14).
#include "consensus/cluster.h"

namespace tally::consensus::test {

namespace {
constexpr std::size_t kBlocksPerAnswer = 4;
}  // namespace

void Node::ask(const std::optional<node::BlockFetcher::Request>& request) {
  if (!request) return;
  ++asked[cluster_.identity_of(request->peer)];
  cluster_.send(process, &request->peer, BlocksRequest{request->from});
}

void Node::serve(std::uint32_t to, BlockHeight from) {
  BlocksResponse response{from, {}};
  std::size_t certified = 0;
  for (BlockHeight at = from; at <= chain_->certified() && at.value > 0; at = at.next()) {
    if (response.blocks.size() >= kBlocksPerAnswer && certified > 0) break;
    response.blocks.push_back({blocks[at.value - 1], std::nullopt});
    if (const auto certificate = certificates.find(at); certificate != certificates.end()) {
      response.blocks.back().certificate = certificate->second;
      certified = response.blocks.size();
    }
    // The next epoch's set is known to whoever has executed this block, not before.
    if (response.blocks.back().block.next) break;
  }
  response.blocks.resize(certified);
  distort(response);
  if (serving != Serving::stalls) cluster_.send(process, &cluster_.everybody().members[to].key, response);
}

void Node::distort(BlocksResponse& response) const {
  auto& served = response.blocks;
  if (served.empty() || serving == Serving::honest || serving == Serving::stalls) return;
  switch (serving) {
    case Serving::altered_batch:
      served.front().block.text += "forged";
      break;
    case Serving::altered_header:
      // Consistent in itself, certificate apart.
      served.back().block.text = "forged";
      served.back().block.batch = digest_of_text("forged");
      served.back().block.header = digest_of_text("forged header");
      served.back().certificate->vote.header = served.back().block.header;
      break;
    case Serving::forged_certificate: {
      auto& signatures = served.back().certificate->signatures;
      signatures.back() = signatures.front();
      break;
    }
    case Serving::gap:
      served.erase(served.begin());
      break;
    default:
      served.clear();
  }
}

bool Node::good_blocks(const BlocksResponse& response) const {
  if (response.blocks.empty() || !response.blocks.back().certificate) return false;
  const auto* set = chain_->set_of(response.blocks.front().block.epoch);
  if (set == nullptr) return false;
  BlockHeight expected = response.from;
  const Digest* parent = nullptr;
  for (const auto& [block, certificate] : response.blocks) {
    if (block.height != expected || block.epoch != set->epoch) return false;
    if (parent != nullptr && header_of(*parent, block, block.next ? *block.next : *set) != block.header) return false;
    parent = &block.header;
    if (block.batch != (block.text.empty() ? kNullBatch : digest_of_text(block.text))) return false;
    expected = expected.next();
    if (!certificate) continue;
    if (certificate->vote.height != block.height || certificate->vote.header != block.header) return false;
    if (!check_certificate(*certificate, *set, MockVerifier{})) return false;
  }
  return true;
}

void Node::take_blocks(std::uint32_t from, const BlocksResponse& response) {
  const PublicKey& peer = cluster_.everybody().members[from].key;
  if (!fetcher_.awaits(peer, response.from)) return;
  if (!good_blocks(response)) return fetcher_.failed(peer);
  for (const auto& [block, certificate] : response.blocks) {
    if (block.height < chain_->height() || !running()) continue;
    if (block.height > chain_->height()) {
      if (Status appended = chain_->append(*store_, block.batch, block.text, computes_wrong); !appended)
        return stop_if_bad(appended);
      after_block();
    }
    const Block& made = blocks.back();
    if (made.header != block.header) return halted("a certified block cannot be reproduced here");
    if (!certificate || block.height <= chain_->certified()) continue;
    stop_if_bad(chain_->keep(*store_, *certificate));
    certificates = chain_->certificates();
    cluster_.invariants().on_finalised({identity}, *certificate);
    fetcher_.executed(block.height);
    if (running()) stop_if_bad(driver_->installed(*certificate, made.next));
  }
  fetcher_.succeeded(peer);
  ask(fetcher_.next());
}

}  // namespace tally::consensus::test
