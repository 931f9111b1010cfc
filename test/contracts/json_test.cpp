// JSON forms: round trips to the byte, and errors that name the path.
#include "contracts/genesis_json.h"
#include "contracts/transaction_json.h"
#include "contracts/village.h"
#include "scenario/village_year.h"

namespace {

using namespace tally;
using namespace tally::contracts;

ledger::Genesis sample_genesis() {
  scenario::Options options;
  options.households = 3;
  const auto year = scenario::make_village_year(options);
  ledger::Genesis genesis;
  genesis.name = "test";
  genesis.purpose = ledger::Purpose::development;
  genesis.time = at("2026-01-01");
  genesis.clock = ledger::ClockMode::test;
  genesis.window = 32;
  genesis.validators.push_back({"office", key_of("validator")});
  for (const auto& operation : scenario::genesis_operations(year, qingzhen_text(), true))
    genesis.operations.push_back(encode_operation(operation));
  return genesis;
}

std::optional<unsigned> scale_one(const RulebookId&) {
  return 1;
}

TEST_CASE("a genesis survives its JSON form to the byte") {
  const auto genesis = sample_genesis();
  const auto text = genesis_text(genesis);
  const auto back = parse_genesis(text);
  INFO((back ? "" : back.error().text()));
  REQUIRE(back.has_value());
  CHECK(*back == genesis);
  CHECK(ledger::chain_id(*back) == ledger::chain_id(genesis));
  const auto json = genesis_json(genesis);
  CHECK(json["time"] == "2026-01-01T00:00:00Z");
  CHECK(json["operations"][0]["type"] == "register_unit");
  CHECK(json["operations"][14]["document"] == qingzhen_text());
}

TEST_CASE("mistakes in a genesis name their path") {
  const auto problem = [](const std::function<void(Json&)>& change) {
    auto json = genesis_json(sample_genesis());
    change(json);
    return genesis_from_json(json).error().text();
  };
  CHECK(problem([](Json& json) { json["time"] = "soon"; }) ==
        "time: is \"soon\"; expected a UTC time such as 2026-03-01 or 2026-03-01T08:00:00Z");
  CHECK(problem([](Json& json) { json["operations"][3]["roles"][0] = "mayor"; }) ==
        "operations[3].roles[0]: is \"mayor\"; expected one of registrar, recorder, endorser, arbiter, bank_officer, "
        "auditor, governor, clock");
  CHECK(problem([](Json& json) { json["operations"][0]["colour"] = 1; }) ==
        "operations[0].colour: is not a known field; expected one of unit, kind, title");
  CHECK(problem([](Json& json) { json["operations"][0]["type"] = "vanish"; }).starts_with("operations[0].type: is "));
  CHECK(problem([](Json& json) { json.erase("validators"); }) == "validators: is missing");
}

TEST_CASE("a rulebook document may stand as an object in an operation") {
  const auto document = parse_json(qingzhen_text()).value();
  const auto operation = operation_from_json(Json{{"type", "deploy_rulebook"}, {"document", document}});
  REQUIRE(operation.has_value());
  const auto& text = std::get<DeployRulebook>(*operation).document;
  CHECK(compile_rulebook(text).rulebook != nullptr);
  CHECK(operation_from_json(operation_json(*operation)).value() == *operation);
}

TEST_CASE("a transaction survives its JSON form, amounts stand beside their points") {
  Village village;
  auto award = village.award("QZ7");
  award.amount = Amount{25};
  ledger::SignedTransaction transaction;
  transaction.body.author = key_of("recorder");
  transaction.body.valid_until = at("2026-06-20");
  for (const Operation& operation :
       {Operation(award), Operation(village.deduct("QZ4")), Operation(Resolve{3, Resolution::dismissed, paper("so")}),
        Operation(AdvanceClock{at("2026-07-01")})})
    transaction.body.operations.push_back(encode_operation(operation));
  transaction.body.operations.push_back(Bytes{0xff, 0x01});  // no operation
  transaction.signatures.push_back({key_of("recorder"), {}});
  const auto json = transaction_json(transaction, scale_one);
  CHECK(json["body"]["valid_until"] == "2026-06-20T00:00:00Z");
  CHECK(json["body"]["operations"][0]["amount"] == "25");
  CHECK(json["body"]["operations"][0]["amount_points"] == "2.5");
  CHECK(json["body"]["operations"][0]["event_time"] == "2026-06-01T08:00:00Z");
  CHECK(json["body"]["operations"][3]["to"] == "2026-07-01T00:00:00Z");
  CHECK(json["body"]["operations"][4] == "ff01");
  CHECK(transaction_from_json(json, scale_one).value() == transaction);
  CHECK(transaction_from_json(json).value() == transaction);

  auto points_only = json;
  points_only["body"]["operations"][0].erase("amount");
  CHECK(transaction_from_json(points_only, scale_one).value() == transaction);
  CHECK(transaction_from_json(points_only).error().text() ==
        "body.operations[0].amount: is missing, and the scale of the points is unknown; expected the raw amount");
  auto disagree = json;
  disagree["body"]["operations"][0]["amount_points"] = "3.5";
  CHECK(transaction_from_json(disagree, scale_one).error().text() ==
        "body.operations[0].amount_points: is \"3.5\", but the raw amount is \"25\"; expected two forms of one amount, "
        "or only one of them");
  auto other_id = json;
  other_id["id"] = std::string(64, '0');
  CHECK(transaction_from_json(other_id).error().field == "id");
  auto bad_time = json;
  bad_time["body"]["operations"][0]["event_time"] = "yesterday";
  CHECK(transaction_from_json(bad_time).error().field == "body.operations[0].event_time");
}

TEST_CASE("receipts, entries, cases, accounts and due events survive their JSON forms") {
  Village village;
  ledger::Receipt receipt;
  receipt.results.push_back(village.run(village.award("QZ7"), by("recorder")));
  receipt.results.push_back(village.run(village.award("QZ9", household("chen"), 3), by("recorder")));
  ledger::SignedTransaction transaction;
  transaction.body.operations = {encode_operation(village.award("QZ7")), encode_operation(village.award("QZ9"))};
  const auto shown = receipt_json(receipt, &transaction, scale_one);
  CHECK(shown["results"][0]["output"]["change_points"] == "3.0");
  CHECK(shown["results"][0]["output"]["score"] == "1030");
  CHECK(shown["results"][1]["code"] == "amount_out_of_range");
  CHECK(shown["results"][1]["output"].is_null());
  CHECK(receipt_from_json(shown).value() == receipt);
  auto bad_code = shown;
  bad_code["results"][1]["code"] = "oops";
  CHECK(receipt_from_json(bad_code).error().text() ==
        "results[1].code: is \"oops\"; expected ok or the code of a refusal");

  village.done(village.deduct("QZ3"), by("recorder", "endorser"));
  const auto entry = village.entries(household("chen")).back();
  CHECK(entry_json(entry, 1)["score_points"] == "103.0");
  CHECK(entry_from_json(entry_json(entry, 1), 1).value() == entry);
  const auto store = village.state().to_store();
  const Queries queries;
  const auto view = queries.account(*store, "qingzhen", "", household("chen"), village.now()).value();
  const auto account = account_json(view);
  CHECK(account["score_points"] == "103.0");
  CHECK(account["gates"][0]["at_least_points"] == "60.0");
  CHECK(account["open_cases"][0]["record"]["deadline"] == "2026-06-11T08:00:00Z");
  CHECK(account_from_json(account).value() == view);
  const CaseView item{1, village.case_record(1)};
  CHECK(case_from_json(case_json(item, 1), 1).value() == item);
  CHECK(history_json(queries.history(*store, "qingzhen", "", household("chen"), {}, 10).value())["entries"].size() ==
        2);
  const auto events = village.after_days(10);
  const auto event = due_event_json(events.at(0), scale_one);
  CHECK(event["change_points"] == "-10.0");
  CHECK(due_event_from_json(event).value() == events[0]);
}

}  // namespace
