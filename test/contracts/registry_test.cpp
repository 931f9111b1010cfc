// Units, officers, keys, subjects and accounts: each operation with its refusals, code and exact message.
#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

struct Row {
  const char* why;
  Operation operation;
  Signers signers;
  ErrorCode code;
  std::string message;
};

void check(Village& village, const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    INFO(row.why);
    const auto result = village.run(row.operation, row.signers);
    CHECK(result.code == row.code);
    CHECK(result.message == row.message);
  }
}

std::string person(std::string_view name) {
  return person_of(name).short_hex();
}
std::string key(std::string_view name) {
  return key_of(name).short_hex();
}

TEST_CASE("units: below the registrar's own, under a registered parent, once") {
  Village village;
  const UnitId fresh = kTown + "/wangjia";
  check(village,
        {
            {"not a registrar", RegisterUnit{fresh, UnitKind::village, "W"}, by("recorder"), ErrorCode::missing_role,
             "register_unit: person " + person("recorder") + " is recorder; expected the role registrar"},
            {"not below own unit", RegisterUnit{"yingshan/other", UnitKind::town, "O"}, by("registrar"),
             ErrorCode::outside_unit,
             "register_unit: person " + person("registrar") +
                 " acts for yingshan/qingzhen, which yingshan is not in; expected an officer of yingshan or of a unit "
                 "above it"},
            {"a root", RegisterUnit{"hubei", UnitKind::province, "H"}, by("county registrar"), ErrorCode::wrong_state,
             "register_unit: unit \"hubei\" is a root; expected a unit below a registered one: roots stand in the "
             "genesis"},
            {"no parent", RegisterUnit{"yingshan/nowhere/wangjia", UnitKind::village, "W"}, by("county registrar"),
             ErrorCode::not_registered,
             "register_unit: unit \"yingshan/nowhere\" is not registered; expected a registered unit"},
            {"twice", RegisterUnit{kLudishao, UnitKind::village, "L"}, by("registrar"), ErrorCode::already_registered,
             "register_unit: unit \"yingshan/qingzhen/ludishao\" is registered already; expected another path"},
            {"bad path", RegisterUnit{"yingshan//x", UnitKind::village, "L"}, by("registrar"), ErrorCode::invalid_field,
             "register_unit: unit is \"yingshan//x\"; expected 1 to 6 segments of 1 to 32 characters out of a-z, 0-9 "
             "and -, joined by /, such as yingshan/qingzhen"},
            {"no title", RegisterUnit{fresh, UnitKind::village, ""}, by("registrar"), ErrorCode::invalid_field,
             "register_unit: title has 0 bytes; expected 1 to 512"},
            {"good", RegisterUnit{fresh, UnitKind::village, "W"}, by("registrar"), ErrorCode::ok, ""},
        });
  for (const char* bad : {"", "/", "a/", "A", "a b", "a/b/c/d/e/f/g", "abcdefghijklmnopqrstuvwxyz-0123456"})
    CHECK(village.genesis(RegisterUnit{bad, UnitKind::village, "t"}).code == ErrorCode::invalid_field);
}

