#include "devnet/interruption.h"

namespace tally::devnet {

namespace {

// SIGPIPE among them: whoever reads our output may go away, and that must not leave nodes behind either.
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

}  // namespace

Interruption::Interruption() {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int signal : kSignals) sigaddset(&ours, signal);
  pthread_sigmask(SIG_BLOCK, &ours, &before_);
}

Interruption::~Interruption() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interruption::requested() const {
  sigset_t waiting;
  sigemptyset(&waiting);
  sigpending(&waiting);
  return std::any_of(std::begin(kSignals), std::end(kSignals),
                     [&waiting](int signal) { return sigismember(&waiting, signal) == 1; });
}

}  // namespace tally::devnet
