#include "contracts/rulebook.h"

#include <mutex>

#include "common/invariant.h"
#include "crypto/digest.h"

namespace tally::contracts {

namespace {
constexpr std::size_t kMemoMax = 256;  // documents
}

const Band& Book::band_of(Amount score) const {
  for (const auto& band : bands)
    if (score >= band.from) return band;
  // A later version may have raised the floor above an old score.
  return bands.back();
}

const Rule* Rulebook::rule(const RuleCode& code) const {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.code == code; });
  return found == rules.end() ? nullptr : &*found;
}

const StandingTerms* Rulebook::standing(std::string_view code) const {
  const auto found =
      std::find_if(standings.begin(), standings.end(), [&](const StandingTerms& it) { return it.code == code; });
  return found == standings.end() ? nullptr : &*found;
}

const Sum* Rulebook::sum(std::string_view code) const {
  const auto found = std::find_if(sums.begin(), sums.end(), [&](const Sum& it) { return it.code == code; });
  return found == sums.end() ? nullptr : &*found;
}

const Workflow* Rulebook::workflow(std::string_view code) const {
  const auto found = std::find_if(workflows.begin(), workflows.end(), [&](const auto& it) { return it.code == code; });
  return found == workflows.end() ? nullptr : &*found;
}

const Queue* Rulebook::queue(std::string_view code) const {
  const auto found = std::find_if(queues.begin(), queues.end(), [&](const auto& it) { return it.code == code; });
  return found == queues.end() ? nullptr : &*found;
}

const Book* Rulebook::book(SubjectKind kind) const {
  const auto found = std::find_if(books.begin(), books.end(), [&](const Book& book) { return book.subject == kind; });
  return found == books.end() ? nullptr : &*found;
}

const Book* Rulebook::book(std::string_view code) const {
  const auto found = std::find_if(books.begin(), books.end(), [&](const Book& book) { return book.code == code; });
  return found == books.end() ? nullptr : &*found;
}

const Book* Rulebook::book_for(const Rule& rule, SubjectKind kind) const {
  if (rule.book.empty()) return book(kind);
  const Book* named = book(rule.book);
  return named != nullptr && named->subject == kind ? named : nullptr;
}

Error summary_of(const std::vector<Error>& problems) {
  invariant(!problems.empty(), "a summary is asked for where there are problems");
  Error out = problems.front();
  if (problems.size() > 1)
    (out.expected.empty() ? out.problem : out.expected) +=
        " (and " + std::to_string(problems.size() - 1) + " more mistakes)";
  return out;
}

Digest digest_of_document(std::string_view document) {
  return crypto::digest(crypto::kRulebookDomain, as_bytes(document));
}

namespace {

Result<Amount> per_unit_amount(const Rule& rule, std::uint32_t quantity) {
  const auto& amount = rule.amount;
  const auto refuse = [&](std::string problem) {
    std::string wanted = "a quantity from " + std::to_string(amount.quantity_min) + " to " +
                         std::to_string(amount.quantity_max) + " " + amount.unit.en;
    if (amount.units > 1) wanted += " in steps of " + std::to_string(amount.units);
    return make_error(ErrorCode::amount_out_of_range, rule.code, std::move(problem), std::move(wanted));
  };
  if (quantity % amount.units != 0)
    return refuse("quantity " + std::to_string(quantity) + " is not a whole number of " + std::to_string(amount.units) +
                  " " + amount.unit.en);
  if (quantity < amount.quantity_min)
    return refuse("quantity " + std::to_string(quantity) + " is below " + std::to_string(amount.quantity_min));
  if (quantity > amount.quantity_max)
    return refuse("quantity " + std::to_string(quantity) + " is above " + std::to_string(amount.quantity_max));
  const auto total = checked_multiply(amount.points, quantity / amount.units);
  if (!total)
    return make_error(ErrorCode::overflow, rule.code, "quantity " + std::to_string(quantity) + " overflows",
                      "a smaller quantity");
  return *total;
}

// What an expression is given must be in bounds; what comes out is worked out with the subject at hand.
Result<Amount> counted(const Rule& rule, std::uint32_t quantity) {
  if (quantity >= rule.amount.quantity_min && quantity <= rule.amount.quantity_max) return Amount{0};
  return make_error(ErrorCode::amount_out_of_range, rule.code, "quantity is " + std::to_string(quantity),
                    std::to_string(rule.amount.quantity_min) + " to " + std::to_string(rule.amount.quantity_max));
}

}  // namespace

Result<Amount> amount_of(const Rulebook& rulebook, const Rule& rule, std::uint32_t quantity,
                         std::optional<Amount> amount) {
  if (rule.amount.kind != AmountKind::range && amount)
    return make_error(ErrorCode::invalid_field, rule.code, "an amount of " + rulebook.points(*amount) + " was given",
                      "no amount: the rule fixes it");
  if (rule.amount.kind == AmountKind::per_unit) return per_unit_amount(rule, quantity);
  if (rule.amount.kind == AmountKind::expression) return counted(rule, quantity);
  if (quantity != 1)
    return make_error(ErrorCode::amount_out_of_range, rule.code, "quantity is " + std::to_string(quantity),
                      "1: the rule does not count a quantity");
  if (rule.amount.kind == AmountKind::fixed) return rule.amount.points;
  if (rule.amount.kind == AmountKind::none) return Amount{0};
  const std::string wanted =
      "an amount from " + rulebook.points(rule.amount.from) + " to " + rulebook.points(rule.amount.to);
  if (!amount) return make_error(ErrorCode::missing_field, rule.code, "no amount was given", wanted);
  if (*amount < rule.amount.from || *amount > rule.amount.to)
    return make_error(ErrorCode::amount_out_of_range, rule.code, "amount is " + rulebook.points(*amount), wanted);
  return *amount;
}

struct RulebookMemo::Shelf {
  mutable std::mutex mutex;
  std::unordered_map<Digest, RulebookPtr> books;
};

RulebookMemo::RulebookMemo() : shelf_(std::make_unique<Shelf>()) {}
RulebookMemo::~RulebookMemo() = default;

RulebookPtr RulebookMemo::find(const Digest& document) const {
  const std::lock_guard lock(shelf_->mutex);
  const auto found = shelf_->books.find(document);
  return found == shelf_->books.end() ? nullptr : found->second;
}

void RulebookMemo::put(RulebookPtr rulebook) {
  const std::lock_guard lock(shelf_->mutex);
  // Bounded; whoever holds a pointer keeps it.
  if (shelf_->books.size() >= kMemoMax) shelf_->books.clear();
  shelf_->books[rulebook->document] = std::move(rulebook);
}

}  // namespace tally::contracts
