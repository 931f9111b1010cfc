#include "tally/rule_views.h"

#include "contracts/rule_proposals.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/receipts.h"

namespace tally::cli {

namespace {

struct ProposalQuery {
  std::string number;
  bool all = false;
  bool document = false;
  PageOptions page;
};

std::string target_of(std::uint64_t number, const char* part = "") {
  return "/v1/rule-proposals/" + std::to_string(number) + part;
}

std::string approvals_words(const Json& proposal) {
  return text_at(proposal, "approvals") + " of " + text_at(proposal, "needed");
}

std::string roles_words(const Json& roles) {
  std::string out;
  for (const auto& role : roles) out += (out.empty() ? "" : ", ") + role.get<std::string>();
  return out;
}

Table comments_table(const Json& comments) {
  Table out{{{"when"}, {"by"}, {"unit"}, {"digest of the comment"}}, {}};
  for (const auto& row : member(comments, "rows")) {
    const bool officer = !member(row, "person").is_null();
    out.rows.push_back({time_text(text_at(row, "time")),
                        (officer ? "officer " : "subject ") + text_at(row, officer ? "person" : "subject"),
                        text_at(row, "unit"), text_at(row, "comment")});
  }
  return out;
}

Outcome<void> show_proposal(Context& context, NodeClient& client, std::uint64_t number) {
  auto proposal = fetch_rule_proposal(client, number);
  if (!proposal) return proposal.error();
  auto comments = client.get(target_of(number, "/comments"), Access::open);
  if (!comments) return comments.error();
  Facts facts;
  facts.add("proposal", text_at(*proposal, "number"))
      .add("state", text_at(*proposal, "state"))
      .add("would set", rule_change_words(member(*proposal, "change")))
      .add("content digest", text_at(*proposal, "content"))
      .add("proposed by", text_at(*proposal, "proposer") + " of " + text_at(*proposal, "unit"))
      .add("opened", text_at(*proposal, "opened"))
      .add("comments until", text_at(*proposal, "comments_until"))
      .add("expires", text_at(*proposal, "expires"))
      .add("approvals", approvals_words(*proposal));
  if (const std::string closed = text_at(*proposal, "closed"); !closed.empty()) facts.add("closed", closed);
  Table terms{{{"needs"}, {"has", Align::right}}, {}};
  for (const auto& term : member(*proposal, "terms"))
    terms.rows.push_back({text_at(term, "words"), text_at(term, "filled")});
  Table approvers{{{"approved by"}, {"post"}, {"unit"}, {"roles"}, {"counts"}}, {}};
  for (const auto& row : member(*proposal, "approvers"))
    approvers.rows.push_back({text_at(row, "person"), text_at(row, "title"), text_at(row, "unit"),
                              roles_words(member(row, "roles")),
                              text_at(row, "counts") == "true" ? "yes" : "no: has no key in force"});
  Report report;
  report.json = *proposal;
  report.json["comment_rows"] = member(*comments, "rows");
  report.sections = {{"", facts.table()}, {"Needs", std::move(terms)}};
  if (!approvers.rows.empty()) report.sections.push_back({"Approvals", std::move(approvers)});
  if (!member(*comments, "rows").empty()) report.sections.push_back({"Comments", comments_table(*comments)});
  report.csv = 1;
  context.emit(report);
  return {};
}

Outcome<void> show_proposals(Context& context, const ProposalQuery& query) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  if (!query.number.empty()) {
    auto number = number_field("PROPOSAL", query.number);
    if (!number) return number.error();
    if (!query.document) return show_proposal(context, *client, *number);
    auto text = client->get_raw(target_of(*number, "/document"), Access::open);
    if (!text) return text.error();
    context.emit_text(text->body);
    return {};
  }
  auto answer = fetch_rows(*client, "/v1/rule-proposals", {{"all", query.all ? "true" : ""}}, Access::open,
                           {query.page.limit, false});
  if (!answer) return answer.error();
  Table table{{{"proposal", Align::right}, {"state"}, {"approvals"}, {"comments until"}, {"expires"}, {"would set"}},
              {}};
  for (const auto& row : member(*answer, "rows"))
    table.rows.push_back({text_at(row, "number"), text_at(row, "state"), approvals_words(row),
                          text_at(row, "comments_until"), text_at(row, "expires"),
                          rule_change_words(member(row, "change"))});
  emit_page(context, *answer, std::move(table),
            query.all ? "nothing was proposed yet" : "no proposal is open; --all shows closed ones");
  if (!member(*answer, "next").is_null()) context.note("there are more rows: a higher --limit");
  return {};
}

// --- the constitution ---

template <class Item>
std::string list_words(const Json& list, std::string_view between) {
  std::string out;
  for (const auto& row : list)
    if (const auto item = from_json<Item>(row))
      out += (out.empty() ? "" : std::string(between)) + contracts::in_words(*item);
  return out.empty() ? "nobody" : out;
}

void add_procedure(Facts& facts, const std::string& what, const Json& procedure) {
  facts.add(what + ": proposed by", list_words<contracts::Post>(member(procedure, "proposers"), " or "))
      .add(what + ": approved by", list_words<contracts::ApprovalTerm>(member(procedure, "approvals"), " and "))
      .add(what + ": days for comments", text_at(procedure, "comment_days"))
      .add(what + ": days until it expires", text_at(procedure, "open_days"));
}

Outcome<void> show_rules(Context& context) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto answer = client->get("/v1/constitution", Access::open);
  if (!answer) return answer.error();
  auto rulebooks = client->get("/v1/rulebooks", Access::open);
  if (!rulebooks) return rulebooks.error();
  const Json& constitution = member(*answer, "constitution");
  Facts facts;
  facts.add("constitution", text_at(*answer, "adopted") == "true" ? "of the genesis" : "the default");
  add_procedure(facts, "rulebooks", member(constitution, "rulebooks"));
  facts.add("a bank's rules: also approved by",
            list_words<contracts::ApprovalTerm>(member(constitution, "bank_rules"), " and "));
  add_procedure(facts, "parameters", member(constitution, "parameters"));
  Table table{{{"rulebook"}, {"version", Align::right}, {"effective"}, {"retired from"}, {"document digest"}}, {}};
  for (const auto& row : member(*rulebooks, "rows")) {
    const Json& record = member(row, "record");
    for (const auto& version : member(record, "versions"))
      table.rows.push_back({text_at(row, "rulebook"), text_at(version, "version"),
                            time_text(text_at(version, "effective")), time_text(text_at(record, "retired")),
                            text_at(version, "document")});
  }
  Report report;
  report.json = {{"constitution", *answer}, {"rulebooks", member(*rulebooks, "rows")}};
  report.sections = {{"", facts.table()}, {"Rulebooks", std::move(table)}};
  report.csv = 1;
  context.emit(report);
  return {};
}

