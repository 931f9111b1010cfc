#include "tally/proof_view.h"

#include "common/json.h"
#include "common/time.h"
#include "contracts/history_terms.h"
#include "contracts/transaction_json.h"

namespace tally::cli {

namespace {

using contracts::ProofStory;

std::string words(const contracts::Title& title) {
  if (title.zh.empty()) return title.en;
  return title.en.empty() ? title.zh : title.zh + " (" + title.en + ")";
}

std::string points(const ProofStory& story, Amount amount) {
  return story.rulebook ? story.rulebook->points(amount) + " points"
                        : std::to_string(amount.value) + " in the rulebook's smallest unit";
}

std::string plain_points(const ProofStory& story, Amount amount) {
  return story.rulebook ? story.rulebook->points(amount) : std::to_string(amount.value);
}

std::string signed_points(const ProofStory& story, Amount amount) {
  return (amount.value > 0 ? "+" : "") + plain_points(story, amount);
}

std::string signers_of(const CheckedProof& proof) {
  std::string out;
  for (const auto signer : proof.verified.signers)
    out += (out.empty() ? "" : ", ") + proof.verified.validators.members[signer.value].name;
  return out + " (" + std::to_string(proof.verified.signers.size()) + " of " +
         std::to_string(proof.verified.validators.members.size()) + ")";
}

void add_gate(Facts& facts, const ProofStory& story) {
  const auto& gate = *story.gate;
  facts.add("gate", gate.code + "  " + words(gate.title))
      .add("outcome", gate.passes ? "PASSES" : "DOES NOT PASS")
      .add("after open cases", gate.passes_after_pending ? "passes" : "does not pass");
  for (const auto& reason : gate.reasons) facts.add("because", words(reason));
  if (gate.value) facts.add("grants", story.rulebook->points(*gate.value) + " " + gate.value_unit);
}

Table entry_table(const ProofStory& story) {
  Table out{{{"entry", Align::right},
             {"date"},
             {"kind"},
             {"rule"},
             {"title"},
             {"change", Align::right},
             {"score", Align::right},
             {"block", Align::right},
             {"by"}},
            {}};
  for (const auto& one : story.entries) {
    const auto& entry = one.entry;
    std::string by = entry.proposer.is_zero() ? "" : entry.proposer.hex().substr(0, 8);
    if (entry.endorser) by += "+" + entry.endorser->hex().substr(0, 8);
    out.rows.push_back({std::to_string(one.index), format_day(entry.event_time), to_json(entry.kind).get<std::string>(),
                        entry.rule, words(one.rule_title), signed_points(story, entry.change),
                        plain_points(story, entry.score), std::to_string(entry.height.value), by});
  }
  return out;
}

void tell_state(const CheckedProof& proof, Report& report, Facts& facts) {
  const ProofStory& story = *proof.story;
  facts
      .add("rulebook", story.account.rulebook + " version " + std::to_string(story.rulebook_version) +
                           (story.rulebook ? "  " + words(story.rulebook->title) : ""))
      .add("score", points(story, story.record.score));
  const auto* book = story.rulebook ? story.rulebook->book(story.account.book) : nullptr;
  if (book != nullptr) {
    const auto& band = book->band_of(story.record.score);
    facts.add("stars", std::to_string(band.stars) + "  " + words(band.title));
  }
  if (story.record.pending.value != 0) facts.add("open cases would take", signed_points(story, story.record.pending));
  facts.add("entries", std::to_string(story.record.entries) + " in all, " + std::to_string(story.entries.size()) +
                           " of them proven here");
  if (story.gate) add_gate(facts, story);
  report.json["account"] = to_json(story.account);
  report.json["record"] = to_json(story.record);
  report.json["rulebook_version"] = story.rulebook_version;
  report.json["rulebook_document"] = story.rulebook_document.hex();
  if (story.rulebook) report.json["score_points"] = story.rulebook->points(story.record.score);
  report.json["entries"] = to_json(story.entries);
  report.json["gate"] = to_json(story.gate);
}

void tell_receipt(const CheckedProof& proof, Report& report, Facts& facts) {
  const auto& content = std::get<ledger::ReceiptContent>(proof.document.content);
  facts.add("transaction", content.receipt.transaction.hex());
  const bool applied = content.receipt.code == ErrorCode::ok;
  facts.add("outcome", applied ? "applied"
                               : "REFUSED: " + std::string(name_of(content.receipt.code)) +
                                     (content.receipt.message.empty() ? "" : ", " + content.receipt.message));
  for (std::size_t i = 0; i < content.receipt.results.size(); ++i) {
    const auto& result = content.receipt.results[i];
    facts.add("operation " + std::to_string(i + 1),
              result.code == ErrorCode::ok ? "applied" : std::string(name_of(result.code)) + ": " + result.message);
  }
  if (content.transaction)
    for (const auto& signature : content.transaction->signatures) facts.add("signed by key", signature.key.hex());
  else
    facts.add("signed by", "not proven here: the block's batch was not held by whoever made this file");
  report.json["receipt"] = contracts::receipt_json(content.receipt);
  report.json["transaction"] = content.transaction ? to_json(*content.transaction) : Json(nullptr);
}

}  // namespace

Outcome<CheckedProof> check_proof(ByteView file, const ledger::Genesis& genesis,
                                  const contracts::RulebookTexts& texts) {
  const auto refused = [](const Error& error) { return Failure(ExitCode::verification_failed, error); };
  auto document = ledger::decode_proof_file(file);
  if (!document) return refused(document.error());
  CheckedProof out{std::move(document).value(), {}, std::nullopt};
  auto verified = ledger::verify_proof(out.document, genesis, contracts::history_of);
  if (!verified) return refused(verified.error());
  out.verified = std::move(verified).value();
  const auto* content = std::get_if<ledger::StateContent>(&out.document.content);
  if (content == nullptr) return out;
  auto story = contracts::read_story(*content, out.document.header.time,
                                     [&](const Digest& digest) { return texts.find(digest); });
  if (!story && story.error().code == ErrorCode::not_found) return Failure(ExitCode::usage, story.error());
  if (!story) return refused(story.error());
  out.story = std::move(story).value();
  return out;
}

std::string subject_line(const CheckedProof& proof) {
  if (!proof.story)
    return "transaction " + std::get<ledger::ReceiptContent>(proof.document.content).receipt.transaction.hex();
  const auto& account = proof.story->account;
  return (proof.story->gate ? "gate " + proof.story->gate->code + " for " : std::string()) + "account " +
         account.rulebook + "/" + account.book + " of " + account.subject.hex();
}

Report report_of(const CheckedProof& proof, const ledger::Genesis& genesis, std::size_t file_bytes) {
  const auto& header = proof.document.header;
  Report report;
  report.json = {{"chain", proof.document.chain.hex()},
                 {"about", subject_line(proof)},
                 {"height", to_json(header.height)},
                 {"time", format_time(header.time)},
                 {"epoch", to_json(header.epoch)},
                 {"bytes", file_bytes},
                 {"validator_signatures", proof.verified.validator_signatures},
                 {"client_signatures", proof.verified.client_signatures}};
  Json signers = Json::array();
  for (const auto signer : proof.verified.signers)
    signers.push_back(to_json(proof.verified.validators.members[signer.value]));
  report.json["signers"] = signers;
  Facts facts;
  facts.add("proven", subject_line(proof));
  if (proof.story)
    tell_state(proof, report, facts);
  else
    tell_receipt(proof, report, facts);
  facts.add("as of", format_time(header.time) + ", block " + std::to_string(header.height.value))
      .add("certified by", signers_of(proof))
      .add("epoch", std::to_string(header.epoch.value) + ", led to from the genesis by " +
                        std::to_string(proof.document.epochs.size()) + " changes of the validators")
      .add("network", genesis.name)
      .add("chain", proof.document.chain.hex());
  if (genesis.clock == ledger::ClockMode::test) facts.add("clock", "TEST CLOCK: block time is driven by clients");
  facts.add("size", std::to_string(file_bytes) + " bytes");
  report.sections.push_back({"", facts.table()});
  if (proof.story && !proof.story->entries.empty()) {
    report.sections.push_back({"Entries", entry_table(*proof.story)});
    report.csv = 1;
  }
  return report;
}

}  // namespace tally::cli
