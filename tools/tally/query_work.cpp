// Deductions and cases of workflows, queues, obligations and notices.
#include <algorithm>

#include "tally/query_views.h"
#include "tally/receipts.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

constexpr std::uint64_t kActsShown = 20;

struct WorkQueryOptions {
  std::string rulebook;
  std::string subject;
  std::string queue;
  std::string unit;
  std::string number;
  std::uint64_t acts = kActsShown;
  bool open = false;
  PageOptions page;
};
using OptionsPtr = std::shared_ptr<WorkQueryOptions>;

// "joined  已报名 (joined)"
std::string coded(const std::string& code, const Json& title) {
  const std::string words = title_text(title);
  return words.empty() ? code : code + "  " + words;
}

std::string joined(const Json& list) {
  std::string out;
  for (const auto& item : list)
    out += (out.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.dump());
  return out;
}

std::string short_id(const std::string& id) {
  return id.substr(0, 8);
}

std::string signer_text(const Json& signer) {
  const std::string person = text_at(signer, "person");
  return person.empty() ? "subject " + short_id(text_at(signer, "subject")) : short_id(person);
}

std::string signers_text(const Json& signers) {
  std::string out;
  for (const auto& one : signers) out += (out.empty() ? "" : " + ") + signer_text(one);
  return out;
}

std::string due_text(const Json& due) {
  if (!due.is_object()) return "";
  return time_text(text_at(due, "deadline")) + " to " + coded(text_at(due, "leads_to"), member(due, "title"));
}

Facts deduction_facts(const Json& view, const contracts::RulebookPtr& rulebook) {
  const Json& record = member(view, "record");
  const contracts::Rule* rule = rulebook->rule(text_at(record, "rule"));
  Facts facts;
  facts.add("case", text_at(view, "number"))
      .add("state", text_at(record, "state"))
      .add("deadline of the state", time_text(text_at(record, "deadline")))
      .add("rulebook", text_at(record, "rulebook") + " version " + text_at(record, "rulebook_version"))
      .add("subject", text_at(record, "subject"))
      .add("rule",
           text_at(record, "rule") + (rule != nullptr ? "  " + rule->title.zh + " (" + rule->title.en + ")" : ""))
      .add("quantity", text_at(record, "quantity"))
      .add("change", points_at(record, "change", rulebook))
      .add("event time", time_text(text_at(record, "event_time")))
      .add("proposer", text_at(record, "proposer"))
      .add("endorser", text_at(record, "endorser"))
      .add("objection", text_at(record, "objection"))
      .add("entry", text_at(record, "entry"))
      .add("transaction", text_at(record, "transaction"))
      .add("reason digest", text_at(record, "reason"))
      .add("evidence digest", text_at(record, "evidence"));
  return facts;
}

Facts work_facts(const Json& work) {
  std::string links;
  for (const auto& link : member(work, "links"))
    if (text_at(link, "case_number") != "0")
      links += (links.empty() ? "" : ", ") + text_at(link, "name") + " is case " + text_at(link, "case_number");
  Facts facts;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) facts.add(name, value);
  };
  add("case", text_at(work, "number"));
  add("workflow", coded(text_at(work, "workflow"), member(work, "title")));
  add("state", coded(text_at(work, "state"), member(work, "state_title")));
  add("since", time_text(text_at(work, "entered")));
  add("goes on by itself", due_text(member(work, "next")));
  add("ends at the latest", due_text(member(work, "term")));
  add("rulebook", text_at(work, "rulebook") + " version " + text_at(work, "rulebook_version"));
  add("subject", text_at(work, "subject"));
  add("unit", text_at(work, "unit"));
  add("links", links);
  add("waits in", joined(member(work, "queues")));
  add("opened", time_text(text_at(work, "opened")) + " by " + signer_text(member(work, "opener")));
  add("transaction", text_at(work, "transaction"));
  add("reason digest", text_at(work, "reason"));
  add("evidence digest", text_at(work, "evidence"));
  return facts;
}