TEST_CASE("officers: a registrar and a different registrar or governor, for their unit or below") {
  Village village;
  const auto fresh = [](std::string_view name) {
    return RegisterOfficer{person_of(name), key_of(name), kLudishao, {Role::recorder}, "new recorder"};
  };
  auto known_person = fresh("new");
  known_person.person = person_of("recorder");
  auto known_key = fresh("new");
  known_key.key = key_of("recorder");
  auto no_roles = fresh("new");
  no_roles.roles = {};
  auto twice = fresh("new");
  twice.roles = {Role::recorder, Role::recorder};
  auto low_order = fresh("new");
  low_order.key = {};
  check(village,
        {
            {"alone", fresh("new"), by("registrar"), ErrorCode::missing_role,
             "register_officer: has one signer; expected the signature of a second person, who is registrar "
             "or governor"},
            {"with an auditor", fresh("new"), by("registrar", "auditor"), ErrorCode::missing_role,
             "register_officer: person " + person("auditor") + " is auditor; expected the role registrar or governor"},
            {"a known person", known_person, by("registrar", "governor"), ErrorCode::already_registered,
             "register_officer: person " + person("recorder") +
                 " is registered already; expected change_keys for a new key"},
            {"a known key", known_key, by("registrar", "governor"), ErrorCode::already_registered,
             "register_officer: key " + key("recorder") + " is or was an officer's key; expected a new key"},
            {"no roles", no_roles, by("registrar", "governor"), ErrorCode::invalid_field,
             "register_officer: roles are empty; expected at least one role"},
            {"a role twice", twice, by("registrar", "governor"), ErrorCode::invalid_field,
             "register_officer: role recorder stands after recorder; expected each role once, in the order "
             "registrar, recorder, endorser, arbiter, bank_officer, auditor, governor, clock, leader, inspector, "
             "specialist, shopkeeper, oracle"},
            {"a bad key", low_order, by("registrar", "governor"), ErrorCode::invalid_field,
             "register_officer: key 00000000 is not an Ed25519 public key; expected a key made by tally keygen"},
            {"good", fresh("new"), by("registrar", "governor"), ErrorCode::ok, ""},
        });
  village.done(village.award("QZ7"), by("new"));
}

TEST_CASE("keys: lost and replaced, and one's own") {
  Village village;
  const auto change = [](std::string_view name, std::optional<PublicKey> added, std::optional<PublicKey> revoked) {
    return ChangeKeys{person_of(name), added, revoked};
  };
  const auto lost = change("recorder", key_of("recorder 2"), key_of("recorder"));
  check(village,
        {
            {"registrar alone", lost, by("registrar"), ErrorCode::missing_role,
             "change_keys: has one signer; expected the signature of a second person, who is registrar, recorder, "
             "endorser, arbiter or governor"},
            {"the owner as second person", lost, by("registrar", "recorder"), ErrorCode::same_person,
             "change_keys: person " + person("recorder") +
                 " would act twice; expected a different person, not another key or role of the same one"},
            {"a recorder for somebody else", lost, by("endorser", "registrar"), ErrorCode::missing_role,
             "change_keys: person " + person("endorser") + " is endorser; expected the role registrar"},
            {"nothing", change("recorder", std::nullopt, std::nullopt), by("recorder"), ErrorCode::invalid_field,
             "change_keys: neither adds nor revokes a key; expected added, revoked or both"},
            {"only revoking one's own", change("recorder", std::nullopt, key_of("recorder")), by("recorder"),
             ErrorCode::missing_role,
             "change_keys: a person would only revoke an own key; expected a new key with it, or a registrar and a "
             "second person"},
            {"somebody else's key", change("recorder", key_of("x"), key_of("endorser")),
             by("registrar", "county registrar"), ErrorCode::not_registered,
             "change_keys: key " + key("endorser") + " is not a key of person " + person("recorder") +
                 "; expected one of the person's keys in force"},
            {"lost and replaced", lost, by("registrar", "county registrar"), ErrorCode::ok, ""},
        });
  const auto old = village.run(village.award("QZ7"), by("recorder"));
  CHECK(old.code == ErrorCode::not_registered);
  CHECK(old.message == "award: key " + key("recorder") + " was revoked; expected the person's key in force");
  CHECK(village.done(village.award("QZ7"), by("recorder 2")).score == Amount{1030});
  // The entry names the same person: the key was replaced, not the officer.
  CHECK(village.entries(household("chen")).back().proposer == person_of("recorder"));
  // A revoked key comes back for nobody.
  CHECK(village.run(change("recorder", key_of("recorder"), std::nullopt), by("recorder 2")).code ==
        ErrorCode::already_registered);

  village.done(change("recorder", key_of("recorder 3"), std::nullopt), by("recorder 2"));
  const auto theft = village.run(change("recorder", key_of("thief"), key_of("recorder 2")), by("recorder 3"));
  CHECK(theft.code == ErrorCode::missing_role);
  CHECK(theft.message ==
        "change_keys: the revoked key is not the one that signs; expected the signing key, or a registrar and a second "
        "person");
  village.done(change("recorder", key_of("recorder 4"), key_of("recorder 3")), by("recorder 3"));
  village.done(village.award("QZ7"), by("recorder 4"));
}

