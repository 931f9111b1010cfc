// How rules change: who proposes, comments and approves, what closes a proposal, and what it changes from when on.
#include "contracts/rule_proposals.h"

#include "contracts/rule_queries.h"
#include "contracts/village.h"
#include "ledger/governed.h"

namespace tally::contracts {

namespace {

using enum ProposalState;

std::string version(std::uint32_t number, const std::string& effective, const std::string& points = "5") {
  auto text = with(qingzhen_text(), "\"version\": 1", "\"version\": " + std::to_string(number));
  text = with(text, "\"effective\": \"2026-01-01\"", "\"effective\": \"" + effective + "\"");
  return with(text, "\"points\": \"3\"", "\"points\": \"" + points + "\"");
}
std::string with_approval(const std::string& document, const std::string& approval) {
  return with(document, "\"corrections\"", "\"approval\": " + approval + ", \"corrections\"");
}

// A village with a constitution: its recorder proposes, the town's governor approves, banks their own rules.
struct Ground {
  explicit Ground(std::uint32_t comment_days = 10) {
    Constitution constitution;
    constitution.rulebooks = {{{Role::recorder, UnitKind::village}, {Role::governor, UnitKind::town}},
                              {{Role::governor, UnitKind::town, 1, false}},
                              comment_days,
                              40};
    constitution.bank_rules = {{Role::bank_officer, std::nullopt, 1, false}};
    constitution.parameters = {{{Role::governor, std::nullopt}}, {{Role::governor, UnitKind::county, 2, false}}, 0, 31};
    const auto adopted = village.genesis(AdoptConstitution{constitution});
    INFO(adopted.message);
    REQUIRE(adopted.code == ErrorCode::ok);
    village.add_officer("town governor", kTown, {Role::governor});
    village.add_officer("third governor", kCounty, {Role::governor});
  }
  ProposalOutcome propose(const std::string& document, const char* who = "recorder") {
    return village.done(ProposeRulebook{document, {}}, by(who)).proposal.value();
  }
  [[nodiscard]] RuleProposal record(std::uint64_t number) {
    return decode<RuleProposal>(village.state().get(rule_proposal_key(number)).value()).value();
  }
  ApproveProposal approval(std::uint64_t number, bool approves = true) {
    return {number, record(number).content, approves};
  }
  ProposalOutcome approve(std::uint64_t number, const char* who) {
    return village.done(approval(number), by(who)).proposal.value();
  }
  std::string refused(const Operation& operation, const char* who) {
    const auto result = village.run(operation, by(who));
    return std::string(name_of(result.code)) + " " + result.message;
  }
  [[nodiscard]] Parameters parameters() {
    return parameters_at(read_parameters(village.state()), village.block().height);
  }

