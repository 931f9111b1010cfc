#include "contracts/proof_story.h"

#include <set>

#include "common/invariant.h"
#include "contracts/gates.h"
#include "contracts/situation.h"
#include "contracts/unit.h"
#include "storage/storage_failure.h"

namespace tally::contracts {

namespace {

// Sees of the state what `read` gives, and nothing else.
class NarrowState final : public ledger::State {
 public:
  using Read = std::function<std::optional<Bytes>(ByteView key)>;
  explicit NarrowState(Read read) : read_(std::move(read)) {}

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override { return read_(key); }
  void put(ByteView, Bytes) override { invariant(false, "a judgement changes nothing"); }
  void erase(ByteView) override { invariant(false, "a judgement changes nothing"); }
  void append_history(ByteView, std::uint64_t, Bytes) override { invariant(false, "a judgement changes nothing"); }
  void scan(ByteView, const std::function<bool(ByteView, ByteView)>&) const override { not_provable(); }
  [[nodiscard]] std::optional<Bytes> history(ByteView, std::uint64_t) const override { not_provable(); }

 private:
  [[noreturn]] static void not_provable() {
    throw storage::StorageFailure(make_error(
        ErrorCode::invalid_field, "gate", "reads a whole range of the state, which no proof can show to be complete",
        "a consultation of the gate, whose outcome stands in a transaction's receipt"));
  }
  Read read_;
};

template <class Record>
std::optional<Record> record_in(const ledger::State& state, ByteView key) {
  const auto bytes = state.get(key);
  if (!bytes) return std::nullopt;
  auto record = decode<Record>(*bytes);
  if (!record)
    throw storage::StorageFailure(
        make_error(ErrorCode::invalid_field, "pairs", "hold a record that does not decode: " + record.error().text()));
  return *std::move(record);
}

const RulebookVersion& version_at(const RulebookRecord& record, TimestampMs now) {
  const auto found = std::find_if(record.versions.rbegin(), record.versions.rend(),
                                  [&](const RulebookVersion& version) { return version.effective <= now; });
  return found == record.versions.rend() ? record.versions.front() : *found;
}

Error text_missing(const RulebookId& rulebook, const RulebookVersion& version) {
  return make_error(
      ErrorCode::not_found, "rulebook",
      "the text of " + excerpt(rulebook, 80) + " version " + std::to_string(version.version) + " is not in the genesis",
      "--rulebook FILE with the document whose digest is " + version.document.hex());
}

RulebookRecord rulebook_of(const ledger::State& state, const RulebookId& id) {
  const auto record = record_in<RulebookRecord>(state, rulebook_key(id));
  if (!record || record->versions.empty())
    throw storage::StorageFailure(make_error(ErrorCode::not_registered, "rulebook",
                                             "\"" + excerpt(id, 80) + "\" is not deployed", "a deployed rulebook"));
  return *record;
}

AccountRecord account_in(const ledger::State& state, const AccountId& id) {
  const auto record = record_in<AccountRecord>(state, account_key(id));
  if (!record)
    throw storage::StorageFailure(
        make_error(ErrorCode::not_registered, "subject",
                   "has no account in book " + excerpt(id.book, 80) + " of " + excerpt(id.rulebook, 80),
                   "a subject whose account is open"));
  return *record;
}

Result<ProvenGate> judge(const ledger::State& state, const GateQuestion& question, TimestampMs now,
                         const RulebookByDigest& rulebooks) {
  const auto& id = question.account;
  const auto version = version_at(rulebook_of(state, id.rulebook), now);
  const RulebookPtr rulebook = rulebooks(version.document);
  if (rulebook == nullptr) return text_missing(id.rulebook, version);
  const Book* book = rulebook->book(id.book);
  const Gate* gate = nullptr;
  if (book != nullptr)
    for (const auto& one : book->gates)
      if (one.code == question.gate) gate = &one;
  if (gate == nullptr)
    return make_error(ErrorCode::rule_unknown, "gate", "is \"" + excerpt(question.gate, 80) + "\"",
                      "a gate of book " + excerpt(id.book, 80) + " of " + id.rulebook);
  const auto subject = record_in<SubjectRecord>(state, subject_key(id.subject));
  if (!subject) return make_error(ErrorCode::not_registered, "subject", "is not registered", "a registered subject");
  const AccountRecord account = account_in(state, id);
  cel::Evaluation budget(limits::kExpressionCostPerQuery);
  const auto decided = [&](Amount pending) {
    const Amount score = checked_add(account.score, pending).value_or(account.score);
    return decide(*gate, {state, *rulebook, id.subject, *subject, now, pending}, score, budget);
  };
  auto present = decided(Amount{0});
  if (!present) return present.error();
  const auto after = decided(account.pending);
  if (!after) return after.error();
  ProvenGate out{gate->code, gate->title, present->passes, after->passes, std::move(present->reasons), {}, {}};
  if (!out.passes || !gate->grants) return out;
  const SituationOf situation{state, *rulebook, id.subject, *subject, now, Amount{0}};
  const auto value = Situation(situation, budget).points(gate->grants, gate->code);
  if (!value) return value.error();
  out.value = *value;
  out.value_unit = gate->grants_unit;
  return out;
}

template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const storage::StorageFailure& failure) {
    return failure.error;
  }
}

