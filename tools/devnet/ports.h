// Purpose: TCP ports on 127.0.0.1 that are free now and likely to stay so. A node's peers must know its address
// before it starts, so ports cannot be left to the nodes; whoever uses these must still be ready for a clash.
// Thread rule: thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "common/error.h"

namespace tally::devnet {

// Distinct ports, taken from below the system's range for outgoing connections, so that no connection of another
// node occupies one while its node is down. Errors: io_failed.
Result<std::vector<std::uint16_t>> free_ports(std::size_t count);

}  // namespace tally::devnet
