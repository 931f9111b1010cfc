// The genesis, blocks, and the chain as bytes.
#include <charconv>

#include "common/time.h"
#include "contracts/genesis_json.h"
#include "contracts/records.h"
#include "contracts/transaction_json.h"
#include "ledger/prune.h"
#include "node/api.h"

namespace tally::node {

namespace {

Result<BlockHeight> height_from(const std::string& text, BlockHeight latest) {
  if (text == "latest") return latest;
  std::uint64_t height = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), height);
  if (failure != std::errc{} || end != text.data() + text.size())
    return make_error(ErrorCode::invalid_field, "height", "is \"" + text.substr(0, 40) + "\"",
                      "a block height or \"latest\"");
  if (BlockHeight{height} > latest)
    return make_error(ErrorCode::not_found, "height", "is " + text, "at most " + std::to_string(latest.value));
  return BlockHeight{height};
}

Json block_json(const ledger::CertifiedBlock& block, const ledger::BlockReceipts& receipts) {
  Json transactions = Json::array();
  for (const auto& receipt : receipts.receipts) transactions.push_back(contracts::receipt_json(receipt));
  Json due = Json::array();
  for (const auto& bytes : receipts.due.events) {
    const auto event = decode<contracts::DueEvent>(bytes);
    due.push_back(event ? contracts::due_event_json(*event) : Json(to_hex(bytes)));
  }
  return {{"header", to_json(block.header)},
          {"digest", ledger::digest_of(block.header).hex()},
          {"time", format_time(block.header.time)},
          {"batch_bytes", block.batch.size()},
          {"certificate", to_json(block.certificate)},
          {"due", due},
          {"receipts", transactions}};
}

constexpr std::size_t kEvidenceAnswerBytes = 4 * limits::kMiB;

// In words and in bytes. `validators` of its epoch, if that is known here.
Json evidence_json(const consensus::Misconduct& misconduct, const std::optional<consensus::ValidatorSet>& validators) {
  Json out = {{"epoch", to_json(misconduct.epoch)},
              {"replica", misconduct.replica.value},
              {"what", consensus::describe(misconduct)},
              {"messages", to_json(misconduct.messages)},
              {"bytes", to_hex(encode(misconduct))}};
  if (validators && validators->has(misconduct.replica)) {
    const auto& member = validators->members[misconduct.replica.value];
    out["organisation"] = member.name;
    out["key"] = member.key.hex();
  }
  return out;
}

void put_record(std::string& out, const Bytes& bytes) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(bytes.size() >> shift));
  out.append(as_text(bytes));
}

}  // namespace

void Api::add_ledger_routes() {
  add("GET", "/v1/genesis", [this](const ApiCall&) -> Result<HttpResponse> {
    HttpResponse response;
    response.body = contracts::genesis_text(node_.genesis());
    return response;
  });
  add("GET", "/v1/blocks/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = is_registered(call); !allowed) return allowed.error();
    const auto height = height_from(call.parts[0], node_.chain().final_height());
    if (!height) return height.error();
    const auto block = node_.chain().block(*height);
    if (!block) return block.error();
    const auto receipts = node_.chain().receipts(*height);
    if (!receipts) return receipts.error();
    if (!*block) return make_error(ErrorCode::not_found, "height", "is not held by this node");
    if (!*receipts) return ledger::pruned_receipts(*height);
    return json_response(block_json(**block, **receipts));
  });
  add("GET", "/v1/evidence", [this](const ApiCall& call) { return evidence(call); });
  add("GET", "/v1/chain", [this](const ApiCall& call) -> Result<HttpResponse> { return chain_bytes(call); });
}

// Open to all: whoever is named signed it.
Result<HttpResponse> Api::evidence(const ApiCall& call) const {
  const auto limit = call.number("limit", 100, limits::kPageRowsMax);
  if (!limit) return limit.error();
  const auto after = from_hex(call.text("cursor"));
  if (!after)
    return make_error(ErrorCode::invalid_field, "cursor", "is not hexadecimal", "`next` of an earlier answer");
  const auto pieces = node_.evidence().list(*after, std::max<std::size_t>(*limit, 1), kEvidenceAnswerBytes);
  if (!pieces) return pieces.error();
  Json rows = Json::array();
  for (const auto& piece : *pieces) {
    const auto validators = node_.chain().validators_of(piece.misconduct.epoch);
    if (!validators) return validators.error();
    rows.push_back(evidence_json(piece.misconduct, *validators));
  }
  return json_response({{"evidence", rows}, {"next", pieces->empty() ? "" : to_hex(pieces->back().key)}});
}

// Certified blocks as they are stored, from a height on; ends at a block that carries its certificate.
Result<HttpResponse> Api::chain_bytes(const ApiCall& call) const {
  if (Status allowed = is_registered(call); !allowed) return allowed.error();
  const auto from = call.number("from", 1, ~0ULL);
  if (!from) return from.error();
  const BlockHeight final = node_.chain().final_height();
  HttpResponse response;
  response.content_type = "application/octet-stream";
  std::size_t whole = 0;  // bytes up to the last block that carries its certificate
  BlockHeight next{std::max<std::uint64_t>(*from, 1)};
  for (BlockHeight height = next; height <= final; height = height.next()) {
    const auto block = node_.chain().block(height);
    if (!block) return block.error();
    if (!*block)
      return make_error(ErrorCode::not_found, "from", "block " + std::to_string(height.value) + " is not held");
    put_record(response.body, encode(**block));
    if ((*block)->certificate) {
      whole = response.body.size();
      next = height.next();
      if (whole >= limits::kMiB) break;
    }
  }
  response.body.resize(whole);
  response.headers.emplace_back("tally-next", std::to_string(next.value));
  response.headers.emplace_back("tally-final", std::to_string(final.value));
  return response;
}

}  // namespace tally::node
