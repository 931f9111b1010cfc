// Purpose: the second village's part of the demonstration: its year, its scores by an independent calculation, and that
// the two villages' schemes share a chain and nothing else.
// Thread rule: one thread.
// Errors: internal, naming who does not come out as calculated; those of the client.
#pragma once

#include "devnet/year_driver.h"

namespace tally::devnet {

class DemoNeighbours {
 public:
  using Say = std::function<void(const std::string&)>;

  DemoNeighbours(std::uint64_t seed, TimestampMs start) : year_(scenario::make_neighbour_year(seed, start)) {}

  [[nodiscard]] const scenario::NeighbourYear& year() const { return year_; }
  // `clock` outlives this.
  void begin(YearDriver& clock) { driver_.emplace(year_, clock); }
  Status run(const scenario::NeighbourStep& step) { return driver_->run(step); }
  [[nodiscard]] const YearCounts& counts() const { return driver_->counts(); }

  // Points of both rulebooks, and which listings were sold. `client` acts as somebody who may read them.
  Status compare(Client& client, std::uint64_t until_ms, const Say& say) const;
  // No household of `first` has an account in a rulebook of this village, and no villager one of `first`'s rulebook.
  // `client` acts as somebody who may read all of them.
  Status stay_apart(Client& client, const scenario::VillageYear& first, const Say& say) const;

  // Whose points are worth explaining: some were taken after a report.
  [[nodiscard]] std::string telling_villager() const;

 private:
  Status compare_points(Client& client, const char* rulebook, const std::vector<std::int64_t>& plain) const;
  Status compare_sale(Client& client, const Say& say) const;

  const scenario::NeighbourYear year_;
  std::optional<NeighbourDriver> driver_;
};

}  // namespace tally::devnet
