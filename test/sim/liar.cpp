#include "sim/liar.h"

#include "common/codec.h"
#include "consensus/authentic.h"
#include "crypto/digest.h"

namespace tally::sim {

using namespace consensus;

namespace {

constexpr std::size_t kRemembered = 64;

Digest some_digest(Random& random) {
  Digest out;
  for (std::size_t i = 0; i < out.bytes.size(); i += 8) {
    const std::uint64_t word = random.next();
    for (std::size_t j = 0; j < 8; ++j) out.bytes[i + j] = static_cast<Byte>(word >> (8 * j));
  }
  return out;
}

// One more, one less, far away, or the largest number there is.
std::uint64_t other_number(std::uint64_t number, Random& random) {
  switch (random.below(5)) {
    case 0:
      return number - (number > 0 ? 1 : 0);
    case 1:
      return number + 16;
    case 2:
      return ~0ULL;
    case 3:
      return 1ULL << 63;
    default:
      return number + 1;
  }
}

}  // namespace

struct Liar::Distortion {
  const crypto::Signer& signer;
  Random& random;

  Message operator()(SignedVote it) const {
    Vote& vote = it.vote;
    switch (random.below(4)) {
      case 0:
        vote.digest = random.percent(20) ? kNullBatch : some_digest(random);
        break;
      case 1:
        vote.view.value = other_number(vote.view.value, random);
        break;
      case 2:
        vote.seq.value = other_number(vote.seq.value, random);
        break;
      default:
        vote.phase = static_cast<Phase>(random.below(3));
    }
    it.signature = sign_vote(vote, signer);
    return it;
  }
  // Another batch for the same place: the same transactions in another order, or fewer of them.
  Message operator()(Proposal it) const {
    auto batch = decode<Batch>(it.batch);
    if (!batch || batch->transactions.empty()) return (*this)(it.pre_prepare);
    auto& transactions = batch->transactions;
    if (random.percent(25))
      // No client signed this.
      transactions.back().amount += 1;
    else if (random.percent(50))
      transactions.pop_back();
    else
      batch->time_ms += random.below(2) == 0 ? 1 : 1'000'000;
    it.batch = encode(*batch);
    it.pre_prepare.vote.digest = batch_digest(it.batch);
    if (random.percent(20)) it.pre_prepare.vote.seq.value = other_number(it.pre_prepare.vote.seq.value, random);
    it.pre_prepare.signature = sign_vote(it.pre_prepare.vote, signer);
    return it;
  }
  Message operator()(SignedCheckpoint it) const {
    if (random.percent(60))
      it.vote.header = some_digest(random);
    else
      it.vote.height.value = other_number(it.vote.height.value, random);
    it.signature = sign_checkpoint(it.vote, signer);
    return it;
  }
  Message operator()(SignedViewChange it) const {
    ViewChange& body = it.body;
    switch (random.below(4)) {
      case 0:
        if (!body.prepared.empty()) body.prepared.erase(body.prepared.begin() + random_place(body.prepared.size()));
        break;
      case 1:
        body.new_view.value = other_number(body.new_view.value, random);
        break;
      case 2:
        if (!body.prepared.empty())
          body.prepared[random.below(body.prepared.size())].pre_prepare.digest = some_digest(random);
        break;
      default:
        body.prepared.clear();
    }
    it.signature = signer.sign(crypto::kViewChangeDomain, crypto::digest_of(crypto::kViewChangeDomain, body));
    return it;
  }
  Message operator()(SignedNewView it) const {
    auto& list = it.body.pre_prepares;
    switch (random.below(4)) {
      case 0:
        if (!list.empty()) list.pop_back();
        break;
      case 1:
        if (!list.empty()) sign_again(list[random.below(list.size())], kNullBatch);
        break;
      case 2:
        if (!list.empty()) sign_again(list[random.below(list.size())], some_digest(random));
        break;
      default: {
        SignedVote more{{it.body.epoch,
                         Phase::pre_prepare,
                         it.body.view,
                         SeqNum{list.empty() ? 1 : list.back().vote.seq.value + 1},
                         {}},
                        it.replica,
                        {}};
        sign_again(more, some_digest(random));
        list.push_back(more);
      }
    }
    it.signature = signer.sign(crypto::kNewViewDomain, crypto::digest_of(crypto::kNewViewDomain, it.body));
    return it;
  }
  Message operator()(CommitCertificate it) const {
    if (!it.signatures.empty()) it.signatures.back() = it.signatures.front();
    return it;
  }
  Message operator()(CheckpointCertificate it) const {
    it.vote.header = some_digest(random);
    return it;
  }
  Message operator()(StatusReport it) const {
    it.stable.value = random.percent(50) ? 0 : other_number(it.stable.value, random);
    it.executed.value = other_number(it.executed.value, random);
    it.view.value = other_number(it.view.value, random);
    it.slots.clear();
    return it;
  }