Table field_table(const Json& work) {
  Table out{{{"field"}, {"title"}, {"value"}}, {}};
  for (const auto& field : member(work, "fields")) {
    std::string value = text_at(field, "value");
    if (text_at(field, "list") == "true") {
      const Json& values = member(field, "values");
      value = std::to_string(values.size()) + (values.size() == 1 ? " value" : " values");
      for (std::size_t i = 0; i < values.size(); ++i) value += (i == 0 ? ": " : ", ") + text_at(values[i], "value");
    }
    out.rows.push_back({text_at(field, "name"), title_text(member(field, "title")), value});
  }
  return out;
}

std::string needs_of(const Json& choice) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (text_at(choice, "evidence_required") == "true") add("evidence");
  if (text_at(choice, "reason_required") == "true") add("a reason");
  if (text_at(choice, "subject_signs") == "true") add("the subject's signature");
  if (const auto count = text_at(choice, "endorsements"); count != "0" && !count.empty())
    add(count + " more to sign (" + joined(member(choice, "endorser_roles")) + ")");
  return out;
}

Table choice_table(const Json& work) {
  Table out{{{"act"}, {"title"}, {"by"}, {"leads to"}, {"gives"}, {"needs"}}, {}};
  for (const auto& choice : member(work, "choices"))
    out.rows.push_back({text_at(choice, "act"), title_text(member(choice, "title")), joined(member(choice, "by")),
                        text_at(choice, "leads_to"), joined(member(choice, "takes")), needs_of(choice)});
  return out;
}

std::string values_text(const Json& values) {
  std::string out;
  for (const auto& one : values) out += (out.empty() ? "" : ", ") + text_at(one, "name") + "=" + text_at(one, "value");
  return out;
}

// Oldest first, as an account's register.
Table act_table(const Json& history) {
  Table out{{{"move", Align::right}, {"time"}, {"act"}, {"state"}, {"by"}, {"gave"}, {"brought"}}, {}};
  const Json& acts = member(history, "acts");
  for (auto at = acts.rbegin(); at != acts.rend(); ++at) {
    const Json& act = member(*at, "act");
    const std::string code = text_at(act, "act");
    std::string brought;
    for (const auto& one : member(act, "consequences"))
      brought += (brought.empty() ? "" : "; ") + consequence_in_words(one, nullptr);
    out.rows.push_back({text_at(*at, "index"), time_text(text_at(act, "time")),
                        code.empty() ? "its time was over" : coded(code, member(*at, "title")), text_at(act, "state"),
                        signers_text(member(act, "signers")), values_text(member(act, "values")), brought});
  }
  return out;
}

Outcome<void> show_work(Context& context, NodeClient& client, const Json& view, const WorkQueryOptions& options) {
  const Json& work = member(view, "work");
  auto history = client.get(
      "/v1/cases/" + url_encoded(options.number) + "/acts" + query_text({{"limit", std::to_string(options.acts)}}),
      Access::personal);
  if (!history) return history.error();
  Report report;
  report.json = view;
  report.json["history"] = *history;
  report.sections.push_back({"", work_facts(work).table()});
  if (!member(work, "fields").empty()) report.sections.push_back({"Fields", field_table(work)});
  if (!member(work, "choices").empty()) report.sections.push_back({"What may be done", choice_table(work)});
  report.sections.push_back({"History", act_table(*history)});
  context.emit(report);
  if (!member(*history, "next").is_null()) context.note("there are older moves: a higher --acts");
  return {};
}

Outcome<void> show_case(Context& context, const WorkQueryOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto view = client->get("/v1/cases/" + url_encoded(options.number), Access::personal);
  if (!view) return view.error();
  if (member(*view, "work").is_object()) return show_work(context, *client, *view, options);
  auto rulebook = fetch_rulebook(*client, text_at(member(*view, "record"), "rulebook"));
  if (!rulebook) return rulebook.error();
  Report report;
  report.json = *view;
  report.sections.push_back({"", deduction_facts(*view, *rulebook).table()});
  context.emit(report);
  return {};
}

