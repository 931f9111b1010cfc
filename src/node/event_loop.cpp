#include "node/event_loop.h"

namespace tally::node {

void EventLoop::start(Hooks hooks) {
  hooks_ = std::move(hooks);
  thread_ = std::thread([this] { run(); });
}

void EventLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void EventLoop::post(Event event) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    first = events_.empty();
    events_.push_back(std::move(event));
  }
  if (first) wake_.notify_one();
}

std::size_t EventLoop::waiting() const {
  const std::lock_guard lock(mutex_);
  return events_.size();
}

void EventLoop::run() {
  using Clock = std::chrono::steady_clock;
  const bool ticking = hooks_.tick && hooks_.tick_every.count() > 0;
  auto next_tick = Clock::now() + hooks_.tick_every;
  std::vector<Event> gathered;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return stopping_ || !events_.empty(); };
      if (ticking)
        wake_.wait_until(lock, next_tick, ready);
      else
        wake_.wait(lock, ready);
      if (stopping_) return;
      gathered.swap(events_);
    }
    for (Event& event : gathered) event();
    gathered.clear();
    if (ticking && Clock::now() >= next_tick) {
      hooks_.tick();
      next_tick = Clock::now() + hooks_.tick_every;
    }
    if (hooks_.settle) hooks_.settle();
  }
}

}  // namespace tally::node
