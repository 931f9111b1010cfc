// A transaction that comes twice counts once: replayed awards never pay again.
#include <random>

#include "contracts/history.h"

namespace {

using namespace tally;
using namespace tally::contracts;

TEST_CASE("random histories: every transaction that is sent again is refused and moves no score") {
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  History history(tiny_rulebook(), seed);
  history.done(history.award("G", "ming"), by("recorder"));
  for (int step = 0; step < 150; ++step) {
    history.act_without_deployments();
    std::map<std::pair<std::string, std::string>, AccountRecord> before;
    for (const char* name : kPeople)
      for (const char* book : kTinyBooks) before[{name, book}] = history.account(name, book);
    const auto receipt = history.repeat();
    // One whose time was over is refused for that.
    CHECK((receipt.code == ErrorCode::duplicate || receipt.code == ErrorCode::expired));
    for (const char* name : kPeople)
      for (const char* book : kTinyBooks) {
        const auto after = history.account(name, book);
        // What fell due meanwhile is the only thing that may have come between.
        if (after.entries == before[{name, book}].entries) CHECK(after == before[{name, book}]);
        for (auto entry = before[{name, book}].entries; entry < after.entries; ++entry) {
          const auto kind = history.entry(name, entry, book).kind;
          CHECK((kind != EntryKind::award && kind != EntryKind::spending && kind != EntryKind::reversal));
        }
      }
  }
}

}  // namespace
