#include "contracts/transaction_json.h"

#include <boost/describe/enum_from_string.hpp>

#include "contracts/unit.h"

namespace tally::contracts {

namespace {

std::optional<unsigned> scale_in(const Json& json, const ScaleOf& scale_of) {
  if (!scale_of || !json.is_object()) return std::nullopt;
  const auto rulebook = json.find("rulebook");
  if (rulebook == json.end() || !rulebook->is_string()) return std::nullopt;
  return scale_of(rulebook->get<std::string>());
}

// Reads a described struct out of its people's form.
template <class T>
Result<T> read_shown(const Json& json, std::optional<unsigned> scale) {
  auto plain = wire_form(json, scale);
  if (!plain) return plain.error();
  return from_json<T>(*plain);
}

Json operation_bytes_json(const Bytes& bytes, const ScaleOf& scale_of) {
  const auto operation = decode_operation(bytes);
  return operation ? operation_json(*operation, scale_of) : Json(to_hex(bytes));
}

}  // namespace

Json operation_json(const Operation& operation, const ScaleOf& scale_of) {
  Json plain = to_json(operation);
  const auto scale = scale_in(plain, scale_of);
  return people_form(std::move(plain), scale);
}

Result<Operation> operation_from_json(const Json& json, const ScaleOf& scale_of) {
  const auto document = json.is_object() ? json.find("document") : json.end();
  const bool embedded = document != json.end() && document->is_object();
  if (embedded) {
    // Its fields are the rulebook's own affair: nothing inside is touched.
    Json copy = json;
    copy["document"] = document->dump(2) + "\n";
    return from_json<Operation>(copy);
  }
  return read_shown<Operation>(json, scale_in(json, scale_of));
}

Json transaction_json(const ledger::SignedTransaction& transaction, const ScaleOf& scale_of) {
  Json body = to_json(transaction.body);
  body["valid_until"] = time_text(transaction.body.valid_until);
  Json operations = Json::array();
  for (const auto& bytes : transaction.body.operations) operations.push_back(operation_bytes_json(bytes, scale_of));
  body["operations"] = std::move(operations);
  Json out = Json::object();
  out["id"] = ledger::id_of(transaction.body).hex();
  out["body"] = std::move(body);
  out["signatures"] = to_json(transaction.signatures);
  return out;
}

namespace {

// Typed operations become the hexadecimal bytes that the plain form has.
Result<Json> plain_operations(const Json& operations, const ScaleOf& scale_of) {
  if (!operations.is_array()) return json_detail::wrong_kind(operations, "an array of operations");
  Json out = Json::array();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].is_string()) {
      out.push_back(operations[i]);
      continue;
    }
    auto operation = operation_from_json(operations[i], scale_of);
    if (!operation) return Error(operation.error()).within("[" + std::to_string(i) + "]");
    out.push_back(to_hex(encode_operation(*operation)));
  }
  return Result<Json>(boost::system::in_place_value, std::move(out));
}

Result<Json> plain_body(const Json& body, const ScaleOf& scale_of) {
  if (!body.is_object()) return json_detail::wrong_kind(body, "an object");
  Json out = Json::object();
  for (const auto& [key, value] : body.items()) {
    auto plain = key == "operations" ? plain_operations(value, scale_of) : wire_form(Json{{key, value}}, std::nullopt);
    if (!plain) return key == "operations" ? Error(plain.error()).within(key) : plain.error();
    if (key == "operations")
      out[key] = *std::move(plain);
    else
      out[key] = (*plain)[key];
  }
  return Result<Json>(boost::system::in_place_value, std::move(out));
}

}  // namespace

Result<ledger::SignedTransaction> transaction_from_json(const Json& json, const ScaleOf& scale_of) {
  if (!json.is_object()) return json_detail::wrong_kind(json, "an object with a body and signatures");
  Json plain = json;
  plain.erase("id");
  if (plain.contains("body")) {
    auto body = plain_body(plain["body"], scale_of);
    if (!body) return Error(body.error()).within("body");
    plain["body"] = *std::move(body);
  }
  auto transaction = from_json<ledger::SignedTransaction>(plain);
  if (!transaction) return transaction;
  if (const auto id = json.find("id"); id != json.end()) {
    const auto real = ledger::id_of(transaction->body).hex();
    if (*id != Json(real))
      return make_error(ErrorCode::invalid_field, "id", "is " + excerpt(id->dump(), 80), "the body's, " + real);
  }
  return transaction;
}

