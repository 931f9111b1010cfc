// Who validates, what is proposed, and which protocol version is in force. Open to all: an office that wants to join
// has no key yet that the chain knows.
#include "contracts/governance_json.h"
#include "ledger/genesis.h"
#include "node/api.h"

namespace tally::node {

namespace {

constexpr std::size_t kRowsDefault = 100;

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
    const auto rows = call.number("limit", kRowsDefault, limits::kPageRowsMax);
    if (!rows) return rows.error();
    const auto all = call.flag("all");
    if (!all) return all.error();
    const std::string cursor = call.text("cursor");
    const auto page = contracts::proposal_views(*(*final_view)->reader, !*all, (*final_view)->header.time,
                                                cursor.empty() ? std::nullopt : std::optional(cursor),
                                                std::max<std::size_t>(*rows, 1));
    if (!page) return page.error();
    Json list = Json::array();
    for (const auto& row : page->rows) list.push_back(contracts::proposal_json(row));
    return json_response({{"rows", list}, {"next", page->next ? Json(*page->next) : Json(nullptr)}});
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
