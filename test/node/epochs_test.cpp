// From epoch to epoch (rule 12): replica drivers over stores in memory, with a network that loses, repeats and
// reorders, restarts at any moment, and membership that changes while batches are in flight.
#include <catch2/catch.hpp>
#include <deque>

#include "consensus/mock_crypto.h"
#include "consensus/random.h"
#include "crypto/digest.h"
#include "node/replica_driver.h"

namespace tally::node {

namespace {

using namespace consensus;
using consensus::test::digest_of_text;
using consensus::test::make_validators;
using consensus::test::MockSigner;
using consensus::test::MockVerifier;
using consensus::test::Random;

constexpr std::uint32_t kOffices = 7;
const Digest kGenesisHeader = digest_of_text("genesis");

Digest digest_of_set(const ValidatorSet& set) {
  return crypto::digest(crypto::kValidatorSetDomain, encode(set));
}

struct Block {
  Digest batch;
  Digest header;
  Epoch epoch;
  std::optional<ValidatorSet> next;
  std::string text;
};

class Offices;

// One office: its store, its chain, and while it runs a driver. All but the driver outlives a crash.
class Office : private DriverHost {
 public:
  Office(Offices& offices, PublicKey own) : key(own), signer(own), offices_(offices) {}

  void start();
  void crash() {
    driver.reset();
    tasks_.clear();
  }
  void settle();
  void receive(const PublicKey& from, const Message& message);
  [[nodiscard]] ValidatorSet set_of(Epoch epoch) const;
  [[nodiscard]] Epoch epoch() const { return blocks.empty() ? Epoch{} : epoch_after(blocks.back()); }
  [[nodiscard]] BlockHeight certified() const {
    return certificates.empty() ? BlockHeight{} : certificates.rbegin()->first;
  }
  [[nodiscard]] BlockHeight height() const { return BlockHeight{blocks.size()}; }

  PublicKey key;
  MockSigner signer;
  std::unique_ptr<storage::Store> store = storage::make_memory_store();
  std::vector<Block> blocks;
  std::map<BlockHeight, CheckpointCertificate> certificates;
  std::unique_ptr<ReplicaDriver> driver;
  std::uint64_t voided = 0;
  std::vector<std::string> stopped;
  bool loses_votes = false;  // a test takes them away

 private:
  static Epoch epoch_after(const Block& block) { return block.next ? block.next->epoch : block.epoch; }
  void send(const Outgoing& outgoing) override;
  void check(const BodyToCheck& body) override {
    tasks_.push_back([this, digest = body.body->digest] { driver->batch_checked(digest, true); });
  }
  void execute(const Decided& decided) override {
    tasks_.push_back([this, decided] { execute_now(decided); });
  }
  void finalised(const CheckpointCertificate& certificate) override {
    certificates.insert_or_assign(certificate.vote.height, certificate);
  }
  void behind(BlockHeight height) override {
    tasks_.push_back([this, height] { catch_up(height); });
  }
  void evidence(const Evidence& evidence) override {
    stopped.push_back("evidence names honest replica " + std::to_string(evidence.replica.value));
  }
  void halted(const std::string& reason) override { stopped.push_back(reason); }
  void epoch_began(const ValidatorSet&) override {}
  void votes_lost() override {
    if (!loses_votes) stopped.emplace_back("votes are missing");
  }

  void execute_now(const Decided& decided);
  void catch_up(BlockHeight height);
  void append(const Digest& batch, const std::string& text);
  void stop(const std::string& reason) { stopped.push_back(reason); }
  void stop_if_bad(const Status& status) {
    if (!status) stopped.push_back(status.error().text());
  }

  Offices& offices_;
  std::deque<std::function<void()>> tasks_;
};

struct Letter {
  std::uint32_t from;
  std::uint32_t to;
  Bytes bytes;
};

class Offices {
 public:
  explicit Offices(std::uint32_t members) : everybody(make_validators(kOffices)) {
    genesis = everybody;
    genesis.members.resize(members);
    for (const auto& member : everybody.members) offices.push_back(std::make_unique<Office>(*this, member.key));
    for (auto& office : offices) office->start();
  }

