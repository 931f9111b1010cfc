// Purpose: the state of a replay on disk, so that memory stays bounded however long the chain is. It stands in a
// directory of its own and goes with this object. Thread rule: one thread makes and drops it; the store is as
// storage/store.h says. Errors: io_failed, storage_failed; the field is --work-dir.
#pragma once

#include <filesystem>

#include "storage/store.h"
#include "tally/failure.h"

namespace tally::cli {

class ReplayStore {
 public:
  // In `directory`, which is made if need be; empty: in the system's directory for temporary files.
  static Outcome<ReplayStore> open(const std::string& directory);
  ReplayStore(ReplayStore&& other) noexcept = default;
  ReplayStore& operator=(ReplayStore&&) = delete;
  ReplayStore(const ReplayStore&) = delete;
  ReplayStore& operator=(const ReplayStore&) = delete;
  ~ReplayStore();

  [[nodiscard]] storage::Store& store() { return *store_; }

 private:
  ReplayStore(std::filesystem::path place, std::unique_ptr<storage::Store> store)
      : place_(std::move(place)), store_(std::move(store)) {}

  std::filesystem::path place_;
  std::unique_ptr<storage::Store> store_;
};

}  // namespace tally::cli
