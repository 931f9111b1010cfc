#include "crypto/merkle.h"
#include "ledger/block_records.h"
#include "ledger/epoch_chain.h"
#include "ledger/proofs.h"
#include "ledger/prune.h"
#include "ledger/scrub.h"
#include "ledger/store_marks.h"

namespace tally::ledger {

using storage::Column;

namespace {

std::string of_block(std::string_view what, BlockHeight height) {
  return "the " + std::string(what) + " of block " + std::to_string(height.value);
}

std::string differs(const Digest& found, const Digest& wanted) {
  return "has digest " + found.hex() + ", and " + wanted.hex() + " is certified";
}

class BlockScrub {
 public:
  BlockScrub(const storage::Reader& store, const Genesis& genesis, const crypto::Verifier& verifier, ScrubClass& places)
      : store_(store), verifier_(verifier), validators_(validator_set(genesis)), places_(places) {}

  ScrubClass run() {
    const auto head = marked_head(store_);
    if (!head) {
      out_.add("the mark of the head", head.error().text());
      return std::move(out_);
    }
    const auto first = begin();
    if (!first) {
      out_.add("the marks of what is held", first.error().text());
      return std::move(out_);
    }
    // A damaged mark may name any height: none above the last header is looked for.
    const BlockHeight last = std::min(*head, last_header());
    if (last < *head)
      out_.add("the blocks above " + std::to_string(last.value),
               "are missing, and the head is said to be " + std::to_string(head->value));
    auto header = header_at(*first);
    for (BlockHeight height = *first; height <= last; height = height.next()) {
      auto next = height < last ? header_at(height.next()) : std::optional<BlockHeader>{};
      ++out_.checked;
      if (header) check_block(height, *header, next);
      header = std::move(next);
    }
    count_places();
    return std::move(out_);
  }

 private:
  static BlockHeight height_in(ByteView key) {
    BlockHeight out;
    for (const Byte byte : key.subspan(1)) out.value = out.value << 8 | byte;
    return out;
  }
  [[nodiscard]] BlockHeight last_header() const {
    BlockHeight out;
    const Byte prefix = 'h';
    (void)store_.scan_back(Column::blocks, {&prefix, 1}, {}, [&](ByteView key, ByteView) {
      out = height_in(key);
      return false;
    });
    return out;
  }
  // Of this kind of record, the genesis' apart.
  [[nodiscard]] BlockHeight first_height(char kind) const {
    BlockHeight out;
    const auto prefix = static_cast<Byte>(kind);
    (void)store_.scan(Column::blocks, {&prefix, 1}, {}, [&](ByteView key, ByteView) {
      out = height_in(key);
      return out.value == 0;
    });
    return out;
  }

  // The lowest header that is held, and its validators: the genesis, or the block that a snapshot was of.
  Result<BlockHeight> begin() {
    const auto whole = read_first_block(store_);
    if (!whole) return whole.error();
    whole_from_ = *whole;
    const auto mark = store_.get(Column::meta, as_bytes(kFirstBlockMark));
    if (!mark) return mark.error();
    // Blocks that were put back came without their receipts (prune.h).
    if (*mark) receipts_from_ = std::max(whole_from_, first_height('r'));
    const auto snapshot = read_snapshot_block(store_);
    if (!snapshot) return snapshot.error();
    if (!*snapshot) return BlockHeight{};
    const auto header = read_header(store_, **snapshot);
    if (!header) return header.error();
    const auto links = *header
                           ? epoch_links(store_, (*header)->epoch)
                           : Result<std::vector<EpochLink>>(make_error(ErrorCode::not_found, "header", "is missing"));
    if (!links) return links.error();
    for (const auto& link : *links) {
      auto next = follow_epoch(validators_, link, verifier_);
      if (!next) return next.error();
      validators_ = std::move(next).value();
    }
    return **snapshot;
  }

  std::optional<BlockHeader> header_at(BlockHeight height) {
    auto header = read_header(store_, height);
    if (header && *header && (*header)->height == height) return std::move(**header);
    out_.add(of_block("header", height), !header    ? header.error().text()
                                         : !*header ? "is missing"
                                                    : "says height " + std::to_string((*header)->height.value));
    known_ = false;
    return std::nullopt;
  }

  void check_block(BlockHeight height, const BlockHeader& header, const std::optional<BlockHeader>& next) {
    follow_recoveries(header);
    auto certificate = read_certificate(store_, height);
    if (!certificate) out_.add(of_block("certificate", height), certificate.error().text());
    const Digest digest = digest_of(header);
    const bool covered = certificate && *certificate && (*certificate)->vote.header == digest;
    if (next && next->parent != digest && !covered) {
      out_.add(of_block("header", height), "has digest " + digest.hex() + ", and block " +
                                               std::to_string(next->height.value) + " follows " + next->parent.hex());
      known_ = known_ && header.next_validators == digest_of(validators_);
      return;
    }
    if (next && next->parent != digest)
      out_.add(of_block("header", next->height), "does not follow its certified parent");
    if (certificate && *certificate && known_) {
      if (auto good = check_final(header, **certificate, validators_, verifier_); !good)
        out_.add(of_block("certificate", height), good.error().text());
    }
    check_batch_of(header);
    check_receipts(header);
    follow_block(header);
  }

