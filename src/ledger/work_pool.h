// Purpose: a few threads that work off a queue, for checks that depend on nothing but their input.
// Thread rule: submit from any thread, tasks included. The destructor drops what was not started and waits for
// what was.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tally::ledger {

class WorkPool {
 public:
  // 0 threads: as many as the machine has cores.
  explicit WorkPool(std::size_t threads);
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // Tasks start in the order in which they came. They must not throw.
  void submit(std::function<void()> task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tally::ledger
