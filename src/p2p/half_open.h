// Purpose: bounds the inbound connections that have not yet shown who they are: in all, and per address.
// A full table lets a newcomer in only by dropping the oldest connection that had ample time to finish, so
// that silent connections cannot keep honest ones out, nor a flood cut off handshakes under way.
// Thread rule: a plain object of one thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tally::p2p {

class HalfOpenTable {
 public:
  using Clock = std::chrono::steady_clock;
  // A handshake takes a few milliseconds and two round trips; after this it may be dropped for another.
  static constexpr std::chrono::milliseconds kGrace{1000};

  HalfOpenTable(std::size_t all_max, std::size_t per_address_max)
      : all_max_(all_max), per_address_max_(per_address_max) {}

  struct Decision {
    bool admitted = false;
    std::optional<std::uint64_t> dropped;  // the connection that has to make room
  };
  Decision admit(std::uint64_t id, const std::string& address, Clock::time_point now);
  // The connection is closed or authenticated; unknown ids are fine.
  void remove(std::uint64_t id);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t id;
    std::string address;
    Clock::time_point since;
  };
  std::size_t all_max_;
  std::size_t per_address_max_;
  std::vector<Entry> entries_;  // oldest first
};

}  // namespace tally::p2p
