// "May I sign this?" by itself, without the message log in front of it.
#include "consensus/safety.h"

#include <catch2/catch.hpp>

#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

const Digest kBatch = digest_of_text("batch");
const Digest kOther = digest_of_text("other");

struct Bench {
  explicit Bench(std::uint32_t self)
      : keys(make_validators(4)), signer(keys.validators().members[self].key), context(configuration(self)) {}

  [[nodiscard]] Configuration configuration(std::uint32_t self) const {
    Configuration out;
    out.validators = keys.validators();
    out.self = ReplicaIndex{self};
    out.signer = &signer;
    return out;
  }
  [[nodiscard]] static Vote vote(Phase phase, std::uint64_t view, std::uint64_t seq, const Digest& digest) {
    return {Epoch{}, phase, View{view}, SeqNum{seq}, digest};
  }

  Keyring keys;
  MockSigner signer;
  Context context;
  Safety safety{context};
};

BodyPtr body(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return std::make_shared<const Body>(Body{batch_digest(bytes), Bytes(bytes.begin(), bytes.end())});
}

}  // namespace

TEST_CASE("Who may sign what, in which view") {
  Bench backup(1);
  Bench primary(0);
  CHECK(backup.safety.may_vote(Bench::vote(Phase::prepare, 0, 1, kBatch)));
  CHECK_FALSE(primary.safety.may_vote(Bench::vote(Phase::prepare, 0, 1, kBatch)));
  CHECK(primary.safety.may_vote(Bench::vote(Phase::pre_prepare, 0, 1, kBatch)));
  CHECK_FALSE(backup.safety.may_vote(Bench::vote(Phase::pre_prepare, 0, 1, kBatch)));
  CHECK_FALSE(backup.safety.may_vote(Bench::vote(Phase::prepare, 1, 1, kBatch)));
  Vote other_epoch = Bench::vote(Phase::prepare, 0, 1, kBatch);
  other_epoch.epoch = Epoch{1};
  CHECK_FALSE(backup.safety.may_vote(other_epoch));
  backup.safety.restore(ViewRecord{{}, View{0}, true});
  CHECK_FALSE(backup.safety.may_vote(Bench::vote(Phase::prepare, 0, 1, kBatch)));
}

TEST_CASE("After a vote, another digest in the same view and place is refused in every phase") {
  Bench bench(1);
  const SignedVote accepted = bench.keys.vote(0, Phase::pre_prepare, 0, 1, kBatch);
  const SignedVote first = bench.safety.prepare(accepted, body("batch"));
  CHECK(bench.context.ready.persist.size() == 3);
  for (const Phase phase : {Phase::prepare, Phase::commit}) {
    CHECK(bench.safety.may_vote(Bench::vote(phase, 0, 1, kBatch)));
    CHECK_FALSE(bench.safety.may_vote(Bench::vote(phase, 0, 1, kOther)));
  }
  CHECK(bench.safety.may_vote(Bench::vote(Phase::prepare, 0, 2, kOther)));
  // Asked again, it gives the same bytes and writes nothing.
  CHECK(bench.safety.prepare(accepted, body("batch")) == first);
  CHECK(bench.context.ready.persist.size() == 3);
}

TEST_CASE("Restored votes bind as those just signed") {
  Bench bench(1);
  bench.safety.restore(bench.keys.vote(1, Phase::commit, 0, 4, kBatch));
  CHECK_FALSE(bench.safety.may_vote(Bench::vote(Phase::prepare, 0, 4, kOther)));
  CHECK(bench.safety.may_vote(Bench::vote(Phase::prepare, 0, 4, kBatch)));
  bench.safety.restore(bench.keys.checkpoint(1, 3, kBatch));
  CHECK_FALSE(bench.safety.may_checkpoint({Epoch{}, BlockHeight{3}, kOther}));
  CHECK(bench.safety.checkpoint(BlockHeight{3}, kBatch) == bench.keys.checkpoint(1, 3, kBatch));
  CHECK(bench.context.ready.persist.empty());
  // A vote in a later view proves that we were in it.
  bench.safety.restore(bench.keys.vote(1, Phase::prepare, 2, 5, kBatch));
  CHECK(bench.safety.view() == View{2});
}

TEST_CASE("Below the stable checkpoint, and after a stop, nothing is signed") {
  Bench bench(1);
  bench.safety.checkpoint(BlockHeight{2}, kBatch);
  bench.safety.prepare(bench.keys.vote(0, Phase::pre_prepare, 0, 3, kBatch), body("batch"));
  bench.safety.prune(BlockHeight{2});
  CHECK(bench.safety.own_checkpoint(BlockHeight{2}) == nullptr);
  CHECK(bench.safety.own(Phase::prepare, View{0}, SeqNum{3}) != nullptr);
  CHECK_FALSE(bench.safety.may_vote(Bench::vote(Phase::prepare, 0, 2, kBatch)));
  CHECK_FALSE(bench.safety.may_checkpoint({Epoch{}, BlockHeight{2}, kOther}));
  CHECK(bench.safety.may_vote(Bench::vote(Phase::commit, 0, 3, kBatch)));
  bench.safety.stop();
  CHECK_FALSE(bench.safety.may_vote(Bench::vote(Phase::commit, 0, 3, kBatch)));
  CHECK_FALSE(bench.safety.may_checkpoint({Epoch{}, BlockHeight{3}, kBatch}));
}

}  // namespace tally::consensus::test