  Office& operator[](std::uint32_t index) { return *offices[index]; }
  [[nodiscard]] std::uint32_t index_of(const PublicKey& key) const {
    std::uint32_t i = 0;
    while (everybody.members[i].key != key) ++i;
    return i;
  }
  // Offers a batch to whoever can propose. "members 0123 ..." changes the membership.
  bool propose(const std::string& text) {
    for (auto& office : offices) {
      if (!office->driver || office->driver->replica() == nullptr || !office->driver->replica()->can_propose())
        continue;
      const ByteView bytes = as_bytes(text);
      office->driver->propose(
          std::make_shared<const Body>(Body{batch_digest(bytes), Bytes(bytes.begin(), bytes.end())}));
      office->settle();
      return true;
    }
    return false;
  }
  void tick() {
    for (auto& office : offices) {
      if (!office->driver) continue;
      office->driver->pending_work({.waiting = working});
      office->driver->tick();
      office->settle();
    }
  }
  void deliver_one() {
    const Letter letter = std::move(mail.front());
    mail.pop_front();
    Office& to = *offices[letter.to];
    if (!to.driver) return;
    to.receive(everybody.members[letter.from].key, decode<Message>(letter.bytes).value());
    to.settle();
  }
  void deliver_all() {
    while (!mail.empty()) deliver_one();
  }
  // Until every running office has `text` in its chain, final. Proposes it again as often as it is lost.
  bool finish(const std::string& text, int rounds = 600) {
    for (int round = 0; round < rounds; ++round) {
      if (std::all_of(offices.begin(), offices.end(), [&](const auto& office) { return has_final(*office, text); }))
        return true;
      if (round % 20 == 0 &&
          std::none_of(offices.begin(), offices.end(), [&](const auto& office) { return has(*office, text); }))
        propose(text);
      tick();
      deliver_all();
    }
    return false;
  }
  static bool has(const Office& office, const std::string& text) {
    return std::any_of(office.blocks.begin(), office.blocks.end(),
                       [&](const Block& block) { return block.text == text; });
  }
  static bool has_final(const Office& office, const std::string& text) {
    return has(office, text) && !office.certificates.empty() && office.certificates.rbegin()->first == office.height();
  }
  std::string picture() {
    std::string out;
    for (const auto& office : offices) {
      const Replica* replica = office->driver->replica();
      out += "height " + std::to_string(office->height().value) + ", certified " +
             std::to_string(office->certified().value) + ", epoch " +
             std::to_string(office->driver->validators().epoch.value);
      if (replica != nullptr)
        out += ", view " + std::to_string(replica->view().value) + (replica->changing_view() ? " changing" : "") +
               (replica->recovering() ? " recovering" : "") + ", stable " + std::to_string(replica->stable().value);
      out += "\n";
    }
    return out;
  }
  // Chains are prefixes of each other, certificates verify with the set of their epoch, and no replica stopped.
  std::string breaches() {
    std::string out;
    for (std::uint32_t i = 0; i < kOffices; ++i) {
      const Office& office = *offices[i];
      for (const auto& reason : office.stopped) out += "office " + std::to_string(i) + ": " + reason + "\n";
      for (std::size_t at = 0; at < std::min(office.blocks.size(), offices[0]->blocks.size()); ++at)
        if (office.blocks[at].header != offices[0]->blocks[at].header)
          out += "office " + std::to_string(i) + " differs at " + std::to_string(at + 1) + "\n";
      for (const auto& [height, certificate] : office.certificates)
        if (!check_certificate(certificate, office.set_of(certificate.vote.epoch), MockVerifier{}))
          out += "office " + std::to_string(i) + " has a bad certificate at " + std::to_string(height.value) + "\n";
    }
    return out;
  }

