// Purpose: parameters and features of the engine that governance may change, each with its hard bounds. A change counts
// from a block on, so a replay of old blocks runs under the values of their day.
// Thread rule: pure functions; a ParameterShelf belongs to the executing thread.
// Errors: check_parameters names what is unknown, out of bounds, given twice or in force already.
// Invariant: values in the state are within bounds; a chain that never changed any has the defaults.
#pragma once

#include <span>

#include "contracts/operations.h"
#include "ledger/state.h"
#include "storage/store.h"

namespace tally::contracts {

inline constexpr std::string_view kParametersKey = "sys/parameters";

enum class Parameter : std::uint8_t {
  expression_cost_per_operation,
  expression_cost_per_timer,
  due_events_per_block,
  rulebook_bytes,
  open_proposals_per_person,
  keys_per_person,
  consent_days,
  scoring_consent_days
};
inline constexpr std::size_t kParameters = 8;

enum class Feature : std::uint8_t { spending, consultations, comments_by_subjects };
inline constexpr std::size_t kFeatures = 3;

struct ParameterInfo {
  std::string_view name;
  std::string_view does;
  std::uint64_t value = 0;  // unless it was changed
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};
std::span<const ParameterInfo> parameter_infos();  // in the order of Parameter
struct FeatureInfo {
  std::string_view name;
  std::string_view does;  // while it is on, which it is unless it was switched off
};
std::span<const FeatureInfo> feature_infos();  // in the order of Feature

// What a change sets.
struct ParameterChange {
  static constexpr std::string_view kName = "parameters";
  std::uint64_t from = 0;  // the first block under it
  std::vector<ParameterValue> values;
  std::vector<FeatureFlag> features;
  bool operator==(const ParameterChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(ParameterChange, (), (from, values, features))

// What was changed and has begun; and changes to come, in the order in which they begin.
struct ParameterPlan {
  std::vector<ParameterValue> values;
  std::vector<FeatureFlag> features;
  std::vector<ParameterChange> planned;
  bool operator==(const ParameterPlan&) const = default;
};
BOOST_DESCRIBE_STRUCT(ParameterPlan, (), (values, features, planned))

struct Parameters {
  std::array<std::uint64_t, kParameters> values{};
  std::array<bool, kFeatures> features{};
  [[nodiscard]] std::uint64_t of(Parameter parameter) const { return values[static_cast<std::size_t>(parameter)]; }
  [[nodiscard]] bool on(Feature feature) const { return features[static_cast<std::size_t>(feature)]; }
};
// Those of the block with this height.
Parameters parameters_at(const ParameterPlan& plan, BlockHeight height);

// Whether it may be proposed: known names, each once, within bounds, at least one of them.
Status check_parameters(const ProposeParameters& operation, std::string_view clause);
ParameterPlan read_parameters(const ledger::State& state);
Result<ParameterPlan> read_parameters(const storage::Reader& reader);
// limit_reached: too many changes wait for their block already.
Status plan_parameters(ledger::State& state, ParameterChange change, BlockHeight now);

// What the state says, read once. Whoever writes the plan calls forget().
class ParameterShelf {
 public:
  const Parameters& at(const ledger::State& state, BlockHeight height);
  void forget() {
    plan_.reset();
    height_.reset();
  }

 private:
  std::optional<ParameterPlan> plan_;
  std::optional<BlockHeight> height_;
  Parameters current_;
};

// "expression_cost_per_operation = 200000, spending off"
std::string in_words(const std::vector<ParameterValue>& values, const std::vector<FeatureFlag>& features);

}  // namespace tally::contracts
