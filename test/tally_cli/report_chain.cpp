#include "tally_cli/report_chain.h"

#include <fstream>
#include <sstream>

#include "common/json.h"
#include "contracts/engine.h"
#include "contracts/query_reading.h"
#include "ledger/chain_file.h"
#include "rulebook/scenario_run.h"

namespace tally::test {

namespace {

// Keeps the chain's file when its scenario is over.
class Kept final : public rulebook::TestChain {
 public:
  explicit Kept(std::string& file) : file_(file), chain_(rulebook::make_memory_chain()) {}

  Status begin(TimestampMs time, const std::vector<Bytes>& operations) override {
    return chain_->begin(time, operations);
  }
  Result<ledger::Receipt> apply(const ledger::SignedTransaction& transaction) override {
    return chain_->apply(transaction);
  }
  rulebook::LocalChain& local() override { return chain_->local(); }
  Status confirm(const rulebook::Question&, const std::function<Result<Json>()>&) override { return {}; }
  Status settle() override {
    auto exported = chain_->exported();
    if (!exported) return exported.error();
    file_ = *std::move(exported);
    return {};
  }
  Result<std::string> exported() override { return chain_->exported(); }
  std::string where() const override { return {}; }

 private:
  std::string& file_;
  std::unique_ptr<rulebook::TestChain> chain_;
};

std::string qingzhen() {
  std::ifstream in(std::string(TALLY_SOURCE_DIR) + "/rulebooks/qingzhen/rulebook.json");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

constexpr std::string_view kPlots = R"json({"workflows": [
 {"code": "plot", "title": {"zh": "地块", "en": "plot"}, "subject": "household",
  "fields": [{"code": "stars", "title": {"zh": "星", "en": "stars"}, "type": "int", "min": "1", "max": "5",
              "list": 200}],
  "open": {"state": "grown", "by": ["recorder"]},
  "states": [{"code": "grown", "title": {"zh": "熟", "en": "grown"}},
             {"code": "over", "title": {"zh": "止", "en": "over"}, "final": true}],
  "acts": [{"code": "rate", "title": {"zh": "评", "en": "rate"}, "from": ["grown"], "by": ["others"], "once": "day",
            "takes": ["stars"]}],
  "term": {"days": 60, "go": "over"}, "provenance": {"number": "invented"}}]
})json";

report::Facts gathered(const std::string& chain, storage::Store& store) {
  contracts::RuleEngine engine;
  report::Gatherer gatherer;
  Status status;
  ledger::AuditOptions options;
  options.store = &store;
  options.observe = [&](const ledger::AuditedBlock& block) {
    if (status) status = gatherer.observe(block, store);
  };
  std::istringstream in(chain);
  const auto verdict = ledger::audit_chain_file(in, engine, options);
  REQUIRE(status.has_value());
  auto facts = gatherer.finish(verdict);
  REQUIRE(facts.has_value());
  return *std::move(facts);
}

}  // namespace

std::string with_ratings() {
  Json document = parse_json(qingzhen()).value();
  document.update(parse_json(std::string(kPlots)).value());
  return document.dump();
}

std::string with_title(const std::string& title) {
  std::string document = qingzhen();
  const std::string old = "breach of contract with a partner enterprise";
  const auto at = document.find(old);
  REQUIRE(at != std::string::npos);
  return document.replace(at, old.size(), title);
}

std::string played(const std::string& scenario, const std::string& document) {
  std::string chain;
  const rulebook::Ground ground{
      document.empty() ? qingzhen() : document, "qingzhen", [](const std::string&) { return std::nullopt; },
      [](const std::string&) { return std::nullopt; }, [&] { return std::make_unique<Kept>(chain); }};
  const auto result = rulebook::run_scenario(ground, "report.txt", scenario);
  for (const auto& mistake : result.mistakes) FAIL(mistake.text());
  if (result.failure) FAIL(rulebook::in_words(*result.failure));
  REQUIRE_FALSE(chain.empty());
  return chain;
}

