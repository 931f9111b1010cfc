// Purpose: what waits to go to one peer: bounded in bytes, higher classes first, order kept within a class.
// When full, room for a message is made by refusing lower classes that wait already, the lowest and newest
// first; so a vote is refused only when nothing but votes waits. A frame that has begun to go out is finished
// first and is never refused.
// Thread rule: not thread-safe; its owner holds a mutex.
#pragma once

#include <array>
#include <deque>
#include <memory>

#include "common/bytes.h"
#include "p2p/transport.h"

namespace tally::p2p {

// Charged for every queued message on top of its payload, so that empty messages are bounded too.
inline constexpr std::size_t kQueuedOverheadBytes = 64;

class SendQueue {
 public:
  using Payload = std::shared_ptr<const Bytes>;

  explicit SendQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  struct Pushed {
    bool taken = false;
    std::size_t refused = 0;  // waiting messages that had to make room, or 1 for the message itself
  };
  // Requires a payload within the limit of its class.
  Pushed push(MessageClass message_class, Payload payload);

  // Appends frames to `out` until it holds `out_bytes_max` bytes or nothing is left; a larger frame goes on in
  // the next call. The number of frames that were completed.
  std::size_t gather(Bytes& out, std::size_t out_bytes_max);

  // Bytes charged: payloads and overheads of all messages not yet gathered to their end.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  void clear();

 private:
  static std::size_t charge(const Payload& payload) { return payload->size() + kQueuedOverheadBytes; }
  bool start_next(Bytes& out);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::array<std::deque<Payload>, kMessageClasses> waiting_;
  std::array<std::size_t, kMessageClasses> class_bytes_{};
  Payload current_;
  std::size_t current_sent_ = 0;
};

}  // namespace tally::p2p
