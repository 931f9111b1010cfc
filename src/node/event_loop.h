// Purpose: one thread that runs posted events in order and, after each gathering of them, one `settle` step.
// Gathering is what makes group commit: all events that wait are handled before settle syncs once.
// Thread rule: post() from any thread; events, ticks and settle run on the loop's own thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tally::node {

class EventLoop {
 public:
  using Event = std::function<void()>;
  struct Hooks {
    std::function<void()> settle;             // after each gathering; may be empty
    std::function<void()> tick;               // every `tick_every`; may be empty
    std::chrono::milliseconds tick_every{0};  // 0: no ticks
  };

  void start(Hooks hooks);
  // Ends after the gathering that runs; events that wait are dropped. Idempotent; called by the destructor.
  void stop();
  ~EventLoop() { stop(); }

  void post(Event event);
  [[nodiscard]] std::size_t waiting() const;

 private:
  void run();

  Hooks hooks_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Event> events_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tally::node
