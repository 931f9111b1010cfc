// Entries by officer, rule, unit, account and time: against a walk over every entry there is.
#include "contracts/entry_queries.h"

#include <set>

#include "contracts/query_reading.h"
#include "contracts/village.h"
#include "ledger/block_records.h"
#include "ledger/history_index.h"

namespace {

using namespace tally;
using namespace tally::contracts;

struct Told {
  AccountId account;
  std::uint64_t index = 0;
  bool operator==(const Told&) const = default;
};

// A village with a year of entries of two officers, in a store with headers and the index.
struct Year {
  Village village;
  std::unique_ptr<storage::Store> store;
  std::vector<std::pair<Told, Entry>> all;
  Queries queries;
  ledger::BlockHeader head;

  Year() {
    village.add_officer("town-recorder", kTown, {Role::recorder});
    village.add_officer("town-endorser", kTown, {Role::endorser});
    for (int month = 0; month < 4; ++month) {
      for (const char* who : {"chen", "li", "wu"}) {
        if (who != std::string("wu")) village.done(village.award("QZ7", household(who)), by("town-recorder"));
        if (month % 2 == 0) village.done(village.deduct("QZ5", household(who)), by("town-recorder", "town-endorser"));
      }
      village.after_days(30);
    }
    store = village.state().to_store();
    RuleEngine engine;
    REQUIRE(ledger::rebuild_history_index(*store, engine, ReaderState(*store)).has_value());
    for (const char* who : {"chen", "li", "wu"}) {
      std::uint64_t index = 0;
      for (const auto& entry : village.entries(household(who)))
        all.push_back({{{"qingzhen", "credit", household(who)}, index++}, entry});
    }
    put_headers();
  }
  // One for each height, at the time that its entries tell.
  void put_headers() {
    std::map<std::uint64_t, TimestampMs> times;
    for (const auto& [told, entry] : all) times[entry.height.value] = entry.block_time;
    storage::WriteBatch batch;
    TimestampMs time{1};
    for (std::uint64_t height = 0; height <= village.block().height.value; ++height) {
      if (times.contains(height)) time = times[height];
      head.height = BlockHeight{height};
      head.time = time;
      put_block(batch, head, {}, {});
    }
    REQUIRE(store->write(batch, storage::Sync::no).has_value());
  }
  template <class Wanted>
  std::vector<Told> expected(Wanted&& wanted) const {
    std::vector<std::pair<Told, Entry>> found;
    std::copy_if(all.begin(), all.end(), std::back_inserter(found), wanted);
    std::vector<Told> out;
    for (const auto& [told, entry] : found) out.push_back(told);
    return out;
  }
  // In any order, each once.
  static void same(std::vector<Told> left, std::vector<Told> right) {
    const auto less = [](const Told& a, const Told& b) {
      return std::tie(a.account, a.index) < std::tie(b.account, b.index);
    };
    std::sort(left.begin(), left.end(), less);
    std::sort(right.begin(), right.end(), less);
    CHECK(left == right);
  }
  std::vector<Told> find(const EntriesAsked& asked, std::size_t rows) const {
    std::vector<Told> out;
    std::optional<std::string> cursor;
    std::optional<TimestampMs> newest;
    do {
      const auto page = find_entries(queries, *store, asked, head, cursor, rows);
      REQUIRE(page.has_value());
      for (const auto& row : page->rows) {
        CHECK((!newest || row.entry.block_time <= *newest));
        newest = row.entry.block_time;
        out.push_back({row.account, row.index});
      }
      cursor = page->next;
    } while (cursor);
    return out;
  }
};

EntriesAsked of_officer(std::string_view name) {
  EntriesAsked asked;
  asked.officer = person_of(name);
  return asked;
}

}  // namespace

TEST_CASE("entries are found by officer, rule and unit, page by page, as a walk over all of them finds them") {
  const Year year;
  const auto rule = [](const RuleCode& code) {
    EntriesAsked asked;
    asked.rulebook = "qingzhen";
    asked.rule = code;
    return asked;
  };
  const auto unit = [](const UnitId& in) {
    EntriesAsked asked;
    asked.unit = in;
    return asked;
  };
  for (const std::size_t rows : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
    for (const char* name : {"town-recorder", "town-endorser"})
      Year::same(year.find(of_officer(name), rows), year.expected([&](const auto& one) {
        return one.second.proposer == person_of(name) || one.second.endorser == person_of(name);
      }));
    for (const char* code : {"QZ7", "QZ5"})
      Year::same(year.find(rule(code), rows), year.expected([&](const auto& one) { return one.second.rule == code; }));
    Year::same(year.find(unit(kCounty), rows), year.expected([](const auto&) { return true; }));
    Year::same(year.find(unit(kShizui), rows),
               year.expected([](const auto& one) { return one.first.account.subject == household("wu"); }));
    CHECK(year.find(unit("yingshan/qing"), rows).empty());
    auto both = of_officer("town-endorser");
    both.unit = kShizui;
    Year::same(year.find(both, rows), year.expected([](const auto& one) {
      return one.first.account.subject == household("wu") && one.second.endorser == person_of("town-endorser");
    }));
  }
}

TEST_CASE("times bound entries by block time: from `since` on and before `until`") {
  const Year year;
  std::set<TimestampMs> times;
  for (const auto& [told, entry] : year.all) times.insert(entry.block_time);
  REQUIRE(times.size() > 4);
  for (const TimestampMs since : times) {
    for (const TimestampMs until : times) {
      if (since >= until) continue;
      const auto within = [&](const auto& one) {
        return one.second.block_time >= since && one.second.block_time < until;
      };
      EntriesAsked asked;
      asked.unit = kCounty;
      asked.since = since;
      asked.until = until;
      Year::same(year.find(asked, 2), year.expected(within));
      EntriesAsked one;
      one.rulebook = "qingzhen";
      one.subject = household("li");
      one.since = since;
      one.until = until;
      Year::same(year.find(one, 2), year.expected([&](const auto& found) {
        return within(found) && found.first.account.subject == household("li");
      }));
    }
  }
}

TEST_CASE("what cannot be asked is refused by field") {
  const Year year;
  const auto refused = [&](const EntriesAsked& asked, std::optional<std::string> cursor = {}) {
    const auto page = find_entries(year.queries, *year.store, asked, year.head, cursor, 10);
    REQUIRE_FALSE(page.has_value());
    return page.error().text();
  };
  CHECK(refused({}) == "officer: is missing, as are rule, unit and subject; expected one of them at least");
  EntriesAsked asked;
  asked.rule = "QZ7";
  CHECK(refused(asked) == "rulebook: is missing; expected a rulebook and a rule of it");
  asked = {};
  asked.subject = household("li");
  CHECK(refused(asked) == "rulebook: is missing beside the subject; expected the account's rulebook");
  asked.rulebook = "qingzhen";
  asked.officer = person_of("town-recorder");
  CHECK(refused(asked).starts_with("subject: stands beside an officer"));
  asked = of_officer("town-recorder");
  CHECK(refused(asked, "zz").starts_with("cursor: is not a cursor"));
  asked.since = asked.until = TimestampMs{5};
  CHECK(refused(asked) == "until: is not after `since`; expected a later time");
}
