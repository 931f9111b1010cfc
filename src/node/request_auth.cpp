#include "node/request_auth.h"

#include <charconv>

#include "crypto/digest.h"

namespace tally::node {

namespace {

Digest request_digest(const std::string& method, const std::string& target, const std::string& time) {
  const std::string text = method + "\n" + target + "\n" + time;
  return crypto::digest(crypto::kRequestDomain, as_bytes(text));
}

Error refuse(const char* header, std::string problem, std::string expected) {
  return make_error(ErrorCode::unauthorised, header, std::move(problem), std::move(expected));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> sign_request(const std::string& method, const std::string& target,
                                                              TimestampMs now, const crypto::SecretKey& key,
                                                              const ChainId& chain) {
  const std::string time = std::to_string(now.value);
  const Signature signature = key.sign(crypto::kRequestDomain, chain, request_digest(method, target, time));
  return {{"tally-key", key.public_key().hex()}, {"tally-time", time}, {"tally-signature", signature.hex()}};
}

Result<std::optional<PublicKey>> authenticate_request(const HttpRequest& request, TimestampMs now,
                                                      const ChainId& chain) {
  const auto header = [&](const char* name) -> const std::string* {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? nullptr : &found->second;
  };
  const std::string* key_text = header("tally-key");
  const std::string* time_text = header("tally-time");
  const std::string* signature_text = header("tally-signature");
  if (key_text == nullptr && time_text == nullptr && signature_text == nullptr) return std::optional<PublicKey>{};
  const auto key = key_text != nullptr ? PublicKey::from_hex(*key_text) : std::nullopt;
  if (!key) return refuse("tally-key", "is missing or not a key", "64 hexadecimal digits");
  std::uint64_t time = 0;
  if (time_text == nullptr ||
      std::from_chars(time_text->data(), time_text->data() + time_text->size(), time).ec != std::errc{})
    return refuse("tally-time", "is missing or not a time", "milliseconds since 1970");
  const std::uint64_t apart = time > now.value ? time - now.value : now.value - time;
  if (apart > kRequestAgeMsMax)
    return refuse("tally-time", "is " + std::to_string(apart / 1000) + " s away from the node's clock",
                  "at most 120 s; check the clocks");
  const auto signature = signature_text != nullptr ? Signature::from_hex(*signature_text) : std::nullopt;
  const Digest digest = request_digest(request.method, request.target, *time_text);
  if (!signature || !crypto::verify(crypto::kRequestDomain, chain, digest, *key, *signature))
    return refuse("tally-signature", "does not fit the request",
                  "a signature by tally-key over METHOD\\nTARGET\\nTIME");
  return std::optional<PublicKey>{*key};
}

}  // namespace tally::node
