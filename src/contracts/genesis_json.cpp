#include "contracts/genesis_json.h"

#include "common/limits.h"
#include "common/time.h"
#include "contracts/transaction_json.h"

namespace tally::contracts {

Json genesis_json(const ledger::Genesis& genesis) {
  Json out = to_json(genesis);
  out["time"] = time_text(genesis.time);
  Json operations = Json::array();
  for (const auto& bytes : genesis.operations) {
    const auto operation = decode_operation(bytes);
    operations.push_back(operation ? operation_json(*operation) : Json(to_hex(bytes)));
  }
  out["operations"] = std::move(operations);
  return out;
}

Result<ledger::Genesis> genesis_from_json(const Json& json) {
  if (!json.is_object()) return json_detail::wrong_kind(json, "an object");
  Json plain = json;
  if (plain.contains("time")) {
    auto time = wire_form(Json{{"time", plain["time"]}}, std::nullopt);
    if (!time) return time.error();
    plain["time"] = (*time)["time"];
  }
  if (plain.contains("operations") && plain["operations"].is_array()) {
    for (std::size_t i = 0; i < plain["operations"].size(); ++i) {
      auto& shown = plain["operations"][i];
      if (shown.is_string()) continue;
      auto operation = operation_from_json(shown);
      if (!operation) return Error(operation.error()).within("operations[" + std::to_string(i) + "]");
      shown = to_hex(encode_operation(*operation));
    }
  }
  return from_json<ledger::Genesis>(plain);
}

std::string genesis_text(const ledger::Genesis& genesis) {
  return genesis_json(genesis).dump(2) + "\n";
}

Result<ledger::Genesis> parse_genesis(std::string_view text) {
  if (text.size() > limits::kGenesisBytesMax)
    return make_error(ErrorCode::too_large, "genesis", "has " + std::to_string(text.size()) + " bytes",
                      "at most " + std::to_string(limits::kGenesisBytesMax));
  auto json = parse_json(text);
  if (!json) return json.error();
  return genesis_from_json(*json);
}

}  // namespace tally::contracts
