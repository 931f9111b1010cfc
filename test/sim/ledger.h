// Purpose: the ledger of one simulated office: transfers between a few accounts, executed once each, a state root
// over all of it, and transactions that change the membership. Blocks and certificates live on the office's disk.
// Thread rule: one thread.
// Errors: storage_failed; anything else that is wrong here is a breach that the checkers report.
// Invariant: the sum of all accounts is zero after every block.
#pragma once

#include <boost/describe/class.hpp>

#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "sim/disk.h"

namespace tally::sim {

inline constexpr std::size_t kAccounts = 6;

struct Transaction {
  std::uint32_t client = 0;
  std::uint32_t number = 0;  // of this client's
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::int64_t amount = 0;
  std::vector<std::uint32_t> members = {};  // identities of the next validator set, if it changes the membership

  [[nodiscard]] std::uint64_t id() const { return (std::uint64_t{client} << 32) | number; }
  bool operator==(const Transaction&) const = default;
};
BOOST_DESCRIBE_STRUCT(Transaction, (), (client, number, from, to, amount, members))

struct Batch {
  std::uint32_t proposer = 0;
  std::uint64_t time_ms = 0;
  std::vector<Transaction> transactions;
};
BOOST_DESCRIBE_STRUCT(Batch, (), (proposer, time_ms, transactions))

struct Block {
  BlockHeight height;
  Epoch epoch;
  Digest batch;
  Digest header;
  Digest state;
  Bytes body;                                        // canonical bytes of the batch; empty for the null batch
  std::optional<consensus::ValidatorSet> next = {};  // if it ended its epoch
};
BOOST_DESCRIBE_STRUCT(Block, (), (height, epoch, batch, header, state, body, next))

// A block as it is served; the certificate may be absent where a later one of the answer covers it.
struct ServedBlock {
  Block block;
  std::optional<consensus::CheckpointCertificate> certificate;
};
BOOST_DESCRIBE_STRUCT(ServedBlock, (), (block, certificate))

Digest genesis_header();
Digest digest_of(const consensus::ValidatorSet& set);
// What a header that follows `parent` commits to.
Digest header_of(const Digest& parent, const Block& block, const consensus::ValidatorSet& after);

class Ledger {
 public:
  Ledger(Disk& disk, consensus::ValidatorSet genesis, const consensus::ValidatorSet& everybody);

  // Reads what the disk holds. Once, before anything else.
  Status load();

  // Executes and persists, with one synced write. Required: height() + 1, in the epoch of the next block.
  // `wrong` makes another state than the rules ask for.
  Status append(const Digest& batch, ByteView body, bool wrong);
  // Unsynced: it can come again.
  Status keep(const consensus::CheckpointCertificate& certificate);

  [[nodiscard]] BlockHeight height() const { return BlockHeight{blocks_.size()}; }
  [[nodiscard]] const Block& block(BlockHeight height) const { return blocks_[height.value - 1]; }
  [[nodiscard]] Digest head() const { return blocks_.empty() ? genesis_header() : blocks_.back().header; }
  [[nodiscard]] const std::map<BlockHeight, consensus::CheckpointCertificate>& certificates() const {
    return certificates_;
  }
  [[nodiscard]] BlockHeight certified() const {
    return certificates_.empty() ? BlockHeight{} : certificates_.rbegin()->first;
  }
  // Of the next block.
  [[nodiscard]] const consensus::ValidatorSet& validators() const { return sets_.rbegin()->second; }
  // Null if the epoch is not known here.
  [[nodiscard]] const consensus::ValidatorSet* set_of(Epoch epoch) const;
  // The head ended its epoch.
  [[nodiscard]] bool ended() const { return !blocks_.empty() && blocks_.back().next.has_value(); }
  [[nodiscard]] bool executed(std::uint64_t transaction) const { return done_.contains(transaction); }
  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  [[nodiscard]] const std::array<std::int64_t, kAccounts>& accounts() const { return accounts_; }
  // Times that a transaction came again in a later batch and was refused.
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }

 private:
  // Transfers, and the set that follows if the members change.
  void take_effect(Block& block);
  // What the block's header commits to.
  void seal(Block& block, bool wrong) const;
  void remember(Block block);

  Disk& disk_;
  const consensus::ValidatorSet everybody_;
  std::vector<Block> blocks_;
  std::map<BlockHeight, consensus::CheckpointCertificate> certificates_;
  std::map<Epoch, consensus::ValidatorSet> sets_;
  std::set<std::uint64_t> done_;
  std::array<std::int64_t, kAccounts> accounts_{};
  std::uint64_t operations_ = 0;
  std::uint64_t repeated_ = 0;
};

}  // namespace tally::sim
