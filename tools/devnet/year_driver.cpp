#include "devnet/year_driver.h"

#include "common/time.h"
#include "contracts/transaction_json.h"

namespace tally::devnet {

namespace {

constexpr Milliseconds kFinalLimit{60000};
constexpr Milliseconds kFinalWait{10000};

Error unexpected(const scenario::Draft& draft, const std::string& what) {
  return make_error(ErrorCode::internal, draft.title, what, "the outcome that the scenario foresees");
}

// Every operation succeeded, except those that must not.
Status check_receipt(const scenario::Draft& draft, const ledger::Receipt& receipt) {
  if (receipt.results.size() != draft.operations.size())
    return unexpected(draft, "was refused: " + receipt.message + " [" + std::string(name_of(receipt.code)) + "]");
  for (std::size_t i = 0; i < receipt.results.size(); ++i) {
    ErrorCode expected = ErrorCode::ok;
    for (const auto& refused : draft.refused)
      if (refused.operation == i) expected = refused.code;
    const auto& result = receipt.results[i];
    if (result.code == expected) continue;
    return unexpected(draft, "operation " + std::to_string(i) + " answered " + std::string(name_of(result.code)) +
                                 " (" + result.message + "), not " + std::string(name_of(expected)));
  }
  return {};
}

}  // namespace

std::string officer_file_name(const scenario::Officer& officer) {
  std::string out = officer.name;
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
}

Cast cast_of(const scenario::VillageYear& year, bool with_households) {
  Cast cast;
  for (const auto& officer : year.officers)
    cast.officers.push_back(
        {officer_file_name(officer), officer.key, officer.person, officer.unit, officer.roles, officer.name});
  cast.operations = scenario::genesis_operations(year, std::string(qingzhen_rulebook()), with_households);
  return cast;
}

Result<ledger::Receipt> YearDriver::await_receipt(const TransactionId& id) {
  const auto deadline = std::chrono::steady_clock::now() + kFinalLimit;
  while (true) {
    const auto answer = client_.transaction(id, kFinalWait);
    if (!answer) return answer.error();
    const auto state = member<std::string>(*answer, "state");
    if (!state) return state.error();
    if (*state == "final" || *state == "rejected")
      return contracts::receipt_from_json(answer->value("receipt", Json()));
    if (std::chrono::steady_clock::now() > deadline)
      return make_error(ErrorCode::not_final, id.hex(),
                        "is " + *state + " after " + std::to_string(kFinalLimit.count() / 1000) + " s",
                        "finality; `tally devnet status` shows the nodes");
  }
}

Status YearDriver::submit(const scenario::Draft& draft) {
  const auto transaction = scenario::sign(year_, draft, chain_, now_.plus(kDayMs));
  const Prepared prepared{ledger::id_of(transaction.body), encode(transaction)};
  const auto submitted = client_.submit({&prepared, 1});
  if (!submitted) return Error(submitted.error()).within(draft.title);
  if (const auto& error = submitted->front().error) return Error(*error).within(draft.title);
  const auto receipt = await_receipt(prepared.id);
  if (!receipt) return Error(receipt.error()).within(draft.title);
  if (auto good = check_receipt(draft, *receipt); !good) return good;
  ++counts_.transactions;
  counts_.operations += draft.operations.size();
  counts_.refused += draft.refused.size();
  transactions_.push_back(prepared.id);
  return {};
}

Status YearDriver::advance(TimestampMs to) {
  if (to <= now_) return {};
  // The clock's own transaction must still be valid once the clock has moved.
  if (auto moved = submit(scenario::clock_draft(year_, to)); !moved) return moved;
  now_ = to;
  return {};
}

Status YearDriver::run(const scenario::Step& step) {
  if (auto moved = advance(step.at); !moved) return moved;
  for (const auto& draft : step.drafts)
    if (auto done = submit(draft); !done) return Error(done.error()).within(step.title);
  return {};
}

}  // namespace tally::devnet
