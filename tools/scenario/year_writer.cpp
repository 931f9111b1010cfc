#include "scenario/year_writer.h"

#include "common/time.h"
#include "scenario/random.h"

namespace tally::scenario {

namespace {

constexpr std::uint64_t kHourMs = 3600ULL * 1000;
constexpr std::size_t kLinesPerSheet = 300;
constexpr std::uint32_t kHoursPerYearMax = 48;  // of one household, as the rulebook limits them
constexpr std::size_t kTroubled = 7;            // the household whose year goes wrong
constexpr std::size_t kMistaken = 3;            // the household whose award is taken back

struct Deduction {
  Happening what;
  const char* rule;
  Post proposer;
};
constexpr Deduction kDeductions[] = {
    {Happening::breach, "QZ3", Post::recorder},
    {Happening::breach_in_court, "QZ3-court", Post::recorder},
    {Happening::overdue_months, "QZ4", Post::bank_officer},
    {Happening::elders_neglected, "QZ5", Post::recorder},
    {Happening::shortchanged, "QZ6", Post::recorder},
};

class Writer {
 public:
  explicit Writer(VillageYear& year) : year_(year), random_(year.options.seed), hours_(year.households.size()) {}

  void write();

 private:
  [[nodiscard]] TimestampMs day(unsigned month, unsigned day, unsigned hour = 9) const {
    return add_months(year_.options.start, month - 1).plus((day - 1) * kDayMs + hour * kHourMs);
  }
  Step& open_step(TimestampMs at, std::string title) {
    year_.steps.push_back({at, std::move(title), {}});
    return year_.steps.back();
  }
  Draft& add_draft(Step& step, std::string title, Post author);
  void add_line(Step& step, const std::string& title, Post author, std::size_t household, const char* rule,
                Happening what, std::uint32_t quantity);
  void add_bad_line(Step& step);

  void volunteers(unsigned month);
  void seasons(unsigned month);
  void repayments();
  void deductions(unsigned month);
  void deduct(Step& step, std::size_t household, const Deduction& deduction, bool endorsed_at_once);
  void endorsements(unsigned month);
  void objections(unsigned month);
  void resolutions(unsigned month);
  void reversal();
  void closing();

  struct OpenCase {
    std::uint64_t number = 0;
    std::size_t event = 0;  // in year_.events
    bool endorsed = false;
    std::optional<Objection> decision;
  };

