// Purpose: how code that computes over stored state reports that the store failed beneath it. Execution must
// not turn a broken disk into a transaction's outcome, so it throws this and the node stops.
// Thread rule: plain values.
#pragma once

#include <stdexcept>
#include <utility>

#include "common/error.h"

namespace tally::storage {

struct StorageFailure : std::runtime_error {
  explicit StorageFailure(Error cause) : std::runtime_error(cause.text()), error(std::move(cause)) {}
  Error error;
};

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw StorageFailure(result.error());
  return std::move(result).value();
}
inline void value_or_throw(const Status& status) {
  if (!status) throw StorageFailure(status.error());
}

}  // namespace tally::storage
