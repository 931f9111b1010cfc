#include "tally/transactions.h"

#include <ostream>

#include "common/limits.h"
#include "crypto/digest.h"
#include "tally/receipts.h"
#include "tally/secrets.h"

namespace tally::cli {

namespace {

constexpr crypto::Domain kReasonDomain{"tally.reason"};
constexpr crypto::Domain kEvidenceDomain{"tally.evidence"};
constexpr unsigned kPollMs = 200;

// On standard error and at once: whoever breaks off the waiting still knows what to ask for.
void announce(Context& context, const Prepared& prepared) {
  std::ostream& err = *context.world().err;
  Json json = {{"transaction", prepared.id()}};
  std::string text = "transaction " + prepared.id() + "\n";
  for (const auto& [name, value] : prepared.made) {
    json[name] = value;
    text += name + " " + value + "\n";
  }
  err << (context.json() ? json.dump() + "\n" : text) << std::flush;
}

std::string ask_again(const NodeClient& client, const std::string& id) {
  return "tally query transaction " + id + " --wait 30s --node " + client.url();
}

// Sends one; an answer that the node knew it already counts as sent.
Outcome<std::string> send(NodeClient& client, const Prepared& prepared) {
  const Json body = {{"transactions", Json::array({to_hex(encode(prepared.transaction))})}};
  auto answer = client.post("/v1/transactions", body);
  if (!answer) {
    Failure failure = answer.error();
    failure.next = "it may have been sent: " + ask_again(client, prepared.id());
    return failure;
  }
  const auto results = answer->find("results");
  if (results == answer->end() || !results->is_array() || results->size() != 1)
    return Failure(ExitCode::unreachable,
                   make_error(ErrorCode::invalid_encoding, "results", "are missing in the answer"));
  const Json& result = results->front();
  const auto error = result.find("error");
  if (error == result.end() || !error->is_object()) return text_at(result, "state");
  const std::string code = text_at(*error, "code");
  if (code == name_of(ErrorCode::duplicate)) return text_at(result, "state");
  auto view = read_transaction(result);
  if (!view) return view.error();
  view->code = code;
  view->state = "rejected";
  Failure failure = *failure_in(*view, prepared.labels);
  const std::string field = text_at(*error, "field");
  failure.what = "the node did not take transaction " + prepared.id();
  failure.why = (field.empty() ? "" : field + " ") + text_at(*error, "problem");
  failure.expected = text_at(*error, "expected");
  if (code == name_of(ErrorCode::busy)) failure.exit = ExitCode::unreachable;
  if (code == name_of(ErrorCode::pool_full)) failure.next = "send it again in a while";
  return failure;
}

Failure not_final_yet(const NodeClient& client, const TransactionView& view, const std::string& id,
                      std::uint64_t timeout_ms) {
  Failure out(ExitCode::not_final,
              make_error(ErrorCode::not_final, "",
                         "transaction " + id + " is not final after " + std::to_string(timeout_ms / 1000) + " s"));
  out.why = "the node says it is " + view.state;
  out.next = "ask again: " + ask_again(client, id);
  return out;
}

Outcome<std::vector<crypto::SecretKey>> cosigners(Context& context, const SendOptions& options) {
  std::vector<crypto::SecretKey> out;
  for (const auto& path : options.cosign) {
    std::string passphrase = options.cosign_passphrase_file;
    Outcome<crypto::SecretKey> key = [&]() -> Outcome<crypto::SecretKey> {
      if (!passphrase.empty()) return open_key(context, path, passphrase);
      auto asked = context.world().ask_secret("Passphrase of " + path + ": ");
      if (!asked) {
        Failure failure(asked.error());
        failure.expected = options.cosign_passphrase_hint;
        return failure;
      }
      auto opened = crypto::read_key_file(path, *asked);
      if (!opened) return Failure(opened.error()).during("the key file " + path + " was not unlocked");
      return std::move(*opened);
    }();
    if (!key) return key.error();
    out.push_back(std::move(*key));
  }
  return out;
}

void add_signatures(ledger::SignedTransaction& transaction, const std::vector<crypto::SecretKey>& keys) {
  for (const auto& key : keys) {
    const bool signed_before = std::any_of(transaction.signatures.begin(), transaction.signatures.end(),
                                           [&](const auto& one) { return one.key == key.public_key(); });
    if (!signed_before) ledger::add_signature(transaction, key);
  }
}

Outcome<void> report_settled(Context& context, const std::vector<TransactionView>& views,
                             const std::vector<Prepared>& prepared, const contracts::RulebookPtr& rulebook) {
  Report report;
  report.json = {{"transactions", Json::array()}};
  Table csv{{{"transaction"}, {"state"}, {"operation"}, {"outcome"}, {"words"}}, {}};
  std::optional<Failure> failure;
  for (std::size_t i = 0; i < views.size(); ++i) {
    report.json["transactions"].push_back(views[i].document);
    for (const auto& result : views[i].results) {
      if (!result.output.proposal) continue;
      report.json["transactions"].back()["proposal"] = to_json(*result.output.proposal);
      report.json["transactions"].back()["proposal"]["missing"] = missing_votes(*result.output.proposal);
    }
    auto sections = sections_of(views[i], prepared[i].labels, rulebook);
    for (const auto& [name, value] : prepared[i].made) {
      report.json["transactions"].back()[name] = value;
      sections[0].table.rows.push_back({name, value});
    }
    if (sections.size() > 1) {
      for (const auto& row : sections[1].table.rows)
        csv.rows.push_back({views[i].id, views[i].state, row[0], row[1], row[2]});
    } else {
      csv.rows.push_back({views[i].id, views[i].state, "", views[i].code, views[i].message});
    }
    report.sections.insert(report.sections.end(), sections.begin(), sections.end());
    auto refused = failure_in(views[i], prepared[i].labels);
    if (refused && failure)
      failure->details.push_back(refused->what);
    else if (refused)
      failure = std::move(refused);
  }
  if (context.csv()) report.sections = {{"", std::move(csv)}};
  context.emit(report);
  if (failure) return *failure;
  return {};
}

}  // namespace

Digest digest_of_reason(std::string_view text) {
  return crypto::digest(kReasonDomain, as_bytes(text));
}

Digest digest_of_evidence(std::string_view bytes) {
  return crypto::digest(kEvidenceDomain, as_bytes(bytes));
}

void add_make_options(Command& command, MakeOptions& options) {
  command
      .duration("--valid-for", options.valid_for_ms, limits::kValidityMsMax,
                "How long, in block time, the transaction may wait to be ordered")
      .text("--client-id", "HEX", options.client_id,
            "32 digits that name the transaction for its author; the same again is refused, so retries are safe");
}

void add_cosign_options(Command& command, SendOptions& options) {
  command.texts("--cosign", "FILE", options.cosign, "Key file of a further signer, such as the endorser")
      .text("--cosign-passphrase-file", "FILE", options.cosign_passphrase_file,
            "File whose first line unlocks the --cosign keys");
}

void add_wait_options(Command& command, SendOptions& options) {
  command.flag("--no-wait", options.no_wait, "Return once the node has taken the transaction")
      .duration("--timeout", options.timeout_ms, 86'400'000, "How long to wait for finality");
}

Outcome<Prepared> make_transaction(const Draft& draft, const PublicKey& author, const ChainId& chain,
                                   TimestampMs valid_until, const std::string& client_id) {
  Prepared out;
  out.labels = draft.labels;
  out.made = draft.made;
  auto& body = out.transaction.body;
  body.chain = chain;
  body.author = author;
  body.valid_until = valid_until;
  body.mode = draft.mode;
  if (client_id.empty()) {
    body.client_id = crypto::random_fixed<ClientId>();
  } else {
    const auto parsed = ClientId::from_hex(client_id);
    if (!parsed) return usage_failure("--client-id", "is \"" + client_id + "\"", "32 lower-case hexadecimal digits");
    body.client_id = *parsed;
  }
  for (const auto& operation : draft.operations) body.operations.push_back(contracts::encode_operation(operation));
  const std::size_t size = encode(body).size();
  if (size > limits::kTransactionBytesMax)
    return Failure(ExitCode::usage,
                   make_error(ErrorCode::too_large, "", "the transaction has " + std::to_string(size) + " bytes",
                              "at most " + std::to_string(limits::kTransactionBytesMax)));
  return out;
}

Outcome<void> cosign_all(Context& context, std::vector<Prepared>& prepared, const SendOptions& options) {
  auto keys = cosigners(context, options);
  if (!keys) return keys.error();
  for (auto& one : prepared) add_signatures(one.transaction, *keys);
  return {};
}

Outcome<Json> wait_for(Context& context, NodeClient& client, const std::string& id, std::uint64_t timeout_ms) {
  const std::uint64_t end = context.world().now().value + timeout_ms;
  const auto longest = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(limits::kHttpWaitMax).count() * 2 / 3);
  while (true) {
    const std::uint64_t now = context.world().now().value;
    const std::uint64_t left = end > now ? end - now : 0;
    auto answer =
        client.get("/v1/transactions/" + id + "?wait_ms=" + std::to_string(std::min(left, longest)), Access::open);
    if (!answer) return answer;
    const std::string state = text_at(*answer, "state");
    if (state == "final" || state == "rejected" || context.world().now().value >= end) return answer;
    // A node that answers early (it does not know the transaction yet) is not asked in a tight loop.
    if (context.world().now().value - now < kPollMs) context.world().sleep(kPollMs);
  }
}

