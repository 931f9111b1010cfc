// Purpose: assertion tiers. `invariant` stops the process in every build: it guards our own logic
// before a wrong vote or a wrong root can leave. `debug_invariant` is compiled out of release.
// Never call either on anything that a user, file or peer can influence: that is an Error.
#pragma once

#include <source_location>
#include <string_view>

namespace tally {

[[noreturn]] void invariant_failed(std::string_view what, std::source_location where);

inline void invariant(bool holds, std::string_view what, std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    invariant_failed(what, where);
}

inline void debug_invariant([[maybe_unused]] bool holds, [[maybe_unused]] std::string_view what,
                            [[maybe_unused]] std::source_location where = std::source_location::current()) {
#ifndef NDEBUG
  invariant(holds, what, where);
#endif
}

}  // namespace tally
