// Changes on trial: what a draft shows, and what is left of it.
#include "contracts/draft.h"

#include <catch2/catch.hpp>
#include <random>

#include "contracts/memory_state.h"

namespace {

using namespace tally;
using namespace tally::contracts;

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string all(const ledger::State& state, std::string_view prefix) {
  std::string out;
  state.scan(as_bytes(prefix), [&](ByteView key, ByteView value) {
    out += std::string(key.begin(), key.end()) + "=" + std::string(value.begin(), value.end()) + " ";
    return true;
  });
  return out;
}

TEST_CASE("draft: a draft that is not committed changed nothing") {
  MemoryState state;
  state.put(as_bytes("a/1"), bytes("old"));
  const auto writes = state.writes();
  {
    Draft draft(state);
    draft.put(as_bytes("a/1"), bytes("new"));
    draft.put(as_bytes("a/2"), bytes("more"));
    draft.append_history(as_bytes("list"), 0, bytes("first"));
    CHECK(all(draft, "a/") == "a/1=new a/2=more ");
    CHECK(draft.history(as_bytes("list"), 0) == bytes("first"));
  }
  CHECK(state.writes() == writes);
  CHECK(all(state, "a/") == "a/1=old ");
  CHECK_FALSE(state.history(as_bytes("list"), 0).has_value());
}

TEST_CASE("draft: what is erased is gone from gets and scans and after a commit from below") {
  MemoryState state;
  state.put(as_bytes("a/1"), bytes("x"));
  state.put(as_bytes("a/2"), bytes("y"));
  state.put(as_bytes("b"), bytes("z"));
  Draft draft(state);
  draft.erase(as_bytes("a/1"));
  CHECK_FALSE(draft.get(as_bytes("a/1")).has_value());
  CHECK(all(draft, "a/") == "a/2=y ");
  draft.commit();
  CHECK(all(state, "") == "a/2=y b=z ");
}

TEST_CASE("draft: a scan may stop anywhere") {
  MemoryState state;
  for (const char* key : {"a", "c", "e"}) state.put(as_bytes(key), bytes(key));
  Draft draft(state);
  for (const char* key : {"b", "d", "f"}) draft.put(as_bytes(key), bytes(key));
  for (std::size_t stop = 1; stop <= 6; ++stop) {
    std::string seen;
    draft.scan({}, [&](ByteView key, ByteView) {
      seen += static_cast<char>(key[0]);
      return seen.size() < stop;
    });
    CHECK(seen == std::string("abcdef").substr(0, stop));
  }
}

// A draft that is committed leaves what direct writes leave, and shows the same on the way.
TEST_CASE("draft: random changes against a plain state") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    MemoryState below;
    MemoryState plain;
    const auto key = [&] {
      return std::string(1, static_cast<char>('a' + random() % 4)) + std::to_string(random() % 5);
    };
    for (int i = 0; i < 8; ++i) {
      const auto name = key();
      below.put(as_bytes(name), bytes("0"));
      plain.put(as_bytes(name), bytes("0"));
    }
    Draft draft(below);
    for (int i = 0; i < 12; ++i) {
      const auto name = key();
      if (random() % 3 == 0) {
        draft.erase(as_bytes(name));
        plain.erase(as_bytes(name));
      } else {
        draft.put(as_bytes(name), bytes(std::to_string(i)));
        plain.put(as_bytes(name), bytes(std::to_string(i)));
      }
      const auto asked = key();
      REQUIRE(draft.get(as_bytes(asked)) == plain.get(as_bytes(asked)));
      REQUIRE(all(draft, "b") == all(plain, "b"));
      REQUIRE(all(draft, "") == all(plain, ""));
    }
    draft.commit();
    REQUIRE(below.same_as(plain));
  }
}

}  // namespace