  void check_batch_of(const BlockHeader& header) {
    if (header.height < whole_from_ && header.height.value > 0) return;  // let go of (prune.h)
    const auto height_name = of_block("batch", header.height);
    auto block = read_block(store_, header.height);
    // A certificate or recovery that does not decode is told of by itself.
    if (!block) {
      if (block.error().text().find("batch of block") != std::string::npos) out_.add(height_name, block.error().text());
      return;
    }
    if (!*block) return;
    const ByteView bytes = (*block)->batch;
    if (header.height.value == 0 && bytes.empty()) return;
    const Digest digest = bytes.empty() ? consensus::kNullBatch : consensus::batch_digest(bytes);
    if (digest != header.batch) return out_.add(height_name, differs(digest, header.batch));
    std::vector<Digest> leaves;
    if (!bytes.empty()) {
      const auto batch = decode<Batch>(bytes);
      if (!batch) return out_.add(height_name, batch.error().text());
      leaves = transaction_leaves(*batch);
    }
    if (const Digest root = crypto::merkle_root(leaves); root != header.transactions_root)
      out_.add(height_name, differs(root, header.transactions_root));
  }

  void check_receipts(const BlockHeader& header) {
    const auto receipts = read_receipts(store_, header.height);
    const std::string name = of_block("receipts", header.height);
    if (!receipts) return out_.add(name, receipts.error().text());
    if (!*receipts && header.height < receipts_from_) return;  // let go of, or of before the snapshot
    if (!*receipts) return out_.add(name, "are missing");
    const Digest root = crypto::merkle_root(receipt_leaves(**receipts));
    if (root != header.receipts_root) return out_.add(name, differs(root, header.receipts_root));
    for (std::uint32_t i = 0; i < (*receipts)->receipts.size(); ++i)
      check_place((*receipts)->receipts[i], {header.height, i, (*receipts)->receipts[i].code});
  }

  // A place may lie elsewhere if the transaction was refused here or there too (Chain::put_places).
  void check_place(const Receipt& receipt, const TransactionPlace& here) {
    const std::string name = "the place of transaction " + receipt.transaction.hex();
    const auto place = read_place(store_, receipt.transaction);
    if (!place) return places_.add(name, place.error().text());
    if (!*place) return places_.add(name, "is missing; it was in block " + std::to_string(here.height.value));
    ++places_.checked;
    if (**place == here) {
      ++named_;
      return;
    }
    const auto there = read_receipts(store_, (*place)->height);
    const bool real = there && *there && (*place)->index < (*there)->receipts.size() &&
                      (*there)->receipts[(*place)->index].transaction == receipt.transaction &&
                      (*there)->receipts[(*place)->index].code == (*place)->code;
    if (!real || !receipt.results.empty())
      places_.add(name, "is said to be number " + std::to_string((*place)->index) + " of block " +
                            std::to_string((*place)->height.value) + ", and is number " + std::to_string(here.index) +
                            " of block " + std::to_string(here.height.value));
  }

  void count_places() {
    std::uint64_t held = 0;
    const Byte prefix = 't';
    const auto scanned = store_.scan(Column::index, {&prefix, 1}, {}, [&](ByteView, ByteView) {
      ++held;
      return true;
    });
    if (!scanned) return places_.add("the places of transactions", scanned.error().text());
    // Of pruned blocks the receipts may be gone and the places may stay.
    const bool whole = whole_from_.value <= 1;
    if (whole && held > named_ && places_.damaged == 0 && out_.damaged == 0)
      places_.add("the places of transactions",
                  std::to_string(held - named_) + " of them are of transactions that no block holds");
  }

  void follow_recoveries(const BlockHeader& header) {
    while (known_ && validators_.epoch < header.epoch) {
      const Epoch epoch{validators_.epoch.value + 1};
      const auto recovery = read_recovery(store_, epoch);
      const std::string name = "the recovery that began epoch " + std::to_string(epoch.value);
      if (recovery && *recovery) {
        auto next = follow_epoch(validators_, EpochLink(**recovery), verifier_);
        if (next) {
          validators_ = std::move(next).value();
          continue;
        }
        out_.add(name, next.error().text());
      } else {
        out_.add(name, recovery ? "is missing" : recovery.error().text());
      }
      known_ = false;
    }
  }

  void follow_block(const BlockHeader& header) {
    if (!known_ || header.next_validators == digest_of(validators_)) return;
    const Epoch epoch{validators_.epoch.value + 1};
    auto set = read_validators(store_, epoch);
    const std::string name = "the validator set of epoch " + std::to_string(epoch.value);
    if (set && *set && digest_of(**set) == header.next_validators) {
      validators_ = std::move(**set);
      return;
    }
    out_.add(name, !set    ? set.error().text()
                   : !*set ? "is missing"
                           : differs(digest_of(**set), header.next_validators));
    known_ = false;
  }

  const storage::Reader& store_;
  const crypto::Verifier& verifier_;
  consensus::ValidatorSet validators_;
  bool known_ = true;  // who signs; false after a damaged set: certificates above are only decoded
  ScrubClass out_{"blocks", 0, 0, {}};
  ScrubClass& places_;
  std::uint64_t named_ = 0;
  BlockHeight whole_from_;     // all blocks from here on are held whole
  BlockHeight receipts_from_;  // and their receipts from here on
};

}  // namespace

ScrubClass scrub_blocks(const storage::Reader& store, const Genesis& genesis, const crypto::Verifier& verifier,
                        ScrubClass& places) {
  places.name = "index";
  return BlockScrub(store, genesis, verifier, places).run();
}

}  // namespace tally::ledger
