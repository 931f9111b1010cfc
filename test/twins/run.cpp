#include "twins/run.h"

#include <deque>
#include <map>
#include <set>

#include "consensus/message_text.h"
#include "consensus/mock_crypto.h"
#include "consensus/replica.h"

namespace tally::consensus::test {

namespace {

constexpr std::uint32_t kTimeoutTicks = 4;
constexpr std::uint32_t kTimeoutTicksMax = 16;
constexpr std::uint32_t kStatusTicks = 2;
constexpr std::uint64_t kWindow = 8;

const Digest& genesis_header() {
  static const Digest digest = digest_of_text("genesis");
  return digest;
}

struct Block {
  Digest batch;
  Digest header;
};

struct Process {
  ReplicaIndex index;
  bool honest = true;
  std::optional<Replica> replica;
  std::vector<Block> blocks;  // blocks[i] has height i + 1
  std::optional<CheckpointCertificate> final;
};

using Shared = std::shared_ptr<const Authentic>;
struct Letter {
  std::uint32_t from;
  std::uint32_t to;
  Shared message;
};

}  // namespace

struct TwinsRunner::Impl {
  explicit Impl(TwinsOptions chosen) : options(chosen), validators(make_validators(chosen.n)) {
    for (const auto& member : validators.members) signers.push_back(std::make_unique<MockSigner>(member.key));
  }

  void start(const Schedule& schedule);
  void pump(std::uint32_t index);
  void send(std::uint32_t from, const Outgoing& outgoing);
  void execute(std::uint32_t index, const Decided& decided);
  void catch_up(std::uint32_t index);
  void append(std::uint32_t index, const Block& block);
  void note_evidence(const Process& process, const Evidence& evidence);
  void judge_sent(const Process& process, const Message& message);
  void judge_vote(const Process& process, const SignedVote& vote);
  void deliver_all();
  void tick_all();
  void propose(std::uint32_t round);
  void heal();
  [[nodiscard]] std::uint64_t longest() const;
  [[nodiscard]] std::uint64_t least_final() const;

  void breach(const std::string& what) {
    if (result.breach.empty()) result.breach = what;
    note("BREACH: " + what);
  }
  void note(const std::string& line) {
    if (options.keep_trace) trace += line + "\n";
  }
  [[nodiscard]] bool reach(std::uint32_t left, std::uint32_t right) const { return groups[left] == groups[right]; }

