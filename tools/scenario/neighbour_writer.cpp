#include "scenario/neighbour_writer.h"

#include <algorithm>
#include <numeric>

#include "common/time.h"
#include "scenario/case_numbers.h"
#include "scenario/random.h"
#include "scenario/year_writer.h"

namespace tally::scenario {

namespace {

using contracts::NamedCase;
using contracts::NamedText;
using contracts::Operation;

constexpr std::uint64_t kHour = 3600ULL * 1000;
// Work is counted in half hours that are over, and a block's time is a little after the clock's.
constexpr std::uint64_t kLateMs = 5ULL * 60 * 1000;
constexpr std::size_t kSignedTogether = 7;  // villagers beside the clerk, so that a transaction has eight signers
constexpr std::size_t kSleeper = 1;         // whose duty is reported in May, with effect
constexpr std::size_t kAccused = 2;         // whose duty is reported in September, without
constexpr std::size_t kEager = 3;           // who rates eleven plots on one day
constexpr std::size_t kNeglected = 4;       // the plot that neighbours find weak
constexpr std::size_t kSellers = 5;
constexpr std::int64_t kLeastOfDuty = 4;  // points of four hours with every factor at its least

class Writer {
 public:
  explicit Writer(NeighbourYear& year) : year_(year), random_(year.seed ^ 0xd0f1a2), spendable_(kVillagers) {}
  void write();

 private:
  struct Duty {
    std::uint64_t number = 0;
    std::size_t event = 0;  // in events.duties
    std::uint64_t hours = 0;
  };

  [[nodiscard]] TimestampMs day(unsigned month, unsigned day, std::uint64_t hour) const {
    return add_months(year_.start, month - 1).plus((day - 1) * kDayMs + hour * kHour);
  }
  NeighbourStep& step(TimestampMs at, std::string title) {
    year_.steps.push_back({at, std::move(title), {}});
    return year_.steps.back();
  }
  [[nodiscard]] TimestampMs now() const { return year_.steps.back().at; }
  NeighbourDraft& draft(Signer author, std::vector<Operation> operations, std::vector<std::size_t> villagers = {}) {
    NeighbourDraft out;
    out.title = "Dujuan: " + year_.steps.back().title;
    out.author = author;
    out.villagers = std::move(villagers);
    out.client_id = client_id_for(year_.seed, "dujuan " + std::to_string(++drafts_));
    out.operations = std::move(operations);
    year_.steps.back().drafts.push_back(std::move(out));
    return year_.steps.back().drafts.back();
  }
  // A case that the current step opens.
  std::uint64_t opens() {
    openings_.push_back(now());
    return openings_.size();
  }
  [[nodiscard]] std::uint64_t last() const { return openings_.size(); }
  Digest paper() { return digest_for(year_.seed, "dujuan paper " + std::to_string(++papers_)); }
  Operation open(const char* rulebook, const char* workflow, const SubjectHandle& subject,
                 std::vector<NamedText> values = {}, std::vector<NamedCase> links = {}) {
    opens();
    return contracts::OpenCase{rulebook, workflow, subject, std::move(values), std::move(links), paper(), paper()};
  }
  Operation act(std::uint64_t number, const char* name, std::vector<NamedText> values = {}) {
    return contracts::ActCase{number, name, std::move(values), paper(), paper()};
  }
  static Signer by(Office office) { return {office, 0}; }
  static Signer by(std::size_t villager) { return {std::nullopt, villager}; }
  // So many villagers, beginning anywhere.
  std::vector<std::size_t> some(std::size_t count) {
    std::vector<std::size_t> out;
    const std::size_t first = random_.below(kVillagers);
    for (std::size_t i = 0; i < count; ++i) out.push_back((first + i) % kVillagers);
    return out;
  }

  void registration();
  void claims();
  void duties(unsigned month);
  void work_duties(unsigned month);
  void judge_duties(unsigned month);
  void deadlines_of_duties(unsigned month);
  void report(unsigned month, std::size_t villager, bool upheld);
  void shop(unsigned month);
  void ratings(unsigned month);
  std::vector<PlainRound> open_rounds(unsigned month, std::vector<std::uint64_t>& numbers);
  void weak_plot(unsigned month, std::uint64_t round, bool upheld);
  void welfare();
  void sale();
  void put_in_order();

