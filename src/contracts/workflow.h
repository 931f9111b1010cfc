// Purpose: a rulebook's workflows and queues as the engine runs them (docs/workflows.md): part of a compiled Rulebook.
// Thread rule: immutable once compiled.
// Invariants of compiled workflows: codes are unique; positions (fields, links, states) lie in their lists; every state
// can be reached from the opening one; a final state has neither acts nor a deadline; term.go is final, so every case
// ends; deductions are effects of acts by officers only; no case brings about another of its own workflow by itself,
// and no act brings itself about, so that what happens without people comes to an end.
#pragma once

#include <variant>

#include "contracts/terms.h"

namespace tally::contracts {

inline constexpr std::uint32_t kWorkTermDaysMax = 1830;
inline constexpr std::uint32_t kListValuesMax = 1000;
inline constexpr std::uint32_t kEndorsementsMax = 10;
inline constexpr std::size_t kWorkflowsMax = 32;  // and queues
inline constexpr std::size_t kWorkPartsMax = 64;  // fields, states, acts, each
inline constexpr std::size_t kWorkLinksMax = 16;
inline constexpr std::size_t kWorkEffectsMax = 16;  // of an act or a deadline
inline constexpr std::size_t kWorkTextBytesMax = 64;
inline constexpr unsigned kWorkScale = 6;   // decimals of a field of type decimal
inline constexpr unsigned kMoneyScale = 2;  // of obligations and shares of a pool

enum class FieldType : std::uint8_t { integer, decimal, boolean, text, time, subject };

// In the form of its type: a whole number, units of 10^-6, 0 or 1, milliseconds in `number`; a text or a subject's
// handle (hexadecimal, or empty) in `text`.
struct FieldValue {
  std::int64_t number = 0;
  std::string text;
  bool operator==(const FieldValue&) const = default;
};
BOOST_DESCRIBE_STRUCT(FieldValue, (), (number, text))

struct WorkField {
  std::string code;
  Title title;
  FieldType type = FieldType::integer;
  FieldValue start;
  std::optional<std::int64_t> min;  // as FieldValue::number
  std::optional<std::int64_t> max;
  std::vector<std::string> values;  // of a text; empty: any
  std::uint32_t list = 0;           // how many at most; 0: a single value
};

struct WorkLink {
  std::string code;
  std::string workflow;
};

// Whom an effect is for.
struct Target {
  enum class To : std::uint8_t { subject, author, field };
  To to = To::subject;
  std::size_t field = 0;  // of type subject
};

struct SetEffect {
  std::optional<std::size_t> link;  // none: this case
  std::size_t field = 0;            // of this workflow, or of the linked one
  Expression to;                    // of the field's type
};
struct ClaimEffect {
  RuleCode rule;
  bool deduct = false;
  Target to;
  Expression quantity;  // int; none: 1
  Expression amount;    // decimal; none: the rule has it
  bool skip_if_limited = false;
};
struct PayEffect {
  Expression amount;  // decimal of at most two decimals
  std::string unit;   // "yuan"
  Target to;
  Title title;
  std::uint32_t within_days = 1;
};
struct NotifyEffect {
  Title title;
  Target to;
};
struct OpenEffect {
  std::string workflow;
  Target to;
  std::vector<std::pair<std::size_t, Expression>> fields;  // of the workflow that is opened
  std::optional<std::size_t> link;                         // of the workflow that is opened: leads back here
};
struct ActLinkedEffect {
  std::size_t link = 0;
  std::string act;
};
struct QueueEffect {
  std::string queue;
  bool enter = true;
};
struct WorkEffect {
  Expression when;  // none: always
  std::variant<SetEffect, ClaimEffect, PayEffect, NotifyEffect, OpenEffect, ActLinkedEffect, QueueEffect> what;
};

struct Deadline {
  Expression hours;  // int, or
  Expression at;     // timestamp
  std::size_t go = 0;
  std::vector<WorkEffect> effects;
};

struct WorkState {
  std::string code;
  Title title;
  bool final = false;
  std::optional<Deadline> after;
};

enum class Reach : std::uint8_t { above, same, anywhere };
enum class Once : std::uint8_t { never, per_case, per_day };

struct EndorsedBy {
  std::uint32_t count = 1;
  std::vector<Role> roles;
  bool different_units = false;
};

struct Act {
  std::string code;  // "open" of the opening
  Title title;
  std::vector<std::size_t> from;  // states; empty for the opening
  std::optional<std::size_t> to;  // none: the case stays
  std::vector<Role> roles;        // of officers who may
  bool by_subject = false;
  bool by_others = false;
  bool by_queue = false;  // allocations and other cases; nobody else
  [[nodiscard]] bool by_officers_only() const { return !roles.empty() && !by_subject && !by_others && !by_queue; }
  std::optional<Reach> reach;       // as the document says
  std::vector<std::string> not_by;  // codes of acts, or "open"
  Once once = Once::never;
  std::optional<std::uint32_t> times;
  std::vector<std::size_t> takes;  // fields
  bool evidence_required = false;
  bool reason_required = false;
  std::optional<EndorsedBy> endorsed_by;
  bool subject_signs = false;
  std::vector<Condition> conditions;
  std::vector<WorkEffect> effects;
};

struct WorkTerm {
  std::uint32_t days = 1;
  std::size_t go = 0;  // a final state
  std::vector<WorkEffect> effects;
};

struct Workflow {
  std::string code;
  Title title;
  SubjectKind subject = SubjectKind::household;
  std::vector<WorkField> fields;
  std::vector<WorkLink> links;
  Act open;  // `to` is the opening state
  std::vector<WorkState> states;
  std::vector<Act> acts;
  WorkTerm term;
  Provenance provenance;
  std::shared_ptr<const cel::ObjectType> type;  // of `case` in its expressions (work_type.h)

  [[nodiscard]] const Act* act(std::string_view code) const;
  [[nodiscard]] std::optional<std::size_t> field(std::string_view code) const;
  [[nodiscard]] std::optional<std::size_t> link(std::string_view code) const;
  [[nodiscard]] std::optional<std::size_t> state(std::string_view code) const;
};

enum class Serve : std::uint8_t { in_order, by_share, top };
BOOST_DESCRIBE_ENUM(Serve, in_order, by_share, top)

struct OrderBy {
  Expression by;  // int, decimal or timestamp
  bool descending = false;
};

struct Queue {
  std::string code;
  Title title;
  std::string workflow;
  std::vector<Role> roles;
  std::vector<OrderBy> order;
  Serve serve = Serve::in_order;
  Expression demand;          // in_order; none: 1
  Expression weight;          // by_share
  std::uint32_t percent = 0;  // top
  std::string act;
  std::optional<std::size_t> gives;  // a decimal field of the workflow
  Provenance provenance;
};

}  // namespace tally::contracts
