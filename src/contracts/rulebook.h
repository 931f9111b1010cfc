// Purpose: a scoring contract as the engine runs it: compiled once from its JSON document, immutable afterwards.
// The engine knows no scheme's numbers; all of them stand here.
// Thread rule: a Rulebook is immutable and may be shared by threads; compile_rulebook is a pure function.
// Errors: compile_rulebook reports every mistake it can find, each with its path in the document
// ("rules[2].objection_days"), what is wrong and what would be right.
// Invariants of a compiled Rulebook: floor <= start <= cap in every book; bands in falling order of edge, the last
// one at the floor; what award rules ask for is never negative, of others never positive; what burdens a subject is an
// effect of an adverse rule; every adverse rule has an endorser, evidence, a reason, an objection window of a day or
// more, and a term of five years or less.
#pragma once

#include <memory>

#include "contracts/records.h"
#include "contracts/workflow.h"

namespace tally::contracts {

inline constexpr std::string_view kRulebookFormat = "tallystick-rulebook-1";
inline constexpr std::uint32_t kTermDaysMax = 365;        // of an objection, an endorsement, a resolution
inline constexpr std::uint32_t kAdverseMonthsMax = 60;    // adverse entries expire within five years
inline constexpr std::uint32_t kEventSpanDaysMax = 1830;  // how far event time may lie before block time
inline constexpr std::uint32_t kStarsMax = 9;
inline constexpr std::uint32_t kLapseMonthsMax = 60;
inline constexpr std::uint32_t kApprovalTermsMax = 8;
inline constexpr std::uint32_t kApprovalCountMax = 16;  // people of one term
inline constexpr std::uint32_t kCommentDaysMax = 365;

// spend: the subject uses up points of a spendable book, and wants to.
enum class RuleKind : std::uint8_t { award, deduct, spend };
BOOST_DESCRIBE_ENUM(RuleKind, award, deduct, spend)

enum class AmountKind : std::uint8_t { fixed, per_unit, range, none, expression };
BOOST_DESCRIBE_ENUM(AmountKind, fixed, per_unit, range, none, expression)

// fixed: `points`. per_unit: `points` for each `units` of the quantity. range: the proposer names an amount
// from `from` to `to`, and a reason unless it is spent. none: the rule has effects only. expression: `computed`,
// which must come out between `from` and `to`. Signed: what takes is negative.
struct RuleAmount {
  AmountKind kind = AmountKind::fixed;
  Amount points;
  std::uint32_t units = 1;
  Title unit;  // what the quantity counts ("hours")
  std::uint32_t quantity_min = 1;
  std::uint32_t quantity_max = 1;
  Amount from;
  Amount to;
  Expression computed;
};

// A list or a suspension begins for a term, or ends.
struct Effect {
  enum class Kind : std::uint8_t { begins, ends };
  enum class Unit : std::uint8_t { days, months };
  Expression when;  // none: always
  Kind kind = Kind::begins;
  std::string standing;
  Unit unit = Unit::months;
  std::uint32_t length = 0;
  Expression length_expression;  // instead, between 0 and length_max
  std::uint32_t length_max = 0;
};

// red: good standing, which may be shown. black and suspension: adverse.
enum class StandingKind : std::uint8_t { red, black, suspension };
BOOST_DESCRIBE_ENUM(StandingKind, red, black, suspension)

// A list to stand on, or something to be suspended from.
struct StandingTerms {
  std::string code;
  Title title;
  StandingKind kind = StandingKind::red;
  std::uint32_t term_max = 0;  // months of a list, days of a suspension
  Provenance provenance;

  [[nodiscard]] bool adverse() const { return kind != StandingKind::red; }
};

// What a subject gained, lost or spent within `months` that move with time, before floors and caps.
enum class SumOf : std::uint8_t { awarded, deducted, spent };
BOOST_DESCRIBE_ENUM(SumOf, awarded, deducted, spent)

struct Sum {
  std::string code;
  Title title;
  SumOf of = SumOf::deducted;
  BookCode book;                // empty: any
  std::vector<RuleCode> rules;  // empty: any
  std::uint32_t months = 12;
  Provenance provenance;
};

// Of one account under one rule. Whichever of the three stands is bounded.
struct Limit {
  Period per = Period::year;
  std::optional<std::uint32_t> times;
  std::optional<std::uint64_t> quantity;
  std::optional<Amount> points;
};

struct Rule {
  RuleCode code;
  Title title;
  std::string category;
  RuleKind kind = RuleKind::award;
  BookCode book;  // empty: the main book of the subject's kind
  RuleAmount amount;
  bool on = true;
  Title off_because;  // of a rule that is off
  bool evidence_required = false;
  bool reason_required = false;
  std::vector<Limit> limits;
  std::vector<Condition> conditions;
  std::vector<Effect> effects;
  std::vector<Role> proposer_roles;
  std::vector<Role> endorser_roles;  // empty: nobody needs to endorse
  // Of deduct rules only.
  std::uint32_t objection_days = 0;
  std::uint32_t endorse_within_days = 0;
  std::uint32_t resolve_within_days = 0;
  std::uint32_t expires_months = 0;
  Provenance provenance;

