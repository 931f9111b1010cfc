// Purpose: the households' rulebook with workflows and a queue of every kind, for tests of how they are read.
#pragma once

#include "contracts/rulebook.h"
#include "contracts/village.h"

namespace tally::contracts {

// The households' rulebook with these members in the place of its own workflows and queues.
std::string with_work(const std::string& parts);
std::string document();
std::string problems_of(const std::string& text);  // one a line
RulebookPtr compiled();

}  // namespace tally::contracts
