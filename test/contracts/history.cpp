#include "contracts/history.h"

#include <cstring>

#include "common/time.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

namespace tally::contracts {

namespace {

constexpr std::string_view kBands =
    R"("bands": [{"from": "30", "stars": 3, "title": {"zh": "三", "en": "three"},
                  "benefits": [{"code": "line", "title": {"zh": "额度", "en": "line"}, "value": "5000", "unit": "yuan"}],
                  "provenance": {"number": "invented"}},
                 {"from": "15", "stars": 2, "title": {"zh": "二", "en": "two"}, "benefits": [],
                  "provenance": {"number": "invented"}},
                 {"from": "0", "stars": 1, "title": {"zh": "一", "en": "one"}, "benefits": [],
                  "provenance": {"number": "invented"}}])";

constexpr std::string_view kOneBand =
    R"("bands": [{"from": "0", "stars": 1, "title": {"zh": "一", "en": "one"}, "benefits": [],
                  "provenance": {"number": "invented"}}], "gates": [])";

constexpr std::string_view kAwardTail =
    R"("on": true, "evidence_required": false, "reason_required": false, "limits": [],
       "proposer_roles": ["recorder"], "endorser_roles": [], "provenance": {"number": "invented"}})";

constexpr std::string_view kDeductTail =
    R"("on": true, "evidence_required": true, "reason_required": true, "limits": [{"per": "evidence", "times": 1}],
       "proposer_roles": ["recorder"], "endorser_roles": ["endorser"], "objection_days": 3, "endorse_within_days": 5,
       "resolve_within_days": 5, "expires_months": 2, "provenance": {"number": "invented"}})";

std::string rule(std::string_view head, std::string_view tail) {
  return "{" + std::string(head) + ", " + std::string(tail);
}

Bytes officer(std::string_view name, const UnitId& unit, std::vector<Role> roles) {
  return encode_operation(RegisterOfficer{person_of(name), key_of(name), unit, std::move(roles), std::string(name)});
}

crypto::SecretKey validator_key() {
  return crypto::SecretKey::from_seed(crypto::digest(crypto::kHandleDomain, as_bytes("validator")).bytes);
}

// One proposes and the other approves, at once.
Constitution two_governors() {
  const Procedure procedure{{{Role::governor, std::nullopt}}, {{Role::governor, std::nullopt, 1, false}}, 0, 31};
  return {procedure, {}, procedure};
}

ledger::Genesis genesis_with(const std::string& rulebook) {
  ledger::Genesis out;
  out.name = "random history";
  out.purpose = ledger::Purpose::development;
  out.time = at("2026-01-01");
  out.window = 32;
  out.validators = {{"office", validator_key().public_key()}};
  out.operations = {
      encode_operation(RegisterUnit{kCounty, UnitKind::county, "Yingshan"}),
      encode_operation(RegisterUnit{kTown, UnitKind::town, "Qingzhen"}),
      encode_operation(RegisterUnit{kLudishao, UnitKind::village, "Ludishao"}),
      encode_operation(RegisterUnit{"yingshan/bank", UnitKind::bank, "Bank"}),
      officer("registrar", kTown, {Role::registrar}),
      officer("recorder", kLudishao, {Role::recorder}),
      officer("endorser", kLudishao, {Role::endorser}),
      officer("arbiter", kTown, {Role::arbiter}),
      officer("banker", "yingshan/bank", {Role::bank_officer}),
      officer("governor", kCounty, {Role::governor}),
      officer("second governor", kCounty, {Role::governor}),
      encode_operation(AdoptConstitution{two_governors()}),
      encode_operation(DeployRulebook{rulebook}),
  };
  for (const char* name : kPeople) {
    const auto key = std::string_view(name) == "hua" ? std::optional(key_of(name)) : std::nullopt;
    out.operations.push_back(encode_operation(
        RegisterSubject{household(name), SubjectKind::person, kLudishao, paper(name), key, std::nullopt}));
    out.operations.push_back(encode_operation(OpenAccount{"tiny", household(name)}));
  }
  return out;
}

}  // namespace

