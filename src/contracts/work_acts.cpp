#include "contracts/work_acts.h"

#include <algorithm>

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/unit.h"
#include "contracts/work_flow.h"
#include "contracts/work_people.h"
#include "contracts/work_values.h"
#include "crypto/digest.h"
#include "crypto/domain.h"

namespace tally::contracts {

namespace {

template <class List>
std::string codes_of(const List& list) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "one of " : ", ") + item.code;
  return out.empty() ? "none is declared" : out;
}

std::string field_codes(const Workflow& workflow, const Act& act) {
  std::string out;
  for (const auto place : act.takes) out += (out.empty() ? "" : ", ") + workflow.fields[place].code;
  return out.empty() ? "no values" : out;
}

Status check_papers(const Act& act, const Digest& reason, const Digest& evidence, std::string_view clause) {
  if (act.evidence_required && evidence.is_zero())
    return refusal(ErrorCode::evidence_missing, clause, "evidence is missing", "the digest of the document");
  if (act.reason_required && reason.is_zero())
    return refusal(ErrorCode::reason_missing, clause, "the reason is missing", "the digest of a written reason");
  return {};
}

using Values = std::vector<std::pair<std::size_t, FieldValue>>;

// Exactly the fields that the act takes, each once.
Result<Values> read_values(const Workflow& workflow, const Act& act, const std::vector<NamedText>& given,
                           std::string_view clause) {
  Values out;
  for (const auto& [name, text] : given) {
    const auto place = workflow.field(name);
    if (!place || std::find(act.takes.begin(), act.takes.end(), *place) == act.takes.end())
      return refusal(ErrorCode::invalid_field, clause, "takes no \"" + excerpt(name, 40) + "\"",
                     field_codes(workflow, act));
    if (std::any_of(out.begin(), out.end(), [&](const auto& it) { return it.first == *place; }))
      return refusal(ErrorCode::invalid_field, clause, name + " is given twice", "each value once");
    auto value = parse_field(workflow.fields[*place], text, clause);
    if (!value) return value.error();
    out.emplace_back(*place, *std::move(value));
  }
  for (const auto place : act.takes)
    if (std::none_of(out.begin(), out.end(), [&](const auto& it) { return it.first == place; }))
      return refusal(ErrorCode::invalid_field, clause, workflow.fields[place].code + " is missing",
                     field_codes(workflow, act));
  return out;
}

Result<std::vector<std::uint64_t>> read_links(const Call& call, const Workflow& workflow, const OpenCase& operation,
                                              std::string_view clause) {
  std::vector<std::uint64_t> out(workflow.links.size(), 0);
  for (const auto& [name, number] : operation.links) {
    const auto place = workflow.link(name);
    if (!place)
      return refusal(ErrorCode::invalid_field, clause, "has no link \"" + excerpt(name, 40) + "\"",
                     codes_of(workflow.links));
    const auto other = load_work_record(call.state, number);
    const auto& wanted = workflow.links[*place].workflow;
    if (!other || other->rulebook != operation.rulebook || other->workflow != wanted)
      return refusal(ErrorCode::not_found, clause,
                     "link " + name + " names case " + std::to_string(number) + ", which is no case of " + wanted,
                     "the number of a case of " + wanted + " under " + operation.rulebook);
    out[*place] = number;
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i] == 0)
      return refusal(ErrorCode::invalid_field, clause, "link " + workflow.links[i].code + " is missing",
                     "the number of a case of " + workflow.links[i].workflow);
  return out;
}

std::string acts_in(const Workflow& workflow, std::size_t state) {
  std::string out;
  for (const auto& act : workflow.acts)
    if (!act.by_queue && std::find(act.from.begin(), act.from.end(), state) != act.from.end())
      out += (out.empty() ? "one of " : ", ") + act.code;
  return out.empty() ? "to wait: nobody can do anything in this state" : out;
}

