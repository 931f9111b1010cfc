#include "tally/governance_views.h"

#include "common/limits.h"
#include "contracts/transaction_json.h"
#include "node/config.h"
#include "tally/genesis_document.h"
#include "tally/receipts.h"

namespace tally::cli {

namespace {

constexpr std::size_t kAddressBytesMax = 255;

struct GovernanceQuery {
  std::string number;
  bool all = false;
  PageOptions page;
};

std::string quorum_words(const Json& quorum) {
  return text_at(quorum, "quorum") + " of " + text_at(quorum, "members") + " decide; " + text_at(quorum, "tolerated") +
         " may fail or lie";
}

Outcome<void> list_validators(Context& context) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto answer = fetch_validators(*client);
  if (!answer) return answer.error();
  Facts facts;
  facts.add("epoch", text_at(*answer, "epoch") + ", from block " + text_at(*answer, "start") + " on")
      .add("final block", text_at(*answer, "height"))
      .add("quorum", quorum_words(member(*answer, "quorum")));
  if (const Json& ending = member(*answer, "ending"); !ending.is_null())
    facts.add("ending", "block " + text_at(ending, "last_block") + " ends this epoch once it is final");
  Table validators{{{"index", Align::right}, {"validator"}, {"key"}, {"address"}}, {}};
  for (const auto& row : member(*answer, "validators"))
    validators.rows.push_back(
        {text_at(row, "index"), text_at(row, "name"), text_at(row, "key"), text_at(row, "address")});
  Table candidates{{{"validator"}, {"key"}, {"address"}}, {}};
  for (const auto& row : member(*answer, "candidates"))
    candidates.rows.push_back({text_at(row, "name"), text_at(row, "key"), text_at(row, "address")});
  Report report;
  report.json = *answer;
  report.sections = {{"", facts.table()}, {"Validators", std::move(validators)}};
  if (!candidates.rows.empty()) report.sections.push_back({"Proposed", std::move(candidates)});
  report.csv = 1;
  context.emit(report);
  return {};
}

std::string votes_words(const Json& proposal) {
  if (text_at(proposal, "state") != "open") return "";
  return text_at(proposal, "approvals") + " of " + text_at(proposal, "needed");
}

std::string names_text(const Json& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name.get<std::string>();
  return out;
}

Outcome<void> show_proposal(Context& context, const std::string& number) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto proposal = client->get("/v1/proposals/" + url_encoded(number), Access::open);
  if (!proposal) return Failure(proposal.error()).then("tally validator proposals lists them");
  Facts facts;
  facts.add("proposal", text_at(*proposal, "number"))
      .add("state", text_at(*proposal, "state"))
      .add("would", change_words(*proposal))
      .add("proposed by", text_at(*proposal, "proposer"))
      .add("opened", text_at(*proposal, "opened"))
      .add("expires", text_at(*proposal, "expires"));
  if (text_at(*proposal, "state") == "open") {
    facts.add("approvals", votes_words(*proposal))
        .add("missing votes", text_at(*proposal, "missing"))
        .add("have not voted", names_text(member(*proposal, "undecided")));
    if (const Json& after = member(*proposal, "afterwards"); !after.is_null())
      facts.add("afterwards", quorum_words(after));
  }
  Table ballots{{{"validator"}, {"vote"}, {"counts"}}, {}};
  for (const auto& ballot : member(*proposal, "ballots"))
    ballots.rows.push_back({text_at(ballot, "validator"), text_at(ballot, "approve") == "true" ? "approve" : "reject",
                            text_at(ballot, "counts") == "true" ? "yes" : "no longer a member"});
  Report report;
  report.json = *proposal;
  report.sections = {{"", facts.table()}, {"Votes", std::move(ballots)}};
  report.csv = 1;
  context.emit(report);
  return {};
}

