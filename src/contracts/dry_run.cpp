#include "contracts/dry_run.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/dry_run_changes.h"
#include "contracts/dry_run_matching.h"
#include "contracts/engine.h"
#include "contracts/query_reading.h"
#include "ledger/block_execution.h"
#include "ledger/governed.h"

namespace tally::contracts {

namespace {

using AllPlayed = std::map<OperationRef, Played>;

OperationRef ref_of(const ledger::OperationContext& context) {
  return {context.transaction_id, context.operation_index};
}

std::vector<DueEvent> decoded(const std::vector<Bytes>& events) {
  std::vector<DueEvent> out;
  for (const auto& bytes : events) {
    auto event = decode<DueEvent>(bytes);
    invariant(event.has_value(), "a due event decodes");
    out.push_back(*std::move(event));
  }
  return out;
}

// The rule engine, with a note of what each operation did.
class RealHistory final : public ledger::Executor {
 public:
  ledger::OperationResult execute(const ledger::OperationContext& context, ByteView operation,
                                  ledger::State& state) override {
    NotingState noting(state);
    Played act{engine_.execute(context, operation, noting), {}};
    if (act.ok()) act.appended = noting.take();
    auto result = act.result;
    acts_[ref_of(context)] = std::move(act);
    return result;
  }
  std::vector<Bytes> run_due(const ledger::BlockContext& block, ledger::State& state, std::size_t limit) override {
    NotingState noting(state);
    auto events = engine_.run_due(block, noting, limit);
    due_ = noting.take();
    events_ = decoded(events);
    return events;
  }
  [[nodiscard]] std::optional<TimestampMs> next_due(const ledger::State& state) const override {
    return engine_.next_due(state);
  }
  void forget_cached() override { engine_.forget_cached(); }
  [[nodiscard]] std::optional<ledger::HistoryClaim> history_of(ByteView key, ByteView value) const override {
    return engine_.history_of(key, value);
  }
  std::optional<BlockHeight> index_terms(ByteView list, ByteView record, const ledger::State& state,
                                         const std::function<void(Bytes term)>& add) const override {
    return engine_.index_terms(list, record, state, add);
  }

  [[nodiscard]] const AllPlayed& acts() const { return acts_; }
  [[nodiscard]] const std::vector<Appended>& due() const { return due_; }
  [[nodiscard]] const std::vector<DueEvent>& events() const { return events_; }
  void next_block() {
    acts_.clear();
    due_.clear();
    events_.clear();
  }

 private:
  RuleEngine engine_;
  AllPlayed acts_;  // of this block
  std::vector<Appended> due_;
  std::vector<DueEvent> events_;
};

const Claimed* claimed_in(const Operation& operation) {
  return std::visit(
      [](const auto& act) -> const Claimed* {
        if constexpr (std::is_base_of_v<Claimed, std::decay_t<decltype(act)>>) return &act;
        return nullptr;
      },
      operation);
}

// The rule engine with the proposal; each operation acts on what it was about.
class TriedHistory final : public ledger::Executor {
 public:
  TriedHistory(Trial trial, const AllPlayed& real, Matching& matching)
      : trial_(trial), engine_(std::move(trial)), real_(real), matching_(matching) {}

  ledger::OperationResult execute(const ledger::OperationContext& context, ByteView bytes,
                                  ledger::State& state) override {
    const auto operation = decode_operation(bytes);
    if (!operation) return engine_.execute(context, bytes, state);
    const OperationRef ref = ref_of(context);
    static const Played kNever{{ErrorCode::not_found, {}, "acts on what is not there", {}}, {}};
    const auto found = real_.find(ref);
    const Played& real = found == real_.end() ? kNever : found->second;
    const auto match = matching_.match(*operation, real, main_book(*operation, state));
    if (match.unknown) return real.ok() ? kNever.result : real.result;
    if (!match.operation) {
      fates_[ref] = match.fate;
      return {ErrorCode::not_found, std::string(name_of(*operation)), match.message, {}};
    }
    if (const auto* claimed = claimed_in(*operation))
      judged_again_ += claimed->rulebook == trial_.rulebook->id && claimed->event_time >= trial_.since ? 1 : 0;
    NotingState noting(state);
    Played act{engine_.execute(context, encode_operation(*match.operation), noting), {}};
    act.appended = noting.take();
    if (act.ok()) matching_.tried_did(ref, *match.operation, act);
    return act.result;
  }
  std::vector<Bytes> run_due(const ledger::BlockContext& block, ledger::State& state, std::size_t limit) override {
    NotingState noting(state);
    auto events = engine_.run_due(block, noting, limit);
    matching_.tried_due(decoded(events), noting.take());
    return events;
  }
  [[nodiscard]] std::optional<TimestampMs> next_due(const ledger::State& state) const override {
    return engine_.next_due(state);
  }
  void forget_cached() override { engine_.forget_cached(); }
  [[nodiscard]] std::optional<ledger::HistoryClaim> history_of(ByteView key, ByteView value) const override {
    return engine_.history_of(key, value);
  }
  std::optional<BlockHeight> index_terms(ByteView list, ByteView record, const ledger::State& state,
                                         const std::function<void(Bytes term)>& add) const override {
    return engine_.index_terms(list, record, state, add);
  }

