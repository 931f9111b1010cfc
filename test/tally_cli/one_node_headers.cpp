// Headers and epochs as the node under test serves them, and the lies that a watching auditor must notice.
#include "crypto/signature.h"
#include "ledger/light.h"
#include "node/http_server.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

node::HttpResponse bytes_answer(const Bytes& bytes) {
  return {200, "application/octet-stream", std::string(as_text(bytes)), {}};
}

}  // namespace

std::optional<node::HttpResponse> OneNode::header_feed(const std::string& path, const std::string& target) {
  if (path == "/v1/epochs")
    return bytes_answer(encode(ledger::epoch_links(*store_, chain_->final_view()->header.epoch).value()));
  if (path != "/v1/headers") return std::nullopt;
  const std::uint64_t from = std::stoull(parameter(target, "from"));
  std::vector<ledger::CertifiedHeader> out;
  for (BlockHeight height{from}; height <= chain_->final_height(); height = height.next()) {
    ledger::CertifiedHeader one{*chain_->header(height).value(), chain_->certificate(height).value()};
    if (forked_at == height.value) {
      one.header.state_root.bytes[0] ^= 1;
      one.certificate.reset();
      if (signs_forks) {
        const auto signer = crypto::make_signer(named_key("validator"), ledger::chain_id(genesis_));
        one.certificate.emplace();
        one.certificate->vote = {one.header.epoch, height, ledger::digest_of(one.header)};
        one.certificate->signatures.push_back(
            {ReplicaIndex{0}, consensus::sign_checkpoint(one.certificate->vote, *signer)});
      }
    }
    out.push_back(std::move(one));
  }
  return bytes_answer(encode(out));
}

}  // namespace tally::test