// Whether the act can be done now, by whomever.
Status check_open_to(const Call& call, const Work& work, const Act& act, std::string_view clause) {
  const auto label = "case " + std::to_string(work.number);
  if (work.record.over)
    return refusal(ErrorCode::wrong_state, clause, label + " is over: " + work.record.state, "a case under way");
  if (call.now() >= work.record.next())
    return refusal(ErrorCode::wrong_state, clause,
                   "the term of " + label + " ended at " + format_time(work.record.next()), "an act within the term");
  if (may_be_done(work, act)) return {};
  const auto state = work.workflow->state(work.record.state);
  if (std::find(act.from.begin(), act.from.end(), *state) != act.from.end())
    return refusal(ErrorCode::limit_reached, clause, "was done " + std::to_string(*act.times) + " times in " + label,
                   "no more of it");
  return refusal(ErrorCode::wrong_state, clause, label + " is " + work.record.state, acts_in(*work.workflow, *state));
}

Status put_values(Work& work, Values values, std::string_view clause) {
  for (auto& [place, value] : values) {
    const auto& field = work.workflow->fields[place];
    if (field.list == 0) {
      work.record.fields[place] = std::move(value);
      continue;
    }
    if (work.record.counts[place] >= field.list)
      return refusal(ErrorCode::limit_reached, clause, field.code + " has " + std::to_string(field.list) + " values",
                     "no more of them");
    work.fresh.emplace_back(place, std::move(value));
  }
  return {};
}

Outcome told(std::uint64_t number, const WorkRecord& record, std::uint32_t missing,
             std::vector<Consequence> consequences) {
  OperationOutput output;
  output.case_number = number;
  if (!record.over) output.effective = record.next();
  output.work = WorkOutcome{record.state, missing, std::move(consequences)};
  return output;
}

std::vector<PersonId> waiting_signers(const Call& call, ByteView key, std::uint32_t moves) {
  const auto bytes = call.state.get(key);
  if (!bytes) return {};
  auto waiting = decode<WaitingAct>(*bytes);
  invariant(waiting.has_value(), "an act that waits decodes");
  return waiting->moves == moves ? std::move(waiting->signers) : std::vector<PersonId>{};
}

struct Signed {
  std::vector<Signer> signers;
  PersonPtr officer;  // the first, if an officer
  std::uint32_t missing = 0;
  Bytes waiting_key;  // of an act with endorsers
  WaitingAct waiting;
};

// Who does it; where others must endorse it, whoever signed before comes first.
Result<Signed> signed_by(const ActFor& of, const Work& work, const ActCase& operation) {
  Signed out;
  if (!of.act.endorsed_by) {
    const auto performer = performer_of(of);
    if (!performer) return performer.error();
    out.signers.push_back(performer->signer);
    out.officer = performer->officer;
    if (!of.act.subject_signs) return out;
    const auto further = subject_signature(of, *performer);
    if (!further) return further.error();
    out.signers.push_back(*further);
    return out;
  }
  const Digest same =
      crypto::digest(crypto::kWorkActDomain, encode(NamedText{of.act.code, {}}), encode(operation.values));
  out.waiting_key = work_waiting_key(work.number, same);
  auto gathered = gather_signatures(of, waiting_signers(of.call, out.waiting_key, work.record.moves));
  if (!gathered) return gathered.error();
  out.officer = of.call.people.by_id(of.call.state, gathered->signers.front());
  out.missing = gathered->missing;
  out.waiting = {gathered->signers, work.record.moves};
  for (const auto& person : gathered->signers) out.signers.push_back({person, std::nullopt});
  if (of.act.subject_signs && out.missing == 0) {
    const auto further = subject_signature(of, {out.signers.front(), out.officer});
    if (!further) return further.error();
    out.signers.push_back(*further);
  }
  return out;
}

}  // namespace

