// Whatever members sign - more than f of them, with numbers from the edges of their ranges - a replica drops it
// or takes it in its stride: nothing aborts, and the bounds hold.
#include <catch2/catch.hpp>

#include "consensus/cluster.h"
#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

constexpr std::uint64_t kMax = ~0ULL;
constexpr std::uint64_t kEdges[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, kMax / 2, kMax - 4, kMax - 1, kMax};

class Attacker {
 public:
  Attacker(const Keyring& keys, std::uint32_t victim, std::uint64_t seed)
      : keys_(keys), victim_(victim), random_(seed) {}

  Random& random() { return random_; }
  // Small numbers are the likelier ones.
  std::uint64_t edge() { return kEdges[random_.chance(80) ? random_.below(9) : random_.below(std::size(kEdges))]; }
  Digest digest() { return random_.chance(5) ? kNullBatch : digest_of_text(batch()); }
  std::string batch() { return "batch " + std::to_string(random_.below(3)); }
  // Nobody else has the victim's key.
  std::uint32_t member() { return (victim_ + 1 + static_cast<std::uint32_t>(random_.below(3))) % 4; }
  std::vector<std::uint32_t> quorum() {
    std::vector<std::uint32_t> out = {0, 1, 2, 3};
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(random_.below(4)));
    return out;
  }

  Message next() {
    switch (random_.below(8)) {
      case 0:
        return keys_.proposal_of(member(), edge(), edge(), batch());
      case 1:
        return keys_.proposal(victim_ == 0 ? 1 : 0, edge(), batch());
      case 2:
        return keys_.vote(member(), static_cast<Phase>(random_.below(3)), random_.below(3), edge(), digest());
      case 3:
        return keys_.vote(member(), static_cast<Phase>(random_.below(3)), edge(), edge(), digest());
      case 4:
        return keys_.checkpoint(member(), edge(), digest());
      case 5:
        return keys_.commit_certificate(quorum(), edge(), edge(), digest());
      case 6:
        return random_.chance(10) ? Message(keys_.checkpoint_certificate(quorum(), edge(), digest()))
                                  : Message(keys_.vote(member(), Phase::commit, 0, edge(), digest()));
      default:
        return status();
    }
  }

 private:
  Message status() {
    StatusReport out{Epoch{}, View{edge()}, ReplicaIndex{member()}, BlockHeight{edge()}, BlockHeight{edge()}, {}, {}};
    for (std::uint64_t seq = 0; seq < 12; seq += 1 + random_.below(4))
      out.slots.push_back({SeqNum{seq}, random_.chance(50),
                           Bytes(random_.below(2), static_cast<Byte>(random_.below(256))),
                           Bytes(random_.below(2), static_cast<Byte>(random_.below(256)))});
    out.checkpoints = Bytes(random_.below(2), static_cast<Byte>(random_.below(256)));
    return out;
  }

  const Keyring& keys_;
  std::uint32_t victim_;
  Random random_;
};

}  // namespace

TEST_CASE("Nothing that members sign aborts a replica or breaks its bounds") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    Single single(static_cast<std::uint32_t>(seed % 4), 4, 1 + seed % 8);
    const auto& keys = single.keys();
    Attacker attacker(keys, static_cast<std::uint32_t>(seed % 4), seed);
    Invariants invariants(keys.validators(), keys.validators(), 1 + seed % 8);
    const ReplicaIndex self{static_cast<std::uint32_t>(seed % 4)};
    for (std::uint32_t i = 0; i < 4; ++i) {
      if (ReplicaIndex{i} != self) invariants.set_liar(ReplicaIndex{i});
    }
    for (int step = 0; step < 600 && !single->stopped(); ++step) {
      single->step(authentic(attacker.next(), keys.validators()));
      if (attacker.random().chance(5)) single->tick();
      if (attacker.random().chance(5) && single->can_propose()) {
        const std::string batch = "own " + std::to_string(step);
        single->propose(std::make_shared<const Body>(
            Body{digest_of_text(batch), Bytes(as_bytes(batch).begin(), as_bytes(batch).end())}));
      }
      const Ready ready = single->take_ready();
      for (const auto& record : ready.persist) invariants.on_persisted(self, record);
      for (const auto& outgoing : ready.send) invariants.on_sent(self, outgoing.message);
      for (const auto& check : ready.check) single->batch_checked(check.body->digest, attacker.random().chance(80));
      for (const auto& decided : ready.execute) {
        invariants.on_decided(self, single->stable(), decided.seq);
        single->executed(decided.seq, attacker.random().chance(80) ? decided.digest : digest_of_text("else"));
      }
      invariants.on_footprint(self, single->footprint(), keys.validators().members.size());
      invariants.on_heights(self, single->stable(), single->last_executed());
    }
    std::string breaches;
    for (const auto& line : invariants.breaches()) breaches += line + "\n";
    INFO("seed " << seed << "\n" << breaches);
    REQUIRE(invariants.breaches().empty());
  }
}

}  // namespace tally::consensus::test
