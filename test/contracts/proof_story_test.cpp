// What a proof of state says: a gate is judged from the proof's pairs alone as the node judges it, whatever it reads.
#include "contracts/proof_story.h"

#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

const RulebookId kDrivers = "zhongshan-drivers";
const RulebookId kEnterprises = "zhongshan-enterprise";

// The village with a driver and a shop, whose gates read suspensions, lists, stars and sums.
struct Gates {
  Village village;
  const SubjectHandle driver = household("driver");
  const SubjectHandle shop = household("shop");
  Queries queries;

  Gates() {
    genesis_ok(DeployRulebook{text_of_rulebook(kDrivers)});
    genesis_ok(DeployRulebook{text_of_rulebook(kEnterprises)});
    genesis_ok(RegisterSubject{driver, SubjectKind::person, kLudishao, paper("driver"), std::nullopt, std::nullopt});
    genesis_ok(RegisterSubject{shop, SubjectKind::enterprise, kLudishao, paper("shop"), std::nullopt, std::nullopt});
    genesis_ok(OpenAccount{kDrivers, driver});
    genesis_ok(OpenAccount{kEnterprises, shop});
    Deduct slip{{kDrivers, driver, "ZD1", 1, parse_amount("-5", 2).value(), village.now(), paper("why"), paper("it")}};
    village.done(slip, by("recorder", "endorser"));
    village.after_days(8);
  }
  void genesis_ok(const Operation& operation) {
    const auto result = village.genesis(operation);
    INFO(result.message);
    REQUIRE(result.code == ErrorCode::ok);
  }
  RulebookPtr find(const Digest& digest) const {
    for (const auto& id : {RulebookId("qingzhen"), kDrivers, kEnterprises})
      if (auto compiled = compile_rulebook(text_of_rulebook(id)).rulebook; compiled->document == digest)
        return compiled;
    return nullptr;
  }
  // The pairs that a proof would hold, whose paths are the ledger's to check.
  ledger::StateContent content(const storage::Reader& store, const AccountId& id, const std::string& gate) {
    const auto wanted = gate_wanted(queries, store, id, gate, village.now());
    if (!wanted) FAIL(wanted.error().text());
    ledger::StateContent out{wanted->question, {}, std::nullopt};
    for (const auto& key : wanted->keys) out.pairs.push_back({key, store.get(storage::Column::state, key).value(), {}});
    return out;
  }
  Result<ProofStory> story(const ledger::StateContent& content) {
    return read_story(content, village.now(), [&](const Digest& digest) { return find(digest); });
  }
};

}  // namespace

TEST_CASE("every gate of an account is proven as the node shows it") {
  Gates gates;
  const auto store = gates.village.state().to_store();
  std::size_t read = 0;
  for (const auto& [rulebook, subject] : std::vector<std::pair<RulebookId, SubjectHandle>>{
           {"qingzhen", household("chen")}, {kDrivers, gates.driver}, {kEnterprises, gates.shop}}) {
    const auto view = gates.queries.account(*store, rulebook, "", subject, gates.village.now()).value();
    REQUIRE_FALSE(view.gates.empty());
    for (const auto& gate : view.gates) {
      INFO(rulebook << " " << gate.code);
      const auto content = gates.content(*store, {rulebook, view.book, subject}, gate.code);
      const auto story = gates.story(content);
      if (!story) FAIL(story.error().text());
      CHECK(story->record.score == view.score);
      CHECK(story->gate->passes == gate.passes);
      CHECK(story->gate->passes_after_pending == gate.passes_after_pending);
      CHECK(story->gate->reasons.front() == gate.reason);
      CHECK(story->gate->value == gate.value);
      read = std::max(read, content.pairs.size());
    }
  }
  // Account, rulebook and subject are read for each; the enterprise's gates read lists and a sum.
  CHECK(read >= 7);
}

TEST_CASE("a proof that lacks a pair on which the answer rests says which") {
  Gates gates;
  const auto store = gates.village.state().to_store();
  const auto whole = gates.content(*store, {kDrivers, "credit", gates.driver}, "dispatch");
  REQUIRE(whole.pairs.size() >= 4);
  for (std::size_t i = 0; i < whole.pairs.size(); ++i) {
    auto content = whole;
    content.pairs.erase(content.pairs.begin() + static_cast<std::ptrdiff_t>(i));
    const auto story = gates.story(content);
    // A condition that is not met ends the judgement of none: all keys are read.
    REQUIRE_FALSE(story.has_value());
    CHECK(story.error().code == ErrorCode::invalid_field);
    CHECK(story.error().field.starts_with("content.pairs"));
  }
}

TEST_CASE("a gate whose rulebook's text is not at hand names the digest that is wanted") {
  Gates gates;
  const auto store = gates.village.state().to_store();
  const auto content = gates.content(*store, {kDrivers, "credit", gates.driver}, "dispatch");
  const auto story = read_story(content, gates.village.now(), [](const Digest&) { return RulebookPtr(); });
  REQUIRE_FALSE(story.has_value());
  CHECK(story.error().code == ErrorCode::not_found);
  CHECK(story.error().expected.find(digest_of_document(text_of_rulebook(kDrivers)).hex()) != std::string::npos);
}

TEST_CASE("texts of rulebooks come from the genesis and from whoever gives them") {
  ledger::Genesis genesis;
  genesis.operations.push_back(encode_operation(DeployRulebook{qingzhen_text()}));
  RulebookTexts texts(genesis);
  CHECK(texts.find(digest_of_document(qingzhen_text())) != nullptr);
  const auto drivers = digest_of_document(text_of_rulebook(kDrivers));
  CHECK(texts.find(drivers) == nullptr);
  CHECK(texts.add(text_of_rulebook(kDrivers)).has_value());
  CHECK(texts.find(drivers) != nullptr);
  CHECK_FALSE(texts.add("{}").has_value());
}
