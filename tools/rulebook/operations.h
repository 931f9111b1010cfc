// Purpose: inside the scenario language: operations and values made from the words of a statement.
// Thread rule: one thread. Errors: Stopped (world.h).
#pragma once

#include "rulebook/world.h"

namespace tally::rulebook {

std::uint32_t number(const Word& word);
// As the command line digests them: a written reason, and a document by its name. Zero where nothing is named.
Digest digest_of_reason(const Match& match);
Digest digest_of_evidence(const Match& match);

// Of a file in the rulebook's folder.
contracts::AdoptConstitution constitution_operation(World& world, const Word& file);

// Each defines the name of whom it registers.
contracts::RegisterOfficer officer_operation(World& world, const Match& match, const Word& name);
contracts::RegisterSubject subject_operation(World& world, const Match& match, const Word& name);

}  // namespace tally::rulebook
