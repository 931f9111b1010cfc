#include "p2p/send_queue.h"

#include "p2p/frame.h"

namespace tally::p2p {

SendQueue::Pushed SendQueue::push(MessageClass message_class, Payload payload) {
  const auto level = static_cast<std::size_t>(message_class);
  const std::size_t needed = charge(payload);
  std::size_t lower = 0;
  for (std::size_t i = level + 1; i < kMessageClasses; ++i) lower += class_bytes_[i];
  if (bytes_ - lower + needed > bytes_max_) return {false, 1};
  Pushed out{true, 0};
  for (std::size_t i = kMessageClasses; bytes_ + needed > bytes_max_;) {
    if (waiting_[i - 1].empty()) {
      --i;
      continue;
    }
    const std::size_t freed = charge(waiting_[i - 1].back());
    waiting_[i - 1].pop_back();
    class_bytes_[i - 1] -= freed;
    bytes_ -= freed;
    ++out.refused;
  }
  bytes_ += needed;
  class_bytes_[level] += needed;
  waiting_[level].push_back(std::move(payload));
  return out;
}

bool SendQueue::start_next(Bytes& out) {
  for (std::size_t i = 0; i < kMessageClasses; ++i) {
    if (waiting_[i].empty()) continue;
    current_ = std::move(waiting_[i].front());
    waiting_[i].pop_front();
    class_bytes_[i] -= charge(current_);
    current_sent_ = 0;
    append_header(out, static_cast<Byte>(i), current_->size());
    return true;
  }
  return false;
}

std::size_t SendQueue::gather(Bytes& out, std::size_t out_bytes_max) {
  std::size_t completed = 0;
  while (out.size() < out_bytes_max) {
    if (!current_ && !start_next(out)) break;
    // A header may just have reached the mark; its payload then follows in the next call.
    const std::size_t room = out_bytes_max - std::min(out.size(), out_bytes_max);
    const std::size_t take = std::min(room, current_->size() - current_sent_);
    append(out, ByteView(*current_).subspan(current_sent_, take));
    current_sent_ += take;
    if (current_sent_ < current_->size()) break;
    bytes_ -= charge(current_);
    current_.reset();
    ++completed;
  }
  return completed;
}

void SendQueue::clear() {
  for (auto& waiting : waiting_) waiting.clear();
  class_bytes_.fill(0);
  current_.reset();
  bytes_ = 0;
}

}  // namespace tally::p2p
