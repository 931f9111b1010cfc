// Purpose: one running node: store, chain, rule engine, pool, consensus, peers and HTTP API wired together.
// Thread rule: start and destroy on one thread; the other members are thread-safe. Several nodes can run in
// one process. Threads: transport, HTTP, workers (signatures), consensus, execution.
// Errors: start() names what is wrong and what would be right. A failure while running (a storage error, a
// root that differs from a certificate) stops voting, is logged, and turns /healthz to 503; nothing is retried.
#pragma once

#include <memory>

#include "contracts/engine.h"
#include "node/config.h"
#include "node/evidence_store.h"
#include "node/finality_waiters.h"
#include "node/http_server.h"
#include "node/intake.h"
#include "node/ordering.h"

namespace rocksdb {
class Env;
}
namespace spdlog {
class logger;
}

namespace tally::node {

struct NodeSetup {
  NodeConfig config;
  ledger::Genesis genesis;
  crypto::SecretKey key;
  rocksdb::Env* env = nullptr;  // a file system put in by tests; outlives the node
  // What executes operations; null: the rule engine. Tests put in others.
  std::unique_ptr<ledger::Executor> executor = nullptr;
  // For proposed times; null: the machine's. Tests put in others.
  std::function<TimestampMs()> clock = nullptr;
};
// Reads the files that the configuration names.
Result<NodeSetup> load_setup(NodeConfig config);

class Node {
 public:
  static Result<std::unique_ptr<Node>> start(NodeSetup setup, std::shared_ptr<spdlog::logger> log);
  ~Node();

  [[nodiscard]] std::uint16_t api_port() const { return http_->port(); }
  [[nodiscard]] std::uint16_t peer_port() const { return transport_->listening_port(); }
  // Empty while all is well; otherwise why the node stopped voting.
  [[nodiscard]] std::string failure() const;

  // For the API.
  [[nodiscard]] const ledger::Genesis& genesis() const { return setup_.genesis; }
  [[nodiscard]] const ChainId& chain_id() const { return chain_id_; }
  [[nodiscard]] const ledger::Chain& chain() const { return *chain_; }
  [[nodiscard]] ledger::Mempool& pool() { return *pool_; }
  [[nodiscard]] Intake& intake() { return *intake_; }
  [[nodiscard]] FinalityWaiters& waiters() { return waiters_; }
  [[nodiscard]] OrderingStatus ordering_status() const { return ordering_->status(); }
  [[nodiscard]] const EvidenceStore& evidence() const { return *evidence_; }
  [[nodiscard]] std::vector<p2p::PeerState> peers() const { return transport_->peers(); }
  // Inbound connections that did not get as far as a link.
  [[nodiscard]] std::uint64_t refused_connections() const { return refused_connections_.load(); }
  [[nodiscard]] const PublicKey& public_key() const { return setup_.key.public_key(); }
  [[nodiscard]] const storage::Store& store() const { return *store_; }
  [[nodiscard]] std::chrono::steady_clock::duration uptime() const {
    return std::chrono::steady_clock::now() - started_;
  }
  [[nodiscard]] TransactionState state_of(const TransactionId& id) const;
  // The time that a block made now would have: what valid_until is counted from.
  [[nodiscard]] TimestampMs next_block_time() const;

 private:
  Node(NodeSetup setup, std::shared_ptr<spdlog::logger> log);
  Status open();
  Status start_ordering();
  void start_execution();
  Status start_network();
  Status write_ready_file() const;
  void on_peer_message(p2p::Received message);
  // On the housekeeping thread: links follow the membership as it is final.
  void follow_membership();
  [[nodiscard]] std::vector<p2p::PeerAddress> current_peers() const;
  void fail(const Error& error);

  NodeSetup setup_;
  std::shared_ptr<spdlog::logger> log_;
  ChainId chain_id_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  mutable std::mutex failure_mutex_;
  std::string failure_;

  // In the order in which they need each other: the last is stopped first.
  std::unique_ptr<crypto::Signer> signer_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<EvidenceStore> evidence_;
  std::unique_ptr<ledger::Executor> executor_;
  std::unique_ptr<ledger::Chain> chain_;
  std::unique_ptr<ledger::Mempool> pool_;
  FinalityWaiters waiters_;
  std::atomic<std::uint64_t> next_time_{0};  // of the next block, at the earliest
  DecodedBatches decoded_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<Execution> execution_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<Ordering> ordering_;
  std::unique_ptr<p2p::Transport> transport_;
  std::vector<p2p::PeerAddress> peers_;  // of the housekeeping thread once it runs
  BlockHeight peers_at_;                 // the final height that they were worked out at
  std::atomic<std::uint64_t> refused_connections_{0};
  std::atomic<bool> linked_{false};  // transport_ and ordering_ stand and may be used by any thread
  std::unique_ptr<class Api> api_;
  std::unique_ptr<HttpServer> http_;
  EventLoop housekeeping_;
};

}  // namespace tally::node