std::string tiny_rulebook() {
  std::string out = R"({"format": "tallystick-rulebook-1", "id": "tiny", "version": 1,
    "title": {"zh": "小", "en": "tiny"}, "scale": 1, "effective": "2026-01-01", "legal_basis": ["none"],
    "event_span_days": 25, "corrections": {"proposer_roles": ["recorder"], "endorser_roles": ["endorser"]},
    "standings": [{"code": "good", "title": {"zh": "红", "en": "good"}, "kind": "red", "months_max": 3,
                   "provenance": {"number": "invented"}},
                  {"code": "barred", "title": {"zh": "停", "en": "barred"}, "kind": "suspension", "days_max": 30,
                   "provenance": {"number": "invented"}}],
    "sums": [{"code": "lost", "title": {"zh": "失", "en": "lost"}, "of": "deducted", "months": 12,
              "provenance": {"number": "invented"}}],
    "books": [
      {"code": "score", "subject": "person", "start": "20", "floor": "0", "cap": "40",
       "gates": [{"code": "loan", "title": {"zh": "贷", "en": "loan"}, "effect": "restricts", "at_least": "15",
                  "below": {"zh": "否", "en": "no loans"}, "asked_by": ["bank_officer"],
                  "provenance": {"number": "invented"}}],
       "provenance": {"number": "invented"}, )";
  out += kBands;
  out += R"(}, {"code": "season", "subject": "person", "start": "10", "floor": "0", "cap": "30", "resets": "month",
       "provenance": {"number": "invented"}, )";
  out += kOneBand;
  out += R"(}, {"code": "coins", "subject": "person", "purpose": "spendable", "lapse_months": 1, "start": "0",
       "floor": "0", "cap": "25", "provenance": {"number": "invented"}, )";
  out += kOneBand;
  out += "}], \"rules\": [";
  out += rule(R"("code": "A", "title": {"zh": "助", "en": "help"}, "category": "a", "kind": "award",
                 "amount": {"kind": "fixed", "points": "7"})",
              kAwardTail) +
         ", ";
  out += rule(R"("code": "E", "title": {"zh": "时", "en": "hours of service"}, "category": "a", "kind": "award",
                 "amount": {"kind": "per_unit", "points": "2", "units": 3, "unit": {"zh": "小时", "en": "hours"},
                            "quantity_min": 3, "quantity_max": 30})",
              kAwardTail) +
         ", ";
  out += rule(R"("code": "G", "title": {"zh": "荣", "en": "good standing"}, "category": "a", "kind": "award",
                 "amount": {"kind": "none"}, "effects": [{"list": "good", "months": 2}])",
              kAwardTail) +
         ", ";
  out += rule(R"("code": "D", "title": {"zh": "违", "en": "breach"}, "category": "d", "kind": "deduct",
                 "amount": {"kind": "range", "from": "-25", "to": "-1"},
                 "effects": [{"when": "points > 10", "suspend": "barred", "days": 20}])",
              kDeductTail) +
         ", ";
  out += rule(R"("code": "Q", "title": {"zh": "季", "en": "of the season"}, "category": "a", "kind": "award",
                 "book": "season", "amount": {"kind": "fixed", "points": "4"})",
              kAwardTail) +
         ", ";
  out += rule(R"("code": "R", "title": {"zh": "季违", "en": "slip of the season"}, "category": "d", "kind": "deduct",
                 "book": "season", "amount": {"kind": "fixed", "points": "-6"})",
              kDeductTail) +
         ", ";
  out += rule(R"x("code": "C", "title": {"zh": "币", "en": "coins"}, "category": "c", "kind": "award", "book": "coins",
                  "amount": {"kind": "expression", "points": "quantity * decimal('1.5')", "from": "0", "to": "60",
                             "quantity_min": 1, "quantity_max": 30})x",
              kAwardTail) +
         ", ";
  out += R"({"code": "S", "title": {"zh": "兑", "en": "goods"}, "category": "c", "kind": "spend", "book": "coins",
             "amount": {"kind": "range", "from": "-20", "to": "-0.1"}, "on": true, "evidence_required": false,
             "reason_required": false, "limits": [], "proposer_roles": ["recorder"],
             "endorser_roles": ["endorser"], "provenance": {"number": "invented"}})";
  return out + "]}";
}

std::string later_version(std::string document, std::uint32_t version, TimestampMs effective) {
  document = with(std::move(document), "\"version\": 1", "\"version\": " + std::to_string(version));
  return with(std::move(document), "\"effective\": \"2026-01-01\"",
              "\"effective\": \"" + format_time(effective) + "\"");
}

std::string with_bounds(std::string document, const std::string& floor, const std::string& cap) {
  document = with(std::move(document), R"("floor": "0", "cap": "40")",
                  "\"floor\": \"" + floor + "\", \"cap\": \"" + cap + "\"");
  return with(std::move(document), R"({"from": "0", "stars": 1)", "{\"from\": \"" + floor + "\", \"stars\": 1");
}

History::History(const std::string& rulebook, std::uint64_t seed)
    : random(seed),
      rulebook_(rulebook),
      genesis_(genesis_with(rulebook)),
      store_(storage::make_memory_store()),
      verifier_(crypto::make_verifier(ledger::chain_id(genesis_))),
      now_(at("2026-06-01T08:00:00Z")) {
  auto opened = ledger::Chain::open(*store_, genesis_, engine_, *verifier_);
  if (!opened) FAIL(opened.error().text());
  chain_ = std::move(opened).value();
}

