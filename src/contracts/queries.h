// Purpose: what people may ask about the state: accounts, histories, boards, cases, units, officers, rulebooks.
// Read-only, over one consistent moment of the store. Who may ask what is the API's affair.
// Thread rule: const and thread-safe; the reader belongs to the caller.
// Errors: not_registered, not_found, rule_unknown (no such gate), invalid_field (cursor), too_large (a walk that
// would not end), storage_failed. The field names what was asked for.
// Bounds: every call reads at most limits::kPageRowsMax rows, village_share at most kShareAccountsMax, work also all
// values of the case's lists, queue all cases that wait in the unit. Pages that filter may come back empty with a
// cursor: go on until there is none.
#pragma once

#include "contracts/rulebook.h"
#include "contracts/work_views.h"
#include "storage/store.h"

namespace tally::contracts {

inline constexpr std::size_t kShareAccountsMax = 20000;
inline constexpr std::size_t kAccountCasesMax = 1000;

struct CaseView {
  std::uint64_t number = 0;
  CaseRecord record;
  bool operator==(const CaseView&) const = default;
};
BOOST_DESCRIBE_STRUCT(CaseView, (), (number, record))

// A gate's decision for one account, with reasons and what would change it. `pending` is what open cases would
// take, so that nobody relies on a score that is about to change.
struct GateView {
  std::string code;
  Title title;
  GateEffect effect = GateEffect::restricts;
  bool passes = false;
  bool passes_after_pending = false;
  std::optional<Amount> at_least;
  Title reason;
  std::vector<Title> would_change;
  std::optional<Amount> value;  // what it grants; absent if it does not pass
  std::string value_unit;
  bool operator==(const GateView&) const = default;
};
BOOST_DESCRIBE_STRUCT(GateView, (),
                      (code, title, effect, passes, passes_after_pending, at_least, reason, would_change, value,
                       value_unit))

struct BookScore {
  BookCode book;
  Amount score;
  bool operator==(const BookScore&) const = default;
};
BOOST_DESCRIBE_STRUCT(BookScore, (), (book, score))

struct AccountView {
  RulebookId rulebook;
  std::uint32_t version = 1;  // of the rulebook whose bands and gates these are
  std::uint32_t scale = 0;
  SubjectHandle subject;
  SubjectKind kind = SubjectKind::household;
  UnitId unit;
  BookCode book;
  Amount score;
  std::uint64_t entries = 0;
  Digest history;
  std::uint32_t stars = 1;
  std::optional<RatingRecord> rating;  // the last; absent where the book is not rated, or not yet
  Title band;
  std::vector<Benefit> benefits;
  Amount pending;  // sum of what open cases would take; zero or negative
  std::vector<GateView> gates;
  std::vector<CaseView> open_cases;
  std::vector<BookScore> other_books;  // that the subject has accounts in under this rulebook
  bool operator==(const AccountView&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccountView, (),
                      (rulebook, version, scale, subject, kind, unit, book, score, entries, history, stars, rating,
                       band, benefits, pending, gates, open_cases, other_books))

struct EntryView {
  std::uint64_t index = 0;
  Entry entry;
  std::optional<std::uint64_t> taken_back_by;
  bool operator==(const EntryView&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryView, (), (index, entry, taken_back_by))

struct HistoryPage {
  std::uint32_t scale = 0;
  std::vector<EntryView> entries;     // newest first
  std::optional<std::uint64_t> next;  // ask for entries before this index
};
BOOST_DESCRIBE_STRUCT(HistoryPage, (), (scale, entries, next))

template <class Row>
struct Page {
  std::vector<Row> rows;
  std::optional<std::string> next;  // cursor
};

// A notice board names stars, never scores.
struct BoardRow {
  SubjectHandle subject;
  UnitId unit;
  std::uint32_t stars = 1;
};
BOOST_DESCRIBE_STRUCT(BoardRow, (), (subject, unit, stars))

struct UnderGateRow {
  SubjectHandle subject;
  UnitId unit;
  Amount score;
  std::uint32_t stars = 1;
};
BOOST_DESCRIBE_STRUCT(UnderGateRow, (), (subject, unit, score, stars))

struct UnitView {
  UnitId unit;
  UnitRecord record;
};
BOOST_DESCRIBE_STRUCT(UnitView, (), (unit, record))

struct OfficerView {
  PersonId person;
  OfficerRecord record;
};
BOOST_DESCRIBE_STRUCT(OfficerView, (), (person, record))

struct SubjectView {
  SubjectHandle subject;
  SubjectRecord record;
};
BOOST_DESCRIBE_STRUCT(SubjectView, (), (subject, record))

struct RulebookView {
  RulebookId rulebook;
  RulebookRecord record;
};
BOOST_DESCRIBE_STRUCT(RulebookView, (), (rulebook, record))

// Of a credit village, what the ledger can know; the declared figures stand beside it.
struct ShareView {
  std::uint32_t stars_at_least = 1;
  std::uint32_t share_percent = 100;
  std::uint64_t accounts = 0;
  std::uint64_t at_or_above = 0;
  bool reached = false;  // at_or_above >= share_percent of accounts, and there are any
  std::vector<DeclaredFigure> declared;
};
BOOST_DESCRIBE_STRUCT(ShareView, (), (stars_at_least, share_percent, accounts, at_or_above, reached, declared))

class Queries {
 public:
  using Reader = storage::Reader;

