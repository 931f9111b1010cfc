#include "devnet/demo_neighbours.h"

#include <fmt/format.h>

#include "support/plain_yingshanhong.h"

namespace tally::devnet {

namespace {

constexpr unsigned kScale = 2;

// Asks for the account of somebody who is known to the chain, and must be told that there is none: not_registered where
// the rulebook keeps no book for that kind of subject.
Status check_no_account(Client& client, const std::string& rulebook, const SubjectHandle& subject) {
  const auto account = client.get("/v1/accounts/" + rulebook + "/" + subject.hex());
  const auto code = account ? ErrorCode::ok : account.error().code;
  if (code == ErrorCode::not_found || code == ErrorCode::not_registered) return {};
  if (!account) return account.error();
  return make_error(ErrorCode::internal, "subject " + subject.hex(), "has an account under " + rulebook,
                    "none, as it lives in the other village");
}

}  // namespace

Status DemoNeighbours::compare_points(Client& client, const char* rulebook,
                                      const std::vector<std::int64_t>& plain) const {
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const std::string handle = year_.villagers[i].handle.hex();
    const auto account = client.get("/v1/accounts/" + std::string(rulebook) + "/" + handle);
    if (!account) return account.error();
    const auto score = member<Amount>(*account, "score");
    if (!score) return score.error();
    if (score->value != plain[i])
      return make_error(ErrorCode::internal, "villager " + handle,
                        fmt::format("has {} points of {} on the ledger", format_amount(*score, kScale), rulebook),
                        format_amount(Amount{plain[i]}, kScale) + " by the independent calculation");
  }
  return {};
}

Status DemoNeighbours::compare_sale(Client& client, const Say& say) const {
  const auto sold = plain::sold(year_.events, year_.villagers.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < sold.size(); ++i) {
    const auto number = driver_->numbers().on_chain(year_.listing_cases[i]);
    const auto listing = client.get("/v1/cases/" + std::to_string(number));
    if (!listing) return listing.error();
    const auto state = member<std::string>(listing->value("work", Json::object()), "state");
    if (!state) return state.error();
    count += sold[i] ? 1 : 0;
    if ((*state == "sold") != sold[i])
      return make_error(ErrorCode::internal, "listing " + std::to_string(number), "is " + *state,
                        sold[i] ? "sold, by points" : "not sold, by points");
  }
  say(fmt::format("sale of {} kg: {} of {} listings sold, as points and the order of listing have it",
                  year_.events.sale_kg, count, sold.size()));
  return {};
}

Status DemoNeighbours::compare(Client& client, std::uint64_t until_ms, const Say& say) const {
  const auto& events = year_.events;
  const std::size_t villagers = year_.villagers.size();
  if (auto same = compare_points(client, scenario::kDuty, plain::duty_scores(events, villagers, until_ms)); !same)
    return same;
  say(fmt::format("duty:  {0} of {0} scores agree, calculated from {1} duties, {2} spendings, {3} reports", villagers,
                  events.duties.size(), events.spendings.size(), events.reports.size()));
  if (auto same = compare_points(client, scenario::kPlots, plain::plots_scores(events, villagers, until_ms)); !same)
    return same;
  std::size_t ratings = 0;
  for (const auto& round : events.rounds) ratings += round.raters.size();
  say(
      fmt::format("plots: {0} of {0} scores agree, calculated from {1} ratings in {2} weekly rounds, {3} deductions "
                  "and {4} welfare activity",
                  villagers, ratings, events.rounds.size(), events.weak.size(), events.welfare.size()));
  return compare_sale(client, say);
}

Status DemoNeighbours::stay_apart(Client& client, const scenario::VillageYear& first, const Say& say) const {
  for (const auto& household : first.households)
    for (const char* rulebook : {scenario::kPlots, scenario::kDuty})
      if (auto none = check_no_account(client, rulebook, household.handle); !none) return none;
  for (const auto& villager : year_.villagers)
    if (auto none = check_no_account(client, "qingzhen", villager.handle); !none) return none;
  say(
      fmt::format("no household of Ludishao has an account under {} or {}, and nobody of Dujuan one under qingzhen: no "
                  "entry of one scheme can be about a subject of the other",
                  scenario::kPlots, scenario::kDuty));
  return {};
}

std::string DemoNeighbours::telling_villager() const {
  for (const auto& taken : year_.events.reports)
    if (!taken.upheld) return year_.villagers[taken.villager].handle.hex();
  return year_.villagers.front().handle.hex();
}

}  // namespace tally::devnet