  VillageYear& year_;
  Random random_;
  std::vector<std::uint32_t> hours_;
  std::vector<OpenCase> month_cases_;
  std::uint64_t last_case_ = 0;
  std::uint64_t documents_ = 0;
  std::size_t objections_made_ = 0;
  std::size_t awards_of_mistaken_ = 0;
  std::optional<std::size_t> mistaken_event_;
  std::uint64_t mistaken_entry_ = 0;
};

Draft& Writer::add_draft(Step& step, std::string title, Post author) {
  Draft draft;
  draft.title = std::move(title);
  draft.author = author;
  draft.client_id =
      client_id_for(year_.options.seed, std::to_string(year_.steps.size()) + "." + std::to_string(step.drafts.size()));
  step.drafts.push_back(std::move(draft));
  return step.drafts.back();
}

void Writer::add_line(Step& step, const std::string& title, Post author, std::size_t household, const char* rule,
                      Happening what, std::uint32_t quantity) {
  if (step.drafts.empty() || step.drafts.back().operations.size() >= kLinesPerSheet) {
    auto& sheet = add_draft(step, title + ", sheet " + std::to_string(step.drafts.size() + 1), author);
    sheet.mode = ledger::Mode::independent;
  }
  contracts::Award award;
  award.rulebook = kRulebook;
  award.subject = year_.households[household].handle;
  award.rule = rule;
  award.quantity = quantity;
  award.event_time = TimestampMs{step.at.value - kDayMs};
  award.evidence = digest_for(year_.options.seed, "document " + std::to_string(++documents_));
  step.drafts.back().operations.emplace_back(std::move(award));
  if (household == kMistaken) ++awards_of_mistaken_;
  year_.events.push_back({household, what, quantity, step.at.value});
}

// What a tired recorder writes: three hours, where four make a point. Refused; the rest of the sheet stands.
void Writer::add_bad_line(Step& step) {
  contracts::Award award;
  award.rulebook = kRulebook;
  award.subject = year_.households[0].handle;
  award.rule = "QZ9";
  award.quantity = 3;
  award.event_time = TimestampMs{step.at.value - kDayMs};
  award.evidence = digest_for(year_.options.seed, "document " + std::to_string(++documents_));
  auto& draft = step.drafts.back();
  draft.refused.push_back({draft.operations.size(), ErrorCode::amount_out_of_range});
  draft.operations.emplace_back(std::move(award));
}

void Writer::volunteers(unsigned month) {
  auto& step = open_step(day(month, 5), "volunteer service");
  for (std::size_t i = 0; i < year_.households.size(); ++i) {
    // The first households always serve, so that even a small village has sheets.
    if (i == kTroubled || (i > 1 && !random_.percent(30))) continue;
    const std::uint32_t hours = random_.percent(75) ? 4 : 8;
    if (hours_[i] + hours > kHoursPerYearMax) continue;
    hours_[i] += hours;
    add_line(step, "volunteer service", Post::recorder, i, "QZ9", Happening::volunteer_hours, hours);
  }
  if (month == 3 && !step.drafts.empty()) add_bad_line(step);
}

void Writer::seasons(unsigned month) {
  auto& step = open_step(day(month, 25), "season contracts");
  for (std::size_t i = 0; i < year_.households.size(); ++i) {
    const bool mistake = i == kMistaken && !mistaken_event_;
    if (i == kTroubled || (!mistake && !random_.percent(60))) continue;
    add_line(step, "season contracts", Post::second_recorder, i, "QZ7", Happening::season_contract, 1);
    if (!mistake) continue;
    mistaken_event_ = year_.events.size() - 1;
    mistaken_entry_ = awards_of_mistaken_;  // entry 0 is the opening
  }
}

void Writer::repayments() {
  auto& step = open_step(day(12, 27), "a year of on-time repayment");
  for (std::size_t i = 0; i < year_.households.size(); ++i)
    if (i != kTroubled && random_.percent(70))
      add_line(step, "repayment", Post::bank_officer, i, "QZ8", Happening::repayment_year, 1);
}

void Writer::deduct(Step& step, std::size_t household, const Deduction& deduction, bool endorsed_at_once) {
  const auto number = ++last_case_;
  const std::string name = "finding " + std::to_string(number);
  auto& draft = add_draft(step, std::string(deduction.rule) + ", case " + std::to_string(number), deduction.proposer);
  contracts::Deduct operation;
  operation.rulebook = kRulebook;
  operation.subject = year_.households[household].handle;
  operation.rule = deduction.rule;
  if (deduction.what == Happening::overdue_months)
    operation.quantity = household == kTroubled ? 2 : static_cast<std::uint32_t>(1 + random_.below(4));
  operation.event_time = TimestampMs{step.at.value - 7 * kDayMs};
  operation.reason = digest_for(year_.options.seed, "reason of " + name);
  operation.evidence = digest_for(year_.options.seed, name);
  const auto quantity = operation.quantity;
  draft.operations.emplace_back(std::move(operation));
  if (endorsed_at_once) draft.co_signers.push_back(Post::endorser);
  year_.events.push_back({household, deduction.what, quantity, step.at.value});
  month_cases_.push_back({number, year_.events.size() - 1, endorsed_at_once, std::nullopt});
}

void Writer::deductions(unsigned month) {
  auto& step = open_step(day(month, 12), "findings");
  const std::size_t households = year_.households.size();
  // The troubled household: 100 - 20 - 15 - 10 leaves it below the loan gate.
  if (kTroubled < households) {
    if (month == 2) deduct(step, kTroubled, kDeductions[1], true);
    if (month == 4) deduct(step, kTroubled, kDeductions[3], true);
    if (month == 9) deduct(step, kTroubled, kDeductions[2], true);
  }
  const std::size_t count = 1 + random_.below(2 + households / 150);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t household = random_.below(households);
    const auto& deduction = kDeductions[random_.below(std::size(kDeductions))];
    const bool at_once = random_.percent(60);
    if (household != kTroubled && household != kMistaken) deduct(step, household, deduction, at_once);
  }
  // In March and August a household that can sign objects to a finding of its own.
  if (month == 3 || month == 8) deduct(step, month == 3 ? 0 : 1, kDeductions[0], true);
}

void Writer::endorsements(unsigned month) {
  auto& step = open_step(day(month, 13), "endorsements");
  for (auto& open : month_cases_) {
    if (open.endorsed) continue;
    auto& draft = add_draft(step, "endorsement of case " + std::to_string(open.number), Post::endorser);
    draft.operations.emplace_back(contracts::Endorse{open.number});
    open.endorsed = true;
    year_.events[open.event].recorded_ms = step.at.value;
  }
  if (step.drafts.empty()) year_.steps.pop_back();
}

void Writer::objections(unsigned month) {
  auto& step = open_step(day(month, 15), "objections");
  for (auto& open : month_cases_) {
    const auto household = year_.events[open.event].household;
    const bool certain = (month == 3 && household == 0) || (month == 8 && household == 1);
    if (household == kTroubled || (!certain && !random_.percent(20))) continue;
    auto& draft = add_draft(step, "objection in case " + std::to_string(open.number), Post::registrar);
    if (year_.households[household].key) draft.household = household;
    draft.operations.emplace_back(
        contracts::Object{open.number, digest_for(year_.options.seed, "objection in " + std::to_string(open.number))});
    // By turns, so that every year shows both.
    open.decision = objections_made_++ % 2 == 0 ? Objection::upheld : Objection::dismissed;
  }
  if (step.drafts.empty()) year_.steps.pop_back();
}

void Writer::resolutions(unsigned month) {
  auto& step = open_step(day(month, 19), "decisions on objections");
  for (const auto& open : month_cases_) {
    if (!open.decision) continue;
    auto& draft = add_draft(step, "decision in case " + std::to_string(open.number), Post::arbiter);
    const bool upheld = *open.decision == Objection::upheld;
    draft.operations.emplace_back(
        contracts::Resolve{open.number, upheld ? contracts::Resolution::upheld : contracts::Resolution::dismissed,
                           digest_for(year_.options.seed, "decision in " + std::to_string(open.number))});
    year_.events[open.event].objection = *open.decision;
    year_.events[open.event].resolved_ms = step.at.value;
  }
  if (step.drafts.empty()) year_.steps.pop_back();
}

void Writer::reversal() {
  if (!mistaken_event_) return;
  auto& step = open_step(day(7, 28), "a correction");
  auto& draft = add_draft(step, "an award to the wrong household is taken back", Post::second_recorder);
  draft.co_signers.push_back(Post::endorser);
  draft.operations.emplace_back(contracts::Reverse{std::string(kRulebook), std::string(kBook),
                                                   year_.households[kMistaken].handle, mistaken_entry_,
                                                   digest_for(year_.options.seed, "correction")});
  PlainEvent event{kMistaken, Happening::taken_back, 1, step.at.value};
  event.takes_back = *mistaken_event_;
  year_.events.push_back(event);
}

// After the last objection window, so that everything has taken effect when the year ends.
void Writer::closing() {
  auto& step = open_step(day(12, 30), "end of the year");
  add_line(step, "the year's last season contract", Post::recorder, 0, "QZ7", Happening::season_contract, 1);
}

void Writer::write() {
  if (year_.households.empty()) return;
  for (unsigned month = 1; month <= 12; ++month) {
    month_cases_.clear();
    // The first households' findings need two households.
    volunteers(month);
    if (year_.households.size() > 1) deductions(month);
    endorsements(month);
    objections(month);
    resolutions(month);
    if (month == 6 || month == 10) seasons(month);
    if (month == 7) reversal();
  }
  repayments();
  closing();
  std::erase_if(year_.steps, [](const Step& step) { return step.drafts.empty(); });
}

}  // namespace

void write_year(VillageYear& year) {
  Writer(year).write();
}

}  // namespace tally::scenario