Result<std::vector<ProvenEntry>> entries_of(const ledger::HistoryTail& tail, const RulebookRecord& versions,
                                            const RulebookByDigest& rulebooks) {
  std::vector<ProvenEntry> out;
  for (std::size_t i = 0; i < tail.records.size(); ++i) {
    auto entry = decode<Entry>(tail.records[i]);
    if (!entry) return Error(entry.error()).within("history.records[" + std::to_string(i) + "]");
    ProvenEntry proven{tail.first + i, *std::move(entry), {}};
    for (const auto& version : versions.versions) {
      if (version.version != proven.entry.rulebook_version) continue;
      const RulebookPtr rulebook = rulebooks(version.document);
      const Rule* rule = rulebook ? rulebook->rule(proven.entry.rule) : nullptr;
      if (rule != nullptr) proven.rule_title = rule->title;
    }
    out.push_back(std::move(proven));
  }
  return out;
}

}  // namespace

RulebookTexts::RulebookTexts(const ledger::Genesis& genesis) {
  for (const auto& bytes : genesis.operations) {
    const auto operation = decode_operation(bytes);
    if (!operation) continue;
    // What does not compile the chain has never deployed.
    if (const auto* deploy = std::get_if<DeployRulebook>(&*operation)) (void)add(deploy->document);
  }
}

Status RulebookTexts::add(std::string_view document) {
  auto compiled = compile_rulebook(document);
  if (compiled.rulebook == nullptr) return summary_of(compiled.problems);
  compiled_[compiled.rulebook->document] = std::move(compiled.rulebook);
  return {};
}

RulebookPtr RulebookTexts::find(const Digest& document) const {
  const auto found = compiled_.find(document);
  return found == compiled_.end() ? nullptr : found->second;
}

ledger::StateWanted account_wanted(const AccountId& account, const std::optional<ledger::HistoryWanted>& history) {
  return {
      encode(ProofQuestion(AccountQuestion{account})), {account_key(account), rulebook_key(account.rulebook)}, history};
}

Result<ledger::StateWanted> gate_wanted(const Queries& queries, const storage::Reader& reader, const AccountId& account,
                                        const std::string& gate, TimestampMs now) {
  const GateQuestion question{account, gate};
  ledger::StateWanted out{encode(ProofQuestion(question)), {account_key(account)}, std::nullopt};
  std::set<Bytes> read{out.keys.front()};
  const NarrowState state([&](ByteView key) {
    Bytes copy(key.begin(), key.end());
    if (read.insert(copy).second) out.keys.push_back(std::move(copy));
    return storage::value_or_throw(reader.get(storage::Column::state, key));
  });
  const auto rulebook = queries.rulebook_at(reader, account.rulebook, now);
  if (!rulebook) return rulebook.error();
  const auto judged = guarded([&] {
    return judge(state, question, now,
                 [&](const Digest& document) { return (*rulebook)->document == document ? *rulebook : nullptr; });
  });
  if (!judged) return judged.error();
  if (out.keys.size() > ledger::kProofPairsMax)
    return make_error(ErrorCode::too_large, "gate", "reads " + std::to_string(out.keys.size()) + " keys of the state",
                      "at most " + std::to_string(ledger::kProofPairsMax));
  return out;
}

Result<ProofStory> read_story(const ledger::StateContent& content, TimestampMs now, const RulebookByDigest& rulebooks) {
  const auto question = decode<ProofQuestion>(content.question);
  if (!question) return Error(question.error()).within("content.question");
  const auto* gate = std::get_if<GateQuestion>(&*question);
  ProofStory out;
  out.account = gate != nullptr ? gate->account : std::get<AccountQuestion>(*question).account;
  if (content.pairs.empty() || content.pairs.front().key != account_key(out.account))
    return make_error(ErrorCode::invalid_field, "content.pairs[0]", "is not the account that the question names",
                      "that account first");
  const NarrowState state([&](ByteView key) -> std::optional<Bytes> {
    for (const auto& pair : content.pairs)
      if (std::equal(pair.key.begin(), pair.key.end(), key.begin(), key.end())) return pair.value;
    throw storage::StorageFailure(make_error(ErrorCode::invalid_field, "content.pairs",
                                             "do not hold key " + to_hex(key) + ", on which the answer rests",
                                             "a proof made for this question"));
  });
  return guarded([&]() -> Result<ProofStory> {
    out.record = account_in(state, out.account);
    const auto versions = rulebook_of(state, out.account.rulebook);
    const auto& version = version_at(versions, now);
    out.rulebook_version = version.version;
    out.rulebook_document = version.document;
    out.rulebook = rulebooks(version.document);
    if (content.history) {
      auto entries = entries_of(*content.history, versions, rulebooks);
      if (!entries) return entries.error();
      out.entries = std::move(entries).value();
    }
    if (gate != nullptr) {
      auto judged = judge(state, *gate, now, rulebooks);
      if (!judged) return judged.error();
      out.gate = std::move(judged).value();
    }
    return std::move(out);
  });
}

}  // namespace tally::contracts
