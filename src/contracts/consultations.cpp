#include "contracts/consultations.h"

#include "common/invariant.h"
#include "contracts/accounts.h"
#include "contracts/consents.h"
#include "contracts/gates.h"
#include "contracts/unit.h"

namespace tally::contracts {

namespace {

constexpr auto kClause = Consult::kName;

struct GateAt {
  const Book* book = nullptr;
  const Gate* gate = nullptr;
};

Result<GateAt> gate_of(const Rulebook& rulebook, SubjectKind kind, std::string_view code) {
  std::string names;
  for (const auto& book : rulebook.books) {
    if (book.subject != kind) continue;
    for (const auto& gate : book.gates) {
      if (gate.code == code) return GateAt{&book, &gate};
      names += (names.empty() ? "" : ", ") + gate.code;
    }
  }
  return refusal(ErrorCode::rule_unknown, kClause, "gate \"" + excerpt(code, 80) + "\" is not in " + rulebook.id,
                 names.empty() ? "a rulebook with gates for this kind of subject" : "one of " + names);
}

// Officers of the subject's own units may ask; others need a role that the gate names, and the subject's consent.
Status check_may_ask(const Call& call, const Consult& operation, const Gate& gate, const Person& officer,
                     const SubjectRecord& subject) {
  if (in_unit(subject.unit, officer.post.unit)) return {};
  if (gate.asked_by.empty())
    return refusal(ErrorCode::outside_unit, kClause,
                   "gate " + gate.code + " is asked by officers of the subject's own unit only",
                   "an officer of " + subject.unit + " or above");
  if (auto role = check_role(officer, gate.asked_by, kClause); !role) return role;
  if (has_consent(call.state, operation.rulebook, operation.subject, officer.post.unit, call.now())) return {};
  return refusal(ErrorCode::consent_missing, kClause,
                 "the subject has not agreed that " + officer.post.unit + " asks, or its consent has ended",
                 "give_consent first");
}

void record(Call& call, const Consult& operation, const Consultation& consultation) {
  const Bytes key = consulted_key(operation.rulebook, operation.subject);
  ConsultedRecord consulted;
  if (const auto bytes = call.state.get(key)) {
    const auto before = decode<ConsultedRecord>(*bytes);
    invariant(before.has_value(), "a record of consultations decodes");
    consulted = *before;
  }
  Bytes bytes = encode(consultation);
  consulted.history = chain_digest(consulted.history, bytes);
  call.state.append_history(key, consulted.count++, std::move(bytes));
  call.state.put(key, encode(consulted));
}

}  // namespace

Bytes consulted_key(const RulebookId& rulebook, const SubjectHandle& subject) {
  return unit_index_key("consulted", rulebook, subject.view());
}

Outcome consult(Call& call, const Consult& operation) {
  const auto officer = author_of(call, kClause);
  if (!officer) return officer.error();
  const auto subject = subject_of(call, operation.subject, kClause);
  if (!subject) return subject.error();
  const auto rulebook = call.shelf.in_force(call.state, operation.rulebook, call.now());
  if (rulebook == nullptr)
    return refusal(ErrorCode::not_registered, kClause,
                   "rulebook \"" + excerpt(operation.rulebook, 80) + "\" is not in force", "a rulebook in force");
  if (auto alive = check_not_retired(call, operation.rulebook, call.now(), kClause); !alive) return alive.error();
  const auto at = gate_of(*rulebook, subject->kind, operation.gate);
  if (!at) return at.error();
  if (auto may = check_may_ask(call, operation, *at->gate, **officer, *subject); !may) return may.error();
  const auto account = account_of(call, {operation.rulebook, at->book->code, operation.subject}, kClause);
  if (!account) return account.error();
  SituationOf of{call.state, *rulebook, operation.subject, *subject, call.now(), {}};
  auto decision = decide(*at->gate, of, account->score, call.budget);
  if (!decision) return decision.error();
  OperationOutput output;
  output.gate = GateAnswer{at->gate->code, decision->passes, decision->passes, decision->reasons.front().en, {}};
  if (decision->passes && at->gate->grants) {
    Situation situation(of, call.budget);
    const auto value = situation.points(at->gate->grants, at->gate->code);
    if (!value) return value.error();
    output.gate->value = *value;
  }
  if (account->pending.value != 0) {
    of.pending = account->pending;
    const Amount then = checked_add(account->score, account->pending).value_or(account->score);
    const auto after = decide(*at->gate, of, then, call.budget);
    if (!after) return after.error();
    output.gate->passes_after_pending = after->passes;
  }
  record(call, operation,
         {at->gate->code, rulebook->version, (*officer)->id, (*officer)->post.unit, call.now(),
          call.context.transaction_id, operation.purpose, decision->passes, output.gate->passes_after_pending});
  return output;
}

}  // namespace tally::contracts
