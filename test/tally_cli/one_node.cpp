#include "tally_cli/one_node.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "common/time.h"
#include "consensus/authentic.h"
#include "contracts/explain_json.h"
#include "contracts/genesis_json.h"
#include "contracts/governance_json.h"
#include "contracts/transaction_json.h"
#include "crypto/digest.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

node::HttpResponse answer(const Json& json) {
  node::HttpResponse out;
  out.body = json.dump();
  return out;
}

template <class T>
node::HttpResponse answer_or_problem(const Result<T>& result) {
  return result ? answer(to_json(*result)) : node::problem(result.error());
}

// Whose keys may become validators' in these tests.
constexpr const char* kOffices[] = {"validator", "village", "county", "bank", "newcomer", "newer"};

Bytes officer(std::string_view name, const std::string& unit, std::vector<contracts::Role> roles) {
  contracts::RegisterOfficer out;
  std::copy_n(name.begin(), std::min<std::size_t>(name.size(), 16), out.person.bytes.begin());
  out.key = named_key(name).public_key();
  out.unit = unit;
  out.roles = std::move(roles);
  out.title = std::string(name);
  return contracts::encode_operation(out);
}

}  // namespace

crypto::SecretKey named_key(std::string_view name) {
  static constexpr crypto::Domain kTestKeys{"test.keys"};
  return crypto::SecretKey::from_seed(crypto::digest(kTestKeys, as_bytes(name)).bytes);
}

