#include "scenario/case_numbers.h"

namespace tally::scenario {

namespace {

template <class T>
constexpr bool kNamesCase = std::is_same_v<T, contracts::Endorse> || std::is_same_v<T, contracts::Object> ||
                            std::is_same_v<T, contracts::Resolve> || std::is_same_v<T, contracts::ActCase>;

}  // namespace

Status CaseNumbers::learn(const contracts::Operation& operation, ByteView output) {
  const bool opens =
      std::holds_alternative<contracts::OpenCase>(operation) || std::holds_alternative<contracts::Deduct>(operation);
  if (!opens && !std::holds_alternative<contracts::ActCase>(operation)) return {};
  const auto decoded = contracts::decode_output(output);
  if (!decoded) return decoded.error();
  if (opens && decoded->case_number) numbers_.push_back(*decoded->case_number);
  if (!decoded->work) return {};
  for (const auto& consequence : decoded->work->consequences)
    if (consequence.kind == contracts::ConsequenceKind::case_opened ||
        consequence.kind == contracts::ConsequenceKind::deduction)
      numbers_.push_back(consequence.number);
  return {};
}

contracts::Operation CaseNumbers::on_chain(contracts::Operation operation) const {
  std::visit(
      [this](auto& known) {
        using T = std::decay_t<decltype(known)>;
        if constexpr (kNamesCase<T>) known.case_number = on_chain(known.case_number);
        if constexpr (std::is_same_v<T, contracts::OpenCase>)
          for (auto& link : known.links) link.case_number = on_chain(link.case_number);
      },
      operation);
  return operation;
}

}  // namespace tally::scenario