// Deductions and cases of workflows together, newest first.
Table case_rows(const Json& deductions, const Json& work) {
  struct Row {
    std::uint64_t number = 0;
    std::vector<std::string> cells;
  };
  std::vector<Row> rows;
  const auto number_of = [](const Json& row) {
    const auto number = json_detail::integer_from_text<std::uint64_t>(text_at(row, "number"));
    return number ? *number : 0;
  };
  for (const auto& row : member(deductions, "rows")) {
    const Json& record = member(row, "record");
    rows.push_back({number_of(row),
                    {text_at(row, "number"), text_at(record, "state"), text_at(record, "rulebook"),
                     text_at(record, "rule"), text_at(record, "subject"), time_text(text_at(record, "deadline"))}});
  }
  for (const auto& row : member(work, "rows"))
    rows.push_back(
        {number_of(row),
         {text_at(row, "number"), coded(text_at(row, "state"), member(row, "state_title")), text_at(row, "rulebook"),
          text_at(row, "workflow"), text_at(row, "subject"), time_text(text_at(row, "deadline"))}});
  std::sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) { return left.number > right.number; });
  Table out{{{"case", Align::right}, {"state"}, {"rulebook"}, {"of"}, {"subject"}, {"until"}}, {}};
  for (auto& row : rows) out.rows.push_back(std::move(row.cells));
  return out;
}

bool is_open(const Json& deduction) {
  const std::string state = text_at(member(deduction, "record"), "state");
  return state == "proposed" || state == "endorsed" || state == "disputed";
}

Outcome<void> show_cases(Context& context, const WorkQueryOptions& options) {
  if (options.subject.empty() == options.unit.empty())
    return usage_failure("SUBJECT", options.unit.empty() ? "is missing" : "stands beside --unit",
                         "either the handle of a subject or --unit PATH");
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  const bool of_unit = !options.unit.empty();
  const std::string base = "/v1/subjects/" + url_encoded(options.subject);
  const std::vector<std::pair<std::string, std::string>> parts = {{"unit", options.unit},
                                                                  {"open", options.open ? "true" : ""}};
  auto deductions =
      fetch_rows(*client, of_unit ? "/v1/cases" : base + "/deductions", parts, Access::personal, options.page);
  if (!deductions) return deductions.error();
  if (options.open && !of_unit) {
    Json open = Json::array();
    for (const auto& row : member(*deductions, "rows"))
      if (is_open(row)) open.push_back(row);
    (*deductions)["rows"] = std::move(open);
  }
  auto work = fetch_rows(*client, of_unit ? "/v1/work" : base + "/work", parts, Access::personal, options.page);
  if (!work) return work.error();
  Report report;
  report.json = *deductions;
  report.json["work"] = *work;
  Table table = case_rows(*deductions, *work);
  const bool empty = table.rows.empty();
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  if (empty) context.note("no rows");
  note_rest(context, member(*deductions, "next").is_null() ? *work : *deductions);
  return {};
}

// Rows of one list, each made into cells.
template <class Cells>
Outcome<void> show_rows(Context& context, const std::string& path,
                        const std::vector<std::pair<std::string, std::string>>& parts, const PageOptions& page,
                        Table table, const Cells& cells) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto rows = fetch_rows(*client, path, parts, Access::personal, page);
  if (!rows) return rows.error();
  for (const auto& row : member(*rows, "rows")) table.rows.push_back(cells(row));
  emit_page(context, *rows, std::move(table));
  note_rest(context, *rows);
  return {};
}

Outcome<void> show_queue(Context& context, const WorkQueryOptions& options) {
  return show_rows(
      context, "/v1/queues/" + url_encoded(options.rulebook) + "/" + url_encoded(options.queue),
      {{"unit", options.unit}}, options.page,
      {{{"place", Align::right}, {"case", Align::right}, {"state"}, {"subject"}}, {}},
      [](const Json& row) -> std::vector<std::string> {
        return {text_at(row, "place"), text_at(row, "case_number"), text_at(row, "state"), text_at(row, "subject")};
      });
}