TEST_CASE("subjects and accounts: registered once, in the registrar's units") {
  Village village;
  const auto subject = [](std::string_view name, UnitId unit = kLudishao) {
    return RegisterSubject{household(name), SubjectKind::household, std::move(unit), paper(name), std::nullopt};
  };
  auto no_commitment = subject("new");
  no_commitment.commitment = {};
  auto chens_key = subject("new");
  chens_key.key = key_of("chen");
  auto stranger = subject("new");
  stranger.person = person_of("stranger");
  auto shop = subject("shop");
  shop.kind = SubjectKind::object;
  village.done(shop, by("registrar"));
  check(village,
        {
            {"a recorder", subject("new"), by("recorder"), ErrorCode::missing_role,
             "register_subject: person " + person("recorder") + " is recorder; expected the role registrar"},
            {"above the town", subject("new", kCounty), by("registrar"), ErrorCode::outside_unit,
             "register_subject: person " + person("registrar") +
                 " acts for yingshan/qingzhen, which yingshan is not in; expected an officer of yingshan or of a unit "
                 "above it"},
            {"twice", subject("chen"), by("registrar"), ErrorCode::already_registered,
             "register_subject: subject " + household("chen").hex() + " is registered already; expected a new handle"},
            {"no commitment", no_commitment, by("registrar"), ErrorCode::invalid_field,
             "register_subject: commitment is zero; expected the salted digest of what the office's vault holds"},
            {"chen's key", chens_key, by("registrar"), ErrorCode::already_registered,
             "register_subject: key " + key("chen") + " is another subject's key; expected a new key"},
            {"a stranger's", stranger, by("registrar"), ErrorCode::not_registered,
             "register_subject: person " + person("stranger") +
                 " is not registered; expected a registered officer, or none"},
            {"account of nobody", OpenAccount{"qingzhen", household("new")}, by("registrar"), ErrorCode::not_registered,
             "open_account: subject " + household("new").hex() + " is not registered; expected a registered subject"},
            {"good", subject("new"), by("registrar"), ErrorCode::ok, ""},
            {"no such rulebook", OpenAccount{"suzhou", household("new")}, by("registrar"), ErrorCode::not_registered,
             "open_account: rulebook \"suzhou\" is not in force on 2026-06-01; expected a deployed rulebook whose "
             "effective time has come"},
            {"no book for shops", OpenAccount{"qingzhen", household("shop")}, by("registrar"), ErrorCode::invalid_field,
             "open_account: qingzhen keeps no book for a subject of kind object; expected a kind of subject that the "
             "rulebook scores"},
            {"good", OpenAccount{"qingzhen", household("new")}, by("registrar"), ErrorCode::ok, ""},
            {"twice", OpenAccount{"qingzhen", household("new")}, by("registrar"), ErrorCode::already_registered,
             "open_account: subject " + household("new").hex() + " has an account under qingzhen already"},
        });
}

TEST_CASE("a genesis registers and deploys, points need people") {
  Village village;
  for (const Operation& operation : {Operation(village.award("QZ7")), Operation(village.deduct("QZ3")),
                                     Operation(Reverse{"qingzhen", "credit", household("chen"), 0, paper("reason")}),
                                     Operation(AdvanceClock{village.now()}),
                                     Operation(ChangeKeys{person_of("recorder"), key_of("x"), std::nullopt})}) {
    INFO(name_of(operation));
    const auto result = village.genesis(operation);
    CHECK(result.code == ErrorCode::wrong_state);
    CHECK(result.message == std::string(name_of(operation)) +
                                ": stands in a genesis, where nobody signs; expected units, officers, subjects, "
                                "accounts and rulebooks only");
  }
}

