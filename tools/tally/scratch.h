// Purpose: a file or directory that goes with its owner: what never got whole, a store for a replay.
// Thread rule: belongs to one thread.
#pragma once

#include <filesystem>

namespace tally::cli {

struct Scratch {
  explicit Scratch(std::filesystem::path scratch) : path(std::move(scratch)) {}
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path path;
};

}  // namespace tally::cli