  Village village;
};

std::string id(const char* who) {
  return person_of(who).short_hex();
}

}  // namespace

TEST_CASE("approvals fill terms: each person once, so that the most are filled") {
  using U = UnitKind;
  const auto governor = [](const char* unit, U kind) { return Approver{{Role::governor}, unit, kind}; };
  const Approver town = governor("y/q", U::town);
  const Approver county = governor("y", U::county);
  const Approver both{{Role::bank_officer, Role::governor}, "y/q", U::town};
  const Approver banker{{Role::bank_officer}, "y/b", U::bank};
  const ApprovalTerm any{Role::governor, std::nullopt, 1, false};
  const ApprovalTerm of_town{Role::governor, U::town, 1, false};
  const ApprovalTerm bank{Role::bank_officer, std::nullopt, 1, false};
  const ApprovalTerm two_units{Role::governor, std::nullopt, 2, true};
  struct Row {
    const char* why;
    std::vector<ApprovalTerm> terms;
    std::vector<Approver> approvers;
    std::vector<std::uint32_t> filled;
    std::uint32_t needed;
  };
  const Row rows[] = {
      {"nobody", {any}, {}, {0}, 1},
      {"one governor", {any}, {county}, {1}, 1},
      {"another kind of unit", {of_town}, {county}, {0}, 1},
      {"one person fills one term only", {any, bank}, {both}, {1, 0}, 2},
      {"whoever fits both makes room", {any, bank}, {both, county}, {1, 1}, 2},
      {"in either order", {bank, any}, {both, banker}, {1, 1}, 2},
      {"the narrow term gets its person", {any, of_town}, {town, county}, {1, 1}, 2},
      {"two of one unit count once", {two_units}, {town, both}, {1}, 2},
      {"two of two units", {two_units}, {town, both, county}, {2}, 2},
      {"a unit's second person fills another term", {two_units, bank}, {town, both, county}, {2, 1}, 3},
      {"more than are needed", {any}, {town, county}, {1}, 1},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    auto people = row.approvers;
    do {
      const auto seen = fill_terms(row.terms, people);
      std::uint32_t all = 0;
      for (const auto filled : row.filled) all += filled;
      CHECK(seen.approvals == all);
      CHECK(seen.needed == row.needed);
      // Which of two equal terms is filled may depend on the order; how many are may not.
      if (all == row.needed) CHECK(seen.filled == row.filled);
      std::rotate(people.begin(), people.begin() + (people.empty() ? 0 : 1), people.end());
    } while (!people.empty() && (people.front().unit != row.approvers.front().unit ||
                                 people.front().roles != row.approvers.front().roles));
  }
}

TEST_CASE("a village proposes, the town and the bank approve, and the version starts at its time") {
  Ground ground;
  auto& village = ground.village;
  const auto text = version(2, "2026-07-01");
  CHECK(ground.propose(text) == ProposalOutcome{1, open, 0, 2});
  village.done(CommentProposal{1, paper("opinion")}, by("endorser"));
  village.done(CommentProposal{1, paper("a villager's opinion")}, by("chen"));
  CHECK(ground.approve(1, "town governor") == ProposalOutcome{1, open, 1, 2});
  CHECK(ground.approve(1, "bank officer") == ProposalOutcome{1, open, 2, 2});
  CHECK(village.after_days(9).empty());
  const auto events = village.after_days(1);
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == TimerKind::proposal);
  CHECK(events[0].rulebook == "qingzhen");
  CHECK(events[0].proposal == ProposalOutcome{1, adopted, 2, 2});
  CHECK(ground.record(1).comments == 2);
  // Nothing of it is left to fall due, and its document stands with the rulebook.
  CHECK(!village.state().get(proposed_text_key(1)));
  CHECK(village.state().get(rulebook_text_key("qingzhen", 2)) == Bytes(text.begin(), text.end()));
  CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{30});
  village.go_to(at("2026-07-02"));
  CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{50});
  auto earlier = village.award("QZ7");
  earlier.event_time = at("2026-06-30");
  CHECK(village.done(earlier, by("recorder")).change == Amount{30});
  CHECK(village.go_to(at("2026-09-01")).empty());
}

TEST_CASE("with the time for comments over, the last approval adopts at once") {
  Ground ground;
  ground.propose(version(2, "2026-07-20"));
  ground.approve(1, "bank officer");
  const auto events = ground.village.after_days(12);
  REQUIRE(events.size() == 1);
  CHECK(events[0].proposal == ProposalOutcome{1, open, 1, 2});
  CHECK(ground.approve(1, "town governor") == ProposalOutcome{1, adopted, 2, 2});
  CHECK(ground.refused(ground.approval(1), "town governor") ==
        "wrong_state approve_proposal: proposal 1 is adopted; expected an open proposal");
}

