#include "scenario/village_year.h"

#include "crypto/digest.h"
#include "scenario/year_writer.h"

namespace tally::scenario {

namespace {

using contracts::Role;
using contracts::UnitKind;

const contracts::UnitId kCounty = "yingshan";
const contracts::UnitId kTown = "yingshan/qingzhen";
const contracts::UnitId kVillage = "yingshan/qingzhen/ludishao";
constexpr std::size_t kRegistrationsPerSheet = 250;

crypto::SecretKey key_for(std::uint64_t seed, std::string_view name) {
  const crypto::Seed key_seed = digest_for(seed, "key " + std::string(name)).bytes;
  return crypto::SecretKey::from_seed(key_seed);
}

std::vector<Officer> make_officers(std::uint64_t seed) {
  // In the order of Post.
  const OfficerLine lines[] = {
      {"governor", kCounty, {Role::governor}},
      {"second governor", kCounty, {Role::governor}},
      {"county registrar", kCounty, {Role::registrar}},
      {"registrar", kTown, {Role::registrar}},
      {"recorder", kVillage, {Role::recorder}},
      {"second recorder", kVillage, {Role::recorder, Role::endorser}},
      {"endorser", kVillage, {Role::endorser}},
      {"arbiter", kTown, {Role::arbiter}},
      {"bank officer", kTown, {Role::bank_officer}},
      {"auditor", kCounty, {Role::auditor}},
      {"clock", kCounty, {Role::clock}},
  };
  return officers_for(seed, "", lines);
}

}  // namespace

std::vector<Officer> officers_for(std::uint64_t seed, std::string_view prefix, std::span<const OfficerLine> lines) {
  std::vector<Officer> out;
  for (const auto& line : lines) {
    const auto named = [&](const char* what) { return digest_for(seed, std::string(prefix) + what + " " + line.name); };
    const crypto::Seed key_seed = named("key").bytes;
    out.push_back({line.name, *contracts::PersonId::from_view(named("person").view().first(contracts::PersonId::kSize)),
                   crypto::SecretKey::from_seed(key_seed), line.unit, line.roles});
  }
  return out;
}

Digest digest_for(std::uint64_t seed, std::string_view name) {
  return crypto::digest(crypto::kHandleDomain, encode(seed), as_bytes(name));
}

ClientId client_id_for(std::uint64_t seed, std::string_view name) {
  const Digest id = digest_for(seed, "client " + std::string(name));
  return *ClientId::from_view(id.view().first(ClientId::kSize));
}

VillageYear make_village_year(const Options& options) {
  VillageYear year;
  year.options = options;
  year.village = kVillage;
  year.officers = make_officers(options.seed);
  for (std::size_t i = 0; i < options.households; ++i) {
    const std::string name = "household " + std::to_string(i);
    Household household;
    household.handle = *SubjectHandle::from_view(digest_for(options.seed, name).view().first(SubjectHandle::kSize));
    household.commitment = digest_for(options.seed, "commitment of " + name);
    if (i < options.household_keys) household.key = key_for(options.seed, name);
    year.households.push_back(std::move(household));
  }
  write_year(year);
  return year;
}

namespace {

contracts::RegisterSubject subject_of(const Household& household) {
  contracts::RegisterSubject out{household.handle, contracts::SubjectKind::household, kVillage, household.commitment,
                                 std::nullopt};
  if (household.key) out.key = household.key->public_key();
  return out;
}

}  // namespace

std::vector<contracts::Operation> genesis_operations(const VillageYear& year, std::string rulebook,
                                                     bool with_households) {
  std::vector<contracts::Operation> out;
  out.emplace_back(contracts::RegisterUnit{kCounty, UnitKind::county, "Yingshan"});
  out.emplace_back(contracts::RegisterUnit{kTown, UnitKind::town, "Qingzhen"});
  out.emplace_back(contracts::RegisterUnit{kVillage, UnitKind::village, "Ludishao"});
  for (const auto& officer : year.officers)
    out.emplace_back(contracts::RegisterOfficer{officer.person, officer.key.public_key(), officer.unit, officer.roles,
                                                officer.name});
  out.emplace_back(contracts::DeployRulebook{std::move(rulebook)});
  if (!with_households) return out;
  for (const auto& household : year.households) {
    out.emplace_back(subject_of(household));
    out.emplace_back(contracts::OpenAccount{std::string(kRulebook), household.handle});
  }
  return out;
}

std::vector<Draft> registration_drafts(const VillageYear& year) {
  std::vector<Draft> out;
  for (std::size_t i = 0; i < year.households.size(); ++i) {
    if (i % kRegistrationsPerSheet == 0) {
      Draft draft;
      draft.title = "registration of households from " + std::to_string(i);
      draft.author = Post::registrar;
      draft.client_id = client_id_for(year.options.seed, draft.title);
      out.push_back(std::move(draft));
    }
    out.back().operations.emplace_back(subject_of(year.households[i]));
    out.back().operations.emplace_back(contracts::OpenAccount{std::string(kRulebook), year.households[i].handle});
  }
  return out;
}

Draft clock_draft(const VillageYear& year, TimestampMs to) {
  Draft draft;
  draft.title = "clock to " + std::to_string(to.value);
  draft.author = Post::clock;
  draft.client_id = client_id_for(year.options.seed, draft.title);
  draft.operations.emplace_back(contracts::AdvanceClock{to});
  return draft;
}

Draft award_sheet(const VillageYear& year, std::uint64_t number, std::size_t operations, TimestampMs event_time) {
  Draft draft;
  draft.title = "sheet " + std::to_string(number);
  draft.author = Post::recorder;
  draft.mode = ledger::Mode::independent;
  draft.client_id = client_id_for(year.options.seed, draft.title);
  for (std::size_t i = 0; i < operations; ++i) {
    contracts::Award award;
    award.rulebook = kRulebook;
    award.subject = year.households[(number * operations + i) % year.households.size()].handle;
    award.rule = "QZ7";
    award.event_time = event_time;
    award.evidence = digest_for(number, "line " + std::to_string(i));
    draft.operations.emplace_back(std::move(award));
  }
  return draft;
}

ledger::SignedTransaction sign(const VillageYear& year, const Draft& draft, const ChainId& chain,
                               TimestampMs valid_until) {
  const auto& author = draft.household ? year.households[*draft.household].key.value() : year.officer(draft.author).key;
  ledger::SignedTransaction out;
  out.body.chain = chain;
  out.body.author = author.public_key();
  out.body.client_id = draft.client_id;
  out.body.valid_until = valid_until;
  out.body.mode = draft.mode;
  for (const auto& operation : draft.operations) out.body.operations.push_back(encode_operation(operation));
  ledger::add_signature(out, author);
  for (const Post post : draft.co_signers) ledger::add_signature(out, year.officer(post).key);
  return out;
}

}  // namespace tally::scenario