  [[nodiscard]] std::ptrdiff_t random_place(std::size_t size) const {
    return static_cast<std::ptrdiff_t>(random.below(size));
  }
  void sign_again(SignedVote& vote, const Digest& digest) const {
    vote.vote.digest = digest;
    vote.signature = sign_vote(vote.vote, signer);
  }
};

void Liar::remember(const Message& message) {
  if (memory_.size() >= kRemembered) memory_.pop_front();
  memory_.push_back(message);
}

std::optional<BlocksResponse> Liar::distort(BlocksResponse response) {
  if (random_.percent(40)) return response;
  ++lies_;
  auto& blocks = response.blocks;
  if (blocks.empty() || random_.percent(25)) return std::nullopt;
  ServedBlock& served = blocks[random_.below(blocks.size())];
  switch (random_.below(6)) {
    case 0:
      blocks.clear();
      break;
    case 1:
      blocks.back().certificate.reset();
      break;
    case 2:
      served.block.body.push_back(0);
      break;
    case 3:
      served.block.header = some_digest(random_);
      break;
    case 4:
      served.block.state = some_digest(random_);
      break;
    default:
      blocks.erase(blocks.begin());
  }
  return response;
}

// What it adds to what others say.
struct Liar::Answer {
  const crypto::Signer& signer;
  Random& random;
  const ValidatorSet& validators;
  ReplicaIndex self;

  // It helps whatever is voted for, however many contradict each other.
  std::vector<Message> operator()(const SignedVote& it) const {
    if (!random.percent(20)) return {};
    std::vector<Message> out;
    for (const Phase phase : {Phase::prepare, Phase::commit}) {
      Vote vote = it.vote;
      vote.phase = phase;
      out.emplace_back(SignedVote{vote, self, sign_vote(vote, signer)});
    }
    return out;
  }
  // Out of turn: in place of the primary's proposal, or before its next.
  std::vector<Message> operator()(const Proposal& it) const {
    if (!random.percent(15)) return {};
    Proposal out = it;
    out.pre_prepare.replica = self;
    out.pre_prepare.vote.seq.value += random.below(3);
    out.pre_prepare.signature = sign_vote(out.pre_prepare.vote, signer);
    if (random.percent(50)) return {Distortion{signer, random}(std::move(out))};
    return {std::move(out)};
  }
  // One that knows of nothing.
  std::vector<Message> operator()(const SignedViewChange& it) const {
    if (!random.percent(15)) return {};
    const ViewChange body{validators.epoch, it.body.new_view, validators.start, std::nullopt, {}};
    const Digest digest = crypto::digest_of(crypto::kViewChangeDomain, body);
    return {SignedViewChange{body, self, signer.sign(crypto::kViewChangeDomain, digest)}};
  }
  template <class Other>
  std::vector<Message> operator()(const Other&) const {
    return {};
  }
};

std::vector<Message> Liar::hears(const Message& message, const ValidatorSet& validators, ReplicaIndex self) {
  if (random_.percent(10)) remember(message);
  if (epoch_of(message) != validators.epoch) return {};
  auto out = std::visit(Answer{signer_, random_, validators, self}, message);
  lies_ += out.size();
  return out;
}

ParcelPtr Liar::lie_of(const Parcel& parcel) {
  return std::make_shared<Parcel>(parcel.from,
                                  std::visit(Distortion{signer_, random_}, Message(std::get<Message>(parcel.content))));
}

std::vector<ParcelPtr> Liar::to_one(const ParcelPtr& parcel) {
  const std::uint64_t dice = random_.below(100);
  if (dice < 30) return {parcel};
  ++lies_;
  if (dice < 50) return {};
  if (dice < 60) return {parcel, std::make_shared<Parcel>(parcel->from, memory_[random_.below(memory_.size())])};
  if (dice < 85) return {lie_of(*parcel)};
  return {parcel, lie_of(*parcel)};
}

std::vector<std::vector<ParcelPtr>> Liar::tell(const ParcelPtr& parcel, std::size_t receivers) {
  remember(std::get<Message>(parcel->content));
  std::vector<std::vector<ParcelPtr>> out(receivers, {parcel});
  const std::uint64_t dice = random_.below(100);
  if (dice < 55) return out;
  if (dice < 75) {
    for (auto& one : out) one = to_one(parcel);
    return out;
  }
  // One lie for all, or for some, while the others hear the truth or nothing.
  ++lies_;
  const ParcelPtr lie = lie_of(*parcel);
  const unsigned share = random_.percent(50) ? 100 : 60;
  const bool truth = random_.percent(50);
  for (auto& one : out) {
    if (random_.percent(share))
      one = {lie};
    else if (!truth)
      one.clear();
  }
  return out;
}

}  // namespace tally::sim