Outcome<void> list_proposals(Context& context, const GovernanceQuery& query) {
  if (!query.number.empty()) return show_proposal(context, query.number);
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  // At most a handful is open; --all is about the closed ones, page by page.
  auto answer =
      fetch_rows(*client, "/v1/proposals", {{"all", query.all ? "true" : ""}}, Access::open, {query.page.limit, false});
  if (!answer) return answer.error();
  Table table{{{"proposal", Align::right}, {"state"}, {"approvals"}, {"missing", Align::right}, {"would"}, {"expires"}},
              {}};
  for (const auto& row : member(*answer, "rows"))
    table.rows.push_back({text_at(row, "number"), text_at(row, "state"), votes_words(row),
                          text_at(row, "state") == "open" ? text_at(row, "missing") : "", change_words(row),
                          text_at(row, "expires")});
  emit_page(context, *answer, std::move(table),
            query.all ? "nothing was proposed yet" : "no proposal is open; --all shows closed ones");
  if (!member(*answer, "next").is_null()) context.note("there are more rows: a higher --limit");
  return {};
}

}  // namespace

Outcome<Json> fetch_validators(NodeClient& client) {
  return client.get("/v1/validators", Access::open);
}

const Json& member_where(const Json& validators, const std::string& field, const std::string& value) {
  static const Json kNobody;
  for (const auto& row : member(validators, "validators"))
    if (text_at(row, field) == value) return row;
  return kNobody;
}

std::string member_names(const Json& validators) {
  std::string out;
  for (const auto& row : member(validators, "validators")) out += (out.empty() ? "" : ", ") + text_at(row, "name");
  return out;
}

std::string change_words(const Json& proposal) {
  const Json& change = member(proposal, "change");
  const auto operation = contracts::operation_from_json(change);
  // A newer node may know more kinds of changes.
  return operation ? in_words(*operation) : change.dump();
}

Outcome<void> check_validator_name(const std::string& option, const std::string& name) {
  if (!name.empty() && name.size() <= limits::kTextBytesMax) return {};
  return usage_failure(option, "has " + std::to_string(name.size()) + " bytes",
                       "1 to " + std::to_string(limits::kTextBytesMax));
}

Outcome<void> check_node_address(const std::string& option, const std::string& address) {
  const auto parsed = node::parse_host_port(address);
  const bool plain = std::all_of(address.begin(), address.end(), [](char c) { return c > ' ' && c < 127; });
  if (parsed && parsed->port != 0 && plain && address.size() <= kAddressBytesMax) return {};
  return usage_failure(option, "is \"" + address + "\"",
                       "HOST:PORT where the others reach the node, such as 10.1.2.3:7001");
}

Outcome<void> run_governance(Context& context, const SubmitOptions& options, const OperationMaker& make) {
  return run_submit(context, options,
                    [&make](Context& inner, NodeClient& client, contracts::RulebookPtr&) -> Outcome<Draft> {
                      auto operation = make(inner, client);
                      if (!operation) return operation.error();
                      std::string label(contracts::name_of(*operation));
                      return Draft{{std::move(*operation)}, ledger::Mode::all_or_nothing, {std::move(label)}};
                    });
}

void register_validator_queries(Command& validator) {
  validator.command("list", "The members: name, key, address, quorum, and who is proposed",
                    {"tally validator list", "tally validator list --node http://10.0.0.1:8080 --json"},
                    [](Context& context) { return list_validators(context); });
  auto query = std::make_shared<GovernanceQuery>();
  validator
      .command("proposals", "The open proposals and how the votes stand, or one of them in full",
               {"tally validator proposals", "tally validator proposals 3", "tally validator proposals --all --json"},
               [query](Context& context) { return list_proposals(context, *query); })
      .argument("PROPOSAL", query->number, "Number of one proposal", Need::optional)
      .flag("--all", query->all, "Closed ones as well, newest first")
      .number("--limit", "N", query->page.limit, 1, 1'000'000, "Rows at most");
}

}  // namespace tally::cli
