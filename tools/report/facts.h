// Purpose: what an audit tells about a chain: one described struct gives the JSON form; text and page are made from it.
// Thread rule: plain values. Bounds: every table and list is cut at a stated length and says how many it left out.
// Numbers are integers, shares are permille rounded down; points are exact. Times are block times, as text, in UTC.
// Invariant: of a chain that holds, nothing here depends on when, where, with which options or from whose copy it was
// audited. Certificates differ from copy to copy (any quorum's signatures make one), so nothing of them is counted.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/amount.h"
#include "ledger/audit.h"

namespace tally::report {

// docs/reports.md names these bounds.
inline constexpr std::size_t kFindingsShown = 50;          // of each list
inline constexpr std::size_t kLinesShown = 100;            // of each table
inline constexpr std::size_t kPeriodsShown = 48;           // of the activity
inline constexpr std::uint64_t kJudgedFrom = 10;           // a share of fewer is not judged
inline constexpr unsigned kNightFrom = 22;                 // hours of the day, UTC+8
inline constexpr unsigned kNightUntil = 6;                 // the first that is no night
inline constexpr std::uint64_t kLocalOffsetMs = 28800000;  // UTC+8

struct Activity {
  std::string from;  // a day
  std::uint64_t awards = 0;
  std::uint64_t deductions = 0;  // proposed
  std::uint64_t others = 0;
  std::uint64_t refused = 0;  // whatever they were, also because another of their transaction was refused
};
BOOST_DESCRIBE_STRUCT(Activity, (), (from, awards, deductions, others, refused))

struct RuleLine {
  std::string rulebook;
  std::string rule;  // or the kind of an entry that no rule made: "opening"
  std::string title_zh;
  std::string title_en;
  std::uint64_t entries = 0;
  std::optional<Amount> points;  // what they changed together; absent if it does not fit
  std::string points_text;
};
BOOST_DESCRIBE_STRUCT(RuleLine, (), (rulebook, rule, title_zh, title_en, entries, points, points_text))

struct PairLine {
  std::string proposer;
  std::string proposer_post;
  std::string endorser;
  std::string endorser_post;
  std::uint64_t proposals = 0;
  std::uint64_t permille = 0;  // of what the proposer had endorsed
};
BOOST_DESCRIBE_STRUCT(PairLine, (), (proposer, proposer_post, endorser, endorser_post, proposals, permille))

struct GateLine {
  std::string rulebook;
  std::string gate;
  std::string title_zh;
  std::string title_en;
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;  // questions that got no answer
  std::uint64_t askers = 0;   // different officers
};
BOOST_DESCRIBE_STRUCT(GateLine, (), (rulebook, gate, title_zh, title_en, passed, failed, refused, askers))

struct OfficerLine {
  std::string person;
  std::string post;
  std::string unit;
  std::uint64_t operations = 0;  // signed first, and executed
  std::uint64_t refused = 0;     // of them, for themselves
  std::uint64_t night = 0;       // of them
  std::uint64_t awards = 0;      // proposed, and entered
  std::uint64_t deductions = 0;  // proposed, and opened as a case
  std::uint64_t chosen = 0;      // of both, under rules that leave an amount or a quantity to choose
  std::uint64_t at_limit = 0;    // of these, at the most that the rule allows
  std::uint64_t endorsed = 0;    // proposals that somebody endorsed
  std::vector<std::uint64_t> hours;
};
BOOST_DESCRIBE_STRUCT(OfficerLine, (),
                      (person, post, unit, operations, refused, night, awards, deductions, chosen, at_limit, endorsed,
                       hours))

// Deductions' cases as they stand at the end, and what became of objections.
struct Courses {
  std::uint64_t opened = 0;
  std::uint64_t proposed = 0;
  std::uint64_t endorsed = 0;
  std::uint64_t disputed = 0;
  std::uint64_t effective = 0;
  std::uint64_t dropped = 0;
  std::uint64_t lapsed = 0;
  std::uint64_t expired = 0;
  std::uint64_t reversed = 0;
  std::uint64_t objections = 0;
  std::uint64_t upheld = 0;
  std::uint64_t dismissed = 0;
  std::uint64_t unresolved = 0;  // nobody decided in time
};
BOOST_DESCRIBE_STRUCT(Courses, (),
                      (opened, proposed, endorsed, disputed, effective, dropped, lapsed, expired, reversed, objections,
                       upheld, dismissed, unresolved))

struct ReplicaLine {
  std::uint32_t replica = 0;  // its place in the validator set of the epoch
  std::uint64_t blocks = 0;   // whose batch it proposed
};
BOOST_DESCRIBE_STRUCT(ReplicaLine, (), (replica, blocks))

// What does not apply is empty, and the height 0.
struct Finding {
  std::uint64_t height = 0;
  std::string when;
  std::string who;  // a person's id, or "subject" and a handle, or "key" and a public key that is nobody's
  std::string post;
  std::string subject;
  std::string rule;
  std::string transaction;
  std::string why;
};
BOOST_DESCRIBE_STRUCT(Finding, (), (height, when, who, post, subject, rule, transaction, why))

struct FindingList {
  std::string code;
  std::string title;
  std::string bound;  // what puts something on it
  std::uint64_t found = 0;
  std::vector<Finding> shown;
};
BOOST_DESCRIBE_STRUCT(FindingList, (), (code, title, bound, found, shown))

struct Totals {
  std::uint64_t transactions = 0;
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;  // of them
  std::uint64_t entries = 0;
  std::uint64_t accounts = 0;
  std::uint64_t units = 0;
};
BOOST_DESCRIBE_STRUCT(Totals, (), (transactions, operations, refused, entries, accounts, units))

// What the audit came to, without what depends on the copy (ledger/audit.h).
struct Verdict {
  bool passed = false;
  ChainId chain;
  std::string network;
  ledger::ClockMode clock = ledger::ClockMode::real;
  std::uint64_t blocks = 0;
  std::uint64_t transactions = 0;
  std::uint64_t operations = 0;
  std::uint64_t client_signatures = 0;
  std::uint64_t validator_sets = 0;  // that the history went through, with the next one
  std::uint64_t verified_until = 0;
  std::optional<ledger::AuditFailure> failure;
};
BOOST_DESCRIBE_STRUCT(Verdict, (),
                      (passed, chain, network, clock, blocks, transactions, operations, client_signatures,
                       validator_sets, verified_until, failure))

// Up to where the figures go. In a chain that holds this is its head.
struct Head {
  std::uint64_t height = 0;
  Digest header;
  Digest state_root;
  std::string first_time;  // of block 1
  std::string time;
};
BOOST_DESCRIBE_STRUCT(Head, (), (height, header, state_root, first_time, time))

inline constexpr std::uint32_t kReportVersion = 1;  // of the JSON form

struct Facts {
  std::uint32_t version = kReportVersion;
  Verdict verdict;
  Head head;
  Totals totals;
  std::string period;  // of the activity: day, week, month or year
  std::vector<Activity> activity;
  std::uint64_t activity_left_out = 0;  // of the oldest
  std::vector<RuleLine> rules;
  std::uint64_t rules_left_out = 0;
  std::vector<PairLine> pairs;
  std::uint64_t pairs_left_out = 0;
  std::vector<GateLine> gates;
  std::uint64_t gates_left_out = 0;
  std::vector<OfficerLine> officers;
  std::uint64_t officers_left_out = 0;
  Courses deductions;
  std::vector<ReplicaLine> replicas;
  std::vector<FindingList> lists;
};
BOOST_DESCRIBE_STRUCT(Facts, (),
                      (version, verdict, head, totals, period, activity, activity_left_out, rules, rules_left_out,
                       pairs, pairs_left_out, gates, gates_left_out, officers, officers_left_out, deductions, replicas,
                       lists))

// The forms. Nothing in the facts is trusted: titles come from rulebooks.
std::string text_report(const Facts& facts);
std::string json_report(const Facts& facts);
// One file that needs nothing else: no scripts, fonts or pictures from elsewhere. It is well-formed XML, too.
std::string html_report(const Facts& facts);

}  // namespace tally::report