report::Facts facts_of(const std::string& chain) {
  const auto store = storage::make_memory_store();
  return gathered(chain, *store);
}

namespace {

// The chain file with its blocks as `change` leaves them.
std::string rewritten(const std::string& chain,
                      const std::function<void(std::vector<ledger::CertifiedBlock>&)>& change) {
  std::istringstream in(chain);
  auto reader = ledger::ChainFileReader::open(in);
  REQUIRE(reader.has_value());
  std::vector<ledger::CertifiedBlock> blocks;
  while (true) {
    auto block = reader->next();
    REQUIRE(block.has_value());
    if (!*block) break;
    blocks.push_back(**std::move(block));
  }
  REQUIRE(blocks.size() > 2);
  change(blocks);
  std::ostringstream out;
  ledger::ChainFileWriter writer(out);
  REQUIRE(writer.begin(reader->genesis()).has_value());
  for (const auto& block : blocks) REQUIRE(writer.add(block).has_value());
  REQUIRE(writer.finish().has_value());
  return out.str();
}

}  // namespace

std::string without_certificates(const std::string& chain, std::uint64_t count, bool damaged) {
  return rewritten(chain, [&](auto& blocks) {
    for (auto block = blocks.end() - static_cast<std::ptrdiff_t>(count); block != blocks.end(); ++block) {
      if (damaged)
        block->certificate->signatures.front().signature.bytes[7] ^= 1;
      else
        block->certificate.reset();
    }
  });
}

std::string with_last_certificate_only(const std::string& chain) {
  return rewritten(chain, [](auto& blocks) {
    for (auto block = blocks.begin(); std::next(block) != blocks.end(); ++block) block->certificate.reset();
  });
}

Replayed::Replayed(const std::string& chain) : bytes(chain), store(storage::make_memory_store()) {
  const auto facts = gathered(chain, *store);
  REQUIRE(facts.verdict.passed);
  std::istringstream in(chain);
  auto reader = ledger::ChainFileReader::open(in);
  REQUIRE(reader.has_value());
  for (auto block = reader->next(); block && *block; block = reader->next()) last = (*block)->header.time;
}

std::vector<PlacedEntry> Replayed::deduction_entries() const {
  std::vector<PlacedEntry> out;
  const auto read = store->scan(storage::Column::history, {}, {}, [&](ByteView key, ByteView value) {
    const auto account = contracts::account_in(key.subspan(1, key[0]));
    if (!account) return true;
    auto entry = decode<contracts::Entry>(value);
    REQUIRE(entry.has_value());
    if (entry->kind == contracts::EntryKind::deduction)
      out.push_back({Bytes(key.begin(), key.end()), *account, account->subject.hex(),
                     contracts::big_endian(key.last(8)), *std::move(entry)});
    return true;
  });
  REQUIRE(read.has_value());
  return out;
}

contracts::CaseRecord Replayed::deduction_case(std::uint64_t number) const {
  auto record = contracts::read_record<contracts::CaseRecord>(*store, contracts::case_key(number));
  REQUIRE(record.has_value());
  REQUIRE(record->has_value());
  return **std::move(record);
}

// The state of a block is what the gatherer is given: this chain's blocks, and at the last of them the altered state.
report::Facts Replayed::look_again() const {
  const auto clean = storage::make_memory_store();
  contracts::RuleEngine engine;
  report::Gatherer gatherer;
  ledger::AuditOptions options;
  options.store = clean.get();
  Status status;
  options.observe = [&](const ledger::AuditedBlock& block) {
    if (status) status = gatherer.observe(block, block.block.header.time == last ? *store : *clean);
  };
  std::istringstream in(bytes);
  const auto verdict = ledger::audit_chain_file(in, engine, options);
  REQUIRE(status.has_value());
  auto facts = gatherer.finish(verdict);
  REQUIRE(facts.has_value());
  return *std::move(facts);
}

}  // namespace tally::test
