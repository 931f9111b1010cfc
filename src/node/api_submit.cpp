// Submitting transactions and asking what became of them.
#include "contracts/transaction_json.h"
#include "ledger/prune.h"
#include "node/api.h"

namespace tally::node {

namespace {

constexpr std::size_t kStatesMax = 5000;

Json error_json(const Error& error) {
  return {{"code", std::string(name_of(error.code))},
          {"field", error.field},
          {"problem", error.problem},
          {"expected", error.expected}};
}

// The field's array of hexadecimal strings in the body.
Result<std::vector<Bytes>> hex_list(const std::string& body, const char* field, std::size_t most) {
  auto json = parse_json(body);
  if (!json) return Error(json.error()).within("body");
  if (!json->is_object() || !json->contains(field))
    return make_error(ErrorCode::missing_field, field, "is missing", "an array of hexadecimal strings");
  auto list = from_json<std::vector<Bytes>>((*json)[field]);
  if (!list) return Error(list.error()).within(field);
  if (list->empty() || list->size() > most)
    return make_error(ErrorCode::invalid_field, field, "has " + std::to_string(list->size()) + " items",
                      "1 to " + std::to_string(most));
  return list;
}

Result<std::chrono::milliseconds> wait_time(std::uint64_t wait_ms) {
  const std::chrono::milliseconds wait(wait_ms);
  if (wait > limits::kHttpWaitMax)
    return make_error(ErrorCode::invalid_field, "wait_ms", "is " + std::to_string(wait_ms),
                      "at most " + std::to_string(std::chrono::milliseconds(limits::kHttpWaitMax).count()));
  return wait;
}

}  // namespace

void Api::submit(const HttpRequest& request, const Respond& respond) {
  if (!node_.failure().empty())
    return respond(problem(make_error(ErrorCode::busy, "", "this node has stopped voting: " + node_.failure(),
                                      "another node of the network")));
  auto list = hex_list(request.body, "transactions", limits::kTransactionOperationsMax);
  if (!list) return respond(problem(list.error()));
  node_.intake().submit(std::move(list).value(), [respond](std::vector<Submission> submissions) {
    Json results = Json::array();
    for (const Submission& one : submissions)
      results.push_back({{"id", one.id.hex()},
                         {"state", to_json(one.state)},
                         {"error", one.error ? error_json(*one.error) : Json(nullptr)}});
    respond(json_response({{"results", results}}));
  });
}

void Api::transaction(const HttpRequest& request, const Respond& respond) {
  const ApiCall call{request, {}, std::nullopt};
  const std::string text = request.path.substr(std::string_view("/v1/transactions/").size());
  const auto id = TransactionId::from_hex(text);
  if (!id)
    return respond(problem(make_error(ErrorCode::invalid_field, "id", "is \"" + text.substr(0, 80) + "\"",
                                      "64 lower-case hexadecimal digits")));
  const bool proof = call.text("proof") == "true";
  const auto answer = [this, id = *id, proof, respond](bool) {
    auto found = transaction_answer(id, proof);
    respond(found ? std::move(found).value() : problem(found.error()));
  };
  const auto wait_ms = call.number("wait_ms", 0, 1'000'000);
  if (!wait_ms) return respond(problem(wait_ms.error()));
  const auto wait = wait_time(*wait_ms);
  if (!wait) return respond(problem(wait.error()));
  if (wait->count() == 0) return answer(false);
  const auto settled = [this, id = *id] {
    const auto state = node_.state_of(id);
    return state == TransactionState::final || state == TransactionState::rejected;
  };
  node_.waiters().wait(*id, FinalityWaiters::Clock::now() + *wait, settled, answer);
}

// Many at once: waits for the last of the list, which settles after those submitted before it in most cases.
void Api::states(const HttpRequest& request, const Respond& respond) {
  const auto list = hex_list(request.body, "ids", kStatesMax);
  if (!list) return respond(problem(list.error()));
  const ApiCall call{request, {}, std::nullopt};
  std::vector<TransactionId> ids;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto id = TransactionId::from_view((*list)[i]);
    if (!id)
      return respond(problem(make_error(ErrorCode::invalid_field, "ids[" + std::to_string(i) + "]", "is not an id",
                                        "64 lower-case hexadecimal digits")));
    ids.push_back(*id);
  }
  const auto wait_ms = call.number("wait_ms", 0, 1'000'000);
  if (!wait_ms) return respond(problem(wait_ms.error()));
  const auto wait = wait_time(*wait_ms);
  if (!wait) return respond(problem(wait.error()));
  const auto open = [this](const TransactionId& id) {
    const auto state = node_.state_of(id);
    return state != TransactionState::final && state != TransactionState::rejected;
  };
  const auto last_open = std::find_if(ids.rbegin(), ids.rend(), open);
  const auto answer = [this, ids, respond](bool) {
    Json states = Json::array();
    for (const auto& id : ids) states.push_back(to_json(node_.state_of(id)));
    respond(json_response({{"states", states}}));
  };
  if (wait->count() == 0 || last_open == ids.rend()) return answer(true);
  const TransactionId awaited = *last_open;
  node_.waiters().wait(
      awaited, FinalityWaiters::Clock::now() + *wait, [open, awaited] { return !open(awaited); }, answer);
}

Result<HttpResponse> Api::transaction_answer(const TransactionId& id, bool with_proof) const {
  const TransactionState state = node_.state_of(id);
  Json out = {{"id", id.hex()}, {"state", to_json(state)}};
  if (state != TransactionState::final && state != TransactionState::rejected) return json_response(out);
  const auto found = node_.chain().place_of(id);
  if (!found) return found.error();
  const auto place = **found;
  const auto receipts = node_.chain().receipts(place.height);
  if (!receipts) return receipts.error();
  const auto header = node_.chain().header(place.height);
  if (!header) return header.error();
  if (!*receipts || !*header) return ledger::pruned_receipts(place.height);
  out["height"] = to_json(place.height);
  out["index"] = place.index;
  out["time"] = to_json((*header)->time);
  out["receipt"] = contracts::receipt_json((*receipts)->receipts[place.index]);
  if (with_proof) {
    auto proof = node_.chain().prove_receipt(place.height, place.index);
    if (!proof) return proof.error();
    out["proof"] = to_json(proof.value());
  }
  return json_response(out);
}

}  // namespace tally::node