Outcome<void> send_and_wait(Context& context, NodeClient& client, const std::vector<Prepared>& prepared,
                            const contracts::RulebookPtr& rulebook, const SendOptions& options) {
  std::vector<TransactionView> views;
  for (const auto& one : prepared) {
    announce(context, one);
    auto sent = send(client, one);
    if (!sent) {
      Failure failure = sent.error();
      if (!views.empty())
        failure.details.push_back("sent before it: " + std::to_string(views.size()) + " transactions");
      return failure;
    }
    TransactionView view;
    view.id = one.id();
    view.state = sent->empty() ? "pending" : *sent;
    view.document = {{"id", view.id}, {"state", view.state}};
    views.push_back(std::move(view));
  }
  if (options.no_wait) return report_settled(context, views, prepared, rulebook);
  for (auto& view : views) {
    auto answer = wait_for(context, client, view.id, options.timeout_ms);
    if (!answer) return Failure(answer.error()).then("ask again: " + ask_again(client, view.id));
    auto read = read_transaction(*answer);
    if (!read) return read.error();
    if (!read->settled()) return not_final_yet(client, *read, view.id, options.timeout_ms);
    view = std::move(*read);
  }
  return report_settled(context, views, prepared, rulebook);
}

Outcome<void> submit(Context& context, NodeClient& client, const std::vector<Draft>& drafts,
                     const contracts::RulebookPtr& rulebook, const MakeOptions& make, const SendOptions& options) {
  if (!make.client_id.empty() && drafts.size() > 1)
    return usage_failure("--client-id", "names one transaction, but " + std::to_string(drafts.size()) + " are needed",
                         "no --client-id");
  auto status = client.status();
  if (!status) return status.error();
  auto key = signing_key(context, "submitting");
  if (!key) return key.error();
  const TimestampMs valid_until = status->block_time(context.world().now()).plus(make.valid_for_ms);
  std::vector<Prepared> prepared;
  for (const auto& draft : drafts) {
    auto made = make_transaction(draft, key->public_key(), status->chain, valid_until, make.client_id);
    if (!made) return made.error();
    ledger::add_signature(made->transaction, *key);
    prepared.push_back(std::move(*made));
  }
  if (auto signed_too = cosign_all(context, prepared, options); !signed_too) return signed_too.error();
  return send_and_wait(context, client, prepared, rulebook, options);
}

Outcome<contracts::RulebookPtr> fetch_rulebook(NodeClient& client, const std::string& id) {
  const std::string target = "/v1/rulebooks/" + url_encoded(id);
  auto response = client.get_raw(target, Access::open);
  if (!response) {
    Failure failure = response.error();
    if (failure.exit == ExitCode::not_found) failure.next = "tally query rulebook lists those in force";
    return failure;
  }
  auto compiled = contracts::compile_rulebook(response->body);
  if (!compiled.rulebook)
    return Failure(ExitCode::unreachable, contracts::summary_of(compiled.problems))
        .during("the rulebook " + id + " of the node cannot be used")
        .then("use a program of the node's version");
  return compiled.rulebook;
}

}  // namespace tally::cli