Outcome open_case(Call& call, const OpenCase& operation) {
  constexpr auto kClause = OpenCase::kName;
  if (auto people = check_signed(call, kClause); !people) return people.error();
  const auto rulebook = call.shelf.in_force(call.state, operation.rulebook, call.now());
  if (rulebook == nullptr)
    return refusal(ErrorCode::not_registered, kClause,
                   "rulebook \"" + excerpt(operation.rulebook, 80) + "\" is not in force", "a rulebook in force");
  if (auto alive = check_not_retired(call, operation.rulebook, call.now(), kClause); !alive) return alive.error();
  const Workflow* workflow = rulebook->workflow(operation.workflow);
  if (workflow == nullptr)
    return refusal(ErrorCode::not_found, kClause,
                   "workflow \"" + excerpt(operation.workflow, 40) + "\" is not in version " +
                       std::to_string(rulebook->version) + " of " + rulebook->id,
                   codes_of(rulebook->workflows));
  const std::string clause = workflow->code + "/" + workflow->open.code;
  const auto subject = subject_of(call, operation.subject, clause);
  if (!subject) return subject.error();
  const ActFor of{call, workflow->open, operation.subject, *subject, 0, clause};
  const auto performer = performer_of(of);
  if (!performer) return performer.error();
  std::vector<Signer> signers{performer->signer};
  if (workflow->open.subject_signs) {
    const auto further = subject_signature(of, *performer);
    if (!further) return further.error();
    signers.push_back(*further);
  }
  if (auto papers = check_papers(workflow->open, operation.reason, operation.evidence, clause); !papers)
    return papers.error();
  auto values = read_values(*workflow, workflow->open, operation.values, clause);
  if (!values) return values.error();
  auto links = read_links(call, *workflow, operation, clause);
  if (!links) return links.error();
  std::vector<Consequence> consequences;
  const Acting acting{call,    clause,           performer->signer, performer->officer, signers.size() > 1,
                      signers, operation.values, operation.reason,  operation.evidence, &consequences};
  const auto opened = open_work(acting, {rulebook, workflow, operation.subject, *std::move(values), *std::move(links)});
  if (!opened) return opened.error();
  mark_done(call, *opened, workflow->open, signers);
  return told(*opened, *load_work_record(call.state, *opened), 0, std::move(consequences));
}

Outcome act_case(Call& call, const ActCase& operation) {
  constexpr auto kClause = ActCase::kName;
  if (auto people = check_signed(call, kClause); !people) return people.error();
  auto work = find_work(call.state, call.shelf, operation.case_number);
  if (!work)
    return refusal(ErrorCode::not_found, kClause,
                   "case " + std::to_string(operation.case_number) + " is no case of a workflow",
                   "the number of one; deductions are endorsed, objected to and resolved");
  const Act* act = work->workflow->act(operation.act);
  if (act == nullptr || act->by_queue)
    return refusal(
        ErrorCode::not_found, kClause,
        "act \"" + excerpt(operation.act, 40) + "\" is not one that somebody does in " + work->workflow->code,
        acts_in(*work->workflow, *work->workflow->state(work->record.state)));
  const std::string clause = work->workflow->code + "/" + act->code;
  if (auto open_to = check_open_to(call, *work, *act, clause); !open_to) return open_to.error();
  if (auto papers = check_papers(*act, operation.reason, operation.evidence, clause); !papers) return papers.error();
  auto values = read_values(*work->workflow, *act, operation.values, clause);
  if (!values) return values.error();
  const ActFor of{call, *act, work->record.subject, work->subject, work->number, clause};
  const auto by = signed_by(of, *work, operation);
  if (!by) return by.error();
  work->fresh_by = by->signers.front();
  if (auto put = put_values(*work, *std::move(values), clause); !put) return put.error();
  std::vector<Consequence> consequences;
  const Acting acting{call,        clause,           by->signers.front(), by->officer,        by->signers.size() > 1,
                      by->signers, operation.values, operation.reason,    operation.evidence, &consequences};
  if (by->missing > 0) {
    // Whoever signs first learns at once what would be refused in the end.
    if (auto checked = check_act(acting, *work, *act); !checked) return checked.error();
    call.state.put(by->waiting_key, encode(by->waiting));
    return told(work->number, *load_work_record(call.state, work->number), by->missing, {});
  }
  if (auto done = perform(acting, *work, *act); !done) return done.error();
  if (act->endorsed_by) call.state.erase(by->waiting_key);
  mark_done(call, work->number, *act, by->signers);
  return told(work->number, work->record, 0, std::move(consequences));
}

}  // namespace tally::contracts
