// Purpose: the TLS side of a node's identity. A self-signed X.509 certificate made in process from the node's
// Ed25519 key, and a check that pins the other side's key instead of looking at issuers or dates.
// OpenSSL only, so that hostile tests can use it without Asio.
// Thread rule: make_tls_context once; a PeerCheck belongs to the thread that drives its connection.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/error.h"
#include "crypto/signature.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tally::p2p {

struct TlsContextFree {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextFree>;

// For both directions: TLS 1.3 only, Ed25519 only, both sides show a certificate, no session tickets.
// A connection without an attached PeerCheck trusts nobody. internal if OpenSSL refuses (it names the step).
Result<TlsContext> make_tls_context(const crypto::SecretKey& key);

// What a connection accepts, and what its check found.
struct PeerCheck {
  const std::set<PublicKey>* allowed = nullptr;
  std::optional<PublicKey> expected;  // of a dialled peer
  std::optional<PublicKey> shown;     // the key of the other side's certificate
  bool accepted = false;
  std::string refusal;  // why not, in words
};
// `check` must outlive the connection.
void attach(ssl_st* connection, PeerCheck* check);

// An OpenSSL error code in words for an operator.
std::string describe_tls_error(unsigned long code);

}  // namespace tally::p2p