ledger::AppliedBlock History::apply(const ledger::Batch* batch) {
  const Bytes bytes = batch == nullptr ? Bytes{} : encode(*batch);
  const Digest digest = batch == nullptr ? Digest{} : crypto::digest(crypto::kBatchDomain, bytes);
  auto made = chain_->apply(chain_->head().header.height.next(), batch, bytes, digest);
  if (!made) FAIL(made.error().text());
  blocks_.emplace_back(made->header, batch == nullptr ? std::nullopt : std::optional(*batch));
  now_ = std::max(now_, made->header.time).plus(1000);
  return std::move(made).value();
}

ledger::Receipt History::run(const std::vector<Operation>& operations, const Signers& signers, ledger::Mode mode) {
  ledger::SignedTransaction transaction;
  transaction.body.chain = chain_->id();
  transaction.body.author = signers.author;
  ++transactions_;
  std::memcpy(transaction.body.client_id.bytes.data(), &transactions_, sizeof transactions_);
  transaction.body.valid_until = now_.plus(Village::kDayLength);
  transaction.body.mode = mode;
  for (const auto& operation : operations) transaction.body.operations.push_back(encode_operation(operation));
  // The chain leaves client signatures to intake and auditors: who signed is all that counts here.
  transaction.signatures.push_back({signers.author, {}});
  for (const auto& key : signers.others) transaction.signatures.push_back({key, {}});
  ledger::Batch batch;
  batch.proposed_time = now_;
  batch.transactions = {std::move(transaction)};
  auto receipt = apply(&batch).receipts.receipts.at(0);
  for (const auto& result : receipt.results)
    if (const auto output = decode_output(result.output); output && output->case_number)
      cases_ = std::max(cases_, *output->case_number);
  return receipt;
}

ledger::Receipt History::repeat() {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    if (!block->second || block->second->transactions.empty()) continue;
    ledger::Batch batch;
    batch.proposed_time = now_;
    batch.transactions = block->second->transactions;
    return apply(&batch).receipts.receipts.at(0);
  }
  FAIL("nobody signed anything yet");
  return {};
}

OperationOutput History::done(const Operation& operation, const Signers& signers) {
  const auto receipt = run({operation}, signers);
  INFO(receipt.message);
  REQUIRE(receipt.code == ErrorCode::ok);
  return decode_output(receipt.results.at(0).output).value();
}

bool History::adopted(const std::string& document) {
  const auto proposed = run({ProposeRulebook{document, {}}}, by("governor"));
  if (proposed.code != ErrorCode::ok) return false;
  const auto number = decode_output(proposed.results.at(0).output).value().proposal->number;
  const ApproveProposal approval{number, digest_of_document(document), true};
  const auto approved = run({approval}, by("second governor"));
  if (approved.code != ErrorCode::ok) return false;
  return decode_output(approved.results.at(0).output).value().proposal->state == ProposalState::adopted;
}

ledger::OperationResult History::refused(const Operation& operation, const Signers& signers) {
  const auto receipt = run({operation}, signers);
  REQUIRE(receipt.code != ErrorCode::ok);
  return receipt.results.at(0);
}

void History::pass(std::uint64_t ms) {
  now_ = now_.plus(ms);
  ledger::Batch batch;
  batch.proposed_time = now_;
  apply(&batch);
}

Award History::award(const RuleCode& rule, std::string_view name, std::uint32_t quantity) {
  return {{"tiny", household(name), rule, quantity, std::nullopt, now_, paper("reason"),
           paper("evidence " + std::to_string(++papers_))}};
}

Deduct History::deduct(const RuleCode& rule, std::string_view name, std::string_view points) {
  Deduct out{{"tiny", household(name), rule, 1, std::nullopt, now_, paper("reason"),
              paper("evidence " + std::to_string(++papers_))}};
  if (!points.empty()) out.amount = parse_amount(points, 1).value();
  return out;
}

void History::act_on_case() {
  const std::uint64_t number = 1 + pick(cases_ + 1);
  switch (pick(4)) {
    case 0:
    case 1:
      run({Endorse{number}}, by("endorser"));
      break;
    case 2:
      run({Object{number, paper("no")}}, pick(2) == 0 ? by("hua") : by("registrar"));
      break;
    default:
      run({Resolve{number, pick(3) == 0 ? Resolution::upheld : Resolution::dismissed, paper("so")}}, by("arbiter"));
  }
}

