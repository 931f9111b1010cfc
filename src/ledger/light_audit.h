// Purpose: the light pass of an audit: headers, links, changes of the validators and certificates of every block, the
// roots of the batches at hand, and a random sample of what lies under them. Nothing is executed: that the roots of
// state and receipts follow from the batches only a full audit shows (audit.h).
// Thread rule: one thread. Errors: a verdict, never an exception: what is wrong at which height.
// Invariant: memory does not grow with the chain: headers wait only for the next certificate (kUncertifiedMax), and
// samples are at most as many as asked for.
#pragma once

#include "ledger/audit.h"
#include "ledger/light.h"

namespace tally::ledger {

// Numbers that follow from a seed alone (SplitMix64; Steele, Lea and Flood, 2014): a sample can be drawn again.
class SeededNumbers {
 public:
  explicit SeededNumbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t out = state_;
    out = (out ^ out >> 30) * 0xbf58476d1ce4e5b9ULL;
    out = (out ^ out >> 27) * 0x94d049bb133111ebULL;
    return out ^ out >> 31;
  }

 private:
  std::uint64_t state_;
};

// More blocks than this in a row without a certificate are not followed.
inline constexpr std::size_t kUncertifiedMax = 4096;
inline constexpr std::uint64_t kSamplesMax = 10'000;

struct LightOptions {
  std::optional<ChainId> expected_chain;
  std::uint64_t samples = 100;
  std::uint64_t seed = 0;  // of the sample; one that whoever made the chain could not know
};

struct LightVerdict {
  bool passed = false;
  ChainId chain;
  std::string name;
  std::uint64_t blocks = 0;
  std::uint64_t certificates = 0;
  std::uint64_t validator_signatures = 0;
  std::uint64_t batches = 0;       // whose digest and transactions root were compared
  std::uint64_t transactions = 0;  // in them
  std::uint64_t sampled_transactions = 0;
  std::uint64_t client_signatures = 0;  // of the sampled
  std::uint64_t receipts = 0;           // proven, of the sampled
  BlockHeight verified_until;
  Epoch epoch;
  std::optional<AuditFailure> failure;
};
BOOST_DESCRIBE_STRUCT(LightVerdict, (),
                      (passed, chain, name, blocks, certificates, validator_signatures, batches, transactions,
                       sampled_transactions, client_signatures, receipts, verified_until, epoch, failure))

// A fair choice of at most `size` among items of which nobody knows how many come.
template <class T>
class Reservoir {
 public:
  Reservoir(std::uint64_t size, std::uint64_t seed) : size_(size), random_(seed) {}
  template <class Make>
  void offer(const Make& make) {
    ++offered_;
    if (items_.size() < size_) {
      items_.push_back(make());
    } else if (const std::uint64_t at = random_() % offered_; at < size_) {
      items_[at] = make();
    }
  }
  [[nodiscard]] const std::vector<T>& items() const { return items_; }

 private:
  std::uint64_t size_;
  SeededNumbers random_;
  std::uint64_t offered_ = 0;
  std::vector<T> items_;
};

class LightAuditor {
 public:
  // `epochs` lead from the genesis to the last epoch; recoveries that blocks carry need not be among them. The executor
  // makes the genesis' header, and is not used afterwards.
  LightAuditor(const Genesis& genesis, Executor& executor, std::vector<EpochLink> epochs, LightOptions options);

  // The next block, from height 1 on. False once the chain has failed.
  bool feed(const CertifiedBlock& block);
  // The same where no batch is at hand.
  bool feed(const CertifiedHeader& header);
  // Of the blocks fed without their batches: the sample that is to be fetched, once all is fed.
  [[nodiscard]] const std::vector<BlockHeader>& wanted() const { return wanted_.items(); }
  // A wanted block as somebody served it. Checks its batch; returns the transaction that was picked from it,
  // if it holds any.
  Result<std::optional<SignedTransaction>> sample(const BlockHeader& wanted, const CertifiedBlock& served);
  void receipt_proven() { ++verdict_.receipts; }
  void fail(BlockHeight height, const Error& error);
  [[nodiscard]] bool failed() const { return verdict_.failure.has_value(); }

  LightVerdict finish();
  // Instead of finish() when the input broke off.
  LightVerdict finish_broken(BlockHeight height, const Error& error);

 private:
  struct Picked {
    BlockHeight height;
    std::uint64_t index = 0;
    SignedTransaction transaction;
  };
  [[nodiscard]] BlockHeight next_height() const;
  bool follow(const CertifiedHeader& header);
  BlockHeight first_bad() const;
  Result<std::optional<Batch>> checked_batch(const CertifiedBlock& block);
  Status check_picked(const Picked& picked);

  LightVerdict verdict_;
  std::vector<EpochLink> epochs_;
  TrustedHead head_;
  std::vector<CertifiedHeader> pending_;  // after the head, without a certificate so far
  Reservoir<Picked> picked_;
  Reservoir<BlockHeader> wanted_;
  SeededNumbers random_;
};

}  // namespace tally::ledger
