#include "contracts/key_words.h"

#include <boost/describe/enum_to_string.hpp>

#include "contracts/governance.h"
#include "contracts/history_terms.h"
#include "contracts/standing.h"
#include "contracts/work_records.h"
#include "ledger/archive.h"
#include "ledger/governed.h"
#include "ledger/replay_table.h"
#include "ledger/scrub.h"
#include "ledger/working_state.h"

namespace tally::contracts {

namespace {

// The parts of a key after its name, as StateKey writes them. t: text; s: subject; p: person; k: public key; c: client
// id; d: digest; n: number; w: milliseconds.
struct KeyForm {
  std::string_view name;
  std::string_view parts;
  std::string_view words;  // {1} is the first part
};

constexpr KeyForm kForms[] = {
    {"unit", "t", "unit {1}"},
    {"officer", "p", "officer {1}"},
    {"person_of", "k", "whose key {1} is"},
    {"subject", "s", "registration of {1}"},
    {"subject_of", "k", "which subject's key {1} is"},
    {"account", "tts", "account of {3} in book {2} of {1}"},
    {"rating", "tts", "rating of {3} in book {2} of {1}"},
    {"lotsaccount", "tts", "points that may lapse of {3} in book {2} of {1}"},
    {"case", "n", "case {1}"},
    {"rulebook", "t", "versions of rulebook {1}"},
    {"rulebook_text", "tn", "text of rulebook {1}, version {2}"},
    {"count", "tst", "what rule {3} of {1} used up for {2}"},
    {"evidence", "tstd", "use of document {4} under rule {3} of {1} for {2}"},
    {"taken_back", "ttsn", "what took back entry {4} of {3} in book {2} of {1}"},
    {"by_unit", "tts", "index of accounts of {1} by unit: {3} in {2}"},
    {"officer_in", "tp", "index of officers by unit: {2} in {1}"},
    {"subject_in", "ts", "index of subjects by unit: {2} in {1}"},
    {"case_in", "tn", "index of cases by unit: {2} in {1}"},
    {"open_in", "tn", "index of open cases by unit: {2} in {1}"},
    {"case_of", "sn", "index of cases by subject: {2} of {1}"},
    {"work", "n", "case {1} of a workflow"},
    {"work_list", "nnn", "value {3} of list {2} in case {1} of a workflow"},
    {"work_in", "tn", "index of workflows' cases by unit: {2} in {1}"},
    {"work_of", "sn", "index of workflows' cases by subject: {2} of {1}"},
    {"work_waiting", "nd", "an act that waits for endorsement in case {1} of a workflow"},
    {"obligation", "n", "obligation {1}"},
    {"obligation_of", "sn", "index of obligations: {2} towards {1}"},
    {"notice", "sn", "notice {2} to {1}"},
    {"proposal", "n", "proposal {1}"},
    {"sys/replay", "kc", "admitted transaction of author {1} with client id {2}"},
    {"sys/expiry", "wkc", "expiry of a transaction of author {2} with client id {3}"},
};

struct SystemKey {
  std::string_view key;
  std::string_view words;
};
constexpr SystemKey kSystemKeys[] = {
    {ledger::kMembersKey, "the members"},
    {ledger::kProtocolKey, "the protocol version"},
    {ledger::kNodesKey, "the nodes that governance named"},
    {ledger::kArchiveKey, "where the archive's chunks end"},
    {ledger::kTestClockKey, "the test clock"},
    {kCaseCountKey, "number of the last case"},
    {kObligationCountKey, "number of the last obligation"},
    {kNoticeCountKey, "number of the last notice"},
    {kProposalIndexKey, "the open proposals"},
    {"sys/parameters", "the engine's parameters"},
    {"sys/constitution", "the constitution"},
    {"sys/queued", "how many entered queues"},
};

std::string subject_in_words(ByteView handle, const storage::Reader* state) {
  const auto subject = SubjectHandle::from_view(handle);
  const std::string plain = "subject " + to_hex(handle);
  if (state == nullptr || !subject) return plain;
  const auto bytes = state->get(storage::Column::state, subject_key(*subject));
  const auto record = bytes && *bytes
                          ? decode<SubjectRecord>(**bytes)
                          : Result<SubjectRecord>(make_error(ErrorCode::not_found, "", "is not registered"));
  if (!record) return plain;
  return std::string(boost::describe::enum_to_string(record->kind, "subject")) + " " + to_hex(handle) + " of " +
         record->unit;
}

class Parts {
 public:
  Parts(ByteView rest, const storage::Reader* state) : rest_(rest), state_(state) {}

  // nullopt: the key has another form.
  std::optional<std::vector<std::string>> read(std::string_view kinds) {
    std::vector<std::string> out;
    for (const char kind : kinds) {
      auto part = next(kind);
      if (!part) return std::nullopt;
      out.push_back(*std::move(part));
    }
    return rest_.empty() ? std::optional(std::move(out)) : std::nullopt;
  }

