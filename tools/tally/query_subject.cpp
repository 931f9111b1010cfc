// What a subject may see of itself beside its accounts: consents, lists and suspensions, sums, consultations.
#include "common/limits.h"
#include "tally/query_views.h"
#include "tally/receipts.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

struct SubjectOptions {
  std::string subject;
  std::string rulebook;
  PageOptions page;
};

struct Question {
  NodeClient client;
  std::string rulebook;
  std::string path;  // "/v1/accounts/RULEBOOK/SUBJECT/"
};

Outcome<Question> question_of(Context& context, const SubjectOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto rulebook = chosen_rulebook(*client, options.rulebook);
  if (!rulebook) return rulebook.error();
  std::string path = "/v1/accounts/" + url_encoded(*rulebook) + "/" + url_encoded(options.subject) + "/";
  return Question{*std::move(client), *std::move(rulebook), std::move(path)};
}

void emit_rows(Context& context, const Json& answer, Table table) {
  const bool empty = table.rows.empty();
  Report report;
  report.json = answer;
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  if (empty) context.note("no rows");
}

std::string yes_no(const Json& row, const char* name) {
  return text_at(row, name) == "true" ? "yes" : "no";
}

Outcome<void> show_consents(Context& context, const SubjectOptions& options) {
  auto question = question_of(context, options);
  if (!question) return question.error();
  auto answer = question->client.get(question->path + "consents", Access::personal);
  if (!answer) return answer.error();
  Table table{{{"who"}, {"given"}, {"until"}, {"runs"}, {"signed by"}, {"evidence digest"}}, {}};
  for (const auto& row : member(*answer, "rows")) {
    const std::string unit = text_at(row, "unit");
    const std::string helper = text_at(row, "helper");
    const std::string evidence = text_at(row, "evidence");
    table.rows.push_back({unit.empty() ? "to be scored" : unit + " may ask", time_text(text_at(row, "given")),
                          time_text(text_at(row, "until")), yes_no(row, "runs"),
                          helper.empty() ? "the subject" : "registrar " + helper.substr(0, 8),
                          evidence.find_first_not_of('0') == evidence.npos ? "" : evidence});
  }
  emit_rows(context, *answer, std::move(table));
  return {};
}

Outcome<void> show_standings(Context& context, const SubjectOptions& options) {
  auto question = question_of(context, options);
  if (!question) return question.error();
  auto answer = question->client.get(question->path + "standings", Access::personal);
  if (!answer) return answer.error();
  Table table{{{"standing"},
               {"title"},
               {"kind"},
               {"until"},
               {"book"},
               {"entry", Align::right},
               {"rule"},
               {"since"},
               {"ground until"}},
              {}};
  for (const auto& row : member(*answer, "rows"))
    for (const auto& ground : member(row, "grounds"))
      table.rows.push_back({text_at(row, "code"), title_text(member(row, "title")), text_at(row, "kind"),
                            time_text(text_at(row, "until")), text_at(ground, "book"), text_at(ground, "entry"),
                            text_at(ground, "rule") + " " + title_text(member(ground, "rule_title")),
                            time_text(text_at(ground, "since")), time_text(text_at(ground, "until"))});
  emit_rows(context, *answer, std::move(table));
  return {};
}

Outcome<void> show_sums(Context& context, const SubjectOptions& options) {
  auto question = question_of(context, options);
  if (!question) return question.error();
  auto answer = question->client.get(question->path + "sums", Access::personal);
  if (!answer) return answer.error();
  Table table{{{"sum"}, {"title"}, {"of"}, {"months", Align::right}, {"points", Align::right}}, {}};
  for (const auto& row : member(*answer, "rows"))
    table.rows.push_back({text_at(row, "code"), title_text(member(row, "title")), text_at(row, "of"),
                          text_at(row, "months"), points_at(row, "value", nullptr)});
  emit_rows(context, *answer, std::move(table));
  return {};
}

// {"rows": newest first, "next"}.
Outcome<Json> fetch_consultations(Question& question, const PageOptions& page) {
  Json out = {{"rows", Json::array()}, {"next", nullptr}};
  std::string before;
  while (true) {
    const std::uint64_t left = page.all ? limits::kPageRowsMax : page.limit - out["rows"].size();
    const std::string limit = std::to_string(std::min<std::uint64_t>(left, limits::kPageRowsMax));
    auto answer = question.client.get(
        question.path + "consultations" + query_text({{"before", before}, {"limit", limit}}), Access::personal);
    if (!answer) return answer;
    for (const auto& row : member(*answer, "rows")) out["rows"].push_back(row);
    const std::string next = text_at(*answer, "next");
    out["next"] = next.empty() ? Json(nullptr) : Json(next);
    if (next.empty() || next == before || (!page.all && out["rows"].size() >= page.limit)) return out;
    before = next;
  }
}

Outcome<void> show_consultations(Context& context, const SubjectOptions& options) {
  auto question = question_of(context, options);
  if (!question) return question.error();
  auto answer = fetch_consultations(*question, options.page);
  if (!answer) return answer.error();
  Table table{{{"number", Align::right},
               {"time"},
               {"gate"},
               {"asked by"},
               {"of"},
               {"passes"},
               {"after open cases"},
               {"purpose digest"}},
              {}};
  for (const auto& row : member(*answer, "rows")) {
    const Json& asked = member(row, "consultation");
    table.rows.push_back({text_at(row, "index"), time_text(text_at(asked, "block_time")),
                          text_at(asked, "gate") + " " + title_text(member(row, "gate_title")),
                          text_at(row, "officer_title") + " (person " + text_at(asked, "officer").substr(0, 8) + ")",
                          text_at(asked, "unit"), yes_no(asked, "passes"), yes_no(asked, "passes_after_pending"),
                          text_at(asked, "purpose")});
  }
  emit_rows(context, *answer, std::move(table));
  note_rest(context, *answer);
  return {};
}

}  // namespace

void register_subject_queries(Command& query) {
  auto options = std::make_shared<SubjectOptions>();
  const auto add = [&](const std::string& name, const std::string& summary, auto show) {
    Command command = query.command(name, summary, {"tally query " + name + " 4f0c...e1 --key villager.key"},
                                    [options, show](Context& context) { return show(context, *options); });
    command.argument("SUBJECT", options->subject, "Handle of the subject, 32 digits")
        .text("--rulebook", "ID", options->rulebook, "Rulebook; needed where there are several");
    return command;
  };
  add("consents", "What a subject has agreed to: to be scored, and who may ask until when", show_consents);
  add("standings", "The lists that a subject stands on and its suspensions, each with its grounds", show_standings);
  add("sums", "What a subject lost, gained or spent within the months that its rulebook counts", show_sums);
  Command consultations =
      add("consultations", "Who asked which gate about a subject, and what the answer was; newest first",
          show_consultations);
  add_page_options(consultations, options->page);
}

}  // namespace tally::cli
