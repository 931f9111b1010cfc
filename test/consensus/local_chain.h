// Purpose: the ledger of one node of the cluster: blocks of batches in words, executed once each, on the node's disk.
// A batch is a list of transactions "client/name" or "name" between commas; each takes effect once, whatever batches
// it comes in. "members:0123" changes the membership, "at:MS:..." was proposed at that time.
// Thread rule: one thread.
// Errors: storage_failed.
#pragma once

#include <boost/describe/class.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "storage/store.h"

namespace tally::consensus::test {

struct Block {
  BlockHeight height;
  Epoch epoch;
  Digest batch;
  Digest header;
  TimestampMs time;
  std::string text;                                 // the batch; empty for the null batch
  std::optional<ValidatorSet> next = std::nullopt;  // if it ended its epoch
  bool operator==(const Block&) const = default;
};
BOOST_DESCRIBE_STRUCT(Block, (), (height, epoch, batch, header, time, text, next))

// A block as it is served; the certificate may be absent where a later one of the answer covers it.
struct ServedBlock {
  Block block;
  std::optional<CheckpointCertificate> certificate;
};

// Words between `separator`s.
std::vector<std::string> split(const std::string& text, char separator);
// The time at which the batch says that it was proposed; zero if it says nothing.
TimestampMs proposed_time(const std::string& batch);
std::vector<std::string> transactions_of(const std::string& batch);
// "client" of "client/name"; empty for a transaction of nobody in particular.
std::string client_of(const std::string& transaction);

// What a header that follows `parent` commits to.
Digest header_of(const Digest& parent, const Block& block, const ValidatorSet& after);
const Digest& genesis_header();

class LocalChain {
 public:
  // Reads what the disk holds. The sets outlive the chain.
  LocalChain(const ValidatorSet& genesis, const ValidatorSet& everybody) : genesis_(genesis), everybody_(everybody) {}
  Status load(const storage::Reader& store);

  // Executes and persists with one synced write, as the next block. `wrong` makes another header than the rules ask
  // for.
  Status append(storage::Store& store, const Digest& batch, const std::string& text, bool wrong);
  // Unsynced: it can come again.
  Status keep(storage::Store& store, const CheckpointCertificate& certificate);

  [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }
  [[nodiscard]] BlockHeight height() const { return BlockHeight{blocks_.size()}; }
  [[nodiscard]] const Digest& head() const { return blocks_.empty() ? genesis_header() : blocks_.back().header; }
  [[nodiscard]] const std::map<BlockHeight, CheckpointCertificate>& certificates() const { return certificates_; }
  [[nodiscard]] BlockHeight certified() const {
    return certificates_.empty() ? BlockHeight{} : certificates_.rbegin()->first;
  }
  // Of the next block.
  [[nodiscard]] const ValidatorSet& validators() const;
  // Null if the epoch is not known here.
  [[nodiscard]] const ValidatorSet* set_of(Epoch epoch) const;
  [[nodiscard]] bool executed(const std::string& transaction) const { return executed_.contains(transaction); }
  // Transactions that came again in a later batch and took no effect.
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }
  [[nodiscard]] std::uint64_t operations() const { return operations_; }

 private:
  [[nodiscard]] Block make(const Digest& batch, const std::string& text, bool wrong) const;
  void remember(Block block);

  const ValidatorSet& genesis_;
  const ValidatorSet& everybody_;
  std::vector<Block> blocks_;  // blocks_[i] has height i + 1
  std::map<BlockHeight, CheckpointCertificate> certificates_;
  std::set<std::string> executed_;
  std::uint64_t repeated_ = 0;
  std::uint64_t operations_ = 0;
};

}  // namespace tally::consensus::test
