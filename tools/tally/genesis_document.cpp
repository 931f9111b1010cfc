#include "tally/genesis_document.h"

#include "common/time.h"
#include "contracts/constitution.h"
#include "contracts/engine.h"
#include "contracts/genesis_json.h"
#include "contracts/transaction_json.h"
#include "ledger/chain.h"
#include "storage/store.h"

namespace tally::cli {

namespace {

// Which elements of the document's lists could be read: their places, for messages about the shortened lists.
struct Places {
  std::vector<std::size_t> validators;
  std::vector<std::size_t> operations;
};

// Parts that can be read by themselves are, so that a mistake in one does not hide those in the others. Elements with
// mistakes are left out of the document.
Places read_parts(Json& document, std::vector<Error>& mistakes) {
  const auto each = [&](const char* name, const auto& read) {
    std::vector<std::size_t> places;
    const auto found = document.find(name);
    if (found == document.end() || !found->is_array()) return places;
    Json good = Json::array();
    for (std::size_t i = 0; i < found->size(); ++i) {
      if (std::optional<Error> mistake = read((*found)[i])) {
        mistakes.push_back(std::move(*mistake).within(name + ("[" + std::to_string(i) + "]")));
      } else {
        good.push_back((*found)[i]);
        places.push_back(i);
      }
    }
    *found = std::move(good);
    return places;
  };
  Places out;
  out.validators = each("validators", [](const Json& json) -> std::optional<Error> {
    const auto validator = from_json<consensus::Validator>(json);
    return validator ? std::nullopt : std::optional(validator.error());
  });
  out.operations = each("operations", [](const Json& json) -> std::optional<Error> {
    if (json.is_string()) return std::nullopt;
    const auto operation = contracts::operation_from_json(json);
    return operation ? std::nullopt : std::optional(operation.error());
  });
  return out;
}

// Where check_genesis names an element of a shortened list, its place in the whole one.
Error moved(Error error, const std::string& list, std::size_t from, std::size_t to) {
  const std::string short_name = list + "[" + std::to_string(from) + "]";
  if (error.field.starts_with(short_name))
    error.field = list + "[" + std::to_string(to) + "]" + error.field.substr(short_name.size());
  return error;
}

// Judges each part inside a document that is otherwise sound, because the ledger's check ends at the first mistake.
void judge_parts(const ledger::Genesis& genesis, const Places& places, std::vector<Error>& mistakes) {
  ledger::Genesis sound;
  sound.name = "sound";
  sound.window = 1;
  sound.validators = {{"sound", crypto::SecretKey::generate().public_key()}};
  const auto judge = [&](const ledger::Genesis& part) {
    const auto good = ledger::check_genesis(part);
    if (!good) mistakes.push_back(good.error());
    return good.has_value();
  };
  ledger::Genesis part = sound;
  part.protocol = genesis.protocol;
  judge(part);
  part = sound;
  part.name = genesis.name;
  judge(part);
  part = sound;
  part.purpose = genesis.purpose;
  part.clock = genesis.clock;
  judge(part);
  part = sound;
  part.window = genesis.window;
  judge(part);
  part = sound;
  part.validators.clear();
  if (genesis.validators.empty() && mistakes.empty()) judge(part);
  for (std::size_t i = 0; i < genesis.validators.size(); ++i) {
    part.validators.push_back(genesis.validators[i]);
    const auto good = ledger::check_genesis(part);
    if (good) continue;
    mistakes.push_back(moved(good.error(), "validators", part.validators.size() - 1, places.validators[i]));
    part.validators.pop_back();
  }
}

// Rulebooks by themselves: all of their mistakes.
bool judge_rulebooks(const ledger::Genesis& genesis, const Places& places, std::vector<Error>& mistakes) {
  const std::size_t before = mistakes.size();
  for (std::size_t i = 0; i < genesis.operations.size(); ++i) {
    const std::string at = "operations[" + std::to_string(places.operations[i]) + "]";
    const auto operation = contracts::decode_operation(genesis.operations[i]);
    if (!operation) {
      mistakes.push_back(Error(operation.error()).within(at));
    } else if (const auto* deploy = std::get_if<contracts::DeployRulebook>(&*operation)) {
      for (auto& problem : contracts::compile_rulebook(deploy->document).problems)
        mistakes.push_back(std::move(problem).within(at + ".document"));
    }
  }
  return mistakes.size() == before;
}

// As a node would begin with it.
void judge_whole(const ledger::Genesis& genesis, std::vector<Error>& mistakes) {
  contracts::RuleEngine engine;
  const auto store = storage::make_memory_store();
  const auto verifier = crypto::make_verifier(ledger::chain_id(genesis));
  const auto chain = ledger::Chain::open(*store, genesis, engine, *verifier);
  if (!chain) mistakes.push_back(chain.error());
}

}  // namespace

CheckedGenesis check_document(std::string_view text) {
  CheckedGenesis out;
  auto document = parse_json(text);
  if (!document) {
    out.mistakes.push_back(document.error());
    return out;
  }
  if (!document->is_object()) {
    out.mistakes.push_back(json_detail::wrong_kind(*document, "an object"));
    return out;
  }
  const Places places = read_parts(*document, out.mistakes);
  auto genesis = contracts::genesis_from_json(*document);
  if (!genesis) {
    out.mistakes.push_back(genesis.error());
    return out;
  }
  const bool form_good = out.mistakes.empty();
  judge_parts(*genesis, places, out.mistakes);
  const bool rulebooks_good = judge_rulebooks(*genesis, places, out.mistakes);
  if (form_good && rulebooks_good && out.mistakes.empty()) judge_whole(*genesis, out.mistakes);
  out.genesis = std::move(*genesis);
  return out;
}

namespace {

// Keys stand in full: whoever votes compares them.
std::string governance_words(const contracts::Operation& operation) {
  if (const auto* add = std::get_if<contracts::AddValidator>(&operation))
    return "add validator " + add->validator + " at " + add->address + ", key " + add->key.hex();
  if (const auto* remove = std::get_if<contracts::RemoveValidator>(&operation))
    return "remove validator " + remove->validator;
  if (const auto* rotate = std::get_if<contracts::RotateValidatorKey>(&operation))
    return "new key of validator " + rotate->validator + ": " + rotate->key.hex();
  if (const auto* raise = std::get_if<contracts::RaiseProtocol>(&operation))
    return "protocol version " + std::to_string(raise->version) + " from block " + std::to_string(raise->from) + " on";
  if (const auto* vote = std::get_if<contracts::VoteProposal>(&operation))
    return (vote->approve ? "approve proposal " : "reject proposal ") + std::to_string(vote->proposal);
  return {};
}

std::string document_words(const std::string& document) {
  const auto compiled = contracts::compile_rulebook(document);
  if (!compiled.rulebook) return "rulebook with mistakes";
  return "rulebook " + compiled.rulebook->id + " version " + std::to_string(compiled.rulebook->version) + ": " +
         compiled.rulebook->title.zh + " (" + compiled.rulebook->title.en + ")";
}

std::string rules_words(const contracts::Operation& operation) {
  using namespace contracts;
  if (const auto* adopt = std::get_if<AdoptConstitution>(&operation)) {
    const auto& rulebooks = adopt->constitution.rulebooks;
    std::string approvals;
    for (const auto& term : rulebooks.approvals)
      approvals += (approvals.empty() ? "" : " and ") + contracts::in_words(term);
    return "constitution: rulebooks are proposed by " + contracts::in_words(rulebooks.proposers) + ", approved by " +
           approvals + ", after " + std::to_string(rulebooks.comment_days) + " days for comments";
  }
  if (const auto* propose = std::get_if<ProposeRulebook>(&operation))
    return "propose " + document_words(propose->document);
  if (const auto* retire = std::get_if<RetireRulebook>(&operation))
    return "propose to retire rulebook " + retire->rulebook + " from " + format_time(retire->effective) + " on";
  if (const auto* change = std::get_if<ProposeParameters>(&operation))
    return "propose " + contracts::in_words(change->values, change->features) + " from block " +
           std::to_string(change->from) + " on";
  if (const auto* comment = std::get_if<CommentProposal>(&operation))
    return "comment on proposal " + std::to_string(comment->proposal);
  if (const auto* approve = std::get_if<ApproveProposal>(&operation))
    return (approve->approve ? "approve proposal " : "take back the approval of proposal ") +
           std::to_string(approve->proposal) + ", content " + approve->content.hex();
  if (const auto* withdraw = std::get_if<WithdrawProposal>(&operation))
    return "withdraw proposal " + std::to_string(withdraw->proposal);
  return {};
}

}  // namespace

std::string in_words(const contracts::Operation& operation) {
  if (const auto* unit = std::get_if<contracts::RegisterUnit>(&operation))
    return "unit " + unit->unit + " (" + to_json(unit->kind).get<std::string>() + "): " + unit->title;
  if (const auto* officer = std::get_if<contracts::RegisterOfficer>(&operation)) {
    std::string roles;
    for (const auto role : officer->roles) roles += (roles.empty() ? "" : ", ") + to_json(role).get<std::string>();
    return "officer of " + officer->unit + ": " + officer->title + " (" + roles + "), key " + officer->key.hex();
  }
  if (const auto* deploy = std::get_if<contracts::DeployRulebook>(&operation)) return document_words(deploy->document);
  if (auto words = governance_words(operation); !words.empty()) return words;
  if (auto words = rules_words(operation); !words.empty()) return words;
  return contracts::operation_json(operation).dump();
}

}  // namespace tally::cli
