#include "consensus/durable.h"

#include <limits>

namespace tally::consensus {

namespace {

constexpr SeqNum kNoSeq{std::numeric_limits<std::uint64_t>::max()};

void put_big_endian(Bytes& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<Byte>(number >> shift));
}

Bytes key_start(SeqNum seq, char kind) {
  Bytes out;
  put_big_endian(out, seq.value);
  out.push_back(static_cast<Byte>(kind));
  return out;
}

Bytes key_start(SeqNum seq, char kind, Epoch epoch) {
  Bytes out = key_start(seq, kind);
  put_big_endian(out, epoch.value);
  return out;
}

struct Key {
  Bytes operator()(const BodyRecord& record) const {
    Bytes out = key_start(record.seq, 'b');
    append(out, record.digest.view());
    return out;
  }
  Bytes operator()(const VoteRecord& record) const {
    const Vote& vote = record.vote.vote;
    Bytes out = key_start(vote.seq, 'v', vote.epoch);
    out.push_back(static_cast<Byte>(vote.phase));
    put_big_endian(out, vote.view.value);
    return out;
  }
  Bytes operator()(const AcceptedRecord& record) const {
    const Vote& vote = record.pre_prepare.vote;
    Bytes out = key_start(vote.seq, 'a', vote.epoch);
    put_big_endian(out, vote.view.value);
    return out;
  }
  Bytes operator()(const PreparedRecord& record) const {
    return key_start(record.certificate.pre_prepare.seq, 'p', record.certificate.pre_prepare.epoch);
  }
  Bytes operator()(const ViewRecord& record) const { return key_start(kNoSeq, 'w', record.epoch); }
  Bytes operator()(const OwnCheckpointRecord& record) const {
    return key_start(record.checkpoint.vote.height, 'c', record.checkpoint.vote.epoch);
  }
  Bytes operator()(const StableRecord&) const { return key_start(kNoSeq, 's'); }
  Bytes operator()(const ViewChangeRecord& record) const {
    return key_start(kNoSeq, 'x', record.view_change.body.epoch);
  }
  Bytes operator()(const NewViewRecord& record) const { return key_start(kNoSeq, 'n', record.new_view.body.epoch); }
  Bytes operator()(const InitRecord&) const { return key_start(kNoSeq, 'i'); }
  Bytes operator()(const LostRecord&) const { return key_start(kNoSeq, 'l'); }
};

// Puts each record into the list that it belongs to.
class Sorter {
 public:
  Sorter(const Configuration& configuration, DurableState& into) : configuration_(configuration), into_(into) {
    low_ = configuration_.validators.start;
    if (into_.stable) low_ = std::max(low_, into_.stable->vote.height);
  }

  void operator()(BodyRecord& record) const {
    if (!in_window(record.seq) || batch_digest(record.bytes) != record.digest) return;
    into_.bodies.insert_or_assign({record.seq, record.digest},
                                  std::make_shared<const Body>(Body{record.digest, std::move(record.bytes)}));
  }
  void operator()(VoteRecord& record) const {
    if (wanted(record.vote.vote) && record.vote.replica == configuration_.self) into_.own_votes.push_back(record.vote);
  }
  void operator()(AcceptedRecord& record) const {
    if (wanted(record.pre_prepare.vote)) into_.accepted.push_back(record.pre_prepare);
  }
  void operator()(PreparedRecord& record) const {
    if (wanted(record.certificate.pre_prepare)) into_.prepared.push_back(std::move(record.certificate));
  }
  void operator()(ViewRecord& record) const {
    if (ours(record.epoch)) into_.view = record;
  }
  void operator()(OwnCheckpointRecord& record) const {
    const SignedCheckpoint& checkpoint = record.checkpoint;
    if (ours(checkpoint.vote.epoch) && in_window(checkpoint.vote.height) && checkpoint.replica == configuration_.self)
      into_.own_checkpoints.push_back(checkpoint);
  }
  void operator()(StableRecord&) const {}  // read before the others
  void operator()(ViewChangeRecord& record) const {
    if (ours(record.view_change.body.epoch) && record.view_change.replica == configuration_.self)
      into_.view_change = std::move(record.view_change);
  }
  void operator()(NewViewRecord& record) const {
    if (ours(record.new_view.body.epoch)) into_.new_view = std::move(record);
  }
  void operator()(InitRecord&) const { into_.complete = true; }
  void operator()(LostRecord& record) const {
    if (ours(record.epoch)) into_.lost = record;
  }

 private:
  [[nodiscard]] bool in_window(SeqNum seq) const {
    return seq > low_ && seq.value - low_.value <= configuration_.window;
  }
  [[nodiscard]] bool ours(Epoch epoch) const { return epoch == configuration_.validators.epoch; }
  [[nodiscard]] bool wanted(const Vote& vote) const { return ours(vote.epoch) && in_window(vote.seq); }

  const Configuration& configuration_;
  DurableState& into_;
  BlockHeight low_;
};

bool by_place(const Vote& left, const Vote& right) {
  return std::tie(left.seq, left.view, left.phase) < std::tie(right.seq, right.view, right.phase);
}

}  // namespace

Bytes storage_key(const DurableRecord& record) {
  return std::visit(Key{}, record);
}

Bytes storage_prune_end(BlockHeight stable) {
  Bytes out;
  put_big_endian(out, stable.value == kNoSeq.value ? stable.value : stable.value + 1);
  return out;
}

BodyPtr DurableState::body(SeqNum seq, const Digest& digest) const {
  const auto found = bodies.find({seq, digest});
  return found == bodies.end() ? nullptr : found->second;
}

DurableState sort_records(std::vector<DurableRecord> records, const Configuration& configuration) {
  DurableState out;
  for (auto& record : records) {
    auto* stable = std::get_if<StableRecord>(&record);
    if (stable == nullptr) continue;
    if (stable->certificate.vote.epoch != configuration.validators.epoch) continue;
    if (!out.stable || stable->certificate.vote.height > out.stable->vote.height)
      out.stable = std::move(stable->certificate);
  }
  const Sorter sorter(configuration, out);
  for (auto& record : records) std::visit(sorter, record);
  std::sort(out.own_votes.begin(), out.own_votes.end(),
            [](const SignedVote& left, const SignedVote& right) { return by_place(left.vote, right.vote); });
  std::sort(out.accepted.begin(), out.accepted.end(),
            [](const SignedVote& left, const SignedVote& right) { return by_place(left.vote, right.vote); });
  std::sort(out.prepared.begin(), out.prepared.end(),
            [](const auto& left, const auto& right) { return by_place(left.pre_prepare, right.pre_prepare); });
  std::sort(out.own_checkpoints.begin(), out.own_checkpoints.end(),
            [](const auto& left, const auto& right) { return left.vote.height < right.vote.height; });
  return out;
}

}  // namespace tally::consensus