Outcome<void> show_parameters(Context& context) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto answer = client->get("/v1/parameters", Access::open);
  if (!answer) return answer.error();
  Table parameters{
      {{"parameter"}, {"value", Align::right}, {"from", Align::right}, {"to", Align::right}, {"what it is"}}, {}};
  for (const auto& row : member(*answer, "parameters"))
    parameters.rows.push_back({text_at(row, "name"), text_at(row, "value"), text_at(row, "least"), text_at(row, "most"),
                               text_at(row, "does")});
  Table features{{{"feature"}, {"state"}, {"while it is on"}}, {}};
  for (const auto& row : member(*answer, "features"))
    features.rows.push_back({text_at(row, "name"), text_at(row, "on") == "true" ? "on" : "off", text_at(row, "does")});
  Table planned{{{"from block", Align::right}, {"change"}}, {}};
  for (const auto& row : member(*answer, "planned"))
    if (const auto change = from_json<contracts::ParameterChange>(row))
      planned.rows.push_back({text_at(row, "from"), contracts::in_words(change->values, change->features)});
  Report report;
  report.json = *answer;
  report.sections = {{"", std::move(parameters)}, {"Features", std::move(features)}};
  if (!planned.rows.empty()) report.sections.push_back({"Planned", std::move(planned)});
  context.emit(report);
  return {};
}

}  // namespace

Outcome<Json> fetch_rule_proposal(NodeClient& client, std::uint64_t number) {
  auto proposal = client.get(target_of(number), Access::open);
  if (!proposal) return Failure(proposal.error()).then("tally rulebook proposals lists them");
  return proposal;
}

std::string rule_change_words(const Json& change) {
  const std::string type = text_at(change, "type");
  if (type == contracts::NewVersion::kName)
    return "rulebook " + text_at(change, "rulebook") + " version " + text_at(change, "version") + " from " +
           text_at(change, "effective") + " on";
  if (type == contracts::Retirement::kName)
    return "rulebook " + text_at(change, "rulebook") + " retired from " + text_at(change, "effective") + " on";
  Json plain = change;
  plain.erase("type");
  if (const auto parameters = from_json<contracts::ParameterChange>(plain))
    return contracts::in_words(parameters->values, parameters->features) + " from block " +
           std::to_string(parameters->from) + " on";
  // A newer node may know more kinds of changes.
  return change.dump();
}

void register_rulebook_views(Command& rulebook) {
  auto query = std::make_shared<ProposalQuery>();
  rulebook
      .command("proposals", "What is proposed on a running chain, or one proposal in full",
               {"tally rulebook proposals", "tally rulebook proposals 3", "tally rulebook proposals 3 --document",
                "tally rulebook proposals --all --json"},
               [query](Context& context) { return show_proposals(context, *query); })
      .argument("PROPOSAL", query->number, "Number of one proposal", Need::optional)
      .flag("--document", query->document, "Of one proposal: the proposed rulebook itself")
      .flag("--all", query->all, "Closed ones as well, newest first")
      .number("--limit", "N", query->page.limit, 1, 1'000'000, "Rows at most");
  rulebook.command("show", "The rulebooks of a running chain, and what its constitution asks for",
                   {"tally rulebook show", "tally rulebook show --json"},
                   [](Context& context) { return show_rules(context); });
}

void register_parameter_views(Command& parameters) {
  parameters.command("show", "The engine's parameters and features, their bounds, and what is planned",
                     {"tally parameters show", "tally parameters show --json"},
                     [](Context& context) { return show_parameters(context); });
}

}  // namespace tally::cli
