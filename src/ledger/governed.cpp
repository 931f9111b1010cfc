#include "ledger/governed.h"

#include "common/invariant.h"
#include "common/limits.h"
#include "crypto/signature.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using std::to_string;

namespace {

template <class T>
Result<T> decode_record(const std::optional<Bytes>& bytes, std::string_view key) {
  if (!bytes) return make_error(ErrorCode::storage_failed, std::string(key), "is missing in the state");
  auto record = decode<T>(*bytes);
  if (!record) return make_error(ErrorCode::storage_failed, std::string(key), record.error().text());
  return record;
}

template <class T>
T read_record(const State& state, std::string_view key) {
  return storage::value_or_throw(decode_record<T>(state.get(as_bytes(key)), key));
}

template <class T>
Result<T> read_record(const storage::Reader& reader, std::string_view key) {
  const auto bytes = reader.get(storage::Column::state, as_bytes(key));
  if (!bytes) return bytes.error();
  return decode_record<T>(*bytes, key);
}

}  // namespace

Members read_members(const State& state) {
  return read_record<Members>(state, kMembersKey);
}

void write_members(State& state, const Members& members) {
  state.put(as_bytes(kMembersKey), encode(members));
}

ProtocolPlan read_protocol(const State& state) {
  return read_record<ProtocolPlan>(state, kProtocolKey);
}

void write_protocol(State& state, const ProtocolPlan& plan) {
  state.put(as_bytes(kProtocolKey), encode(plan));
}

Nodes read_nodes(const State& state) {
  return read_record<Nodes>(state, kNodesKey);
}

void write_nodes(State& state, const Nodes& nodes) {
  invariant(nodes.list.size() <= limits::kNamedNodesMax, "governance names no more nodes than the limit");
  state.put(as_bytes(kNodesKey), encode(nodes));
}

Result<Members> read_members(const storage::Reader& reader) {
  return read_record<Members>(reader, kMembersKey);
}

Result<ProtocolPlan> read_protocol(const storage::Reader& reader) {
  return read_record<ProtocolPlan>(reader, kProtocolKey);
}

Result<Nodes> read_nodes(const storage::Reader& reader) {
  return read_record<Nodes>(reader, kNodesKey);
}

Status check_members(const std::vector<consensus::Validator>& members) {
  if (members.empty() || members.size() > limits::kReplicasMax)
    return make_error(members.empty() ? ErrorCode::missing_field : ErrorCode::too_large, "",
                      "has " + to_string(members.size()), "1 to " + to_string(limits::kReplicasMax));
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::string where = "[" + to_string(i) + "]";
    const auto& [name, key] = members[i];
    if (name.empty() || name.size() > limits::kTextBytesMax)
      return make_error(name.empty() ? ErrorCode::missing_field : ErrorCode::too_large, where + ".name",
                        "has " + to_string(name.size()) + " bytes", "1 to " + to_string(limits::kTextBytesMax));
    if (!crypto::valid_public_key(key))
      return make_error(ErrorCode::invalid_field, where + ".key", "is " + key.hex(), "an Ed25519 public key");
    for (std::size_t j = 0; j < i; ++j) {
      if (members[j].key == key)
        return make_error(ErrorCode::invalid_field, where + ".key",
                          "is also the key of validators[" + to_string(j) + "]", "distinct keys");
      if (members[j].name == name)
        return make_error(ErrorCode::invalid_field, where + ".name",
                          "is \"" + name + "\", as validators[" + to_string(j) + "] is", "distinct names");
    }
  }
  return {};
}

}  // namespace tally::ledger