  ValidatorSet everybody;
  ValidatorSet genesis;
  std::vector<std::unique_ptr<Office>> offices;
  std::deque<Letter> mail;
  bool working = false;
};

ValidatorSet Office::set_of(Epoch wanted) const {
  if (wanted == Epoch{}) return offices_.genesis;
  for (const auto& block : blocks)
    if (block.next && block.next->epoch == wanted) return *block.next;
  return {};
}

void Office::start() {
  DriverOptions options;
  options.replica.window = 6;
  options.replica.view_timeout_ticks = 10;
  options.replica.signer = &signer;
  options.key = key;
  const bool ended = !blocks.empty() && blocks.back().next && !certificates.contains(height());
  EpochPosition position{set_of(epoch())};
  if (ended) position = {set_of(blocks.back().epoch), blocks.back().next};
  if (!certificates.empty()) position.certified = certificates.rbegin()->second;
  auto opened = ReplicaDriver::open(*store, options, position, height(),
                                    blocks.empty() ? kGenesisHeader : blocks.back().header, *this);
  REQUIRE(opened.has_value());
  driver = std::move(opened).value();
  settle();
}

void Office::settle() {
  stop_if_bad(driver->flush());
  while (!tasks_.empty()) {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    stop_if_bad(driver->flush());
  }
}

void Office::send(const Outgoing& outgoing) {
  const Bytes bytes = encode(outgoing.message);
  const std::uint32_t own = offices_.index_of(key);
  for (std::uint32_t to = 0; to < kOffices; ++to) {
    const bool addressed = !outgoing.to || driver->validators().key_of(*outgoing.to) == offices_[to].key;
    if (to != own && addressed) offices_.mail.push_back({own, to, bytes});
  }
}

void Office::receive(const PublicKey& from, const Message& message) {
  const Epoch about = epoch_of(message);
  const auto* report = std::get_if<StatusReport>(&message);
  if (report != nullptr && about < driver->validators().epoch) {
    const auto end = certificates.find(set_of(Epoch{about.value + 1}).start);
    if (end != certificates.end())
      offices_.mail.push_back({offices_.index_of(key), offices_.index_of(from), encode(Message(end->second))});
  }
  // What a peer says of itself is a hint whom to ask: an observer has no other.
  if (report != nullptr && report->stable > certified()) catch_up(report->stable);
  if (const auto* shown = std::get_if<CheckpointCertificate>(&message);
      shown != nullptr && shown->vote.height > certified())
    catch_up(shown->vote.height);
  if (about != driver->validators().epoch) return;
  auto checked = authenticate(message, driver->validators(), MockVerifier{});
  if (checked) driver->deliver(*checked);
}

void Office::append(const Digest& batch, const std::string& text) {
  Block block{batch, {}, epoch(), std::nullopt, text};
  if (text.starts_with("members ")) {
    ValidatorSet next{Epoch{block.epoch.value + 1}, height().next(), {}};
    for (const char digit : text.substr(8, text.find(' ', 8) - 8))
      next.members.push_back(offices_.everybody.members[static_cast<std::size_t>(digit - '0')]);
    block.next = std::move(next);
  }
  const Digest parent = blocks.empty() ? kGenesisHeader : blocks.back().header;
  const Digest after = digest_of_set(block.next ? *block.next : set_of(block.epoch));
  block.header = crypto::digest(
      crypto::kHeaderDomain, crypto::digest(crypto::kHeaderDomain, parent.view(), batch.view()).view(), after.view());
  blocks.push_back(std::move(block));
}

void Office::execute_now(const Decided& decided) {
  if (decided.epoch < epoch()) {
    ++voided;
    return;
  }
  if (decided.seq <= height()) return;
  if (decided.seq != height().next()) return stop("a batch came out of order");
  append(decided.digest, decided.body ? std::string(as_text(decided.body->bytes)) : "");
  stop_if_bad(driver->executed(height(), blocks.back().header, blocks.back().next));
}

void Office::catch_up(BlockHeight wanted) {
  for (auto& source : offices_.offices) {
    if (source.get() == this || source->certificates.empty() || source->certificates.rbegin()->first < wanted) continue;
    // The head may lack its certificate here.
    for (std::size_t at = std::max<std::size_t>(blocks.size(), 1); at <= source->certificates.rbegin()->first.value;
         ++at) {
      const auto certificate = source->certificates.find(BlockHeight{at});
      if (at > blocks.size()) append(source->blocks[at - 1].batch, source->blocks[at - 1].text);
      if (certificate == source->certificates.end() || certificates.contains(BlockHeight{at})) continue;
      if (certificate->second.vote.header != blocks[at - 1].header)
        return stop("a certified block cannot be reproduced");
      certificates.insert(*certificate);
      stop_if_bad(driver->installed(certificate->second, blocks[at - 1].next));
    }
    return;
  }
}

}  // namespace

TEST_CASE("a chain of one office grows to four, to seven, and shrinks again, while others observe") {
  Offices offices(1);
  REQUIRE(offices.finish("first"));
  CHECK(offices[3].driver->replica() == nullptr);
  for (const std::string members : {"0123", "0123456", "3456", "6"}) {
    REQUIRE(offices.finish("members " + members + " of all"));
    const Epoch now = offices[0].driver->validators().epoch;
    for (std::uint32_t i = 0; i < kOffices; ++i) {
      CHECK(offices[i].driver->validators().epoch == now);
      CHECK((offices[i].driver->replica() != nullptr) ==
            (members.find(static_cast<char>('0' + i)) != std::string::npos));
    }
    REQUIRE(offices.finish("after " + members));
  }
  CHECK(offices.breaches().empty());
}

TEST_CASE("batches above the block that ends the epoch are void on every replica") {
  Offices offices(4);
  REQUIRE(offices.propose("members 01234 first"));
  REQUIRE(offices.propose("late"));
  // The newest letter first, so that both are decided at once.
  while (!offices.mail.empty()) {
    std::rotate(offices.mail.begin(), offices.mail.end() - 1, offices.mail.end());
    offices.deliver_one();
  }
  REQUIRE(offices.finish("new epoch"));
  for (std::uint32_t i = 0; i < kOffices; ++i) CHECK_FALSE(Offices::has(offices[i], "late"));
  CHECK(offices[1].voided > 0);
  CHECK(offices.breaches().empty());
}

TEST_CASE("nobody votes in the next epoch before the last block of this one has its certificate") {
  Offices offices(4);
  REQUIRE(offices.propose("members 4560 now"));
  const auto is_checkpoint = [](const Letter& letter) {
    return std::holds_alternative<SignedCheckpoint>(decode<Message>(letter.bytes).value());
  };
  for (int round = 0; round < 50; ++round) {
    std::erase_if(offices.mail, is_checkpoint);
    if (!offices.mail.empty()) offices.deliver_one();
  }
  CHECK(offices[0].height() == BlockHeight{1});
  for (std::uint32_t i = 0; i < kOffices; ++i) CHECK(offices[i].driver->validators().epoch == Epoch{});
  // The same after a restart between the block and its certificate.
  for (std::uint32_t i = 0; i < 4; ++i) {
    offices[i].crash();
    offices[i].start();
    CHECK(offices[i].driver->validators().epoch == Epoch{});
    CHECK_FALSE(offices[i].driver->replica()->can_propose());
  }
  REQUIRE(offices.finish("after"));
  CHECK(offices[6].driver->replica() != nullptr);
  CHECK(offices.breaches().empty());
}

// Rule 10 over epochs: what was lost may have been votes of any epoch to come on the others' side.
TEST_CASE("whoever lost its votes is silent in the next epoch that it is a member of, too") {
  Offices offices(4);
  REQUIRE(offices.finish("first"));
  Office& office = offices[1];
  const auto recovering = [&] { return office.driver->replica() != nullptr && office.driver->replica()->recovering(); };
  office.loses_votes = true;
  office.crash();
  office.store = storage::make_memory_store();
  const bool all_lost = GENERATE(false, true);
  if (all_lost) {
    // Then it takes itself for new, until a peer shows what it signed.
    office.blocks.clear();
    office.certificates.clear();
  }
  office.start();
  for (int round = 0; !recovering() && round < 100; ++round) {
    offices.tick();
    offices.deliver_all();
  }
  REQUIRE(recovering());
  SECTION("a member all the time") {
    REQUIRE(offices.finish("members 0123456 all"));
    CHECK(recovering());
  }
  SECTION("no member in between") {
    REQUIRE(offices.finish("members 023 without it"));
    CHECK(office.driver->replica() == nullptr);
    SECTION("as it runs") {}
    SECTION("restarted meanwhile") {
      office.crash();
      office.start();
    }
    REQUIRE(offices.finish("members 0123 with it"));
    REQUIRE(recovering());
    office.crash();
    office.start();
    CHECK(recovering());
  }
  // Two windows on it votes again, and has nothing to make up for in later epochs and after restarts.
  for (int block = 0; recovering() && block < 40; ++block) REQUIRE(offices.finish("more " + std::to_string(block)));
  CHECK_FALSE(recovering());
  for (const std::string members : {"0123", "0234", "0156"}) {
    REQUIRE(offices.finish("members " + members + " later"));
    CHECK_FALSE(recovering());
    office.crash();
    office.start();
    CHECK_FALSE(recovering());
  }
  CHECK(offices.breaches().empty());
}

TEST_CASE("membership changes under loss, repetition, reordering and restarts") {
  std::uint64_t epochs = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    Random random(seed);
    Offices offices(1 + static_cast<std::uint32_t>(random.below(kOffices)));
    offices.working = true;
    const std::uint64_t lose = random.below(25);
    const std::uint64_t crash = random.below(2) * 4;
    for (int step = 0; step < 1500; ++step) {
      const std::uint64_t dice = random.below(1000);
      Office& office = offices[static_cast<std::uint32_t>(random.below(kOffices))];
      if (dice < crash) {
        if (office.driver)
          office.crash();
        else
          office.start();
      } else if (dice < 60) {
        offices.tick();
      } else if (dice < 80) {
        offices.propose("batch " + std::to_string(step));
      } else if (dice < 100) {
        std::string members;
        for (std::uint32_t i = 0; i < kOffices; ++i)
          if (random.chance(60)) members.push_back(static_cast<char>('0' + i));
        if (!members.empty()) offices.propose("members " + members + " " + std::to_string(step));
      } else if (!offices.mail.empty()) {
        std::swap(offices.mail.front(), offices.mail[random.below(offices.mail.size())]);
        if (random.chance(lose)) {
          offices.mail.pop_front();
        } else {
          if (random.chance(10)) offices.mail.push_back(offices.mail.front());
          offices.deliver_one();
        }
      }
    }
    for (std::uint32_t i = 0; i < kOffices; ++i)
      if (!offices[i].driver) offices[i].start();
    INFO("seed " << seed << "\n" << offices.breaches());
    REQUIRE(offices.breaches().empty());
    const bool finished = offices.finish("the end");
    INFO(offices.picture());
    REQUIRE(finished);
    REQUIRE(offices.breaches().empty());
    epochs += offices[0].driver->validators().epoch.value;
  }
  CHECK(epochs > 300);
}

}  // namespace tally::node
