#include "contracts/engine.h"
#include "contracts/explain_json.h"
#include "tally/block_source.h"
#include "tally/commands.h"
#include "tally/explain_view.h"
#include "tally/fields.h"
#include "tally/node_client.h"
#include "tally/query_views.h"

namespace tally::cli {

namespace {

struct ExplainOptions {
  std::string subject;
  std::string rulebook;
  std::string book;
  std::string at;
  SourceOptions source;
};

Failure bad_answer(const Error& error) {
  return Failure(ExitCode::unreachable,
                 make_error(ErrorCode::invalid_encoding, "", "the node's answer cannot be understood: " + error.text()))
      .then("check that --node names a Tallystick node of this version");
}

Outcome<contracts::Explanation> ask_page(NodeClient& client, const std::string& path, const std::string& book,
                                         const std::string& at, std::uint64_t from) {
  const std::string limit = std::to_string(limits::kPageRowsMax);
  auto answer =
      client.get(path + query_text({{"book", book}, {"at", at}, {"from", std::to_string(from)}, {"limit", limit}}),
                 Access::personal);
  if (!answer) return answer.error();
  auto page = contracts::explanation_from_json(*answer);
  if (!page) return bad_answer(page.error());
  return *std::move(page);
}

// All pages of one moment: the chain may grow meanwhile.
Outcome<contracts::Explanation> explain_by_node(Context& context, const ExplainOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto rulebook = chosen_rulebook(*client, options.rulebook);
  if (!rulebook) return rulebook.error();
  const std::string path =
      "/v1/accounts/" + url_encoded(*rulebook) + "/" + url_encoded(options.subject) + "/explanation";
  auto out = ask_page(*client, path, options.book, options.at, 0);
  while (out && out->next) {
    auto page = ask_page(*client, path, out->book, contracts::time_text(out->time), *out->next);
    if (!page) return page;
    if (page->steps.empty()) return bad_answer(make_error(ErrorCode::missing_field, "steps", "are none"));
    out->steps.insert(out->steps.end(), page->steps.begin(), page->steps.end());
    out->next = page->next;
  }
  return out;
}

Outcome<contracts::RulebookId> only_rulebook(const contracts::Queries& queries, const storage::Reader& reader,
                                             const std::string& given) {
  if (!given.empty()) return given;
  const auto all = queries.rulebooks(reader);
  if (!all) return Failure(all.error());
  std::vector<std::string> ids;
  for (const auto& one : *all) ids.push_back(one.rulebook);
  return only_of(ids);
}

Outcome<contracts::Explanation> explain_by_replay(Context& context, const ExplainOptions& options,
                                                  const SubjectHandle& subject, std::optional<TimestampMs> at) {
  const auto store = storage::make_memory_store();
  contracts::RuleEngine engine;
  std::shared_ptr<const storage::Reader> moment;
  TimestampMs now;
  // The state of the last block at or before the moment.
  const auto look = [&](TimestampMs time) {
    if (at && time > *at) return;
    moment = store->snapshot();
    now = time;
  };
  TimestampMs last;
  Replay replay{engine, *store,
                [&](const ledger::Genesis& genesis) -> Status {
                  last = genesis.time;
                  look(genesis.time);
                  return {};
                },
                [&](const ledger::CertifiedBlock& block) -> Status {
                  last = block.header.time;
                  look(block.header.time);
                  return {};
                }};
  const auto verdict = replay_audited(context, options.source, replay);
  if (!verdict) return verdict.error();
  if (at && *at > last)
    return usage_failure("--at", "is " + format_time(*at) + ", which is still to come",
                         "at the latest " + format_time(last) + ", the time of the last block");
  if (moment == nullptr)
    return usage_failure("--at", "is " + format_time(*at) + ", before the chain began", "a later time");
  const contracts::Queries queries;
  auto rulebook = only_rulebook(queries, *moment, options.rulebook);
  if (!rulebook) return rulebook.error();
  contracts::ExplainRequest request{*rulebook, options.book, subject, at.value_or(now), 0, limits::kPageRowsMax};
  auto out = contracts::explain(queries, *moment, request, *request.at);
  while (out && out->next) {
    request.from = *out->next;
    auto page = contracts::explain(queries, *moment, request, *request.at);
    if (!page) return Failure(page.error());
    out->steps.insert(out->steps.end(), page->steps.begin(), page->steps.end());
    out->next = page->next;
  }
  if (!out) return Failure(out.error());
  return *std::move(out);
}

Outcome<void> explain(Context& context, const ExplainOptions& options) {
  auto subject = fixed_field<SubjectHandle>("SUBJECT", options.subject);
  if (!subject) return subject.error();
  std::optional<TimestampMs> at;
  if (!options.at.empty()) {
    auto time = time_field("--at", options.at);
    if (!time) return time.error();
    at = *time;
  }
  if (!options.source.elsewhere() && !options.source.genesis.empty())
    return usage_failure("--genesis", "is given without --file or --data", "the chain that it is the genesis of");
  auto out = options.source.elsewhere() ? explain_by_replay(context, options, *subject, at)
                                        : explain_by_node(context, options);
  if (!out) return out.error();
  Report report;
  report.json = contracts::explanation_json(*out);
  report.sections = sections_of(*out);
  report.csv = 1;
  context.emit(report);
  return {};
}

}  // namespace

void register_explain(Program& program) {
  auto options = std::make_shared<ExplainOptions>();
  Command command = program.root().command(
      "explain", "Tell how a score came about, step by step: rule, clause, inputs, signers, papers",
      {"tally explain 4f0c...e1 --key accountant.json", "tally explain 4f0c...e1 --at 2026-06-30 --book credit",
       "tally explain 4f0c...e1 --file chain.tally --genesis genesis.json --json"},
      [options](Context& context) { return explain(context, *options); });
  command.argument("SUBJECT", options->subject, "Handle of the subject, 32 digits")
      .text("--rulebook", "ID", options->rulebook, "Rulebook; needed where there are several")
      .text("--book", "CODE", options->book, "Book; without it the main one of the subject's kind")
      .text("--at", "TIME", options->at, "The score as it was then, such as 2026-06-30T12:00:00Z");
  add_source_options(command, options->source);
}

}  // namespace tally::cli
