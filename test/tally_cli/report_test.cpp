// The report of an audit: what is planted in a chain stands on its list and what merely looks like it does not; the
// page is well formed, holds nothing live, and is the same bytes for the same chain.
#include <filesystem>
#include <set>

#include "common/json.h"
#include "common/time.h"
#include "ledger/chain_file.h"
#include "report/gather.h"
#include "report/statistics.h"
#include "tally_cli/harness.h"
#include "tally_cli/report_chain.h"

namespace tally::test {

namespace {

using report::Facts;
using report::List;

const report::FindingList& list_of(const Facts& facts, List which) {
  return facts.lists.at(static_cast<std::size_t>(which));
}

std::vector<std::string> why_of(const Facts& facts, List which) {
  std::vector<std::string> out;
  for (const auto& one : list_of(facts, which).shown) out.push_back(one.post + ": " + one.why);
  return out;
}

const std::string kVillage = R"(# people of one village
unit yingshan county
unit yingshan/qingzhen town
unit yingshan/qingzhen/ludishao village
officer registrar in qingzhen as registrar
officer accountant in ludishao as recorder
officer secretary in ludishao as endorser
officer warden in ludishao as recorder endorser
officer arbiter in qingzhen as arbiter
officer banker in qingzhen as bank_officer
household wang in ludishao with key
household li in ludishao with key
account wang
account li
)";

const std::string kYear = kVillage + R"(on 2026-03-01
accountant awards wang QZ7 evidence c1 as spring
accountant awards li QZ9 quantity 40 evidence c2
banker asks loan about wang reason "spring"
banker asks nothing about wang reason "spring" -> refused rule_unknown
accountant reverses spring reason "wrong" -> refused missing_role "has one signer"
accountant with banker reverses spring reason "wrong" -> refused missing_role
banker awards wang QZ7 evidence c3 -> refused missing_role
accountant deducts wang QZ3 reason "broken" -> refused evidence_missing
accountant awards wang QZ7 -> refused evidence_missing
warden deducts wang QZ3 evidence e1 reason "broken" as breach
warden endorses breach -> refused same_person
wang objects to breach reason "too early" -> refused wrong_state
secretary endorses breach
accountant deducts li QZ3 evidence e2 reason "broken" as second
secretary endorses second
li objects to second reason "in time"
li objects to second reason "twice" -> refused wrong_state
arbiter resolves second dismissed reason "it was so"
accountant with secretary deducts li QZ5 evidence e3 reason "elders" as third
li objects to third reason "in time"
after 11 days
wang objects to breach reason "too late" -> refused wrong_state
expect case breach effective
after 60 days
expect case third dropped
expect score wang 93.0
)";

// Well-formed XML in the form that browsers take as HTML, too; empty if so, else what is wrong.
class Markup {
 public:
  explicit Markup(std::string_view text) : rest_(text) {}

  std::string complaint() {
    if (!rest_.starts_with("<!DOCTYPE html>\n")) return "no document type";
    rest_.remove_prefix(16);
    while (!rest_.empty() && problem_.empty()) rest_.front() == '<' ? tag() : words();
    if (problem_.empty() && !open_.empty()) problem_ = open_.back() + " is not closed";
    return problem_;
  }
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }

 private:
  void words() {
    const auto end = std::min(rest_.find('<'), rest_.size());
    check_text(rest_.substr(0, end));
    rest_.remove_prefix(end);
  }
  void check_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (static_cast<unsigned char>(text[i]) < 0x20 && text[i] != '\n') problem_ = "a control character";
      if (text[i] == '>') problem_ = "a bare > in " + std::string(text);
      if (text[i] != '&') continue;
      const auto name = text.substr(i, text.find(';', i) - i + 1);
      if (name != "&amp;" && name != "&lt;" && name != "&gt;" && name != "&quot;" && name != "&#39;")
        problem_ = "a bare & in " + std::string(text);
    }
  }
  void tag() {
    const auto end = rest_.find('>');
    if (end == rest_.npos) return void(problem_ = "a tag without an end");
    std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (inside.starts_with("/")) {
      if (open_.empty() || open_.back() != inside.substr(1)) return void(problem_ = "closes " + std::string(inside));
      return open_.pop_back();
    }
    const bool alone = inside.ends_with("/");
    if (alone) inside.remove_suffix(1);
    const std::string name(inside.substr(0, inside.find(' ')));
    names_.insert(name);
    inside.remove_prefix(name.size());
    attributes(inside);
    if (name == "style") rest_.remove_prefix(rest_.find("</style>"));
    if (!alone) open_.push_back(name);
  }
  void attributes(std::string_view inside) {
    std::set<std::string_view> seen;
    while (!inside.empty() && problem_.empty()) {
      const auto equals = inside.find("=\"");
      const auto close = equals == inside.npos ? inside.npos : inside.find('"', equals + 2);
      if (inside.front() != ' ' || close == inside.npos)
        return void(problem_ = "an attribute in " + std::string(inside));
      const auto name = inside.substr(1, equals - 1);
      const auto value = inside.substr(equals + 2, close - equals - 2);
      if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzB-0123456789") != name.npos || name.starts_with("on") ||
          !seen.insert(name).second)
        problem_ = "attribute " + std::string(name);
      if (value.find('<') != value.npos) problem_ = "a bare < in " + std::string(value);
      check_text(value);
      if (name == "id" && !ids_.insert(std::string(value)).second) problem_ = "id " + std::string(value) + " twice";
      inside.remove_prefix(close + 1);
    }
  }

  std::string_view rest_;
  std::string problem_;
  std::vector<std::string> open_;
  std::set<std::string> names_;
  std::set<std::string> ids_;
};

}  // namespace

