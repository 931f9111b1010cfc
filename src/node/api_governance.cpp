// Who validates, what is proposed, and which protocol version is in force. Open to all: an office that wants to join
// has no key yet that the chain knows.
#include "contracts/governance_json.h"
#include "ledger/genesis.h"
#include "node/api_pages.h"

namespace tally::node {

namespace {

// The executed block that ends the epoch of `members` and waits for its certificate.
std::optional<BlockHeight> pending_ending(const ledger::Chain& chain, const consensus::ValidatorSet& members) {
  const ledger::BlockHeader head = chain.head().header;
  if (head.epoch != members.epoch || head.next_validators == ledger::digest_of(members)) return std::nullopt;
  return head.height;
}

}  // namespace

void Api::add_governance_routes() {
  add("GET", "/v1/validators", [this](const ApiCall&) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto members = node_.chain().validators_after(**final_view);
    if (!members) return members.error();
    const auto validators = contracts::validators_view(*(*final_view)->reader, *members);
    if (!validators) return validators.error();
    return json_response(
        contracts::validators_json(*validators, (*final_view)->height, pending_ending(node_.chain(), *members)));
  });
  add("GET", "/v1/proposals", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto asked = proposals_asked(call);
    if (!asked) return asked.error();
    return page_response(contracts::proposal_views(*(*final_view)->reader, asked->open_only, (*final_view)->header.time,
                                                   asked->cursor, asked->rows),
                         [](const auto& row) { return contracts::proposal_json(row); });
  });
  add("GET", "/v1/proposals/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto number = from_json<std::uint64_t>(Json(call.parts[0]));
    if (!number) return Error(number.error()).within("proposal");
    const auto found = contracts::proposal_view(*(*final_view)->reader, *number, (*final_view)->header.time);
    if (!found) return found.error();
    return json_response(contracts::proposal_json(*found));
  });
  add("GET", "/v1/protocol", [this](const ApiCall&) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto protocol = contracts::protocol_view(*(*final_view)->reader, (*final_view)->height);
    if (!protocol) return protocol.error();
    return json_response(contracts::protocol_json(*protocol, (*final_view)->height, ledger::kProtocolVersion));
  });
}

}  // namespace tally::node
