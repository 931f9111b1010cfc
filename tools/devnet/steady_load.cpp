#include "devnet/steady_load.h"

#include "common/json.h"

namespace tally::devnet {

namespace {

constexpr Milliseconds kPatience{2000};   // with a node that takes the connection and says nothing
constexpr Milliseconds kFinalWait{1500};  // then another node is asked
constexpr Milliseconds kNextNodeAfter{20};

}  // namespace

struct SteadyLoad::Worker {
  explicit Worker(Seat its_seat) : seat(std::move(its_seat)) {}
  Seat seat;
  std::vector<Client> clients;  // one a node
  std::size_t node = 0;         // asked last
  std::size_t turn = 0;         // of households
  std::atomic<bool> done = false;
  std::thread thread;
};

SteadyLoad::SteadyLoad(const ChainId& chain, std::vector<Seat> seats, std::vector<std::string> urls, SteadyPace pace)
    : chain_(chain), pace_(pace) {
  for (auto& seat : seats) {
    auto worker = std::make_unique<Worker>(std::move(seat));
    worker->node = workers_.size();
    for (const auto& url : urls) {
      auto client = Client::open(url);
      if (!client) {
        trouble(client.error().text(), true);
        continue;
      }
      client->set_patience(kPatience);
      worker->clients.push_back(std::move(client).value());
    }
    workers_.push_back(std::move(worker));
  }
}

SteadyLoad::~SteadyLoad() {
  stopping_ = true;
  abandoned_ = true;
  for (auto& worker : workers_)
    if (worker->thread.joinable()) worker->thread.join();
}

void SteadyLoad::start() {
  last_acknowledgement_ = LoadClock::now();
  for (auto& worker : workers_)
    worker->thread = std::thread([this, one = worker.get()] {
      run(*one);
      one->done = true;
    });
}

Status SteadyLoad::stop(Milliseconds limit) {
  stopping_ = true;
  const bool settled = poll_until(
      limit, [&] { return std::all_of(workers_.begin(), workers_.end(), [](auto& one) { return one->done.load(); }); });
  abandoned_ = true;
  for (auto& worker : workers_)
    if (worker->thread.joinable()) worker->thread.join();
  const std::lock_guard lock(mutex_);
  longest_stall_ = std::max(longest_stall_, LoadClock::now() - last_acknowledgement_);
  if (!first_refusal_.empty()) return make_error(ErrorCode::internal, "load", first_refusal_);
  if (settled) return {};
  return make_error(ErrorCode::not_final, "load",
                    "transactions on their way were not final after " + std::to_string(limit.count() / 1000) +
                        " s; the last trouble: " + last_trouble_);
}

bool SteadyLoad::await_progress(std::uint64_t more, Milliseconds limit, const std::function<bool()>& given_up) const {
  const std::uint64_t wanted = acknowledged() + more;
  poll_until(
      limit, [&] { return acknowledged() >= wanted || given_up(); }, Milliseconds(5));
  return acknowledged() >= wanted;
}

Milliseconds SteadyLoad::longest_stall() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::duration_cast<Milliseconds>(longest_stall_);
}

std::string SteadyLoad::last_trouble() const {
  const std::lock_guard lock(mutex_);
  return first_refusal_.empty() ? last_trouble_ : first_refusal_;
}

void SteadyLoad::trouble(const std::string& text, bool refusal) {
  const std::lock_guard lock(mutex_);
  last_trouble_ = text;
  if (refusal && first_refusal_.empty()) first_refusal_ = text;
}

void SteadyLoad::acknowledge(const TransactionId& id) {
  const std::lock_guard lock(mutex_);
  const auto now = LoadClock::now();
  longest_stall_ = std::max(longest_stall_, now - last_acknowledgement_);
  last_acknowledgement_ = now;
  acknowledged_.push_back(id);
  ++acknowledged_count_;
}

void SteadyLoad::run(Worker& worker) {
  while (!stopping_) {
    const auto next = LoadClock::now() + pace_.every;
    std::vector<Prepared> batch;
    for (std::size_t i = 0; i < pace_.batch; ++i) batch.push_back(bench_award(chain_, worker.seat, worker.turn, 1));
    if (!finish(worker, std::move(batch))) return;
    const auto left = std::chrono::duration_cast<Milliseconds>(next - LoadClock::now());
    poll_until(
        std::max(left, Milliseconds(0)), [this] { return stopping_.load(); }, kNextNodeAfter);
  }
}

// False if the trial is over before all are final.
bool SteadyLoad::finish(Worker& worker, std::vector<Prepared> batch) {
  while (!batch.empty()) {
    if (abandoned_) return false;
    if (ask(worker, batch)) continue;
    worker.node = (worker.node + 1) % worker.clients.size();
    poll_until(
        kNextNodeAfter, [this] { return abandoned_.load(); }, kNextNodeAfter);
  }
  return true;
}

// Sends what is open to one node and takes out what is final. False if another node should be asked.
bool SteadyLoad::ask(Worker& worker, std::vector<Prepared>& open) {
  Client& client = worker.clients[worker.node];
  const auto submitted = client.submit(open);
  if (!submitted) {
    trouble(submitted.error().text(), false);
    return false;
  }
  for (const auto& one : *submitted)
    if (one.error) trouble(one.error->text(), false);
  std::vector<TransactionId> ids;
  for (const auto& one : open) ids.push_back(one.id);
  const auto states = client.states(ids, kFinalWait);
  if (!states) {
    trouble(states.error().text(), false);
    return false;
  }
  std::vector<Prepared> left;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if ((*states)[i] == node::TransactionState::final) {
      acknowledge(ids[i]);
      continue;
    }
    if ((*states)[i] == node::TransactionState::rejected) {
      trouble("transaction " + ids[i].hex() + " was rejected by " + client.url(), true);
      abandoned_ = true;
    }
    left.push_back(std::move(open[i]));
  }
  open = std::move(left);
  if (!open.empty()) trouble("not final yet at " + client.url(), false);
  return open.empty();
}

}  // namespace tally::devnet
