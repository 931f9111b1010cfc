// Purpose: how the chain names people, units, subjects, rulebooks and their parts; kinds and roles.
// Thread rule: plain values. Enums are on the wire: they grow at the end.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/amount.h"
#include "common/codec.h"

namespace tally::contracts {

using PersonId = FixedBytes<struct PersonIdTag, 16>;
// Units form a tree; an id is the path from the root: "yingshan/qingzhen/ludishao". Segments are 1 to 32 of
// [a-z0-9-]; at most 6 of them.
using UnitId = std::string;
using RulebookId = std::string;  // [a-z0-9-], 1 to 32
using RuleCode = std::string;    // as in the rulebook's catalogue, e.g. "QZ7"
using BookCode = std::string;    // [a-z0-9-], 1 to 32, e.g. "credit"

enum class UnitKind : std::uint8_t { province, county, town, village, bank };
BOOST_DESCRIBE_ENUM(UnitKind, province, county, town, village, bank)

enum class SubjectKind : std::uint8_t { person, household, enterprise, official, object };
BOOST_DESCRIBE_ENUM(SubjectKind, person, household, enterprise, official, object)

// What an officer may do in their unit and below. Rulebooks say which role a rule needs.
enum class Role : std::uint8_t {
  registrar,  // registers units below, people, subjects; opens accounts
  recorder,   // proposes awards and deductions
  endorser,   // endorses what somebody else proposed
  arbiter,    // resolves objections
  bank_officer,
  auditor,   // reads pseudonymously
  governor,  // proposes and approves rulebooks
  clock,     // drives the test clock
  // What these do, a rulebook says.
  leader,      // of a team or a post
  inspector,   // looks on the spot
  specialist,  // agronomist, doctor, surveyor
  shopkeeper,  // takes points for goods
  oracle       // an instrument's key
};
BOOST_DESCRIBE_ENUM(Role, registrar, recorder, endorser, arbiter, bank_officer, auditor, governor, clock, leader,
                    inspector, specialist, shopkeeper, oracle)

}  // namespace tally::contracts
