// Purpose: threads for work that must stay off the consensus thread: client signatures, votes' signatures.
// Thread rule: post() from any thread; jobs run on the pool's threads in no fixed order.
// Bounds: the queue itself has none; what feeds it is bounded (peer credits, HTTP sessions, window).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tally::node {

class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads);
  ~WorkerPool() { stop(); }
  // Finishes the jobs that run, drops those that wait and all later ones. Idempotent.
  void stop();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // urgent jobs (votes) overtake the others (transactions).
  void post(std::function<void()> job, bool urgent = false);
  [[nodiscard]] std::size_t waiting() const;

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> urgent_;
  std::deque<std::function<void()>> normal_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tally::node
