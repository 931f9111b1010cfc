// How much a primary puts into a batch: all of its backups get a copy over one line.
#include <catch2/catch.hpp>

#include "common/limits.h"
#include "node/ordering.h"

namespace tally::node {

TEST_CASE("batches are full with few members, and share the primary's line among many") {
  for (const std::size_t few : {1, 2, 4, 7, 13, 17})
    CHECK(batch_bytes_for(few) == limits::kBatchBytesMax - limits::kKiB);
  for (const std::size_t many : {18, 31, 64, 100, 128}) {
    INFO(many);
    CHECK(batch_bytes_for(many) < limits::kBatchBytesMax - limits::kKiB);
    CHECK(batch_bytes_for(many) * (many - 1) <= limits::kBatchUplinkBytes);
    CHECK(batch_bytes_for(many + 1) < batch_bytes_for(many));
  }
}

}  // namespace tally::node
