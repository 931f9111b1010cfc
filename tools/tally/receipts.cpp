#include "tally/receipts.h"

#include <boost/describe/enum_from_string.hpp>

#include "common/time.h"
#include "contracts/people_json.h"
#include "tally/node_client.h"

namespace tally::cli {

namespace {

constexpr std::size_t kRefusedShown = 20;

std::string label_of(const std::vector<std::string>& labels, std::size_t index) {
  return index < labels.size() ? labels[index] : "operation " + std::to_string(index + 1);
}

template <class T>
void read_number(const Json& object, const char* name, std::optional<T>& out) {
  using Rep = decltype(T{}.value);
  if (const auto number = json_detail::integer_from_text<Rep>(text_at(object, name))) out = T{*number};
}

std::optional<contracts::ProposalOutcome> read_proposal(const Json& shown) {
  const auto found = shown.find("proposal");
  if (found == shown.end() || !found->is_object()) return std::nullopt;
  const auto outcome = from_json<contracts::ProposalOutcome>(*found);
  return outcome ? std::optional(*outcome) : std::nullopt;
}

// Its amount of points beside the number is not needed here.
std::optional<contracts::GateAnswer> read_gate(const Json& shown) {
  const auto found = shown.find("gate");
  if (found == shown.end() || !found->is_object()) return std::nullopt;
  contracts::GateAnswer out;
  out.gate = text_at(*found, "gate");
  out.passes = found->value("passes", false);
  out.passes_after_pending = found->value("passes_after_pending", false);
  out.reason = text_at(*found, "reason");
  read_number(*found, "value", out.value);
  return out;
}

// What the act brought stands in ResultView::consequences.
std::optional<contracts::WorkOutcome> read_work(const Json& shown) {
  const auto found = shown.find("work");
  if (found == shown.end() || !found->is_object()) return std::nullopt;
  contracts::WorkOutcome out;
  out.state = text_at(*found, "state");
  out.missing = found->value("missing", 0U);
  return out;
}

Json consequences_of(const Json& result, const contracts::OperationOutput& output) {
  const auto found = result.find("output");
  if (!output.work || found == result.end()) return Json::array();
  if (!found->is_object()) return contracts::people_form(to_json(output.work->consequences), std::nullopt);
  const Json& work = (*found)["work"];
  return work.contains("consequences") && work["consequences"].is_array() ? work["consequences"] : Json::array();
}

std::string work_in_words(const ResultView& result, const contracts::RulebookPtr& rulebook) {
  const auto& work = *result.output.work;
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (work.missing > 0)
    add(std::to_string(work.missing) + " more must sign the same act with the same values");
  else if (!work.state.empty())
    add("now " + work.state);
  if (result.output.effective) add("goes on by itself " + format_time(*result.output.effective));
  for (const auto& one : result.consequences) add(consequence_in_words(one, rulebook));
  return out;
}

// Nodes show outputs typed, with texts for people beside the numbers, which are not needed here.
contracts::OperationOutput read_typed(const Json& shown) {
  contracts::OperationOutput out;
  std::optional<BlockHeight> entry;
  std::optional<BlockHeight> case_number;
  read_number(shown, "entry", entry);
  read_number(shown, "case_number", case_number);
  read_number(shown, "change", out.change);
  read_number(shown, "score", out.score);
  if (entry) out.entry = entry->value;
  if (case_number) out.case_number = case_number->value;
  const std::string effective = text_at(shown, "effective");
  if (const auto time = parse_time(effective))
    out.effective = *time;
  else
    read_number(shown, "effective", out.effective);
  out.proposal = read_proposal(shown);
  out.gate = read_gate(shown);
  out.work = read_work(shown);
  return out;
}

Outcome<contracts::OperationOutput> read_output(const Json& result) {
  const auto found = result.find("output");
  if (found == result.end() || found->is_null()) return contracts::OperationOutput{};
  if (found->is_object()) return read_typed(*found);
  const auto bytes = found->is_string() ? from_hex(found->get_ref<const std::string&>()) : std::nullopt;
  if (bytes && bytes->empty()) return contracts::OperationOutput{};
  auto output =
      bytes ? decode<contracts::OperationOutput>(*bytes)
            : Result<contracts::OperationOutput>(make_error(ErrorCode::invalid_encoding, "", "is not hexadecimal"));
  if (output) return *output;
  return Failure(ExitCode::unreachable, Error(output.error()).within("output"))
      .during("the node's answer cannot be understood");
}

std::string refusal(const std::string& code, const std::string& rule, const std::string& message) {
  // Messages of the rule engine begin with the clause.
  const bool said = message.find(rule + ":") != std::string::npos;
  return "refused [" + code + "]" + (rule.empty() || said ? "" : " by " + rule) +
         (message.empty() ? "" : ": " + message);
}

}  // namespace

std::string time_text(const std::string& from_api) {
  const auto number = json_detail::integer_from_text<std::uint64_t>(from_api);
  return number ? format_time(TimestampMs{*number}) : from_api;
}

std::uint32_t missing_votes(const contracts::ProposalOutcome& proposal) {
  const bool open = proposal.state == contracts::ProposalState::open;
  return open && proposal.needed > proposal.approvals ? proposal.needed - proposal.approvals : 0;
}

std::string in_words(const contracts::ProposalOutcome& proposal, std::string_view next) {
  using contracts::ProposalState;
  const std::string number = std::to_string(proposal.number);
  std::string out = "proposal " + number + " is " + to_json(proposal.state).get<std::string>() + ": ";
  if (proposal.state == ProposalState::rejected) return out + "too few are left who could approve it";
  if (proposal.state == ProposalState::withdrawn) return out + "nobody can approve it any more";
  if (proposal.state == ProposalState::outdated) return out + "what it would change is no longer as it was";
  out += std::to_string(proposal.approvals) + " of " + std::to_string(proposal.needed) + " approvals";
  if (proposal.state != ProposalState::open) return out;
  const std::uint32_t missing = missing_votes(proposal);
  if (!next.empty()) {
    if (missing == 0) return out + ", adopted once its time for comments is over";
    return out + ", " + std::to_string(missing) + (missing == 1 ? " is" : " are") + " missing (" + std::string(next) +
           " " + number + ")";
  }
  return out + ", " + std::to_string(missing) + (missing == 1 ? " vote is" : " votes are") +
         " missing (tally validator vote " + number + " --approve)";
}

std::size_t TransactionView::refused() const {
  std::size_t count = 0;
  for (const auto& result : results) count += result.code == "ok" ? 0 : 1;
  if (count == 0 && (state == "rejected" || (!code.empty() && code != "ok"))) return 1;
  return count;
}

Outcome<TransactionView> read_transaction(const Json& document) {
  TransactionView out;
  out.document = document;
  out.id = text_at(document, "id");
  out.state = text_at(document, "state");
  out.height = text_at(document, "height");
  out.time = time_text(text_at(document, "time"));
  if (out.state.empty())
    return Failure(ExitCode::unreachable,
                   make_error(ErrorCode::invalid_encoding, "state", "is missing in the node's answer"));
  if (const auto error = document.find("error"); error != document.end() && error->is_object()) {
    out.code = text_at(*error, "code");
    out.message = text_at(*error, "problem");
  }
  const auto receipt = document.find("receipt");
  if (receipt == document.end() || !receipt->is_object()) return out;
  out.code = text_at(*receipt, "code");
  out.message = text_at(*receipt, "message");
  const auto results = receipt->find("results");
  if (results == receipt->end() || !results->is_array()) return out;
  for (const auto& result : *results) {
    auto output = read_output(result);
    if (!output) return output.error();
    const Json& shown = result.contains("output") ? result["output"] : result;
    Json consequences = consequences_of(result, *output);
    out.results.push_back({text_at(result, "code"), text_at(result, "rule"), text_at(result, "message"),
                           std::move(*output), text_at(shown, "change_points"), text_at(shown, "score_points"),
                           std::move(consequences)});
  }
  return out;
}

std::string consequence_in_words(const Json& shown, const contracts::RulebookPtr& rulebook) {
  const std::string kind = text_at(shown, "kind");
  const std::string code = text_at(shown, "code");
  const std::string number = text_at(shown, "number");
  const std::string money = text_at(shown, "amount_money");
  const auto points = [&]() -> std::string {
    if (const auto text = text_at(shown, "amount_points"); !text.empty()) return text + " points";
    const auto raw = json_detail::integer_from_text<std::int64_t>(text_at(shown, "amount"));
    if (!raw) return "no points";
    return rulebook ? rulebook->points(Amount{*raw}) + " points" : std::to_string(*raw) + " in smallest units";
  };
  if (kind == "award") return "award " + code + " of " + points();
  if (kind == "deduction") return "deduction " + code + " of " + points() + " proposed, case " + number;
  if (kind == "obligation") return "obligation " + number + " of " + money + " " + code;
  if (kind == "notice") return "notice \"" + code + "\"";
  if (kind == "case_opened") return "case " + number + " of " + code + " opened";
  if (kind == "case_moved") return "case " + number + ": " + code + (money.empty() ? "" : " with " + money);
  return "left out (case " + number + "): " + code;
}

namespace {

// What approves a proposal that this operation was about; empty: one on validators.
std::string_view approving_command(std::string_view label) {
  using namespace contracts;
  if (label == ProposeParameters::kName) return "tally parameters approve";
  for (const auto name : {ProposeRulebook::kName, RetireRulebook::kName, CommentProposal::kName, ApproveProposal::kName,
                          WithdrawProposal::kName})
    if (label == name) return "tally rulebook approve";
  return {};
}

}  // namespace

std::string in_words(const ResultView& result, const contracts::RulebookPtr& rulebook, std::string_view label) {
  const auto& output = result.output;
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  const auto points = [&](Amount amount, const std::string& shown) {
    if (!shown.empty()) return shown;
    return rulebook ? rulebook->points(amount) : std::to_string(amount.value);
  };
  const bool decimals_known = rulebook || !result.change_points.empty() || !result.score_points.empty();
  if (output.change) {
    const std::string sign = output.change->value > 0 ? "+" : "";
    add(sign + points(*output.change, result.change_points) + (decimals_known ? " points" : " in smallest units"));
  }
  if (output.score) add("score now " + points(*output.score, result.score_points));
  if (output.entry) add("entry " + std::to_string(*output.entry));
  if (output.case_number) add("case " + std::to_string(*output.case_number));
  if (output.work) {
    if (const auto words = work_in_words(result, rulebook); !words.empty()) add(words);
  } else if (output.effective) {
    add("takes effect " + format_time(*output.effective) + " unless somebody objects");
  }
  if (output.proposal) add(in_words(*output.proposal, approving_command(label)));
  if (output.gate) {
    add("gate " + output.gate->gate + (output.gate->passes ? " passes: " : " does not pass: ") + output.gate->reason);
    if (output.gate->value) add("up to " + points(*output.gate->value, {}));
    if (output.gate->passes && !output.gate->passes_after_pending) add("open cases may change that");
  }
  return out.empty() ? "done" : out;
}

std::vector<Section> sections_of(const TransactionView& view, const std::vector<std::string>& labels,
                                 const contracts::RulebookPtr& rulebook) {
  Facts facts;
  facts.add("transaction", view.id).add("state", view.state);
  if (!view.height.empty()) facts.add("block", view.height);
  if (!view.time.empty()) facts.add("block time", view.time);
  if (view.results.empty() && !view.code.empty() && view.code != "ok")
    facts.add("outcome", refusal(view.code, "", view.message));
  std::vector<Section> out{{"", facts.table()}};
  if (view.results.empty()) return out;
  Table table{{{"operation"}, {"outcome"}, {"words"}}, {}};
  for (std::size_t i = 0; i < view.results.size(); ++i) {
    const auto& result = view.results[i];
    const bool good = result.code == "ok";
    table.rows.push_back(
        {label_of(labels, i), result.code,
         good ? in_words(result, rulebook, label_of(labels, i)) : refusal(result.code, result.rule, result.message)});
  }
  out.push_back({"", std::move(table)});
  return out;
}

std::optional<Failure> failure_in(const TransactionView& view, const std::vector<std::string>& labels) {
  const std::size_t refused = view.refused();
  if (refused == 0) return std::nullopt;
  ErrorCode code = ErrorCode::batch_aborted;
  std::string code_text = view.code;
  Failure out;
  for (std::size_t i = 0; i < view.results.size(); ++i) {
    const auto& result = view.results[i];
    if (result.code == "ok") continue;
    // The operation that failed says more than those that were undone with it.
    if (result.code != name_of(ErrorCode::batch_aborted)) code_text = result.code;
    if (out.details.size() < kRefusedShown)
      out.details.push_back(label_of(labels, i) + ": " + refusal(result.code, result.rule, result.message));
  }
  boost::describe::enum_from_string(code_text.c_str(), code);
  out.exit = ExitCode::rejected;
  out.code = code;
  out.why = view.message;
  if (view.results.empty() || view.code != "ok") {
    out.what = "transaction " + view.id + " was rejected; nothing was applied";
  } else {
    out.what = std::to_string(refused) + " of " + std::to_string(view.results.size()) + " operations of transaction " +
               view.id + " were refused; the others stand";
  }
  if (refused > out.details.size() && !view.results.empty())
    out.details.push_back("and " + std::to_string(refused - out.details.size()) + " more");
  return out;
}

}  // namespace tally::cli
