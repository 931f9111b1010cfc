#include "ledger/genesis.h"

#include "common/limits.h"
#include "crypto/digest.h"
#include "ledger/governed.h"

namespace tally::ledger {

namespace {

using std::to_string;

// Beyond this a replica would have to keep votes for more blocks than its memory budget allows.
constexpr std::uint64_t kWindowMax = 1024;

Status check_operations(const std::vector<Bytes>& operations) {
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::size_t size = operations[i].size();
    if (size == 0 || size > limits::kOperationBytesMax)
      return make_error(size == 0 ? ErrorCode::missing_field : ErrorCode::too_large, "operations[" + to_string(i) + "]",
                        "has " + to_string(size) + " bytes",
                        "1 to " + to_string(limits::kOperationBytesMax) + " bytes");
  }
  return {};
}

}  // namespace

ChainId chain_id(const Genesis& genesis) {
  return ChainId{crypto::digest_of(crypto::kGenesisDomain, genesis).bytes};
}

consensus::ValidatorSet validator_set(const Genesis& genesis) {
  return {Epoch{0}, BlockHeight{0}, genesis.validators};
}

Status check_genesis(const Genesis& genesis) {
  if (genesis.protocol != kProtocolVersion)
    return make_error(ErrorCode::invalid_field, "protocol", "is " + to_string(genesis.protocol),
                      "version " + to_string(kProtocolVersion));
  if (genesis.name.empty() || genesis.name.size() > limits::kTextBytesMax)
    return make_error(genesis.name.empty() ? ErrorCode::missing_field : ErrorCode::too_large, "name",
                      "has " + to_string(genesis.name.size()) + " bytes", "1 to " + to_string(limits::kTextBytesMax));
  if (genesis.purpose == Purpose::production && genesis.clock == ClockMode::test)
    return make_error(ErrorCode::test_clock_disabled, "clock", "is test, for a chain whose purpose is production",
                      "real, or purpose development");
  if (genesis.window == 0 || genesis.window > kWindowMax)
    return make_error(
        ErrorCode::invalid_field, "window", "is " + to_string(genesis.window),
        "1 to " + to_string(kWindowMax) + " blocks (" + to_string(limits::kWatermarkWindow) + " is usual)");
  if (auto members = check_members(genesis.validators); !members) return Error(members.error()).within("validators");
  if (auto operations = check_operations(genesis.operations); !operations) return operations;
  const std::size_t size = encode(genesis).size();
  if (size > limits::kGenesisBytesMax)
    return make_error(ErrorCode::too_large, "", "has " + to_string(size) + " bytes",
                      "at most " + to_string(limits::kGenesisBytesMax) + " bytes");
  return {};
}

}  // namespace tally::ledger