TEST_CASE("each list of a report has what was planted and nothing that merely looks like it") {
  const Facts facts = facts_of(played(kYear));
  REQUIRE(facts.verdict.passed);
  const auto single = why_of(facts, List::single_signer);
  REQUIRE(single.size() == 1);
  CHECK(single[0].starts_with("accountant: reverse: "));
  const auto same = why_of(facts, List::same_person);
  REQUIRE(same.size() == 1);
  CHECK(same[0].starts_with("warden: endorse: "));
  CHECK(list_of(facts, List::same_person).shown[0].rule == "QZ3");
  CHECK_FALSE(list_of(facts, List::same_person).shown[0].subject.empty());
  const auto evidence = why_of(facts, List::no_evidence);
  REQUIRE(evidence.size() == 1);
  CHECK(evidence[0].starts_with("accountant: deduct: "));
  CHECK(list_of(facts, List::late_objection).found == 1);
  const auto& late = list_of(facts, List::late_objection).shown.at(0);
  CHECK(late.who == "subject " + late.subject);
  CHECK(late.why.starts_with("the window of case 1 had closed"));
  CHECK(late.when.starts_with("2026-03-12"));
  CHECK(list_of(facts, List::past_term).found == 0);
  CHECK(list_of(facts, List::officer).found == 0);
  CHECK(list_of(facts, List::rater).found == 0);
}

TEST_CASE("a report's tables add up to what was audited") {
  const Facts facts = facts_of(played(kYear));
  CHECK(facts.head.height == facts.verdict.verified_until);
  CHECK(facts.head.time.starts_with("2026-05-11T00:00:00"));
  CHECK(facts.totals.transactions == facts.verdict.transactions);
  CHECK(facts.totals.operations == facts.verdict.operations);
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;
  for (const auto& one : facts.activity) {
    operations += one.awards + one.deductions + one.others + one.refused;
    refused += one.refused;
  }
  CHECK(operations == facts.verdict.operations);
  CHECK(refused == facts.totals.refused);
  CHECK(refused == 10);
  std::uint64_t entries = 0;
  for (const auto& one : facts.rules) entries += one.entries;
  CHECK(entries == facts.totals.entries);
  CHECK(facts.totals.accounts == 2);
  CHECK(facts.totals.units == 3);
  const auto rule =
      std::find_if(facts.rules.begin(), facts.rules.end(), [](const auto& it) { return it.rule == "QZ3"; });
  REQUIRE(rule != facts.rules.end());
  CHECK(rule->entries == 2);
  CHECK(rule->points_text == "-20.0");
  CHECK(facts.deductions.opened == 3);
  CHECK(facts.deductions.effective == 2);
  CHECK(facts.deductions.dropped == 1);
  CHECK(facts.deductions.objections == 2);
  CHECK(facts.deductions.dismissed == 1);
  CHECK(facts.deductions.unresolved == 1);
  REQUIRE(facts.gates.size() == 1);
  CHECK(facts.gates[0].passed == 1);
  CHECK(facts.gates[0].failed + facts.gates[0].refused == 0);
  CHECK(facts.gates[0].askers == 1);
  REQUIRE(facts.pairs.size() == 2);
  CHECK(facts.pairs[0].proposer_post == "accountant");
  CHECK(facts.pairs[0].proposals == 2);
  CHECK(facts.pairs[0].permille == 1000);
  REQUIRE(facts.officers.size() >= 4);
  CHECK(facts.officers[0].post == "accountant");
  CHECK(facts.officers[0].chosen == 1);
  CHECK(facts.officers[0].at_limit == 1);
  REQUIRE(facts.replicas.size() == 1);
  CHECK(facts.replicas[0].blocks == facts.verdict.blocks);
}