TEST_CASE("what may not be proposed is refused with the reason") {
  Ground ground;
  auto& village = ground.village;
  const auto good = version(2, "2026-07-01");
  const auto propose = [](const std::string& document) { return Operation(ProposeRulebook{document, {}}); };
  auto bad = with(good, "\"objection_days\": 10", "\"objection_days\": 0");
  struct Row {
    const char* why;
    Operation operation;
    const char* who;
    std::string refused;
  };
  const Row rows[] = {
      {"not among those who propose", propose(good), "governor",
       "missing_role propose_rulebook: person " + id("governor") +
           " is governor of yingshan (county); expected recorder of a village or governor of a town, as the "
           "constitution says"},
      {"one mistake", propose(bad), "recorder",
       "invalid_field propose_rulebook: rules[0].objection_days: is 0; expected a whole number from 1 to 365"},
      {"all mistakes", propose(with(bad, "\"scale\": 1", "\"scale\": 9")), "recorder",
       "invalid_field propose_rulebook: the document has 2 mistakes: scale: is 9; expected a whole number from 0 to 6 "
       "| rules[0].objection_days: is 0; expected a whole number from 1 to 365"},
      {"the same version", propose(qingzhen_text()), "recorder",
       "wrong_state propose_rulebook: version 1 of qingzhen does not follow version 1; expected version 2 or higher"},
      {"too soon", propose(version(2, "2026-06-11")), "recorder",
       "invalid_field propose_rulebook: effective is 2026-06-11T00:00:00Z; expected a time after "
       "2026-06-11T08:00:00Z, when it can be adopted at the earliest"},
      {"another scale", propose(with(good, "\"scale\": 1", "\"scale\": 2")), "recorder",
       "wrong_state propose_rulebook: the scale is 2 and was 1; expected the same scale: scores carry on"},
      {"another book", propose(with(good, "\"code\": \"credit\"", "\"code\": \"merit\"")), "recorder",
       "wrong_state propose_rulebook: book credit for subjects of kind household is gone; expected every book of the "
       "version before"},
      {"less time for comments", propose(with_approval(good, "{\"comment_days\": 3}")), "recorder",
       "invalid_field propose_rulebook: approval.comment_days is 3; expected at least 10, as the constitution says, or "
       "none: a heading can only ask for more"},
      {"more people than one can ask", propose(with_approval(good, R"({"terms": [{"role": "governor", "count": 16},
         {"role": "arbiter", "count": 16}, {"role": "auditor", "count": 16}, {"role": "recorder", "count": 16}]})")),
       "recorder",
       "limit_reached propose_rulebook: needs 66 approvals; expected at most 64 by constitution and heading together"},
      {"unknown rulebook", RetireRulebook{"garden", at("2027-01-01"), {}}, "recorder",
       "not_registered retire_rulebook: rulebook \"garden\" is not deployed; expected a deployed rulebook"},
      {"unknown parameter", ProposeParameters{{{"expression_cost_per_timr", 1}}, {}, 100, {}}, "governor",
       "not_found propose_parameters: there is no parameter \"expression_cost_per_timr\"; expected perhaps "
       "expression_cost_per_timer"},
      {"out of bounds", ProposeParameters{{{"keys_per_person", 1}}, {}, 100, {}}, "governor",
       "invalid_field propose_parameters: parameter keys_per_person would be 1; expected 2 to 32"},
      {"twice", ProposeParameters{{}, {{"spending", true}, {"spending", false}}, 100, {}}, "governor",
       "invalid_field propose_parameters: feature spending stands twice; expected each feature once"},
      {"nothing", ProposeParameters{{}, {}, 100, {}}, "governor",
       "missing_field propose_parameters: changes nothing; expected a parameter or a feature"},
      {"in the past", ProposeParameters{{{"keys_per_person", 4}}, {}, 1, {}}, "governor",
       "invalid_field propose_parameters: block 1 is past; expected block 2 or later"},
      {"a second constitution", AdoptConstitution{}, "governor",
       "wrong_state adopt_constitution: stands outside the genesis; expected a genesis: a chain keeps the constitution "
       "it began with"},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    CHECK(ground.refused(row.operation, row.who) == row.refused);
  }
  ground.propose(good);
  CHECK(ground.refused(propose(good), "town governor") ==
        "already_registered propose_rulebook: open proposal 1 says the same; expected an approval of it");
  for (int i = 0; i < 3; ++i) ground.propose(version(2, "2026-08-0" + std::to_string(i + 1)));
  CHECK(ground.refused(propose(version(3, "2026-09-01")), "recorder") ==
        "limit_reached propose_rulebook: person " + id("recorder") + " has 4 open proposals; expected at most 4");
  CHECK(village.genesis(AdoptConstitution{}).message ==
        "adopt_constitution: constitution.rulebooks.proposers names 0 posts; expected 1 to 16");
}

