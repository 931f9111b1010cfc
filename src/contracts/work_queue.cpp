#include "contracts/work_queue.h"

#include <algorithm>

#include "common/invariant.h"
#include "common/limits.h"
#include "contracts/draft.h"
#include "contracts/unit.h"
#include "contracts/work_flow.h"

namespace tally::contracts {

namespace {

struct Waiting {
  std::uint64_t number = 0;
  std::uint64_t entered = 0;
  std::vector<cel::Value> keys;
};

Result<std::vector<Waiting>> waiting_in(const ledger::State& state, const Rulebook& rulebook, const Queue& queue,
                                        const UnitId& unit) {
  std::vector<Waiting> out;
  const auto index = queue_index(rulebook.id, queue.code);
  for (const Bytes& prefix : {unit_index_prefix(index, unit), unit_index_below(index, unit)})
    state.scan(prefix, [&](ByteView key, ByteView value) {
      const auto entered = decode<std::uint64_t>(value);
      invariant(entered.has_value(), "a place in a queue decodes");
      out.push_back({big_endian(key.last(8)), *entered, {}});
      return out.size() <= kQueueCasesMax;
    });
  if (out.size() > kQueueCasesMax)
    return refusal(ErrorCode::too_large, queue.code,
                   "more than " + std::to_string(kQueueCasesMax) + " cases wait in " + unit, "a smaller unit");
  return out;
}

// The queue as the case's own version has it; null if that version has none.
const Queue* queue_for(const Work& work, const Queue& queue) {
  const Queue* own = work.rulebook->queue(queue.code);
  return own != nullptr && own->workflow == work.workflow->code ? own : nullptr;
}

Situation waiting_situation(const ledger::State& state, Shelf& shelf, const Work& work, TimestampMs now,
                            cel::Evaluation& budget) {
  Situation situation({state, *work.rulebook, work.record.subject, work.subject, now, {}}, budget);
  situation.set_work(work_object(state, shelf, work), {});
  return situation;
}

bool comes_before(const Queue& queue, const Waiting& left, const Waiting& right) {
  const std::size_t keys = std::min({queue.order.size(), left.keys.size(), right.keys.size()});
  for (std::size_t i = 0; i < keys; ++i) {
    const auto order = cel::compare(left.keys[i], right.keys[i]);
    if (!order || *order == std::partial_ordering::equivalent) continue;
    const bool less = *order == std::partial_ordering::less;
    return queue.order[i].descending ? !less : less;
  }
  return left.entered < right.entered;
}

}  // namespace

Result<std::vector<std::uint64_t>> queue_order(const ledger::State& state, Shelf& shelf, const Rulebook& rulebook,
                                               const Queue& queue, const UnitId& unit, TimestampMs now) {
  auto waiting = waiting_in(state, rulebook, queue, unit);
  if (!waiting) return waiting.error();
  for (auto& one : *waiting) {
    const auto work = find_work(state, shelf, one.number);
    invariant(work.has_value(), "what waits in a queue is a case");
    const Queue* own = queue_for(*work, queue);
    if (own == nullptr) continue;
    cel::Evaluation budget(limits::kExpressionCostPerOperation);
    auto situation = waiting_situation(state, shelf, *work, now, budget);
    for (const auto& order : own->order) {
      auto key = situation.value(order.by, queue.code);
      if (!key) return key.error();
      one.keys.push_back(*std::move(key));
    }
  }
  std::sort(waiting->begin(), waiting->end(),
            [&](const auto& left, const auto& right) { return comes_before(queue, left, right); });
  std::vector<std::uint64_t> out;
  out.reserve(waiting->size());
  for (const auto& one : *waiting) out.push_back(one.number);
  return out;
}

namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kWhole = 100;  // of a share, in units of 10^-2

struct Share {
  std::uint64_t number = 0;
  Amount amount;  // two decimals
};

// What an expression of the queue says about each case in order.
Result<std::vector<Share>> measure(const Call& call, const Queue& queue, const std::vector<std::uint64_t>& order,
                                   const Expression Queue::*expression) {
  std::vector<Share> out;
  for (const auto number : order) {
    const auto work = find_work(call.state, call.shelf, number);
    const Queue* own = queue_for(*work, queue);
    Amount amount{own == nullptr ? 0 : kWhole};
    if (own != nullptr && own->*expression) {
      cel::Evaluation budget(call.parameter(Parameter::expression_cost_per_operation));
      auto situation = waiting_situation(call.state, call.shelf, *work, call.now(), budget);
      const auto value = situation.decimal(own->*expression, kMoneyScale, queue.code);
      if (!value) return value.error();
      if (value->value < 0)
        return refusal(ErrorCode::amount_out_of_range, queue.code,
                       "`" + (own->*expression).source + "` is " + format_amount(*value, kMoneyScale) + " for case " +
                           std::to_string(number),
                       "0 or more");
      amount = *value;
    }
    out.push_back({number, amount});
  }
  return out;
}

std::vector<Share> serve_in_order(std::vector<Share> demands, std::optional<Amount> pool) {
  std::size_t served = 0;
  std::int64_t left = pool ? pool->value : std::numeric_limits<std::int64_t>::max();
  while (served < demands.size() && served < kServedMax && demands[served].amount.value <= left)
    left -= demands[served++].amount.value;
  demands.resize(served);
  return demands;
}

// In proportion to the weights, rounded down; what is left over goes to the first who gets anything.
std::vector<Share> serve_by_share(std::vector<Share> weights, Amount pool) {
  Wide sum = 0;
  for (const auto& share : weights) sum += share.amount.value;
  std::erase_if(weights, [](const Share& share) { return share.amount.value == 0; });
  if (sum == 0) return {};
  std::int64_t left = pool.value;
  for (auto& share : weights) {
    share.amount = Amount{static_cast<std::int64_t>(Wide{pool.value} * share.amount.value / sum)};
    left -= share.amount.value;
  }
  weights.front().amount.value += left;
  return weights;
}

Result<std::vector<Share>> shares_of(const Call& call, const Queue& queue, const std::vector<std::uint64_t>& order,
                                     std::optional<Amount> pool) {
  if (queue.serve == Serve::by_share) {
    if (order.size() > kServedMax)
      return refusal(ErrorCode::too_large, queue.code, std::to_string(order.size()) + " cases would share the pool",
                     "at most " + std::to_string(kServedMax) + ": a smaller unit");
    if (!pool)
      return refusal(ErrorCode::invalid_field, queue.code, "the pool is missing", "how much there is to share");
    auto weights = measure(call, queue, order, &Queue::weight);
    if (!weights) return weights;
    return serve_by_share(*std::move(weights), *pool);
  }
  if (queue.serve == Serve::in_order) {
    auto demands = measure(call, queue, order, &Queue::demand);
    if (!demands) return demands;
    return serve_in_order(*std::move(demands), pool);
  }
  const std::size_t top = order.size() * queue.percent / 100;
  if (top > kServedMax)
    return refusal(ErrorCode::too_large, queue.code, std::to_string(top) + " cases would be served",
                   "at most " + std::to_string(kServedMax) + ": a smaller unit");
  std::vector<Share> out;
  for (std::size_t i = 0; i < top; ++i) out.push_back({order[i], Amount{kWhole}});
  return out;
}

// The share goes into the case's field, and the queue's act is done. A case in which that is refused keeps its place.
Status serve(Call& call, const Queue& queue, const Share& share, const Acting& acting) {
  auto work = find_work(call.state, call.shelf, share.number);
  const Queue* own = queue_for(*work, queue);
  const Act* act = own == nullptr ? nullptr : work->workflow->act(own->act);
  if (act == nullptr || !may_be_done(*work, *act))
    return refusal(ErrorCode::wrong_state, queue.code,
                   "case " + std::to_string(share.number) + " is " + work->record.state, "a state that the act allows");
  if (own->gives) {
    constexpr std::int64_t kMoneyToField = 10'000;  // 10^-2 to 10^-6
    std::int64_t units = 0;
    if (__builtin_mul_overflow(share.amount.value, kMoneyToField, &units))
      return refusal(ErrorCode::overflow, queue.code, "the share is too large for the case's field", "a smaller pool");
    work->record.fields[*own->gives].number = units;
  }
  Acting inner = acting;
  inner.clause = work->record.workflow + "/" + act->code;
  leave_queue(call.state, *work, queue.code);
  return perform(inner, *work, *act);
}

}  // namespace

