// The auditor's replay of a real network's chain: an intact one holds, a tampered one does not, and it says where.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "common/json.h"
#include "ledger/chain_file.h"
#include "village_network.h"

namespace tally::e2e {

namespace {

using scenario::Post;

struct Chain {
  ledger::Genesis genesis;
  std::vector<ledger::CertifiedBlock> blocks;
};

Chain read_chain(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  auto reader = ledger::ChainFileReader::open(in);
  if (!reader) FAIL(reader.error().text());
  Chain out;
  out.genesis = reader->genesis();
  while (true) {
    auto block = reader->next();
    if (!block) FAIL(block.error().text());
    if (!*block) return out;
    out.blocks.push_back(std::move(**block));
  }
}

void write_chain(const std::filesystem::path& file, const Chain& chain) {
  std::ofstream out(file, std::ios::binary);
  ledger::ChainFileWriter writer(out);
  REQUIRE(writer.begin(chain.genesis).has_value());
  for (const auto& block : chain.blocks) REQUIRE(writer.add(block).has_value());
  REQUIRE(writer.finish().has_value());
}

}  // namespace

TEST_CASE("an exported chain passes the audit, a tampered one fails it at the tampered block") {
  VillageNetwork network;
  for (std::uint64_t i = 0; i < 12; ++i) network.finalize(i % 4, {network.award(2 * i), network.award(2 * i + 1)});
  Scratch scratch;
  const auto file = scratch.path() / "chain.tally";
  const auto genesis = (network->directory() / "genesis.json").string();
  REQUIRE(network.tally(2, Post::auditor, {"export", "--file", file.string()}).exit_code == 0);

  SECTION("intact, from the file") {
    const auto verdict = run_tally({"audit", "--file", file.string(), "--genesis", genesis, "--json"});
    CHECK(verdict.exit_code == 0);
    const auto json = parse_json(verdict.output);
    REQUIRE(json.has_value());
    CHECK(json->value("passed", false));
    CHECK(json->value("transactions", "") == "24");
  }
  SECTION("intact, from a running node") {
    CHECK(network.tally(3, Post::auditor, {"audit", "--genesis", genesis}).exit_code == 0);
  }
  SECTION("another chain than the auditor was told") {
    const auto verdict = run_tally({"audit", "--file", file.string(), "--chain-id", std::string(64, 'a')});
    CHECK(verdict.exit_code == 6);
  }
  SECTION("one byte of one batch changed") {
    Chain chain = read_chain(file);
    auto& block = chain.blocks[chain.blocks.size() / 2];
    REQUIRE_FALSE(block.batch.empty());
    block.batch[block.batch.size() / 2] ^= 1;
    const auto tampered = scratch.path() / "tampered.tally";
    write_chain(tampered, chain);
    const auto verdict = run_tally({"audit", "--file", tampered.string(), "--genesis", genesis, "--json"});
    CHECK(verdict.exit_code == 6);
    const auto json = parse_json(verdict.output);
    REQUIRE(json.has_value());
    CHECK_FALSE(json->value("passed", true));
    CHECK((*json)["failure"].value("height", "") == std::to_string(block.header.height.value));
    const auto shown = run_tally({"audit", "--file", tampered.string(), "--genesis", genesis});
    CHECK(shown.output.find("first bad block") != std::string::npos);
  }
  SECTION("a block left out") {
    Chain chain = read_chain(file);
    const auto gone = chain.blocks.begin() + static_cast<std::ptrdiff_t>(chain.blocks.size() / 2);
    chain.blocks.erase(gone);
    const auto tampered = scratch.path() / "tampered.tally";
    write_chain(tampered, chain);
    CHECK(run_tally({"audit", "--file", tampered.string(), "--genesis", genesis}).exit_code == 6);
  }
}

}  // namespace tally::e2e
