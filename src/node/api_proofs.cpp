// Proof files: what a client can keep and anybody can check without this node. All of one answer comes from one final
// moment.
#include "contracts/history_terms.h"
#include "contracts/proof_story.h"
#include "node/api_pages.h"

namespace tally::node {

namespace {

Result<HttpResponse> file_response(const Result<ledger::ProofDocument>& document) {
  if (!document) return document.error();
  const Bytes file = ledger::encode_proof_file(*document);
  if (file.size() > ledger::kProofFileBytesMax)
    return make_error(ErrorCode::too_large, "proof", "would have " + std::to_string(file.size()) + " bytes",
                      "at most " + std::to_string(ledger::kProofFileBytesMax));
  HttpResponse response;
  response.content_type = "application/octet-stream";
  response.body = std::string(as_text(file));
  return response;
}

constexpr std::uint64_t kEntriesMax = 10'000;

Result<ledger::HistoryWanted> history_from(const ApiCall& call) {
  ledger::HistoryWanted wanted;
  if (call.request.query.contains("from")) {
    const auto from = call.number("from", 0, ~0ULL);
    if (!from) return from.error();
    wanted.first = *from;
    return wanted;
  }
  const auto last = call.number("last", 10, kEntriesMax);
  if (!last) return last.error();
  wanted.last = *last;
  return wanted;
}

}  // namespace

Result<HttpResponse> Api::account_proof(const ApiCall& call,
                                        const std::optional<ledger::HistoryWanted>& history) const {
  const auto subject = subject_from(call.parts[1]);
  if (!subject) return subject.error();
  if (Status allowed = may_read_subject(call, *subject); !allowed) return allowed.error();
  const auto final_view = view();
  if (!final_view) return final_view.error();
  const auto id = queries_.account_id(*(*final_view)->reader, call.parts[0], call.text("book"), *subject,
                                      (*final_view)->header.time);
  if (!id) return id.error();
  return file_response(ledger::prove_state(node_.chain().id(), **final_view, contracts::account_wanted(*id, history),
                                           contracts::history_of));
}

void Api::add_proof_routes() {
  add("GET", "/v1/proofs/transaction/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto id = TransactionId::from_hex(call.parts[0]);
    if (!id)
      return make_error(ErrorCode::invalid_field, "id", "is \"" + call.parts[0].substr(0, 80) + "\"",
                        "64 lower-case hexadecimal digits");
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto place = node_.chain().place_of(*id);
    if (!place) return place.error();
    if (!*place)
      return make_error(ErrorCode::not_found, "id", "is " + id->hex() + ", which no block here holds",
                        "the id of an executed transaction");
    return file_response(
        ledger::prove_transaction(node_.chain(), *(*final_view)->reader, (*place)->height, (*place)->index));
  });
  add("GET", "/v1/proofs/account/{}/{}", [this](const ApiCall& call) { return account_proof(call, std::nullopt); });
  add("GET", "/v1/proofs/history/{}/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto history = history_from(call);
    if (!history) return history.error();
    return account_proof(call, *history);
  });
  add("GET", "/v1/proofs/gate/{}/{}/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto subject = subject_from(call.parts[1]);
    if (!subject) return subject.error();
    if (Status allowed = may_read_subject(call, *subject); !allowed) return allowed.error();
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto& reader = *(*final_view)->reader;
    const TimestampMs now = (*final_view)->header.time;
    const auto id = queries_.account_id(reader, call.parts[0], call.text("book"), *subject, now);
    if (!id) return id.error();
    const auto wanted = contracts::gate_wanted(queries_, reader, *id, call.parts[2], now);
    if (!wanted) return wanted.error();
    return file_response(ledger::prove_state(node_.chain().id(), **final_view, *wanted, contracts::history_of));
  });
}

}  // namespace tally::node
