#include "scale/model.h"

#include <map>
#include <queue>

#include "consensus/mock_crypto.h"
#include "consensus/replica.h"

namespace tally::consensus::test {

namespace {

// TLS record, TCP and IP headers, and the frame's own.
constexpr std::size_t kOverheadBytes = 100;
constexpr std::uint64_t kGiveUpUs = 120'000'000;

const Digest& genesis_header() {
  static const Digest digest = digest_of_text("genesis");
  return digest;
}

struct SignatureCount {
  std::uint64_t operator()(const Proposal&) const { return 1; }
  std::uint64_t operator()(const SignedVote&) const { return 1; }
  std::uint64_t operator()(const SignedCheckpoint&) const { return 1; }
  std::uint64_t operator()(const SignedViewChange& change) const {
    std::uint64_t count = 1;
    if (change.body.stable_certificate) count += change.body.stable_certificate->signatures.size();
    for (const auto& certificate : change.body.prepared) count += 1 + certificate.prepares.size();
    return count;
  }
  std::uint64_t operator()(const SignedNewView& message) const { return 1 + message.body.pre_prepares.size(); }
  std::uint64_t operator()(const CommitCertificate& certificate) const { return certificate.signatures.size(); }
  std::uint64_t operator()(const CheckpointCertificate& certificate) const { return certificate.signatures.size(); }
  std::uint64_t operator()(const StatusReport&) const { return 0; }
};

class CountingSigner final : public crypto::Signer {
 public:
  CountingSigner(const PublicKey& key, std::uint64_t& count) : signer_(key), count_(count) {}
  [[nodiscard]] const PublicKey& public_key() const override { return signer_.public_key(); }
  [[nodiscard]] Signature sign(const crypto::Domain& domain, const Digest& digest) const override {
    ++count_;
    return signer_.sign(domain, digest);
  }

 private:
  MockSigner signer_;
  std::uint64_t& count_;
};

struct Parcel {
  Authentic message;
  std::uint64_t signatures;
  std::size_t bytes;
};
using SharedParcel = std::shared_ptr<const Parcel>;

struct Office {
  std::unique_ptr<CountingSigner> signer;
  std::optional<Replica> replica;  // absent once dead
  std::vector<Digest> headers;
  std::uint64_t verifier_free_us = 0;
  std::uint64_t uplink_free_us = 0;
  std::uint64_t signatures_checked = 0;
  std::uint64_t bytes_sent = 0;
  std::map<BlockHeight, std::uint64_t> final_us;
};

struct Event {
  enum class Kind : std::uint8_t { tick, arrive, handle, depart };
  std::uint64_t at_us;
  std::uint64_t order;  // events of one moment happen as they were planned
  Kind kind;
  std::uint32_t office;
  SharedParcel parcel;
  std::optional<ReplicaIndex> to;  // of a departure
  bool operator>(const Event& other) const { return std::tie(at_us, order) > std::tie(other.at_us, other.order); }
};

class Model {
 public:
  explicit Model(const ScaleOptions& options);
  ScaleResult run();

 private:
  void plan(std::uint64_t at_us, Event::Kind kind, std::uint32_t office, SharedParcel parcel = nullptr,
            std::optional<ReplicaIndex> to = std::nullopt) {
    events_.push({at_us, next_order_++, kind, office, std::move(parcel), to});
  }
  bool step();
  void happen(const Event& event);
  void pump(std::uint32_t index);
  void plan_sends(std::uint32_t index, const Ready& ready, std::uint64_t at_us);
  void execute(std::uint32_t index, const Decided& decided);
  void depart(std::uint32_t from, const SharedParcel& parcel, std::optional<ReplicaIndex> to);
  void propose(std::uint32_t index);
  // When the q-th replica held the certificate; nothing before that.
  [[nodiscard]] std::optional<std::uint64_t> final_at(BlockHeight height) const;
  bool run_until_final(BlockHeight height);
  void measure_blocks(ScaleResult& result);
  void measure_replacement(ScaleResult& result);

