#include "contracts/village.h"

#include <fstream>
#include <sstream>

#include "common/time.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

namespace tally::contracts {

TimestampMs at(std::string_view time) {
  return parse_time(time).value();
}

Digest paper(std::string_view name) {
  return crypto::digest(crypto::kHandleDomain, as_bytes("paper"), as_bytes(name));
}

PublicKey key_of(std::string_view name) {
  static std::map<std::string, PublicKey, std::less<>> known;
  if (const auto found = known.find(name); found != known.end()) return found->second;
  crypto::Seed seed = crypto::digest(crypto::kHandleDomain, as_bytes("key"), as_bytes(name)).bytes;
  return known[std::string(name)] = crypto::SecretKey::from_seed(seed).public_key();
}

namespace {
template <class Fixed>
Fixed named(std::string_view use, std::string_view name) {
  const Digest digest = crypto::digest(crypto::kHandleDomain, as_bytes(use), as_bytes(name));
  return *Fixed::from_view(digest.view().first(Fixed::kSize));
}
}  // namespace

PersonId person_of(std::string_view name) {
  return named<PersonId>("person", name);
}
SubjectHandle household(std::string_view name) {
  return named<SubjectHandle>("household", name);
}

std::string source_file(const std::string& path) {
  std::ifstream file(std::string(TALLY_SOURCE_DIR) + "/" + path);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string text_of_rulebook(const RulebookId& rulebook) {
  return source_file("rulebooks/" + rulebook + "/rulebook.json");
}

std::string qingzhen_text() {
  return text_of_rulebook("qingzhen");
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto place = text.find(from);
  INFO("looking for " << from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

Village::Village(std::string rulebook) {
  block_.time = at("2026-01-01");
  block_.clock = ledger::ClockMode::test;
  const auto must = [&](const Operation& operation) {
    const auto result = genesis(operation);
    INFO(result.message);
    REQUIRE(result.code == ErrorCode::ok);
  };
  must(RegisterUnit{kCounty, UnitKind::county, "Yingshan"});
  must(RegisterUnit{kTown, UnitKind::town, "Qingzhen"});
  must(RegisterUnit{kLudishao, UnitKind::village, "Ludishao"});
  must(RegisterUnit{kShizui, UnitKind::village, "Shizui"});
  add_officer("county registrar", kCounty, {Role::registrar});
  add_officer("registrar", kTown, {Role::registrar});
  add_officer("recorder", kLudishao, {Role::recorder});
  add_officer("endorser", kLudishao, {Role::endorser});
  add_officer("recorder and endorser", kLudishao, {Role::recorder, Role::endorser});
  add_officer("recorder of shizui", kShizui, {Role::recorder});
  add_officer("endorser of shizui", kShizui, {Role::endorser});
  add_officer("arbiter", kTown, {Role::arbiter});
  add_officer("bank officer", kTown, {Role::bank_officer});
  add_officer("auditor", kCounty, {Role::auditor});
  add_officer("governor", kCounty, {Role::governor});
  add_officer("second governor", kCounty, {Role::governor});
  add_officer("clock", kCounty, {Role::clock});
  must(DeployRulebook{std::move(rulebook)});
  add_household("chen", kLudishao, key_of("chen"));
  add_household("li", kLudishao);
  add_household("wu", kShizui);
  for (const char* name : {"chen", "li", "wu"}) must(OpenAccount{"qingzhen", household(name)});
  go_to(at("2026-06-01T08:00:00Z"));
}

void Village::add_officer(std::string_view name, const UnitId& unit, std::vector<Role> roles) {
  const auto result =
      genesis(RegisterOfficer{person_of(name), key_of(name), unit, std::move(roles), std::string(name)});
  INFO(result.message);
  REQUIRE(result.code == ErrorCode::ok);
}

void Village::add_household(std::string_view name, const UnitId& unit, std::optional<PublicKey> key,
                            std::optional<PersonId> person) {
  const auto result = genesis(RegisterSubject{household(name), SubjectKind::household, unit, paper(name), key, person});
  INFO(result.message);
  REQUIRE(result.code == ErrorCode::ok);
}

ledger::OperationResult Village::genesis(const Operation& operation) {
  const ledger::OperationContext context{block_, nullptr, {}, 0};
  return engine_.execute(context, encode_operation(operation), state_);
}

ledger::OperationResult Village::run(const Operation& operation, const Signers& signers) {
  ledger::SignedTransaction transaction;
  transaction.body.author = signers.author;
  transaction.signatures.push_back({signers.author, {}});
  for (const auto& key : signers.others) transaction.signatures.push_back({key, {}});
  TransactionId id;
  ++transactions_;
  std::memcpy(id.bytes.data(), &transactions_, sizeof transactions_);
  const ledger::OperationContext context{block_, &transaction, id, 0};
  const auto writes = state_.writes();
  auto result = engine_.execute(context, encode_operation(operation), state_);
  if (result.code != ErrorCode::ok) CHECK(state_.writes() == writes);
  return result;
}

OperationOutput Village::done(const Operation& operation, const Signers& signers) {
  const auto result = run(operation, signers);
  INFO(result.message);
  REQUIRE(result.code == ErrorCode::ok);
  return decode_output(result.output).value();
}

void Village::adopt(const std::string& document) {
  const auto number = done(ProposeRulebook{document, {}}, by("governor")).proposal->number;
  const ApproveProposal approval{number, digest_of_document(document), true};
  const auto approved = done(approval, by("second governor")).proposal;
  // What is about a bank needs its officer too.
  if (approved->approvals < approved->needed) done(approval, by("bank officer"));
  const auto events = after_days(7);
  REQUIRE(!events.empty());
  CHECK(std::any_of(events.begin(), events.end(), [](const DueEvent& event) {
    return event.proposal && event.proposal->state == ProposalState::adopted;
  }));
}

std::vector<DueEvent> Village::go_to(TimestampMs time) {
  block_.time = time;
  block_.height = block_.height.next();
  std::vector<DueEvent> events;
  for (const auto& event : engine_.run_due(block_, state_, 1000)) events.push_back(decode<DueEvent>(event).value());
  return events;
}

AccountRecord Village::account(const SubjectHandle& subject, const RulebookId& rulebook, const BookCode& book) const {
  const auto bytes = state_.get(account_key({rulebook, book, subject}));
  REQUIRE(bytes.has_value());
  return decode<AccountRecord>(*bytes).value();
}

std::string Village::score(const SubjectHandle& subject) const {
  return format_amount(account(subject).score, 1);
}

std::vector<Entry> Village::entries(const SubjectHandle& subject, const RulebookId& rulebook,
                                    const BookCode& book) const {
  std::vector<Entry> out;
  for (std::uint64_t i = 0; i < account(subject, rulebook, book).entries; ++i)
    out.push_back(decode<Entry>(state_.history(history_list({rulebook, book, subject}), i).value()).value());
  return out;
}

CaseRecord Village::case_record(std::uint64_t number) const {
  const auto bytes = state_.get(case_key(number));
  REQUIRE(bytes.has_value());
  return decode<CaseRecord>(*bytes).value();
}

Award Village::award(const RuleCode& rule, const SubjectHandle& subject, std::uint32_t quantity) {
  const auto evidence = paper("evidence " + std::to_string(++papers_));
  return {"qingzhen", subject, rule, quantity, std::nullopt, now(), paper("reason"), evidence};
}

Deduct Village::deduct(const RuleCode& rule, const SubjectHandle& subject, std::uint32_t quantity) {
  const auto evidence = paper("evidence " + std::to_string(++papers_));
  return {"qingzhen", subject, rule, quantity, std::nullopt, now(), paper("reason"), evidence};
}

}  // namespace tally::contracts
