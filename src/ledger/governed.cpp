#include "ledger/governed.h"

#include "common/limits.h"
#include "crypto/signature.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using std::to_string;

namespace {

template <class T>
T read_record(const State& state, std::string_view key) {
  const auto bytes = state.get(as_bytes(key));
  if (!bytes)
    throw storage::StorageFailure(make_error(ErrorCode::storage_failed, std::string(key), "is missing in the state"));
  return storage::value_or_throw(decode<T>(*bytes));
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