Json receipt_json(const ledger::Receipt& receipt, const ledger::SignedTransaction* transaction,
                  const ScaleOf& scale_of) {
  Json out = to_json(receipt);
  for (std::size_t i = 0; i < receipt.results.size(); ++i) {
    const auto& bytes = receipt.results[i].output;
    auto& shown = out["results"][i]["output"];
    const auto output = decode_output(bytes);
    if (bytes.empty()) shown = nullptr;
    if (bytes.empty() || !output) continue;
    std::optional<unsigned> scale;
    if (transaction != nullptr && i < transaction->body.operations.size())
      if (const auto operation = decode_operation(transaction->body.operations[i]))
        scale = scale_in(to_json(*operation), scale_of);
    shown = people_form(to_json(*output), scale);
  }
  return out;
}

namespace {

// Receipts with their codes by name: a Result cannot hold an ErrorCode as its value, so from_json cannot give one.
struct NamedResult {
  std::string code;
  std::string rule;
  std::string message;
  Bytes output;
};
BOOST_DESCRIBE_STRUCT(NamedResult, (), (code, rule, message, output))
struct NamedReceipt {
  TransactionId transaction;
  std::string code;
  std::string message;
  std::vector<NamedResult> results;
};
BOOST_DESCRIBE_STRUCT(NamedReceipt, (), (transaction, code, message, results))

Status read_code(const std::string& name, ErrorCode& code) {
  if (boost::describe::enum_from_string(name.c_str(), code)) return {};
  return make_error(ErrorCode::invalid_field, "code", "is \"" + excerpt(name, 40) + "\"",
                    "ok or the code of a refusal");
}

Result<ledger::Receipt> receipt_of(const NamedReceipt& named) {
  ledger::Receipt out;
  out.transaction = named.transaction;
  out.message = named.message;
  if (auto code = read_code(named.code, out.code); !code) return code.error();
  for (std::size_t i = 0; i < named.results.size(); ++i) {
    const auto& from = named.results[i];
    auto& to = out.results.emplace_back();
    to.rule = from.rule;
    to.message = from.message;
    to.output = from.output;
    if (auto code = read_code(from.code, to.code); !code)
      return Error(code.error()).within("results[" + std::to_string(i) + "]");
  }
  return out;
}

}  // namespace

Result<ledger::Receipt> receipt_from_json(const Json& json) {
  Json plain = json;
  if (plain.is_object() && plain.contains("results") && plain["results"].is_array()) {
    for (std::size_t i = 0; i < plain["results"].size(); ++i) {
      auto& result = plain["results"][i];
      if (!result.is_object() || !result.contains("output")) continue;
      auto& output = result["output"];
      if (output.is_null()) output = "";
      if (output.is_string()) continue;
      auto read = read_shown<OperationOutput>(output, std::nullopt);
      if (!read) return Error(read.error()).within("results[" + std::to_string(i) + "].output");
      output = to_hex(encode(*read));
    }
  }
  auto named = from_json<NamedReceipt>(plain);
  if (!named) return named.error();
  return receipt_of(*named);
}

Json entry_json(const Entry& entry, unsigned scale) {
  return people_form(to_json(entry), scale);
}
Result<Entry> entry_from_json(const Json& json, unsigned scale) {
  return read_shown<Entry>(json, scale);
}

Json case_json(const CaseView& view, std::optional<unsigned> scale) {
  return people_form(to_json(view), scale);
}
Result<CaseView> case_from_json(const Json& json, std::optional<unsigned> scale) {
  return read_shown<CaseView>(json, scale);
}

Json account_json(const AccountView& view) {
  return people_form(to_json(view), view.scale);
}

Result<AccountView> account_from_json(const Json& json) {
  std::optional<unsigned> scale;
  if (json.is_object() && json.contains("scale"))
    if (const auto number = from_json<std::uint32_t>(json["scale"]); number && *number <= kScaleMax) scale = *number;
  return read_shown<AccountView>(json, scale);
}

Json history_json(const HistoryPage& page) {
  return people_form(to_json(page), page.scale);
}

Json entry_row_json(const EntryRow& row) {
  return people_form(to_json(row), row.scale);
}

Json due_event_json(const DueEvent& event, const ScaleOf& scale_of) {
  return people_form(to_json(event), scale_of ? scale_of(event.rulebook) : std::nullopt);
}
Result<DueEvent> due_event_from_json(const Json& json) {
  return read_shown<DueEvent>(json, std::nullopt);
}

}  // namespace tally::contracts
