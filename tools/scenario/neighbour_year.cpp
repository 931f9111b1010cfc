#include "scenario/neighbour_year.h"

#include "scenario/neighbour_writer.h"
#include "scenario/year_writer.h"

namespace tally::scenario {

namespace {

using contracts::Role;
using contracts::UnitKind;

const contracts::UnitId kNextTown = "yingshan/honghua";
const contracts::UnitId kDujuan = "yingshan/honghua/dujuan";

Digest named(std::uint64_t seed, const std::string& name) {
  return digest_for(seed, "dujuan " + name);
}

crypto::SecretKey key_for(std::uint64_t seed, const std::string& name) {
  const crypto::Seed key_seed = named(seed, "key " + name).bytes;
  return crypto::SecretKey::from_seed(key_seed);
}

SubjectHandle handle_for(std::uint64_t seed, const std::string& name) {
  return *SubjectHandle::from_view(named(seed, name).view().first(SubjectHandle::kSize));
}

std::vector<Officer> make_officers(std::uint64_t seed) {
  // In the order of Office.
  const OfficerLine lines[] = {
      {"dujuan registrar", kNextTown, {Role::registrar}},   {"dujuan clerk", kDujuan, {Role::recorder}},
      {"dujuan leader", kDujuan, {Role::leader}},           {"dujuan inspector", kNextTown, {Role::inspector}},
      {"dujuan agronomist", kNextTown, {Role::specialist}}, {"dujuan endorser", kDujuan, {Role::endorser}},
      {"dujuan arbiter", kNextTown, {Role::arbiter}},       {"dujuan shopkeeper", kDujuan, {Role::shopkeeper}},
  };
  return officers_for(seed, "dujuan ", lines);
}

}  // namespace

NeighbourYear make_neighbour_year(std::uint64_t seed, TimestampMs start) {
  NeighbourYear year;
  year.seed = seed;
  year.start = start;
  year.village = kDujuan;
  year.officers = make_officers(seed);
  year.field = handle_for(seed, "field");
  year.post = handle_for(seed, "post");
  for (std::size_t i = 0; i < kVillagers; ++i) {
    const std::string name = "villager " + std::to_string(i);
    year.villagers.push_back({handle_for(seed, name), handle_for(seed, "plot of " + name), key_for(seed, name)});
  }
  write_neighbour_year(year);
  return year;
}

std::vector<contracts::Operation> genesis_operations(const NeighbourYear& year, std::string plots, std::string duty) {
  std::vector<contracts::Operation> out;
  out.emplace_back(contracts::RegisterUnit{kNextTown, UnitKind::town, "Honghua"});
  out.emplace_back(contracts::RegisterUnit{kDujuan, UnitKind::village, "Dujuan"});
  for (const auto& officer : year.officers)
    out.emplace_back(contracts::RegisterOfficer{officer.person, officer.key.public_key(), officer.unit, officer.roles,
                                                officer.name});
  out.emplace_back(contracts::DeployRulebook{std::move(plots)});
  out.emplace_back(contracts::DeployRulebook{std::move(duty)});
  return out;
}

ledger::SignedTransaction sign(const NeighbourYear& year, const NeighbourDraft& draft,
                               const std::vector<contracts::Operation>& operations, const ChainId& chain,
                               TimestampMs valid_until) {
  const auto& author =
      draft.author.office ? year.officer(*draft.author.office).key : year.villagers[draft.author.villager].key;
  ledger::SignedTransaction out;
  out.body.chain = chain;
  out.body.author = author.public_key();
  out.body.client_id = draft.client_id;
  out.body.valid_until = valid_until;
  out.body.mode = draft.refused.empty() ? ledger::Mode::all_or_nothing : ledger::Mode::independent;
  for (const auto& operation : operations) out.body.operations.push_back(encode_operation(operation));
  ledger::add_signature(out, author);
  for (const auto villager : draft.villagers) ledger::add_signature(out, year.villagers[villager].key);
  return out;
}

}  // namespace tally::scenario
