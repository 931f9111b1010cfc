// Purpose: builds the keys of the state: see records.h for their form.
// Thread rule: one thread.
#pragma once

#include <string_view>

#include "common/bytes.h"

namespace tally::contracts {

// Builds "name\0part\0fixed": the one layout of all keys.
class StateKey {
 public:
  explicit StateKey(std::string_view name) {
    bytes_.reserve(name.size() + 64);
    text(name);
  }
  StateKey& text(std::string_view part) {
    append(bytes_, as_bytes(part));
    bytes_.push_back(0);
    return *this;
  }
  StateKey& open_text(std::string_view part) {
    append(bytes_, as_bytes(part));
    return *this;
  }
  StateKey& fixed(ByteView part) {
    append(bytes_, part);
    return *this;
  }
  StateKey& number(std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes_.push_back(static_cast<Byte>(value >> shift));
    return *this;
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace tally::contracts