std::string qingzhen_document() {
  std::ifstream in(std::string(TALLY_SOURCE_DIR) + "/rulebooks/qingzhen/rulebook.json");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

ledger::Genesis village_genesis(ledger::ClockMode clock) {
  using contracts::Role;
  ledger::Genesis out;
  out.name = "营山试验网";
  out.purpose = ledger::Purpose::development;
  out.time = kGenesisTime;
  out.clock = clock;
  out.window = 32;
  out.validators = {{"townhall", named_key("validator").public_key()}};
  out.operations = {
      contracts::encode_operation(contracts::RegisterUnit{"yingshan", contracts::UnitKind::county, "营山县"}),
      contracts::encode_operation(contracts::RegisterUnit{kUnit, contracts::UnitKind::village, "芦笛哨村"}),
      officer("accountant", kUnit, {Role::registrar, Role::recorder, Role::clock}),
      officer("secretary", kUnit, {Role::endorser}),
      officer("auditor", "yingshan", {Role::auditor}),
      contracts::encode_operation(contracts::DeployRulebook{qingzhen_document()}),
  };
  return out;
}

ledger::Genesis council_genesis() {
  ledger::Genesis out = village_genesis();
  for (const char* name : {"village", "county", "bank"}) out.validators.push_back({name, named_key(name).public_key()});
  return out;
}

ledger::Genesis rules_genesis() {
  ledger::Genesis out = village_genesis();
  const Bytes rulebook = out.operations.back();
  out.operations.back() = officer("governor", "yingshan", {contracts::Role::governor});
  out.operations.push_back(officer("deputy", "yingshan", {contracts::Role::governor}));
  out.operations.push_back(officer("banker", "yingshan", {contracts::Role::bank_officer}));
  out.operations.push_back(rulebook);
  return out;
}

OneNode::OneNode(const ledger::Genesis& genesis)
    : genesis_(genesis),
      store_(storage::make_memory_store()),
      verifier_(crypto::make_verifier(ledger::chain_id(genesis))) {
  auto chain = ledger::Chain::open(*store_, genesis_, engine_, *verifier_);
  if (!chain) FAIL(chain.error().text());
  chain_ = std::move(*chain);
}

void OneNode::order(const ledger::SignedTransaction& transaction) {
  ledger::Batch batch;
  batch.proposed_time = chain_->head().header.time.plus(1000);
  batch.transactions = {transaction};
  const Bytes bytes = encode(batch);
  const consensus::ValidatorSet members = chain_->validators();
  const auto applied =
      chain_->apply(chain_->head().header.height.next(), &batch, bytes, crypto::digest(crypto::kBatchDomain, bytes));
  if (!applied) FAIL(applied.error().text());
  consensus::CheckpointCertificate certificate;
  certificate.vote = {applied->header.epoch, applied->header.height, applied->digest};
  for (std::uint32_t i = 0; i < members.members.size(); ++i) {
    const auto office = std::find_if(std::begin(kOffices), std::end(kOffices), [&](const char* name) {
      return named_key(name).public_key() == members.members[i].key;
    });
    REQUIRE(office != std::end(kOffices));
    const auto signer = crypto::make_signer(named_key(*office), ledger::chain_id(genesis_));
    certificate.signatures.push_back({ReplicaIndex{i}, consensus::sign_checkpoint(certificate.vote, *signer)});
  }
  const auto recorded = chain_->record_certificate(certificate);
  if (!recorded) FAIL(recorded.error().text());
}

node::HttpResponse OneNode::submit(const std::string& body) {
  ++posts;
  const auto json = parse_json(body);
  REQUIRE(json);
  Json results = Json::array();
  for (const auto& hex : (*json)["transactions"]) {
    const auto transaction = decode<ledger::SignedTransaction>(*from_hex(hex.get<std::string>()));
    REQUIRE(transaction);
    const auto id = ledger::id_of(transaction->body);
    const auto form = ledger::check_form(*transaction, ledger::chain_id(genesis_), encode(*transaction).size());
    Json error = nullptr;
    if (!form) {
      error = {{"code", name_of(form.error().code)},
               {"field", form.error().field},
               {"problem", form.error().problem},
               {"expected", form.error().expected}};
    } else if (takes_but_never_orders) {
      pending_.insert(id.hex());
    } else {
      REQUIRE(ledger::check_signatures(*transaction, id));
      order(*transaction);
    }
    results.push_back({{"id", id.hex()}, {"state", form ? "pending" : "unknown"}, {"error", error}});
  }
  return answer({{"results", results}});
}

node::HttpResponse OneNode::transaction(const std::string& id) {
  const auto place = chain_->place_of(*TransactionId::from_hex(id));
  REQUIRE(place);
  if (!*place) return answer({{"id", id}, {"state", pending_.contains(id) ? "pending" : "unknown"}});
  const auto receipts = chain_->receipts((*place)->height);
  REQUIRE(receipts);
  const auto& receipt = (*receipts)->receipts[(*place)->index];
  const auto header = chain_->header((*place)->height);
  return answer({{"id", id},
                 {"state", receipt.code == ErrorCode::ok ? "final" : "rejected"},
                 {"height", to_json((*place)->height)},
                 {"index", (*place)->index},
                 {"time", to_json((*header)->time)},
                 {"receipt", contracts::receipt_json(receipt)}});
}

node::HttpResponse OneNode::account(const std::string& path, const cli::Transport::Headers& headers) {
  if (headers.empty())
    return node::problem(
        make_error(ErrorCode::unauthorised, "tally-key", "this needs a signed request", "a signature"));
  const auto slash = path.find('/');
  const std::string rulebook = path.substr(0, slash);
  const auto subject = SubjectHandle::from_hex(path.substr(slash + 1, 32));
  REQUIRE(subject);
  const auto view = chain_->final_view();
  if (path.find("/history") == path.npos) {
    const auto found = queries_.account(*view->reader, rulebook, "", *subject, view->header.time);
    return found ? answer(contracts::account_json(*found)) : node::problem(found.error());
  }
  const auto page = queries_.history(*view->reader, rulebook, "", *subject, std::nullopt, 100);
  return page ? answer(contracts::history_json(*page)) : node::problem(page.error());
}

namespace {

template <class Rows, class ToJson>
node::HttpResponse rows_answer(const Result<Rows>& rows, const ToJson& row_json) {
  if (!rows) return node::problem(rows.error());
  Json out = Json::array();
  for (const auto& row : *rows) out.push_back(row_json(row));
  return answer({{"rows", out}});
}

}  // namespace

std::optional<node::HttpResponse> OneNode::of_subject(const std::string& path, const std::string& target) {
  if (std::count(path.begin(), path.end(), '/') != 2) return std::nullopt;
  const auto last = path.rfind('/');
  const std::string what = path.substr(last + 1);
  const auto view = chain_->final_view();
  const auto subject = SubjectHandle::from_hex(path.substr(path.find('/') + 1, 32));
  if (!subject) return std::nullopt;
  const contracts::SubjectQuestion question{queries_, *view->reader, path.substr(0, path.find('/')), *subject,
                                            view->header.time};
  if (what == "explanation") {
    contracts::ExplainRequest request{question.rulebook, parameter(target, "book"), *subject, {}, 0, explained_rows};
    if (const auto at = parameter(target, "at"); !at.empty()) request.at = parse_time(at).value();
    if (const auto from = parameter(target, "from"); !from.empty()) request.from = std::stoull(from);
    const auto out = contracts::explain(queries_, *view->reader, request, view->header.time);
    return out ? answer(contracts::explanation_json(*out)) : node::problem(out.error());
  }
  if (what == "consents") return rows_answer(contracts::consents_of(question), contracts::consent_json);
  if (what == "standings") return rows_answer(contracts::standings_of(question), contracts::standing_json);
  if (what == "sums")
    return rows_answer(contracts::sums_of(question),
                       [](const contracts::SumView& sum) { return contracts::sum_json(sum, 1); });
  if (what != "consultations") return std::nullopt;
  const auto page = contracts::consultations_of(question, std::nullopt, 100);
  if (!page) return node::problem(page.error());
  Json rows = Json::array();
  for (const auto& row : page->rows) rows.push_back(contracts::consultation_json(row));
  return answer({{"rows", rows}, {"next", nullptr}});
}

node::HttpResponse OneNode::chain_bytes(std::uint64_t from) {
  node::HttpResponse out;
  const std::uint64_t final = chain_->final_height().value;
  for (std::uint64_t height = from; height <= final; ++height) {
    const Bytes block = encode(**chain_->block(BlockHeight{height}));
    const Bytes size = encode(static_cast<std::uint32_t>(block.size()));
    out.body.append(as_text(size)).append(as_text(block));
  }
  out.headers = {{"Tally-Next", std::to_string(final + 1)}, {"Tally-Final", std::to_string(final)}};
  return out;
}

node::HttpResponse OneNode::rulebook(const std::string& id) {
  const auto view = chain_->final_view();
  const auto compiled = queries_.rulebook_at(*view->reader, id, view->header.time);
  if (!compiled) return node::problem(compiled.error());
  return {200, "application/json", queries_.rulebook_text(*view->reader, id, (*compiled)->version).value(), {}};
}

TimestampMs OneNode::test_clock() const {
  const auto bytes = store_->get(storage::Column::state, as_bytes(ledger::kTestClockKey));
  return bytes && *bytes ? decode<TimestampMs>(**bytes).value() : TimestampMs{};
}

node::HttpResponse OneNode::status() {
  return answer({{"chain", chain_id()},
                 {"name", genesis_.name},
                 {"purpose", "development"},
                 {"clock", to_json(genesis_.clock)},
                 {"final_height", to_json(BlockHeight{chain_->final_height().value - hidden_blocks})},
                 {"final_time", to_json(chain_->head().header.time)},
                 {"next_block_time", to_json(std::max(chain_->head().header.time, test_clock()))},
                 {"node", {{"name", "townhall"}, {"key", named_key("validator").public_key().hex()}}},
                 {"peers", Json::array()}});
}

std::optional<node::HttpResponse> OneNode::rules(const std::string& path, const std::string& target) {
  const auto view = chain_->final_view();
  const auto& reader = *view->reader;
  if (path == "/v1/constitution")
    return answer(contracts::constitution_json(contracts::read_constitution(reader).value()));
  if (path == "/v1/parameters")
    return answer(contracts::parameters_json(contracts::parameters_view(reader, view->height).value(), view->height));
  if (path == "/v1/rulebooks") return answer({{"rows", to_json(queries_.rulebooks(reader).value())}});
  constexpr std::string_view kProposals = "/v1/rule-proposals";
  if (!path.starts_with(kProposals)) return std::nullopt;
  Json rows = Json::array();
  if (path == kProposals) {
    const bool all = target.find("all=true") != target.npos;
    const auto page = contracts::rule_proposal_views(reader, !all, view->header.time, std::nullopt, 100);
    for (const auto& row : page.value().rows) rows.push_back(contracts::rule_proposal_json(row));
    return answer({{"rows", rows}, {"next", nullptr}});
  }
  const std::uint64_t number = std::stoull(path.substr(kProposals.size() + 1));
  if (path.ends_with("/document")) {
    const auto text = contracts::proposed_document(reader, number);
    if (!text) return node::problem(text.error());
    return node::HttpResponse{200, "application/json", *text + (shows_another_document ? " " : ""), {}};
  }
  if (path.ends_with("/comments")) {
    const auto comments = contracts::comments_on(reader, number);
    if (!comments) return node::problem(comments.error());
    for (const auto& row : *comments) rows.push_back(contracts::comment_json(row));
    return answer({{"rows", rows}, {"next", nullptr}});
  }
  const auto found = contracts::rule_proposal_view(reader, number, view->header.time);
  return found ? answer(contracts::rule_proposal_json(*found)) : node::problem(found.error());
}

std::optional<node::HttpResponse> OneNode::governance(const std::string& path, const std::string& target) {
  const auto view = chain_->final_view();
  const auto& reader = *view->reader;
  if (path == "/v1/validators") {
    const auto members = chain_->validators_after(*view);
    const auto validators = contracts::validators_view(reader, members.value());
    return answer(contracts::validators_json(validators.value(), view->height, std::nullopt));
  }
  if (path == "/v1/proposals") {
    const bool all = target.find("all=true") != target.npos;
    const auto page = contracts::proposal_views(reader, !all, view->header.time, std::nullopt, 100);
    Json rows = Json::array();
    for (const auto& row : page.value().rows) rows.push_back(contracts::proposal_json(row));
    return answer({{"rows", rows}, {"next", nullptr}});
  }
  if (path.starts_with("/v1/proposals/")) {
    const auto number = from_json<std::uint64_t>(Json(path.substr(std::string_view("/v1/proposals/").size())));
    const auto found = number ? contracts::proposal_view(reader, *number, view->header.time)
                              : Result<contracts::ProposalView>(Error(number.error()).within("proposal"));
    return found ? answer(contracts::proposal_json(*found)) : node::problem(found.error());
  }
  if (path != "/v1/protocol") return std::nullopt;
  const auto protocol = contracts::protocol_view(reader, view->height);
  return answer(contracts::protocol_json(protocol.value(), view->height, supported));
}

node::HttpResponse OneNode::handle(const std::string& method, const std::string& target, const std::string& body,
                                   const cli::Transport::Headers& headers) {
  targets.push_back(method + " " + target);
  const std::string path = target.substr(0, target.find('?'));
  const auto rest = [&](std::string_view prefix) { return path.substr(prefix.size()); };
  if (method == "POST" && path == "/v1/transactions") return submit(body);
  if (path == "/v1/status") return status();
  if (path == "/healthz" || ready) {
    if (path == "/healthz" || path == "/readyz") return answer({{"status", "ok"}});
  } else if (path == "/readyz") {
    auto out = answer({{"status", "not ready"}, {"reason", "no final block yet"}});
    out.status = 503;
    return out;
  }
  if (path == "/v1/genesis") return {200, "application/json", contracts::genesis_text(genesis_), {}};
  if (path.starts_with("/v1/rulebooks/")) return rulebook(rest("/v1/rulebooks/"));
  if (path == "/v1/chain") return chain_bytes(std::stoull(target.substr(target.find("from=") + 5)));
  if (path == "/v1/evidence") {
    const bool first = target.ends_with("cursor=");
    return answer({{"evidence", first ? evidence : Json::array()}, {"next", first && !evidence.empty() ? "00" : ""}});
  }
  if (auto governed = governance(path, target)) return *std::move(governed);
  if (auto shown = header_feed(path, target)) return *std::move(shown);
  if (auto proven = proofs(path, target)) return *std::move(proven);
  if (auto worked = work(target, headers)) return *std::move(worked);
  if (auto ruled = rules(path, target)) return *std::move(ruled);
  if (path.starts_with("/v1/transactions/")) return transaction(rest("/v1/transactions/"));
  if (path.starts_with("/v1/accounts/") && !headers.empty())
    if (auto found = of_subject(rest("/v1/accounts/"), target)) return *std::move(found);
  if (path.starts_with("/v1/accounts/")) return account(rest("/v1/accounts/"), headers);
  return node::problem(
      make_error(ErrorCode::not_found, "path", "nothing is served at " + path, "a path of docs/api.md"));
}

}  // namespace tally::test