  [[nodiscard]] bool adverse() const { return kind == RuleKind::deduct; }
};

struct Benefit {
  std::string code;
  Title title;
  std::string value;  // a decimal number
  std::string unit;   // "yuan"
  bool operator==(const Benefit&) const = default;
};
BOOST_DESCRIBE_STRUCT(Benefit, (), (code, title, value, unit))

struct Band {
  Amount from;  // inclusive lower edge
  std::uint32_t stars = 1;
  Title title;
  std::vector<Benefit> benefits;
  Provenance provenance;
};

// restricts: below the threshold something is refused. grants: from the threshold on something is given.
enum class GateEffect : std::uint8_t { restricts, grants };
BOOST_DESCRIBE_ENUM(GateEffect, restricts, grants)

struct Gate {
  std::string code;
  Title title;
  GateEffect effect = GateEffect::restricts;
  std::optional<Amount> at_least;
  Title below;  // what it means to be below
  std::vector<Condition> conditions;
  // Who may ask, beside officers of the subject's own unit and above: these roles anywhere, with the subject's consent.
  std::vector<Role> asked_by;
  Expression grants;        // how much, to whoever passes; none: yes or no only
  std::string grants_unit;  // "yuan"
  Provenance provenance;
};

// A reputation is earned and lost; spendable points are earned and used up.
enum class BookPurpose : std::uint8_t { reputation, spendable };
BOOST_DESCRIBE_ENUM(BookPurpose, reputation, spendable)

// One account per subject of this kind. The first book of a kind is its main one.
struct Book {
  BookCode code;
  SubjectKind subject = SubjectKind::household;
  BookPurpose purpose = BookPurpose::reputation;
  // Points lapse at the beginning of the month that comes this many months after the one they were awarded in.
  std::optional<std::uint32_t> lapse_months;
  std::optional<Period> resets;  // month, quarter or year: back to the start with each
  std::optional<Period> rated;   // month, quarter or year: its stars are kept at the end of each
  Amount start;
  Amount floor;
  Amount cap;
  std::vector<Band> bands;
  std::vector<Gate> gates;
  Provenance provenance;

  [[nodiscard]] const Band& band_of(Amount score) const;
};

// A figure that the ledger cannot know (a bank's bad-loan ratio) and only publishes.
struct DeclaredFigure {
  std::string code;
  Title title;
  std::string value;
  std::string unit;
  bool operator==(const DeclaredFigure&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeclaredFigure, (), (code, title, value, unit))

// The share of a unit's accounts at or above a star, which the ledger knows, and figures that it does not.
struct CreditVillage {
  std::uint32_t stars_at_least = 1;
  std::uint32_t share_percent = 100;
  std::vector<DeclaredFigure> declared;
  Provenance provenance;
};

struct NoticeBoard {
  std::uint32_t stars_at_least = kStarsMax;
};

// Who may take an entry back (a linked new entry, two persons).
struct Corrections {
  std::vector<Role> proposer_roles;
  std::vector<Role> endorser_roles;
};

// What a rulebook asks for beside the constitution before it, or a later version of it, is adopted.
struct Approval {
  std::vector<ApprovalTerm> terms;
  std::uint32_t comment_days = 0;  // 0: no more than the constitution
};

struct Rulebook {
  RulebookId id;
  std::uint32_t version = 1;
  Title title;
  unsigned scale = 0;  // decimals of its points
  TimestampMs effective;
  std::vector<std::string> legal_basis;
  std::uint32_t event_span_days = 1;
  bool needs_consent = false;  // nobody is scored who has not agreed
  Approval approval;
  Corrections corrections;
  std::vector<Book> books;
  std::vector<Rule> rules;  // in the document's order
  std::vector<StandingTerms> standings;
  std::vector<Sum> sums;
  std::vector<Workflow> workflows;
  std::vector<Queue> queues;
  std::optional<CreditVillage> credit_village;
  std::optional<NoticeBoard> notice_board;
  Digest document;  // kRulebookDomain over the text

  [[nodiscard]] const Rule* rule(const RuleCode& code) const;
  [[nodiscard]] const StandingTerms* standing(std::string_view code) const;
  [[nodiscard]] const Sum* sum(std::string_view code) const;
  [[nodiscard]] const Workflow* workflow(std::string_view code) const;
  [[nodiscard]] const Queue* queue(std::string_view code) const;
  // The main book of a kind of subject; null if there is none.
  [[nodiscard]] const Book* book(SubjectKind kind) const;
  [[nodiscard]] const Book* book(std::string_view code) const;
  // Where the rule counts for this kind of subject; null if nowhere.
  [[nodiscard]] const Book* book_for(const Rule& rule, SubjectKind kind) const;
  [[nodiscard]] std::string points(Amount amount) const { return format_amount(amount, scale); }
};

using RulebookPtr = std::shared_ptr<const Rulebook>;

struct CompiledRulebook {
  RulebookPtr rulebook;         // null if anything is wrong
  std::vector<Error> problems;  // in the document's order
};
CompiledRulebook compile_rulebook(std::string_view document);

// The first problem, and how many more there are.
Error summary_of(const std::vector<Error>& problems);
Digest digest_of_document(std::string_view document);

// The change that the rule asks for, before floor and cap; 0 where an expression will compute it. Errors:
// amount_out_of_range, invalid_field, overflow, with the rule's code as the field.
Result<Amount> amount_of(const Rulebook& rulebook, const Rule& rule, std::uint32_t quantity,
                         std::optional<Amount> amount);

// Reads of several threads share compiled rulebooks: the same document is compiled once. A pure memo by digest:
// it never needs to be dropped when chain state changes.
class RulebookMemo {
 public:
  RulebookMemo();
  ~RulebookMemo();
  RulebookMemo(const RulebookMemo&) = delete;
  RulebookMemo& operator=(const RulebookMemo&) = delete;
  // Null if nothing with this digest was put yet.
  [[nodiscard]] RulebookPtr find(const Digest& document) const;
  void put(RulebookPtr rulebook);

 private:
  struct Shelf;
  std::unique_ptr<Shelf> shelf_;
};

}  // namespace tally::contracts
