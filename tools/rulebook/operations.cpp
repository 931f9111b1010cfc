#include "rulebook/operations.h"

#include <charconv>

#include "common/json.h"
#include "crypto/digest.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

constexpr crypto::Domain kReasonDomain{"tally.reason"};
constexpr crypto::Domain kEvidenceDomain{"tally.evidence"};
constexpr crypto::Domain kRecordDomain{"tally.record"};

}  // namespace

std::uint32_t number(const Word& word) {
  std::uint32_t out = 0;
  std::from_chars(word.text.data(), word.text.data() + word.text.size(), out);
  return out;
}

Digest digest_of_reason(const Match& match) {
  return match.has("TEXT") ? crypto::digest(kReasonDomain, as_bytes(match["TEXT"].text)) : Digest{};
}

Digest digest_of_evidence(const Match& match) {
  return match.has("PAPER") ? crypto::digest(kEvidenceDomain, as_bytes(match["PAPER"].text)) : Digest{};
}

AdoptConstitution constitution_operation(World& world, const Word& file) {
  const auto json = parse_json(world.file(file));
  auto constitution = json ? from_json<Constitution>(*json) : Result<Constitution>(json.error());
  if (!constitution)
    World::stop_at(file, "a constitution, as docs/governance.md shows it",
                   file.text + ": " + constitution.error().text());
  return {*std::move(constitution)};
}

RegisterOfficer officer_operation(World& world, const Match& match, const Word& name) {
  RegisterOfficer out;
  out.unit = world.unit(match["UNIT"]);
  out.person = world.define_officer(name).id;
  out.key = world.key_of(name.text).public_key();
  for (const auto& word : match.list("ROLE")) out.roles.push_back(from_json<Role>(Json(word.text)).value());
  out.title = name.text;
  return out;
}

RegisterSubject subject_operation(World& world, const Match& match, const Word& name) {
  RegisterSubject out;
  out.unit = world.unit(match["UNIT"]);
  out.kind = from_json<SubjectKind>(Json(match.choice("household|person|enterprise|official|object"))).value();
  if (match.has("PERSON")) out.person = world.officer(match["PERSON"]).id;
  out.subject = world.define_subject(name, out.unit, match.has("key")).handle;
  out.commitment = crypto::digest(kRecordDomain, as_bytes(name.text));
  if (match.has("key")) out.key = world.key_of(name.text).public_key();
  return out;
}

}  // namespace tally::rulebook
