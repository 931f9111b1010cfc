#include "ledger/hash_buckets.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "printers.h"
#include "support/temp_directory.h"

namespace tally::ledger {

namespace {
constexpr unsigned kSeed = 20261130;
}

TEST_CASE("Buckets give back every record in the order of its hash, in memory or through files") {
  INFO("seed " << kSeed);
  for (const std::size_t memory : {std::size_t{100}, std::size_t{5000}, std::size_t{1} << 24}) {
    std::mt19937_64 random(kSeed);
    const test::TempDirectory directory(test::Medium::memory);
    std::map<Digest, Bytes> wanted;
    {
      HashBuckets buckets(directory.path(), memory);
      for (int i = 0; i < 3000; ++i) {
        Digest hash;
        for (auto& byte : hash.bytes) byte = static_cast<Byte>(random());
        Bytes record(random() % 30);
        for (auto& byte : record) byte = static_cast<Byte>(random());
        REQUIRE(buckets.add(hash, record));
        wanted[hash] = record;
      }
      CHECK(std::filesystem::is_empty(directory.path()) == (memory == std::size_t{1} << 24));
      auto next = wanted.begin();
      for (std::size_t first = 0; first < HashBuckets::kBuckets; first += 4) {
        const auto sorted = buckets.take(first, 4);
        REQUIRE(sorted);
        for (const auto& record : sorted->records) {
          REQUIRE(next != wanted.end());
          CHECK(record.hash == next->first);
          CHECK(Bytes(record.bytes.begin(), record.bytes.end()) == next->second);
          ++next;
        }
        if (first == 400) break;  // the rest stays behind in files
      }
      CHECK(next != wanted.end());
    }
    CHECK(std::filesystem::is_empty(directory.path()));
  }
}

}  // namespace tally::ledger
