// Purpose: what must hold after every statement, whatever the rulebook says.
// Thread rule: one thread.
#pragma once

#include "rulebook/world.h"

namespace tally::rulebook {

// Of every account: the score is the sum of its entries' changes, each entry says the running score, which lies between
// floor and cap of its version's book; the digest chain over the entries is the account's; as many cases are open as it
// says; nothing that is due was left undone. Of cases of workflows: broken_work. Empty if all holds; otherwise what
// does not.
std::string broken_invariant(const World& world);

// Counts of cases by state are the cases; whichever is not over has one timer, when it goes on by itself; whichever is
// over has none and waits in no queue; queues hold exactly the cases that say so.
std::string broken_work(const World& world);

// Audits the whole chain, as it is exported, from its genesis: every signature, link and certificate, and every root by
// executing every block again on an engine of its own. Empty if it holds.
std::string broken_replay(const World& world);

}  // namespace tally::rulebook
