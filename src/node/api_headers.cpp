// Headers and the changes of the validators, for whoever follows the chain without holding it. They name nobody but the
// validators: open to all.
#include "ledger/light.h"
#include "node/api.h"

namespace tally::node {

namespace {

constexpr std::uint64_t kHeadersMax = 2000;

HttpResponse bytes_response(const Bytes& bytes) {
  HttpResponse response;
  response.content_type = "application/octet-stream";
  response.body = std::string(as_text(bytes));
  return response;
}

}  // namespace

void Api::add_header_routes() {
  add("GET", "/v1/headers", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto from = call.number("from", 0, ~0ULL);
    if (!from) return from.error();
    const auto limit = call.number("limit", kHeadersMax, kHeadersMax);
    if (!limit) return limit.error();
    const BlockHeight final = node_.chain().final_height();
    std::vector<ledger::CertifiedHeader> out;
    for (BlockHeight height{*from}; height <= final && out.size() < *limit; height = height.next()) {
      const auto header = node_.chain().header(height);
      if (!header) return header.error();
      if (!*header)
        return make_error(
            ErrorCode::pruned, "from",
            "is " + std::to_string(*from) + "; block " + std::to_string(height.value) + " is not held here",
            "a later block, or a node that holds it");
      const auto certificate = node_.chain().certificate(height);
      if (!certificate) return certificate.error();
      out.push_back({**header, *certificate});
    }
    return bytes_response(encode(out));
  });
  add("GET", "/v1/epochs", [this](const ApiCall&) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto links = ledger::epoch_links(*(*final_view)->reader, (*final_view)->header.epoch);
    if (!links) return links.error();
    return bytes_response(encode(*links));
  });
}

}  // namespace tally::node
