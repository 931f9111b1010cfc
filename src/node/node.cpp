#include "node/node.h"

#include <fstream>
#include <spdlog/spdlog.h>
#include <sstream>
#include <unistd.h>

#include "common/json.h"
#include "contracts/genesis_json.h"
#include "contracts/records.h"
#include "crypto/key_file.h"
#include "ledger/governed.h"
#include "node/api.h"
#include "node/data_directory.h"
#include "node/peer_list.h"
#include "node/wall_clock.h"
#include "storage/rocks_store.h"

namespace tally::node {

namespace {

// What an operator does about a storage error, as the log and /healthz tell it.
constexpr const char* kDamageAdvice =
    "stop it; `tally scrub --node-config node.toml` names what is damaged, and `tally repair` makes the store whole "
    "from "
    "the other nodes (docs/repair.md)";

Result<std::string> read_text(const std::filesystem::path& file, const char* setting, std::size_t bytes_max) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  std::ifstream in(file, std::ios::binary);
  if (failure || !in)
    return make_error(ErrorCode::config_invalid, setting, "cannot read " + file.string(), "a readable file");
  if (size > bytes_max)
    return make_error(ErrorCode::config_invalid, setting, file.string() + " is too large",
                      "at most " + std::to_string(bytes_max) + " bytes");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

Result<NodeSetup> load_setup(NodeConfig config) {
  const auto document = read_text(config.genesis_file, "genesis", limits::kGenesisBytesMax);
  if (!document) return document.error();
  auto genesis = contracts::parse_genesis(*document);
  if (!genesis) return Error(genesis.error()).within("genesis");
  auto passphrase = read_text(config.passphrase_file, "passphrase_file", limits::kKiB);
  if (!passphrase) return passphrase.error();
  const std::string first_line = passphrase->substr(0, passphrase->find_first_of("\r\n"));
  auto key = crypto::read_key_file(config.key_file, first_line);
  if (!key) return Error(key.error()).within("key_file");
  return NodeSetup{std::move(config), std::move(genesis).value(), std::move(key).value()};
}

Node::Node(NodeSetup setup, std::shared_ptr<spdlog::logger> log)
    : setup_(std::move(setup)), log_(std::move(log)), chain_id_(ledger::chain_id(setup_.genesis)) {
  if (!setup_.clock) setup_.clock = wall_clock;
}

Node::~Node() {
  // First all threads of ours that use the network stop, then the network itself goes: what its threads still
  // hand over is dropped by the stopped loops. Only then are the objects destroyed.
  housekeeping_.stop();
  if (ordering_) ordering_->stop();
  if (joiner_) joiner_->stop();
  if (maker_) maker_->stop();
  if (workers_) workers_->stop();
  if (execution_) execution_->stop();
  http_.reset();
  transport_.reset();
}

Result<std::unique_ptr<Node>> Node::start(NodeSetup setup, std::shared_ptr<spdlog::logger> log) {
  crypto::initialise();
  std::unique_ptr<Node> node(new Node(std::move(setup), std::move(log)));
  if (Status opened = node->open(); !opened) return opened.error();
  node->start_snapshots();
  node->start_execution();
  if (Status started = node->start_ordering(); !started) return started.error();
  if (Status started = node->start_network(); !started) return started.error();
  if (Status written = node->write_ready_file(); !written) return written.error();
  return node;
}

Status Node::open() {
  if (Status good = ledger::check_genesis(setup_.genesis); !good) return Error(good.error()).within("genesis");
  signer_ = crypto::make_signer(setup_.key, chain_id_);
  verifier_ = crypto::make_verifier(chain_id_);
  const auto& config = setup_.config;
  std::error_code failure;
  std::filesystem::create_directories(config.data_directory, failure);
  if (failure)
    return make_error(ErrorCode::io_failed, "data_directory",
                      "cannot create " + config.data_directory.string() + ": " + failure.message());
  const auto adopted = adopt_joined(setup_);
  if (!adopted) return Error(adopted.error()).within("data_directory");
  if (*adopted)
    log_->warn("goes on from a snapshot of block {}; the blocks before it are not held here", (*adopted)->value);
  auto store = storage::open_rocks_store(
      config.data_directory / "db", {.block_cache_bytes = config.block_cache_mib * limits::kMiB, .env = setup_.env});
  if (!store) return Error(store.error()).within("data_directory");
  store_ = std::move(store).value();
  if (Status known = check_begun(config.data_directory, *store_); !known) return known;
  auto evidence = EvidenceStore::open(*store_);
  if (!evidence) return evidence.error();
  evidence_ = std::move(evidence).value();
  executor_ = setup_.executor ? std::move(setup_.executor) : std::make_unique<contracts::RuleEngine>();
  ledger::ChainOptions options;
  options.state_cache_bytes = config.state_cache_mib * limits::kMiB / 2;
  options.tree_cache_bytes = config.state_cache_mib * limits::kMiB / 2;
  auto chain = ledger::Chain::open(*store_, setup_.genesis, *executor_, *verifier_, options);
  if (!chain) return chain.error();
  chain_ = std::move(chain).value();
  if (Status marked = mark_begun(config.data_directory); !marked) return marked;
  ledger::MempoolOptions pool;
  pool.is_office = [this](const PublicKey& key) {
    const auto person = store_->get(storage::Column::state, contracts::person_of_key(key));
    return person && person->has_value();
  };
  pool_ = std::make_unique<ledger::Mempool>(std::move(pool));
  return {};
}

void Node::start_execution() {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  workers_ = std::make_unique<WorkerPool>(setup_.config.worker_threads != 0 ? setup_.config.worker_threads : cores);
  execution_ = std::make_unique<Execution>(*chain_, *store_, decoded_);
  Intake::Services intake;
  intake.broadcast = [this](std::shared_ptr<const Bytes> bundle) {
    transport_->broadcast(p2p::MessageClass::transactions, std::move(bundle));
  };
  intake.penalise = [this](const PublicKey& peer, const std::string& reason) { transport_->penalise(peer, reason); };
  intake.arrived = [this] { ordering_->work_arrived(); };
  intake.block_time = [this] { return next_block_time(); };
  intake.known = [this](const TransactionId& id) { return state_of(id); };
  intake.executed = [this](const TransactionId& id) {
    const auto place = chain_->place_of(id);
    return place && place->has_value();
  };
  intake_ = std::make_unique<Intake>(chain_id_, *pool_, *workers_, std::move(intake));
}

Status Node::start_ordering() {
  OrderingOptions options;
  options.driver.key = public_key();
  options.driver.replica.window = setup_.genesis.window;
  options.driver.replica.signer = signer_.get();
  const auto ticks = [this](std::uint32_t ms) { return std::max(ms / setup_.config.tick_ms, 1U); };
  options.driver.replica.view_timeout_ticks = ticks(setup_.config.view_timeout_ms);
  options.driver.replica.view_timeout_max_ticks = ticks(setup_.config.view_timeout_max_ms);
  options.chain = chain_id_;
  options.test_clock = setup_.genesis.clock == ledger::ClockMode::test;
  options.tick_every = std::chrono::milliseconds(setup_.config.tick_ms);
  options.join_above = setup_.config.join_by_snapshot_above;
  Ordering::Services services;
  services.send = [this](const PublicKey& peer, p2p::MessageClass message_class, std::shared_ptr<const Bytes> bytes) {
    transport_->send(peer, message_class, std::move(bytes));
  };
  services.broadcast = [this](p2p::MessageClass message_class, std::shared_ptr<const Bytes> bytes) {
    transport_->broadcast(message_class, std::move(bytes));
  };
  services.penalise = [this](const PublicKey& peer, const std::string& reason) {
    log_->warn("peer {}: {}", peer.short_hex(), reason);
    transport_->penalise(peer, reason);
  };
  services.now = setup_.clock;
  services.warn = [this](const std::string& text) { log_->warn("{}", text); };
  services.keep_evidence = [this](const consensus::Misconduct& misconduct) -> Status {
    if (auto kept = evidence_->keep(misconduct); !kept) return kept.error();
    return {};
  };
  services.keep_halt = [this](const HaltRecord& halt) { return write_halt(*store_, halt); };
  services.failed = [this](const Error& error) { fail(error); };
  services.snapshot_message = [this](const PublicKey& from, SyncMessage message, p2p::Credit credit) {
    on_snapshot_message(from, std::move(message), std::move(credit));
  };
  services.far_behind = [this](std::optional<BlockHeight> above) { joiner_->want(above); };
  services.joining = [this] { return joiner_->busy(); };
  ordering_ = std::make_unique<Ordering>(std::move(options), *verifier_, *chain_, *pool_, *execution_, decoded_,
                                         *workers_, std::move(services));
  Execution::Callbacks callbacks;
  callbacks.executed = [this](BlockHeight height, const Digest& header, const auto& next) {
    ordering_->block_executed(height, header, next);
  };
  callbacks.installed = [this](const auto& certificate, const auto& next) {
    ordering_->certificate_installed(certificate, next);
  };
  callbacks.recovered = [this](const auto& next, const Digest& header) { ordering_->epoch_recovered(next, header); };
  callbacks.voided = [this](const auto& ids) { pool_->abandon(ids); };
  callbacks.applied = [this](const Applied& block) {
    pool_->release(block.transactions);
    intake_->forget(block.transactions);
    next_time_.store(block.next_time.value, std::memory_order_relaxed);
    ordering_->block_applied(block);
  };
  callbacks.final = [this](BlockHeight height, const std::vector<TransactionId>& ids) {
    maker_->final_reached(height);
    waiters_.settle(ids);
  };
  callbacks.failed = [this](const Error& error) {
    ordering_->stop_voting();
    fail(error);
  };
  const auto head = execution_->head();
  if (!head) return head.error();
  next_time_.store(head->next_time.value);
  execution_->start(std::move(callbacks));
  return {};
}

Status Node::start_network() {
  const auto& config = setup_.config;
  p2p::TransportOptions options;
  options.listen_host = config.listen.host;
  options.listen_port = config.listen.port;
  peers_at_ = chain_->final_height();
  options.peers = peers_ = current_peers();
  p2p::Handlers handlers;
  handlers.on_message = [this](p2p::Received message) { on_peer_message(std::move(message)); };
  handlers.on_connected = [this](const PublicKey& peer) {
    log_->info("linked with {}", peer.short_hex());
    ordering_->peer_linked(peer);
  };
  handlers.on_disconnected = [this](const PublicKey& peer, const std::string& reason) {
    log_->info("link with {} ended: {}", peer.short_hex(), reason);
    ordering_->peer_gone(peer);
    joiner_->peer_gone(peer);
  };
  handlers.on_refused = [this](const std::string& address, const std::string& reason) {
    refused_connections_.fetch_add(1, std::memory_order_relaxed);
    log_->debug("connection from {} refused: {}", address, reason);
  };
  // Ordering only sends from its own thread, which starts after the transport stands.
  auto transport = p2p::start_transport(options, setup_.key, chain_id_, std::move(handlers));
  if (!transport) return Error(transport.error()).within("listen");
  transport_ = std::move(transport).value();
  if (Status started = ordering_->start(*store_); !started) return started;
  joiner_->start();
  maker_->start();
  linked_.store(true);
  housekeeping_.start({{},
                       [this] {
                         intake_->tick();
                         waiters_.expire(FinalityWaiters::Clock::now());
                         pool_->expire(next_block_time());
                         follow_membership();
                         // Reads for the API and for peers fail by themselves; that the store closed then has to
                         // stop this node as well.
                         if (const Status open = store_->write({}, storage::Sync::no); !open && failure().empty()) {
                           ordering_->stop_voting();
                           fail(open.error());
                         }
                       },
                       std::chrono::milliseconds(100)});
  api_ = std::make_unique<Api>(*this);
  HttpServerOptions http;
  http.host = config.api.host;
  http.port = config.api.port;
  auto server = start_http_server(
      http, [this](HttpRequest request, Respond respond) { api_->handle(std::move(request), std::move(respond)); });
  if (!server) return Error(server.error()).within("api");
  http_ = std::move(server).value();
  log_->info("chain {} at height {}, API on {}:{}, peers on {}:{}", chain_id_.short_hex(),
             chain_->head().header.height.value, config.api.host, api_port(), config.listen.host, peer_port());
  if (!ordering_->status().self)
    log_->warn("key {} is no validator's in epoch {}: this node follows and does not vote", public_key().short_hex(),
               ordering_->status().epoch.value);
  if (setup_.genesis.clock == ledger::ClockMode::test)
    log_->warn("this chain runs on a TEST CLOCK: block time is driven by clients");
  return {};
}

// Written last and renamed into place, so that whoever waits for it finds a node that serves.
Status Node::write_ready_file() const {
  const auto& file = setup_.config.ready_file;
  if (file.empty()) return {};
  const Json ready = {{"api", setup_.config.api.host + ":" + std::to_string(api_port())},
                      {"p2p", setup_.config.listen.host + ":" + std::to_string(peer_port())},
                      {"pid", ::getpid()}};
  const std::filesystem::path temporary = file.string() + ".new";
  std::ofstream out(temporary);
  out << ready.dump() << '\n';
  out.close();
  std::error_code failure;
  std::filesystem::rename(temporary, file, failure);
  if (!out || failure)
    return make_error(ErrorCode::io_failed, "ready_file", "cannot write " + file.string(), "a writable path");
  return {};
}

std::vector<p2p::PeerAddress> Node::current_peers() const {
  PeerSources sources{setup_.config.peers, {}, chain_->validators(), std::nullopt};
  if (const Epoch epoch = sources.current.epoch; epoch.value > 0) {
    if (auto previous = chain_->validators_of(Epoch{epoch.value - 1})) sources.previous = *previous;
  }
  // What no quorum has certified names nobody.
  if (const auto view = chain_->final_view()) {
    if (const auto nodes = ledger::read_nodes(*view->reader))
      for (const auto& node : nodes->list) sources.on_chain.push_back(chain_peer(node.key, node.name, node.address));
    else
      log_->error("peers: {}", nodes.error().text());
  }
  return peers_of(sources);
}

void Node::follow_membership() {
  const BlockHeight height = chain_->final_height();
  if (height == peers_at_) return;
  peers_at_ = height;
  auto peers = current_peers();
  if (peers == peers_) return;
  peers_ = std::move(peers);
  if (Status set = transport_->set_peers(peers_); !set) return log_->error("peers: {}", set.error().text());
  log_->info("the peers changed: {} are let in", peers_.size());
}

void Node::on_peer_message(p2p::Received message) {
  // A peer may be quicker than our own start; what is dropped here is sent again (consensus rule 15).
  if (!linked_.load()) return;
  switch (message.message_class) {
    case p2p::MessageClass::vote:
    case p2p::MessageClass::proposal:
      return ordering_->receive_consensus(std::move(message));
    case p2p::MessageClass::sync:
      return ordering_->receive_sync(std::move(message));
    case p2p::MessageClass::transactions:
      return intake_->receive(std::move(message));
  }
}

TimestampMs Node::next_block_time() const {
  const TimestampMs earliest{next_time_.load(std::memory_order_relaxed)};
  return setup_.genesis.clock == ledger::ClockMode::test ? earliest : std::max(earliest, setup_.clock());
}

TransactionState Node::state_of(const TransactionId& id) const {
  const auto found = chain_->place_of(id);
  const auto place = found ? *found : std::nullopt;
  if (!place) return pool_->contains(id) ? TransactionState::pending : TransactionState::unknown;
  if (place->height > chain_->final_height()) return TransactionState::pending;
  return place->code == ErrorCode::ok ? TransactionState::final : TransactionState::rejected;
}

void Node::fail(const Error& error) {
  std::string text = error.text();
  if (error.code == ErrorCode::storage_failed) text += std::string("; next: ") + kDamageAdvice;
  log_->critical("stopped voting: {} ({})", text, std::string(name_of(error.code)));
  const std::lock_guard lock(failure_mutex_);
  if (failure_.empty()) failure_ = text;
}

std::string Node::failure() const {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

}  // namespace tally::node
