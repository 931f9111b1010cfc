// What counts as evidence against a replica, and what does not (rule 13).
#include "consensus/evidence.h"

#include <catch2/catch.hpp>
#include <functional>

#include "consensus/mock_crypto.h"
#include "consensus/replica.h"

namespace tally::consensus::test {

namespace {

const MockVerifier kVerifier;
const Keyring kKeys(make_validators(4, Epoch{2}));
const Keyring kOtherEpoch(make_validators(4, Epoch{3}));
const Digest kOne = digest_of_text("one");
const Digest kTwo = digest_of_text("two");
constexpr ReplicaIndex kLiar{1};

SignedViewChange view_change(std::uint32_t replica, View view, BlockHeight stable) {
  SignedViewChange out{{Epoch{2}, view, stable, std::nullopt, {}}, ReplicaIndex{replica}, {}};
  out.signature = MockSigner(kKeys.validators().key_of(out.replica))
                      .sign(crypto::kViewChangeDomain, crypto::digest_of(crypto::kViewChangeDomain, out.body));
  return out;
}

SignedNewView new_view(std::uint32_t replica, View view, const std::vector<ViewChangeReference>& references) {
  SignedNewView out{{Epoch{2}, view, references, {}}, ReplicaIndex{replica}, {}};
  out.signature = MockSigner(kKeys.validators().key_of(out.replica))
                      .sign(crypto::kNewViewDomain, crypto::digest_of(crypto::kNewViewDomain, out.body));
  return out;
}

Misconduct votes(const SignedVote& first, const SignedVote& second) {
  return {Epoch{2}, kLiar, TwoVotes{first, second}};
}

Misconduct two_commits() {
  return votes(kKeys.vote(1, Phase::commit, 3, 7, kOne), kKeys.vote(1, Phase::commit, 3, 7, kTwo));
}

struct Row {
  const char* what;
  Misconduct misconduct;
  std::string field;  // empty: it is evidence
  ErrorCode code = ErrorCode::ok;
};

std::vector<Row> rows() {
  const auto changed = [](const std::function<void(Misconduct&)>& change) {
    Misconduct out = two_commits();
    change(out);
    return out;
  };
  const auto second = [](Misconduct& misconduct) -> SignedVote& {
    return std::get<TwoVotes>(misconduct.messages).second;
  };
  const auto commit = [](std::uint64_t view, std::uint64_t seq, const Digest& digest) {
    return kKeys.vote(1, Phase::commit, view, seq, digest);
  };
  const ErrorCode field = ErrorCode::invalid_field;
  const ErrorCode signature = ErrorCode::bad_signature;
  std::vector<Row> out = {
      {"two COMMITs", two_commits(), ""},
      {"two PREPAREs",
       votes(kKeys.vote(1, Phase::prepare, 3, 7, kOne), kKeys.vote(1, Phase::prepare, 3, 7, kNullBatch)), ""},
      {"two PRE-PREPAREs",
       votes(kKeys.vote(1, Phase::pre_prepare, 1, 7, kOne), kKeys.vote(1, Phase::pre_prepare, 1, 7, kTwo)), ""},
      {"one message twice", votes(commit(3, 7, kOne), commit(3, 7, kOne)), "messages", field},
      {"a re-proposal in a later view", votes(commit(3, 7, kOne), commit(4, 7, kTwo)), "messages", field},
      {"two numbers", votes(commit(3, 7, kOne), commit(3, 8, kTwo)), "messages", field},
      {"PREPARE and COMMIT", votes(kKeys.vote(1, Phase::prepare, 3, 7, kOne), commit(3, 7, kTwo)), "messages", field},
      {"of two replicas", votes(commit(3, 7, kOne), kKeys.vote(2, Phase::commit, 3, 7, kTwo)),
       "messages.second.replica", field},
      {"of another replica than the accused", changed([](auto& it) { it.replica = ReplicaIndex{2}; }),
       "messages.first.replica", field},
      {"of no member", changed([](auto& it) { it.replica = ReplicaIndex{4}; }), "replica", field},
      {"of two epochs", votes(commit(3, 7, kOne), kOtherEpoch.vote(1, Phase::commit, 3, 7, kTwo)),
       "messages.second.epoch", field},
      {"of another epoch than the set's", changed([](auto& it) { it.epoch = Epoch{3}; }), "epoch", field},
      {"a forged signature", changed([&](auto& it) { second(it).signature.bytes[5] ^= 1; }),
       "messages.second.signature", signature},
      {"a message altered under its signature", changed([&](auto& it) { second(it).vote.digest.bytes[5] ^= 1; }),
       "messages.second.signature", signature},
      {"a neighbour's signature under the accused's index",
       changed([&](auto& it) { second(it).signature = kKeys.vote(2, Phase::commit, 3, 7, kTwo).signature; }),
       "messages.second.signature", signature},
      {"two CHECKPOINTs",
       {Epoch{2}, kLiar, TwoCheckpoints{kKeys.checkpoint(1, 9, kOne), kKeys.checkpoint(1, 9, kTwo)}},
       ""},
      {"CHECKPOINTs of two heights",
       {Epoch{2}, kLiar, TwoCheckpoints{kKeys.checkpoint(1, 9, kOne), kKeys.checkpoint(1, 10, kTwo)}},
       "messages",
       field},
      {"two VIEW-CHANGEs",
       {Epoch{2}, kLiar, TwoViewChanges{view_change(1, View{4}, {}), view_change(1, View{4}, BlockHeight{3})}},
       ""},
      {"VIEW-CHANGEs for two views",
       {Epoch{2}, kLiar, TwoViewChanges{view_change(1, View{4}, {}), view_change(1, View{5}, BlockHeight{3})}},
       "messages",
       field},
      {"one VIEW-CHANGE twice",
       {Epoch{2}, kLiar, TwoViewChanges{view_change(1, View{4}, {}), view_change(1, View{4}, {})}},
       "messages",
       field},
      {"two NEW-VIEWs",
       {Epoch{2}, kLiar, TwoNewViews{new_view(1, View{5}, {}), new_view(1, View{5}, {{ReplicaIndex{0}, kOne}})}},
       ""},
      {"NEW-VIEWs of two views",
       {Epoch{2}, kLiar, TwoNewViews{new_view(1, View{5}, {}), new_view(1, View{9}, {})}},
       "messages",
       field},
  };
  return out;
}

}  // namespace

TEST_CASE("Evidence is two different messages of one replica for one place, both signed") {
  for (const Row& row : rows()) {
    INFO(row.what);
    const Status good = check_misconduct(row.misconduct, kKeys.validators(), kVerifier);
    CHECK(good.has_value() == row.field.empty());
    if (good || row.field.empty()) continue;
    CHECK(good.error().field == row.field);
    CHECK(good.error().code == row.code);
  }
}

TEST_CASE("Evidence keeps its bytes, says where it happened, and has one key for a place") {
  for (const Row& row : rows()) {
    const Bytes bytes = encode(row.misconduct);
    CHECK(decode<Misconduct>(bytes).value() == row.misconduct);
  }
  CHECK(describe(two_commits()) == "signed two different COMMITs for height 7 in view 3");
  CHECK(describe(rows()[2].misconduct) == "signed two different PRE-PREPAREs for height 7 in view 1");
  const Digest three = digest_of_text("three");
  const auto other = votes(kKeys.vote(1, Phase::commit, 3, 7, kOne), kKeys.vote(1, Phase::commit, 3, 7, three));
  CHECK(place_key(two_commits()) == place_key(other));
  const auto elsewhere = votes(kKeys.vote(1, Phase::commit, 3, 8, kOne), kKeys.vote(1, Phase::commit, 3, 8, kTwo));
  CHECK(place_key(two_commits()) != place_key(elsewhere));
  const auto a = place_key(two_commits());
  const auto b = place_key(elsewhere);
  CHECK(std::equal(a.begin(), a.begin() + kMisconductReplicaBytes, b.begin()));
}

TEST_CASE("What the core reports becomes the same evidence") {
  const Evidence reported{
      kLiar, std::pair(kKeys.vote(1, Phase::commit, 3, 7, kOne), kKeys.vote(1, Phase::commit, 3, 7, kTwo))};
  CHECK(misconduct_of(reported) == two_commits());
}

}  // namespace tally::consensus::test