  NeighbourYear& year_;
  Random random_;
  std::uint64_t drafts_ = 0;
  std::uint64_t papers_ = 0;
  std::vector<TimestampMs> openings_;    // by case, in the order of writing
  std::vector<std::int64_t> spendable_;  // at least so many points are there
  std::vector<std::uint64_t> volunteers_;
  std::vector<std::uint64_t> heads_;
  std::vector<std::uint64_t> plots_;
  std::uint64_t land_ = 0;
  std::vector<Duty> month_duties_;
};

void Writer::registration() {
  step(day(1, 2, 1), "registration");
  auto& sheet = draft(by(Office::registrar), {});
  const auto add = [&](const SubjectHandle& subject, contracts::SubjectKind kind, std::optional<PublicKey> key) {
    sheet.operations.emplace_back(contracts::RegisterSubject{subject, kind, year_.village, paper(), key});
  };
  for (const auto& villager : year_.villagers) {
    add(villager.handle, contracts::SubjectKind::person, villager.key.public_key());
    add(villager.plot, contracts::SubjectKind::object, std::nullopt);
    sheet.operations.emplace_back(contracts::OpenAccount{kPlots, villager.handle});
    sheet.operations.emplace_back(contracts::OpenAccount{kDuty, villager.handle});
  }
  add(year_.field, contracts::SubjectKind::object, std::nullopt);
  add(year_.post, contracts::SubjectKind::object, std::nullopt);

  step(day(1, 3, 1), "registration of volunteers");
  for (std::size_t first = 0; first < kVillagers; first += kSignedTogether) {
    auto& together = draft(by(Office::clerk), {});
    for (std::size_t i = first; i < std::min(first + kSignedTogether, kVillagers); ++i) {
      together.villagers.push_back(i);
      together.operations.push_back(open(kDuty, "volunteer", year_.villagers[i].handle));
      volunteers_.push_back(last());
    }
  }
}

void Writer::claims() {
  step(day(2, 3, 1), "land that is shared out");
  draft(by(Office::leader), {open(kPlots, "land", year_.field, {{"pool", "200"}, {"plot_mu", "0.5"}})});
  land_ = last();
  step(day(2, 3, 1), "who takes part");
  auto& list = draft(by(Office::clerk), {});
  for (const auto& villager : year_.villagers) {
    list.operations.push_back(open(kPlots, "head", villager.handle, {}, {{"land", land_}}));
    heads_.push_back(last());
  }
  step(day(2, 4, 1), "plots are claimed");
  for (std::size_t i = 0; i < kVillagers; ++i) {
    draft(by(i), {open(kPlots, "plot", year_.villagers[i].plot, {}, {{"head", heads_[i]}, {"land", land_}})});
    plots_.push_back(last());
  }
  step(day(2, 5, 1), "crop plans");
  auto& plans = draft(by(Office::leader), {});
  for (std::size_t i = 0; i < kVillagers; ++i)
    plans.operations.push_back(act(plots_[i], "plan", {{"crop", i % 3 == 0 ? "tea" : "rape"}}));
}

// An activity at the post, and who comes: two to four, in April and August those of whom a report will be.
void Writer::duties(unsigned month) {
  const bool epidemic = random_.percent(50);
  const TimestampMs begins = day(month, 10, 1);
  step(day(month, 9, 1), "an activity");
  draft(by(Office::leader), {open(kDuty, "activity", year_.post,
                                  {{"kind", epidemic ? "epidemic-post" : "cleaning"},
                                   {"places", "15"},
                                   {"begins", format_time(begins)},
                                   {"ends", format_time(begins.plus(9 * kHour))}})});
  const auto activity = last();
  step(day(month, 9, 2), "sign-up");
  month_duties_.clear();
  auto who = some(2 + random_.below(2));
  if (month == 5) who[0] = kSleeper;
  if (month == 9) who[0] = kAccused;
  if (month == 5 || month == 9) who[1] = who[0] + 5;
  who.resize(std::min<std::size_t>(who.size(), month == 5 || month == 9 ? 2 : 3));
  for (const auto villager : who) {
    draft(by(villager), {open(kDuty, "duty", year_.villagers[villager].handle, {},
                              {{"activity", activity}, {"volunteer", volunteers_[villager]}})});
    PlainDuty event;
    event.villager = villager;
    event.epidemic = epidemic;
    month_duties_.push_back({last(), year_.events.duties.size(), 4 + 2 * random_.below(3)});
    year_.events.duties.push_back(event);
  }
  work_duties(month);
  judge_duties(month);
  deadlines_of_duties(month);
}

// A deadline runs from the block in which the one before it did, so time must pass in days, not in a leap.
void Writer::deadlines_of_duties(unsigned month) {
  for (const unsigned at : {14, 16, 17}) step(day(month, at, 0), "days pass");
}

void Writer::work_duties(unsigned month) {
  step(day(month, 10, 1), "check-in");
  for (const auto& duty : month_duties_) {
    auto& event = year_.events.duties[duty.event];
    draft(by(event.villager), {act(duty.number, "check-in")});
    event.in_ms = now().value;
  }
  for (const std::uint64_t hours : {4, 6, 8}) {
    step(TimestampMs{day(month, 10, 1).value + hours * kHour + kLateMs}, "check-out");
    for (const auto& duty : month_duties_) {
      if (duty.hours != hours) continue;
      auto& event = year_.events.duties[duty.event];
      draft(by(event.villager), {act(duty.number, "check-out")});
      event.out_ms = now().value;
      spendable_[event.villager] += kLeastOfDuty;
    }
    if (year_.steps.back().drafts.empty()) year_.steps.pop_back();
  }
}

std::string factor_text(std::uint32_t hundredths) {
  const auto cents = hundredths % 100;
  return std::to_string(hundredths / 100) + (cents < 10 ? ".0" : ".") + std::to_string(cents);
}

// The last of a month is left to its deadlines: nobody rates, nobody checks.
void Writer::judge_duties(unsigned month) {
  step(day(month, 10, 10), "the leader rates");
  auto& rated = draft(by(Office::leader), {});
  for (std::size_t i = 0; i + 1 < month_duties_.size(); ++i) {
    auto& event = year_.events.duties[month_duties_[i].event];
    event.leader = static_cast<std::uint32_t>(90 + random_.below(31));
    event.leader_ms = now().value;
    rated.operations.push_back(act(month_duties_[i].number, "rate", {{"leader", factor_text(event.leader)}}));
  }
  step(day(month, 11, 1), "the town's spot check");
  auto& checked = year_.events.duties[month_duties_[0].event];
  checked.spot = static_cast<std::uint32_t>(90 + 5 * random_.below(5));
  checked.spot_ms = now().value;
  draft(by(Office::inspector), {act(month_duties_[0].number, "spot-check", {{"spot", factor_text(checked.spot)}})});
  step(day(month, 11, 2), "passers-by");
  const auto mood = static_cast<std::uint32_t>(random_.below(3));  // 0: pleased, 2: not at all
  for (const auto villager : some(4)) {
    std::vector<Operation> marks;
    for (const auto& duty : month_duties_) {
      auto& event = year_.events.duties[duty.event];
      if (event.villager == villager) continue;
      event.stars.push_back(5 - 2 * mood + static_cast<std::uint32_t>(mood == 0 ? 0 : random_.below(2)));
      marks.push_back(act(duty.number, "mark", {{"stars", std::to_string(event.stars.back())}}));
    }
    if (!marks.empty()) draft(by(villager), std::move(marks));
  }
}

void Writer::report(unsigned month, std::size_t villager, bool upheld) {
  const auto duty = month_duties_[0].number;
  step(day(month, 17, 1), "a report");
  draft(by((villager + 3) % kVillagers),
        {open(kDuty, "report", year_.villagers[villager].handle, {}, {{"duty", duty}})});
  const auto number = last();
  constexpr std::int64_t kPoints = 8;
  step(day(month, 18, 1), "the report is verified");
  draft(by(Office::inspector), {act(number, "verify", {{"points", std::to_string(kPoints)}})});
  const auto deduction = opens();
  step(day(month, 19, 1), "the deduction is endorsed");
  draft(by(Office::endorser), {contracts::Endorse{deduction}});
  year_.events.reports.push_back({villager, kPoints, now().value, upheld});
  spendable_[villager] -= kPoints;
  if (!upheld) return;
  step(day(month, 21, 1), "an objection");
  draft(by(villager), {contracts::Object{deduction, paper()}});
  step(day(month, 24, 1), "the objection is upheld");
  draft(by(Office::arbiter), {contracts::Resolve{deduction, contracts::Resolution::upheld, paper()}});
}

void Writer::shop(unsigned month) {
  step(day(month, 26, 2), "the village shop");
  const auto spend = [&](std::size_t villager, std::int64_t points) -> NeighbourDraft& {
    contracts::Spend operation;
    operation.rulebook = kDuty;
    operation.subject = year_.villagers[villager].handle;
    operation.rule = "YD9";
    operation.amount = Amount{-points * 100};
    operation.event_time = TimestampMs{now().value - kHour};
    operation.evidence = paper();
    return draft(by(Office::keeper), {operation}, {villager});
  };
  for (const auto& duty : month_duties_) {
    const auto villager = year_.events.duties[duty.event].villager;
    const std::int64_t points = spendable_[villager] - static_cast<std::int64_t>(random_.below(3));
    if (points < 1 || random_.percent(30)) continue;
    spend(villager, points);
    spendable_[villager] -= points;
    year_.events.spendings.push_back({villager, points, now().value});
  }
  // More than anybody has.
  if (month == 3) spend(0, 9000).refused.push_back({0, ErrorCode::amount_out_of_range});
  if (year_.steps.back().drafts.empty()) year_.steps.pop_back();
}

// Three plots a month; in August all, so that somebody can rate eleven on one day.
std::vector<PlainRound> Writer::open_rounds(unsigned month, std::vector<std::uint64_t>& numbers) {
  step(day(month, 1, 2), "weekly rounds");
  auto& opened = draft(by(Office::leader), {});
  std::vector<PlainRound> out;
  auto plots = some(month == 8 ? kVillagers : 3);
  const bool neglected = month == 6 || month == 10;
  if (neglected) plots = {kNeglected, kNeglected + 2};
  for (const auto plot : plots) {
    opened.operations.push_back(act(plots_[plot], "open-round"));
    numbers.push_back(opens());
    PlainRound round;
    round.holder = plot;
    round.opened_ms = now().value;
    out.push_back(round);
  }
  return out;
}

void Writer::ratings(unsigned month) {
  std::vector<std::uint64_t> numbers;
  auto rounds = open_rounds(month, numbers);
  step(day(month, 2, 3), "ratings");
  const bool neglected = month == 6 || month == 10;
  auto raters = some(6);
  if (month == 8) raters = {kEager, 7, 8, 9, 10, 11};
  for (const auto rater : raters) {
    std::vector<Operation> stars;
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      auto& round = rounds[i];
      if (round.holder == rater || (month == 8 && rater != kEager && random_.percent(30))) continue;
      const bool poor = neglected && round.holder == kNeglected;
      round.raters.push_back(rater);
      round.stars.push_back(static_cast<std::uint32_t>(poor ? 1 + random_.below(2) : 3 + random_.below(3)));
      round.rated_ms = now().value;
      stars.push_back(act(numbers[i], "rate", {{"stars", std::to_string(round.stars.back())}}));
    }
    if (!stars.empty()) draft(by(rater), std::move(stars));
  }
  if (month == 4) {
    // One's own plot.
    auto& own = draft(by(rounds[0].holder), {act(numbers[0], "rate", {{"stars", "5"}})});
    own.refused.push_back({0, ErrorCode::condition_failed});
  }
  const bool enough = rounds[0].raters.size() >= 5;
  for (auto& round : rounds) year_.events.rounds.push_back(std::move(round));
  if (neglected && enough) weak_plot(month, numbers[0], month == 10);
}

void Writer::weak_plot(unsigned month, std::uint64_t round, bool upheld) {
  step(day(month, 12, 1), "a weak plot");
  draft(by(Office::clerk), {act(round, "propose")});
  const auto deduction = opens();
  step(day(month, 13, 1), "the deduction is endorsed");
  draft(by(Office::endorser), {contracts::Endorse{deduction}});
  year_.events.weak.push_back({kNeglected, 3, now().value, upheld});
  if (!upheld) return;
  step(day(month, 15, 1), "an objection");
  draft(by(kNeglected), {contracts::Object{deduction, paper()}});
  step(day(month, 16, 1), "the objection is upheld");
  draft(by(Office::arbiter), {contracts::Resolve{deduction, contracts::Resolution::upheld, paper()}});
}

void Writer::welfare() {
  const std::size_t starter = random_.below(kVillagers);
  step(day(7, 20, 1), "a welfare activity");
  draft(by(starter), {open(kPlots, "activity", year_.villagers[starter].handle, {{"about", "clearing the stream"}})});
  const auto number = last();
  step(day(7, 20, 1), "the welfare activity is approved");
  draft(by(Office::leader), {act(number, "approve")});
  step(day(7, 20, 2), "who joins");
  constexpr std::size_t kJoin = 6;
  for (std::size_t i = 1; i <= kJoin; ++i) draft(by((starter + i) % kVillagers), {act(number, "join")});
  step(day(7, 21, 1), "who took part");
  draft(by(Office::clerk), {act(number, "verify", {{"verified", std::to_string(kJoin)}})});
  year_.events.welfare.push_back({starter, kJoin, now().value});
}

void Writer::sale() {
  step(day(9, 28, 1), "the agronomist signs");
  auto& signed_off = draft(by(Office::agronomist), {});
  for (const auto plot : plots_) signed_off.operations.push_back(act(plot, "sign-off"));
  const auto sellers = some(kSellers);
  std::int64_t all = 0;
  step(day(9, 28, 2), "harvest");
  for (const auto seller : sellers) {
    const auto kg = static_cast<std::int64_t>(20 + random_.below(60));
    all += kg;
    year_.events.listings.push_back({seller, kg});
    draft(by(seller), {act(plots_[seller], "harvest", {{"brought", std::to_string(kg)}})});
  }
  for (const auto& listing : year_.events.listings) {
    step(day(9, 28, 3), "a listing for sale");
    draft(by(listing.villager), {open(kPlots, "listing", year_.villagers[listing.villager].handle,
                                      {{"kg", std::to_string(listing.kg)}}, {{"plot", plots_[listing.villager]}})});
    year_.listing_cases.push_back(last());
  }
  step(day(9, 28, 4), "the buyer's allocation");
  year_.events.sale_kg = all * 2 / 3;
  year_.events.sale_ms = now().value;
  contracts::Allocate allocate;
  allocate.rulebook = kPlots;
  allocate.queue = "sale";
  allocate.unit = year_.village;
  allocate.pool = Amount{year_.events.sale_kg * 100};
  allocate.evidence = paper();
  draft(by(Office::keeper), {allocate});
}

void Writer::write() {
  registration();
  claims();
  for (unsigned month = 1; month <= 12; ++month) {
    duties(month);
    if (month == 5) report(month, kSleeper, false);
    if (month == 9) report(month, kAccused, true);
    shop(month);
    if (month >= 3 && month <= 11) ratings(month);
    if (month == 7) welfare();
    if (month == 9) sale();
  }
  put_in_order();
}

// Each matter was written from its beginning to its end. Now by time, and cases are numbered as they will be opened.
void Writer::put_in_order() {
  std::stable_sort(year_.steps.begin(), year_.steps.end(),
                   [](const NeighbourStep& a, const NeighbourStep& b) { return a.at < b.at; });
  std::vector<std::size_t> by_time(openings_.size());
  std::iota(by_time.begin(), by_time.end(), 0);
  std::stable_sort(by_time.begin(), by_time.end(),
                   [this](std::size_t a, std::size_t b) { return openings_[a] < openings_[b]; });
  std::vector<std::uint64_t> numbers(openings_.size());
  for (std::size_t i = 0; i < by_time.size(); ++i) numbers[by_time[i]] = i + 1;
  const CaseNumbers ordered(std::move(numbers));
  for (auto& step : year_.steps)
    for (auto& draft : step.drafts)
      for (auto& operation : draft.operations) operation = ordered.on_chain(std::move(operation));
  for (auto& number : year_.listing_cases) number = ordered.on_chain(number);
}

}  // namespace

void write_neighbour_year(NeighbourYear& year) {
  Writer(year).write();
}

}  // namespace tally::scenario
