#include "village_network.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>

#include "common/json.h"
#include "common/time.h"
#include "ledger/block.h"

namespace tally::e2e {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBatch = 10;
constexpr std::size_t kAtOnce = 1000;  // states that one request asks for
constexpr Milliseconds kBatchLimit{120000};
constexpr Milliseconds kPatience{3000};  // of the traffic, with one node

devnet::NetworkPlan plan_of(const scenario::VillageYear& year, std::size_t nodes,
                            const devnet::PeerAddressing& addressing, std::vector<std::string> settings = {}) {
  devnet::NetworkPlan plan;
  plan.tallyd = program("tallyd");
  plan.nodes = nodes;
  plan.clock = ledger::ClockMode::test;
  plan.time = year.options.start;
  plan.cast = devnet::cast_of(year, true);
  plan.peer_addressing = addressing;
  plan.settings = std::move(settings);
  return plan;
}

devnet::TemporaryDevnet start_network(devnet::NetworkPlan plan) {
  auto network = devnet::TemporaryDevnet::start(std::move(plan));
  if (!network) FAIL("the network does not start: " << network.error().text());
  return std::move(network).value();
}

}  // namespace

fs::path program(const std::string& name) {
  return fs::path(TALLY_BINARY_DIR) / "bin" / name;
}