 private:
  std::optional<std::string> next(char kind) {
    if (kind == 't') {
      const auto end = std::find(rest_.begin(), rest_.end(), Byte{0});
      if (end == rest_.end()) return std::nullopt;
      std::string out(as_text(rest_.first(static_cast<std::size_t>(end - rest_.begin()))));
      rest_ = rest_.subspan(out.size() + 1);
      return out;
    }
    const auto bytes = take(kind == 'n' || kind == 'w' ? 8 : kind == 'k' || kind == 'd' ? 32 : 16);
    if (!bytes) return std::nullopt;
    if (kind == 'n' || kind == 'w') return std::to_string(big_endian(*bytes));
    return kind == 's' ? subject_in_words(*bytes, state_) : to_hex(*bytes);
  }

  std::optional<ByteView> take(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    const ByteView out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
  }

  ByteView rest_;
  const storage::Reader* state_;
};

std::string filled(std::string_view words, const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != '{') {
      out += words[i];
      continue;
    }
    out += parts[static_cast<std::size_t>(words[i + 1] - '1')];
    i += 2;
  }
  return out;
}

// The text up to the first zero byte, and what follows it.
std::pair<std::string_view, ByteView> name_and_rest(ByteView key) {
  const std::string_view text = as_text(key);
  const auto end = text.find('\0');
  if (end == text.npos) return {text, {}};
  return {text.substr(0, end), key.subspan(end + 1)};
}

template <class T>
Json json_as(ByteView value) {
  const auto record = decode<T>(value);
  return record ? to_json(*record) : Json(nullptr);
}

struct Decoder {
  std::string_view name;
  Json (*json)(ByteView value);
};
constexpr Decoder kDecoders[] = {
    {"unit", json_as<UnitRecord>},
    {"officer", json_as<OfficerRecord>},
    {"person_of", json_as<PersonId>},
    {"subject", json_as<SubjectRecord>},
    {"subject_of", json_as<SubjectHandle>},
    {"account", json_as<AccountRecord>},
    {"rating", json_as<RatingRecord>},
    {"case", json_as<CaseRecord>},
    {"rulebook", json_as<RulebookRecord>},
    {"count", json_as<CounterRecord>},
    {"evidence", json_as<Usage>},
    {"work", json_as<WorkRecord>},
    {"work_list", json_as<ListValue>},
    {"work_waiting", json_as<WaitingAct>},
    {"obligation", json_as<Obligation>},
    {"notice", json_as<Notice>},
    {"sys/replay", json_as<ledger::ReplayEntry>},
    {ledger::kMembersKey, json_as<ledger::Members>},
    {ledger::kProtocolKey, json_as<ledger::ProtocolPlan>},
    {ledger::kNodesKey, json_as<ledger::Nodes>},
    {ledger::kArchiveKey, json_as<ledger::ArchiveMark>},
    {ledger::kTestClockKey, json_as<TimestampMs>},
    {kCaseCountKey, json_as<std::uint64_t>},
    {kObligationCountKey, json_as<std::uint64_t>},
    {kNoticeCountKey, json_as<std::uint64_t>},
    {kProposalIndexKey, json_as<ProposalIndex>},
};

// Of the last record of the list that the value claims.
template <class T>
Result<std::optional<Writer>> last_of(const storage::Reader& state, const ledger::HistoryClaim& claim,
                                      const char* what) {
  if (claim.count == 0) return std::optional<Writer>{};
  const auto bytes = state.get(storage::Column::history, ledger::history_key(claim.list, claim.count - 1));
  if (!bytes) return bytes.error();
  const auto record = *bytes ? decode<T>(**bytes) : Result<T>(make_error(ErrorCode::not_found, "", "is missing"));
  if (!record || record->transaction.is_zero()) return std::optional<Writer>{};
  return std::optional(Writer{record->transaction, what});
}

}  // namespace

std::string key_in_words(ByteView key, const storage::Reader* state) {
  const auto [name, rest] = name_and_rest(key);
  for (const auto& system : kSystemKeys)
    if (as_text(key) == system.key) return std::string(system.words);
  for (const auto& form : kForms) {
    if (form.name != name) continue;
    if (const auto parts = Parts(rest, state).read(form.parts)) return filled(form.words, *parts);
  }
  return "the key " + ledger::key_in_words(key);
}

Json value_json(ByteView key, ByteView value) {
  const auto name = name_and_rest(key).first;
  for (const auto& decoder : kDecoders)
    if (decoder.name == name) return decoder.json(value);
  return nullptr;
}

Result<std::optional<Writer>> writer_of(const storage::Reader& state, ByteView key, ByteView value) {
  const auto name = name_and_rest(key).first;
  const auto claim = history_of(key, value);
  if (name == "account" && claim) return last_of<Entry>(state, *claim, "wrote its last entry");
  if (name == "work" && claim) return last_of<ActRecord>(state, *claim, "did the last act in it");
  if (name == "case") {
    const auto record = decode<CaseRecord>(value);
    return record ? std::optional(Writer{record->transaction, "proposed it"}) : std::optional<Writer>{};
  }
  if (name == "sys/replay") {
    const auto entry = decode<ledger::ReplayEntry>(value);
    return entry ? std::optional(Writer{entry->transaction, "is the one that was admitted"}) : std::optional<Writer>{};
  }
  return std::optional<Writer>{};
}

}  // namespace tally::contracts