  // `now` is the head's block time: bands and gates are those in force then. `book` may be empty: the main book of the
  // subject's kind.
  Result<AccountView> account(const Reader& reader, const RulebookId& rulebook, std::string_view book,
                              const SubjectHandle& subject, TimestampMs now) const;
  // Entries with an index below `before` (all if absent), newest first.
  Result<HistoryPage> history(const Reader& reader, const RulebookId& rulebook, std::string_view book,
                              const SubjectHandle& subject, std::optional<std::uint64_t> before,
                              std::size_t rows) const;
  // The account that the two above speak of.
  Result<AccountId> account_id(const Reader& reader, const RulebookId& rulebook, std::string_view book,
                               const SubjectHandle& subject, TimestampMs now) const;
  // Accounts of the unit and below that the rulebook's notice board shows; none if it has no board.
  Result<Page<BoardRow>> notice_board(const Reader& reader, const RulebookId& rulebook, const UnitId& unit,
                                      TimestampMs now, std::optional<std::string> cursor, std::size_t rows) const;
  // Accounts of the unit and below that do not pass the gate. For officers of the unit.
  Result<Page<UnderGateRow>> under_gate(const Reader& reader, const RulebookId& rulebook, const UnitId& unit,
                                        std::string_view gate, TimestampMs now, std::optional<std::string> cursor,
                                        std::size_t rows) const;
  Result<ShareView> village_share(const Reader& reader, const RulebookId& rulebook, const UnitId& unit,
                                  TimestampMs now) const;

  // Newest first within a unit; the unit itself before those below it.
  Result<Page<CaseView>> cases_of_unit(const Reader& reader, const UnitId& unit, bool open_only,
                                       std::optional<std::string> cursor, std::size_t rows) const;
  Result<std::vector<CaseView>> cases_of_subject(const Reader& reader, const SubjectHandle& subject) const;
  Result<CaseView> case_of(const Reader& reader, std::uint64_t number) const;

  // Cases of workflows. not_found: no such case, or it is a deduction.
  Result<WorkView> work(const Reader& reader, std::uint64_t number) const;
  Result<WorkRecord> work_record(const Reader& reader, std::uint64_t number) const;
  // Acts of the case with an index below `before` (all if absent), newest first.
  Result<ActPage> work_acts(const Reader& reader, std::uint64_t number, std::optional<std::uint64_t> before,
                            std::size_t rows) const;
  // Newest first within a unit; the unit itself before those below it.
  Result<Page<WorkRow>> work_of_unit(const Reader& reader, const UnitId& unit, bool open_only,
                                     std::optional<std::string> cursor, std::size_t rows) const;
  Result<Page<WorkRow>> work_of_subject(const Reader& reader, const SubjectHandle& subject, bool open_only,
                                        std::optional<std::string> cursor, std::size_t rows) const;
  // How many cases of the subject are in a state of a workflow.
  Result<std::uint64_t> work_count(const Reader& reader, const RulebookId& rulebook, std::string_view workflow,
                                   std::string_view state, const SubjectHandle& subject) const;
  // Cases of the unit and below that wait, in the order in which an allocation at `now` would take them. The cursor is
  // the last place. Errors beside the others: those of the queue's expressions.
  Result<Page<QueueRow>> queue(const Reader& reader, const RulebookId& rulebook, std::string_view queue,
                               const UnitId& unit, TimestampMs now, const std::optional<std::string>& cursor,
                               std::size_t rows) const;
  // Oldest first, also those that are paid.
  Result<Page<ObligationView>> obligations(const Reader& reader, const SubjectHandle& subject,
                                           std::optional<std::string> cursor, std::size_t rows) const;
  // Newest first.
  Result<Page<NoticeView>> notices(const Reader& reader, const SubjectHandle& subject,
                                   std::optional<std::string> cursor, std::size_t rows) const;

  // The unit itself and all below it.
  Result<Page<UnitView>> units(const Reader& reader, const UnitId& unit, std::optional<std::string> cursor,
                               std::size_t rows) const;
  // Every unit there is.
  Result<Page<UnitView>> all_units(const Reader& reader, std::optional<std::string> cursor, std::size_t rows) const;
  Result<Page<OfficerView>> officers(const Reader& reader, const UnitId& unit, std::optional<std::string> cursor,
                                     std::size_t rows) const;
  Result<Page<SubjectView>> subjects(const Reader& reader, const UnitId& unit, std::optional<std::string> cursor,
                                     std::size_t rows) const;
  // nullopt: the key is nobody's, or was revoked.
  Result<std::optional<OfficerView>> officer_by_key(const Reader& reader, const PublicKey& key) const;
  Result<OfficerView> officer(const Reader& reader, const PersonId& person) const;
  Result<std::optional<SubjectHandle>> subject_by_key(const Reader& reader, const PublicKey& key) const;
  Result<SubjectView> subject(const Reader& reader, const SubjectHandle& subject) const;

  Result<std::vector<RulebookView>> rulebooks(const Reader& reader) const;
  Result<std::string> rulebook_text(const Reader& reader, const RulebookId& rulebook, std::uint32_t version) const;
  // Compiled: the version in force at `time`.
  Result<RulebookPtr> rulebook_at(const Reader& reader, const RulebookId& rulebook, TimestampMs time) const;
  Result<RulebookPtr> rulebook_version(const Reader& reader, const RulebookId& rulebook, std::uint32_t version) const;

 private:
  template <class Wanted>
  Result<RulebookPtr> compiled_version(const Reader& reader, const RulebookId& rulebook, const Wanted& wanted) const;

  mutable RulebookMemo memo_;
};

}  // namespace tally::contracts
