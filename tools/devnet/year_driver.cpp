#include "devnet/year_driver.h"

#include "common/time.h"
#include "contracts/transaction_json.h"

namespace tally::devnet {

namespace {

constexpr Milliseconds kFinalLimit{60000};
constexpr Milliseconds kFinalWait{10000};

Error unexpected(const Outgoing& draft, const std::string& what) {
  return make_error(ErrorCode::internal, draft.title, what, "the outcome that the scenario foresees");
}

// Every operation succeeded, except those that must not.
Status check_receipt(const Outgoing& draft, const ledger::Receipt& receipt) {
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

void add_neighbours(Cast& cast, const scenario::NeighbourYear& year) {
  for (const auto& officer : year.officers)
    cast.officers.push_back(
        {officer_file_name(officer), officer.key, officer.person, officer.unit, officer.roles, officer.name});
  for (auto& operation : scenario::genesis_operations(year, std::string(yingshanhong_plots_rulebook()),
                                                      std::string(yingshanhong_duty_rulebook())))
    cast.operations.push_back(std::move(operation));
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

Status YearDriver::send(const std::vector<Outgoing>& drafts, scenario::CaseNumbers& numbers, YearCounts& counts) {
  std::vector<Prepared> prepared;
  for (const auto& draft : drafts)
    prepared.push_back({ledger::id_of(draft.transaction.body), encode(draft.transaction)});
  const auto submitted = client_.submit(prepared);
  if (!submitted) return Error(submitted.error()).within(drafts.front().title);
  for (std::size_t i = 0; i < drafts.size(); ++i)
    if (const auto& error = (*submitted)[i].error) return Error(*error).within(drafts[i].title);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const auto& draft = drafts[i];
    const auto receipt = await_receipt(prepared[i].id);
    if (!receipt) return Error(receipt.error()).within(draft.title);
    if (auto good = check_receipt(draft, *receipt); !good) return good;
    for (std::size_t k = 0; k < draft.operations.size(); ++k) {
      if (receipt->results[k].code != ErrorCode::ok) continue;
      const auto learnt = numbers.learn(draft.operations[k], receipt->results[k].output);
      if (!learnt) return Error(learnt.error()).within(draft.title);
    }
    ++counts.transactions;
    counts.operations += draft.operations.size();
    counts.refused += draft.refused.size();
    transactions_.push_back(prepared[i].id);
  }
  return {};
}

Status YearDriver::submit(const scenario::Draft& draft, YearCounts& counts) {
  scenario::Draft numbered = draft;
  for (auto& operation : numbered.operations) operation = numbers_.on_chain(std::move(operation));
  return send(
      {{draft.title, scenario::sign(year_, numbered, chain_, now_.plus(kDayMs)), draft.operations, draft.refused}},
      numbers_, counts);
}

Status YearDriver::advance(TimestampMs to) {
  if (to <= now_) return {};
  // The clock's own transaction must still be valid once the clock has moved.
  if (auto moved = submit(scenario::clock_draft(year_, to), clock_counts_); !moved) return moved;
  now_ = to;
  return {};
}

Status YearDriver::run(const scenario::Step& step) {
  if (auto moved = advance(step.at); !moved) return moved;
  for (const auto& draft : step.drafts)
    if (auto done = submit(draft); !done) return Error(done.error()).within(step.title);
  return {};
}

Status NeighbourDriver::run(const scenario::NeighbourStep& step) {
  if (auto moved = clock_.advance(step.at); !moved) return moved;
  std::vector<Outgoing> drafts;
  for (const auto& draft : step.drafts) {
    std::vector<contracts::Operation> numbered;
    for (const auto& operation : draft.operations) numbered.push_back(numbers_.on_chain(operation));
    drafts.push_back({draft.title, scenario::sign(year_, draft, numbered, clock_.chain(), clock_.now().plus(kDayMs)),
                      draft.operations, draft.refused});
  }
  if (drafts.empty()) return {};
  return clock_.send(drafts, numbers_, counts_);
}

}  // namespace tally::devnet