TEST_CASE("nobody approves twice, their own proposal, another content, or without the post") {
  Ground ground;
  ground.propose(version(2, "2026-07-01"), "town governor");
  CHECK(ground.refused(ground.approval(1), "town governor") ==
        "same_person approve_proposal: person " + id("town governor") +
            " made proposal 1; expected the approval of somebody else");
  ground.village.add_officer("deputy of the town", kTown, {Role::bank_officer, Role::governor});
  ground.approve(1, "deputy of the town");
  CHECK(ground.refused(ground.approval(1), "deputy of the town") ==
        "duplicate approve_proposal: person " + id("deputy of the town") +
            " has approved proposal 1 already; expected the approval of a different person");
  CHECK(ground.refused(ground.approval(1), "governor") ==
        "missing_role approve_proposal: person " + id("governor") +
            " is governor of yingshan (county); expected governor of a town or bank_officer");
  CHECK(ground.refused(ApproveProposal{1, paper("other"), true}, "bank officer")
            .starts_with("invalid_field approve_proposal: proposal 1 has content "));
  CHECK(ground.refused(ApproveProposal{7, {}, true}, "bank officer") ==
        "not_found approve_proposal: proposal 7 does not exist; expected the number of an open proposal");
  CHECK(ground.approve(1, "bank officer") == ProposalOutcome{1, open, 2, 2});
  ground.village.add_officer("second banker", kTown, {Role::bank_officer});
  CHECK(ground.refused(ground.approval(1), "second banker") ==
        "limit_reached approve_proposal: the places that person " + id("second banker") +
            " of yingshan/qingzhen could fill are taken; expected nothing more");
}

TEST_CASE("approvals are taken back, proposals withdrawn, and time closes what is left") {
  Ground ground;
  ground.propose(version(2, "2026-08-01"));
  ground.approve(1, "town governor");
  CHECK(ground.village.done(ground.approval(1, false), by("town governor")).proposal == ProposalOutcome{1, open, 0, 2});
  CHECK(ground.refused(ground.approval(1, false), "town governor") ==
        "not_found approve_proposal: person " + id("town governor") +
            " has not approved proposal 1; expected an approval that was given");
  CHECK(ground.refused(WithdrawProposal{1}, "town governor") ==
        "missing_role withdraw_proposal: person " + id("town governor") +
            " did not make proposal 1; expected its proposer, person " + id("recorder"));
  CHECK(ground.village.done(WithdrawProposal{1}, by("recorder")).proposal == ProposalOutcome{1, withdrawn, 0, 2});
  CHECK(ground.refused(CommentProposal{1, paper("late")}, "endorser") ==
        "wrong_state comment_proposal: proposal 1 is withdrawn; expected an open proposal");
  CHECK(ground.village.after_days(10).empty());

  ground.propose(version(2, "2026-09-01"));
  ground.approve(2, "bank officer");
  CHECK(ground.village.after_days(39).size() == 1);
  const auto events = ground.village.after_days(1);
  REQUIRE(events.size() == 1);
  CHECK(events[0].proposal == ProposalOutcome{2, expired, 1, 2});
}

TEST_CASE("what no longer fits when it is adopted is outdated") {
  Ground ground;
  ground.propose(version(2, "2026-07-01"));
  ground.propose(version(3, "2026-07-02"));
  ground.propose(version(4, "2026-06-20"));
  for (const std::uint64_t number : {1, 2})
    for (const char* who : {"town governor", "bank officer"}) ground.approve(number, who);
  // Of two that are ripe at one time, the earlier one first.
  CHECK(ground.village.after_days(10).size() == 3);
  CHECK(ground.record(1).state == adopted);
  CHECK(ground.record(2).state == adopted);
  // Its day has come and gone, so nobody is judged by it after the fact.
  ground.village.go_to(at("2026-06-21"));
  ground.approve(3, "town governor");
  CHECK(ground.approve(3, "bank officer").state == outdated);
}

TEST_CASE("a person without a key counts no more") {
  Ground ground;
  ground.propose(version(2, "2026-08-01"));
  ground.approve(1, "town governor");
  const ChangeKeys gone{person_of("town governor"), std::nullopt, key_of("town governor")};
  ground.village.done(gone, by("county registrar", "governor"));
  CHECK(ground.approve(1, "bank officer") == ProposalOutcome{1, open, 1, 2});
  ground.village.add_officer("next governor of the town", kTown, {Role::governor});
  CHECK(ground.approve(1, "next governor of the town") == ProposalOutcome{1, open, 2, 2});
}

