// Statements that are signed transactions.
#include "common/json.h"
#include "common/time.h"
#include "rulebook/operations.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

// Awards and deductions say the same.
template <class Claim>
void claim(World& world, const Match& match) {
  Claim out;
  out.rulebook = world.rulebook_id();
  out.subject = world.subject(match["SUBJECT"]).handle;
  out.rule = match["RULE"].text;
  if (match.has("N")) out.quantity = number(match["N"]);
  if (match.has("POINTS")) out.amount = world.points(match["POINTS"]);
  out.event_time = match.has("DATE") ? parse_time(match["DATE"].text).value() : world.now();
  out.reason = digest_of_reason(match);
  out.evidence = digest_of_evidence(match);
  world.act(match, std::move(out));
}

GiveConsent consent(World& world, const Match& match, contracts::UnitId unit) {
  return {world.rulebook_id(),
          world.subject(match["WHO"]).handle,
          std::move(unit),
          parse_time(match["DATE"].text).value(),
          {}};
}

const Statement kStatements[] = {
    {Phase::act, "WHO [with OFFICER] registers officer NEW in UNIT as ROLE...",
     "registrar with governor registers officer li in ludishao as recorder", "registers an officer; two persons sign",
     [](World& world, const Match& match) { world.act(match, officer_operation(world, match, match["NEW"])); }},
    {Phase::act, "WHO registers household|person|enterprise|official|object NEW in UNIT [of PERSON] [with key]",
     "registrar registers household zhao in ludishao", "registers a subject",
     [](World& world, const Match& match) { world.act(match, subject_operation(world, match, match["NEW"])); }},
    {Phase::act, "WHO opens account SUBJECT", "registrar opens account zhao", "opens the subject's account",
     [](World& world, const Match& match) {
       world.act(match, OpenAccount{world.rulebook_id(), world.subject(match["SUBJECT"]).handle});
     }},
    {Phase::act,
     "WHO [with OFFICER] awards SUBJECT RULE [quantity N] [amount POINTS] [evidence PAPER] [reason TEXT] [dated DATE] "
     "[as NAME]",
     "accountant awards wang QZ9 quantity 8 evidence lists-of-may",
     "awards points; dated: when it happened, if not now; as: a name for it, for later lines", claim<Award>},
    {Phase::act,
     "WHO [with OFFICER] deducts SUBJECT RULE [quantity N] [amount POINTS] [evidence PAPER] [reason TEXT] [dated DATE] "
     "[as NAME]",
     "accountant deducts wang QZ3 evidence contract-17 reason \"seed contract broken\" as breach",
     "proposes a deduction; with: somebody else signs too, and endorses it at once", claim<Deduct>},
    {Phase::act,
     "WHO [with OFFICER] spends SUBJECT RULE [quantity N] [amount POINTS] [evidence PAPER] [reason TEXT] [dated DATE] "
     "[as NAME]",
     "keeper with hua spends hua S amount -5 evidence slip-1",
     "uses up spendable points; with: the subject's own key, or a second person if it has none", claim<Spend>},
    {Phase::act, "WHO agrees to be scored until DATE", "sun agrees to be scored until 2027-03-01",
     "a subject agrees, with its own key",
     [](World& world, const Match& match) { world.act(match, consent(world, match, {})); }},
    {Phase::act, "WHO takes back being scored", "sun takes back being scored", "it agrees no more",
     [](World& world, const Match& match) {
       world.act(match, WithdrawConsent{world.rulebook_id(), world.subject(match["WHO"]).handle, {}});
     }},
    {Phase::act, "WHO lets UNIT ask until DATE", "sun lets bank ask until 2026-04-01",
     "a subject allows a unit (a bank) to ask its gates",
     [](World& world, const Match& match) { world.act(match, consent(world, match, world.unit(match["UNIT"]))); }},
    {Phase::act, "WHO lets UNIT ask no more", "sun lets bank ask no more", "takes that back",
     [](World& world, const Match& match) {
       world.act(match,
                 WithdrawConsent{world.rulebook_id(), world.subject(match["WHO"]).handle, world.unit(match["UNIT"])});
     }},
    {Phase::act, "WHO asks GATE about SUBJECT [reason TEXT]", "banker asks loan about sun reason \"a loan of spring\"",
     "consults a gate; the subject sees that it was asked",
     [](World& world, const Match& match) {
       world.act(match, Consult{world.rulebook_id(), world.subject(match["SUBJECT"]).handle, match["GATE"].text,
                                digest_of_reason(match)});
     }},
    {Phase::act, "WHO endorses CASE", "secretary endorses breach", "endorses what somebody else proposed",
     [](World& world, const Match& match) { world.act(match, Endorse{world.case_number(match["CASE"])}); }},
    {Phase::act, "WHO objects to CASE [reason TEXT]", "wang objects to breach reason \"the seed was late\"",
     "objects, as the subject with its own key or as an officer for it",
     [](World& world, const Match& match) {
       world.act(match, Object{world.case_number(match["CASE"]), digest_of_reason(match)});
     }},
    {Phase::act, "WHO resolves CASE DECISION [reason TEXT]", "arbiter resolves breach upheld reason \"it was late\"",
     "decides on an objection. upheld: the deduction falls; dismissed: it takes effect",
     [](World& world, const Match& match) {
       world.act(match, Resolve{world.case_number(match["CASE"]),
                                from_json<Resolution>(Json(match["DECISION"].text)).value(), digest_of_reason(match)});
     }},
    {Phase::act, "WHO [with OFFICER] reverses ENTRY [reason TEXT] [as NAME]",
     "accountant with secretary reverses spring reason \"wrong household\"",
     "takes an award or a deduction back by a new entry",
     [](World& world, const Match& match) {
       const auto entry = world.entry(match["ENTRY"]);
       const Account& account = *world.made(match["ENTRY"]).account;
       world.act(match, Reverse{account.rulebook, account.book, account.subject, entry, digest_of_reason(match)});
     }},
};

}  // namespace

std::span<const Statement> act_statements() {
  return kStatements;
}

}  // namespace tally::rulebook
