#include "node/worker_pool.h"

namespace tally::node {

WorkerPool::WorkerPool(unsigned threads) {
  for (unsigned i = 0; i < std::max(1U, threads); ++i) threads_.emplace_back([this] { run(); });
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    urgent_.clear();
    normal_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void WorkerPool::post(std::function<void()> job, bool urgent) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    (urgent ? urgent_ : normal_).push_back(std::move(job));
  }
  wake_.notify_one();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return urgent_.size() + normal_.size();
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !urgent_.empty() || !normal_.empty(); });
    if (stopping_) return;
    auto& queue = urgent_.empty() ? normal_ : urgent_;
    std::function<void()> job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is released outside the lock
    lock.lock();
  }
}

}  // namespace tally::node
