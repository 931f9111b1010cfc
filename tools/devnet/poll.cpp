#include "devnet/poll.h"

#include <thread>

namespace tally::devnet {

bool poll_until(Milliseconds limit, const std::function<bool()>& holds, Milliseconds every) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(every);
  }
  return true;
}

}  // namespace tally::devnet
