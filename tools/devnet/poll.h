// Purpose: waiting until something outside this process holds, with a deadline: nodes that start, stop, catch up.
// Thread rule: blocks the calling thread.
#pragma once

#include <chrono>
#include <functional>

namespace tally::devnet {

using Milliseconds = std::chrono::milliseconds;

// Asks again and again until `holds` answers true (true) or `limit` has passed (false). Asks at least once.
bool poll_until(Milliseconds limit, const std::function<bool()>& holds, Milliseconds every = Milliseconds(20));

}  // namespace tally::devnet
