// Purpose: signed read requests (docs/api.md): who asks, proved by the key they are registered with.
// Thread rule: pure functions.
// Errors: unauthorised, saying which header is wrong and what would be right.
#pragma once

#include "common/bytes.h"
#include "common/strong.h"
#include "crypto/signature.h"
#include "node/http_server.h"

namespace tally::node {

inline constexpr std::uint64_t kRequestAgeMsMax = 120'000;

// The three headers for a request, for clients.
std::vector<std::pair<std::string, std::string>> sign_request(const std::string& method, const std::string& target,
                                                              TimestampMs now, const crypto::SecretKey& key,
                                                              const ChainId& chain);
// The key that signed the request; nullopt if it carries no signature at all.
Result<std::optional<PublicKey>> authenticate_request(const HttpRequest& request, TimestampMs now,
                                                      const ChainId& chain);

}  // namespace tally::node
