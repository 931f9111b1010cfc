// Purpose: what all parts of a rulebook share: titles in two languages, where numbers come from, conditions.
// Thread rule: plain values.
#pragma once

#include "contracts/expression.h"
#include "contracts/operations.h"

namespace tally::contracts {

struct Title {
  std::string zh;
  std::string en;
  bool operator==(const Title&) const = default;
};
BOOST_DESCRIBE_STRUCT(Title, (), (zh, en))

// Where something comes from: the documents the scheme was founded on, another publication, or nobody.
enum class Origin : std::uint8_t { seed, source, invented };
BOOST_DESCRIBE_ENUM(Origin, seed, source, invented)

struct Provenance {
  std::optional<Origin> behaviour;  // that it is scored at all; absent where it goes with the number
  Origin number = Origin::invented;
  std::string ref;
};

// Something that must hold, and what it means that it does not.
struct Condition {
  Expression when;
  Title otherwise;
};

}  // namespace tally::contracts