void History::act_on_entry(std::string_view name) {
  const BookCode book = kTinyBooks[pick(3)];
  const std::uint64_t index = pick(account(name, book).entries + 1);
  run({Reverse{"tiny", pick(4) == 0 ? BookCode{} : book, household(name), index, paper("wrong")}},
      by("recorder", "endorser"));
}

void History::deploy_next() {
  if (version_ >= 4) return;
  const TimestampMs effective{(now_.value / 1000 + 86400 * pick(20)) * 1000 + 86400'000};
  auto text = later_version(rulebook_, version_ + 1, effective);
  if (pick(2) == 0) text = with_bounds(std::move(text), "5", "33");
  text = with(std::move(text), "\"points\": \"7\"", "\"points\": \"" + std::to_string(3 + pick(9)) + "\"");
  if (adopted(text)) ++version_;
}

void History::act(bool deploys) {
  const std::string_view name = kPeople[pick(3)];
  const auto early = [&](Claimed claimed) {
    claimed.event_time = TimestampMs{now_.value - pick(20) * Village::kDayLength};
    return claimed;
  };
  switch (pick(16)) {
    case 0:
    case 1:
      run({Award{early(award("A", name))}, award("E", name, static_cast<std::uint32_t>(3 * (1 + pick(11))))},
          by("recorder"), pick(2) == 0 ? ledger::Mode::all_or_nothing : ledger::Mode::independent);
      break;
    case 2:
      run({award("Q", name), award("G", name)}, by("recorder"));
      break;
    case 3:
      run({Award{early(award("C", name, static_cast<std::uint32_t>(1 + pick(32))))}}, by("recorder"));
      break;
    case 4: {
      Spend spend{{award("S", name)}};
      spend.amount = Amount{-static_cast<std::int64_t>(1 + pick(150))};
      run({spend}, name == "hua" ? by("recorder", "hua") : by("recorder", "endorser"));
      break;
    }
    case 5:
    case 6:
    case 7: {
      auto deduct = Deduct{early(this->deduct(pick(3) == 0 ? "R" : "D", name))};
      if (deduct.rule == "D") deduct.amount = Amount{-static_cast<std::int64_t>(10 + pick(260))};
      run({deduct}, pick(2) == 0 ? by("recorder") : by("recorder", "endorser"));
      break;
    }
    case 8:
    case 9:
    case 10:
      act_on_case();
      break;
    case 11:
    case 12:
      act_on_entry(name);
      break;
    case 13:
      if (deploys && pick(6) == 0) deploy_next();
      break;
    default:
      pass(pick(2) == 0 ? pick(3 * Village::kDayLength) + 1 : (1 + pick(25)) * Village::kDayLength);
  }
}

AccountRecord History::account(std::string_view name, const BookCode& book) const {
  const auto bytes = store_->get(storage::Column::state, account_key({"tiny", book, household(name)})).value();
  REQUIRE(bytes.has_value());
  return decode<AccountRecord>(*bytes).value();
}

std::string History::points(std::string_view name, const BookCode& book) const {
  return format_amount(account(name, book).score, 1);
}

Entry History::entry(std::string_view name, std::uint64_t index, const BookCode& book) const {
  const auto key = ledger::history_key(history_list({"tiny", book, household(name)}), index);
  const auto bytes = store_->get(storage::Column::history, key).value();
  REQUIRE(bytes.has_value());
  return decode<Entry>(*bytes).value();
}

Result<DryRunReport> History::dry_run(const std::string& proposal, TimestampMs since) const {
  const auto compiled = compile_rulebook(proposal);
  if (compiled.rulebook == nullptr) FAIL(summary_of(compiled.problems).text());
  DryRun trial(compiled.rulebook, since);
  const auto store = storage::make_memory_store();
  auto chain = ledger::Chain::open(*store, genesis_, trial.real(), *verifier_);
  REQUIRE(chain.has_value());
  if (auto begun = trial.begin(genesis_); !begun) return begun.error();
  for (const auto& [header, batch] : blocks_) {
    const Bytes bytes = batch ? encode(*batch) : Bytes{};
    const auto made = (*chain)->apply(header.height, batch ? &*batch : nullptr, bytes, header.batch);
    REQUIRE(made.has_value());
    // The real history is executed as it was, whatever is tried beside it.
    REQUIRE(made->header == header);
    if (auto followed = trial.follow(header, batch ? &*batch : nullptr); !followed) return followed.error();
  }
  return trial.finish(*store);
}

std::unique_ptr<History> History::again_under(const std::string& rulebook) const {
  auto out = std::make_unique<History>(rulebook);
  for (const auto& [header, batch] : blocks_) out->apply(batch ? &*batch : nullptr);
  return out;
}

}  // namespace tally::contracts