  const TwinsOptions options;
  const ValidatorSet validators;
  const MockVerifier verifier;
  std::vector<std::unique_ptr<MockSigner>> signers;
  std::uint32_t twin = 0;
  std::vector<Process> processes;
  Partition groups;
  std::deque<Letter> mail;
  std::vector<Block> agreed;  // by height, of whichever honest replica came first
  std::map<std::tuple<ReplicaIndex, Phase, View, SeqNum>, Digest> signed_votes;
  TwinsResult result;
  std::string trace;
};

void TwinsRunner::Impl::start(const Schedule& schedule) {
  twin = schedule.twin;
  mail.clear();
  agreed.clear();
  signed_votes.clear();
  trace.clear();
  result = {};
  groups.assign(options.n + 1, 0);
  processes.clear();
  processes.resize(options.n + 1);
  for (std::uint32_t i = 0; i <= options.n; ++i) {
    Process& process = processes[i];
    process.index = ReplicaIndex{i == options.n ? twin : i};
    process.honest = process.index.value != twin;
    Configuration configuration;
    configuration.validators = validators;
    configuration.self = process.index;
    configuration.window = kWindow;
    configuration.status_every_ticks = kStatusTicks;
    configuration.view_timeout_ticks = kTimeoutTicks;
    configuration.view_timeout_max_ticks = kTimeoutTicksMax;
    configuration.signer = signers[process.index.value].get();
    process.replica.emplace(std::move(configuration),
                            Restored{{DurableRecord(InitRecord{})}, BlockHeight{}, genesis_header()});
  }
}

void TwinsRunner::Impl::pump(std::uint32_t index) {
  Process& process = processes[index];
  for (;;) {
    const Ready ready = process.replica->take_ready();
    if (ready.empty()) return;
    for (const auto& outgoing : ready.send) send(index, outgoing);
    for (const auto& evidence : ready.evidence) note_evidence(process, evidence);
    for (const auto& certificate : ready.finalised) process.final = certificate;
    if (process.honest && (ready.halted || ready.diverged))
      breach("replica " + std::to_string(index) + " stopped although no more than f replicas lie");
    for (const auto& body : ready.check) process.replica->batch_checked(body.body->digest, true);
    for (const auto& decided : ready.execute) execute(index, decided);
    if (ready.behind) catch_up(index);
  }
}

// The copies do not hear each other, or each would learn that its key is used twice and fall silent (rule 10).
void TwinsRunner::Impl::send(std::uint32_t from, const Outgoing& outgoing) {
  const Process& sender = processes[from];
  if (sender.honest) judge_sent(sender, outgoing.message);
  Shared checked;
  for (std::uint32_t to = 0; to < processes.size(); ++to) {
    const Process& receiver = processes[to];
    if (receiver.index == sender.index || !reach(from, to)) continue;
    if (outgoing.to && *outgoing.to != receiver.index) continue;
    if (!checked) {
      auto authentic = authenticate(outgoing.message, validators, verifier);
      if (!authentic) return breach("process " + std::to_string(from) + " sent what does not verify");
      checked = std::make_shared<const Authentic>(std::move(authentic).value());
    }
    mail.push_back({from, to, checked});
  }
}

void TwinsRunner::Impl::judge_sent(const Process& process, const Message& message) {
  if (const auto* vote = std::get_if<SignedVote>(&message)) judge_vote(process, *vote);
  if (const auto* proposal = std::get_if<Proposal>(&message)) judge_vote(process, proposal->pre_prepare);
  if (const auto* new_view = std::get_if<SignedNewView>(&message))
    for (const auto& vote : new_view->body.pre_prepares) judge_vote(process, vote);
}

// Retransmission also shows the votes of others.
void TwinsRunner::Impl::judge_vote(const Process& process, const SignedVote& vote) {
  if (vote.replica != process.index) return;
  const Vote& it = vote.vote;
  const auto [place, added] = signed_votes.try_emplace({vote.replica, it.phase, it.view, it.seq}, it.digest);
  if (!added && place->second != it.digest)
    breach("replica " + std::to_string(vote.replica.value) + " signed two digests for view " +
           std::to_string(it.view.value) + ", seq " + std::to_string(it.seq.value));
}

void TwinsRunner::Impl::note_evidence(const Process& process, const Evidence& evidence) {
  if (evidence.replica.value != twin)
    breach("evidence names honest replica " + std::to_string(evidence.replica.value));
  else if (process.honest)
    result.evidence = true;
}

void TwinsRunner::Impl::append(std::uint32_t index, const Block& block) {
  Process& process = processes[index];
  process.blocks.push_back(block);
  if (!process.honest) return;
  const std::size_t height = process.blocks.size();
  if (agreed.size() < height)
    agreed.push_back(block);
  else if (agreed[height - 1].header != block.header)
    breach("replica " + std::to_string(index) + " has another block at height " + std::to_string(height));
}

void TwinsRunner::Impl::execute(std::uint32_t index, const Decided& decided) {
  Process& process = processes[index];
  const Digest& parent = process.blocks.empty() ? genesis_header() : process.blocks.back().header;
  const Digest header = crypto::digest(crypto::kHeaderDomain, parent.view(), decided.digest.view());
  append(index, {decided.digest, header});
  note(std::to_string(index) + " executes " + std::to_string(decided.seq.value) + ", " + decided.digest.short_hex());
  process.replica->executed(decided.seq, header);
}

// What is proven may lie above what can be had yet with a certificate: that much is taken.
void TwinsRunner::Impl::catch_up(std::uint32_t index) {
  Process& process = processes[index];
  for (std::uint32_t from = 0; from < processes.size(); ++from) {
    const Process& source = processes[from];
    if (from == index || !reach(from, index) || !source.final) continue;
    const std::size_t height = source.final->vote.height.value;
    if (height <= process.blocks.size()) continue;
    // Blocks follow each other by the parent's digest.
    if (!process.blocks.empty() && source.blocks[process.blocks.size() - 1].header != process.blocks.back().header)
      continue;
    while (process.blocks.size() < height) append(index, source.blocks[process.blocks.size()]);
    note(std::to_string(index) + " catches up to " + std::to_string(height));
    process.final = source.final;
    process.replica->installed(*source.final);
    return;
  }
}

void TwinsRunner::Impl::deliver_all() {
  while (!mail.empty() && result.breach.empty()) {
    const Letter letter = std::move(mail.front());
    mail.pop_front();
    ++result.messages;
    if (options.keep_trace)
      note(std::to_string(letter.from) + " -> " + std::to_string(letter.to) + "  " +
           text_of(letter.message->message()));
    processes[letter.to].replica->step(*letter.message);
    pump(letter.to);
  }
}

void TwinsRunner::Impl::tick_all() {
  for (std::uint32_t i = 0; i < processes.size(); ++i) {
    processes[i].replica->pending_work({.waiting = true});
    processes[i].replica->tick();
    pump(i);
  }
}

// Each primary, the copy too, has a batch of its own.
void TwinsRunner::Impl::propose(std::uint32_t round) {
  for (std::uint32_t i = 0; i < processes.size(); ++i) {
    Replica& replica = *processes[i].replica;
    if (!replica.can_propose()) continue;
    const std::string text = "batch of " + std::to_string(i) + " in " + std::to_string(round);
    const ByteView bytes = as_bytes(text);
    replica.propose(std::make_shared<const Body>(Body{batch_digest(bytes), Bytes(bytes.begin(), bytes.end())}));
    note(std::to_string(i) + " proposes " + batch_digest(bytes).short_hex());
    pump(i);
  }
}

std::uint64_t TwinsRunner::Impl::longest() const {
  return agreed.size();
}

std::uint64_t TwinsRunner::Impl::least_final() const {
  std::uint64_t out = agreed.size();
  for (const auto& process : processes)
    if (process.honest) out = std::min(out, process.replica->stable().value);
  return out;
}

void TwinsRunner::Impl::heal() {
  groups.assign(groups.size(), 0);
  note("all reach each other");
  const std::uint64_t wanted = longest() + 1;
  for (std::uint32_t i = 0; i < options.heal_timeouts_max * kTimeoutTicks; ++i) {
    propose(1000 + i);
    deliver_all();
    tick_all();
    deliver_all();
    if (!result.breach.empty() || least_final() >= wanted) return;
  }
  breach("no new block is final at all honest replicas within " + std::to_string(options.heal_timeouts_max) +
         " time-outs after the partitions healed");
}

TwinsRunner::TwinsRunner(TwinsOptions options) : impl_(std::make_unique<Impl>(options)) {}
TwinsRunner::~TwinsRunner() = default;

const std::string& TwinsRunner::trace() const {
  return impl_->trace;
}

TwinsResult TwinsRunner::run(const Schedule& schedule) {
  Impl& impl = *impl_;
  impl.start(schedule);
  for (std::uint32_t i = 0; i < impl.processes.size(); ++i) impl.pump(i);
  for (std::uint32_t round = 0; round < schedule.rounds.size() && impl.result.breach.empty(); ++round) {
    impl.groups = schedule.rounds[round].partition;
    impl.note("round " + std::to_string(round));
    impl.propose(round);
    impl.deliver_all();
    // A round that leaves the view lasts a time-out; the others are over when all is quiet.
    for (std::uint32_t tick = 0; schedule.rounds[round].leave_view && tick < kTimeoutTicks + 1; ++tick) {
      impl.tick_all();
      impl.deliver_all();
    }
  }
  if (impl.result.breach.empty()) impl.heal();
  impl.result.blocks = impl.longest();
  for (const auto& process : impl.processes)
    if (process.honest) impl.result.views = std::max(impl.result.views, process.replica->view().value);
  return impl.result;
}

}  // namespace tally::consensus::test
