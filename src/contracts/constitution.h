// Purpose: the chain's constitution: who may propose rulebooks and parameters of the engine, who must approve, and for
// how long people may comment. It stands in the genesis and stays as it is.
// Thread rule: pure functions.
// Errors: check_constitution names the field at fault by its path.
// Source: docs/decisions/0017-rules-come-into-force-by-approval.md.
#pragma once

#include "contracts/rulebook.h"
#include "ledger/state.h"
#include "storage/store.h"

namespace tally::contracts {

inline constexpr std::string_view kConstitutionKey = "sys/constitution";
inline constexpr std::uint32_t kOpenDaysMax = 730;

// Of a chain whose genesis has none: a governor, or a village's recorder, proposes; after a week a governor's approval
// adopts, and a bank officer's too where a bank's rules are concerned. Parameters need two governors.
const Constitution& default_constitution();
Status check_constitution(const Constitution& constitution);
Constitution read_constitution(const ledger::State& state);
// The chain's own; nullopt: its genesis has none, and the default holds.
Result<std::optional<Constitution>> read_constitution(const storage::Reader& reader);

// Whether a rulebook says what a bank does or may ask: a gate that bank officers ask or that grants an amount, or a
// rule that they propose or endorse.
bool concerns_banks(const Rulebook& rulebook);
// What a version of a rulebook needs: the constitution's terms, its own, and those of the version before it
// (null: there is none) that it leaves out, so that no version can drop what protects it.
std::vector<ApprovalTerm> terms_for(const Constitution& constitution, const Rulebook& next, const Rulebook* last);

// "governor of a town", "2 governors of towns"; "nobody" for an empty list.
std::string in_words(const Post& post);
std::string in_words(const std::vector<Post>& posts);
std::string in_words(const ApprovalTerm& term);

}  // namespace tally::contracts