  const ScaleOptions options_;
  const ValidatorSet validators_;
  const Quorum quorum_;
  const MockVerifier verifier_;
  std::uint64_t signatures_made_ = 0;
  std::vector<Office> offices_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t next_order_ = 0;
  std::uint64_t now_us_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t view_change_bytes_ = 0;
  std::uint64_t next_batch_ = 0;
};

Model::Model(const ScaleOptions& options)
    : options_(options), validators_(make_validators(options.n)), quorum_(validators_.quorum()), offices_(options.n) {
  for (std::uint32_t i = 0; i < options_.n; ++i) {
    Office& office = offices_[i];
    office.signer = std::make_unique<CountingSigner>(validators_.members[i].key, signatures_made_);
    Configuration configuration;
    configuration.validators = validators_;
    configuration.self = ReplicaIndex{i};
    configuration.view_timeout_ticks = options_.view_timeout_ticks;
    configuration.signer = office.signer.get();
    office.replica.emplace(std::move(configuration),
                           Restored{{DurableRecord(InitRecord{})}, BlockHeight{}, genesis_header()});
    // Offices do not tick in step.
    plan(options_.tick_us * (i + 1) / options_.n, Event::Kind::tick, i);
  }
}

void Model::pump(std::uint32_t index) {
  Office& office = offices_[index];
  while (office.replica) {
    const Ready ready = office.replica->take_ready();
    if (ready.empty()) return;
    plan_sends(index, ready, now_us_ + (ready.persist.empty() ? 0 : options_.sync_us));
    for (const auto& body : ready.check) office.replica->batch_checked(body.body->digest, true);
    for (const auto& decided : ready.execute) execute(index, decided);
    for (const auto& certificate : ready.finalised) office.final_us.try_emplace(certificate.vote.height, now_us_);
  }
}

void Model::plan_sends(std::uint32_t index, const Ready& ready, std::uint64_t at_us) {
  for (const auto& outgoing : ready.send) {
    auto checked = authenticate(outgoing.message, validators_, verifier_);
    const std::size_t bytes = encode(outgoing.message).size() + kOverheadBytes;
    if (std::holds_alternative<SignedViewChange>(outgoing.message))
      view_change_bytes_ = std::max<std::uint64_t>(view_change_bytes_, bytes);
    const std::uint64_t signatures = std::visit(SignatureCount{}, outgoing.message);
    auto parcel = std::make_shared<const Parcel>(Parcel{std::move(checked).value(), signatures, bytes});
    plan(at_us, Event::Kind::depart, index, std::move(parcel), outgoing.to);
  }
}

void Model::execute(std::uint32_t index, const Decided& decided) {
  Office& office = offices_[index];
  const Digest& parent = office.headers.empty() ? genesis_header() : office.headers.back();
  office.headers.push_back(crypto::digest(crypto::kHeaderDomain, parent.view(), decided.digest.view()));
  // The CHECKPOINT waits for the execution's sync, which its own record stands for here.
  office.replica->executed(decided.seq, office.headers.back());
}

void Model::depart(std::uint32_t from, const SharedParcel& parcel, std::optional<ReplicaIndex> to) {
  Office& office = offices_[from];
  if (!office.replica) return;
  const bool report = std::holds_alternative<StatusReport>(parcel->message.message());
  for (std::uint32_t i = 0; i < options_.n; ++i) {
    if (i == from || (to && to->value != i)) continue;
    const std::uint64_t wire_us = parcel->bytes * 8 * 1'000'000 / options_.uplink_bits_per_second;
    office.uplink_free_us = std::max(office.uplink_free_us, now_us_) + wire_us;
    office.bytes_sent += parcel->bytes;
    messages_ += report ? 0 : 1;
    bytes_ += report ? 0 : parcel->bytes;
    plan(office.uplink_free_us + options_.link_us, Event::Kind::arrive, i, parcel);
  }
}

void Model::happen(const Event& event) {
  Office& office = offices_[event.office];
  if (!office.replica) return;
  switch (event.kind) {
    case Event::Kind::tick:
      office.replica->pending_work({.waiting = true});
      office.replica->tick();
      pump(event.office);
      plan(now_us_ + options_.tick_us, Event::Kind::tick, event.office);
      return;
    case Event::Kind::arrive: {
      office.signatures_checked += event.parcel->signatures;
      const std::uint64_t cost_us = event.parcel->signatures * options_.verify_us / options_.verifying_cores;
      office.verifier_free_us = std::max(office.verifier_free_us, now_us_) + cost_us;
      plan(office.verifier_free_us, Event::Kind::handle, event.office, event.parcel);
      return;
    }
    case Event::Kind::handle:
      office.replica->step(event.parcel->message);
      pump(event.office);
      return;
    case Event::Kind::depart:
      depart(event.office, event.parcel, event.to);
      return;
  }
}

bool Model::step() {
  if (events_.empty() || now_us_ > kGiveUpUs) return false;
  const Event event = events_.top();
  events_.pop();
  now_us_ = event.at_us;
  happen(event);
  return true;
}

void Model::propose(std::uint32_t index) {
  std::string text = "batch " + std::to_string(next_batch_++) + " ";
  text.resize(std::max(options_.batch_bytes, text.size()), '.');
  const ByteView bytes = as_bytes(text);
  offices_[index].replica->propose(
      std::make_shared<const Body>(Body{batch_digest(bytes), Bytes(bytes.begin(), bytes.end())}));
  pump(index);
}

std::optional<std::uint64_t> Model::final_at(BlockHeight height) const {
  std::vector<std::uint64_t> moments;
  for (const auto& office : offices_) {
    const auto found = office.final_us.lower_bound(height);
    if (found != office.final_us.end()) moments.push_back(found->second);
  }
  if (moments.size() < quorum_.q()) return std::nullopt;
  std::sort(moments.begin(), moments.end());
  return moments[quorum_.q() - 1];
}

bool Model::run_until_final(BlockHeight height) {
  // Whether enough hold it is asked once a while: it takes a look at every office.
  for (std::uint64_t steps = 1;; ++steps) {
    if (!step()) return false;
    if (steps % offices_.size() == 0 && final_at(height)) return true;
  }
}

void Model::measure_blocks(ScaleResult& result) {
  std::vector<std::uint64_t> times_us;
  const std::uint64_t checked = offices_[1 % options_.n].signatures_checked;
  for (std::uint32_t i = 0; i < options_.blocks; ++i) {
    const BlockHeight height = offices_[0].replica->next_seq();
    const std::uint64_t start_us = now_us_;
    propose(0);
    if (!run_until_final(height)) return;
    times_us.push_back(*final_at(height) - start_us);
    // The next one starts when this one is over everywhere.
    while (offices_[0].replica->stable() < height && step()) {
    }
  }
  std::sort(times_us.begin(), times_us.end());
  result.finality_us = times_us[times_us.size() / 2];
  result.finality_worst_us = times_us.back();
  result.messages = messages_ / options_.blocks;
  result.bytes = bytes_ / options_.blocks;
  result.signatures_made = signatures_made_ / options_.blocks;
  result.signatures_checked = (offices_[1 % options_.n].signatures_checked - checked) / options_.blocks;
  result.bytes_sent_primary = offices_[0].bytes_sent / options_.blocks;
  result.finished = true;
}

// The proposal is on its way to all, and its votes are not.
void Model::measure_replacement(ScaleResult& result) {
  if (options_.n < 4 || !result.finished) return;
  result.finished = false;
  propose(0);
  const std::uint64_t wire_us =
      (options_.batch_bytes + kOverheadBytes) * 8 * 1'000'000 / options_.uplink_bits_per_second;
  const std::uint64_t dies_us = now_us_ + options_.sync_us + (options_.n - 1) * wire_us + 1000;
  while (now_us_ < dies_us && step()) {
  }
  offices_[0].replica.reset();
  const std::uint64_t start_us = now_us_;
  const BlockHeight height = offices_[1].replica->next_seq();
  // The block in flight is decided in the new view, and the one after it is the new primary's own.
  while (step() && now_us_ < start_us + kGiveUpUs) {
    Replica& primary = *offices_[1].replica;
    if (primary.view().value == 1 && primary.can_propose() && primary.next_seq() <= height.next()) propose(1);
    if (final_at(height.next())) break;
  }
  const auto done_us = final_at(height.next());
  if (!done_us) return;
  result.replaced_us = *done_us - start_us;
  result.view_timeout_us = std::uint64_t{options_.view_timeout_ticks} * options_.tick_us;
  result.view_change_bytes = view_change_bytes_;
  result.finished = true;
}

ScaleResult Model::run() {
  ScaleResult result;
  // The first STATUS is behind all before anything is measured.
  while (now_us_ < 4 * std::uint64_t{options_.tick_us} && step()) {
  }
  messages_ = bytes_ = signatures_made_ = 0;
  for (auto& office : offices_) office.bytes_sent = 0;
  measure_blocks(result);
  measure_replacement(result);
  return result;
}

}  // namespace

ScaleResult measure(const ScaleOptions& options) {
  return Model(options).run();
}

}  // namespace tally::consensus::test