TEST_CASE("a report looks at terms and evidence itself and not at what the engine did about them") {
  Replayed replayed(played(kYear));
  auto& store = *replayed.store;
  // As if a timer had not fired: the entry's event lies five years and a day back. And one whose term ends later.
  const auto entries = replayed.deduction_entries();
  REQUIRE(entries.size() == 2);
  storage::WriteBatch batch;
  auto past = entries[0];
  past.entry.event_time = TimestampMs{replayed.last.value - 1827 * kDayMs};
  past.entry.block_time = TimestampMs{past.entry.event_time.value + 20 * kDayMs};
  batch.put(storage::Column::history, past.key, encode(past.entry));
  auto present = entries[1];
  present.entry.event_time = TimestampMs{replayed.last.value - 1825 * kDayMs};
  present.entry.block_time = TimestampMs{present.entry.event_time.value + 20 * kDayMs};
  batch.put(storage::Column::history, present.key, encode(present.entry));
  auto bare = replayed.deduction_case(3);
  bare.evidence = {};
  batch.put(storage::Column::state, contracts::case_key(3), encode(bare));
  REQUIRE(store.write(batch, storage::Sync::no).has_value());
  const Facts facts = replayed.look_again();
  const auto terms = why_of(facts, List::past_term);
  REQUIRE(terms.size() == 1);
  CHECK(terms[0].find("its term ended at 2026-") != std::string::npos);
  CHECK(list_of(facts, List::past_term).shown[0].subject == past.subject);
  const auto evidence = why_of(facts, List::no_evidence);
  REQUIRE(evidence.size() == 2);
  CHECK(evidence[1] == "accountant: case 3 names no evidence");

  // Taken back is not standing; and what began after its term is told, taken back or not.
  storage::WriteBatch more;
  more.put(storage::Column::state, contracts::taken_back_key(past.account, past.index), encode(std::uint64_t{9}));
  present.entry.event_time = TimestampMs{present.entry.block_time.value - 1827 * kDayMs};
  more.put(storage::Column::history, present.key, encode(present.entry));
  REQUIRE(store.write(more, storage::Sync::no).has_value());
  const auto again = why_of(replayed.look_again(), List::past_term);
  REQUIRE(again.size() == 1);
  CHECK(again[0].find("took effect although its term had ended") != std::string::npos);
}

TEST_CASE("an officer far from the others stands out and one just as far as allowed does not") {
  std::string scenario = kVillage;
  for (const char* name : {"r1", "r2", "r3", "r4", "r5", "r6"})
    scenario += std::string("officer ") + name + " in ludishao as recorder\n";
  scenario += "on 2026-03-01\n";
  int paper = 0;
  const auto award = [&](const char* who, int times) {
    for (int i = 0; i < times; ++i)
      scenario += std::string(who) + " awards li QZ7 evidence p" + std::to_string(++paper) + "\n";
  };
  for (const char* who : {"r1", "r2", "r3"}) award(who, 10);
  award("r4", 9);
  scenario += "on 2026-03-10T16:00:00Z\n";  // midnight in the village
  award("r4", 1);
  award("r5", 10);
  award("r6", 9);
  const Facts facts = facts_of(played(scenario));
  const auto found = why_of(facts, List::officer);
  REQUIRE(found.size() == 1);
  CHECK(found[0] ==
        "r5: 10 of 10 operations at night, which is 1000 permille; of 5 officers the median is 0, the median deviation "
        "from it 0");
}

TEST_CASE("raters who always say the same and raters far from the others are told apart from the rest") {
  std::string scenario = kVillage;
  for (const char* name : {"r1", "r2", "r3", "r4", "same", "harsh", "seldom"})
    scenario += std::string("household ") + name + " in ludishao with key\n";
  scenario += "on 2026-03-01\naccountant starts plot for wang as plot-1\n";
  for (int day = 0; day < 10; ++day) {
    const auto rate = [&](const char* who, int mark) {
      scenario += std::string(who) + " does rate in plot-1 giving stars=" + std::to_string(mark) + "\n";
    };
    for (const char* who : {"r1", "r2", "r3"}) rate(who, day % 2 == 0 ? 3 : 4);
    rate("r4", day < 4 ? 4 : 3);
    rate("same", 3);
    rate("harsh", day % 2 == 0 ? 1 : 2);
    if (day < 9) rate("seldom", 5);
    scenario += "after 1 day\n";
  }
  const Facts facts = facts_of(played(scenario, with_ratings()));
  const auto& list = list_of(facts, List::rater);
  REQUIRE(list.found == 2);
  std::string told = list.shown[0].why + "\n" + list.shown[1].why;
  CHECK(told.find("gave the same mark all 10 times in \"stars\" (qingzhen plot stars); so did 1 of 6 raters") !=
        std::string::npos);
  CHECK(
      told.find("the mean of 10 marks in \"stars\" (qingzhen plot stars) is at 125 permille of the range from 1 to 5; "
                "of 6 raters the median is ") != std::string::npos);
  CHECK(list.shown[0].who.starts_with("subject "));
}

