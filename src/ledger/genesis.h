// Purpose: the document that a chain starts from. Its digest is the chain id, so all offices can compare one
// line of hexadecimal before they start.
// Thread rule: plain values. The JSON form is contracts/genesis_json.h, which shows operations as text.
#pragma once

#include <boost/describe/enum.hpp>
#include <string>

#include "consensus/quorum.h"
#include "ledger/transaction.h"

namespace tally::ledger {

// test: block time is driven by clients (operation advance_clock). Every status and audit shows it, and a
// `production` genesis refuses it.
enum class ClockMode : std::uint8_t { real, test };
BOOST_DESCRIBE_ENUM(ClockMode, real, test)

enum class Purpose : std::uint8_t { production, development };
BOOST_DESCRIBE_ENUM(Purpose, production, development)

inline constexpr std::uint32_t kProtocolVersion = 1;

struct Genesis {
  std::uint32_t protocol = kProtocolVersion;
  std::string name;  // of the network, for people
  Purpose purpose = Purpose::production;
  TimestampMs time;  // block time of height 0
  ClockMode clock = ClockMode::real;
  std::uint64_t window = 0;  // L, in blocks
  std::vector<consensus::Validator> validators;
  // Executed in order at height 0 without an author: units, officers, rulebooks.
  std::vector<Bytes> operations;
  bool operator==(const Genesis&) const = default;
};
BOOST_DESCRIBE_STRUCT(Genesis, (), (protocol, name, purpose, time, clock, window, validators, operations))

ChainId chain_id(const Genesis& genesis);
consensus::ValidatorSet validator_set(const Genesis& genesis);
// Distinct valid validator keys, window, clock against purpose, sizes.
Status check_genesis(const Genesis& genesis);

}  // namespace tally::ledger
