// Purpose: what an audit tells about a chain: one described struct gives the JSON form; text and page are made from it.
// Thread rule: plain values. Bounds: every list is cut at a stated length and says how many it left out.
// Numbers are integers; shares are permille. Times are block times, as text, in UTC; hours of day are UTC+8.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/amount.h"
#include "ledger/audit.h"

namespace tally::report {

inline constexpr std::size_t kFindingsShown = 50;  // of each list
inline constexpr std::size_t kLinesShown = 100;    // of each table
inline constexpr std::size_t kTopChanges = 20;
inline constexpr std::size_t kPeriodsShown = 48;  // in the plot of activity
// Bounds of the lists; docs/reports.md names them.
inline constexpr std::uint64_t kOldEventDays = 30;        // an event so long before its block
inline constexpr std::uint64_t kLateObjectionHours = 24;  // before the window closes
inline constexpr std::uint32_t kEvidenceReuse = 3;        // entries with one document
inline constexpr std::uint64_t kOfficerOperations = 10;   // fewer are not judged
inline constexpr std::size_t kPeers = 3;                  // fewer are no measure
inline constexpr std::uint64_t kTimesMedian = 2;          // a figure above so many times the peers' median
inline constexpr std::uint64_t kPermilleFloor = 100;      // and above the median by so much
inline constexpr unsigned kNightFrom = 22;                // hours of UTC+8
inline constexpr unsigned kNightUntil = 6;

struct Activity {
  std::string from;  // a day
  std::uint64_t awards = 0;
  std::uint64_t deductions = 0;  // proposed
  std::uint64_t others = 0;
  std::uint64_t refused = 0;
};
BOOST_DESCRIBE_STRUCT(Activity, (), (from, awards, deductions, others, refused))

struct RuleLine {
  std::string rulebook;
  std::string rule;
  std::string title_zh;
  std::string title_en;
  std::uint64_t entries = 0;
  Amount points;
  std::string points_text;
};
BOOST_DESCRIBE_STRUCT(RuleLine, (), (rulebook, rule, title_zh, title_en, entries, points, points_text))

struct PairLine {
  std::string proposer;
  std::string endorser;
  std::uint64_t entries = 0;
  std::uint64_t permille = 0;  // of what the proposer had endorsed
};
BOOST_DESCRIBE_STRUCT(PairLine, (), (proposer, endorser, entries, permille))

struct GateLine {
  std::string rulebook;
  std::string gate;
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;  // questions that were not answered
  std::uint64_t askers = 0;   // different officers
};
BOOST_DESCRIBE_STRUCT(GateLine, (), (rulebook, gate, passed, failed, refused, askers))

struct OfficerLine {
  std::string person;
  std::string title;
  std::string unit;
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;
  std::uint64_t awards = 0;      // entries
  std::uint64_t deductions = 0;  // entries
  Amount awarded;
  std::uint64_t night = 0;  // operations
  std::vector<std::uint64_t> hours;
};
BOOST_DESCRIBE_STRUCT(OfficerLine, (),
                      (person, title, unit, operations, refused, awards, deductions, awarded, night, hours))

struct Courses {
  std::uint64_t opened = 0;
  std::uint64_t proposed = 0;  // and waiting, at the end; so are the next two
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
};
BOOST_DESCRIBE_STRUCT(Courses, (),
                      (opened, proposed, endorsed, disputed, effective, dropped, lapsed, expired, reversed, objections,
                       upheld, dismissed))

struct ReplicaLine {
  std::uint32_t replica = 0;
  std::uint64_t certificates = 0;  // with its signature
  std::uint64_t blocks = 0;        // that it proposed
};
BOOST_DESCRIBE_STRUCT(ReplicaLine, (), (replica, certificates, blocks))

struct Finding {
  std::uint64_t height = 0;
  std::string transaction;
  std::string subject;
  std::string rule;
  std::string who;
  std::string when;
  std::string why;
};
BOOST_DESCRIBE_STRUCT(Finding, (), (height, transaction, subject, rule, who, when, why))

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

inline constexpr std::uint32_t kReportVersion = 1;  // of the JSON form

struct Facts {
  std::uint32_t version = kReportVersion;
  ledger::AuditVerdict verdict;
  std::string first_block;
  std::string last_block;
  Totals totals;
  std::string period;  // of the activity: day, week, month, year
  std::vector<Activity> activity;
  std::vector<RuleLine> rules;
  std::uint64_t rules_left_out = 0;
  std::vector<PairLine> pairs;
  std::uint64_t pairs_left_out = 0;
  std::vector<GateLine> gates;
  std::vector<OfficerLine> officers;
  std::uint64_t officers_left_out = 0;
  Courses deductions;
  std::vector<ReplicaLine> replicas;
  std::vector<FindingList> lists;
};
BOOST_DESCRIBE_STRUCT(Facts, (),
                      (version, verdict, first_block, last_block, totals, period, activity, rules, rules_left_out,
                       pairs, pairs_left_out, gates, officers, officers_left_out, deductions, replicas, lists))

// The forms. Nothing in the facts is trusted: titles come from rulebooks.
std::string text_report(const Facts& facts);
std::string json_report(const Facts& facts);
// One file that needs nothing else: no scripts, fonts or pictures from elsewhere.
std::string html_report(const Facts& facts);

}  // namespace tally::report