TEST_CASE("a heading asks for more, and a later version cannot drop what protects it") {
  Ground ground;
  const std::string arbiter = R"({"terms": [{"role": "arbiter"}], "comment_days": 20})";
  CHECK(ground.propose(with_approval(version(2, "2026-07-01"), arbiter)).needed == 3);
  CHECK(ground.record(1).comments_until == at("2026-06-21T08:00:00Z"));
  // Those days are added to the time for deciding.
  CHECK(ground.record(1).expires == at("2026-07-21T08:00:00Z"));
  for (const char* who : {"town governor", "bank officer", "arbiter"}) ground.approve(1, who);
  ground.village.after_days(20);
  REQUIRE(ground.record(1).state == adopted);
  CHECK(ground.propose(version(3, "2026-08-01")).needed == 3);
  CHECK(ground.record(2).terms.back() == ApprovalTerm{Role::arbiter, std::nullopt, 1, false});
  CHECK(ground.record(2).comments_until == ground.village.now().plus(20 * Village::kDayLength));
  // Kept or strengthened, it does not count twice.
  CHECK(ground.propose(with_approval(version(3, "2026-08-01"), arbiter)).needed == 3);
}

TEST_CASE("a retired rulebook takes no new events, its open cases run on, and entries can be corrected") {
  Ground ground;
  auto& village = ground.village;
  const auto proposed = village.done(RetireRulebook{"qingzhen", at("2026-07-01"), {}}, by("recorder")).proposal;
  REQUIRE(proposed->number == 1);
  for (const char* who : {"town governor", "bank officer"}) ground.approve(1, who);
  village.after_days(10);
  REQUIRE(ground.record(1).state == adopted);
  village.go_to(at("2026-06-29"));
  const auto award = village.done(village.award("QZ7"), by("recorder"));
  const auto deduction = village.done(village.deduct("QZ3"), by("recorder", "endorser"));
  village.go_to(at("2026-07-01T08:00:00Z"));
  CHECK(ground.refused(village.award("QZ7"), "recorder") ==
        "wrong_state award: rulebook qingzhen is retired from 2026-07-01T00:00:00Z on; expected an event before that, "
        "or another rulebook");
  auto earlier = village.award("QZ7");
  earlier.event_time = at("2026-06-30");
  village.done(earlier, by("recorder"));
  village.add_household("zhao", kLudishao);
  CHECK(ground.refused(OpenAccount{"qingzhen", household("zhao")}, "registrar").starts_with("wrong_state"));
  CHECK(ground.refused(ProposeRulebook{version(2, "2026-08-01"), {}}, "recorder") ==
        "wrong_state propose_rulebook: rulebook qingzhen is retired from 2026-07-01T00:00:00Z on; expected a rulebook "
        "with another id");
  village.go_to(at("2026-07-15"));
  CHECK(village.case_record(*deduction.case_number).state == CaseState::effective);
  village.done(Reverse{"qingzhen", "", household("chen"), *award.entry, paper("reason")}, by("recorder", "endorser"));
}

TEST_CASE("parameters and features change from their block on, by two governors of the county") {
  Ground ground;
  auto& village = ground.village;
  const auto height = village.block().height.value;
  village.add_officer("fourth governor", kCounty, {Role::governor});
  const ProposeParameters change{{{"keys_per_person", 2}}, {{"consultations", false}}, height + 2, {}};
  CHECK(village.done(change, by("governor")).proposal == ProposalOutcome{1, open, 0, 2});
  ground.approve(1, "second governor");
  write_members(village.state(), {{{"a", key_of("office a")}}});
  CHECK(ground.refused(VoteProposal{1, true}, "office a") ==
        "not_found vote_proposal: proposal 1 is about rules; expected an officer's approve_proposal");
  CHECK(ground.approve(1, "third governor") == ProposalOutcome{1, adopted, 2, 2});
  const Consult consult{"qingzhen", household("chen"), "loan", paper("purpose")};
  for (int i = 0; i < 2; ++i) {
    CHECK(ground.parameters().on(Feature::consultations) == true);
    village.done(consult, by("recorder"));
    village.go_to(village.now().plus(1000));
  }
  CHECK(ground.parameters().of(Parameter::keys_per_person) == 2);
  CHECK(ground.refused(consult, "recorder") ==
        "wrong_state consult: feature consultations is switched off; expected a time at which governance has switched "
        "it on (tally parameters)");
  const PublicKey second = key_of("a second key");
  village.done(ChangeKeys{person_of("recorder"), second, std::nullopt}, by("recorder"));
  CHECK(ground.refused(ChangeKeys{person_of("recorder"), key_of("a third key"), std::nullopt}, "recorder") ==
        "limit_reached change_keys: person " + id("recorder") + " has 2 keys; expected at most 2: revoke one with it");
  // Adopted after the block that it names: from the block after.
  const ProposeParameters back{{}, {{"consultations", true}}, village.block().height.value + 1, {}};
  village.done(back, by("second governor"));
  village.go_to(village.now().plus(5000));
  village.go_to(village.now().plus(5000));
  ground.approve(2, "governor");
  ground.approve(2, "third governor");
  CHECK(ground.refused(consult, "recorder").starts_with("wrong_state"));
  village.go_to(village.now().plus(1000));
  village.done(consult, by("recorder"));
}

