// Purpose: Ctrl-C, a closed terminal or a closed pipe as a question that long work asks itself, so that it can end its
// nodes and remove its files.
// Thread rule: made on the main thread before any other thread is started; requested() from any thread.
#pragma once

#include <csignal>

namespace tally::devnet {

// While it lives, SIGINT, SIGTERM, SIGHUP and SIGPIPE only wait. When it goes, one that waits takes effect as usual.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  [[nodiscard]] bool requested() const;

 private:
  sigset_t before_{};
};

}  // namespace tally::devnet
