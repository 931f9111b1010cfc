#include "devnet/bench_load.h"

#include "common/limits.h"
#include "crypto/digest.h"

namespace tally::devnet {

namespace {

constexpr std::uint64_t kValidityMs = 3600ULL * 1000;
constexpr std::size_t kHouseholdsPerTransaction = limits::kTransactionOperationsMax / 2;
constexpr Milliseconds kSettleWait{10000};
constexpr Milliseconds kSettleLimit{60000};

constexpr std::string_view kRulebookText = R"json({
  "format": "tallystick-rulebook-1",
  "id": "bench",
  "version": 1,
  "title": {"zh": "测速", "en": "Bench"},
  "scale": 0,
  "effective": "2020-01-01",
  "legal_basis": [],
  "event_span_days": 1,
  "corrections": {"proposer_roles": ["recorder"], "endorser_roles": ["endorser"]},
  "books": [
    {
      "code": "points",
      "subject": "household",
      "start": "0",
      "floor": "0",
      "cap": "1000000000000",
      "bands": [
        {
          "from": "0",
          "stars": 1,
          "title": {"zh": "一星", "en": "one star"},
          "benefits": [],
          "provenance": {"number": "invented"}
        }
      ],
      "gates": [],
      "provenance": {"number": "invented"}
    }
  ],
  "rules": [
    {
      "code": "B1",
      "title": {"zh": "一分", "en": "one point"},
      "category": "bench",
      "kind": "award",
      "amount": {"kind": "fixed", "points": "1"},
      "on": true,
      "evidence_required": false,
      "reason_required": false,
      "limits": [],
      "proposer_roles": ["recorder"],
      "endorser_roles": [],
      "provenance": {"number": "invented"}
    }
  ]
})json";