TEST_CASE("the test clock: its role, its chain, never back, no wild leap") {
  Village village;
  check(village, {
                     {"a recorder", AdvanceClock{at("2026-07-01")}, by("recorder"), ErrorCode::missing_role,
                      "advance_clock: person " + person("recorder") + " is recorder; expected the role clock"},
                     {"back", AdvanceClock{at("2026-05-01")}, by("clock"), ErrorCode::invalid_field,
                      "advance_clock: time 2026-05-01T00:00:00Z lies before 2026-06-01T08:00:00Z; expected a later "
                      "time: the clock never goes back"},
                     {"too far", AdvanceClock{at("2126-05-01")}, by("clock"), ErrorCode::invalid_field,
                      "advance_clock: the clock would leap by more than 3660 days; expected a smaller step"},
                     {"good", AdvanceClock{at("2026-07-01")}, by("clock"), ErrorCode::ok, ""},
                     {"behind what was set", AdvanceClock{at("2026-06-15")}, by("clock"), ErrorCode::invalid_field,
                      "advance_clock: time 2026-06-15T00:00:00Z lies before 2026-07-01T00:00:00Z; expected a later "
                      "time: the clock never goes back"},
                 });
  const auto set = village.state().get(as_bytes(ledger::kTestClockKey));
  REQUIRE(set.has_value());
  CHECK(set->size() == 8);
  CHECK(decode<TimestampMs>(*set).value() == at("2026-07-01"));
  village.block().clock = ledger::ClockMode::real;
  const auto refused = village.run(AdvanceClock{at("2026-08-01")}, by("clock"));
  CHECK(refused.code == ErrorCode::test_clock_disabled);
  CHECK(refused.message == "advance_clock: this chain runs on real time; expected a chain on the test clock");
}

TEST_CASE("bytes that are no operation are refused with the field's path") {
  Village village;
  const ledger::OperationContext context{village.block(), nullptr, {}, 0};
  auto result = village.engine().execute(context, Bytes{200}, village.state());
  CHECK(result.code == ErrorCode::invalid_encoding);
  CHECK(result.rule == "operation");
  Bytes bytes = encode_operation(Endorse{1});
  bytes.push_back(0);
  CHECK(village.engine().execute(context, bytes, village.state()).message == "operation: 1 bytes follow the end");
}

TEST_CASE("refusals quote what people sent in short, and stay UTF-8") {
  Village village;
  std::string title;
  for (int i = 0; i < 40000; ++i) title += "青";
  auto award = village.award("QZ7");
  award.rulebook = title;
  auto rule = village.award("QZ7");
  rule.rule = title;
  auto document = with(qingzhen_text(), "\"scale\"", "\"" + title.substr(0, 90000) + "\": 1, \"scale\"");
  for (const Operation& operation :
       {Operation(award), Operation(rule), Operation(RegisterUnit{title, UnitKind::village, "x"}),
        Operation(OpenAccount{title, household("chen")}), Operation(Reverse{title, "credit", household("chen"), 1, {}}),
        Operation(DeployRulebook{document}), Operation(ProposeRulebook{document, {}}),
        Operation(ProposeParameters{{{title, 1}}, {}, 100, {}})}) {
    for (const auto& signers : {by("recorder"), by("registrar"), by("governor", "second governor")}) {
      const auto result = village.run(operation, signers);
      CHECK(result.code != ErrorCode::ok);
      CHECK(result.message.size() < 1100);
      CHECK(decode<ledger::OperationResult>(encode(result)).has_value());
    }
  }
}

}  // namespace