  // Of this block: why what an operation acts on is not there.
  [[nodiscard]] std::optional<Fate> fate_of(const OperationRef& ref) const {
    const auto found = fates_.find(ref);
    return found == fates_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::uint64_t judged_again() const { return judged_again_; }
  void next_block() { fates_.clear(); }

 private:
  // That a Reverse without a book is about.
  [[nodiscard]] BookCode main_book(const Operation& operation, const ledger::State& state) const {
    const auto* reverse = std::get_if<Reverse>(&operation);
    if (reverse == nullptr) return {};
    const auto bytes = state.get(subject_key(reverse->subject));
    const auto record =
        bytes ? decode<SubjectRecord>(*bytes) : Result<SubjectRecord>(make_error(ErrorCode::not_found, "", ""));
    const Book* book = record ? trial_.rulebook->book(record->kind) : nullptr;
    return book == nullptr ? BookCode{} : book->code;
  }

  const Trial trial_;
  RuleEngine engine_;
  const AllPlayed& real_;
  Matching& matching_;
  std::map<OperationRef, Fate> fates_;
  std::uint64_t judged_again_ = 0;
};

// A proposal could follow the version, as for a deployment, but for its effective time.
Status check_follows(const Rulebook& proposal, const Rulebook& deployed) {
  const std::string before = "version " + std::to_string(deployed.version) + " of " + deployed.id;
  if (proposal.version <= deployed.version)
    return make_error(ErrorCode::wrong_state, "version",
                      "is " + std::to_string(proposal.version) + ", and " + before + " is deployed", "a higher one");
  if (proposal.scale != deployed.scale)
    return make_error(ErrorCode::wrong_state, "scale", "is " + std::to_string(proposal.scale),
                      std::to_string(deployed.scale) + ", as in " + before + ": scores carry on");
  for (const auto& book : deployed.books)
    if (const Book* same = proposal.book(book.code); same == nullptr || same->subject != book.subject)
      return make_error(ErrorCode::wrong_state, "books",
                        "have no book \"" + book.code + "\" for subjects of kind " +
                            boost::describe::enum_to_string(book.subject, "unknown"),
                        "every book of " + before);
  return {};
}

std::optional<SubjectHandle> subject_in(const Operation& operation, const Matching& matching) {
  return std::visit(
      [&](const auto& act) -> std::optional<SubjectHandle> {
        if constexpr (requires { act.subject; }) return act.subject;
        if constexpr (requires { act.case_number; })
          if (const auto* known = matching.real_case(act.case_number)) return known->subject;
        return std::nullopt;
      },
      operation);
}

}  // namespace

class DryRun::Run {
 public:
  Run(RulebookPtr proposal, TimestampMs since)
      : trial_{std::move(proposal), since},
        store_(storage::make_memory_store()),
        state_(*store_, kStateCacheBytes),
        replays_(state_),
        tried_(trial_, real_.acts(), matching_) {}

  RealHistory& real() { return real_; }
  Status begin(const ledger::Genesis& genesis);
  Status follow(const ledger::BlockHeader& header, const ledger::Batch* batch);
  Result<DryRunReport> finish(const storage::Reader& real);

 private:
  static constexpr std::size_t kStateCacheBytes = 32 * limits::kMiB;

  // What one transaction of the real history came to.
  [[nodiscard]] std::vector<bool> applied(const ledger::SignedTransaction& transaction, const TransactionId& id) const;
  void note_real(const ledger::Batch& batch, const std::vector<TransactionId>& ids);
  void compare(const ledger::SignedTransaction& transaction, const ledger::Receipt& receipt);
  void tell(const OperationRef& ref, const Operation& operation, DryRunOperation told);
  Status persist();
  Status check_versions();