std::string two_digits(std::size_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::string_view bench_rulebook() {
  return kRulebookText;
}

std::string bench_officer(std::size_t client) {
  return "recorder-" + two_digits(client);
}

Cast bench_cast(std::size_t clients) {
  Cast cast;
  cast.add_unit("bench", contracts::UnitKind::county, "Bench county");
  for (std::size_t i = 0; i < clients; ++i) {
    const std::string unit = "bench/office-" + two_digits(i);
    cast.add_unit(unit, contracts::UnitKind::village, "Office " + two_digits(i));
    cast.add_officer(bench_officer(i), unit, {contracts::Role::registrar, contracts::Role::recorder},
                     "recorder " + two_digits(i));
  }
  cast.add_rulebook(kRulebookText);
  return cast;
}

NetworkPlan bench_plan(const std::filesystem::path& tallyd, std::size_t nodes, std::size_t clients) {
  NetworkPlan plan;
  plan.tallyd = tallyd;
  plan.nodes = nodes;
  plan.name = "Tallystick bench";
  plan.clock = ledger::ClockMode::real;
  plan.time = wall_clock();
  plan.cast = bench_cast(clients);
  plan.log_level = "warn";
  return plan;
}

Result<NodeStatus> status_of(const Devnet& devnet, std::size_t index) {
  auto client = Client::open(devnet.url(index));
  if (!client) return client.error();
  return client->status();
}

double seconds_since(LoadClock::time_point begin) {
  return std::chrono::duration<double>(LoadClock::now() - begin).count();
}

Result<std::vector<Seat>> bench_seats(const Devnet& devnet, std::size_t clients, std::size_t households) {
  std::vector<Seat> seats;
  for (std::size_t i = 0; i < clients; ++i) {
    auto officer = devnet.officer(bench_officer(i));
    if (!officer) return officer.error();
    std::vector<SubjectHandle> handles(households);
    for (auto& handle : handles) handle = crypto::random_fixed<SubjectHandle>();
    seats.push_back({std::move(officer).value(), std::move(handles), devnet.url(i % devnet.size())});
  }
  return seats;
}

Prepared bench_award(const ChainId& chain, const Seat& seat, std::size_t& turn, std::size_t operations) {
  const TimestampMs now = wall_clock();
  std::vector<contracts::Operation> awards;
  awards.reserve(operations);
  for (std::size_t i = 0; i < operations; ++i) {
    contracts::Award award;
    award.rulebook = kBenchRulebook;
    award.subject = seat.households[turn++ % seat.households.size()];
    award.rule = "B1";
    award.event_time = TimestampMs{now.value - 3'600'000};  // surely before block time
    awards.emplace_back(award);
  }
  return prepare(chain, {seat.officer.key, {}, now.plus(kValidityMs)}, awards);
}

struct Load::Worker {
  Worker(Seat its_seat, Client its_client) : seat(std::move(its_seat)), client(std::move(its_client)) {}
  Seat seat;
  Client client;
  std::vector<Prepared> signed_ahead;  // taken from the back
  std::size_t turn = 0;                // of households
  std::vector<Sample> samples;
  std::thread thread;
};

Load::Load(const ChainId& chain, std::vector<Seat> seats, std::size_t operations, std::size_t outstanding)
    : chain_(chain), operations_(operations), outstanding_(outstanding) {
  for (auto& seat : seats) {
    auto client = Client::open(seat.url);
    if (!client) {
      trouble(&LoadCounts::lost, 1, client.error().text());
      continue;
    }
    workers_.push_back(std::make_unique<Worker>(std::move(seat), std::move(client).value()));
  }
}

Load::~Load() {
  stop();
}

void Load::trouble(std::uint64_t LoadCounts::*which, std::uint64_t count, const std::string& text) {
  const std::lock_guard lock(mutex_);
  counts_.*which += count;
  if (counts_.first_trouble.empty()) counts_.first_trouble = text;
}

LoadCounts Load::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Status Load::open_accounts_of(Worker& worker) const {
  std::vector<Prepared> transactions;
  std::vector<contracts::Operation> operations;
  const auto flush = [&] {
    if (operations.empty()) return;
    const Signing signing{worker.seat.officer.key, {}, wall_clock().plus(kValidityMs)};
    transactions.push_back(prepare(chain_, signing, operations));
    operations.clear();
  };
  for (const auto& household : worker.seat.households) {
    contracts::RegisterSubject subject;
    subject.subject = household;
    subject.unit = worker.seat.officer.unit;
    subject.commitment = crypto::random_fixed<Digest>();
    operations.emplace_back(subject);
    operations.emplace_back(contracts::OpenAccount{kBenchRulebook, household});
    if (operations.size() >= 2 * kHouseholdsPerTransaction) flush();
  }
  flush();
  for (const auto& one : transactions) {
    const auto submitted = worker.client.submit({&one, 1});
    if (!submitted) return submitted.error();
    if (submitted->front().error) return *submitted->front().error;
    const auto states = worker.client.states({&one.id, 1}, kSettleWait);
    if (!states) return states.error();
    if (states->front() == node::TransactionState::final) continue;
    const auto answer = worker.client.transaction(one.id, Milliseconds(0));
    return make_error(ErrorCode::not_final, "setup", "households were not registered",
                      answer ? answer->dump().substr(0, 400) : answer.error().text());
  }
  return {};
}

Status Load::open_accounts() {
  std::vector<Status> outcomes(workers_.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers_.size(); ++i)
    threads.emplace_back([this, i, &outcomes] { outcomes[i] = open_accounts_of(*workers_[i]); });
  for (auto& thread : threads) thread.join();
  for (const Status& outcome : outcomes)
    if (!outcome) return outcome;
  return {};
}

Prepared Load::sign_one(Worker& worker) const {
  return bench_award(chain_, worker.seat, worker.turn, operations_);
}

void Load::sign_ahead(std::size_t transactions) {
  const std::size_t each = transactions / std::max<std::size_t>(1, workers_.size());
  std::atomic<std::size_t> next = 0;
  const auto sign = [&] {
    for (std::size_t i = next++; i < workers_.size(); i = next++) {
      workers_[i]->signed_ahead.reserve(each);
      for (std::size_t j = 0; j < each; ++j) workers_[i]->signed_ahead.push_back(sign_one(*workers_[i]));
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(sign);
  for (auto& thread : threads) thread.join();
}

void Load::start() {
  for (auto& worker : workers_) worker->thread = std::thread([this, one = worker.get()] { run(*one); });
}

void Load::stop() {
  stopping_ = true;
  for (auto& worker : workers_)
    if (worker->thread.joinable()) worker->thread.join();
}

std::vector<Sample> Load::samples() const {
  std::vector<Sample> out;
  for (const auto& worker : workers_) out.insert(out.end(), worker->samples.begin(), worker->samples.end());
  return out;
}

std::vector<Prepared> Load::next_batch(Worker& worker) {
  std::vector<Prepared> batch;
  batch.reserve(outstanding_);
  while (batch.size() < outstanding_) {
    if (worker.signed_ahead.empty()) {
      batch.push_back(sign_one(worker));
    } else {
      batch.push_back(std::move(worker.signed_ahead.back()));
      worker.signed_ahead.pop_back();
    }
  }
  return batch;
}

void Load::run(Worker& worker) {
  while (!stopping_) {
    const auto batch = next_batch(worker);
    std::vector<TransactionId> open;
    const auto sent = LoadClock::now();
    const bool good = send(worker, batch, open);
    settle(worker, std::move(open), sent);
    if (!good) return;
  }
}

// False if the node did not take all of them: a loop that goes on would only hammer it.
bool Load::send(Worker& worker, const std::vector<Prepared>& batch, std::vector<TransactionId>& open) {
  {
    const std::lock_guard lock(mutex_);
    counts_.sent += batch.size();
  }
  std::span<const Prepared> left(batch);
  while (!left.empty()) {
    const auto count = fits_one_request(left);
    const auto submitted = worker.client.submit(left.first(count));
    if (!submitted) {
      trouble(&LoadCounts::lost, left.size(), submitted.error().text());
      return false;
    }
    for (const auto& one : *submitted) {
      if (one.error)
        trouble(&LoadCounts::refused, 1, one.error->text());
      else
        open.push_back(one.id);
    }
    left = left.subspan(count);
  }
  return open.size() == batch.size();
}

void Load::settle(Worker& worker, std::vector<TransactionId> open, LoadClock::time_point sent) {
  while (!open.empty()) {
    const auto states = worker.client.states(open, kSettleWait);
    const auto now = LoadClock::now();
    if (!states || now - sent > kSettleLimit)
      return trouble(&LoadCounts::lost, open.size(), states ? "not final in time" : states.error().text());
    std::vector<TransactionId> still_open;
    for (std::size_t i = 0; i < open.size(); ++i) {
      switch ((*states)[i]) {
        case node::TransactionState::final:
          worker.samples.push_back({now, std::chrono::duration_cast<std::chrono::microseconds>(now - sent)});
          ++settled_;
          break;
        case node::TransactionState::rejected:
          trouble(&LoadCounts::rejected, 1, "transaction " + open[i].hex() + " was rejected");
          break;
        default:
          still_open.push_back(open[i]);
      }
    }
    open = std::move(still_open);
  }
}

}  // namespace tally::devnet
