// Puts pruned batches back.
#include "common/limits.h"
#include "ledger/block_records.h"
#include "ledger/proofs.h"
#include "ledger/prune.h"

namespace tally::ledger {

using std::to_string;
using storage::Column;
using storage::Sync;

namespace {

constexpr std::size_t kWriteBytes = 4 * limits::kMiB;

std::string name_of(BlockHeight height) {
  return "block " + to_string(height.value);
}

class Restorer {
 public:
  Restorer(storage::Store& store, const Genesis& genesis, const crypto::Verifier& verifier)
      : store_(store), genesis_(genesis), verifier_(verifier) {}

  Result<RestoreReport> run(const std::function<Result<BlockSource>()>& open) {
    const auto first = read_first_block(store_);
    if (!first) return first.error();
    first_held_ = *first;
    auto source = open();
    if (!source) return source.error();
    if (auto read = read_links(*source); !read) return read.error();
    if (auto linked = link(); !linked) return linked.error();
    source = open();
    if (!source) return source.error();
    if (auto put = put_back(*source); !put) return put.error();
    if (auto marked = lower_mark(); !marked) return marked.error();
    return report_;
  }

 private:
  struct Link {
    Digest header;
    Digest parent;
  };

  [[nodiscard]] BlockHeight height_at(std::size_t index) const { return BlockHeight{start_.value + index}; }

  // Of the blocks below the first held: no others are missing.
  Status read_links(const BlockSource& source) {
    for (;;) {
      const auto block = source();
      if (!block) return block.error();
      if (!*block) return {};
      const BlockHeader& header = (*block)->header;
      if (links_.empty()) start_ = header.height;
      if (header.height != height_at(links_.size()) || header.height.value == 0)
        return make_error(ErrorCode::broken_chain, name_of(header.height), "does not follow the block before it",
                          "blocks of rising height, none left out");
      if (header.height >= first_held_) return {};
      links_.push_back({digest_of(header), header.parent});
    }
  }

  // From the last down: each is the parent of one that counts, or stands here itself.
  Status link() {
    if (links_.empty()) return {};
    auto above = read_header(store_, height_at(links_.size()));
    if (!above) return above.error();
    std::optional<Digest> wanted;
    if (*above) wanted = (*above)->parent;
    for (std::size_t i = links_.size(); i-- > 0;) {
      const auto held = read_header(store_, height_at(i));
      if (!held) return held.error();
      if (*held) wanted = digest_of(**held);
      if (!wanted)
        return make_error(ErrorCode::not_found, name_of(height_at(i)),
                          "is linked to nothing that this node knows: its header came before the snapshot",
                          "a source that reaches up to " + name_of(first_held_));
      if (links_[i].header != *wanted)
        return make_error(ErrorCode::broken_chain, name_of(height_at(i)), "has header " + links_[i].header.hex(),
                          wanted->hex() + ", this chain's");
      wanted = links_[i].parent;
    }
    return {};
  }

  Status put_back(const BlockSource& source) {
    storage::WriteBatch batch;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      const auto block = source();
      if (!block) return block.error();
      if (!*block || (*block)->header.height != height_at(i) || digest_of((*block)->header) != links_[i].header)
        return make_error(ErrorCode::broken_chain, name_of(height_at(i)), "differs from the first reading",
                          "a source that nobody writes to meanwhile");
      if (auto put = put_block_back(**block, batch); !put) return Error(put.error()).within(name_of(height_at(i)));
      if (batch.bytes() < kWriteBytes) continue;
      if (auto written = store_.write(batch, Sync::no); !written) return written;
      batch.clear();
    }
    return store_.write(batch, Sync::yes);
  }

  Status put_block_back(const CertifiedBlock& block, storage::WriteBatch& batch) {
    const BlockHeader& header = block.header;
    const Digest digest = block.batch.empty() ? consensus::kNullBatch : consensus::batch_digest(block.batch);
    if (header.batch != digest)
      return make_error(ErrorCode::root_mismatch, "batch", "has digest " + digest.hex(),
                        header.batch.hex() + ", which the header names");
    const auto held = store_.get(Column::blocks, block_key('b', header.height));
    if (!held) return held.error();
    if (*held) {
      ++report_.held;
      return {};
    }
    const auto known = read_header(store_, header.height);
    if (!known) return known.error();
    const auto certificate = read_certificate(store_, header.height);
    if (!certificate) return certificate.error();
    if (!*certificate && block.certificate) {
      auto validators =
          header.epoch == Epoch{} ? std::optional(validator_set(genesis_)) : std::optional<consensus::ValidatorSet>{};
      if (!validators) {
        auto stored = read_validators(store_, header.epoch);
        if (!stored) return stored.error();
        validators = std::move(*stored);
      }
      if (!validators)
        return make_error(ErrorCode::not_found, "header.epoch", "is " + to_string(header.epoch.value),
                          "an epoch whose validators are known here");
      if (auto final = check_final(header, *block.certificate, *validators, verifier_); !final) return final;
      put_certificate(batch, *block.certificate);
    }
    if (!*known) put_header(batch, header);
    put_body(batch, header.height, block.batch);
    ++report_.restored;
    report_.bytes += block.batch.size();
    return {};
  }

  // Down to the lowest block from which on all are here.
  Status lower_mark() {
    BlockHeight first = first_held_;
    while (first.value > 1) {
      const auto body = store_.get(Column::blocks, block_key('b', BlockHeight{first.value - 1}));
      if (!body) return body.error();
      if (!*body) break;
      first.value -= 1;
    }
    report_.first = first;
    if (first == first_held_) return {};
    storage::WriteBatch batch;
    put_first_block(batch, first);
    return store_.write(batch, Sync::yes);
  }

  storage::Store& store_;
  const Genesis& genesis_;
  const crypto::Verifier& verifier_;
  BlockHeight first_held_;
  BlockHeight start_;
  std::vector<Link> links_;
  RestoreReport report_;
};

}  // namespace

Result<RestoreReport> restore_blocks(storage::Store& store, const Genesis& genesis, const crypto::Verifier& verifier,
                                     const std::function<Result<BlockSource>()>& open) {
  return Restorer(store, genesis, verifier).run(open);
}

}  // namespace tally::ledger