TEST_CASE("the budget of expressions is a parameter, and a cold engine gives the same state") {
  const auto run = [](bool cold) {
    Ground ground;
    auto& village = ground.village;
    const auto step = [&] {
      if (cold) village.engine().forget_cached();
    };
    village.done(ProposeParameters{{{"due_events_per_block", 100}}, {{"spending", false}}, 5, {}}, by("governor"));
    step();
    ground.approve(1, "second governor");
    step();
    ground.approve(1, "third governor");
    for (int day = 0; day < 12; ++day) {
      step();
      village.after_days(1);
      step();
      village.done(village.award("QZ7"), by("recorder"));
      village.run(Spend{{"qingzhen", household("chen"), "QZ7", 1, std::nullopt, village.now(), {}, {}}},
                  by("recorder"));
      if (day == 1) ground.propose(version(2, "2026-07-01"));
    }
    return village.state();
  };
  CHECK(run(false).same_as(run(true)));
}

TEST_CASE("comments are bounded, and only people of the chain comment") {
  Ground ground;
  ground.propose(version(2, "2026-08-01"));
  for (int i = 0; i < 4; ++i) ground.village.done(CommentProposal{1, paper(std::to_string(i))}, by("chen"));
  CHECK(ground.refused(CommentProposal{1, paper("more")}, "chen") ==
        "limit_reached comment_proposal: the author has commented on proposal 1 4 times; expected at most 4 comments "
        "each");
  CHECK(ground.refused(CommentProposal{1, {}}, "endorser") ==
        "invalid_field comment_proposal: comment is zero; expected the digest of a text");
  CHECK(
      ground.refused(CommentProposal{1, paper("x")}, "stranger").starts_with("not_registered comment_proposal: key "));
  const auto store = ground.village.state().to_store();
  const auto comments = comments_on(*store, 1).value();
  REQUIRE(comments.size() == 4);
  CHECK(comments[0].subject == household("chen"));
  CHECK(comments[0].unit == kLudishao);
}

TEST_CASE("the read side tells what is proposed, what it still needs, and which document") {
  Ground ground;
  const auto text = version(2, "2026-07-01");
  ground.propose(text);
  ground.village.done(RetireRulebook{"qingzhen", at("2026-12-01"), {}}, by("recorder"));
  ground.approve(1, "town governor");
  auto store = ground.village.state().to_store();
  auto view = rule_proposal_view(*store, 1, ground.village.now()).value();
  CHECK(view.outcome == ProposalOutcome{1, open, 1, 2});
  REQUIRE(view.terms.size() == 2);
  CHECK(view.terms[0].words == "1 x governor of a town");
  CHECK(view.terms[0].filled == 1);
  CHECK(view.terms[1].words == "1 x bank_officer");
  CHECK(view.terms[1].filled == 0);
  CHECK(view.approvers.at(0).unit == kTown);
  CHECK(proposed_document(*store, 1).value() == text);
  CHECK(proposed_document(*store, 2).error().text() ==
        "proposal: 2 is about no document; expected a proposal of a rulebook");
  CHECK(rule_proposal_view(*store, 3, ground.village.now()).error().code == ErrorCode::not_found);
  CHECK(rule_proposal_views(*store, true, ground.village.now(), std::nullopt, 1).value().next == "2");
  CHECK(rule_proposal_views(*store, true, ground.village.now(), "2", 9).value().rows.size() == 1);
  CHECK(rule_proposal_view(*store, 2, ground.village.now().plus(100 * Village::kDayLength)).value().outcome.state ==
        expired);
  ground.approve(1, "bank officer");
  ground.village.after_days(10);
  store = ground.village.state().to_store();
  CHECK(proposed_document(*store, 1).value() == text);
  CHECK(read_constitution(*store).value()->rulebooks.comment_days == 10);
  CHECK(parameters_view(*store, BlockHeight{5}).value().parameters.size() == kParameters);
}

}  // namespace tally::contracts