TEST_CASE("medians and deviations are those that one counts by hand") {
  using report::Side;
  CHECK(report::median({}) == 0);
  CHECK(report::median({7}) == 7);
  CHECK(report::median({9, 1, 5}) == 5);
  CHECK(report::median({9, 1, 5, 3}) == 3);
  const auto peers = report::peers_of({100, 120, 140, 160, 900});
  CHECK(peers.count == 5);
  CHECK(peers.median == 140);
  CHECK(peers.deviation == 20);  // of 40 20 0 20 760
  CHECK_FALSE(report::unlike(240, peers, Side::above));
  CHECK(report::unlike(241, peers, Side::above));
  CHECK_FALSE(report::unlike(39, peers, Side::above));
  CHECK(report::unlike(39, peers, Side::either));
  const report::Peers wide{4, 500, 50};
  CHECK_FALSE(report::unlike(750, wide, Side::above));
  CHECK(report::unlike(751, wide, Side::above));
  CHECK_FALSE(report::unlike(900, {3, 0, 0}, Side::above));
  CHECK(report::permille(1, 3) == 333);
  CHECK(report::permille(0, 0) == 0);
  CHECK(report::permille(~0ULL, ~0ULL) == 1000);
  CHECK(report::permille(~0ULL / 2, ~0ULL) == 499);
}

TEST_CASE("a report's page is well formed and holds no text of the chain as markup") {
  const std::string hostile = "</title><script>alert(1)</script>&'\\\" \xe2\x80\xa8";
  const Facts facts = facts_of(played(kYear, with_title(hostile)));
  const std::string page = report::html_report(facts);
  Markup markup(page);
  CHECK(markup.complaint() == "");
  CHECK(markup.names().count("script") == 0);
  CHECK(page.find("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;&quot;") != std::string::npos);
  for (const char* outside : {"http:", "https:", "url(", "@import", "src="})
    CHECK(page.find(outside) == std::string::npos);
  for (const char* plot : {"activity-plot-t", "rules-plot-t", "pairs-plot-t", "gates-plot-t"})
    CHECK(page.find("id=\"" + std::string(plot) + "\"") != std::string::npos);
  CHECK(page.find(facts.verdict.chain.hex()) != std::string::npos);
  CHECK(page.find(facts.head.header.hex()) != std::string::npos);
  const std::string text = report::text_report(facts);
  CHECK(text.starts_with("Audit report\n\nThe chain holds: verified until height "));
  CHECK(text.find("Late objections\n") != std::string::npos);
}

TEST_CASE("text that is no text becomes one in a report") {
  Facts facts = facts_of(played(kYear));
  facts.verdict.network = std::string(
                              "a\x01"
                              "b\xff"
                              "c\xed\xa0\x80"
                              "d\xef\xbf\xbf"
                              "e\xc2\x9b",
                              16) +
                          "\xf0\x9f\x8c\xbe";
  const std::string page = report::html_report(facts);
  CHECK(Markup(page).complaint() == "");
  CHECK(page.find("a b\xef\xbf\xbd"
                  "c") != std::string::npos);
  CHECK(page.find("\xf0\x9f\x8c\xbe") != std::string::npos);
  for (const char* bad : {"\x01", "\xff", "\xed\xa0\x80", "\xef\xbf\xbf", "\xc2\x9b"})
    CHECK(page.find(bad) == std::string::npos);
  CHECK(report::text_report(facts).find("\xc2\x9b") == std::string::npos);
}

