#include "contracts/due.h"

#include "common/invariant.h"
#include "contracts/case_flow.h"
#include "contracts/lots.h"
#include "contracts/ratings.h"
#include "contracts/standing.h"
#include "contracts/timers.h"
#include "contracts/work_flow.h"

namespace tally::contracts {

namespace {

template <class Id>
Id id_of(const Timer& timer) {
  auto id = decode<Id>(timer.id);
  invariant(id.has_value(), "a timer's id decodes");
  return *std::move(id);
}

template <class Act>
DueEvent with_account_at(const Flow& flow, const Timer& timer, TimestampMs time, Act&& act) {
  const auto id = id_of<AccountId>(timer);
  const auto rulebook = flow.shelf.in_force(flow.state, id.rulebook, time);
  invariant(rulebook != nullptr, "an account's rulebook is in force");
  const Book* book = rulebook->book(id.book);
  invariant(book != nullptr, "a later version keeps every book");
  return act(Ledger{flow.state, *rulebook, *book, id.subject}, flow.block);
}

// Under the version in force now: what is due belongs to no event of the past.
template <class Act>
DueEvent with_account(const Flow& flow, const Timer& timer, Act&& act) {
  return with_account_at(flow, timer, flow.block.time, std::forward<Act>(act));
}

// A rating belongs to the period that is over; the next one is planned under the version in force now. Periods in which
// no block was made are rated one after the other.
DueEvent rate(const Flow& flow, const Timer& timer) {
  const TimestampMs last{timer.time.value - 1};
  auto event = with_account_at(flow, timer, last, [&](const Ledger& ledger, const ledger::BlockContext&) {
    return rate_account(ledger, timer.time);
  });
  with_account(flow, timer, [&](const Ledger& ledger, const ledger::BlockContext&) {
    plan_rating(ledger, timer.time);
    return DueEvent{};
  });
  return event;
}

DueEvent fire(const Council& council, const Flow& flow, const Timer& timer) {
  stop_timer(flow.state, timer);
  switch (timer.kind) {
    case TimerKind::case_term:
      return end_case_term(flow, big_endian(timer.id));
    case TimerKind::lots:
      return with_account(flow, timer, lapse_lots);
    case TimerKind::book_reset:
      return with_account(flow, timer, reset_account);
    case TimerKind::standing:
      return end_term(flow.state, id_of<StandingId>(timer));
    case TimerKind::work_term: {
      const ledger::OperationContext nobody{flow.block, nullptr, {}, 0};
      Call call{nobody, flow.state, council.people, flow.shelf, flow.budget, council.settings};
      return end_work_term(call, big_endian(timer.id));
    }
    case TimerKind::rating:
      return rate(flow, timer);
    case TimerKind::proposal:
      return settle_due_proposal(council, big_endian(timer.id));
  }
  invariant(false, "every kind of timer is handled");
  return {};
}

}  // namespace

std::vector<Bytes> run_due(const Council& at, std::size_t limit) {
  std::vector<Bytes> events;
  const Parameters parameters = at.settings.at(at.state, at.block.height);
  limit = std::min<std::size_t>(limit, parameters.of(Parameter::due_events_per_block));
  // Gathered first: handling a timer changes what the scan walks over.
  const auto due = due_timers(at.state, at.block.time, limit);
  events.reserve(due.size());
  for (const auto& timer : due) {
    cel::Evaluation budget(parameters.of(Parameter::expression_cost_per_timer));
    events.push_back(encode(fire(at, {at.block, at.state, at.shelf, budget}, timer)));
  }
  return events;
}

}  // namespace tally::contracts
