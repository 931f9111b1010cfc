#include "devnet/cast.h"

#include "crypto/digest.h"

namespace tally::devnet {

using contracts::Role;
using contracts::UnitKind;

void Cast::add_unit(const contracts::UnitId& unit, UnitKind kind, const std::string& title) {
  operations.emplace_back(contracts::RegisterUnit{unit, kind, title});
}

void Cast::add_officer(const std::string& name, const contracts::UnitId& unit, std::vector<Role> roles,
                       const std::string& title) {
  Officer officer{
      name, crypto::SecretKey::generate(), crypto::random_fixed<contracts::PersonId>(), unit, std::move(roles), title};
  operations.emplace_back(
      contracts::RegisterOfficer{officer.person, officer.key.public_key(), unit, officer.roles, title});
  officers.push_back(std::move(officer));
}

void Cast::add_rulebook(std::string_view document) {
  operations.emplace_back(contracts::DeployRulebook{std::string(document)});
}

Cast qingzhen_cast() {
  Cast cast;
  cast.add_unit(kCounty, UnitKind::county, "Yingshan county");
  cast.add_unit(kTown, UnitKind::town, "Qingzhen town");
  cast.add_unit(kLudishao, UnitKind::village, "Ludishao village");
  cast.add_unit(kSecondVillage, UnitKind::village, "Shizui village");
  cast.add_unit(kBank, UnitKind::bank, "Qingzhen rural bank");
  cast.add_officer("governor", kCounty, {Role::governor}, "head of the county's credit office");
  cast.add_officer("deputy-governor", kCounty, {Role::governor}, "deputy head of the county's credit office");
  cast.add_officer("auditor", kCounty, {Role::auditor}, "county auditor");
  cast.add_officer("clock", kCounty, {Role::clock}, "driver of the test clock");
  cast.add_officer("town-clerk", kTown, {Role::registrar, Role::endorser}, "clerk of Qingzhen town hall");
  cast.add_officer("town-arbiter", kTown, {Role::arbiter}, "arbiter of Qingzhen town hall");
  // A bank's officer acts for households of all villages, so the post stands at the town.
  cast.add_officer("bank-officer", kTown, {Role::bank_officer}, "credit officer of the rural bank");
  cast.add_officer("ludishao-accountant", kLudishao, {Role::registrar, Role::recorder}, "accountant of Ludishao");
  cast.add_officer("ludishao-secretary", kLudishao, {Role::endorser}, "secretary of Ludishao");
  cast.add_officer("shizui-accountant", kSecondVillage, {Role::registrar, Role::recorder}, "accountant of Shizui");
  cast.add_officer("shizui-secretary", kSecondVillage, {Role::endorser}, "secretary of Shizui");
  cast.add_rulebook(qingzhen_rulebook());
  return cast;
}

}  // namespace tally::devnet
