// Purpose: who stands in the genesis of a development network: units, officers with fresh keys, rulebooks.
// Thread rule: plain values.
#pragma once

#include "contracts/operations.h"
#include "crypto/signature.h"

namespace tally::devnet {

struct Officer {
  std::string name;  // of the key file
  crypto::SecretKey key;
  contracts::PersonId person;
  contracts::UnitId unit;
  std::vector<contracts::Role> roles;
  std::string title;
};

struct Cast {
  std::vector<Officer> officers;
  std::vector<contracts::Operation> operations;  // of the genesis, in order

  void add_unit(const contracts::UnitId& unit, contracts::UnitKind kind, const std::string& title);
  // With a random key and person. Roles in the order of their declaration, as the rule engine wants them.
  void add_officer(const std::string& name, const contracts::UnitId& unit, std::vector<contracts::Role> roles,
                   const std::string& title);
  void add_rulebook(std::string_view document);
};

inline constexpr const char* kCounty = "yingshan";
inline constexpr const char* kTown = "yingshan/qingzhen";
inline constexpr const char* kLudishao = "yingshan/qingzhen/ludishao";
inline constexpr const char* kSecondVillage = "yingshan/qingzhen/shizui";
inline constexpr const char* kBank = "yingshan/qingzhen/bank";

// Qingzhen town with its two villages and its bank, under the Qingzhen rulebook.
Cast qingzhen_cast();

// The texts of rulebooks/NAME/rulebook.json, as they were when this program was built.
std::string_view qingzhen_rulebook();
std::string_view yingshanhong_plots_rulebook();
std::string_view yingshanhong_duty_rulebook();

}  // namespace tally::devnet