Outcome allocate(Call& call, const Allocate& operation) {
  constexpr auto kClause = Allocate::kName;
  const auto author = author_of(call, kClause);
  if (!author) return author.error();
  const auto rulebook = call.shelf.in_force(call.state, operation.rulebook, call.now());
  const Queue* queue = rulebook == nullptr ? nullptr : rulebook->queue(operation.queue);
  if (queue == nullptr)
    return refusal(ErrorCode::not_found, kClause,
                   "queue \"" + excerpt(operation.queue, 40) + "\" is not in a rulebook \"" +
                       excerpt(operation.rulebook, 40) + "\" in force",
                   "a queue of a rulebook in force");
  if (auto role = check_role(**author, queue->roles, queue->code); !role) return role.error();
  if (auto reach = check_reach(**author, operation.unit, queue->code); !reach) return reach.error();
  if (operation.pool && operation.pool->value < 0)
    return refusal(ErrorCode::invalid_field, queue->code, "the pool is " + format_amount(*operation.pool, kMoneyScale),
                   "0 or more");
  const auto order = queue_order(call.state, call.shelf, *rulebook, *queue, operation.unit, call.now());
  if (!order) return order.error();
  const auto shares = shares_of(call, *queue, *order, operation.pool);
  if (!shares) return shares.error();
  WorkOutcome outcome;
  const Signer signer{(*author)->id, std::nullopt};
  for (const auto& share : *shares) {
    Draft draft(call.state);
    cel::Evaluation budget(call.parameter(Parameter::expression_cost_per_operation));
    Call trial{call.context, draft, call.people, call.shelf, budget, call.settings};
    std::vector<Consequence> consequences;
    const Acting acting{trial,        {}, signer, *author, false, {signer}, {}, operation.reason, operation.evidence,
                        &consequences};
    const auto subject = load_work_record(call.state, share.number)->subject;
    if (auto served = serve(trial, *queue, share, acting); !served) {
      outcome.consequences.push_back(
          {ConsequenceKind::left_out, excerpt(served.error().text(), 200), subject, share.number, {}});
      continue;
    }
    draft.commit();
    outcome.consequences.push_back({ConsequenceKind::case_moved, queue->act, subject, share.number, share.amount});
    for (auto& consequence : consequences) outcome.consequences.push_back(std::move(consequence));
  }
  OperationOutput output;
  output.work = std::move(outcome);
  return output;
}

}  // namespace tally::contracts
