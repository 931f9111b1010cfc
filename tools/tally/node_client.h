// Purpose: one node's HTTP API (docs/api.md) as commands use it: JSON in and out, problem documents as failures,
// requests signed where a key is set.
// Thread rule: one thread.
#pragma once

#include "crypto/signature.h"
#include "ledger/genesis.h"
#include "tally/context.h"

namespace tally::cli {

// The part of /v1/status that commands work with.
struct NodeStatus {
  ChainId chain;
  std::string network;
  ledger::ClockMode clock = ledger::ClockMode::real;
  TimestampMs final_time;
  TimestampMs next_block_time;  // at the earliest
  std::uint64_t final_height = 0;
  Json document;  // all of it

  // The time that the next block will have, as far as can be told.
  [[nodiscard]] TimestampMs block_time(TimestampMs now) const;
};

// open: anybody may ask. personal: signed if a key is set; the node refuses what the key may not see.
enum class Access { open, personal };

class NodeClient {
 public:
  // Of --node; --chain is checked against what the node says as soon as the status is known.
  static Outcome<NodeClient> connect(Context& context);

  static Outcome<NodeClient> connect_to(Context& context, const std::string& url);

  // Asked for once, then remembered; refresh asks again.
  Outcome<NodeStatus> status(bool refresh = false);
  Outcome<Json> get(const std::string& target, Access access);
  // The answer as it came: for bodies that are not JSON, and for headers.
  Outcome<node::HttpResponse> get_raw(const std::string& target, Access access, const Transport::Headers& more = {});
  Outcome<Json> post(const std::string& target, const Json& body);
  // Any HTTP status is a good result: for health checks.
  Outcome<node::HttpResponse> get_any_status(const std::string& target);

  [[nodiscard]] const std::string& url() const { return url_; }

  static constexpr unsigned kTimeoutMs = 30000;

 private:
  NodeClient(Context& context, std::string url, std::unique_ptr<Transport> transport)
      : context_(&context), url_(std::move(url)), transport_(std::move(transport)) {}
  Outcome<Transport::Headers> headers_for(const std::string& target, Access access);
  [[nodiscard]] Failure transport_failure(const Error& error) const;

  Context* context_;
  std::string url_;
  std::unique_ptr<Transport> transport_;
  std::optional<NodeStatus> status_;
  std::optional<crypto::SecretKey> key_;
};

// The failure that a response other than 2xx stands for.
Failure failure_of(const node::HttpResponse& response, const std::string& target);
// Percent-encodes one segment of a path or value of a query.
std::string url_encoded(std::string_view text);
// A member as text, whatever its kind: "" where it is absent or null.
std::string text_at(const Json& object, const std::string& member);

}  // namespace tally::cli
