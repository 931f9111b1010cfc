#include "common/limits.h"
#include "crypto/digest.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/secrets.h"
#include "tally/submit_command.h"

namespace tally::cli {

namespace {

constexpr crypto::Domain kCommitmentDomain{"tally.commitment"};

struct UnitOptions : SubmitOptions {
  std::string unit;
  std::string kind = "village";
  std::string title;
};

struct OfficerOptions : SubmitOptions {
  std::string person;
  std::string public_key;
  std::string revoke;
  std::string unit;
  std::vector<std::string> roles;
  std::string title;
};

struct SubjectOptions : SubmitOptions {
  std::string kind = "household";
  std::string unit;
  std::string commitment;
  std::string record;
  std::string salt_file;
  std::string public_key;
  std::string person;
};

Draft one(contracts::Operation operation) {
  Draft out;
  out.labels.emplace_back(contracts::name_of(operation));
  out.operations.push_back(std::move(operation));
  return out;
}

void register_unit(Command& submit) {
  auto options = std::make_shared<UnitOptions>();
  Command command = submit.command(
      "register-unit", "Register a unit below one's own",
      {"tally submit register-unit yingshan/qingzhen/ludishao --kind village --title 芦笛哨村 --key registrar.json"},
      [options](Context& context) {
        return run_submit(context, *options,
                          [options](Context&, NodeClient&, contracts::RulebookPtr&) -> Outcome<Draft> {
                            auto kind = enum_field<contracts::UnitKind>("--kind", options->kind);
                            if (!kind) return kind.error();
                            return one(contracts::RegisterUnit{options->unit, *kind, options->title});
                          });
      });
  command.argument("UNIT", options->unit, "Path of the unit from the root, such as yingshan/qingzhen/ludishao")
      .choice("--kind", options->kind, names_of<contracts::UnitKind>(), "Kind of the unit")
      .text("--title", "TEXT", options->title, "Name for people", Need::required);
  add_submit_options(command, *options);
}

Outcome<Draft> make_officer(const OfficerOptions& options, Context& context) {
  contracts::RegisterOfficer officer;
  if (options.person.empty()) {
    officer.person = crypto::random_fixed<contracts::PersonId>();
    context.note("person " + officer.person.hex());
  } else {
    auto person = fixed_field<contracts::PersonId>("--person", options.person);
    if (!person) return person.error();
    officer.person = *person;
  }
  auto key = public_key_of(options.public_key, "--public-key");
  if (!key) return key.error();
  officer.key = *key;
  officer.unit = options.unit;
  officer.title = options.title;
  for (const auto& text : options.roles) {
    auto role = enum_field<contracts::Role>("--role", text);
    if (!role) return role.error();
    officer.roles.push_back(*role);
  }
  // One set of roles has one spelling: in the order of their declaration.
  std::sort(officer.roles.begin(), officer.roles.end());
  return one(officer);
}

void register_officer(Command& submit) {
  auto options = std::make_shared<OfficerOptions>();
  Command command = submit.command(
      "register-officer", "Register an officer: a person with a key, a unit and roles",
      {"tally submit register-officer --public-key accountant.json --unit yingshan/qingzhen/ludishao --role recorder "
       "--title \"accountant of Ludishao\" --key registrar.json"},
      [options](Context& context) {
        return run_submit(context, *options, [options](Context& inner, NodeClient&, contracts::RulebookPtr&) {
          return make_officer(*options, inner);
        });
      });
  command.text("--public-key", "KEY", options->public_key, "Public key in hex, or a key file", Need::required)
      .text("--unit", "UNIT", options->unit, "Where and below which the officer acts", Need::required)
      .texts("--role", "ROLE", options->roles,
             "registrar, recorder, endorser, arbiter, bank_officer, auditor, "
             "governor or clock",
             Need::required)
      .text("--title", "TEXT", options->title, "Title of the post, never a name", Need::required)
      .text("--person", "HEX", options->person, "Id of the person, 32 digits; without it: a new one");
  add_submit_options(command, *options);
}

Outcome<Draft> make_key_change(const OfficerOptions& options) {
  if (options.public_key.empty() && options.revoke.empty())
    return usage_failure("", "nothing is to be changed", "--add KEY, --revoke KEY or both");
  contracts::ChangeKeys change;
  auto person = fixed_field<contracts::PersonId>("--person", options.person);
  if (!person) return person.error();
  change.person = *person;
  if (!options.public_key.empty()) {
    auto key = public_key_of(options.public_key, "--add");
    if (!key) return key.error();
    change.added = *key;
  }
  if (!options.revoke.empty()) {
    auto key = public_key_of(options.revoke, "--revoke");
    if (!key) return key.error();
    change.revoked = *key;
  }
  return one(change);
}

void register_change_keys(Command& submit) {
  auto options = std::make_shared<OfficerOptions>();
  Command command = submit.command(
      "change-keys", "Give a registered person a new key, or revoke a lost one",
      {"tally submit change-keys --person 91ab...07 --add new.json --revoke 5c1f...aa --key registrar.json"},
      [options](Context& context) {
        return run_submit(context, *options, [options](Context&, NodeClient&, contracts::RulebookPtr&) {
          return make_key_change(*options);
        });
      });
  command.text("--person", "HEX", options->person, "Id of the person, 32 digits", Need::required)
      .text("--add", "KEY", options->public_key, "Public key in hex, or a key file")
      .text("--revoke", "KEY", options->revoke, "Public key in hex, or a key file");
  add_submit_options(command, *options);
}

// A commitment to what the office's vault holds: without the salt nobody can test a guess against it.
Outcome<Digest> make_commitment(const SubjectOptions& options, const Surroundings& world) {
  if (options.commitment.empty() == options.record.empty())
    return usage_failure("", "a subject needs a commitment", "either --commitment HEX or --record FILE");
  if (!options.commitment.empty()) return fixed_field<Digest>("--commitment", options.commitment);
  if (options.salt_file.empty())
    return usage_failure("--salt-file", "is missing", "a new file for the salt, to be kept with the record");
  auto record = read_input(options.record, limits::kGenesisBytesMax, world);
  if (!record) return record.error();
  const auto salt = crypto::random_fixed<Digest>();
  if (auto written = write_new_file(options.salt_file, salt.hex() + "\n", Privacy::secret); !written)
    return written.error();
  return crypto::digest(kCommitmentDomain, salt.view(), as_bytes(*record));
}

Outcome<Draft> make_subject(const SubjectOptions& options, Context& context) {
  contracts::RegisterSubject subject;
  if (options.subject.empty()) {
    subject.subject = crypto::random_fixed<SubjectHandle>();
    context.note("subject " + subject.subject.hex());
  } else {
    auto handle = fixed_field<SubjectHandle>("--subject", options.subject);
    if (!handle) return handle.error();
    subject.subject = *handle;
  }
  auto kind = enum_field<contracts::SubjectKind>("--kind", options.kind);
  if (!kind) return kind.error();
  subject.kind = *kind;
  subject.unit = options.unit;
  if (!options.public_key.empty()) {
    auto key = public_key_of(options.public_key, "--public-key");
    if (!key) return key.error();
    subject.key = *key;
  }
  if (!options.person.empty()) {
    auto person = fixed_field<contracts::PersonId>("--person", options.person);
    if (!person) return person.error();
    subject.person = *person;
  }
  auto commitment = make_commitment(options, context.world());
  if (!commitment) return commitment.error();
  subject.commitment = *commitment;
  Draft out = one(subject);
  if (!options.rulebook.empty()) {
    out.operations.emplace_back(contracts::OpenAccount{options.rulebook, subject.subject});
    out.labels.emplace_back(contracts::OpenAccount::kName);
  }
  return out;
}

void register_subject(Command& submit) {
  auto options = std::make_shared<SubjectOptions>();
  Command command = submit.command(
      "register-subject", "Register a subject under a random handle",
      {"tally submit register-subject --unit yingshan/qingzhen/ludishao --record household.json --salt-file "
       "household.salt --rulebook qingzhen --key registrar.json"},
      [options](Context& context) {
        return run_submit(context, *options, [options](Context& inner, NodeClient&, contracts::RulebookPtr&) {
          return make_subject(*options, inner);
        });
      });
  command.text("--unit", "UNIT", options->unit, "The subject's unit", Need::required)
      .choice("--kind", options->kind, names_of<contracts::SubjectKind>(), "Kind of the subject")
      .text("--commitment", "HEX", options->commitment, "Salted digest of what the office's vault holds")
      .text("--record", "FILE", options->record, "What the vault holds; committed to with a fresh salt, not sent")
      .text("--salt-file", "FILE", options->salt_file, "Where the fresh salt is written; keep it with the record")
      .text("--subject", "HANDLE", options->subject, "Handle, 32 digits; without it: a new random one")
      .text("--public-key", "KEY", options->public_key, "Key with which the subject itself can object")
      .text("--person", "HEX", options->person, "The officer who belongs to this subject, if there is one")
      .text("--rulebook", "ID", options->rulebook, "Also open an account in this rulebook");
  add_submit_options(command, *options);
}

void register_open_account(Command& submit) {
  auto options = std::make_shared<SubmitOptions>();
  Command command = submit.command(
      "open-account", "Open a subject's account in a rulebook",
      {"tally submit open-account --rulebook qingzhen --subject 4f0c...e1 --key registrar.json"},
      [options](Context& context) {
        return run_submit(context, *options,
                          [options](Context&, NodeClient& client, contracts::RulebookPtr& rulebook) -> Outcome<Draft> {
                            auto handle = fixed_field<SubjectHandle>("--subject", options->subject);
                            if (!handle) return handle.error();
                            auto fetched = fetch_rulebook(client, options->rulebook);
                            if (!fetched) return fetched.error();
                            rulebook = *fetched;
                            return one(contracts::OpenAccount{options->rulebook, *handle});
                          });
      });
  command.text("--rulebook", "ID", options->rulebook, "Rulebook", Need::required)
      .text("--subject", "HANDLE", options->subject, "Handle of the subject, 32 digits", Need::required);
  add_submit_options(command, *options);
}

}  // namespace

void register_registry_commands(Command& submit) {
  register_subject(submit);
  register_open_account(submit);
  register_unit(submit);
  register_officer(submit);
  register_change_keys(submit);
}

}  // namespace tally::cli