Outcome<void> show_obligations(Context& context, const WorkQueryOptions& options) {
  return show_rows(context, "/v1/subjects/" + url_encoded(options.subject) + "/obligations", {}, options.page,
                   {{{"obligation", Align::right},
                     {"title"},
                     {"amount", Align::right},
                     {"unit"},
                     {"state"},
                     {"due"},
                     {"paid"},
                     {"case", Align::right}},
                    {}},
                   [](const Json& row) -> std::vector<std::string> {
                     const Json& record = member(row, "record");
                     return {text_at(row, "number"),
                             title_text(member(record, "title")),
                             text_at(record, "amount_money"),
                             text_at(record, "unit"),
                             text_at(record, "state"),
                             time_text(text_at(record, "due")),
                             time_text(text_at(record, "paid")),
                             text_at(record, "case_number")};
                   });
}

Outcome<void> show_notices(Context& context, const WorkQueryOptions& options) {
  return show_rows(context, "/v1/subjects/" + url_encoded(options.subject) + "/notices", {}, options.page,
                   {{{"notice", Align::right}, {"time"}, {"title"}, {"case", Align::right}}, {}},
                   [](const Json& row) -> std::vector<std::string> {
                     const Json& record = member(row, "record");
                     return {text_at(row, "number"), time_text(text_at(record, "time")),
                             title_text(member(record, "title")), text_at(record, "case_number")};
                   });
}

void register_cases(Command& query) {
  auto options = std::make_shared<WorkQueryOptions>();
  query
      .command("case",
               "A deduction on its way, or a case of a workflow: where it stands, what may be done, its history",
               {"tally query case 7 --key secretary.json"},
               [options](Context& context) { return show_case(context, *options); })
      .argument("NUMBER", options->number, "Number of the case")
      .number("--acts", "N", options->acts, 1, limits::kPageRowsMax, "Moves of its history at most, the newest");
  auto list = std::make_shared<WorkQueryOptions>();
  Command cases = query.command("cases", "Deductions and cases of workflows, of a subject or of a unit",
                                {"tally query cases 4f0c...e1 --key villager.key",
                                 "tally query cases --unit yingshan/qingzhen --open --key secretary.json"},
                                [list](Context& context) { return show_cases(context, *list); });
  cases.argument("SUBJECT", list->subject, "Handle of the subject, 32 digits", Need::optional)
      .text("--unit", "UNIT", list->unit, "Instead: this unit and those below it")
      .flag("--open", list->open, "Only those that are not settled");
  add_page_options(cases, list->page);
}

void register_subject_list(Command& query, const std::string& name, const std::string& summary,
                           Outcome<void> (*show)(Context&, const WorkQueryOptions&)) {
  auto options = std::make_shared<WorkQueryOptions>();
  Command command = query.command(name, summary, {"tally query " + name + " 4f0c...e1 --key villager.key"},
                                  [options, show](Context& context) { return show(context, *options); });
  command.argument("SUBJECT", options->subject, "Handle of the subject, 32 digits");
  add_page_options(command, options->page);
}

}  // namespace

void register_work_queries(Command& query) {
  register_cases(query);
  auto options = std::make_shared<WorkQueryOptions>();
  Command queue = query.command(
      "queue", "The cases that wait in a queue, in the order of service; officers of the unit also see whose they are",
      {"tally query queue cypress relief --unit yingshan/qingzhen --key secretary.json"},
      [options](Context& context) { return show_queue(context, *options); });
  queue.argument("RULEBOOK", options->rulebook, "Rulebook")
      .argument("QUEUE", options->queue, "Code of the queue")
      .text("--unit", "UNIT", options->unit, "This unit and those below it", Need::required);
  add_page_options(queue, options->page);
  register_subject_list(query, "obligations", "What a subject is owed, oldest first, with what was paid already",
                        show_obligations);
  register_subject_list(query, "notices", "Notices to a subject, newest first", show_notices);
}

}  // namespace tally::cli
