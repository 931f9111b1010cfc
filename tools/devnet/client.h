// Purpose: a node's HTTP API (docs/api.md) with types, for programs that drive a whole network: the bench, the
// demonstration, the tests.
// Thread rule: one thread at a time per client.
// Errors: those of the node's problem documents with their stable codes; unreachable and timeout as HttpClient gives
// them; invalid_encoding when an answer has not the form that docs/api.md promises.
#pragma once

#include "common/json.h"
#include "contracts/operations.h"
#include "devnet/poll.h"
#include "ledger/transaction.h"
#include "node/http_server.h"
#include "node/intake.h"
#include "node/wall_clock.h"

namespace tally::devnet {

// The part of /v1/status that these programs use.
struct NodeStatus {
  ChainId chain;
  std::string network;
  std::string node;
  std::string primary;
  std::uint64_t view = 0;
  bool changing_view = false;
  std::string failure;  // why the node stopped voting; empty while it votes
  BlockHeight executed_height;
  BlockHeight final_height;
  BlockHeight first_block;      // from which on it holds all
  BlockHeight newest_snapshot;  // 0: none
  Digest final_header;
  TimestampMs final_time;
  std::size_t peers = 0;
  std::size_t peers_connected = 0;
  std::uint64_t resident_kib = 0;
  std::uint64_t resident_peak_kib = 0;
  std::uint64_t disk_bytes_written = 0;
};

struct Submitted {
  TransactionId id;
  node::TransactionState state = node::TransactionState::unknown;
  std::optional<Error> error;
};

// A signed transaction ready to be sent.
struct Prepared {
  TransactionId id;
  Bytes encoded;
};
struct Signing {
  const crypto::SecretKey& author;
  std::vector<crypto::SecretKey> also;  // endorsers
  TimestampMs valid_until;
  ledger::Mode mode = ledger::Mode::all_or_nothing;
  ClientId client_id = {};  // zero: random
};
Prepared prepare(const ChainId& chain, const Signing& signing, const std::vector<contracts::Operation>& operations);

class Client {
 public:
  static Result<Client> open(const std::string& url);

  // Signs what is asked from now on, for reads that are not open to all.
  void act_as(const crypto::SecretKey& key, const ChainId& chain) { identity_.emplace(key, chain); }
  // How long submit, states and transaction wait for an answer (on top of the wait they ask for) from now on.
  void set_patience(Milliseconds patience) { patience_ms_ = static_cast<unsigned>(patience.count()); }
  [[nodiscard]] const std::string& url() const { return http_.base_url(); }

  Result<NodeStatus> status();
  // What /healthz says is wrong, if anything.
  Status healthy();
  Result<std::string> get_text(const std::string& target, unsigned timeout_ms = kTimeoutMs);
  Result<Json> get(const std::string& target, unsigned timeout_ms = kTimeoutMs);
  Result<Json> post(const std::string& target, const std::string& body, unsigned timeout_ms = kTimeoutMs);

  // One request. Required: together within limits::kHttpBodyBytesMax (fits_one_request).
  Result<std::vector<Submitted>> submit(std::span<const Prepared> transactions);
  // Their states once all are settled or `wait` is over.
  Result<std::vector<node::TransactionState>> states(std::span<const TransactionId> ids, Milliseconds wait);
  // The answer of GET /v1/transactions/{id}.
  Result<Json> transaction(const TransactionId& id, Milliseconds wait);

  static constexpr unsigned kTimeoutMs = 30000;

 private:
  explicit Client(node::HttpClient http) : http_(std::move(http)) {}
  Result<node::HttpResponse> request(const std::string& method, const std::string& target, const std::string& body,
                                     unsigned timeout_ms);

  struct Identity {
    crypto::SecretKey key;
    ChainId chain;
  };
  node::HttpClient http_;
  std::optional<Identity> identity_;
  unsigned patience_ms_ = kTimeoutMs;
};

// How many of the first transactions fit one request.
std::size_t fits_one_request(std::span<const Prepared> transactions);

using node::wall_clock;

// A member of an answer. Errors: invalid_encoding naming it.
template <class T>
Result<T> member(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end())
    return make_error(ErrorCode::invalid_encoding, name, "is missing in the node's answer", "a node of this version");
  auto value = from_json<T>(*found);
  if (!value) return Error(value.error()).within(name);
  return value;
}

}  // namespace tally::devnet