TEST_CASE("a list says how many it leaves out and a long time is told in larger steps") {
  std::string scenario = kVillage + "on 2026-03-01\n";
  for (int i = 0; i < 53; ++i)
    scenario += "accountant deducts wang QZ3 reason \"broken\" -> refused evidence_missing\n";
  for (int i = 0; i < 60; ++i)
    scenario += "after 3 days\naccountant deducts wang QZ3 reason \"b\" -> refused evidence_missing\n";
  const Facts facts = facts_of(played(scenario));
  const auto& list = list_of(facts, List::no_evidence);
  CHECK(list.found == 113);
  CHECK(list.shown.size() == report::kFindingsShown);
  CHECK(report::text_report(facts).find("\n  and 63 more\n") != std::string::npos);
  CHECK(report::html_report(facts).find("And 63 more.") != std::string::npos);
  CHECK(facts.period == "week");
  CHECK(facts.activity.size() <= report::kPeriodsShown);
  std::uint64_t refused = 0;
  for (const auto& one : facts.activity) refused += one.refused;
  CHECK(refused == 113);
  CHECK(facts.activity.front().from == "2026-02-23");  // the Monday before
}

TEST_CASE("tally audit writes the report in each form and the same bytes as anybody else") {
  const std::string chain = played(kYear);
  Cli cli;
  const std::string file = cli.write("chain.tally", chain);
  const Facts facts = facts_of(chain);
  const std::vector<std::string> audit{"audit", "--file", file, "--chain-id", facts.verdict.chain.hex()};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), audit.begin(), audit.end());
    return cli.run(more);
  };
  const Run run = with({"--report", cli.path("a.html"), "--report", cli.path("a.json"), "--report", cli.path("a.txt")});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  CHECK(run.out.find(cli.path("a.json")) != std::string::npos);
  CHECK(cli.read("a.html") == report::html_report(facts));
  CHECK(cli.read("a.json") == report::json_report(facts));
  CHECK(cli.read("a.txt") == report::text_report(facts));
  const auto json = parse_json(cli.read("a.json"));
  REQUIRE(json.has_value());
  CHECK((*json)["version"] == 1);
  CHECK((*json)["verdict"]["passed"] == true);
  CHECK((*json)["head"]["height"] == std::to_string(facts.head.height));
  CHECK((*json)["lists"].size() == report::kLists);
  CHECK((*json)["lists"][0]["code"] == "single_signer");
  CHECK((*json)["lists"][0]["found"] == "1");
  CHECK(with({"--report", cli.path("a.html")}).exit == 2);  // never in the place of another
  CHECK(cli.read("a.html") == report::html_report(facts));
  CHECK(with({"--report", cli.path("b.pdf")}).exit == 2);
  CHECK(with({"--report", cli.path("c.txt"), "--report", cli.path("c.txt")}).exit == 2);
  CHECK_FALSE(std::filesystem::exists(cli.path("c.txt")));
}

TEST_CASE("a report is the same whoever's certificates the copy has") {
  const std::string chain = played(kYear);
  const Facts facts = facts_of(chain);
  const Facts other = facts_of(with_last_certificate_only(chain));
  REQUIRE(other.verdict.passed);
  CHECK(report::json_report(other) == report::json_report(facts));
  CHECK(report::html_report(other) == report::html_report(facts));
}

TEST_CASE("the report of a chain that does not hold says so first and how far its figures go") {
  const std::string chain = played(kYear);
  const Facts good = facts_of(chain);
  Cli cli;
  const auto audited = [&](const std::string& bytes, const std::string& name) {
    const Run run = cli.run({"audit", "--file", cli.write(name + ".tally", bytes), "--chain-id",
                             good.verdict.chain.hex(), "--report", cli.path(name + ".html"), "--report",
                             cli.path(name + ".json"), "--report", cli.path(name + ".txt")});
    INFO(run.err);
    CHECK(run.exit == 6);
    return parse_json(cli.read(name + ".json")).value();
  };
  // The certificate of the last block is damaged: it is not executed.
  const Json damaged = audited(without_certificates(chain, 1, true), "damaged");
  CHECK(damaged["verdict"]["passed"] == false);
  CHECK(damaged["head"]["height"] == std::to_string(good.head.height - 1));
  CHECK(damaged["verdict"]["verified_until"] == damaged["head"]["height"]);
  CHECK(cli.read("damaged.txt").starts_with("Audit report\n\nTHE CHAIN DOES NOT HOLD: verified until height "));
  const std::string page = cli.read("damaged.html");
  CHECK(Markup(page).complaint() == "");
  CHECK(page.find("class=\"verdict bad\"") != std::string::npos);
  // The last two have none: they are executed, and the report says that nobody vouches for them.
  const Json open = audited(without_certificates(chain, 2, false), "open");
  CHECK(open["verdict"]["passed"] == false);
  CHECK(open["head"]["height"] == std::to_string(good.head.height));
  CHECK(open["verdict"]["verified_until"] == std::to_string(good.head.height - 2));
  CHECK(cli.read("open.txt").find("no certificate covers them") != std::string::npos);
  CHECK(open["lists"][0]["found"] == "1");
}

}  // namespace tally::test
