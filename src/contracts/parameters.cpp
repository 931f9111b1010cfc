#include "contracts/parameters.h"

#include <algorithm>

#include "common/limits.h"
#include "common/nearest.h"
#include "contracts/call.h"
#include "contracts/consents.h"
#include "contracts/query_reading.h"
#include "storage/storage_failure.h"

namespace tally::contracts {

namespace {

constexpr ParameterInfo kParameterInfos[] = {
    {"expression_cost_per_operation", "what the expressions of one operation may cost",
     limits::kExpressionCostPerOperation, 10'000, limits::kExpressionCostMax},
    {"expression_cost_per_timer", "what the expressions of one event that falls due may cost",
     limits::kExpressionCostPerTimer, 10'000, limits::kExpressionCostMax},
    {"due_events_per_block", "how much of what falls due one block handles", limits::kDueEventsPerBlockMax, 100,
     limits::kDueEventsPerBlockMax},
    {"rulebook_bytes", "how long the document of a proposed rulebook may be", limits::kRulebookBytesMax,
     16 * limits::kKiB, limits::kRulebookBytesMax},
    {"open_proposals_per_person", "how many open proposals one person may have", limits::kOpenProposalsPerMemberMax, 1,
     limits::kOpenProposalsMax},
    {"keys_per_person", "how many keys in force one person may have", 8, 2, 32},
    {"consent_days", "for how long a subject may let a unit ask its gates", kConsentDaysMax, 1, kConsentDaysMax},
    {"scoring_consent_days", "for how long a subject may agree to be scored", kScoringConsentDaysMax, 1,
     kScoringConsentDaysMax},
};
static_assert(std::size(kParameterInfos) == kParameters);

constexpr FeatureInfo kFeatureInfos[] = {
    {"spending", "points can be spent"},
    {"consultations", "gates can be asked on the chain, by consult"},
    {"comments_by_subjects", "subjects comment on proposals with their own keys"},
};
static_assert(std::size(kFeatureInfos) == kFeatures);

template <class Info>
std::optional<std::size_t> position(std::span<const Info> infos, std::string_view name) {
  const auto found = std::find_if(infos.begin(), infos.end(), [&](const Info& info) { return info.name == name; });
  return found == infos.end() ? std::nullopt : std::optional<std::size_t>(found - infos.begin());
}

template <class Info>
Error unknown(std::span<const Info> infos, const std::string& what, const std::string& name, std::string_view clause) {
  std::vector<std::string> names;
  std::string all;
  for (const auto& info : infos) {
    names.emplace_back(info.name);
    all += (all.empty() ? "" : ", ") + names.back();
  }
  const auto near = nearest_word(name, names);
  return refusal(ErrorCode::not_found, clause, "there is no " + what + " \"" + excerpt(name, 80) + "\"",
                 near.empty() ? "one of " + all : "perhaps " + near);
}

template <class Given>
bool stands_twice(const std::vector<Given>& given, std::size_t at) {
  return std::any_of(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(at),
                     [&](const Given& before) { return before.name == given[at].name; });
}

// Later values replace earlier ones of the same name.
template <class Given>
void merge(std::vector<Given>& into, const std::vector<Given>& given) {
  for (const auto& one : given) {
    const auto found =
        std::find_if(into.begin(), into.end(), [&](const Given& before) { return before.name == one.name; });
    if (found == into.end())
      into.push_back(one);
    else
      *found = one;
  }
}

void apply(Parameters& out, const std::vector<ParameterValue>& values, const std::vector<FeatureFlag>& features) {
  for (const auto& given : values)
    if (const auto place = position(parameter_infos(), given.name)) out.values[*place] = given.value;
  for (const auto& given : features)
    if (const auto place = position(feature_infos(), given.name)) out.features[*place] = given.on;
}

}  // namespace

std::span<const ParameterInfo> parameter_infos() {
  return kParameterInfos;
}
std::span<const FeatureInfo> feature_infos() {
  return kFeatureInfos;
}

Parameters parameters_at(const ParameterPlan& plan, BlockHeight height) {
  Parameters out;
  for (std::size_t i = 0; i < kParameters; ++i) out.values[i] = kParameterInfos[i].value;
  out.features.fill(true);
  apply(out, plan.values, plan.features);
  for (const auto& change : plan.planned)
    if (change.from <= height.value) apply(out, change.values, change.features);
  return out;
}

Status check_parameters(const ProposeParameters& operation, std::string_view clause) {
  if (operation.values.empty() && operation.features.empty())
    return refusal(ErrorCode::missing_field, clause, "changes nothing", "a parameter or a feature");
  for (std::size_t i = 0; i < operation.values.size(); ++i) {
    const auto& given = operation.values[i];
    const auto place = position(parameter_infos(), given.name);
    if (!place) return unknown(parameter_infos(), "parameter", given.name, clause);
    const auto& info = kParameterInfos[*place];
    if (stands_twice(operation.values, i))
      return refusal(ErrorCode::invalid_field, clause, "parameter " + given.name + " stands twice",
                     "each parameter once");
    if (given.value < info.least || given.value > info.most)
      return refusal(ErrorCode::invalid_field, clause,
                     "parameter " + given.name + " would be " + std::to_string(given.value),
                     std::to_string(info.least) + " to " + std::to_string(info.most));
  }
  for (std::size_t i = 0; i < operation.features.size(); ++i) {
    if (!position(feature_infos(), operation.features[i].name))
      return unknown(feature_infos(), "feature", operation.features[i].name, clause);
    if (stands_twice(operation.features, i))
      return refusal(ErrorCode::invalid_field, clause, "feature " + operation.features[i].name + " stands twice",
                     "each feature once");
  }
  return {};
}

ParameterPlan read_parameters(const ledger::State& state) {
  const auto bytes = state.get(as_bytes(kParametersKey));
  return bytes ? storage::value_or_throw(decode<ParameterPlan>(*bytes)) : ParameterPlan{};
}

Result<ParameterPlan> read_parameters(const storage::Reader& reader) {
  auto plan = read_record<ParameterPlan>(reader, as_bytes(kParametersKey));
  if (!plan) return plan.error();
  return std::move(*plan).value_or(ParameterPlan{});
}

Status plan_parameters(ledger::State& state, ParameterChange change, BlockHeight now) {
  ParameterPlan plan = read_parameters(state);
  // What has begun is one with what came before.
  const auto begun = [&](const ParameterChange& planned) { return planned.from <= now.value; };
  for (const auto& planned : plan.planned) {
    if (!begun(planned)) continue;
    merge(plan.values, planned.values);
    merge(plan.features, planned.features);
  }
  std::erase_if(plan.planned, begun);
  if (plan.planned.size() >= limits::kPlannedParametersMax)
    return make_error(ErrorCode::limit_reached, "parameters",
                      std::to_string(plan.planned.size()) + " changes wait for their block",
                      "at most " + std::to_string(limits::kPlannedParametersMax));
  // Of two that begin with the same block, the one adopted later counts.
  const auto place = std::upper_bound(plan.planned.begin(), plan.planned.end(), change.from,
                                      [](std::uint64_t from, const auto& planned) { return from < planned.from; });
  plan.planned.insert(place, std::move(change));
  state.put(as_bytes(kParametersKey), encode(plan));
  return {};
}

const Parameters& ParameterShelf::at(const ledger::State& state, BlockHeight height) {
  if (plan_ && height_ == height) return current_;
  if (!plan_) plan_ = read_parameters(state);
  height_ = height;
  current_ = parameters_at(*plan_, height);
  return current_;
}

std::string in_words(const std::vector<ParameterValue>& values, const std::vector<FeatureFlag>& features) {
  std::string out;
  for (const auto& given : values) out += (out.empty() ? "" : ", ") + given.name + " = " + std::to_string(given.value);
  for (const auto& given : features) out += (out.empty() ? "" : ", ") + given.name + (given.on ? " on" : " off");
  return out;
}

}  // namespace tally::contracts