Scratch::Scratch() {
  std::string pattern = (fs::temp_directory_path() / "tally-e2e-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) FAIL("cannot make " << pattern);
  path_ = pattern;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string Scratch::write(const std::string& name, std::string_view text) const {
  const auto file = path_ / name;
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

VillageNetwork::VillageNetwork(std::size_t nodes, std::size_t households, const devnet::PeerAddressing& addressing,
                               std::vector<std::string> settings)
    : year_(scenario::make_village_year({.seed = 7, .households = households})),
      network_(start_network(plan_of(year_, nodes, addressing, std::move(settings)))) {}

VillageNetwork VillageNetwork::of_one_office(std::size_t nodes) {
  auto year = scenario::make_village_year({.seed = 7, .households = 20});
  auto plan = plan_of(year, nodes, [](const devnet::NetworkFile& network, std::size_t from, std::size_t to) {
    return from != 0 && to == 0 ? network.nodes[0].p2p : std::string();
  });
  plan.validators = 1;
  auto network = devnet::TemporaryDevnet::create(std::move(plan));
  if (!network) FAIL("the network is not made: " << network.error().text());
  if (auto started = (*network)->start_node(0); !started) FAIL(started.error().text());
  return {std::move(year), std::move(network).value()};
}

Client VillageNetwork::client(std::size_t node) {
  auto client = Client::open(network_->url(node));
  if (!client) FAIL(client.error().text());
  client->act_as(year_.officer(scenario::Post::auditor).key, network_->file().chain);
  return std::move(client).value();
}

Prepared VillageNetwork::award(std::uint64_t number) const {
  const auto draft = scenario::award_sheet(year_, number, 1, year_.options.start);
  const TimestampMs valid_until = year_.options.start.plus(kDayMs);
  const auto transaction = scenario::sign(year_, draft, network_->file().chain, valid_until);
  return {ledger::id_of(transaction.body), encode(transaction)};
}

void VillageNetwork::finalize(std::size_t node, const std::vector<Prepared>& transactions) {
  Client sender = client(node);
  std::vector<TransactionId> ids;
  for (const auto& one : transactions) ids.push_back(one.id);
  const auto submitted = sender.submit(transactions);
  if (!submitted) FAIL(submitted.error().text());
  for (const auto& one : *submitted)
    if (one.error) FAIL(one.error->text());
  const auto final = devnet::poll_until(kFinalLimit, [&] {
    const auto states = sender.states(ids, Milliseconds(5000));
    return states && std::all_of(states->begin(), states->end(),
                                 [](auto state) { return state == node::TransactionState::final; });
  });
  REQUIRE(final);
}

void VillageNetwork::await_final(std::size_t node, const std::vector<TransactionId>& ids) {
  Client asker = client(node);
  for (std::size_t from = 0; from < ids.size(); from += kAtOnce) {
    const auto part = std::span(ids).subspan(from, std::min(kAtOnce, ids.size() - from));
    std::string last = "not final";
    const bool final = devnet::poll_until(kFinalLimit, [&] {
      const auto states = asker.states(part, Milliseconds(1000));
      if (!states) last = states.error().text();
      return states && std::all_of(states->begin(), states->end(),
                                   [](auto state) { return state == node::TransactionState::final; });
    });
    INFO(network_->file().nodes[node].name << ": " << last << "\n" << network_->standing());
    REQUIRE(final);
  }
}

void VillageNetwork::require_final_everywhere(const std::vector<TransactionId>& ids) {
  for (std::size_t node = 0; node < network_->size(); ++node) {
    Client asker = client(node);
    for (std::size_t from = 0; from < ids.size(); from += kAtOnce) {
      const auto part = std::span(ids).subspan(from, std::min(kAtOnce, ids.size() - from));
      const auto states = asker.states(part, Milliseconds(0));
      if (!states) FAIL(states.error().text());
      for (std::size_t i = 0; i < part.size(); ++i) {
        INFO("transaction " << part[i].hex() << " on " << network_->file().nodes[node].name);
        REQUIRE((*states)[i] == node::TransactionState::final);
      }
    }
  }
}

std::size_t VillageNetwork::primary_seen_by(std::size_t node) {
  const auto status = client(node).status();
  if (!status) FAIL(status.error().text());
  const auto& nodes = network_->file().nodes;
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& one) { return one.name == status->primary; });
  REQUIRE(found != nodes.end());
  return static_cast<std::size_t>(found - nodes.begin());
}

devnet::Finished VillageNetwork::tally(std::size_t node, scenario::Post post, std::vector<std::string> arguments) {
  const auto name = devnet::officer_file_name(year_.officer(post));
  const std::string stem = (network_->directory() / "keys" / name).string();
  for (const auto& more : {std::string("--node"), network_->url(node), std::string("--key"), stem + ".key",
                           std::string("--passphrase-file"), stem + ".pass"})
    arguments.push_back(more);
  return run_tally(std::move(arguments));
}

std::uint64_t test_seed() {
  const char* given = std::getenv("TALLY_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

devnet::Finished run_tally(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program("tally").string());
  auto finished = devnet::run_to_end(arguments);
  if (!finished) FAIL(finished.error().text());
  UNSCOPED_INFO("output: " << finished->output << "\nerrors: " << finished->errors);
  return std::move(finished).value();
}

Traffic::Traffic(VillageNetwork& network, std::uint64_t nodes)
    : network_(network), used_(nodes), thread_([this] { run(); }) {}

Traffic::~Traffic() {
  stopping_ = true;
  failed_ = true;
  if (thread_.joinable()) thread_.join();
}

void Traffic::await_progress(std::size_t more) {
  const std::size_t wanted = acknowledged_count_ + more;
  const bool reached = devnet::poll_until(kBatchLimit, [&] { return acknowledged_count_ >= wanted || failed_; });
  const std::lock_guard lock(mutex_);
  INFO(trouble_);
  REQUIRE(reached);
  REQUIRE_FALSE(failed_);
}

std::vector<TransactionId> Traffic::stop() {
  stopping_ = true;
  thread_.join();
  const std::lock_guard lock(mutex_);
  INFO(trouble_);
  REQUIRE_FALSE(failed_);
  return acknowledged_;
}

void Traffic::fail(const std::string& what) {
  const std::lock_guard lock(mutex_);
  trouble_ = what;
  failed_ = true;
}

void Traffic::run() {
  std::uint64_t number = 1000;
  while (!stopping_ && !failed_) {
    std::vector<Prepared> batch;
    for (std::size_t i = 0; i < kBatch; ++i) batch.push_back(network_.award(++number));
    if (!finish_batch(batch)) return;
    const std::lock_guard lock(mutex_);
    for (const auto& one : batch) acknowledged_.push_back(one.id);
    acknowledged_count_ = acknowledged_.size();
  }
}

bool Traffic::finish_batch(const std::vector<Prepared>& batch) {
  std::vector<TransactionId> ids;
  for (const auto& one : batch) ids.push_back(one.id);
  std::string last = "never asked";
  const bool final = devnet::poll_until(kBatchLimit, [&] {
    if (failed_) return true;
    do node_ = (node_ + 1) % network_->size();
    while ((used_ >> node_ & 1) == 0);
    auto client = Client::open(network_->url(node_));
    if (client) client->set_patience(kPatience);
    const auto submitted = client ? client->submit(batch) : Result<std::vector<devnet::Submitted>>(client.error());
    if (!submitted) {
      last = submitted.error().text();
      return false;
    }
    for (const auto& one : *submitted)
      if (one.error) last = one.error->text();
    const auto states = client->states(ids, Milliseconds(2000));
    if (!states) {
      last = states.error().text();
      return false;
    }
    bool all = true;
    for (const auto state : *states) {
      if (state == node::TransactionState::rejected) fail("a transaction was rejected");
      all = all && state == node::TransactionState::final;
    }
    if (!all) last = "not final yet";
    return all;
  });
  if (!final) fail("a batch is not final in time: " + last);
  return final && !failed_;
}

void require_nothing_lost(VillageNetwork& network, Traffic& traffic) {
  const auto acknowledged = traffic.stop();
  const auto healthy = network->await_healthy(Devnet::kStartLimit);
  INFO((healthy ? "" : healthy.error().text()));
  REQUIRE(healthy.has_value());
  const auto head = network->await_agreement(kFinalLimit);
  INFO((head ? "" : head.error().text()));
  REQUIRE(head.has_value());
  network.require_final_everywhere(acknowledged);
  std::set<Digest> roots;
  for (std::size_t node = 0; node < network->size(); ++node) {
    const auto block = network.client(node).get("/v1/blocks/" + std::to_string(head->height.value));
    REQUIRE(block.has_value());
    const auto header = devnet::member<ledger::BlockHeader>(*block, "header");
    REQUIRE(header.has_value());
    roots.insert(header->state_root);
  }
  CHECK(roots.size() == 1);
}

}  // namespace tally::e2e