  const Trial trial_;
  RealHistory real_;
  Matching matching_;
  std::unique_ptr<storage::Store> store_;
  ledger::WorkingState state_;
  ledger::ReplayTable replays_;
  TriedHistory tried_;
  ledger::ClockMode clock_ = ledger::ClockMode::real;
  BlockHeight height_;
  TimestampMs time_;
  std::size_t versions_ = 0;  // of the rulebook, that were seen
  std::vector<DryRunOperation> refused_;
  std::vector<DryRunOperation> accepted_;
};

Status DryRun::Run::begin(const ledger::Genesis& genesis) {
  clock_ = genesis.clock;
  time_ = genesis.time;
  ledger::write_members(state_, {genesis.validators});
  ledger::write_protocol(state_, {genesis.protocol, std::nullopt});
  ledger::write_nodes(state_, {});
  const ledger::BlockContext block{{}, genesis.time, {}, genesis.clock, genesis.protocol};
  ledger::OperationContext context{block, nullptr, {}, 0};
  for (const auto& bytes : genesis.operations) {
    const OperationRef ref = ref_of(context);
    const auto operation = decode_operation(bytes);
    if (!operation) return Error(operation.error()).within("genesis.operations");
    if (const auto real = real_.acts().find(ref); real != real_.acts().end())
      matching_.real_did(ref, *operation, real->second, {});
    state_.begin();
    const auto result = tried_.execute(context, bytes, state_);
    if (result.code == ErrorCode::ok) {
      state_.commit();
    } else {
      if (state_.rollback()) tried_.forget_cached();
      tell(ref, *operation, {{}, {}, {}, {}, {}, {}, Fate::refused, result.code, result.rule, result.message});
    }
    ++context.operation_index;
  }
  real_.next_block();
  tried_.next_block();
  if (auto versions = check_versions(); !versions) return versions;
  return persist();
}

std::vector<bool> DryRun::Run::applied(const ledger::SignedTransaction& transaction, const TransactionId& id) const {
  const std::size_t count = transaction.body.operations.size();
  std::vector<bool> out(count);
  bool all = true;
  for (std::size_t i = 0; i < count; ++i) {
    const auto act = real_.acts().find({id, static_cast<std::uint32_t>(i)});
    out[i] = act != real_.acts().end() && act->second.ok();
    all = all && out[i];
  }
  if (!all && transaction.body.mode == ledger::Mode::all_or_nothing) out.assign(count, false);
  return out;
}

void DryRun::Run::note_real(const ledger::Batch& batch, const std::vector<TransactionId>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& transaction = batch.transactions[i];
    const auto stands = applied(transaction, ids[i]);
    for (std::size_t k = 0; k < stands.size(); ++k) {
      if (!stands[k]) continue;
      const OperationRef ref{ids[i], static_cast<std::uint32_t>(k)};
      const auto operation = decode_operation(transaction.body.operations[k]);
      invariant(operation.has_value(), "an operation that was applied decodes");
      matching_.real_did(ref, *operation, real_.acts().at(ref), height_);
    }
  }
}

Status DryRun::Run::follow(const ledger::BlockHeader& header, const ledger::Batch* batch) {
  height_ = header.height;
  time_ = header.time;
  std::vector<TransactionId> ids;
  if (batch != nullptr)
    for (const auto& transaction : batch->transactions) ids.push_back(ledger::id_of(transaction.body));
  matching_.real_due(real_.events(), real_.due(), height_);
  if (batch != nullptr) note_real(*batch, ids);
  // As the ledger does before it executes a block.
  const auto plan = ledger::read_protocol(state_);
  const auto protocol = plan.at(height_);
  if (plan.next && height_ >= plan.next->from) ledger::write_protocol(state_, {plan.next->version, std::nullopt});
  const ledger::BlockContext block{height_, time_, header.epoch, clock_, protocol};
  const auto receipts = ledger::BlockExecution(tried_, state_, replays_).run(block, batch, ids);
  for (std::size_t i = 0; i < receipts.receipts.size(); ++i) compare(batch->transactions[i], receipts.receipts[i]);
  real_.next_block();
  tried_.next_block();
  if (auto versions = check_versions(); !versions) return versions;
  return persist();
}

void DryRun::Run::compare(const ledger::SignedTransaction& transaction, const ledger::Receipt& receipt) {
  if (receipt.results.empty()) return;  // not admitted, as in reality: times and transactions are the same
  const auto stands = applied(transaction, receipt.transaction);
  const bool together = transaction.body.mode == ledger::Mode::all_or_nothing;
  for (std::size_t k = 0; k < receipt.results.size(); ++k) {
    const OperationRef ref{receipt.transaction, static_cast<std::uint32_t>(k)};
    const auto& result = receipt.results[k];
    const bool ok = result.code == ErrorCode::ok;
    if (!ok && together) matching_.tried_undid(ref);
    const auto operation = decode_operation(transaction.body.operations[k]);
    if (ok == stands[k] || !operation) continue;
    DryRunOperation told;
    if (ok) {
      told.fate = Fate::accepted;
      const auto real = real_.acts().find(ref);
      const bool own = real != real_.acts().end() && !real->second.ok();
      told.code = own ? real->second.result.code : ErrorCode::batch_aborted;
      told.rule = own ? real->second.result.rule : RuleCode{};
      told.message = own ? real->second.result.message : "another operation of its transaction was refused";
    } else {
      const bool undone = result.code == ErrorCode::batch_aborted;
      told.fate = tried_.fate_of(ref).value_or(Fate::refused);
      if (undone) told.fate = Fate::undone;
      told.code = result.code;
      told.rule = result.rule;
      told.message = undone ? receipt.message : result.message;
    }
    tell(ref, *operation, std::move(told));
  }
}

void DryRun::Run::tell(const OperationRef& ref, const Operation& operation, DryRunOperation told) {
  told.height = height_;
  told.block_time = time_;
  told.transaction = ref.transaction;
  told.operation = ref.operation;
  told.type = std::string(name_of(operation));
  told.subject = subject_in(operation, matching_);
  (told.fate == Fate::accepted ? accepted_ : refused_).push_back(std::move(told));
}

Status DryRun::Run::persist() {
  storage::WriteBatch batch;
  state_.collect(batch);
  if (auto written = store_->write(batch, storage::Sync::no); !written) return written;
  state_.persisted();
  return {};
}

Status DryRun::Run::check_versions() {
  const auto bytes = state_.get(rulebook_key(trial_.rulebook->id));
  if (!bytes) return {};
  const auto record = decode<RulebookRecord>(*bytes);
  invariant(record.has_value(), "a rulebook's record in the state decodes");
  for (; versions_ < record->versions.size(); ++versions_) {
    const auto text = state_.get(rulebook_text_key(trial_.rulebook->id, record->versions[versions_].version));
    invariant(text.has_value(), "a deployed rulebook has its document in the state");
    const auto compiled = compile_rulebook(as_text(*text));
    invariant(compiled.rulebook != nullptr, "a deployed rulebook compiles");
    if (auto follows = check_follows(*trial_.rulebook, *compiled.rulebook); !follows) return follows;
  }
  return {};
}

Result<DryRunReport> DryRun::Run::finish(const storage::Reader& real) {
  const auto& id = trial_.rulebook->id;
  if (versions_ == 0)
    return make_error(ErrorCode::not_registered, "id", "is \"" + id + "\"", "a rulebook that this chain has deployed");
  const Queries queries;
  const auto now = queries.rulebook_at(real, id, time_);
  if (!now) return now.error();
  const auto would = time_ >= trial_.since ? trial_.rulebook : *now;
  auto changes = changes_between({real, *now}, {*store_, would}, time_);
  if (!changes) return changes.error();
  DryRunReport out;
  out.rulebook = id;
  out.version_now = (*now)->version;
  out.version = trial_.rulebook->version;
  out.scale = trial_.rulebook->scale;
  out.since = trial_.since;
  out.height = height_;
  out.time = time_;
  out.accounts = changes->accounts;
  out.judged_again = tried_.judged_again();
  out.changes = std::move(changes->changes);
  out.refused = std::move(refused_);
  out.accepted = std::move(accepted_);
  return out;
}

DryRun::DryRun(RulebookPtr proposal, TimestampMs since) : run_(std::make_unique<Run>(std::move(proposal), since)) {}
DryRun::~DryRun() = default;

ledger::Executor& DryRun::real() {
  return run_->real();
}
Status DryRun::begin(const ledger::Genesis& genesis) {
  return run_->begin(genesis);
}
Status DryRun::follow(const ledger::BlockHeader& header, const ledger::Batch* batch) {
  return run_->follow(header, batch);
}
Result<DryRunReport> DryRun::finish(const storage::Reader& real) {
  return run_->finish(real);
}

}  // namespace tally::contracts
